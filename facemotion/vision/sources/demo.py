"""A moving camera over a group photo: pictures with faces without a camera, file or network."""

import importlib.util
import math
import time
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np

from facemotion.core.errors import SourceError
from facemotion.core.types import Frame, FrameBgr
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind, not_open
from facemotion.vision.sources.pictures import read_picture

DEMO_FPS: Final = 30.0
DEMO_SIZE: Final = (1280, 720)
_PHOTO: Final = Path("data", "images", "t1.jpg")


class _View(NamedTuple):
    """What the camera sees: centre and width as fractions of the photo's width."""

    x: float
    y: float
    width: float


class _Shot(NamedTuple):
    """One run of the camera without a cut."""

    start: _View
    end: _View
    duration_s: float


_ROOM: Final = _View(0.500, 0.300, 0.980)
_PAIR_LEFT: Final = _View(0.250, 0.215, 0.440)
_PAIR_MIDDLE: Final = _View(0.510, 0.290, 0.460)
_PAIR_RIGHT: Final = _View(0.770, 0.175, 0.520)

STORYBOARD: Final = (
    _Shot(_ROOM, _View(0.420, 0.280, 0.700), 6.0),
    _Shot(_View(0.420, 0.280, 0.700), _PAIR_LEFT, 5.0),
    _Shot(_PAIR_LEFT, _PAIR_MIDDLE, 6.0),
    _Shot(_PAIR_RIGHT, _View(0.730, 0.190, 0.580), 5.0),
    _Shot(_View(0.730, 0.190, 0.580), _PAIR_MIDDLE, 5.0),
    _Shot(_View(0.440, 0.260, 0.300), _View(0.430, 0.255, 0.340), 4.0),
    _Shot(_View(0.300, 0.240, 0.560), _View(0.640, 0.260, 0.560), 8.0),
    _Shot(_View(0.640, 0.260, 0.560), _ROOM, 5.0),
)
"""The film: where a shot does not begin where the last one ended, there is a cut."""

LENGTH_S: Final = sum(shot.duration_s for shot in STORYBOARD)


def demo_photo_path() -> Path:
    """The group photo inside insightface's package, found without importing the package.

    Raises:
        SourceError: insightface is not installed, or without its photo.
    """
    spec = importlib.util.find_spec("insightface")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / _PHOTO
        if path.is_file():
            return path
    raise SourceError(
        "The demo picture is missing: it comes with insightface. Install it again with "
        "“pip install --force-reinstall --no-deps insightface”."
    )


class DemoSource(FrameSource):
    """An endless film of 1280×720 at 30 pictures a second, the same in every run."""

    def __init__(self) -> None:
        self._photo: FrameBgr | None = None
        self._is_closed = False
        self._next_index = 0
        self._info = SourceInfo("Demo", SourceKind.DEMO, *DEMO_SIZE, fps=DEMO_FPS)

    @property
    def info(self) -> SourceInfo:
        """What is known about the source."""
        return self._info

    def open(self) -> None:
        """Read the photo.

        Raises:
            SourceError: The photo is missing.
        """
        if self._photo is None:
            self._photo = read_picture(demo_photo_path())
            self._is_closed = False
            self._next_index = 0

    def read(self) -> Frame | None:
        """The next picture; there is always one until `close`.

        Raises:
            SourceError: The source was never opened.
        """
        photo = self._photo
        if photo is None:
            if self._is_closed:
                return None
            raise not_open(self._info.name)
        index, self._next_index = self._next_index, self._next_index + 1
        time_s = index / DEMO_FPS
        picture = _seen(photo, view_at(time_s))
        return Frame(picture, time_s, index, self._info.name, captured_at_s=time.monotonic())

    def close(self) -> None:
        """Forget the photo; `read` then gives None."""
        self._is_closed = True
        self._photo = None


def view_at(time_s: float) -> tuple[float, float, float]:
    """Where the demo's camera looks.

    Args:
        time_s: Time in the endless film.

    Returns:
        Centre x and y and width of the view, as fractions of the photo's width.
    """
    left_s = time_s % LENGTH_S
    for shot in STORYBOARD:
        if left_s < shot.duration_s:
            return _between(shot, left_s / shot.duration_s)
        left_s -= shot.duration_s
    return STORYBOARD[-1].end


def _between(shot: _Shot, progress: float) -> _View:
    # Starts and stops gently; widths in equal ratios, as a zoom lens does.
    share = progress * progress * (3.0 - 2.0 * progress)
    start, end = shot.start, shot.end
    width = start.width * math.pow(end.width / start.width, share)
    return _View(start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share, width)


def _seen(photo_bgr: FrameBgr, view: tuple[float, float, float]) -> FrameBgr:
    x, y, view_width = (value * photo_bgr.shape[1] for value in view)
    zoom = DEMO_SIZE[0] / view_width
    x = _inside(x, DEMO_SIZE[0] / zoom, photo_bgr.shape[1])
    y = _inside(y, DEMO_SIZE[1] / zoom, photo_bgr.shape[0])
    offset = (DEMO_SIZE[0] / 2.0 - zoom * x, DEMO_SIZE[1] / 2.0 - zoom * y)
    matrix = np.array([[zoom, 0.0, offset[0]], [0.0, zoom, offset[1]]])
    picture = cv2.warpAffine(
        photo_bgr, matrix, DEMO_SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(picture, np.uint8)


def _inside(centre: float, extent: float, limit: int) -> float:
    half = extent / 2.0
    return limit / 2.0 if extent >= limit else min(max(centre, half), limit - half)
