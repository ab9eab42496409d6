"""How long the start takes: what comes when, told to the log and to whoever waits for it."""

import logging
import time

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from facemotion.ui.session import LiveSession

logger = logging.getLogger(__name__)

WINDOW, RESULT = "the window can be seen", "the first result is here"
"""What the log says; `python -m tests.benchmarks.startup` reads it."""

LONGEST_WAIT_MS = 1000


class StartClock(QObject):
    """Waits for the window's first painting and for the first result; GUI thread.

    Args:
        window: The main window, not yet shown.
        session: Gives the results.

    Signals:
        window_seen(): The window was painted, or was shown long ago where nobody can see it, for
            example minimised. What takes long may begin.
    """

    window_seen = Signal()

    def __init__(self, window: QWidget, session: LiveSession) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._is_seen = False
        self._patience = QTimer(self, singleShot=True, interval=LONGEST_WAIT_MS)
        self._patience.timeout.connect(self._begin)
        window.installEventFilter(self)
        session.result_ready.connect(self._on_result)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice the first painting."""
        kind = event.type()
        if kind == QEvent.Type.Show:
            self._patience.start()
        elif kind == QEvent.Type.Paint and not self._is_seen:
            self._is_seen = True
            _note(WINDOW)
            self._patience.start(0)  # once this painting has come to its end
        return super().eventFilter(watched, event)

    @Slot()
    def _begin(self) -> None:
        self._window.removeEventFilter(self)
        self.window_seen.emit()

    @Slot()
    def _on_result(self) -> None:
        self._session.result_ready.disconnect(self._on_result)
        _note(RESULT)


def _note(what: str) -> None:
    logger.info("%s, after %.2f s of processor time", what, time.process_time())
