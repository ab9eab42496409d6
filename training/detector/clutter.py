"""Backgrounds without faces that are as full and as sharp as a kitchen shelf."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from training.detector.mosaic_drawing import Picture
from training.embedder.augment import change_light

_SMALLEST_PX, _LARGEST_PX = 10.0, 130.0
_MOST_PIECES: Final = 70


def clutter(
    side: int, draw_piece: Callable[[np.random.Generator], Picture], random: np.random.Generator
) -> Picture:
    """Many pieces over each other, the large ones first.

    Args:
        side: Of the square picture.
        draw_piece: Gives a picture without faces, of any size.
        random: Draws sizes, shapes, light.

    Returns:
        uint8 (S, S, 3) BGR.
    """
    canvas = cv2.resize(draw_piece(random), (side, side)).astype(np.uint8)
    count = int(random.integers(15, _MOST_PIECES))
    sizes = np.exp(random.uniform(np.log(_SMALLEST_PX), np.log(_LARGEST_PX), count))
    for size in sorted(sizes, reverse=True):
        width = int(np.clip(size * np.exp(random.normal(0.0, 0.35)), 6, side))
        height = int(np.clip(size * np.exp(random.normal(0.0, 0.35)), 6, side))
        piece = _cut(draw_piece(random), width, height, random)
        if random.random() < 0.4:
            piece = change_light(piece, random)
        x, y = (int(v) for v in random.integers(-size / 3, side - size / 2, 2))
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + width, side), min(y + height, side)
        if right <= left or bottom <= top:
            continue
        inside = (slice(top - y, bottom - y), slice(left - x, right - x))
        share = _outline(width, height, random)[inside]
        part = canvas[top:bottom, left:right]
        part[:] = cv2.blendLinear(np.ascontiguousarray(piece[inside]), part, share, 1.0 - share)
    return canvas


def _cut(piece: Picture, width: int, height: int, random: np.random.Generator) -> Picture:
    """A part of the piece in this size, at most twofold enlarged where the piece allows it."""
    zoom = random.uniform(0.5, 2.0)
    wide = int(np.clip(width / zoom, 4, piece.shape[1]))
    high = int(np.clip(height / zoom, 4, piece.shape[0]))
    x = int(random.integers(0, piece.shape[1] - wide + 1))
    y = int(random.integers(0, piece.shape[0] - high + 1))
    part = np.rot90(piece[y : y + high, x : x + wide], int(random.integers(4)))
    part = cv2.resize(np.ascontiguousarray(part), (width, height), interpolation=cv2.INTER_AREA)
    if random.random() < 0.4:
        # Round things are lighter on one side.
        slope = np.linspace(random.uniform(0.4, 1.0), random.uniform(0.8, 1.3), width)
        part = np.clip(part * slope[None, :, None], 0, 255)
    return part.astype(np.uint8)


def _outline(width: int, height: int, random: np.random.Generator) -> np.ndarray:
    """A rectangle, an ellipse or a polygon, float32 (H, W) in [0, 1]."""
    mask = np.zeros((height, width), np.float32)
    kind = random.random()
    if kind < 0.35:
        mask[:] = 1.0
    elif kind < 0.7:
        centre = (width // 2, height // 2)
        cv2.ellipse(mask, centre, (width // 2, height // 2), 0, 0, 360, 1.0, -1)
    else:
        corners = random.uniform(0.0, 1.0, (int(random.integers(3, 7)), 2)) * [width, height]
        cv2.fillConvexPoly(mask, cv2.convexHull(corners.astype(np.int32)), 1.0)
    return cv2.GaussianBlur(mask, (0, 0), 0.7)
