"""What waits to be recorded: order, limits, and what becomes of readings that come late."""

import threading
from datetime import datetime

import numpy as np
import pytest

from facemotion.core.types import Frame, FrameResult
from facemotion.store.markers import Marker
from facemotion.ui import record_queue
from facemotion.ui.record_queue import HOLD_S, LateResult, RecordQueue, WaitingFrame

PICTURE = np.zeros((4, 4, 3), np.uint8)


class Clock:
    """A clock that is moved by hand."""

    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


def frame(index, clock=None, scene_id=1):
    at_s = clock.now_s if clock is not None else 100.0 + index / 24.0
    return Frame(PICTURE, index / 24.0, index, "clip", scene_id, at_s)


def reading(of):
    return FrameResult(of, ())


def take(queue):
    return queue.take(0.0)


def test_a_frame_waits_for_its_reading(clock):
    queue = RecordQueue(clock=clock)
    first, second, third = (frame(n) for n in range(3))
    for item in (first, second, third):
        queue.put_frame(item)
    assert take(queue) is None
    queue.put_result(reading(second))
    taken = [take(queue), take(queue)]
    assert [item.frame for item in taken] == [first, second]
    assert taken[0].result is None
    assert taken[1].result.frame is second
    assert take(queue) is None
    clock.now_s += HOLD_S
    assert take(queue).frame is third


def test_times_are_the_recording_s(clock):
    queue = RecordQueue(clock=clock)
    for index in (48, 49, 50):
        queue.put_frame(frame(index))
    queue.end()
    assert [take(queue).time_s for _ in range(3)] == [0.0, 0.042, 0.083]
    assert queue.is_ended


def test_the_same_frame_again_is_no_news(clock):
    queue = RecordQueue(clock=clock)
    only = frame(0)
    queue.put_frame(only)
    queue.put_frame(only)
    queue.put_result(reading(only))
    queue.put_result(reading(only))
    assert isinstance(take(queue), WaitingFrame)
    assert take(queue) is None


def test_a_reading_that_comes_too_late_has_its_time(clock):
    queue = RecordQueue(clock=clock)
    queue.put_frame(frame(0))
    late = frame(1)
    queue.put_frame(late)
    clock.now_s += 1.0
    assert [take(queue).result, take(queue).result] == [None, None]
    queue.put_result(reading(late))
    item = take(queue)
    assert isinstance(item, LateResult)
    assert item.time_s == 0.042


def test_a_reading_of_an_unknown_frame_is_left_out(clock):
    queue = RecordQueue(clock=clock)
    queue.put_frame(frame(0))
    queue.put_result(reading(frame(0, scene_id=9)))
    assert take(queue) is None


def test_without_room_frames_are_dropped_and_readings_kept(clock):
    queue = RecordQueue(most_frames=3, clock=clock)
    frames = [frame(n) for n in range(5)]
    for item in frames:
        queue.put_frame(item)
    assert queue.dropped_count == 2
    queue.put_result(reading(frames[4]))
    taken = [take(queue) for _ in range(5)]
    assert [item.frame for item in taken] == [*frames[:3], None, None]
    assert taken[4].result.frame is frames[4]
    queue.put_frame(frame(5))
    assert queue.dropped_count == 2


def test_in_a_hurry_frames_are_left_out_and_readings_kept(clock):
    queue = RecordQueue(clock=clock)
    first, second = frame(0), frame(1)
    queue.put_frame(first)
    queue.put_frame(second)
    queue.put_result(reading(second))
    queue.hurry()
    queue.hurry()
    taken = [take(queue), take(queue)]
    assert [item.frame for item in taken] == [None, None]
    assert taken[1].result.frame is second
    assert queue.dropped_count == 2


def test_large_pictures_take_more_room(clock, monkeypatch):
    monkeypatch.setattr(record_queue, "MOST_BYTES", 20 * PICTURE.nbytes)
    queue = RecordQueue(clock=clock)
    for index in range(30):
        queue.put_frame(frame(index))
    assert queue.dropped_count == 10


def test_a_stuck_writer_costs_no_more_memory(clock, monkeypatch):
    monkeypatch.setattr(record_queue, "MOST_STAMPS", 40)
    queue = RecordQueue(most_frames=4, clock=clock)
    for index in range(200):
        queue.put_frame(frame(index))
    assert len(queue._frames) == len(queue._stamps) == 40
    assert queue.dropped_count == 196


def test_markers_go_first_and_nothing_comes_after_the_end(clock):
    queue = RecordQueue(clock=clock)
    queue.put_frame(frame(0))
    marker = Marker(0.5, datetime(2025, 1, 1).astimezone(), "x")
    queue.put_marker(marker)
    assert take(queue) is marker
    queue.end()
    queue.put_marker(marker)
    queue.put_frame(frame(1))
    assert not queue.is_ended
    assert take(queue).time_s == 0.0
    assert take(queue) is None
    assert queue.is_ended


def test_a_picture_that_stands_has_a_time(clock):
    queue = RecordQueue(clock=clock)
    queue.put_frame(frame(0))
    clock.now_s += 1.0
    assert queue.time_at(clock.now_s) == 1.0
    assert queue.stand() == 1.0


def test_waiting_ends_when_something_comes():
    queue = RecordQueue()
    waiting = threading.Timer(0.05, queue.end)
    waiting.start()
    assert queue.take(10.0) is None
    waiting.join()
    assert queue.is_ended
