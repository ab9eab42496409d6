"""A network stream (RTSP, HTTP …) as a source."""

import atexit
import logging
import threading
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from facemotion.core.errors import SourceError
from facemotion.core.types import Frame, FrameBgr
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind, not_open
from facemotion.vision.sources.decoding import (
    open_container,
    picture_stream,
    square_pixels,
    stream_rate,
    upright_bgr,
)

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_logger = logging.getLogger(__name__)

OPEN_TIMEOUT_S: Final = 8.0
READ_TIMEOUT_S: Final = 5.0
_FILE_BACKLOG: Final = 8
"""Decoded pictures held ready of a stream with an end; a live one holds the newest only."""

_OPTIONS: Final = {
    "protocol_whitelist": "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https,httpproxy,rtmp,rtmps,"
    "rtmpt,srt,crypto,hls,data",
    "rtsp_transport": "tcp",
}


class StreamSource(FrameSource):
    """A stream by its address.

    Opening and reading happen in a thread of the source's own, so that `close` ends a waiting
    `open` or `read` at once; that thread itself ends at FFmpeg's next time-out. A live stream
    gives its newest picture and drops those that nobody fetched in time.

    Args:
        url: Address with its scheme; a user name and password in it are never shown.
        open_timeout_s: Longest wait for the first answer.
        read_timeout_s: Longest silence before the stream counts as broken off.
    """

    def __init__(
        self,
        url: str,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._url = url
        self._timeout_s = (open_timeout_s, read_timeout_s)
        self._info = SourceInfo(shown_address(url), SourceKind.STREAM, is_live=True)
        self._receiver: _Receiver | None = None
        self._is_closed = False

    @property
    def info(self) -> SourceInfo:
        """What is known about the source."""
        return self._info

    def open(self) -> None:
        """Connect and wait for the first picture.

        Raises:
            SourceError: Nothing answers in time, or not with a video.
        """
        if self._receiver is not None:
            return
        self._is_closed = False
        receiver = self._receiver = _Receiver(self._url, self._info, self._timeout_s)
        receiver.start()
        try:
            self._info = receiver.wait_until_open()
        except SourceError:
            self.close()
            raise

    def read(self) -> Frame | None:
        """The next picture, waiting for it; None at the end or after `close`.

        Raises:
            SourceError: The connection broke, or the source was never opened.
        """
        receiver = self._receiver
        if receiver is not None:
            return receiver.take()
        if self._is_closed:
            return None
        raise not_open(self._info.name)

    def close(self) -> None:
        """Let the connection go; a waiting `open` or `read` in another thread ends at once."""
        self._is_closed = True
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.stop()


class _Receiver(threading.Thread):
    """Connects, decodes and keeps pictures ready until told to stop."""

    def __init__(self, url: str, info: SourceInfo, timeout_s: tuple[float, float]) -> None:
        # A daemon, so that a source left open cannot keep the program alive; but one that is waited
        # for at the end, because a thread inside FFmpeg must not be cut off.
        super().__init__(name="facemotion-stream", daemon=True)
        atexit.register(self._leave)
        self._url = url
        self._info = info
        self._timeout_s = timeout_s
        self._frames: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._is_open = False
        self._is_stopping = False
        self._is_over = False
        self._error: SourceError | None = None

    def wait_until_open(self) -> SourceInfo:
        """Wait for the first picture.

        Raises:
            SourceError: There is none.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_open or self._is_over or self._is_stopping)
            if self._is_open:
                return self._info
            raise self._error or SourceError(f"{self._info.name} was closed before it answered.")

    def take(self) -> Frame | None:
        """The next picture, None at the end.

        Raises:
            SourceError: The connection broke.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._is_over or self._is_stopping)
            if self._is_stopping:
                return None
            if self._frames:
                frame = self._frames.popleft()
                self._changed.notify_all()
                return frame
            if self._error is not None:
                raise self._error
            return None

    def stop(self) -> None:
        """Ask the thread to end, without waiting for it."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def run(self) -> None:
        """Receive until the end, an error or `stop`."""
        error: SourceError | None = None
        try:
            if not self._is_stopping:
                self._receive()
        except SourceError as problem:
            error = problem
        except Exception as problem:
            _logger.exception("the stream's thread failed")
            error = SourceError(f"{self._info.name} failed: {problem}.")
        with self._changed:
            self._error = error
            self._is_over = True
            self._changed.notify_all()
        atexit.unregister(self._leave)

    def _leave(self) -> None:
        self.stop()
        self.join(max(self._timeout_s) + 1.0)

    def _receive(self) -> None:
        container = open_container(
            self._url, self._info.name, options=dict(_OPTIONS), timeout_s=self._timeout_s
        )
        try:
            stream = picture_stream(container, self._info.name)
            length_s = (container.duration or 0) / 1e6
            self._info = replace(
                self._info,
                fps=stream_rate(stream),
                duration_s=length_s if length_s > 0.0 else None,
                is_live=length_s <= 0.0,
            )
            self._decode(container, stream)
        finally:
            container.close()

    def _decode(self, container: "InputContainer", stream: "VideoStream") -> None:
        import av.error

        begin_s = time.monotonic()
        origin_s: float | None = None
        index = 0
        try:
            for packet in container.demux(stream):
                if self._is_stopping:
                    return
                for picture in _decode_packet(packet):
                    now_s = time.monotonic()
                    pts_s = now_s if picture.time is None else picture.time
                    origin_s = pts_s if origin_s is None else origin_s
                    time_s = now_s - begin_s if self._info.is_live else pts_s - origin_s
                    array = square_pixels(
                        upright_bgr(picture), float(stream.sample_aspect_ratio or 0)
                    )
                    self._offer(array, Frame(array, time_s, index, self._info.name, 0, now_s))
                    index += 1
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(
                f"{self._info.name} broke off. Check the network and whether it is switched on."
            ) from error
        if index == 0:
            raise SourceError(
                f"{self._info.name} answers, but no picture can be decoded. Use the address of "
                "the stream itself."
            )

    def _offer(self, picture: FrameBgr, frame: Frame) -> None:
        with self._changed:
            if self._info.is_live:
                self._frames.clear()
            else:
                self._changed.wait_for(
                    lambda: len(self._frames) < _FILE_BACKLOG or self._is_stopping
                )
            if not self._is_open:
                height_px, width_px = picture.shape[:2]
                self._info = replace(self._info, width_px=width_px, height_px=height_px)
                self._is_open = True
            self._frames.append(frame)
            self._changed.notify_all()


def _decode_packet(packet: "Packet[Any]") -> "list[VideoFrame]":
    import av.error

    try:
        return [picture for picture in packet.decode() if not picture.is_corrupt]
    except av.error.InvalidDataError as error:
        _logger.debug("a damaged packet was skipped: %s", error)
        return []


def shown_address(url: str) -> str:
    """An address without user name, password and query, fit to be shown and logged."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
