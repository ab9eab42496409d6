"""From a cosine similarity to an answer: thresholds that grow with the gallery, and percentages."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from facemotion.core.impostors import ImpostorTail

DEFAULT_RATE: Final = 0.01
"""Share of strangers taken for somebody, unless the user asks for another."""

_STEEPNESS: Final = 20.0


def match_percent(similarity: float, threshold: float) -> float:
    """The percentage shown for a similarity: 50 on the threshold.

    Args:
        similarity: Cosine similarity.
        threshold: Similarity from which a face is known.

    Returns:
        100 / (1 + exp(−20 (similarity − threshold))), in [0, 100]; NaN for NaN.
    """
    return 100.0 / (1.0 + math.exp(-_STEEPNESS * (similarity - threshold)))


def similarity_at(percent: float, threshold: float) -> float:
    """The similarity that is shown as `percent`: the inverse of `match_percent`.

    Args:
        percent: In [0, 100].
        threshold: Similarity from which a face is known.

    Returns:
        A cosine similarity; −inf for 0 and inf for 100.
    """
    if percent <= 0.0:
        return -math.inf
    if percent >= 100.0:
        return math.inf
    return threshold + math.log(percent / (100.0 - percent)) / _STEEPNESS


@dataclass(frozen=True, slots=True)
class PackThresholds:
    """Thresholds that belong to a recognition model.

    A stranger is compared with everybody enrolled, so the best of many chance likenesses counts and
    the threshold for the same share of false accepts grows with the logarithm of the gallery.

    Attributes:
        match: Threshold when nothing is measured; the default is that of the original design.
        uncertain: Similarity from which a face is uncertain, at `match`; it moves along with it.
        by_gallery_size: (number of people, threshold) pairs as measured, or empty.
        impostors: How like strangers look, when it was measured; goes before the pairs and knows
            any rate of false accepts.

    Raises:
        ValueError: `uncertain` is above `match`, or the pairs are not in growing order.
    """

    match: float = 0.40
    uncertain: float = 0.30
    by_gallery_size: tuple[tuple[int, float], ...] = ()
    impostors: ImpostorTail | None = None

    def __post_init__(self) -> None:
        if self.uncertain > self.match:
            raise ValueError(f"uncertain ({self.uncertain}) must not be above match ({self.match})")
        sizes = [size for size, _ in self.by_gallery_size]
        if any(size < 1 for size in sizes) or sizes != sorted(set(sizes)):
            raise ValueError(f"gallery sizes must grow from 1 on, got {sizes}")

    def threshold_for(
        self, people: int, false_accept_rate: float = DEFAULT_RATE, embeddings_each: float = 1.0
    ) -> float:
        """Similarity from which a face is known among so many people.

        Without a description of strangers, the measured pairs count, whatever the rate: between
        their sizes it is interpolated over the logarithm of the size, beyond the largest it goes on
        at the last slope, below the smallest it stays.

        Args:
            people: People enrolled.
            false_accept_rate: Share of strangers that may be taken for somebody, in (0, 1).
            embeddings_each: Embeddings a person, on average.
        """
        if self.impostors is not None:
            return self.impostors.similarity_at(false_accept_rate, people, embeddings_each)
        if not self.by_gallery_size:
            return self.match
        points = [(math.log(size), threshold) for size, threshold in self.by_gallery_size]
        x = math.log(max(people, 1))
        if x <= points[0][0] or len(points) == 1:
            return points[0][1]
        segments = list(pairwise(points))
        inside = (segment for segment in segments if x <= segment[1][0])
        (x0, y0), (x1, y1) = next(inside, segments[-1])
        return y0 + (y1 - y0) * (x - x0) / (x1 - x0)

    @property
    def uncertain_margin(self) -> float:
        """How far below any of the thresholds a face is uncertain."""
        return self.match - self.uncertain
