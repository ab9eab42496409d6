"""The similarity transform that brings five landmarks to a recogniser's template."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.types import FloatArray


def _template() -> FloatArray:
    points = np.array(
        [
            [38.2946, 51.6963],
            [73.5318, 51.5014],
            [56.0252, 71.7366],
            [41.5493, 92.3655],
            [70.7299, 92.2041],
        ],
        dtype=np.float32,
    )
    points.setflags(write=False)
    return points


ARCFACE_TEMPLATE_112: Final = _template()
"""Mean landmarks in a 112x112 crop, float32 (5, 2) px; from the ArcFace reference code."""


def similarity_transform(
    kps: NDArray[np.floating], template: NDArray[np.floating] = ARCFACE_TEMPLATE_112
) -> FloatArray:
    """Least-squares rotation, scale and shift from landmarks to a template, without mirroring.

    Written with complex numbers: a similarity of the plane is `w = a z + b`, and the best `a` is
    the projection of the centred template on the centred landmarks (the plane's case of
    Umeyama 1991).

    Args:
        kps: float (N, 2) px, image coordinates, N at least 2.
        template: float (N, 2) px, coordinates of the crop.

    Returns:
        float32 (2, 3), the forward map of an affine warp.

    Raises:
        ValueError: The shapes differ, or all landmarks fall on one point.
    """
    if kps.shape != template.shape or kps.ndim != 2 or kps.shape[1] != 2 or len(kps) < 2:
        raise ValueError(f"expected landmarks of shape {template.shape}, got {kps.shape}")
    source, target = _as_complex(kps), _as_complex(template)
    z, w = source - source.mean(), target - target.mean()
    spread = float(np.sum(np.abs(z) ** 2))
    if not spread > 1e-9:
        raise ValueError("the landmarks fall on one point, so no transform is defined")
    a = complex(np.sum(np.conj(z) * w)) / spread
    b = complex(target.mean()) - a * complex(source.mean())
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]], dtype=np.float32)


def _as_complex(points: NDArray[np.floating]) -> NDArray[np.complex128]:
    values = points.astype(np.float64)
    return values[:, 0] + 1j * values[:, 1]
