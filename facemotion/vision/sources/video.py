"""A video file as a source, at the times that its pictures carry."""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facemotion.core.errors import SourceError
from facemotion.core.types import Frame
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind, not_open
from facemotion.vision.sources.decoding import (
    open_container,
    picture_stream,
    square_pixels,
    stream_rate,
    upright_bgr,
)
from facemotion.vision.sources.pictures import read_bytes

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_logger = logging.getLogger(__name__)

_LOCAL_ONLY: Final = {"protocol_whitelist": "file"}
"""A playlist that poses as a video must not reach for the network."""

_SAME_TIME_S: Final = 1e-3

_EARLY_END_S: Final = 1.0
"""A file may end this much before its stated length (a longer sound track) without a word."""


@dataclass(slots=True, eq=False)
class _Reading:
    """An open file and the place reached in it."""

    container: "InputContainer"
    stream: "VideoStream"
    pictures: Iterator["VideoFrame"]
    pending: deque["VideoFrame"]
    origin_s: float
    next_index: int = 0
    last_time_s: float = float("-inf")


class VideoSource(FrameSource):
    """A video file of any format that PyAV's FFmpeg knows (H.264, HEVC, VP9, AV1, MJPEG …).

    Time 0 is the first picture's. Variable rates keep their own times, which always grow. A file
    that is cut off plays what it has and then ends.

    Args:
        path: The file; any script in its name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading: _Reading | None = None
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
            if self._reading is None:
                self._open()

    def _open(self) -> None:
        _check_file(self._path)
        container = open_container(str(self._path), self._path.name, options=_LOCAL_ONLY)
        try:
            stream = picture_stream(container, self._path.name)
            pictures = _decoded(container, stream)
            first = next(pictures, None)
            if first is None:
                raise SourceError(
                    f"{self._path.name} holds no picture that can be decoded; it may be damaged or "
                    "cut off. Copy or download it again."
                )
        except BaseException:
            container.close()
            raise
        self._reading = _Reading(container, stream, pictures, deque([first]), _time_s(first) or 0.0)
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

    def _read(self, reading: _Reading) -> Frame | None:
        picture = _next_picture(reading)
        if picture is None:
            self._note_early_end(reading)
            return None
        time_s = self._picture_time(reading, picture)
        frame = Frame(
            square_pixels(upright_bgr(picture), _pixel_aspect(reading.stream, picture)),
            time_s,
            reading.next_index,
            self._path.name,
            captured_at_s=time.monotonic(),
        )
        reading.last_time_s = time_s
        reading.next_index += 1
        return frame

    def _note_early_end(self, reading: _Reading) -> None:
        stated_s, end_s = self._info.duration_s, max(reading.last_time_s, 0.0)
        if stated_s is not None and stated_s - end_s > max(_EARLY_END_S, 0.02 * stated_s):
            self._problems = (
                f"{self._path.name} ends at {end_s:.1f} s of {stated_s:.1f} s: the rest is missing "
                "or damaged. Copy or download it again.",
            )

    def seek(self, time_s: float) -> None:
        """Go to the picture shown at a time; behind the end, to the last one.

        Raises:
            SourceError: The source is not open.
        """
        with self._lock:
            if self._reading is None:
                raise not_open(self._path.name)
            self._seek(self._reading, time_s)

    def _seek(self, reading: _Reading, time_s: float) -> None:
        target_s = max(time_s, 0.0) + reading.origin_s
        found = _wind_to(reading, target_s, target_s)
        if not found and target_s > reading.origin_s:
            # A damaged index or a missing key frame: decode from the very beginning.
            found = _wind_to(reading, target_s, reading.origin_s)
        reading.last_time_s = float("-inf")
        if reading.pending:
            shown_s = (_time_s(reading.pending[0]) or 0.0) - reading.origin_s
            reading.next_index = max(0, round(shown_s * self._info.fps))

    def close(self) -> None:
        """Close the file; `read` then gives None."""
        with self._lock:
            self._is_closed = True
            reading, self._reading = self._reading, None
            if reading is not None:
                reading.container.close()

    def _picture_time(self, reading: _Reading, picture: "VideoFrame") -> float:
        seconds = _time_s(picture)
        is_first = reading.last_time_s == float("-inf")
        if seconds is None:
            previous = 0.0 if is_first else reading.last_time_s
            return previous if is_first else previous + 1.0 / self._info.fps
        seconds = max(seconds - reading.origin_s, 0.0)
        return seconds if is_first else max(seconds, reading.last_time_s + _SAME_TIME_S)


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise SourceError(f"{path} is a folder, not a video file.")
    if not path.exists():
        raise SourceError(f"There is no file {path}. Check the name and the folder.")
    if path.stat().st_size == 0:
        read_bytes(path)


def _describe(name: str, reading: _Reading) -> SourceInfo:
    stream, container = reading.stream, reading.container
    first = reading.pending[0]
    shape = square_pixels(upright_bgr(first), _pixel_aspect(stream, first)).shape
    fps = stream_rate(stream)
    return SourceInfo(
        name,
        SourceKind.VIDEO,
        width_px=shape[1],
        height_px=shape[0],
        fps=fps,
        duration_s=_duration_s(container, stream, reading.origin_s),
        is_seekable=True,
        frame_count=stream.frames or None,
    )


def _duration_s(
    container: "InputContainer", stream: "VideoStream", origin_s: float
) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return max(float(stream.duration * stream.time_base), 0.0)
    if container.duration is not None and container.duration > 0:
        start_s = (container.start_time or 0) / 1e6
        return max(container.duration / 1e6 + start_s - origin_s, 0.0)
    return None


def _pixel_aspect(stream: "VideoStream", picture: "VideoFrame") -> float:
    aspect = float(stream.sample_aspect_ratio or 0)
    is_on_its_side = round(picture.rotation / 90.0) % 2 == 1
    return 1.0 / aspect if is_on_its_side and aspect > 0.0 else aspect


def _time_s(picture: "VideoFrame") -> float | None:
    if picture.pts is None or picture.time_base is None:
        return None
    return float(picture.pts * picture.time_base)


def _decoded(container: "InputContainer", stream: "VideoStream") -> Iterator["VideoFrame"]:
    """Every picture that can be decoded, in order of showing; damage is skipped and logged."""
    import av.error

    try:
        for packet in container.demux(stream):
            try:
                yield from packet.decode()
            except av.error.FFmpegError as error:
                _logger.warning("a damaged part was skipped: %s", error)
    except av.error.FFmpegError as error:
        _logger.warning("the file ends early: %s", error)
        yield from _flushed(stream)


def _flushed(stream: "VideoStream") -> Iterator["VideoFrame"]:
    import av.error

    try:
        yield from stream.decode(None)
    except av.error.FFmpegError as error:
        _logger.warning("the last pictures are lost: %s", error)


def _next_picture(reading: _Reading) -> "VideoFrame | None":
    if reading.pending:
        return reading.pending.popleft()
    return next(reading.pictures, None)


def _wind_to(reading: _Reading, target_s: float, start_s: float) -> bool:
    """Decode from the key frame before `start_s` up to the picture shown at `target_s`.

    Returns:
        Whether a picture at or before `target_s` was found; it then stands first in `pending`.
    """
    import av.error

    stream = reading.stream
    base = stream.time_base or 1
    try:
        reading.container.seek(int(start_s / base), stream=stream, backward=True)
    except av.error.FFmpegError:
        return False
    reading.pictures = _decoded(reading.container, stream)
    reading.pending.clear()
    shown: VideoFrame | None = None
    for picture in reading.pictures:
        seconds = _time_s(picture)
        if seconds is not None and seconds > target_s + _SAME_TIME_S:
            reading.pending.extend([picture] if shown is None else [shown, picture])
            return shown is not None
        shown = picture
    if shown is not None:
        reading.pending.append(shown)
    return shown is not None
