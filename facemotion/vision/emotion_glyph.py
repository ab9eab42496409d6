"""A small drawn face for each emotion, for annotated videos."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from facemotion.core.types import FrameBgr
from facemotion.vision.lettering import Bgr

_SHIFT: Final = 4
_ONE: Final = 1 << _SHIFT
_INK: Final[Bgr] = (32, 28, 26)


@dataclass(frozen=True, slots=True)
class _Features:
    """A drawn face, in radii from its centre, y downwards.

    Attributes:
        mouth: Points of the mouth's line; closed when `is_mouth_open`.
        is_mouth_open: Whether the mouth is filled.
        brow_tilt: How far the brows' inner ends lie below the outer ones; None for no brows.
        eye: Radius of an eye.
    """

    mouth: tuple[tuple[float, float], ...]
    is_mouth_open: bool = False
    brow_tilt: float | None = None
    eye: float = 0.12


def _arc(depth: float, y: float, half_width: float = 0.45) -> tuple[tuple[float, float], ...]:
    xs = np.linspace(-1.0, 1.0, 9)
    return tuple((float(x * half_width), float(y + depth * (1.0 - x * x))) for x in xs)


def _oval(width: float, height: float, y: float) -> tuple[tuple[float, float], ...]:
    angles = np.linspace(0.0, 2.0 * np.pi, 13)[:-1]
    return tuple((float(width * np.cos(a)), float(y + height * np.sin(a))) for a in angles)


_FACES: Final = {
    "angry": _Features(_arc(-0.18, 0.55), brow_tilt=0.22),
    "disgust": _Features(((-0.45, 0.35), (-0.15, 0.5), (0.15, 0.35), (0.45, 0.5)), brow_tilt=0.12),
    "fear": _Features(_oval(0.34, 0.16, 0.46), is_mouth_open=True, brow_tilt=-0.2, eye=0.15),
    "happy": _Features((*_arc(0.38, 0.22, 0.5), (-0.5, 0.22)), is_mouth_open=True),
    "neutral": _Features(((-0.4, 0.42), (0.4, 0.42))),
    "sad": _Features(_arc(-0.24, 0.6), brow_tilt=-0.2),
    "surprise": _Features(_oval(0.2, 0.26, 0.45), is_mouth_open=True, brow_tilt=0.0, eye=0.15),
}


def draw_glyph(
    picture_bgr: FrameBgr, emotion: str, centre: tuple[float, float], radius: float, bgr: Bgr
) -> None:
    """Draw an emotion's face into a picture.

    Args:
        picture_bgr: uint8 (H, W, 3) BGR, changed.
        emotion: One of `EMOTIONS`.
        centre: Its middle (px).
        radius: Its size (px).
        bgr: Its colour.

    Raises:
        KeyError: There is no such emotion.
    """
    face = _FACES[emotion]
    line = max(1, round(radius * 0.14))
    _disc(picture_bgr, centre, (0.0, 0.0), radius, 1.0, bgr)
    for side in (-1.0, 1.0):
        _disc(picture_bgr, centre, (side * 0.36, -0.18), radius, face.eye, _INK)
        if face.brow_tilt is not None:
            brow = ((side * 0.58, -0.5 - face.brow_tilt / 2), (side * 0.18, -0.5 + face.brow_tilt))
            _line(picture_bgr, centre, brow, radius, line)
    if face.is_mouth_open:
        cv2.fillPoly(picture_bgr, [_fixed(centre, face.mouth, radius)], _INK, cv2.LINE_AA, _SHIFT)
    else:
        _line(picture_bgr, centre, face.mouth, radius, line)


def _disc(
    picture_bgr: FrameBgr,
    centre: tuple[float, float],
    at: tuple[float, float],
    radius: float,
    share: float,
    bgr: Bgr,
) -> None:
    x, y = (int(v) for v in _fixed(centre, (at,), radius)[0])
    cv2.circle(picture_bgr, (x, y), round(radius * share * _ONE), bgr, -1, cv2.LINE_AA, _SHIFT)


def _line(
    picture_bgr: FrameBgr,
    centre: tuple[float, float],
    points: tuple[tuple[float, float], ...],
    radius: float,
    width: int,
) -> None:
    fixed = _fixed(centre, points, radius)
    cv2.polylines(picture_bgr, [fixed], False, _INK, width, cv2.LINE_AA, _SHIFT)


def _fixed(
    centre: tuple[float, float], points: tuple[tuple[float, float], ...], radius: float
) -> np.ndarray:
    """OpenCV's fixed-point coordinates, int32 (N, 2)."""
    placed = np.array(points) * radius + np.array(centre)
    return np.rint(placed * _ONE).astype(np.int32)
