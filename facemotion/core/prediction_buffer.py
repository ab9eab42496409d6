"""First smoothing tier: the last few probability vectors, merged according to how sure we are."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.labels import EMOTION_COUNT
from facemotion.core.types import FloatArray

SLOT_TOLERANCE: Final = 0.25
"""Part of a slot by which an update may come early and still have a slot of its own."""


class PredictionBuffer:
    """Holds `size` time slots of `slot_s` each, counted back from the newest update.

    Updates that fall into one slot are averaged, so a higher rate fills the same span of time with
    less noise. A slot without an update holds the value that came before it, so a lower rate spans
    the same time with fewer values. With one update per slot this is the plain buffer of the last
    `size` vectors.

    Attributes:
        slot_s: Length of a slot (s); 0 gives every update a slot of its own.
    """

    def __init__(
        self,
        size: int = 3,
        agg_method: str = "mean",
        snap_gap_threshold: float = 0.35,
        transition_gap_threshold: float = 0.10,
        slot_s: float = 0.10,
    ) -> None:
        if size < 1:
            raise ValueError(f"buffer size must be at least 1, got {size}")
        if agg_method not in AGG_METHODS:
            raise ValueError(f"agg_method must be one of {', '.join(AGG_METHODS)}: {agg_method!r}")
        self._size = size
        self._aggregate = AGG_METHODS[agg_method]
        self._snap_gap_threshold = snap_gap_threshold
        self._transition_gap_threshold = transition_gap_threshold
        self.slot_s = slot_s
        self._updates: deque[tuple[float, FloatArray]] = deque()

    def reset(self) -> None:
        """Forget every update."""
        self._updates.clear()

    def update(self, probs: FloatArray, time_s: float) -> FloatArray:
        """Take in a vector and give the merged one.

        Args:
            probs: float32 (7,) summing to 1.
            time_s: Time of the update; earlier than the last one starts the buffer anew.

        Returns:
            float32 (7,) summing to 1.
        """
        if self._updates and time_s < self._updates[-1][0]:
            self.reset()
        self._updates.append((time_s, probs))
        slots = self._slots(time_s)
        return self._aggregate(slots[self._chosen(len(slots), probability_gap(slots[-1]))])

    def _slots(self, time_s: float) -> FloatArray:
        """float32 (K, 7), oldest first; drops what is too old for the buffer."""
        while self._slot_of(0, time_s) >= self._size:
            self._updates.popleft()
        numbers = [self._slot_of(position, time_s) for position in range(len(self._updates))]
        vectors = np.stack([probs for _, probs in self._updates])
        filled: list[FloatArray] = []
        for slot in range(numbers[0], -1, -1):
            is_inside = np.array(numbers) == slot
            filled.append(_mean(vectors[is_inside]) if is_inside.any() else filled[-1])
        return np.stack(filled)

    def _slot_of(self, position: int, time_s: float) -> int:
        if self.slot_s <= 0.0:
            return len(self._updates) - 1 - position
        age_s = time_s - self._updates[position][0]
        return int(age_s / self.slot_s + SLOT_TOLERANCE)

    def _chosen(self, count: int, gap: float) -> list[int]:
        if gap >= self._snap_gap_threshold:
            return list(range(max(count - 2, 0), count))
        if gap >= self._transition_gap_threshold:
            return list(range(count // 2, count))
        return sorted({0, count // 2, count - 1})


def probability_gap(probs: NDArray[np.floating]) -> float:
    """Distance between the two highest probabilities.

    Args:
        probs: float (K,), K at least 2.

    Returns:
        Top 1 − top 2, in [0, 1] for probabilities.
    """
    second, first = np.partition(probs, len(probs) - 2)[-2:]
    return float(first - second)


def _mean(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors.mean(axis=0), dtype=np.float32)


def _max(vectors: FloatArray) -> FloatArray:
    highest = vectors.max(axis=0)
    return highest / highest.sum()


def _voting(vectors: FloatArray) -> FloatArray:
    """Mean of the vectors that agree with the majority; a tie goes to the likelier class."""
    votes = vectors.argmax(axis=1)
    counts = np.bincount(votes, minlength=EMOTION_COUNT).astype(np.float32)
    winner = int(np.argmax(counts + vectors.mean(axis=0) * np.float32(0.5)))
    return _mean(vectors[votes == winner])


AGG_METHODS: Final[Mapping[str, Callable[[FloatArray], FloatArray]]] = {
    "mean": _mean,
    "max": _max,
    "voting": _voting,
}
"""Ways to merge float32 (K, 7) vectors into one (7,) that sums to 1."""
