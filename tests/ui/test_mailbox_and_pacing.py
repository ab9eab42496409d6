import threading

import pytest

from facemotion.ui.mailbox import Mailbox
from facemotion.ui.meters import RateMeter, memory_mib
from facemotion.ui.pacing import FramePacer, Pace


def test_mailbox_keeps_the_newest_and_counts_the_replaced():
    box = Mailbox()
    assert box.take() is None
    assert box.is_empty
    for item in ("a", "b", "c"):
        box.put(item)
    assert not box.is_empty
    assert box.take() == "c"
    assert box.take() is None
    assert box.replaced_count == 2


def test_mailbox_clear_counts_nothing():
    box = Mailbox()
    box.put("a")
    box.clear()
    assert box.take() is None
    assert box.replaced_count == 0


def test_mailbox_wakes_its_receiver_after_the_item_lies_in_it():
    seen = []
    box = Mailbox(on_put=lambda: seen.append(box.take()))
    box.put("a")
    assert seen == ["a"]


def test_mailbox_between_threads_loses_only_what_was_replaced():
    box, taken, count = Mailbox(), [], 2000
    done = threading.Event()

    def receive():
        while not done.is_set() or not box.is_empty:
            item = box.take()
            if item is not None:
                taken.append(item)

    receiver = threading.Thread(target=receive)
    receiver.start()
    for item in range(1, count + 1):
        box.put(item)
    done.set()
    receiver.join(5)
    assert taken == sorted(taken)
    assert taken[-1] == count
    assert len(taken) + box.replaced_count == count


def test_pacer_shows_the_first_frame_at_once_and_the_next_when_due():
    pacer = FramePacer()
    assert pacer.pace(10.0, 100.0) is Pace.SHOW
    assert pacer.pace(10.04, 100.01) is Pace.WAIT
    assert pacer.wait_s(10.04, 100.01) == pytest.approx(0.03)
    assert pacer.pace(10.04, 100.04) is Pace.SHOW


def test_pacer_leaves_out_late_frames_but_never_two_in_a_row():
    pacer = FramePacer()
    pacer.pace(0.0, 0.0)
    paces = [pacer.pace(index * 0.04, index * 0.04 + 0.1) for index in range(1, 7)]
    assert paces == [Pace.SKIP, Pace.SHOW] * 3


def test_a_machine_that_cannot_keep_the_speed_plays_slower_instead_of_jumping():
    pacer, shown, now_s = FramePacer(), 0, 0.0
    for index in range(300):
        now_s += 0.05  # reading takes this long, and the frames follow each other at 0.033 s
        shown += pacer.pace(index / 30.0, now_s) is Pace.SHOW
    assert shown > 150


def test_a_short_delay_is_made_up_for():
    pacer, now_s = FramePacer(), 0.0
    pacer.pace(0.0, 0.0)
    paces = []
    for index in range(1, 100):
        now_s = max(now_s + (0.2 if index == 50 else 0.01), index / 25.0)
        paces.append(pacer.pace(index / 25.0, now_s))
    assert 1 <= paces.count(Pace.SKIP) <= 4
    assert paces[-30:] == [Pace.SHOW] * 30
    assert pacer.wait_s(99 / 25.0, now_s) == pytest.approx(0.0)


def test_pacer_gives_up_the_schedule_when_hopelessly_late():
    pacer = FramePacer()
    pacer.pace(0.0, 0.0)
    assert pacer.pace(0.04, 3.0) is Pace.SHOW
    assert pacer.pace(0.08, 3.01) is Pace.WAIT


def test_pacer_starts_anew_after_a_pause():
    pacer = FramePacer()
    pacer.pace(0.0, 0.0)
    pacer.restart()
    assert pacer.pace(0.04, 60.0) is Pace.SHOW
    assert pacer.wait_s(0.08, 60.0) == pytest.approx(0.04)


def test_rate_meter_counts_spans_and_notices_silence():
    meter = RateMeter(window_s=2.0)
    assert meter.per_s(0.0) == 0.0
    for tick in range(11):
        meter.tick(tick * 0.1)
    assert meter.per_s(1.0) == pytest.approx(10.0)
    assert meter.per_s(2.0) < 6.0
    assert meter.per_s(9.0) == 0.0
    meter.tick(9.0)
    assert meter.per_s(9.0) == 0.0
    meter.clear()
    assert meter.per_s(9.0) == 0.0


def test_memory_is_told_where_the_system_tells_it():
    memory = memory_mib()
    assert memory is None or 10.0 < memory < 100_000.0
