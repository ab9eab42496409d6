"""Waiting for a thread at the end of its owner's life."""

from PySide6.QtCore import QCoreApplication, QThread


def has_ended(thread: QThread, timeout_ms: int) -> bool:
    """Wait for a thread that was asked to stop, for a bounded time.

    One that goes on (a driver that does not answer, models that are still being opened on a busy
    machine) belongs to the application from then on: deleted with its owner while it runs, Qt
    would abort the process.

    Args:
        thread: Lives in the calling thread, the GUI's.
        timeout_ms: Longest wait; at least a millisecond is waited.

    Returns:
        Whether it ended in time.
    """
    if thread.wait(max(timeout_ms, 1)):
        return True
    thread.setParent(QCoreApplication.instance())
    return False
