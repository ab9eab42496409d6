"""The neutral baseline: what it corrects, and everything that it leaves alone."""

import math
from dataclasses import replace

import numpy as np
import pytest

from facemotion.core.baseline import (
    CONFUSABLE,
    LARGEST_OFFSET,
    LEAST_PROBABILITY,
    REFERENCE,
    NeutralBaseline,
)
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS, emotion_index
from facemotion.core.types import FloatArray

NEUTRAL, HAPPY, SAD = (emotion_index(name) for name in ("neutral", "happy", "sad"))
ANGRY, SURPRISE = emotion_index("angry"), emotion_index("surprise")


def reading(**values: float) -> FloatArray:
    """Probabilities with these values; the rest is shared by the others."""
    left = (1.0 - sum(values.values())) / (EMOTION_COUNT - len(values))
    return np.array([values.get(name, left) for name in EMOTIONS], np.float32)


def baseline_of(probs: FloatArray, count: int = 30) -> NeutralBaseline:
    return NeutralBaseline.of(np.repeat(probs[None], count, axis=0), "m")


def test_a_face_that_rests_sad_reads_neutral_again() -> None:
    resting = reading(neutral=0.40, sad=0.50)
    corrected = baseline_of(resting).correct(resting)
    assert EMOTIONS[int(resting.argmax())] == "sad"
    assert EMOTIONS[int(corrected.argmax())] == "neutral"
    assert corrected.sum() == pytest.approx(1.0, abs=1e-6)
    assert corrected.dtype == np.float32


def test_an_average_neutral_face_changes_nothing() -> None:
    log_odds = np.zeros(EMOTION_COUNT)
    for name in EMOTIONS:
        log_odds[emotion_index(name)] = REFERENCE.get(name, 0.0 if name == "neutral" else -7.0)
    probs = (np.exp(log_odds) / np.exp(log_odds).sum()).astype(np.float32)
    # The two rarest lie on the floor of the logarithm and stand out by it.
    offsets = baseline_of(probs).offsets
    assert offsets[SAD] == pytest.approx(0.0, abs=0.05)
    assert offsets[ANGRY] == pytest.approx(0.0, abs=0.05)


def test_a_face_that_rests_less_sad_than_most_is_not_made_sadder() -> None:
    calm = baseline_of(reading(neutral=0.9994))
    assert (calm.offsets >= 0.0).all()
    sad = reading(sad=0.7, neutral=0.2)
    assert calm.correct(sad)[SAD] <= sad[SAD] + 1e-6


@pytest.mark.parametrize("emotion", ["happy", "surprise", "neutral"])
def test_what_is_no_confusable_class_never_loses(emotion: str) -> None:
    rng = np.random.default_rng(3)
    baseline = baseline_of(reading(neutral=0.2, sad=0.3, angry=0.4))
    row = emotion_index(emotion)
    for probs in rng.dirichlet(np.full(EMOTION_COUNT, 0.5), 200).astype(np.float32):
        corrected = baseline.correct(probs)
        assert corrected[row] >= probs[row] - 1e-6
        if probs.argmax() == row:
            assert corrected.argmax() == row


def test_happy_neutral_and_surprise_keep_their_proportions() -> None:
    baseline = baseline_of(reading(neutral=0.3, sad=0.6))
    probs = reading(happy=0.3, neutral=0.2, surprise=0.1, sad=0.3)
    corrected = baseline.correct(probs)
    assert corrected[HAPPY] / corrected[NEUTRAL] == pytest.approx(1.5, rel=1e-4)
    assert corrected[SURPRISE] / corrected[NEUTRAL] == pytest.approx(0.5, rel=1e-4)


def test_the_effect_is_bounded() -> None:
    furious = baseline_of(reading(angry=0.9994), 10_000)
    assert furious.offsets.max() == pytest.approx(LARGEST_OFFSET)
    clear = reading(angry=0.95, neutral=0.04)
    assert EMOTIONS[int(furious.correct(clear).argmax())] == "angry"


def test_few_readings_correct_less_than_many() -> None:
    resting = reading(neutral=0.7, sad=0.25)
    offsets = [float(baseline_of(resting, count).offsets[SAD]) for count in (1, 4, 30, 300)]
    assert offsets == sorted(offsets)
    assert offsets[0] > 0.0


def test_only_confusable_classes_have_offsets() -> None:
    offsets = baseline_of(reading(neutral=0.1, happy=0.3, surprise=0.3, sad=0.2)).offsets
    assert {EMOTIONS[row] for row in np.flatnonzero(offsets)} <= set(CONFUSABLE)


def test_zero_probabilities_are_read_as_very_small() -> None:
    certain = np.zeros(EMOTION_COUNT, np.float32)
    certain[NEUTRAL] = 1.0
    baseline = baseline_of(certain)
    assert baseline.log_probs.min() == pytest.approx(math.log(LEAST_PROBABILITY), rel=1e-5)
    np.testing.assert_array_equal(baseline.correct(certain), certain)


def test_the_mean_is_that_of_the_logarithms() -> None:
    probs = np.stack([reading(sad=0.01), reading(sad=0.49)])
    baseline = NeutralBaseline.of(probs, "m")
    assert baseline.log_probs[SAD] == pytest.approx((math.log(0.01) + math.log(0.49)) / 2, rel=1e-5)
    assert baseline.reading_count == 2


def test_the_reading_given_is_not_written() -> None:
    probs = reading(neutral=0.4, sad=0.5)
    kept = probs.copy()
    baseline_of(probs).correct(probs)
    np.testing.assert_array_equal(probs, kept)


def test_a_strided_reading_is_taken() -> None:
    wide = np.repeat(reading(neutral=0.4, sad=0.5), 2)
    assert baseline_of(reading(neutral=0.4, sad=0.5)).correct(wide[::2]).shape == (EMOTION_COUNT,)


@pytest.mark.parametrize(
    "probs",
    [
        np.zeros((0, EMOTION_COUNT), np.float32),
        np.zeros(EMOTION_COUNT, np.float32),
        np.zeros((2, 6), np.float32),
        np.full((2, EMOTION_COUNT), np.nan, np.float32),
    ],
)
def test_readings_of_another_shape_are_refused(probs: FloatArray) -> None:
    with pytest.raises(ValueError, match="expected"):
        NeutralBaseline.of(probs, "m")


@pytest.mark.parametrize(
    "probs",
    [
        np.zeros(EMOTION_COUNT, np.float32),
        np.full(EMOTION_COUNT, np.inf, np.float32),
        np.full(6, 1 / 6, np.float32),
    ],
)
def test_what_is_no_reading_cannot_be_corrected(probs: FloatArray) -> None:
    with pytest.raises(ValueError, match="expected"):
        baseline_of(reading(neutral=0.4, sad=0.5)).correct(probs)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"log_probs": np.full(6, -1.0, np.float32)}, "finite"),
        ({"log_probs": np.full(7, np.nan, np.float32)}, "finite"),
        ({"log_probs": np.full(7, 0.5, np.float32)}, "between"),
        ({"log_probs": np.full(7, -30.0, np.float32)}, "between"),
        ({"reading_count": 0}, "at least one"),
    ],
)
def test_a_damaged_record_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(baseline_of(reading(neutral=0.4)), **change)
