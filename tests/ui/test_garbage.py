import gc
import threading

import pytest
from PySide6.QtCore import QObject

from facemotion.ui.garbage import GarbageInGuiThread


class Cycle:
    """Says in which thread it was collected."""

    def __init__(self, seen: list[int]) -> None:
        self.me = self
        self.seen = seen

    def __del__(self) -> None:
        self.seen.append(threading.get_ident())


def allocate_much() -> None:
    kept = [[number] for number in range(20_000)]
    assert len(kept) == 20_000


@pytest.fixture
def collection(qapp):
    gc.enable()
    found = GarbageInGuiThread(QObject(qapp))
    assert not gc.isenabled()
    yield found
    found.stop()
    assert gc.isenabled()


def test_cycles_are_collected_in_the_gui_thread(qtbot, collection):
    seen: list[int] = []
    for _ in range(100):
        Cycle(seen)
    thread = threading.Thread(target=allocate_much)
    thread.start()
    thread.join()
    assert seen == []
    kept = [[number] for number in range(5_000)]
    qtbot.waitUntil(lambda: len(seen) == 100, timeout=5_000)
    assert set(seen) == {threading.get_ident()}
    assert len(kept) == 5_000


def test_nothing_is_collected_before_it_is_due(collection):
    gc.collect()
    seen: list[int] = []
    Cycle(seen)
    collection.check()
    assert seen == []
    gc.collect()
    assert len(seen) == 1
