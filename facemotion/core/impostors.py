"""How like strangers look to a recognition model, and the thresholds that follow from it."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class ImpostorTail:
    """The upper tail of the similarities of a stranger with the people enrolled.

    The similarity that a stranger reaches with probability `rate` is taken as
    `location + scale z + skew z²`, where z is the normal quantile of the rate a comparison when
    there are `people ** crowding * (embeddings a person) ** photos` of them: the best of many
    chance likenesses counts, but people who resemble one another do not add up fully.

    `python -m tests.benchmarks.recognition` fits these numbers for a pack.

    Attributes:
        location: Similarity at z = 0.
        scale: Similarity a z.
        skew: Similarity a z²; positive for a tail that is heavier than normal.
        crowding: Exponent of the number of people, in (0, 1.5].
        photos: Exponent of the number of embeddings a person, in [0, 1].

    Raises:
        ValueError: A number is out of range, or the similarity would not grow with z.
    """

    location: float
    scale: float
    skew: float = 0.0
    crowding: float = 1.0
    photos: float = 0.4

    def __post_init__(self) -> None:
        numbers = (self.location, self.scale, self.skew, self.crowding, self.photos)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(f"need finite numbers, got {numbers}")
        if self.scale <= 0.0 or self.skew < -self.scale / 20.0:
            raise ValueError(f"need scale > 0 and skew ≥ −scale / 20, got {numbers}")
        if not 0.0 < self.crowding <= 1.5 or not 0.0 <= self.photos <= 1.0:
            raise ValueError(f"need crowding in (0, 1.5] and photos in [0, 1], got {numbers}")

    def similarity_at(
        self, false_accept_rate: float, people: int, embeddings_each: float = 1.0
    ) -> float:
        """The similarity that a stranger reaches with some probability.

        Args:
            false_accept_rate: Share of strangers taken for somebody, in (0, 1).
            people: People enrolled; fewer than one count as one.
            embeddings_each: Embeddings a person, on average.

        Raises:
            ValueError: The rate is out of range.
        """
        if not 0.0 < false_accept_rate < 1.0:
            raise ValueError(f"need a rate between 0 and 1, got {false_accept_rate}")
        comparisons = max(people, 1) ** self.crowding * max(embeddings_each, 1.0) ** self.photos
        rate = -math.expm1(math.log1p(-false_accept_rate) / comparisons)
        z = -_NORMAL.inv_cdf(min(max(rate, 1e-15), 0.5))
        return self.location + self.scale * z + self.skew * z * z
