"""A lock between processes, held on a file; the system frees it when a process dies."""

import contextlib
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

from facemotion.core.errors import GalleryError

_RETRY_S = 0.02


@contextlib.contextmanager
def folder_lock(folder: Path, timeout_s: float = 10.0) -> Generator[None]:
    """Hold a folder against every other thread and process that asks for it here.

    Raises:
        GalleryError: The lock file cannot be written, or somebody else holds it too long.
    """
    try:
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise GalleryError(
            f"Cannot change the people in {folder}: {error.strerror or error}. "
            f"Make the folder writable or choose another gallery."
        ) from error
    try:
        _acquire(handle, folder, timeout_s)
        try:
            yield
        finally:
            unlock(handle)
    finally:
        os.close(handle)


def _acquire(handle: int, folder: Path, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not try_lock(handle):
        if time.monotonic() >= deadline:
            raise GalleryError(
                f"Another facemotion is changing the people in {folder}; close it or try again."
            )
        time.sleep(_RETRY_S)


if sys.platform == "win32":
    import msvcrt

    def try_lock(handle: int) -> bool:
        """Lock an open file's beginning; whether nobody else holds it."""
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(handle: int) -> None:
        """Give the lock back."""
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(handle: int) -> bool:
        """Lock an open file; whether nobody else holds it."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(handle: int) -> None:
        """Give the lock back."""
        fcntl.flock(handle, fcntl.LOCK_UN)
