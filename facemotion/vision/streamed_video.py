"""Videos that can be read while they are written, and after the program was killed."""

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facemotion.core.errors import OutputError
from facemotion.vision.video_writer import COLOURS, TICKS_PER_S, VideoWriter

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

KEY_FRAME_INTERVAL_S: Final = 1.0
FRAGMENT_S: Final = 0.4
"""A fragment goes to the system when it is this long: what was written before it is safe."""

_ENCODING: Final = {
    # One thread and no frame held back: the picture on the screen comes first, and a frame that
    # was given is in the file a fragment later.
    "preset": "ultrafast",
    "tune": "zerolatency",
    "crf": "23",
    "threads": "1",
    "forced-idr": "1",
    "x264-params": COLOURS,
}
_MUXING: Final = {
    # Fragments while it is written; closing it makes an ordinary file of them, in place.
    "movflags": "+hybrid_fragmented+default_base_moof",
    "frag_duration": str(round(FRAGMENT_S * 1e6)),
}


class StreamedVideoWriter(VideoWriter):
    """Writes frames to an MP4 file (H.264) that is whole at any moment but for its last fragment.

    Args:
        path: The file, of this name from the start; an existing one is replaced.
        fps: Rate at which frames without a time follow each other.
        size: Width and height (px) as for `VideoWriter`.

    Raises:
        OutputError: The file cannot be written.
    """

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        self._file: _LastingFile | None = None
        self._last_key_tick: int | None = None
        super().__init__(path, fps, size)

    def close(self) -> None:
        """Make an ordinary MP4 file of it; a second call does nothing.

        Without a single frame there is no file.

        Raises:
            OutputError: The rest cannot be written; what was written before stays readable.
        """
        import av.error

        container, self._container = self._container, None
        if container is None:
            return
        try:
            if self._frame_count:
                container.mux(self._stream.encode())
            container.close()
        except (av.error.FFmpegError, OSError) as error:
            raise self._failure(error) from error
        finally:
            self._let_go()

    def discard(self) -> None:
        """Write nothing any more; what was written stays, up to the last whole fragment."""
        import av.error

        container, self._container = self._container, None
        if container is not None and self._file is not None:
            self._file.abandon()
            with contextlib.suppress(av.error.FFmpegError, OSError):
                container.close()
        self._let_go()

    def _open(self) -> "tuple[OutputContainer | None, VideoStream]":
        import av
        import av.error

        try:
            self._file = _LastingFile(self._path)
            container = av.open(self._file, "w", format="mp4", options=dict(_MUXING))
        except (av.error.FFmpegError, OSError) as error:
            self._let_go()
            raise self._failure(error) from error
        return container, self._add_stream(container, _ENCODING)

    def _is_key_frame_due(self, tick: int) -> bool:
        last = self._last_key_tick
        is_due = last is None or tick - last >= KEY_FRAME_INTERVAL_S * TICKS_PER_S
        if is_due:
            self._last_key_tick = tick
        return is_due

    def _let_go(self) -> None:
        if self._file is None:
            return
        self._file.close()
        self._file = None
        if not self._frame_count:
            self._path.unlink(missing_ok=True)

    def _failure(self, error: Exception) -> OutputError:
        cause = getattr(error, "strerror", None) or str(error)
        return OutputError(
            f"The video {self._path} cannot be written any further: {cause}. What was recorded "
            "before stays."
        )


class _LastingFile:
    """A file that takes back a write that failed and changes nothing after it.

    FFmpeg ends a file by writing over its beginning, which must not happen when the new end is
    not there.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._is_abandoned = False

    def write(self, data: bytes) -> int:
        """Write all of it, or nothing after the first failure.

        Raises:
            OSError: The disk refuses, for the first time.
        """
        if self._is_abandoned:
            return len(data)
        begin, rest = self._file.tell(), memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError:
            self.abandon()
            with contextlib.suppress(OSError):
                self._file.truncate(begin)
            raise
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, as in any file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place, as in any file."""
        return self._file.tell()

    def abandon(self) -> None:
        """Leave the file as it is."""
        self._is_abandoned = True

    def close(self) -> None:
        """Give the file back; a second call does nothing."""
        self._file.close()
