"""Probabilities over the last seconds, in arrays whose size never changes."""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from facemotion.core.labels import EMOTION_COUNT
from facemotion.core.types import FrameResult

CAPACITY = 2048
MOST_TRACKS = 64
LONGEST_BRIDGE_S = 1.0
"""Readings further apart than this are not joined by a line."""


class EmotionHistory:
    """Ring of the newest readings of one track.

    Args:
        capacity: Readings kept.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._times_s = np.full(capacity, np.nan)
        self._raw = np.full((capacity, EMOTION_COUNT), np.nan, np.float32)
        self._smooth = np.full((capacity, EMOTION_COUNT), np.nan, np.float32)
        self._next = 0
        self._count = 0

    def add(
        self, time_s: float, raw: NDArray[np.float32] | None, smooth: NDArray[np.float32] | None
    ) -> None:
        """Keep one reading; None leaves a gap in the curve.

        Args:
            time_s: Source time.
            raw: float32 (7,) in `EMOTIONS` order, or None.
            smooth: float32 (7,) in `EMOTIONS` order, or None.
        """
        self._times_s[self._next] = time_s
        self._raw[self._next] = np.nan if raw is None else raw
        self._smooth[self._next] = np.nan if smooth is None else smooth
        self._next = (self._next + 1) % len(self._times_s)
        self._count = min(self._count + 1, len(self._times_s))

    def break_after(self, before_s: float) -> None:
        """Leave a gap in the curves when the newest reading is older than a time."""
        newest = self._next - 1
        if (
            self._count
            and self._times_s[newest] < before_s
            and np.isfinite(self._smooth[newest, 0])
        ):
            self.add(float(self._times_s[newest]), None, None)

    def window(
        self, until_s: float, length_s: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]]:
        """Copies of the readings inside a span of time, oldest first.

        Args:
            until_s: End of the span.
            length_s: Its length.

        Returns:
            Times relative to the end, float64 (N,), all ≤ 0; raw and smoothed float32 (N, 7).
        """
        order = (np.arange(self._count) + self._next - self._count) % len(self._times_s)
        times_s = self._times_s[order] - until_s
        order = order[(times_s >= -length_s) & (times_s <= 0.0)]
        return self._times_s[order] - until_s, self._raw[order], self._smooth[order]


class HistoryBook:
    """The histories of the tracks seen last; older tracks are forgotten.

    Args:
        most_tracks: Tracks kept.
    """

    def __init__(self, most_tracks: int = MOST_TRACKS) -> None:
        self._most_tracks = most_tracks
        self._by_track: OrderedDict[int, EmotionHistory] = OrderedDict()

    def add(self, result: FrameResult) -> None:
        """Keep the readings of every face of a result."""
        for face in result.faces:
            history = self._by_track.setdefault(face.track_id, EmotionHistory())
            history.break_after(result.frame.time_s - LONGEST_BRIDGE_S)
            self._by_track.move_to_end(face.track_id)
            raw = face.emotion.raw_probs
            # Between two faces' readings the smoothed value stands still: no gap in its curve.
            history.add(result.frame.time_s, raw, face.emotion.probs)
        while len(self._by_track) > self._most_tracks:
            self._by_track.popitem(last=False)

    def of(self, track_id: int) -> EmotionHistory | None:
        """The history of a track, or None when it is not kept."""
        return self._by_track.get(track_id)

    def clear(self) -> None:
        """Forget everything: another source, or a jump in time."""
        self._by_track.clear()
