"""The one class of scikit-image that insightface uses, for the packaged program.

insightface imports scikit-image, which imports scipy: 90 MB for a similarity transform. In the
packaged program this module stands in for `skimage.transform`.
"""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facemotion.core.alignment import similarity_transform


class SimilarityTransform:
    """Rotation, scale and shift in the plane.

    Args:
        scale: Factor.
        rotation: Radians, counter-clockwise where y points up.
        translation: (x, y).

    Attributes:
        params: float64 (3, 3), the homogeneous forward matrix.
    """

    def __init__(
        self,
        *,
        scale: float = 1.0,
        rotation: float = 0.0,
        translation: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        cosine, sine = scale * np.cos(rotation), scale * np.sin(rotation)
        self.params: NDArray[np.float64] = np.array(
            [[cosine, -sine, translation[0]], [sine, cosine, translation[1]], [0.0, 0.0, 1.0]]
        )

    def __add__(self, other: Self) -> Self:
        """First this one, then the other."""
        both = type(self)()
        both.params = other.params @ self.params
        return both

    def estimate(self, src: ArrayLike, dst: ArrayLike) -> bool:
        """Become the least-squares map between points, (N, 2) each; False if there is none."""
        points, targets = np.asarray(src, np.float64), np.asarray(dst, np.float64)
        if np.ptp(points, axis=0).max(initial=0.0) == 0.0:
            return False
        self.params[:2] = similarity_transform(points, targets)
        return bool(np.isfinite(self.params).all())

    @classmethod
    def from_estimate(cls, src: ArrayLike, dst: ArrayLike) -> Self | None:
        """The least-squares map from points to points, (N, 2) each, or None if there is none."""
        fitted = cls()
        return fitted if fitted.estimate(src, dst) else None
