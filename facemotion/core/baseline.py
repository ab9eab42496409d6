"""A person's neutral face, and the correction of readings that follows from it.

Some resting faces look sad or angry to an emotion model (and to people): brows, mouth corners and
wrinkles differ from person to person. The correction compares a person with the population at rest.
Let `m` be the mean of the log-probabilities of the person's neutral face and `r` that of neutral
faces in general, both relative to neutral. For the classes that a resting face is confused with

    log p'(c) = log p(c) − d(c) + const,   d(c) = min(max(λ (m(c) − r(c)), 0), B)

and p' is brought to sum 1 again. That is the correction of posteriors for a shift of the classes'
prior odds (Saerens, Latinne & Decaestecker, Neural Computation 14, 2002), with the odds shift of
one person estimated from faces known to be neutral, as the participant calibration of facial coding
software and the person-specific normalisation of action units do (Baltrušaitis, Mahmoud & Robinson,
FG 2015), and shrunk towards none, λ = S n / (n + n0), because a few readings of one moment say only
so much about the next one.

It can only take away from angry, disgust, fear and sad: happy, neutral and surprise keep their
order among each other and never lose. Without a baseline nothing is touched.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.labels import EMOTION_COUNT, EMOTIONS, emotion_index
from facemotion.core.types import FloatArray

CONFUSABLE: Final = ("angry", "disgust", "fear", "sad")
"""What a resting face is taken for."""

REFERENCE: Final = {"angry": -5.59, "disgust": -8.31, "fear": -8.93, "sad": -4.36}
"""Log odds against neutral of a neutral face: median of neutral LFW faces of the people tuned on,
read by the shipped model (`python -m tests.benchmarks.baseline` prints it)."""

STRENGTH: Final = 0.75
"""S: share of a person's offset that is taken away when it is known well."""

SHRINKING_READINGS: Final = 4.0
"""n0: readings at which half of that is taken away."""

LARGEST_OFFSET: Final = 2.5
"""B (nats): no class loses more than a factor of twelve against the others."""

LEAST_PROBABILITY: Final = 1e-4
"""Smaller probabilities say nothing and count as this."""

_NEUTRAL: Final = emotion_index("neutral")
_ROWS: Final = tuple(emotion_index(name) for name in CONFUSABLE)


@dataclass(frozen=True, slots=True, eq=False)
class NeutralBaseline:
    """How an emotion model reads a person's neutral face.

    Attributes:
        log_probs: float32 (7,) in `EMOTIONS` order: mean log-probabilities, each ≤ 0.
        reading_count: Readings that it is the mean of, at least 1.
        model_id: The emotion model that made them; another model's readings are not corrected.
        is_automatic: Whether it was taken without asking the person to look neutral.

    Raises:
        ValueError: The numbers are of the wrong shape, not finite, above 0, or of no reading.
    """

    log_probs: FloatArray
    reading_count: int
    model_id: str
    is_automatic: bool = False

    def __post_init__(self) -> None:
        values = self.log_probs
        if values.shape != (EMOTION_COUNT,) or not np.isfinite(values).all():
            raise ValueError(f"expected {EMOTION_COUNT} finite log-probabilities, got {values!r}")
        if (values > 1e-6).any() or (values < 2.0 * math.log(LEAST_PROBABILITY)).any():
            raise ValueError(f"log-probabilities lie between −18.4 and 0, got {values!r}")
        if self.reading_count < 1:
            raise ValueError(f"expected at least one reading, got {self.reading_count}")

    @classmethod
    def of(
        cls, probs: NDArray[np.floating], model_id: str, *, is_automatic: bool = False
    ) -> "NeutralBaseline":
        """The baseline of some readings of a neutral face.

        Args:
            probs: float (N, 7), raw probabilities, N at least 1.
            model_id: The emotion model.
            is_automatic: Whether nobody asked the person to look neutral.

        Raises:
            ValueError: The readings are of the wrong shape or not finite.
        """
        if probs.ndim != 2 or probs.shape[1] != EMOTION_COUNT or len(probs) == 0:
            raise ValueError(f"expected readings (N, {EMOTION_COUNT}), got shape {probs.shape}")
        if not np.isfinite(probs).all():
            raise ValueError("expected finite probabilities")
        mean = log_probs(probs).mean(axis=0).astype(np.float32)
        return cls(mean, len(probs), model_id, is_automatic)

    @property
    def offsets(self) -> FloatArray:
        """float32 (7,) in `EMOTIONS` order: d, what each log-probability loses; never negative."""
        share = STRENGTH * self.reading_count / (self.reading_count + SHRINKING_READINGS)
        offsets = np.zeros(EMOTION_COUNT, np.float32)
        odds = self.log_probs - self.log_probs[_NEUTRAL]
        for row in _ROWS:
            excess = share * (float(odds[row]) - REFERENCE[EMOTIONS[row]])
            offsets[row] = min(max(excess, 0.0), LARGEST_OFFSET)
        return offsets

    def correct(self, probs: FloatArray) -> FloatArray:
        """A reading of this person, corrected.

        Args:
            probs: float32 (7,) in `EMOTIONS` order, summing to 1.

        Returns:
            float32 (7,) summing to 1, a new array.

        Raises:
            ValueError: `probs` is not seven finite numbers of which one is above 0.
        """
        if probs.shape != (EMOTION_COUNT,) or not np.isfinite(probs).all():
            raise ValueError(f"expected {EMOTION_COUNT} finite probabilities, got {probs!r}")
        left = probs.astype(np.float64) * np.exp(-self.offsets.astype(np.float64))
        total = float(left.sum())
        if total <= 0.0:
            raise ValueError(f"expected probabilities that sum to 1, got {probs!r}")
        return (left / total).astype(np.float32)


def log_probs(probs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Logarithms of probabilities, none below that of `LEAST_PROBABILITY`; same shape."""
    return np.log(np.maximum(probs.astype(np.float64), LEAST_PROBABILITY))
