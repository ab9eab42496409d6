"""The time of a recording: it begins at 0 and only goes forward, whatever the source does."""

from facemotion.core.types import Frame

MOST_DRIFT_S = 0.25
"""Source time may differ from elapsed time by this much before the recording follows the latter."""
LEAST_STEP_S = 0.001


class RecordingClock:
    """Turns the times of frames into times of the recording, in whole milliseconds.

    While a source plays on, its frames keep their own spacing. Where its time jumps (seek, loop,
    pause, another source, a source that plays slower than it should) the recording goes on with
    the time that really passed.
    """

    def __init__(self) -> None:
        self._began_at_s = 0.0
        self._offset_s = 0.0
        self._source_s = float("inf")
        self._captured_at_s = 0.0
        self._last_s = -1.0

    @property
    def has_begun(self) -> bool:
        """Whether a frame was stamped."""
        return self._last_s >= 0.0

    def stamp(self, frame: Frame) -> float:
        """The recording's time of the next frame, in seconds; the first one is at 0."""
        if not self.has_begun:
            self._began_at_s = frame.captured_at_s
        elapsed_s = frame.captured_at_s - self._began_at_s
        time_s = frame.time_s + self._offset_s
        if frame.time_s <= self._source_s or abs(time_s - elapsed_s) > MOST_DRIFT_S:
            time_s = max(elapsed_s, self._last_s + LEAST_STEP_S)
            self._offset_s = time_s - frame.time_s
        self._source_s, self._captured_at_s = frame.time_s, frame.captured_at_s
        self._last_s = self._after_last(time_s)
        return self._last_s

    def stand(self, now_s: float) -> float:
        """The recording's time of the last frame shown once more.

        Args:
            now_s: By the clock that frames are captured by.
        """
        self._last_s = self._after_last(self.at(now_s))
        self._captured_at_s = now_s
        return self._last_s

    def at(self, now_s: float) -> float:
        """The recording's time at a moment, in seconds; not before the last frame's.

        Args:
            now_s: By the clock that frames are captured by.
        """
        if not self.has_begun:
            return 0.0
        return round(self._last_s + max(now_s - self._captured_at_s, 0.0), 3)

    def _after_last(self, time_s: float) -> float:
        if not self.has_begun:
            return 0.0
        return round(max(time_s, self._last_s + LEAST_STEP_S), 3)
