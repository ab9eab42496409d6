"""Qt for commands that draw but show nothing, on machines without a display too."""

import contextlib
import os
import sys
from collections.abc import Generator

from PySide6.QtGui import QGuiApplication

PLATFORM_VARIABLE = "QT_QPA_PLATFORM"


@contextlib.contextmanager
def qt_without_window() -> Generator[None]:
    """Have an application that text can be drawn with; the window's own one when it is there."""
    if QGuiApplication.instance() is not None:
        yield
        return
    before = os.environ.get(PLATFORM_VARIABLE)
    if sys.platform.startswith("linux"):  # elsewhere Qt's own platform needs no display
        os.environ[PLATFORM_VARIABLE] = "offscreen"
    application = QGuiApplication(["facemotion"])
    try:
        yield
    finally:
        application.shutdown()
        if before is None:
            os.environ.pop(PLATFORM_VARIABLE, None)
        else:
            os.environ[PLATFORM_VARIABLE] = before
