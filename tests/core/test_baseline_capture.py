"""Taking a neutral baseline: on request, and from a track's first minute."""

import numpy as np
import pytest

from facemotion.core.baseline_capture import (
    AUTOMATIC_READINGS,
    AUTOMATIC_S,
    AWAY_S,
    CAPTURE_S,
    LEAST_READINGS,
    PATIENCE_S,
    AutomaticNeutral,
    CaptureHint,
    CaptureState,
    NeutralCapture,
)
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS, emotion_index
from facemotion.core.types import EmotionReading, GateReason


def reading(**values: float) -> EmotionReading:
    left = (1.0 - sum(values.values())) / (EMOTION_COUNT - len(values))
    return EmotionReading(np.array([values.get(name, left) for name in EMOTIONS], np.float32))


RESTING_SAD = reading(neutral=0.4, sad=0.5)
SMILE = reading(happy=0.9)
UNREADABLE = EmotionReading(gate_reason=GateReason.TURNED_AWAY)


def feed(
    capture: NeutralCapture, face: EmotionReading | None, length_s: float, begin_s: float = 0.0
) -> float:
    """Give the same reading ten times a second; returns the time reached."""
    count = round(length_s * 10)
    for step in range(count + 1):
        capture.update(face, begin_s + step / 10)
    return begin_s + count / 10


def test_three_seconds_of_a_resting_face_are_enough() -> None:
    capture = NeutralCapture("m")
    feed(capture, RESTING_SAD, CAPTURE_S - 0.2)
    assert capture.progress.state is CaptureState.TAKING
    assert 0.8 < capture.progress.fraction < 1.0
    feed(capture, RESTING_SAD, 0.5, CAPTURE_S)
    assert capture.progress.state is CaptureState.DONE
    baseline = capture.baseline()
    assert baseline.model_id == "m"
    assert not baseline.is_automatic
    assert baseline.offsets[emotion_index("sad")] > 0.5


def test_a_smile_does_not_count_and_says_so() -> None:
    capture = NeutralCapture("m")
    feed(capture, SMILE, 4.0)
    assert capture.progress.fraction == 0.0
    assert capture.progress.hint is CaptureHint.RELAX


def test_a_face_that_cannot_be_read_does_not_count() -> None:
    capture = NeutralCapture("m")
    now_s = feed(capture, RESTING_SAD, 1.0)
    before = capture.progress.fraction
    feed(capture, UNREADABLE, 2.0, now_s + 0.1)
    assert capture.progress.hint is CaptureHint.UNREADABLE
    assert capture.progress.fraction == before


def test_a_face_that_moves_away_ends_it() -> None:
    capture = NeutralCapture("m")
    now_s = feed(capture, RESTING_SAD, 1.0)
    feed(capture, None, AWAY_S - 0.2, now_s)
    assert capture.progress.state is CaptureState.TAKING
    assert capture.progress.hint is CaptureHint.ABSENT
    capture.update(None, now_s + AWAY_S + 0.1)
    assert capture.progress.state is CaptureState.MOVED_AWAY
    with pytest.raises(ValueError, match="not done"):
        capture.baseline()


def test_it_gives_up_when_nothing_counts_for_long() -> None:
    capture = NeutralCapture("m")
    feed(capture, SMILE, PATIENCE_S + 0.5)
    assert capture.progress.state is CaptureState.GAVE_UP


def test_a_seek_back_ends_it() -> None:
    capture = NeutralCapture("m")
    feed(capture, RESTING_SAD, 1.0, begin_s=5.0)
    capture.update(RESTING_SAD, 1.0)
    assert capture.progress.state is CaptureState.MOVED_AWAY


def test_a_slow_model_needs_as_many_readings() -> None:
    capture = NeutralCapture("m")
    for step in range(LEAST_READINGS - 1):
        capture.update(RESTING_SAD, step * 1.0)
    assert capture.progress.state is CaptureState.TAKING
    capture.update(RESTING_SAD, float(LEAST_READINGS))
    assert capture.progress.state is CaptureState.DONE


def test_nothing_changes_after_the_end() -> None:
    capture = NeutralCapture("m")
    now_s = feed(capture, RESTING_SAD, CAPTURE_S + 0.2)
    count = capture.baseline().reading_count
    feed(capture, SMILE, 30.0, now_s)
    assert capture.progress.state is CaptureState.DONE
    assert capture.baseline().reading_count == count


def test_the_first_minute_gives_a_baseline_once() -> None:
    automatic = AutomaticNeutral("m")
    found = [
        automatic.update(RESTING_SAD, step / 10) for step in range(round(AUTOMATIC_S * 10) + 20)
    ]
    given = [baseline for baseline in found if baseline is not None]
    assert len(given) == 1
    assert given[0].is_automatic
    assert automatic.is_over


def test_a_minute_of_crying_gives_no_baseline() -> None:
    automatic = AutomaticNeutral("m")
    crying = reading(sad=0.95, neutral=0.02)
    found = [automatic.update(crying, step / 10) for step in range(700)]
    assert not any(baseline is not None for baseline in found)
    assert automatic.is_over


def test_smiles_and_tears_in_between_leave_no_trace() -> None:
    automatic, faces = AutomaticNeutral("m"), [RESTING_SAD, SMILE, reading(sad=0.95, neutral=0.02)]
    found = [automatic.update(faces[step % 3], step / 10) for step in range(700)]
    baseline = next(baseline for baseline in found if baseline is not None)
    assert RESTING_SAD.raw_probs is not None
    expected = np.log(RESTING_SAD.raw_probs)
    np.testing.assert_allclose(baseline.log_probs, expected, atol=1e-4)


def test_the_more_neutral_half_is_kept() -> None:
    automatic = AutomaticNeutral("m")
    faces = [reading(neutral=0.8, sad=0.15), reading(neutral=0.2, sad=0.75)]
    found = [automatic.update(faces[step % 2], step / 10) for step in range(700)]
    baseline = next(baseline for baseline in found if baseline is not None)
    assert baseline.log_probs[emotion_index("sad")] == pytest.approx(np.log(0.15), abs=0.01)


def test_too_few_plausible_readings_give_none() -> None:
    automatic = AutomaticNeutral("m")
    for step in range(AUTOMATIC_READINGS - 1):
        assert automatic.update(RESTING_SAD, step / 10) is None
    assert automatic.update(UNREADABLE, AUTOMATIC_S + 1.0) is None
    assert automatic.update(RESTING_SAD, AUTOMATIC_S + 2.0) is None


def test_a_jump_back_starts_the_minute_anew() -> None:
    automatic = AutomaticNeutral("m")
    for step in range(500):
        automatic.update(RESTING_SAD, 100.0 + step / 10)
    assert automatic.update(RESTING_SAD, 1.0) is None
    assert automatic.update(RESTING_SAD, 50.0) is None
    assert not automatic.is_over
