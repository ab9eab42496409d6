"""A training picture of the detector."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MIRRORED_KPS: Final = (1, 0, 2, 4, 3)
"""Order of the landmarks in a mirror."""


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """One training picture.

    Attributes:
        picture: uint8 (S, S, 3) BGR.
        boxes: float32 (N, 4) px.
        kps: float32 (N, 5, 2) px.
        is_sure: bool (N,); the others are neither faces nor background.
    """

    picture: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    kps: NDArray[np.float32]
    is_sure: NDArray[np.bool_]
