"""Writing files so that a crash leaves the old one or the new one, never half of either."""

import contextlib
import os
import uuid
from datetime import datetime
from pathlib import Path

from facemotion.core.errors import OutputError

DAMAGED_MARK = ".damaged-"
"""Stands in the name of everything that was set aside, followed by the time."""


def write_atomic(path: Path, data: bytes, *, is_private: bool = False) -> None:
    """Write a file through a temporary one beside it.

    Args:
        path: The file; an existing one is replaced.
        data: Its whole content.
        is_private: Whether only this user may read it.

    Raises:
        OutputError: It cannot be written; the old file is untouched.
    """
    part = path.with_name(f".{path.name[:80]}.{uuid.uuid4().hex}.part")
    try:
        _write_synced(part, data, 0o600 if is_private else 0o666)
        os.replace(part, path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise OutputError(
            f"Cannot write {path}: {error.strerror or error}. Check that the folder exists, may be "
            f"written and that the disk is not full."
        ) from error


def set_aside(path: Path) -> Path:
    """Rename a damaged file or folder so that it is out of the way, visible and not lost.

    Returns:
        Its new path, ``NAME.damaged-YYYYmmdd-HHMMSS``.

    Raises:
        OutputError: It cannot be renamed.
    """
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}{DAMAGED_MARK}{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}{DAMAGED_MARK}{stamp}-{number}")
    try:
        path.rename(target)
    except OSError as error:
        raise OutputError(f"Cannot set {path} aside: {error.strerror or error}.") from error
    return target


def sync_folder(folder: Path) -> None:
    """Have a rename in a folder reach the disk, where the system offers that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_synced(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
