"""When a frame of a file is due, and what to do when reading falls behind."""

from enum import Enum, auto

LATE_S = 0.06
"""A frame this late may be left out, which saves its conversion and painting."""
HOPELESS_S = 0.25
"""Further behind than this the clock is moved instead: the machine cannot keep the speed, and a
film that runs a little slower is better to watch than one that jumps."""


class Pace(Enum):
    """What to do with a frame."""

    WAIT = auto()
    SHOW = auto()
    SKIP = auto()


class FramePacer:
    """Plays a file's own timestamps against the monotonic clock; time is passed in.

    Late frames are left out, but never two in a row.
    """

    def __init__(self) -> None:
        self._offset_s: float | None = None
        self._has_skipped = False

    def restart(self) -> None:
        """Take the next frame as due at once (after a start, pause, seek or loop)."""
        self._offset_s = None
        self._has_skipped = False

    def wait_s(self, frame_time_s: float, now_s: float) -> float:
        """Seconds until the frame is due; 0 or less when it is due or late."""
        if self._offset_s is None:
            self._offset_s = now_s - frame_time_s
        return frame_time_s + self._offset_s - now_s

    def pace(self, frame_time_s: float, now_s: float) -> Pace:
        """Whether the frame waits, is shown, or is left out because it is late."""
        late_s = -self.wait_s(frame_time_s, now_s)
        if late_s < 0.0:
            return Pace.WAIT
        if late_s > HOPELESS_S:
            self._offset_s = now_s - frame_time_s
        elif late_s > LATE_S and not self._has_skipped:
            self._has_skipped = True
            return Pace.SKIP
        self._has_skipped = False
        return Pace.SHOW
