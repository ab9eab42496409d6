"""Cyclic garbage is collected in the GUI thread only."""

import gc

from PySide6.QtCore import QObject, QTimer, Slot

CHECK_MS = 200


class GarbageInGuiThread(QObject):
    """Takes Python's garbage collector over for as long as it lives.

    The collector runs in whichever thread happens to allocate. Closed dialogs are mostly in
    reference cycles; collected in the inference or capture thread their widgets would be deleted
    there, which Qt does not survive. The thresholds of each generation stay Python's own.

    Args:
        parent: Qt parent; lives in the GUI thread.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self, interval=CHECK_MS)
        self._timer.timeout.connect(self.check)
        self._timer.start()

    @Slot()
    def check(self) -> None:
        """Collect the oldest generation that is due, and the younger ones with it."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation] > 0:
                gc.collect(generation)
                return

    def stop(self) -> None:
        """Give the collector back."""
        self._timer.stop()
        if self._was_enabled:
            gc.enable()
