"""A download that is not finished: kept between attempts, held by one process at a time."""

import contextlib
import errno
import hashlib
import json
import os
import sys
from collections.abc import Generator
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from facemotion.core.errors import ModelError

PART_SUFFIX: Final = ".part"
_NOTES_SUFFIX: Final = ".json"


class PartialFile:
    """The beginning of a file, and what the server said about it. A context manager.

    Attributes:
        path: Where it lies.
        size: Bytes that are there.

    Args:
        folder: Where unfinished downloads are kept; made when missing.
        name: File name of the download.

    Raises:
        ModelError: Another process downloads the same file, or the folder cannot be written.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}{PART_SUFFIX}"
        self._notes_path = folder / f"{name}{_NOTES_SUFFIX}"
        self.size = 0
        self._stream: FileIO | None = None

    def __enter__(self) -> Self:
        with self._disk_problems():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Unbuffered: what was received is on the disk even when the program dies.
            self._stream = self.path.open("a+b", buffering=0)
        if not _try_lock(self._stream):
            self._stream.close()
            raise ModelError(
                f"Another facemotion is downloading {self.path.stem} already. Wait for it or close "
                "it."
            )
        self.size = self._stream.seek(0, os.SEEK_END)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _unlock(self._opened)
        self._opened.close()

    def append(self, data: bytes) -> None:
        """Add what came next.

        Raises:
            ModelError: The disk is full or gone.
        """
        left = memoryview(data)
        with self._disk_problems():
            while left:
                left = left[self._opened.write(left) :]
        self.size += len(data)

    def start_again(self) -> None:
        """Forget everything received."""
        with self._disk_problems():
            self._opened.seek(0)
            self._opened.truncate()
            self._notes_path.unlink(missing_ok=True)
        self.size = 0

    def sha256(self) -> str:
        """Hash of what is there, in hex."""
        with self._disk_problems():
            self._opened.seek(0)
            digest = hashlib.file_digest(self._opened, "sha256").hexdigest()
            self._opened.seek(0, os.SEEK_END)
        return digest

    def note_version(self, url: str, version: str) -> None:
        """Keep what the server calls this version of the file.

        Args:
            url: Where it came from.
            version: Its ETag or date; empty for none.
        """
        text = json.dumps({"url": url, "version": version})
        with self._disk_problems():
            self._notes_path.write_text(text, encoding="utf-8")

    def version(self, url: str) -> str:
        """What the server at this address called the version received; empty when unknown."""
        try:
            notes = json.loads(self._notes_path.read_text(encoding="utf-8"))
            return str(notes["version"]) if notes["url"] == url else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    @contextlib.contextmanager
    def _disk_problems(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise ModelError(
                f"The download cannot be written to {self.path.parent}: {error.strerror or error}. "
                + ("Make room and try again." if is_full else "Make the folder writable.")
            ) from error

    @property
    def _opened(self) -> FileIO:
        if self._stream is None:
            raise ValueError("a partial file is used as a context manager")
        return self._stream


def partial_size(folder: Path, name: str) -> int:
    """Bytes of a download that are there already."""
    try:
        return (folder / f"{name}{PART_SUFFIX}").stat().st_size
    except OSError:
        return 0


def discard_partial(folder: Path, name: str) -> None:
    """Delete what is there of a download."""
    for suffix in (PART_SUFFIX, _NOTES_SUFFIX):
        (folder / f"{name}{suffix}").unlink(missing_ok=True)


if sys.platform == "win32":
    import msvcrt

    # Beyond the end of any file, so that reading and writing it stay possible.
    _LOCKED_BYTE: Final = 1 << 62

    def _try_lock(stream: FileIO) -> bool:
        stream.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(stream: FileIO) -> None:
        stream.seek(_LOCKED_BYTE)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(stream: FileIO) -> bool:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(stream: FileIO) -> None:
        fcntl.flock(stream, fcntl.LOCK_UN)
