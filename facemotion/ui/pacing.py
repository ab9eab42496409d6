"""When a frame of a file is due, and what to do when decoding falls behind."""

from enum import Enum, auto

LATE_S = 0.06
"""A frame this late is not worth converting when a newer one is about to be decoded."""
HOPELESS_S = 1.0
"""Further behind than this the clock is moved instead: the machine cannot keep the speed."""
LONGEST_SKIP_S = 0.2
"""Even a machine that is too slow shows a picture this often."""


class Pace(Enum):
    """What to do with a frame."""

    WAIT = auto()
    SHOW = auto()
    SKIP = auto()


class FramePacer:
    """Plays a file's own timestamps against the monotonic clock; time is passed in."""

    def __init__(self) -> None:
        self._offset_s: float | None = None
        self._last_shown_s = float("-inf")

    def restart(self) -> None:
        """Take the next frame as due at once (after a start, pause, seek or loop)."""
        self._offset_s = None

    def wait_s(self, frame_time_s: float, now_s: float) -> float:
        """Seconds until the frame is due; 0 or less when it is due or late."""
        if self._offset_s is None:
            self._offset_s = now_s - frame_time_s
        return frame_time_s + self._offset_s - now_s

    def pace(self, frame_time_s: float, now_s: float) -> Pace:
        """Whether the frame waits, is shown, or is left out because it is late."""
        wait_s = self.wait_s(frame_time_s, now_s)
        if wait_s > 0.0:
            return Pace.WAIT
        if -wait_s > HOPELESS_S:
            self._offset_s = now_s - frame_time_s
        elif -wait_s > LATE_S and now_s - self._last_shown_s < LONGEST_SKIP_S:
            return Pace.SKIP
        self._last_shown_s = now_s
        return Pace.SHOW
