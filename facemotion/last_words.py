"""What is said when the window cannot even be built, without Qt, which may be what is broken."""

import ctypes
import logging
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Final

from facemotion.core.errors import OutputError
from facemotion.store.logs import logging_to
from facemotion.store.paths import AppPaths

_TITLE: Final = "facemotion"
_ERROR_ICON: Final = 0x10
_BOXES: Final = {
    "osascript": ("-e", 'on run argv\ndisplay alert "facemotion" message item 1 of argv\nend run'),
    "zenity": ("--error", "--no-markup", "--text"),
    "kdialog": ("--title", _TITLE, "--error"),
    "xmessage": ("-center",),
}
"""Programs that show a sentence, with the arguments before it; the first that there is counts."""


def is_without_console() -> bool:
    """Whether nobody sees what is written to the terminal: a start by double-click or menu.

    Windows gives such a program no stream at all; Linux a file, a socket or nothing, where a shell
    gives a terminal and another program a pipe.
    """
    if sys.stderr is None or Path(sys.argv[0]).stem.endswith("-window"):
        return True
    if sys.platform == "win32" or sys.stderr.isatty():
        return False
    try:
        return not stat.S_ISFIFO(os.fstat(sys.stderr.fileno()).st_mode)
    except (OSError, ValueError):
        return False  # somebody has put a stream of his own in its place


def fail(error: Exception) -> int:
    """Log and say that the program cannot start.

    Args:
        error: What nobody expected.

    Returns:
        The exit code.
    """
    place = _log(error)
    sentence = f"facemotion cannot start: {type(error).__name__}: {error}."
    if isinstance(error, ImportError):
        sentence += " A part is missing: install it again, or see what “facemotion doctor” says."
    say(f"{sentence} {place}")
    return 1


def say(sentence: str) -> None:
    """Write a sentence to the terminal and, after a double-click, show it in a box."""
    if sys.stderr is not None:
        sys.stderr.write(f"{sentence}\n")
    if is_without_console():
        _show_box(sentence)


def _log(error: Exception) -> str:
    """Write the traceback into the log; returns where it is."""
    log_file = AppPaths.default().log_file
    try:
        with logging_to(log_file):
            logging.getLogger(__name__).critical("cannot start", exc_info=error)
    except OutputError as problem:
        return str(problem)
    return f"The details are in {log_file}."


def _show_box(sentence: str) -> None:
    if sys.platform == "win32":
        ctypes.windll.user32.MessageBoxW(None, sentence, _TITLE, _ERROR_ICON)
        return
    for program, arguments in _BOXES.items():
        path = shutil.which(program)
        if path is not None:
            import subprocess

            subprocess.run([path, *arguments, sentence], check=False)
            return
