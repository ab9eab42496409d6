"""The adaptive policy: an emotion replaces another when enough evidence has come together."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.emotion_state import PAUSE_S
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS
from facemotion.core.types import FloatArray

_FLOOR: Final = 1e-3
"""Probabilities below this say no more than this."""

_LONGEST_STEP_S: Final = 0.25
"""Longest time for which one reading speaks."""


@dataclass(frozen=True, slots=True)
class EvidenceRules:
    """When evidence is enough; the fields are those of `SmoothingParams`.

    Attributes:
        doubt: How many times likelier than the shown emotion another must be before its lead
            counts at all, as a logarithm.
        needed_s: Evidence needed, in seconds of a lead of 1 beyond `doubt`.
        most: Lead of one reading beyond which more does not count, as a logarithm.
        memory_s: Time constant of the mean probabilities.
        min_confidence: Probability that a new emotion must have in the reading that decides.
        caution: How much more evidence a change needs for each one just before it.
        calm_s: Time constant with which changes are forgotten.
        nominal_interval_s: Time for which a first reading speaks (s).
    """

    doubt: float = 0.15
    needed_s: float = 0.30
    most: float = 2.0
    memory_s: float = 0.25
    min_confidence: float = 0.30
    caution: float = 0.5
    calm_s: float = 10.0
    nominal_interval_s: float = 0.10


class ChangeEvidence:
    """Page's cumulative sum test (1954) for every emotion against the one that is shown.

    The leads of another emotion over the shown one, as log-likelihood ratios of calibrated
    readings, add up over time and are forgotten as soon as their sum is negative. A clear change
    is shown after a reading or two, a slight one later, and a face that stands between two
    emotions never gathers enough. Where the word has changed a moment ago more evidence is needed,
    so that a face which does wander between two emotions makes it change seldom. Evidence is
    measured in seconds, so that the rate does not matter.
    """

    def __init__(self, rules: EvidenceRules) -> None:
        self._rules = rules
        self.reset()

    def reset(self) -> None:
        """Forget everything, as for a new face."""
        self._sums = np.zeros(EMOTION_COUNT)
        self._mean: FloatArray | None = None
        self._shown: int | None = None
        self._time_s = float("-inf")
        self._recent_changes = 0.0

    def update(self, probs: FloatArray, time_s: float) -> tuple[FloatArray, str | None]:
        """Take in a reading.

        Args:
            probs: float32 (7,) in `EMOTIONS` order, summing to 1.
            time_s: Source time, not earlier than that of the last reading.

        Returns:
            float32 (7,) mean probabilities, and the emotion to show or None.
        """
        dt_s = time_s - self._time_s
        step_s = min(dt_s, _LONGEST_STEP_S)
        if dt_s > PAUSE_S:
            step_s = self._rules.nominal_interval_s
            self._sums[:] = 0.0
        self._time_s = time_s
        self._recent_changes *= float(np.exp(-dt_s / self._rules.calm_s))
        self._mean = self._followed(probs, step_s)
        self._sums = np.maximum(self._sums + self._leads(probs) * step_s, 0.0)
        # A clear change gathers evidence for several emotions: the likeliest of them is meant.
        is_enough = self._sums >= self._needed_s
        best = int(np.argmax(np.where(is_enough, self._mean, -1.0)))
        if is_enough[best] and float(probs[best]) >= self._rules.min_confidence:
            self._recent_changes += 0.0 if self._shown is None else 1.0
            self._shown = best
            self._sums[:] = 0.0
        return self._mean, None if self._shown is None else EMOTIONS[self._shown]

    @property
    def _needed_s(self) -> float:
        """The first emotion replaces nothing, so half the evidence will do."""
        if self._shown is None:
            return 0.5 * self._rules.needed_s
        return self._rules.needed_s * (1.0 + self._rules.caution * self._recent_changes)

    def _followed(self, probs: FloatArray, step_s: float) -> FloatArray:
        if self._mean is None:
            return probs.astype(np.float32)
        weight = 1.0 - float(np.exp(-step_s / self._rules.memory_s))
        return (self._mean + weight * (probs - self._mean)).astype(np.float32)

    def _leads(self, probs: FloatArray) -> NDArray[np.float64]:
        """float64 (7,): log-likelihood ratio of each emotion to the shown one, less the doubt."""
        logs = np.log(np.maximum(probs.astype(np.float64), _FLOOR))
        if self._shown is None:
            rivals = np.array([np.delete(logs, c).max() for c in range(EMOTION_COUNT)])
        else:
            rivals = np.full(EMOTION_COUNT, logs[self._shown])
        leads = np.clip(logs - rivals, -self._rules.most, self._rules.most) - self._rules.doubt
        if self._shown is not None:
            leads[self._shown] = 0.0
        return leads
