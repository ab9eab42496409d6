"""A file that says a window is open, so that the next start knows when one has died.

It also takes what Python's faulthandler writes when the process crashes in a library.
"""

import enum
import faulthandler
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from facemotion.store.locks import try_lock, unlock
from facemotion.version import __version__

_MOST_REPORTS: Final = 5
_START_S: Final = 60.0
_STARTED: Final = ", started "


class LastEnd(enum.Enum):
    """How the windows ended that were opened before."""

    IN_ORDER = "in order"
    UNEXPECTED = "killed, crashed, or without power"
    AT_START = "crashed within a minute of the start, so that it may well do so again"


class SessionMark:
    """The mark of one process in the log folder.

    The file stays locked for as long as the process lives, so that another window's mark is never
    taken for a dead one's.

    Args:
        log_dir: Folder of the log files.
    """

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._path = log_dir / f"session-{os.getpid()}.log"
        self._file: BinaryIO | None = None

    def begin(self) -> LastEnd:
        """Set the mark and let crashes write into it.

        What a dead process left is kept as ``crash-….log``, the newest few of them.
        """
        last_end = self._bury_the_dead()
        try:
            self._file = self._path.open("w+b")
        except OSError:
            return last_end  # without a writable folder nothing can be told next time
        started = datetime.now(UTC).isoformat(timespec="seconds")
        self._file.write(f"facemotion {__version__}{_STARTED}{started}\n".encode())
        self._file.flush()
        try_lock(self._file.fileno())
        self._file.seek(0, os.SEEK_END)
        faulthandler.enable(self._file)
        return last_end

    def end(self) -> None:
        """Take the mark away: the process ends in order."""
        if self._file is None:
            return
        faulthandler.disable()
        unlock(self._file.fileno())
        self._file.close()
        self._file = None
        self._path.unlink(missing_ok=True)

    def _bury_the_dead(self) -> LastEnd:
        """Turn the marks that nobody holds any more into reports."""
        dead = [path for path in self._log_dir.glob("session-*.log") if _is_dead(path)]
        ends = {_end_of(path) for path in dead}
        for path in dead:
            died = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            _move(path, self._log_dir / f"crash-{died:%Y%m%d-%H%M%S}-{path.stem[8:]}.log")
        reports = sorted(self._log_dir.glob("crash-*.log"))
        for path in reports[:-_MOST_REPORTS]:
            _remove(path)
        return next(
            (end for end in (LastEnd.AT_START, LastEnd.UNEXPECTED) if end in ends), LastEnd.IN_ORDER
        )


def _is_dead(path: Path) -> bool:
    try:
        with path.open("r+b") as file:
            is_free = try_lock(file.fileno())
            if is_free:
                unlock(file.fileno())
            return is_free
    except OSError:
        return False  # somebody else's, or gone meanwhile


def _end_of(path: Path) -> LastEnd:
    """Whether a dead process crashed soon: the fault handler's lines are the last that it wrote."""
    try:
        head, _, stack = path.read_text(encoding="utf-8", errors="replace").partition("\n")
        started = datetime.fromisoformat(head.partition(_STARTED)[2])
        lived_s = path.stat().st_mtime - started.timestamp()
    except (OSError, ValueError):
        return LastEnd.UNEXPECTED
    return LastEnd.AT_START if stack.strip() and lived_s < _START_S else LastEnd.UNEXPECTED


def _move(path: Path, to: Path) -> None:
    try:
        path.replace(to)
    except OSError:
        _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # it is tried again at the next start
