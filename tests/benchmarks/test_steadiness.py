"""What the steadiness benchmark counts, on made-up readings and through the real smoother."""

import numpy as np
import pytest

from facemotion.core.labels import EMOTIONS
from facemotion.core.smoothing import PRESETS
from tests.benchmarks.clip_readings import Reading, clip_score
from tests.benchmarks.face_streams import PHASE_S, RATE_HZ, StreamReader, Streams, read_streams
from tests.benchmarks.steadiness import POLICIES
from tests.benchmarks.steadiness_scores import delay_s, delays_of, score
from training.data import LabelledFaces

NEUTRAL, HAPPY, SAD = (EMOTIONS.index(name) for name in ("neutral", "happy", "sad"))
PHASE = int(PHASE_S * RATE_HZ)


def reading(emotion, probability=0.9):
    probs = np.full(7, (1.0 - probability) / 6.0, np.float32)
    probs[emotion] = probability
    return probs


def streams(steady, change, *, after=HAPPY, readable=True):
    return Streams(
        np.array([steady]),
        np.array([NEUTRAL]),
        np.array([change]),
        np.array([[NEUTRAL, after]]),
        np.array([readable]),
    )


def clean(seconds=10):
    steady = [reading(NEUTRAL)] * (seconds * RATE_HZ)
    return steady, [reading(NEUTRAL)] * PHASE + [reading(HAPPY)] * PHASE


def test_a_clean_change_is_shown_after_the_same_time_at_every_rate():
    delays = [score(PRESETS["Adaptive"], streams(*clean()), rate) for rate in (5, 10, 30)]
    assert [row.false_changes_per_min for row in delays] == [0.0] * 3
    assert all(0.1 <= row.readable.median_s <= 0.21 for row in delays)
    assert all(row.wrong_share == 0.0 and row.steady_share == 1.0 for row in delays)


def test_false_changes_are_counted_by_the_minute():
    steady, change = clean()
    for at in range(30, 300, 30):
        steady[at] = reading(SAD)
    found = score(POLICIES["raw"], streams(steady, change), 30)
    assert found.false_changes_per_min == pytest.approx(18 * 6)
    assert (found.steady_share, found.wrong_share) == (0.0, pytest.approx(9 / 300))
    assert score(PRESETS["Adaptive"], streams(steady, change), 30).false_changes_per_min == 0.0


def test_changes_that_the_model_does_not_see_count_among_all_only():
    unseen = streams(*clean(), after=SAD, readable=False)
    found = score(POLICIES["raw"], unseen, 10)
    assert (found.drawn.p95_s, found.drawn.missed) == (PHASE_S, 1.0)
    assert np.isnan(found.readable.median_s)


def test_a_delay_counts_from_the_last_reading_before():
    shown = np.array([NEUTRAL] * 50 + [NEUTRAL, HAPPY] + [HAPPY] * 48)
    assert delay_s(shown, HAPPY, 10) == pytest.approx(0.2)
    assert delay_s(shown, SAD, 10) == PHASE_S


def test_percentiles_are_delays_that_occurred():
    found = delays_of(np.array([0.2] * 19 + [0.4]))
    assert (found.median_s, found.p95_s, found.missed) == (0.2, 0.4, 0.0)


def test_a_clip_is_judged_only_where_its_truth_is_known():
    times = np.arange(0.0, 2.35, 0.1)
    rows = [Reading(t, reading(NEUTRAL if t < 0.6 else HAPPY)) for t in times]
    right = clip_score(POLICIES["raw"], "neutral_smile_then_no_face.mov", {1: rows})
    assert (right.false_changes, right.wrong_share) == (0, 0.0)
    assert right.changes_per_min == pytest.approx(60.0 / times[-1])
    rows[12] = Reading(1.2, reading(SAD))
    odd = clip_score(POLICIES["raw"], "neutral_smile_then_no_face.mov", {1: rows})
    assert (odd.false_changes, odd.wrong_share) == (2, pytest.approx(1 / 21))
    held = [*rows[:12], Reading(1.2, None), *rows[13:]]
    kept = clip_score(POLICIES["raw"], "neutral_smile_then_no_face.mov", {1: held})
    assert kept.false_changes == 0


class BrightnessModel:
    """Reads bright faces as happy and dark ones as neutral, and counts what it reads."""

    count = 0

    def probs(self, crops):
        self.count += len(crops)
        is_bright = crops.mean(axis=(1, 2)) > 128
        return np.stack([reading(HAPPY if bright else NEUTRAL) for bright in is_bright])


@pytest.fixture
def faces():
    images = np.stack([np.full((48, 48), value, np.uint8) for value in (40, 60, 200, 220, 50)])
    labels = np.array([NEUTRAL, NEUTRAL, HAPPY, HAPPY, HAPPY])
    targets = np.eye(7, dtype=np.float32)[labels]
    return LabelledFaces(images, targets, labels, np.arange(5), {})


def test_streams_are_drawn_until_enough_are_readable_and_misread_ones_stay(
    faces, tmp_path, monkeypatch
):
    monkeypatch.setattr("tests.benchmarks.face_streams.tqdm", FakeBar)
    found = read_streams(faces, BrightnessModel(), 3, tmp_path, seed=1)
    assert found.steady.shape == (3, 60 * RATE_HZ, 7)
    assert int(found.is_readable.sum()) == 3
    assert len(found.changes) == len(found.labels) >= 3
    assert (found.labels[:, 0] != found.labels[:, 1]).all()


def test_readings_are_kept_by_model(faces, tmp_path):
    first, second = BrightnessModel(), BrightnessModel()
    rows = StreamReader(faces, first, tmp_path).read("change", 1, (0, 2), 1.0)
    again = StreamReader(faces, second, tmp_path).read("change", 1, (0, 2), 1.0)
    assert (rows == again).all()
    assert (first.count, second.count) == (len(faces) + 60, len(faces))


class FakeBar:
    """tqdm without its watching thread."""

    def __init__(self, rows=(), **_):
        self._rows = rows

    def __iter__(self):
        return iter(self._rows)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def update(self, _count):
        pass
