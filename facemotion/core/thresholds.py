"""From a cosine similarity to an answer: thresholds that grow with the gallery, and percentages."""

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Final

_STEEPNESS: Final = 20.0
_TABLE_SIZES: Final = (1, 3, 10, 30, 100, 300, 1000, 3000, 10000)


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

    Raises:
        ValueError: `uncertain` is above `match`, or the pairs are not in growing order.
    """

    match: float = 0.40
    uncertain: float = 0.30
    by_gallery_size: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        if self.uncertain > self.match:
            raise ValueError(f"uncertain ({self.uncertain}) must not be above match ({self.match})")
        sizes = [size for size, _ in self.by_gallery_size]
        if any(size < 1 for size in sizes) or sizes != sorted(set(sizes)):
            raise ValueError(f"gallery sizes must grow from 1 on, got {sizes}")

    @classmethod
    def from_impostors(
        cls, mean: float, std: float, false_accept_rate: float = 0.01, margin: float = 0.10
    ) -> "PackThresholds":
        """Thresholds from the similarities of strangers, taken as normal.

        Args:
            mean: Mean cosine similarity between different people.
            std: Its standard deviation.
            false_accept_rate: Share of strangers that may be taken for somebody, in (0, 1).
            margin: Width of the uncertain band.

        Raises:
            ValueError: The rate or the deviation is out of range.
        """
        if not 0.0 < false_accept_rate < 1.0 or std <= 0.0:
            raise ValueError(f"need 0 < rate < 1 and std > 0, got {false_accept_rate} and {std}")
        impostors = NormalDist(mean, std)
        table = tuple(
            (size, impostors.inv_cdf((1.0 - false_accept_rate) ** (1.0 / size)))
            for size in _TABLE_SIZES
        )
        return cls(table[0][1], table[0][1] - margin, table)

    def threshold_for(self, gallery_size: int) -> float:
        """Similarity from which a face is known among so many people.

        Between measured sizes it is interpolated over the logarithm of the size, beyond the
        largest it goes on at the last slope, below the smallest it stays.
        """
        if not self.by_gallery_size:
            return self.match
        points = [(math.log(size), threshold) for size, threshold in self.by_gallery_size]
        x = math.log(max(gallery_size, 1))
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
