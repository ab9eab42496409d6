"""Third smoothing tier: which emotion is shown, and when it may change."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from facemotion.core.labels import EMOTIONS
from facemotion.core.prediction_buffer import probability_gap
from facemotion.core.types import FloatArray

PAUSE_S: Final = 1.0
"""After this long without an update a streak starts anew."""

STREAK_TOLERANCE: Final = 0.25
"""Part of an update by which a streak may fall short and still count (timing jitter)."""


@dataclass(frozen=True, slots=True)
class StateRules:
    """When the shown emotion may change; the fields are those of `SmoothingParams`.

    Attributes:
        min_streak_to_switch: Agreeing updates needed, at the nominal interval.
        strong_new_gap: Gap at which a new emotion may be shown at once.
        snap_on_strong_new: Whether it is.
        min_confidence: Probability below which an update changes nothing.
        min_gap: Gap below which an update changes nothing; 0 lets all pass.
        switch_min_gap: Gap that an update needs to replace a shown emotion.
        nominal_interval_s: Interval that counts as one update (s); 0 counts updates.
    """

    min_streak_to_switch: int = 3
    strong_new_gap: float = 0.35
    snap_on_strong_new: bool = True
    min_confidence: float = 0.30
    min_gap: float = 0.0
    switch_min_gap: float = 0.08
    nominal_interval_s: float = 0.10


def top_emotion(probs: FloatArray, min_confidence: float = 0.0) -> str | None:
    """The likeliest emotion of one vector, for a still picture.

    Args:
        probs: float32 (7,) in `EMOTIONS` order.
        min_confidence: Probability that it must have.

    Returns:
        Its name, or None below `min_confidence`. Ties go to the first in `EMOTIONS`.
    """
    index = int(np.argmax(probs))
    return EMOTIONS[index] if probs[index] >= min_confidence else None


class EmotionStateMachine:
    """Keeps the shown emotion until another one has agreed with itself for long enough.

    The first update of a streak counts as one; each further one counts as the time since the last
    divided by the nominal interval, so the delay is the same at every rate.
    """

    def __init__(self, rules: StateRules) -> None:
        self._rules = rules
        self._shown: str | None = None
        self._candidate: str | None = None
        self._streak = 0.0
        self._time_s = 0.0

    @property
    def shown(self) -> str | None:
        """The emotion shown, or None before the first one is settled."""
        return self._shown

    def reset(self) -> None:
        """Forget the shown emotion and the streak."""
        self._shown = None
        self._candidate = None
        self._streak = 0.0

    def update(self, probs: FloatArray, time_s: float) -> str | None:
        """Take in a vector and give the emotion to show.

        Args:
            probs: float32 (7,) in `EMOTIONS` order, summing to 1.
            time_s: Time of the update; earlier than the last one starts a new streak.

        Returns:
            The shown emotion, or None before the first one is settled.
        """
        dt_s, self._time_s = time_s - self._time_s, time_s
        gap = probability_gap(probs)
        emotion = top_emotion(probs, self._rules.min_confidence)
        if emotion is None or gap < self._rules.min_gap:
            self._candidate = None
            return self._shown
        self._count(emotion, dt_s)
        if emotion != self._shown and self._may_show(gap):
            self._shown = emotion
        return self._shown

    def _count(self, emotion: str, dt_s: float) -> None:
        is_going_on = emotion == self._candidate and 0.0 <= dt_s <= PAUSE_S
        if not is_going_on:
            self._candidate, self._streak = emotion, 1.0
        elif self._rules.nominal_interval_s <= 0.0:
            self._streak += 1.0
        else:
            self._streak += dt_s / self._rules.nominal_interval_s

    def _may_show(self, gap: float) -> bool:
        if self._rules.snap_on_strong_new and gap >= self._rules.strong_new_gap:
            return True
        if self._shown is not None and gap < self._rules.switch_min_gap:
            return False
        return self._streak >= self._rules.min_streak_to_switch - STREAK_TOLERANCE
