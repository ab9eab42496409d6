"""A folder of pictures as a source."""

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from facemotion.core.errors import SourceError
from facemotion.core.types import Frame
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind, not_open
from facemotion.vision.sources.pictures import PICTURE_SUFFIXES, read_picture

_logger = logging.getLogger(__name__)

SECONDS_PER_PICTURE: Final = 2.0
_DIGITS: Final = re.compile(r"(\d+)")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which photo2 comes before photo10, whatever the case."""
    parts = _DIGITS.split(name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def list_pictures(folder: Path) -> list[Path]:
    """Picture files of a folder (not of folders inside it), in natural order.

    Raises:
        SourceError: The folder is missing, may not be read, or holds no picture.
    """
    try:
        paths = [path for path in folder.iterdir() if _is_picture(path)]
    except (FileNotFoundError, NotADirectoryError):
        raise SourceError(f"There is no folder {folder}. Check its name.") from None
    except OSError as error:
        raise SourceError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    if not paths:
        raise SourceError(
            f"The folder {folder.name or folder} holds no pictures. "
            "Choose one with JPEG or PNG files."
        )
    return sorted(paths, key=lambda path: (natural_key(path.name), path.name))


def _is_picture(path: Path) -> bool:
    is_hidden = path.name.startswith(".")
    return not is_hidden and path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()


class FolderSource(FrameSource):
    """The pictures of a folder, one after another, each a scene of its own.

    A picture that cannot be read is left out and noted in `problems`.

    Args:
        folder: The folder.
        seconds_per_picture: How long each picture stands, which gives its time.
        names: Only these files of the folder, in this order; empty for all its pictures.
    """

    def __init__(
        self,
        folder: Path,
        seconds_per_picture: float = SECONDS_PER_PICTURE,
        names: Sequence[str] = (),
    ) -> None:
        self._folder = folder
        self._names = tuple(names)
        self._seconds = seconds_per_picture
        self._paths: list[Path] | None = None
        self._next = 0
        self._is_closed = False
        self._problems: dict[str, str] = {}
        self._info = SourceInfo(folder.name or str(folder), SourceKind.FOLDER)

    @property
    def info(self) -> SourceInfo:
        """What is known about the source; the size is that of the picture read last."""
        return self._info

    @property
    def problems(self) -> list[str]:
        """One sentence for every picture left out so far."""
        return list(self._problems.values())

    def open(self) -> None:
        """List the pictures.

        Raises:
            SourceError: The folder is missing or holds no picture.
        """
        if self._paths is not None:
            return
        self._paths = [self._folder / name for name in self._names] or list_pictures(self._folder)
        self._next = 0
        self._is_closed = False
        self._info = replace(
            self._info,
            fps=1.0 / self._seconds,
            duration_s=len(self._paths) * self._seconds,
            is_seekable=True,
            frame_count=len(self._paths),
        )

    def read(self) -> Frame | None:
        """The next readable picture, or None after the last.

        Raises:
            SourceError: The source was never opened.
        """
        if self._paths is None:
            if self._is_closed:
                return None
            raise not_open(self._info.name)
        paths = self._paths
        while not self._is_closed and self._next < len(paths):
            index, path = self._next, paths[self._next]
            self._next += 1
            try:
                picture = read_picture(path)
            except SourceError as error:
                _logger.warning("left out: %s", error)
                self._problems[path.name] = str(error)
                continue
            height, width = picture.shape[:2]
            self._info = replace(self._info, width_px=width, height_px=height)
            return Frame(
                picture,
                index * self._seconds,
                index,
                path.name,
                scene_id=index,
                captured_at_s=time.monotonic(),
            )
        return None

    def seek(self, time_s: float) -> None:
        """Go to the picture shown at a time."""
        last = len(self._paths or ()) - 1
        self._next = max(0, min(int(time_s / self._seconds + 1e-6), last))

    def close(self) -> None:
        """End; `read` then gives None."""
        self._is_closed = True
        self._paths = None
