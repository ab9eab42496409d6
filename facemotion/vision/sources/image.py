"""One picture file as a source."""

import time
from pathlib import Path

from facemotion.core.types import Frame, FrameBgr
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind, not_open
from facemotion.vision.sources.pictures import read_picture


class ImageSource(FrameSource):
    """A picture file: one frame at time 0, then the end.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._picture: FrameBgr | None = None
        self._is_read = False
        self._is_closed = False
        self._info = SourceInfo(path.name, SourceKind.IMAGE, duration_s=0.0, frame_count=1)

    @property
    def info(self) -> SourceInfo:
        """What is known about the source."""
        return self._info

    def open(self) -> None:
        """Read the file.

        Raises:
            SourceError: It is missing, unreadable or no picture.
        """
        if self._picture is not None:
            return
        self._picture = read_picture(self._path)
        height, width = self._picture.shape[:2]
        self._info = SourceInfo(
            self._path.name,
            SourceKind.IMAGE,
            width,
            height,
            duration_s=0.0,
            is_seekable=True,
            frame_count=1,
        )
        self._is_read = False
        self._is_closed = False

    def read(self) -> Frame | None:
        """The picture at the first call, None afterwards.

        Raises:
            SourceError: The source was never opened.
        """
        picture = self._picture
        if picture is None and not self._is_closed:
            raise not_open(self._path.name)
        if picture is None or self._is_read:
            return None
        self._is_read = True
        return Frame(picture, 0.0, 0, self._path.name, captured_at_s=time.monotonic())

    def seek(self, time_s: float) -> None:
        """Show the picture again: every time lies on it."""
        del time_s
        self._is_read = False

    def close(self) -> None:
        """Forget the picture; `read` then gives None."""
        self._is_closed = True
        self._picture = None
