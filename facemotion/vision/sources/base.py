"""What every source of pictures looks like."""

from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from facemotion.core.errors import SourceError
from facemotion.core.types import Frame


class SourceKind(StrEnum):
    """Where pictures come from."""

    CAMERA = "camera"
    VIDEO = "video"
    IMAGE = "image"
    FOLDER = "folder"
    STREAM = "stream"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known about a source; size and rate are 0 before it is opened.

    Attributes:
        name: As shown to the user: file name, camera name, address without password.
        kind: Where the pictures come from.
        width_px: Width of the upright picture.
        height_px: Height of the upright picture.
        fps: Pictures per second, as the source announces it.
        duration_s: Length, or None when it has none or does not say.
        is_live: Whether pictures come at the source's own pace and `read` waits for them; the
            others are paced by whoever shows them.
        is_seekable: Whether `seek` works.
        frame_count: Number of pictures, or None when unknown.
    """

    name: str
    kind: SourceKind
    width_px: int = 0
    height_px: int = 0
    fps: float = 0.0
    duration_s: float | None = None
    is_live: bool = False
    is_seekable: bool = False
    frame_count: int | None = None


class FrameSource(Protocol):
    """A source of pictures, used by one thread at a time; only `close` may come from another.

    Every source is a context manager that opens on entry and closes on exit.
    """

    @property
    def info(self) -> SourceInfo:
        """What is known about the source."""
        ...

    def open(self) -> None:
        """Make ready to read; a second call does nothing.

        Raises:
            SourceError: The source cannot be opened; the message says why and what to do.
        """
        ...

    def read(self) -> Frame | None:
        """The next picture, or None at the end or after `close`.

        Raises:
            SourceError: The source failed while it was read, or was never opened.
        """
        ...

    def seek(self, time_s: float) -> None:
        """Go to a time, so that the next picture is the one shown at it.

        Raises:
            SourceError: The source cannot seek.
        """
        raise SourceError(f"{self.info.name} cannot be wound to {time_s:.1f} s, nor anywhere else.")

    def close(self) -> None:
        """Give everything back; a second call does nothing."""
        ...

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def not_open(name: str) -> SourceError:
    """The error of reading a source that was never opened."""
    return SourceError(f"{name} was read before it was opened.")
