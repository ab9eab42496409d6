"""Ctrl-C as a request to end well; a second one ends at once."""

import contextlib
import signal
import threading
from collections.abc import Generator
from types import FrameType


@contextlib.contextmanager
def ctrl_c_cancels() -> Generator[threading.Event]:
    """Turn the first Ctrl-C inside the block into an event; the next one interrupts.

    Outside the main thread, where signals cannot be caught, the event just stays clear.
    """
    cancel = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield cancel
        return
    previous = signal.getsignal(signal.SIGINT)

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        cancel.set()
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, previous)
