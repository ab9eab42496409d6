"""Smoothing of one track: the three tiers put together, or the adaptive policy."""

from dataclasses import dataclass

import numpy as np

from facemotion.core.adaptive_ema import AdaptiveEma
from facemotion.core.change_evidence import ChangeEvidence, EvidenceRules
from facemotion.core.emotion_state import PAUSE_S, EmotionStateMachine, StateRules, top_emotion
from facemotion.core.labels import EMOTION_COUNT
from facemotion.core.prediction_buffer import PredictionBuffer, probability_gap
from facemotion.core.smoothing_params import PRESETS, SmoothingParams
from facemotion.core.types import FloatArray

__all__ = [
    "PRESETS",
    "AdaptiveEma",
    "EmotionSmoother",
    "EmotionStateMachine",
    "PredictionBuffer",
    "SmoothedEmotion",
    "SmoothingParams",
    "top_emotion",
]


@dataclass(frozen=True, slots=True, eq=False)
class SmoothedEmotion:
    """What smoothing says about a track after an update.

    Attributes:
        probs: float32 (7,) smoothed, or None before the first reading.
        emotion: The emotion to show, or None before the first one is settled.
        gap: Lead of the likeliest smoothed emotion over the second, in [0, 1].
        changed_from: The emotion shown until this update, when this update replaced it.
    """

    probs: FloatArray | None = None
    emotion: str | None = None
    gap: float = 0.0
    changed_from: str | None = None


class EmotionSmoother:
    """Steadies the readings of one track; all time comes in with the readings.

    Args:
        params: Which tiers are on or the adaptive policy, and how they are tuned.
    """

    def __init__(self, params: SmoothingParams | None = None) -> None:
        self._params = params if params is not None else SmoothingParams()
        self._buffer = _make_buffer(self._params)
        self._ema = _make_ema(self._params)
        self._state = EmotionStateMachine(_state_rules(self._params))
        self._evidence = ChangeEvidence(_evidence_rules(self._params))
        self._last = SmoothedEmotion()
        self._before: str | None = None
        self._time_s = float("-inf")

    @property
    def params(self) -> SmoothingParams:
        """The parameters in use."""
        return self._params

    def reset(self) -> None:
        """Forget everything, as for a new face."""
        self._buffer.reset()
        self._ema.reset()
        self._state.reset()
        self._evidence.reset()
        self._last = SmoothedEmotion()
        self._before = None
        self._time_s = float("-inf")

    def update(self, probs: FloatArray, time_s: float) -> SmoothedEmotion:
        """Take in a reading.

        Args:
            probs: float32 (7,) in `EMOTIONS` order, summing to 1.
            time_s: Source time of the reading; earlier than the last one (a seek) starts anew.

        Returns:
            The smoothed vector and the emotion to show.

        Raises:
            ValueError: `probs` is not seven finite numbers.
        """
        if probs.shape != (EMOTION_COUNT,) or not np.isfinite(probs).all():
            raise ValueError(f"expected {EMOTION_COUNT} finite probabilities, got {probs!r}")
        if time_s < self._time_s:
            self.reset()
        elif time_s - self._time_s > max(self._params.hold_s, PAUSE_S):
            self._state.reset()
            self._evidence.reset()
        self._time_s = time_s
        smoothed, emotion = self._read(probs.astype(np.float32), time_s)
        self._last = self._shown(smoothed, emotion)
        return self._last

    def hold(self, time_s: float) -> SmoothedEmotion:
        """What to show when this frame's reading did not count: the last result, for `hold_s`.

        Args:
            time_s: Source time of the frame; earlier than the last reading starts anew.
        """
        if time_s < self._time_s:
            self.reset()
        if time_s - self._time_s > self._params.hold_s:
            return SmoothedEmotion()
        return SmoothedEmotion(self._last.probs, self._last.emotion, self._last.gap)

    def _read(self, probs: FloatArray, time_s: float) -> tuple[FloatArray, str | None]:
        """The smoothed vector and the emotion that the policy in use shows."""
        if self._params.is_adaptive:
            return self._evidence.update(probs, time_s)
        if self._params.is_buffer_enabled:
            probs = self._buffer.update(probs, time_s)
        if self._params.is_ema_enabled:
            probs = self._ema.update(probs, time_s)
        if self._params.is_state_machine_enabled:
            return probs, self._state.update(probs, time_s)
        return probs, top_emotion(probs, self._params.min_confidence) or self._before

    def _shown(self, smoothed: FloatArray, emotion: str | None) -> SmoothedEmotion:
        before = self._before
        changed_from = before if emotion not in (before, None) else None
        self._before = emotion or before
        return SmoothedEmotion(smoothed, emotion, probability_gap(smoothed), changed_from)


def _make_buffer(params: SmoothingParams) -> PredictionBuffer:
    return PredictionBuffer(
        params.buffer_size,
        params.agg_method,
        params.snap_gap_threshold,
        params.transition_gap_threshold,
        params.slot_s,
    )


def _make_ema(params: SmoothingParams) -> AdaptiveEma:
    return AdaptiveEma(
        params.ema_alpha,
        params.ema_gap_threshold,
        params.ema_max_alpha,
        params.ema_min_alpha,
        params.slot_s,
    )


def _state_rules(params: SmoothingParams) -> StateRules:
    return StateRules(
        params.min_streak_to_switch,
        params.strong_new_gap,
        params.snap_on_strong_new,
        params.min_confidence,
        params.min_gap if params.is_gap_filter_enabled else 0.0,
        params.switch_min_gap,
        params.slot_s,
    )


def _evidence_rules(params: SmoothingParams) -> EvidenceRules:
    return EvidenceRules(
        doubt=params.adaptive_doubt,
        needed_s=params.adaptive_needed_s,
        memory_s=params.adaptive_memory_s,
        min_confidence=params.min_confidence,
        nominal_interval_s=params.nominal_interval_s,
    )
