"""An open video file and the place reached in it: pictures with their times, and exact seeking."""

import logging
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from facemotion.core.errors import SourceError
from facemotion.vision.sources.decoding import open_container, picture_stream, stream_rate

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_logger = logging.getLogger(__name__)

_LOCAL_ONLY: Final = {"protocol_whitelist": "file"}
"""A playlist that poses as a video must not reach for the network."""

_SAME_TIME_S: Final = 1e-3

_RUN_UP_S: Final = 10.0
"""Some files (MPEG-TS) come out behind the time asked for; from so far before it, they do not."""


class TimedPicture(NamedTuple):
    """A decoded picture and when it is shown, counted from the first one."""

    time_s: float
    picture: "VideoFrame"


class VideoReading:
    """Decodes a file from wherever it was wound to.

    Args:
        path: The file, known to be there.

    Raises:
        SourceError: It is no video, or not one picture can be decoded.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending: deque[TimedPicture] = deque()
        self._begin()

    @property
    def stream(self) -> "VideoStream":
        """The stream that is decoded."""
        return self._stream

    @property
    def fps(self) -> float:
        """Pictures per second, as announced."""
        return self._fps

    @property
    def duration_s(self) -> float | None:
        """Length as the file states it, or None."""
        stream, container = self._stream, self._container
        if stream.duration is not None and stream.time_base is not None:
            return max(float(stream.duration * stream.time_base), 0.0)
        if container.duration is not None and container.duration > 0:
            start_s = (container.start_time or 0) / 1e6
            return max(container.duration / 1e6 + start_s - (self._origin_s or 0.0), 0.0)
        return None

    @property
    def first(self) -> "VideoFrame":
        """The first picture; only before anything was taken."""
        return self._pending[0].picture

    def take(self) -> TimedPicture | None:
        """The next picture, or None at the end."""
        if self._pending:
            return self._pending.popleft()
        return next(self._pictures, None)

    def wind_to(self, time_s: float) -> float:
        """Go to the picture shown at a time, or to the last one.

        Args:
            time_s: Counted from the first picture.

        Returns:
            The time of the picture that `take` gives next; `time_s` when there is none.

        Raises:
            SourceError: The file is no longer there.
        """
        target_s = max(time_s, 0.0)
        is_found = any(
            self._jump(start_s) and self._decode_up_to(target_s)
            for start_s in (target_s, target_s - _RUN_UP_S)
            if start_s >= 0.0
        )
        if not is_found:
            self.close()
            self._begin()
            self._decode_up_to(target_s)
        return self._pending[0].time_s if self._pending else target_s

    def close(self) -> None:
        """Close the file, and let go of what refers back here, so that its threads end now."""
        self._pictures = iter(())
        self._pending.clear()
        self._container.close()

    def _begin(self) -> None:
        name = self._path.name
        self._container = open_container(str(self._path), name, options=_LOCAL_ONLY)
        try:
            self._stream = picture_stream(self._container, name)
            self._fps = stream_rate(self._stream)
            decoded = _decoded(self._container, self._stream)
            first = next(decoded, None)
            if first is None:
                raise SourceError(
                    f"{name} holds no picture that can be decoded; it may be damaged or cut off. "
                    "Copy or download it again."
                )
        except BaseException:
            self._container.close()
            raise
        self._origin_s = _pts_s(first)
        self._pending = deque([TimedPicture(0.0, first)])
        self._pictures = self._timed(decoded, 0.0)

    def _timed(
        self, decoded: Iterator["VideoFrame"], last_s: float | None = None
    ) -> Iterator[TimedPicture]:
        """Pictures with growing times; one that carries none comes a nominal step after the last.

        Raw streams carry no times at all.
        """
        for picture in decoded:
            seconds = _pts_s(picture)
            if seconds is None or self._origin_s is None:
                seconds = 0.0 if last_s is None else last_s + 1.0 / self._fps
            else:
                seconds = max(seconds - self._origin_s, 0.0)
            if last_s is not None:
                seconds = max(seconds, last_s + _SAME_TIME_S)
            last_s = seconds
            yield TimedPicture(seconds, picture)

    def _jump(self, start_s: float) -> bool:
        """Go to the key frame before a time, as far as the file's index tells."""
        import av.error

        base = self._stream.time_base
        if self._origin_s is None or base is None:
            return False
        try:
            position = int((start_s + self._origin_s) / base)
            self._container.seek(position, stream=self._stream, backward=True)
        except av.error.FFmpegError:
            return False
        self._pending.clear()
        self._pictures = self._timed(_decoded(self._container, self._stream))
        return True

    def _decode_up_to(self, target_s: float) -> bool:
        """Decode until the picture shown at a time stands first in `_pending`.

        Returns:
            Whether there was a picture at or before it.
        """
        shown: TimedPicture | None = None
        while (timed := self.take()) is not None:
            if timed.time_s > target_s + _SAME_TIME_S:
                self._pending.extend([timed] if shown is None else [shown, timed])
                return shown is not None
            shown = timed
        if shown is not None:
            self._pending.append(shown)
        return shown is not None


def _pts_s(picture: "VideoFrame") -> float | None:
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
