"""What waits to be recorded: frames until it is known what was read in them."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from facemotion.core.recording_clock import RecordingClock
from facemotion.core.types import Frame, FrameResult
from facemotion.store.markers import Marker

HOLD_S: Final = 0.4
"""A frame waits no longer than this for what was read in it or in a later one."""
MOST_FRAMES: Final = 64
MOST_BYTES: Final = 384 * 1024**2
LEAST_FRAMES: Final = 16
MOST_STAMPS: Final = 512

_Key = tuple[int, int, float]


@dataclass(slots=True, eq=False)
class WaitingFrame:
    """A frame on its way into the recording.

    Attributes:
        key: Tells it from every other frame.
        frame: The picture, or None when there was no room for it.
        time_s: Its time in the recording.
        put_at_s: When it came (monotonic clock).
        result: What was read in it, or None.
        is_decided: Whether nothing about it can come any more.
    """

    key: _Key
    frame: Frame | None
    time_s: float
    put_at_s: float
    result: FrameResult | None = None
    is_decided: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class LateResult:
    """A reading that came when its frame had gone on already."""

    result: FrameResult
    time_s: float


Recordable = WaitingFrame | LateResult | Marker


class RecordQueue:
    """Bounded queue between the threads that bring frames and results and the one that writes.

    `put_frame`, `put_result` and `put_marker` never wait. A frame for which there is no room is
    dropped and counted; what was read in it is kept.

    Args:
        most_frames: Frames held at most; less when they are so large that `MOST_BYTES` are full.
        clock: Monotonic clock.
    """

    def __init__(
        self, most_frames: int = MOST_FRAMES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_frames = most_frames
        self._now = clock
        self._condition = threading.Condition()
        self._time = RecordingClock()
        self._frames: deque[WaitingFrame] = deque()
        self._urgent: deque[LateResult | Marker] = deque()
        self._stamps: OrderedDict[_Key, float] = OrderedDict()
        self._last_frame: Frame | None = None
        self._held_count = 0
        self._dropped_count = 0
        self._is_ending = False

    @property
    def dropped_count(self) -> int:
        """Frames for which there was no room."""
        with self._condition:
            return self._dropped_count

    @property
    def is_ended(self) -> bool:
        """Whether `end` was called and everything was taken."""
        with self._condition:
            return self._is_ending and not self._frames and not self._urgent

    def time_at(self, now_s: float) -> float:
        """The recording's time at a moment (monotonic clock)."""
        with self._condition:
            return self._time.at(now_s)

    def stand(self) -> float:
        """The recording's time now, for the last frame shown once more."""
        with self._condition:
            return self._time.stand(self._now())

    def put_frame(self, frame: Frame) -> None:
        """A frame was shown; the same one again is no news."""
        with self._condition:
            if self._is_ending or frame is self._last_frame:
                return
            self._last_frame = frame
            key, time_s = _key(frame), self._time.stamp(frame)
            self._stamps[key] = time_s
            while len(self._stamps) > MOST_STAMPS:
                self._stamps.popitem(last=False)
            has_room = self._held_count < self._room_for(frame)
            if has_room:
                self._held_count += 1
            else:
                self._dropped_count += 1
            if len(self._frames) < MOST_STAMPS:
                kept = frame if has_room else None
                self._frames.append(WaitingFrame(key, kept, time_s, self._now()))
            self._condition.notify()

    def put_result(self, result: FrameResult) -> None:
        """Something was read in a frame; the first reading of a frame counts."""
        with self._condition:
            key = _key(result.frame)
            time_s = self._stamps.pop(key, None)
            if time_s is None or self._is_ending:
                return
            for waiting in self._frames:
                if waiting.time_s <= time_s:
                    waiting.is_decided = True
                if waiting.key == key:
                    waiting.result = result
                    break
            else:
                self._urgent.append(LateResult(result, time_s))
            self._condition.notify()

    def put_marker(self, marker: Marker) -> None:
        """Somebody stamped a moment."""
        with self._condition:
            if not self._is_ending:
                self._urgent.append(marker)
                self._condition.notify()

    def end(self) -> None:
        """Take nothing in any more and give out what waits."""
        with self._condition:
            self._is_ending = True
            self._last_frame = None
            self._condition.notify()

    def hurry(self) -> None:
        """Leave out the frames that wait, as if there had been no room for them."""
        with self._condition:
            for waiting in self._frames:
                if waiting.frame is not None:
                    waiting.frame = None
                    self._dropped_count += 1
            self._held_count = 0

    def take(self, timeout_s: float) -> Recordable | None:
        """The next thing to write, in the order of time; None when there is none in time."""
        deadline_s = self._now() + timeout_s
        with self._condition:
            while True:
                now_s = self._now()
                ready = self._pop_ready(now_s)
                if ready is not None or now_s >= deadline_s or self._is_ending:
                    return ready
                until_s = deadline_s
                if self._frames:
                    until_s = min(until_s, self._frames[0].put_at_s + HOLD_S)
                self._condition.wait(max(until_s - now_s, 0.001))

    def _pop_ready(self, now_s: float) -> Recordable | None:
        if self._urgent:
            return self._urgent.popleft()
        if not self._frames:
            return None
        first = self._frames[0]
        is_due = now_s - first.put_at_s >= HOLD_S
        if not (first.is_decided or is_due or self._is_ending):
            return None
        if first.frame is not None:
            self._held_count -= 1
        return self._frames.popleft()

    def _room_for(self, frame: Frame) -> int:
        fitting = MOST_BYTES // max(frame.frame_bgr.nbytes, 1)
        return max(min(self._most_frames, fitting), min(LEAST_FRAMES, self._most_frames))


def _key(frame: Frame) -> _Key:
    return frame.scene_id, frame.index, frame.time_s
