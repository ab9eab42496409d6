"""Taking a neutral baseline: three seconds on request, or from the first minute of a track."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from facemotion.core.baseline import NeutralBaseline, log_probs
from facemotion.core.labels import EMOTIONS, emotion_index
from facemotion.core.types import EmotionReading, FloatArray

CAPTURE_S: Final = 3.0
"""Neutral time that is wanted."""

LEAST_READINGS: Final = 8
"""Readings that are wanted in it, however slow the models are."""

PATIENCE_S: Final = 20.0
"""After this time without success the capture gives up."""

AWAY_S: Final = 1.5
"""A face that was not seen for this long has moved away."""

LONGEST_STEP_S: Final = 0.5
"""A pause between two readings counts as no more than this."""

AUTOMATIC_S: Final = 60.0
"""Length of a track's beginning that an automatic baseline is taken from."""

AUTOMATIC_READINGS: Final = 40
"""Plausible readings that it needs."""

_EXPRESSIVE: Final = tuple(emotion_index(name) for name in ("happy", "surprise"))
_NEUTRAL: Final = emotion_index("neutral")
_EXPRESSIVE_LIMIT: Final = 0.5
_PLAUSIBLE_NEUTRAL: Final = 0.10
_PLAUSIBLE_EXPRESSIVE: Final = 0.15


class CaptureState(StrEnum):
    """Where a capture is."""

    TAKING = "taking"
    DONE = "done"
    MOVED_AWAY = "moved away"
    GAVE_UP = "gave up"


class CaptureHint(StrEnum):
    """What the person should do."""

    HOLD = "hold"
    RELAX = "relax"
    UNREADABLE = "unreadable"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class CaptureProgress:
    """How far a capture is.

    Attributes:
        state: Taking, or how it ended.
        fraction: Neutral time taken, in [0, 1].
        hint: What the person should do now.
    """

    state: CaptureState
    fraction: float
    hint: CaptureHint


class NeutralCapture:
    """Collects the readings of one face that was asked to look neutral. Time comes in.

    Only readings that pass the gates and show no smile and no surprise count. A face that reads as
    sad or angry counts: that is what the baseline is for.

    Args:
        model_id: The emotion model whose readings come.
        length_s: Neutral time wanted.
    """

    def __init__(self, model_id: str, length_s: float = CAPTURE_S) -> None:
        self._model_id = model_id
        self._length_s = length_s
        self._taken: list[FloatArray] = []
        self._taken_s = 0.0
        self._begin_s: float | None = None
        self._seen_s = 0.0
        self._last_s = 0.0
        self._state = CaptureState.TAKING
        self._hint = CaptureHint.HOLD

    @property
    def progress(self) -> CaptureProgress:
        """How far it is."""
        by_time = self._taken_s / self._length_s
        by_count = len(self._taken) / LEAST_READINGS
        return CaptureProgress(self._state, min(by_time, by_count, 1.0), self._hint)

    def update(self, reading: EmotionReading | None, time_s: float) -> CaptureProgress:
        """Take in what one result says about the face.

        Args:
            reading: Of the face, or None when it is not in the picture.
            time_s: Source time of the result; earlier than the last one (a seek) ends the capture.
        """
        if self._state is not CaptureState.TAKING:
            return self.progress
        if self._begin_s is None:
            self._begin_s = self._seen_s = self._last_s = time_s
        step_s = time_s - self._last_s
        self._last_s = time_s
        if step_s < 0.0:
            self._state, self._hint = CaptureState.MOVED_AWAY, CaptureHint.ABSENT
            return self.progress
        self._take(reading, time_s, min(step_s, LONGEST_STEP_S))
        self._settle(time_s)
        return self.progress

    def baseline(self) -> NeutralBaseline:
        """What was found.

        Raises:
            ValueError: The capture is not done.
        """
        if self._state is not CaptureState.DONE:
            raise ValueError(f"the capture is not done: {self._state.value}")
        return NeutralBaseline.of(np.stack(self._taken), self._model_id)

    def _take(self, reading: EmotionReading | None, time_s: float, step_s: float) -> None:
        if reading is None:
            self._hint = CaptureHint.ABSENT
            return
        self._seen_s = time_s
        if reading.raw_probs is None:
            self._hint = CaptureHint.UNREADABLE
        elif _expressiveness(reading.raw_probs) >= _EXPRESSIVE_LIMIT:
            self._hint = CaptureHint.RELAX
        else:
            self._hint = CaptureHint.HOLD
            self._taken.append(reading.raw_probs)
            self._taken_s += step_s

    def _settle(self, time_s: float) -> None:
        if self.progress.fraction >= 1.0:
            self._state = CaptureState.DONE
        elif time_s - self._seen_s > AWAY_S:
            self._state = CaptureState.MOVED_AWAY
        elif self._begin_s is not None and time_s - self._begin_s > PATIENCE_S:
            self._state = CaptureState.GAVE_UP


class AutomaticNeutral:
    """Looks for a neutral face in the first minute of a track, without asking for it.

    Only readings count in which neutral is plausible: a probability of at least a tenth, and no
    smile and no surprise. Of these, the half that is most neutral is averaged, so that a minute in
    which somebody was sad at first gives the resting face and not the sadness; when there are too
    few, there is no baseline.

    Args:
        model_id: The emotion model whose readings come.
    """

    def __init__(self, model_id: str) -> None:
        self._model_id = model_id
        self._taken: list[FloatArray] = []
        self._begin_s: float | None = None
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether the minute has passed and `update` has answered for good."""
        return self._is_over

    def update(self, reading: EmotionReading, time_s: float) -> NeutralBaseline | None:
        """Take in a reading.

        Returns:
            The baseline, once, when the minute has passed and enough was seen; else None.
        """
        if self._is_over:
            return None
        if self._begin_s is None or time_s < self._begin_s:
            self._begin_s, self._taken = time_s, []
        if reading.raw_probs is not None and _is_plausibly_neutral(reading.raw_probs):
            self._taken.append(reading.raw_probs)
        if time_s - self._begin_s < AUTOMATIC_S:
            return None
        self._is_over = True
        taken, self._taken = self._taken, []
        return neutral_part(taken, self._model_id)


def neutral_part(
    readings: Sequence[FloatArray], model_id: str, least: int = AUTOMATIC_READINGS
) -> NeutralBaseline | None:
    """The baseline of readings among which a resting face is to be found.

    Args:
        readings: float32 (7,) each; those that are not plausibly neutral are left out.
        model_id: The emotion model.
        least: Plausible readings that are needed.

    Returns:
        The mean of the more neutral half, or None when too few are plausible.
    """
    plausible = [probs for probs in readings if _is_plausibly_neutral(probs)]
    if len(plausible) < max(least, 2):
        return None
    rows = np.stack(plausible)
    order = np.argsort(-log_probs(rows)[:, _NEUTRAL], kind="stable")
    return NeutralBaseline.of(rows[order[: len(order) // 2]], model_id, is_automatic=True)


def _expressiveness(probs: FloatArray) -> float:
    return float(sum(float(probs[row]) for row in _EXPRESSIVE))


def _is_plausibly_neutral(probs: FloatArray) -> bool:
    return bool(
        probs.shape == (len(EMOTIONS),)
        and probs[_NEUTRAL] >= _PLAUSIBLE_NEUTRAL
        and _expressiveness(probs) <= _PLAUSIBLE_EXPRESSIVE
    )
