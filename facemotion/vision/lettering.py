"""Text in any script on pictures, and the plates it stands on, all softly edged."""

import unicodedata
from itertools import groupby
from typing import Final, NamedTuple

import cv2
import numpy as np

from facemotion.core.types import FrameBgr

_FINENESS: Final = 4
_RIGHT_TO_LEFT: Final = ("R", "AL")
_ELLIPSIS: Final = "…"

Bgr = tuple[int, int, int]


class Rect(NamedTuple):
    """A rectangle in whole pixels."""

    x: int
    y: int
    width: int
    height: int

    def overlap(self, other: "Rect") -> int:
        """Area shared with another rectangle (px²)."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(width, 0) * max(height, 0)

    def inside(self, width: int, height: int) -> "Rect":
        """Moved, not shrunk, into a picture of this size, as far as it fits."""
        x = max(0, min(self.x, width - self.width))
        y = max(0, min(self.y, height - self.height))
        return self._replace(x=x, y=y)


class Lettering:
    """A font of one size, from OpenCV's own (Latin, Greek, Cyrillic, Chinese, Hebrew, Arabic …).

    Right-to-left scripts are put in their order; Arabic letters are not joined, because OpenCV does
    not shape text.

    Args:
        size_px: Height of the letters.
        weight: 400 is regular, 600 semi-bold.
    """

    def __init__(self, size_px: int, weight: int = 500) -> None:
        self.size_px = max(8, size_px)
        self._weight = weight
        self._font = cv2.FontFace("sans")

    def width(self, text: str) -> int:
        """Width of a line of text (px)."""
        if not text:
            return 0
        rect = cv2.getTextSize((0, 0), text, (0, 0), self._font, self.size_px, self._weight)
        return int(rect[2]) + 1

    def fitted(self, text: str, width_px: int) -> str:
        """The text as it is drawn: cut with an ellipsis to fit a width, in visual order."""
        text = unicodedata.normalize("NFC", " ".join(text.split()))
        length = len(text)
        shown = text
        while length > 1 and self.width(shown) > width_px:
            length -= 1
            shown = text[:length].rstrip() + _ELLIPSIS
        return visual_order(shown)

    def draw(self, picture_bgr: FrameBgr, text: str, x: int, baseline_y: int, bgr: Bgr) -> None:
        """Write a line of fitted text into a picture."""
        cv2.putText(picture_bgr, text, (x, baseline_y), bgr, self._font, self.size_px, self._weight)


def visual_order(text: str) -> str:
    """Text whose right-to-left runs are turned round, and the order of runs with them.

    A small part of the Unicode bidirectional algorithm that is enough for names: the first strong
    letter gives the direction, and spaces and signs go with the run before them.
    """
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    strong = [kind for kind in kinds if kind in (*_RIGHT_TO_LEFT, "L")]
    if not any(kind in _RIGHT_TO_LEFT for kind in strong):
        return text
    marks: list[bool] = []
    for kind in kinds:
        is_leftward = marks[-1] if marks else strong[0] in _RIGHT_TO_LEFT
        if kind in (*_RIGHT_TO_LEFT, "L", "EN"):
            is_leftward = kind in _RIGHT_TO_LEFT
        marks.append(is_leftward)
    runs = [
        (is_leftward, "".join(letter for _, letter in run))
        for is_leftward, run in groupby(zip(marks, text, strict=True), key=lambda pair: pair[0])
    ]
    drawn = [_reversed_clusters(run) if is_leftward else run for is_leftward, run in runs]
    return "".join(reversed(drawn) if strong[0] in _RIGHT_TO_LEFT else drawn)


def _reversed_clusters(run: str) -> str:
    clusters: list[str] = []
    for letter in run:
        if clusters and unicodedata.combining(letter):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return "".join(reversed(clusters))


def fill_plate(picture_bgr: FrameBgr, rect: Rect, bgr: Bgr, opacity: float, radius_px: int) -> None:
    """Lay a softly edged, rounded plate over a picture; parts outside are left out."""
    height, width = picture_bgr.shape[:2]
    x1, y1 = max(rect.x, 0), max(rect.y, 0)
    x2, y2 = min(rect.x + rect.width, width), min(rect.y + rect.height, height)
    if x1 >= x2 or y1 >= y2:
        return
    mask = _rounded_mask(rect.width, rect.height, radius_px)
    share = mask[y1 - rect.y : y2 - rect.y, x1 - rect.x : x2 - rect.x, None] * np.float32(opacity)
    part = picture_bgr[y1:y2, x1:x2]
    part[:] = (part * (1.0 - share) + np.array(bgr, np.float32) * share + 0.5).astype(np.uint8)


def _rounded_mask(width: int, height: int, radius_px: int) -> np.ndarray:
    """float32 (H, W) in [0, 1]."""
    size = (height * _FINENESS, width * _FINENESS)
    radius = min(radius_px * _FINENESS, min(size) // 2)
    mask = np.zeros(size, np.uint8)
    right, bottom = size[1] - 1, size[0] - 1
    cv2.rectangle(mask, (radius, 0), (right - radius, bottom), 255, -1)
    cv2.rectangle(mask, (0, radius), (right, bottom - radius), 255, -1)
    for x in (radius, right - radius):
        for y in (radius, bottom - radius):
            cv2.circle(mask, (x, y), radius, 255, -1)
    small = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / 255.0
