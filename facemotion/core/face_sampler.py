"""Which of the faces in view are taken when only so many a second may be."""

from collections.abc import Sequence
from typing import Final

_BURST_S: Final = 0.25


class FaceSampler:
    """Lets through so many faces a second, those first that waited longest.

    A pause saves up no more than a quarter of a second's faces, or one.

    Args:
        per_s: Faces a second, above 0.
    """

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._most = max(1.0, per_s * _BURST_S)
        self._credit = 1.0
        self._last_s: float | None = None
        self._taken_s: dict[int, float] = {}

    def take(self, track_ids: Sequence[int], now_s: float) -> list[int]:
        """The tracks whose faces are taken now.

        Args:
            track_ids: Tracks in view, each once.
            now_s: A clock that never goes back; one that does earns nothing.

        Returns:
            Some of the tracks, those that waited longest first.
        """
        since_s = 0.0 if self._last_s is None else max(now_s - self._last_s, 0.0)
        self._last_s = now_s
        self._credit = min(self._credit + since_s * self._per_s, self._most)
        waiting = sorted(track_ids, key=self._waiting_since)
        chosen = waiting[: int(self._credit + 1e-9)]
        self._credit -= len(chosen)
        here = set(track_ids)
        self._taken_s = {track: at for track, at in self._taken_s.items() if track in here}
        self._taken_s.update(dict.fromkeys(chosen, now_s))
        return chosen

    def _waiting_since(self, track_id: int) -> float:
        return self._taken_s.get(track_id, float("-inf"))
