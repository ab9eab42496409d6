"""How a smoothing policy does on streams of readings: false changes, delays, wrong words."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from facemotion.core.labels import EMOTIONS
from facemotion.core.smoothing import EmotionSmoother, SmoothingParams
from tests.benchmarks.face_streams import PHASE_S, RATE_HZ, Streams


@dataclass(frozen=True, slots=True)
class Delays:
    """From the last reading of the old face to the new face's emotion.

    Attributes:
        median_s: Half of the changes are shown by then.
        p95_s: 95 % of them; a change that is never shown counts with `PHASE_S`.
        missed: Share of the changes that are never shown.
    """

    median_s: float
    p95_s: float
    missed: float


@dataclass(frozen=True, slots=True)
class Score:
    """How a policy does at one rate.

    Attributes:
        false_changes_per_min: Changes of the emotion shown for a steady face.
        steady_share: Share of the steady faces with at most one such change in their minute.
        readable: Delays of the changes between faces that the model itself reads rightly.
        drawn: Delays of all changes, those included that the model does not see.
        wrong_share: Share of the time for which a steady face shows another emotion than its label.
    """

    false_changes_per_min: float
    steady_share: float
    readable: Delays
    drawn: Delays
    wrong_share: float


def shown(params: SmoothingParams, readings: np.ndarray, rate_hz: float) -> np.ndarray:
    """int (T,): the emotion shown after each reading, −1 for none."""
    smoother = EmotionSmoother(params)
    found = np.empty(len(readings), int)
    for step, probs in enumerate(readings):
        emotion = smoother.update(probs, step / rate_hz).emotion
        found[step] = -1 if emotion is None else EMOTIONS.index(emotion)
    return found


def score(
    params: SmoothingParams,
    streams: Streams,
    rate_hz: int,
    on_stream: Callable[[], object] = lambda: None,
) -> Score:
    """A policy on all streams at one rate.

    Args:
        params: The policy.
        streams: Readings at `RATE_HZ`.
        rate_hz: Readings a second that it gets, a divisor of `RATE_HZ`.
        on_stream: Called after every stream.
    """
    every = RATE_HZ // rate_hz

    def answers(readings: np.ndarray) -> list[np.ndarray]:
        found: list[np.ndarray] = []
        for stream in readings:
            found.append(shown(params, stream[::every], rate_hz))
            on_stream()
        return found

    steady = answers(streams.steady)
    changes = np.array([int(((o[1:] != o[:-1]) & (o[:-1] >= 0)).sum()) for o in steady])
    wrong = [
        float(np.mean(o[o >= 0] != label)) if (o >= 0).any() else 0.0
        for o, label in zip(steady, streams.steady_labels, strict=True)
    ]
    delays = np.array(
        [
            delay_s(found, after, rate_hz)
            for found, (_, after) in zip(answers(streams.changes), streams.labels, strict=True)
        ]
    )
    minutes = len(steady) * streams.steady.shape[1] / RATE_HZ / 60.0
    return Score(
        float(changes.sum() / minutes),
        float((changes <= 1).mean()),
        delays_of(delays[streams.is_readable]),
        delays_of(delays),
        float(np.mean(wrong)),
    )


def delay_s(found: np.ndarray, after: int, rate_hz: int) -> float:
    """Counted from the last reading of the face before, so that the wait for a reading counts."""
    begin = int(PHASE_S * rate_hz)
    hits = np.flatnonzero(found[begin:] == after)
    return min((hits[0] + 1) / rate_hz, PHASE_S) if len(hits) else PHASE_S


def delays_of(delays_s: np.ndarray) -> Delays:
    """The figures of single delays; percentiles are delays that occurred."""
    if not len(delays_s):
        return Delays(float("nan"), float("nan"), float("nan"))
    median_s, p95_s = np.percentile(delays_s, (50, 95), method="higher")
    return Delays(float(median_s), float(p95_s), float((delays_s >= PHASE_S).mean()))
