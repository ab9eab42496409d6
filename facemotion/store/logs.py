"""The log: a rotating file in the user's log folder."""

import contextlib
import logging
import logging.handlers
import platform
from collections.abc import Generator
from pathlib import Path

from facemotion.core.errors import OutputError
from facemotion.store.paths import make_private_folder
from facemotion.version import __version__

_MAX_BYTES = 1_000_000
_BACKUPS = 3
_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


@contextlib.contextmanager
def logging_to(log_file: Path, level: int = logging.INFO) -> Generator[Path]:
    """Log to a file for as long as the block runs.

    facemotion's own records are kept from `level` on, those of libraries from WARNING on.

    Raises:
        OutputError: The file cannot be written.
    """
    handler = _open_handler(log_file)
    root, own = logging.getLogger(), logging.getLogger("facemotion")
    old_level = own.level
    root.addHandler(handler)
    own.setLevel(level)
    try:
        own.info("facemotion %s, Python %s", __version__, platform.python_version())
        yield log_file
    finally:
        own.setLevel(old_level)
        root.removeHandler(handler)
        handler.close()


def _open_handler(log_file: Path) -> logging.Handler:
    make_private_folder(log_file.parent)
    try:
        handler = logging.handlers.RotatingFileHandler(
            log_file, maxBytes=_MAX_BYTES, backupCount=_BACKUPS, encoding="utf-8"
        )
    except OSError as error:
        raise OutputError(
            f"Cannot write the log {log_file}: {error.strerror or error}. Make its folder "
            f"writable, or set FACEMOTION_HOME to a folder of your own."
        ) from error
    handler.setFormatter(logging.Formatter(_FORMAT))
    return handler
