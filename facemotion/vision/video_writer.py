"""Videos that every browser and player shows: H.264 in MP4."""

import logging
import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import cv2
import numpy as np

from facemotion.core.errors import OutputError
from facemotion.core.types import FrameBgr

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

_logger = logging.getLogger(__name__)

TICKS_PER_S: Final = 90_000
"""Time base of the file: a whole number of ticks at all usual rates."""

COLOURS: Final = "colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv"

_ENCODING: Final = {
    "preset": "veryfast",
    "crf": "22",
    # A fixed number of threads, x264's plain arithmetic and no macroblock tree (whose result
    # varies from run to run): the same frames give the same bytes, on every machine.
    "threads": "2",
    "x264-params": f"cpu-independent=1:mbtree=0:{COLOURS}",
}


class VideoWriter:
    """Writes frames to an MP4 file (H.264, yuv420p, index in front), each at its own time.

    The file is written under a temporary name and appears under its own when it is whole. As a
    context manager it is discarded after an exception.

    Args:
        path: The file; its folder is made when missing, an older file replaced at the end.
        fps: Rate at which frames without a time follow each other.
        size: Width and height (px); odd ones are padded by one pixel. Frames of another size are
            fitted in with black bars.

    Raises:
        OutputError: The file cannot be written.
    """

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._size = (max(1, size[0]), max(1, size[1]))
        self._fps = fps if 0.1 <= fps <= 1000.0 else 25.0
        self._container, self._stream = self._open()
        self._last_tick = -1
        self._frame_count = 0

    @property
    def frame_count(self) -> int:
        """Number of frames written."""
        return self._frame_count

    def write(self, frame_bgr: FrameBgr, time_s: float | None = None) -> None:
        """Add a frame.

        Args:
            frame_bgr: uint8 (H, W, 3) BGR.
            time_s: When it is shown; a time not after the last frame's is moved behind it. None
                takes the writer's rate.

        Raises:
            OutputError: The disk is full or the file cannot be written; it is then discarded.
            ValueError: The writer was closed.
        """
        if self._container is None:
            raise ValueError("the video was closed")
        seconds = self._frame_count / self._fps if time_s is None else time_s
        tick = max(round(seconds * TICKS_PER_S), self._last_tick + 1, 0)
        self._encode(self._container, frame_bgr, tick)
        self._last_tick = tick
        self._frame_count += 1

    def close(self) -> None:
        """Finish the file and put it in its place; a second call does nothing.

        Without a single frame there is no file.

        Raises:
            OutputError: The rest cannot be written; the file is then discarded.
        """
        import av.error

        container, self._container = self._container, None
        if container is None:
            return
        try:
            if self._frame_count:
                container.mux(self._stream.encode())
            container.close()
            if self._frame_count:
                os.replace(self._part, self._path)
        except (av.error.FFmpegError, OSError) as error:
            raise self._failure(error) from error
        finally:
            self._part.unlink(missing_ok=True)

    def discard(self) -> None:
        """Give up: nothing is left, an older file of the same name stays."""
        import av.error

        container, self._container = self._container, None
        if container is not None:
            try:
                container.close()
            except (av.error.FFmpegError, OSError) as error:
                _logger.debug("closing a video that is given up: %s", error)
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.discard()

    def _open(self) -> "tuple[OutputContainer | None, VideoStream]":
        import av.error

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # FFmpeg opens the file at the first frame only; a refusal should come now.
            self._part.write_bytes(b"")
            container = av.open(
                str(self._part), "w", format="mp4", options={"movflags": "+faststart"}
            )
        except (av.error.FFmpegError, OSError) as error:
            raise self._failure(error) from error
        return container, self._add_stream(container, _ENCODING)

    def _add_stream(
        self, container: "OutputContainer", encoding: Mapping[str, str]
    ) -> "VideoStream":
        rate = Fraction(self._fps).limit_denominator(1001)
        stream = container.add_stream("libx264", rate=rate, options=dict(encoding))
        stream.width, stream.height = _even(self._size)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        return stream

    def _is_key_frame_due(self, tick: int) -> bool:
        """Whether a frame must be decodable without the ones before it; else x264 decides."""
        del tick
        return False

    def _encode(self, container: "OutputContainer", frame_bgr: FrameBgr, tick: int) -> None:
        import av
        import av.error
        from av.video.frame import PictureType

        picture = av.VideoFrame.from_ndarray(_fitted(frame_bgr, self._size), format="bgr24")
        picture = picture.reformat(
            format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
        )
        picture.pts, picture.time_base = tick, Fraction(1, TICKS_PER_S)
        if self._is_key_frame_due(tick):
            picture.pict_type = PictureType.I
        try:
            container.mux(self._stream.encode(picture))
        except (av.error.FFmpegError, OSError) as error:
            self.discard()
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> OutputError:
        cause = getattr(error, "strerror", None) or str(error)
        return OutputError(
            f"The video {self._path} cannot be written: {cause}. Choose another folder, or make "
            "room on the disk."
        )


def _even(size: tuple[int, int]) -> tuple[int, int]:
    return size[0] + size[0] % 2, size[1] + size[1] % 2


def _fitted(frame_bgr: FrameBgr, size: tuple[int, int]) -> FrameBgr:
    """The frame at a size, with black bars where its shape differs, padded to even sides."""
    height, width = frame_bgr.shape[:2]
    if (width, height) != size:
        frame_bgr = _barred(frame_bgr, size)
    right, bottom = size[0] % 2, size[1] % 2
    if right or bottom:
        padded = cv2.copyMakeBorder(frame_bgr, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
        frame_bgr = np.asarray(padded, np.uint8)
    return np.ascontiguousarray(frame_bgr)


def _barred(frame_bgr: FrameBgr, size: tuple[int, int]) -> FrameBgr:
    height, width = frame_bgr.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    x, y = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    canvas[y : y + inner[1], x : x + inner[0]] = cv2.resize(frame_bgr, inner, interpolation=how)
    return canvas
