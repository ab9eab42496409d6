"""Camera cuts: when the picture shows another shot from one frame to the next."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.parameters import check_parameters, parameter
from facemotion.core.types import FloatArray

THUMBNAIL_SHAPE: Final = (18, 32)
"""Rows and columns of the gray thumbnail."""


@dataclass(frozen=True, slots=True)
class SceneCutParams:
    """How a cut is told from movement, light and fades.

    Raises:
        ValueError: A value is of the wrong type or out of range.
    """

    max_likeness: float = parameter(
        0.55,
        "Largest likeness",
        "Correlation with the last picture, at the best shift, above which it is no cut.",
        minimum=-1.0,
        maximum=1.0,
    )
    min_change: float = parameter(
        5.0,
        "Least change",
        "Mean change in gray levels, brightness apart, below which it is no cut.",
        minimum=0.0,
        maximum=255.0,
    )
    min_change_ratio: float = parameter(
        2.5,
        "Least change against movement",
        "How many times the usual change between pictures a cut must reach.",
        minimum=1.0,
        maximum=100.0,
    )
    min_structure: float = parameter(
        6.0,
        "Least structure",
        "Standard deviation in gray levels below which a picture (black, white) tells nothing.",
        minimum=0.0,
        maximum=128.0,
    )
    max_shift: int = parameter(
        8,
        "Largest shift",
        "How far the camera may pan between pictures, in 32nds of the width; half of it upwards.",
        unit="px",
        minimum=0,
        maximum=12,
    )
    memory_s: float = parameter(
        0.5,
        "Memory for movement",
        "Time over which the usual change between pictures is averaged.",
        unit="s",
        minimum=0.01,
        maximum=10.0,
    )

    def __post_init__(self) -> None:
        check_parameters(self)


class SceneCutDetector:
    """Compares each thumbnail with the last one that showed anything.

    Even pictures (the black of a fade, the white of a flash) are passed over, so a flash returns to
    the picture before it and a fade to black says nothing until a different picture has come up.

    Args:
        params: The limits.
    """

    def __init__(self, params: SceneCutParams | None = None) -> None:
        self._params = params if params is not None else SceneCutParams()
        self._reference: FloatArray | None = None
        self._usual_change = 0.0
        self._is_after_even = False
        self._time_s = 0.0

    def reset(self) -> None:
        """Forget the last picture, as after a seek."""
        self._reference = None
        self._usual_change = 0.0
        self._is_after_even = False

    def update(self, thumbnail_gray: NDArray[np.uint8], time_s: float) -> bool:
        """Whether a cut lies between the last picture and this one.

        Args:
            thumbnail_gray: uint8 (18, 32), averaged down from the whole picture.
            time_s: Source time of the picture.

        Raises:
            ValueError: The array is not uint8 (18, 32).
        """
        if thumbnail_gray.dtype != np.uint8 or thumbnail_gray.shape != THUMBNAIL_SHAPE:
            given = f"{thumbnail_gray.dtype} {thumbnail_gray.shape}"
            raise ValueError(f"expected uint8 {THUMBNAIL_SHAPE}, got {given}")
        picture = thumbnail_gray.astype(np.float32)
        picture -= picture.mean()
        if picture.std() < self._params.min_structure:
            self._is_after_even = True
            return False
        reference, self._reference = self._reference, picture
        dt_s, self._time_s = max(time_s - self._time_s, 0.0), time_s
        return reference is not None and self._is_cut(reference, picture, dt_s)

    def _is_cut(self, reference: FloatArray, picture: FloatArray, dt_s: float) -> bool:
        change = float(np.abs(picture - reference).mean())
        is_large = change >= self._params.min_change
        is_after_even, self._is_after_even = self._is_after_even, False
        least = 0.0 if is_after_even else self._params.min_change_ratio * self._usual_change
        if is_large and change >= least:
            likeness = best_shifted_likeness(reference, picture, self._params.max_shift)
            if likeness <= self._params.max_likeness:
                self._usual_change = 0.0
                return True
        weight = 1.0 - float(np.exp(-dt_s / self._params.memory_s))
        self._usual_change += weight * (change - self._usual_change)
        return False


def best_shifted_likeness(a: FloatArray, b: FloatArray, max_shift: int) -> float:
    """How well one picture continues another, at the best shift sideways, up and down.

    The correlation of the overlapping parts times their share of the picture: unrelated pictures
    always correlate at some shift, and the more so the smaller the overlap.

    Args:
        a: float32 (H, W).
        b: float32 (H, W).
        max_shift: Largest shift sideways (px), smaller than the width; half of it up and down.

    Returns:
        At most 1; 0 where the parts are even.
    """
    columns = range(-max_shift, max_shift + 1)
    rows = range(-(max_shift // 2), max_shift // 2 + 1)
    return max(
        _likeness(_overlap(a, dy, dx), _overlap(b, -dy, -dx), a.size)
        for dy in rows
        for dx in columns
    )


def _overlap(picture: FloatArray, dy: int, dx: int) -> FloatArray:
    height, width = picture.shape
    return picture[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)]


def _likeness(a: FloatArray, b: FloatArray, full_size: int) -> float:
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt(np.vdot(a, a) * np.vdot(b, b)))
    correlation = float(np.vdot(a, b)) / norm if norm > 1e-6 else 0.0
    return correlation * a.size / full_size
