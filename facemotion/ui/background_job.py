"""One short piece of work on the thread pool, with its outcome told in the window's thread."""

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from facemotion.core.errors import FacemotionError

_LOGGER = logging.getLogger(__name__)


class _Outcome(QObject):
    told = Signal(object, str)


class _Runnable(QRunnable):
    def __init__(self, work: Callable[[], Any], outcome: _Outcome) -> None:
        super().__init__()
        self._work = work
        self._outcome = outcome

    def run(self) -> None:
        """Do the work; every error becomes a sentence."""
        try:
            self._outcome.told.emit(self._work(), "")
        except FacemotionError as error:
            self._outcome.told.emit(None, str(error))
        except OSError as error:
            _LOGGER.warning("background work failed: %s", error)
            place = f" ({error.filename})" if error.filename else ""
            self._outcome.told.emit(None, f"{error.strerror or error}{place}.")
        except Exception as error:
            _LOGGER.exception("background work failed")
            self._outcome.told.emit(None, f"This went wrong: {error}. The log has the details.")


class BackgroundJobs(QObject):
    """Runs one piece of work at a time; lives in the window's thread.

    Signals:
        busy_changed(bool): Work began or ended.
    """

    busy_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._outcome = _Outcome(self)
        self._outcome.told.connect(self._hear)
        self._waiting: list[tuple[Callable[[Any], None], Callable[[str], None]]] = []

    @property
    def is_busy(self) -> bool:
        """Whether work has been given whose outcome is not told yet."""
        return bool(self._waiting)

    def start(
        self,
        work: Callable[[], Any],
        on_done: Callable[[Any], None],
        on_failed: Callable[[str], None],
    ) -> None:
        """Queue work.

        Args:
            work: Called in the pool's thread; touches no widget.
            on_done: Called in the window's thread with what the work returned.
            on_failed: Called in the window's thread with a sentence.
        """
        self._waiting.append((on_done, on_failed))
        if len(self._waiting) == 1:
            self.busy_changed.emit(True)
        self._pool.start(_Runnable(work, self._outcome))

    def wait(self, timeout_ms: int = 5000) -> bool:
        """Wait for the work itself, at the end of the window's life."""
        return self._pool.waitForDone(timeout_ms)

    @Slot(object, str)
    def _hear(self, value: Any, sentence: str) -> None:
        on_done, on_failed = self._waiting.pop(0)
        if not self._waiting:
            self.busy_changed.emit(False)
        if sentence:
            on_failed(sentence)
        else:
            on_done(value)
