"""A video file as a source, at the times that its pictures carry."""

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facemotion.core.errors import SourceError
from facemotion.core.types import Frame, FrameBgr
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind, not_open
from facemotion.vision.sources.decoding import square_pixels, upright_bgr
from facemotion.vision.sources.pictures import read_bytes
from facemotion.vision.sources.video_reading import VideoReading

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_EARLY_END_S: Final = 1.0
"""A file may end this much before its stated length (a longer sound track) without a word."""


class VideoSource(FrameSource):
    """A video file of any format that PyAV's FFmpeg knows (H.264, HEVC, VP9, AV1, MJPEG …).

    Time 0 is the first picture's. Variable rates keep their own times, which always grow. A file
    that is cut off plays what it has and then ends.

    Args:
        path: The file; any script in its name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading: VideoReading | None = None
        self._next_index = 0
        self._last_time_s = 0.0
        self._is_closed = False
        self._lock = threading.RLock()
        self._info = SourceInfo(path.name, SourceKind.VIDEO)
        self._problems: tuple[str, ...] = ()

    @property
    def info(self) -> SourceInfo:
        """What is known about the source."""
        return self._info

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence when the pictures ended well before the length that the file states."""
        return self._problems

    def open(self) -> None:
        """Open the file and decode its first picture.

        Raises:
            SourceError: It is missing, empty, no video, without pictures or damaged.
        """
        with self._lock:
            if self._reading is not None:
                return
            _check_file(self._path)
            self._reading = VideoReading(self._path)
            self._next_index, self._last_time_s = 0, 0.0
            self._is_closed = False
            self._info = _describe(self._path.name, self._reading)

    def read(self) -> Frame | None:
        """The next picture, or None at the end.

        Raises:
            SourceError: The source was never opened.
        """
        with self._lock:
            if self._reading is not None:
                return self._read(self._reading)
            if self._is_closed:
                return None
            raise not_open(self._path.name)

    def seek(self, time_s: float) -> None:
        """Go to the picture shown at a time; behind the end, to the last one.

        Raises:
            SourceError: The source is not open.
        """
        with self._lock:
            if self._reading is None:
                raise not_open(self._path.name)
            shown_s = self._reading.wind_to(time_s)
            self._next_index = round(shown_s * self._info.fps)

    def close(self) -> None:
        """Close the file; `read` then gives None."""
        with self._lock:
            self._is_closed = True
            reading, self._reading = self._reading, None
            if reading is not None:
                reading.close()

    def _read(self, reading: VideoReading) -> Frame | None:
        timed = reading.take()
        if timed is None:
            self._note_early_end()
            return None
        index, self._next_index = self._next_index, self._next_index + 1
        self._last_time_s = timed.time_s
        picture = _upright(reading.stream, timed.picture)
        now_s = time.monotonic()
        return Frame(picture, timed.time_s, index, self._path.name, captured_at_s=now_s)

    def _note_early_end(self) -> None:
        stated_s, end_s = self._info.duration_s, self._last_time_s
        if stated_s is not None and stated_s - end_s > max(_EARLY_END_S, 0.02 * stated_s):
            self._problems = (
                f"{self._path.name} ends at {end_s:.1f} s of {stated_s:.1f} s: the rest is missing "
                "or damaged. Copy or download it again.",
            )


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise SourceError(f"{path} is a folder, not a video file.")
    if not path.exists():
        raise SourceError(f"There is no file {path}. Check the name and the folder.")
    if not path.is_file():
        raise SourceError(f"{path} is a device or pipe, not a video file.")
    if path.stat().st_size == 0:
        read_bytes(path)


def _describe(name: str, reading: VideoReading) -> SourceInfo:
    height, width = _upright(reading.stream, reading.first).shape[:2]
    return SourceInfo(
        name,
        SourceKind.VIDEO,
        width_px=width,
        height_px=height,
        fps=reading.fps,
        duration_s=reading.duration_s,
        is_seekable=True,
        frame_count=reading.stream.frames or None,
    )


def _upright(stream: "VideoStream", picture: "VideoFrame") -> FrameBgr:
    """The picture turned upright, with square pixels."""
    aspect = float(stream.sample_aspect_ratio or 0)
    if aspect > 0.0 and round(picture.rotation / 90.0) % 2 == 1:
        aspect = 1.0 / aspect
    return square_pixels(upright_bgr(picture), aspect)
