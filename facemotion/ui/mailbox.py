"""One-item mailboxes between threads: the newest item wins, older ones are let go."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds at most one item; thread-safe.

    A receiver that is slower than its sender sees the newest item and never a queue of old ones.

    Args:
        on_put: Called after every `put` in the sender's thread, to wake the receiver; it must be
            quick and thread-safe.
    """

    def __init__(self, on_put: Callable[[], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._item: T | None = None
        self._replaced_count = 0
        self._on_put = on_put
        self._on_item: Callable[[T], None] | None = None

    def wake_with(self, on_put: Callable[[], None]) -> None:
        """Wake another receiver from now on."""
        self._on_put = on_put

    def hand_also_to(self, on_item: Callable[[T], None] | None) -> None:
        """Give every item from now on to a second receiver too, or to nobody else any more.

        Args:
            on_item: Called in the sender's thread; it must be quick and thread-safe.
        """
        self._on_item = on_item

    def put(self, item: T) -> None:
        """Leave an item; one that nobody took is replaced and counted."""
        with self._lock:
            if self._item is not None:
                self._replaced_count += 1
            self._item = item
        on_item = self._on_item
        if on_item is not None:
            on_item(item)
        if self._on_put is not None:
            self._on_put()

    def take(self) -> T | None:
        """The item, which then belongs to the caller, or None when there is none."""
        with self._lock:
            item, self._item = self._item, None
        return item

    @property
    def is_empty(self) -> bool:
        """Whether `take` would give nothing at this moment."""
        with self._lock:
            return self._item is None

    @property
    def replaced_count(self) -> int:
        """How many items were replaced before anybody took them."""
        with self._lock:
            return self._replaced_count

    def clear(self) -> None:
        """Let go of the item without counting it."""
        with self._lock:
            self._item = None
