import dataclasses

import numpy as np
import pytest

from facemotion.core.labels import EMOTIONS
from facemotion.core.smoothing import PRESETS, EmotionSmoother, SmoothingParams
from tests.core.faces import probs_of

NEUTRAL = probs_of(neutral=0.62, sad=0.20)
HAPPY = probs_of(happy=0.62, neutral=0.20)
BARE = {"is_buffer_enabled": False, "is_ema_enabled": False, "is_state_machine_enabled": False}


def delay_s(params, rate_hz, phase_s, before=NEUTRAL, after=HAPPY):
    """Seconds from a change at 2 s until it is shown."""
    smoother = EmotionSmoother(params)
    for number in range(8 * rate_hz):
        time_s = phase_s + number / rate_hz
        result = smoother.update(before if time_s < 2.0 else after, time_s)
        if time_s >= 2.0 and result.emotion == "happy":
            return time_s - 2.0
    raise AssertionError("the change was never shown")


def mean_delay_s(params, rate_hz, **vectors):
    phases = np.linspace(0.0, 0.19, 12)
    return float(np.mean([delay_s(params, rate_hz, phase, **vectors) for phase in phases]))


def test_the_presets_and_their_order():
    assert list(PRESETS) == ["Adaptive", "FER2013", "FER+", "Steady", "Responsive"]
    assert PRESETS["FER2013"] == SmoothingParams()
    assert PRESETS["FER2013"].min_streak_to_switch == 3
    assert PRESETS["FER+"] == SmoothingParams(min_streak_to_switch=2)
    assert not PRESETS["FER+"].is_gap_filter_enabled


def test_the_defaults_are_those_of_the_design():
    params = SmoothingParams()
    assert dataclasses.asdict(params) == {
        "is_buffer_enabled": True,
        "buffer_size": 3,
        "agg_method": "mean",
        "snap_gap_threshold": 0.35,
        "transition_gap_threshold": 0.10,
        "is_ema_enabled": True,
        "ema_alpha": 0.5,
        "ema_gap_threshold": 0.20,
        "ema_max_alpha": 0.9,
        "ema_min_alpha": 0.1,
        "is_state_machine_enabled": True,
        "min_streak_to_switch": 3,
        "strong_new_gap": 0.35,
        "snap_on_strong_new": True,
        "min_confidence": 0.30,
        "is_gap_filter_enabled": False,
        "min_gap": 0.03,
        "switch_min_gap": 0.08,
        "hold_s": 3.0,
        "nominal_interval_s": 0.10,
        "is_rate_corrected": True,
        "is_adaptive": False,
        "adaptive_doubt": 0.15,
        "adaptive_needed_s": 0.30,
        "adaptive_memory_s": 0.25,
    }


def test_ten_updates_a_second_follow_the_three_formulas_to_the_digit():
    smoother = EmotionSmoother()
    before, after = probs_of(neutral=0.9), probs_of(happy=0.5, neutral=0.2)
    for number in range(5):
        smoother.update(before, number * 0.1)
    first = smoother.update(after, 0.5)
    merged = (before + after) / 2
    mean = before + 0.75 * (merged - before)
    assert np.allclose(first.probs, mean, atol=1e-5)
    assert first.emotion == "neutral"
    second = smoother.update(after, 0.6)
    mean = mean + 0.75 * (after - mean)
    assert np.allclose(second.probs, mean, atol=1e-5)
    assert second.gap == pytest.approx(float(np.sort(mean)[-1] - np.sort(mean)[-2]), abs=1e-5)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_the_delay_hardly_depends_on_the_rate(preset):
    delays = {rate: mean_delay_s(PRESETS[preset], rate) for rate in (5, 10, 30)}
    assert delays[30] == pytest.approx(delays[10], abs=0.10)
    assert delays[5] == pytest.approx(delays[10], abs=0.20)


def test_without_rate_correction_the_delay_follows_the_rate():
    params = SmoothingParams(is_rate_corrected=False)
    assert mean_delay_s(params, 5) > 3.0 * mean_delay_s(params, 30)


def test_presets_stand_in_the_order_of_their_names():
    before, after = probs_of(neutral=0.54, happy=0.22), probs_of(happy=0.54, neutral=0.22)
    delays = {
        name: mean_delay_s(params, 10, before=before, after=after)
        for name, params in PRESETS.items()
    }
    assert delays["Responsive"] < delays["FER+"] < delays["FER2013"] < delays["Steady"] < 1.0


@pytest.mark.parametrize("rate_hz", [5, 10, 30])
def test_a_clear_change_is_shown_within_the_promised_time(rate_hz):
    before, after = probs_of(neutral=0.9), probs_of(happy=0.9)
    phases = np.linspace(0.0, 0.19, 12)
    delays = [delay_s(PRESETS["FER+"], rate_hz, phase, before, after) for phase in phases]
    assert np.median(delays) <= 0.4
    assert max(delays) <= 0.8


def test_one_odd_reading_does_not_flicker():
    smoother = EmotionSmoother(PRESETS["FER+"])
    shown = []
    for number in range(100):
        probs = HAPPY if number % 10 == 9 else NEUTRAL
        shown.append(smoother.update(probs, number * 0.1).emotion)
    assert set(shown[5:]) == {"neutral"}


def test_changed_from_is_said_once_and_not_for_the_first_emotion():
    smoother = EmotionSmoother()
    results = [
        smoother.update(NEUTRAL if number < 10 else HAPPY, number * 0.1) for number in range(30)
    ]
    assert [r.changed_from for r in results if r.changed_from] == ["neutral"]
    assert results[-1].emotion == "happy"


def test_with_every_tier_off_the_reading_comes_through():
    smoother = EmotionSmoother(SmoothingParams(**BARE))
    for number, name in enumerate(EMOTIONS):
        probs = probs_of(**{name: 0.6})
        result = smoother.update(probs, number * 0.1)
        assert np.allclose(result.probs, probs)
        assert result.emotion == name
        assert result.changed_from == (EMOTIONS[number - 1] if number else None)


def test_below_the_least_probability_the_shown_emotion_is_kept():
    for params in (SmoothingParams(**BARE), SmoothingParams()):
        smoother = EmotionSmoother(params)
        for number in range(10):
            smoother.update(HAPPY, number * 0.1)
        for number in range(10, 40):
            assert smoother.update(probs_of(sad=0.25), number * 0.1).emotion == "happy"


@pytest.mark.parametrize("is_filtered", [True, False])
def test_the_gap_filter_works_only_when_it_is_on(is_filtered):
    params = SmoothingParams(is_gap_filter_enabled=is_filtered)
    smoother = EmotionSmoother(params)
    ambiguous = probs_of(sad=0.40, happy=0.385)
    for number in range(10):
        result = smoother.update(ambiguous, number * 0.1)
    assert result.emotion == (None if is_filtered else "sad")


def test_hold_before_the_first_reading_shows_nothing():
    held = EmotionSmoother().hold(0.0)
    assert held.probs is None
    assert held.emotion is None


def test_hold_repeats_the_last_result_without_a_change():
    smoother = EmotionSmoother(SmoothingParams(**BARE))
    smoother.update(NEUTRAL, 0.0)
    changed = smoother.update(HAPPY, 0.1)
    assert changed.changed_from == "neutral"
    held = smoother.hold(0.2)
    assert held.probs is changed.probs
    assert (held.emotion, held.gap, held.changed_from) == ("happy", changed.gap, None)


def test_hold_ends_when_the_last_reading_is_too_old():
    smoother = EmotionSmoother()
    for number in range(10):
        smoother.update(NEUTRAL, number * 0.1)
    assert smoother.hold(3.8).emotion == "neutral"
    assert smoother.hold(4.0).emotion is None
    assert smoother.hold(4.0).probs is None


def test_without_holding_the_streak_still_counts():
    smoother = EmotionSmoother(SmoothingParams(hold_s=0.0))
    faint = probs_of(happy=0.45, neutral=0.25)
    assert [smoother.update(faint, n * 0.1).emotion for n in range(3)] == [None, None, "happy"]
    assert smoother.hold(0.3).emotion is None


def test_after_a_stale_pause_the_emotion_is_settled_anew_and_the_change_is_told():
    smoother = EmotionSmoother(PRESETS["FER+"])
    for number in range(10):
        smoother.update(NEUTRAL, number * 0.1)
    faint = probs_of(happy=0.45, neutral=0.25)
    results = [smoother.update(faint, 10.0 + number * 0.1) for number in range(3)]
    assert [r.emotion for r in results] == [None, "happy", "happy"]
    assert [r.changed_from for r in results] == [None, "neutral", None]


def test_after_a_long_pause_the_new_reading_takes_over():
    smoother = EmotionSmoother()
    for number in range(10):
        smoother.update(NEUTRAL, number * 0.1)
    result = smoother.update(HAPPY, 20.0)
    assert np.allclose(result.probs, HAPPY, atol=1e-4)
    assert result.emotion == "happy"


def test_a_seek_back_starts_anew():
    for act in ("update", "hold"):
        smoother = EmotionSmoother()
        for number in range(10):
            smoother.update(NEUTRAL, 5.0 + number * 0.1)
        result = smoother.update(HAPPY, 1.0) if act == "update" else smoother.hold(1.0)
        assert result.changed_from is None
        assert result.emotion == ("happy" if act == "update" else None)


def test_reset_makes_a_new_face_of_it():
    smoother = EmotionSmoother()
    smoother.update(NEUTRAL, 5.0)
    smoother.reset()
    assert smoother.hold(5.1).probs is None
    assert np.allclose(smoother.update(HAPPY, 0.0).probs, HAPPY)
    assert smoother.params == SmoothingParams()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("preset", list(PRESETS))
def test_any_stream_of_readings_stays_a_distribution(preset, seed):
    rng = np.random.default_rng(seed)
    smoother = EmotionSmoother(PRESETS[preset])
    time_s = 0.0
    for vector in rng.dirichlet(np.full(7, 0.4), 60).astype(np.float32):
        time_s += float(rng.exponential(0.15))
        result = smoother.update(vector, time_s)
        assert result.probs.dtype == np.float32
        assert result.probs.sum() == pytest.approx(1.0, abs=1e-4)
        assert (result.probs >= 0.0).all()
        assert result.emotion in (None, *EMOTIONS)
        assert 0.0 <= result.gap <= 1.0


def test_a_reading_is_neither_kept_nor_written():
    given = np.stack([NEUTRAL, HAPPY], axis=1)[:, 0]
    result = EmotionSmoother(SmoothingParams(**BARE)).update(given, 0.0)
    given[:] = 0.0
    assert np.allclose(result.probs, NEUTRAL)


@pytest.mark.parametrize(
    "probs",
    [
        np.zeros(0, dtype=np.float32),
        np.zeros(6, dtype=np.float32),
        np.zeros((1, 7), dtype=np.float32),
        np.full(7, np.nan, dtype=np.float32),
    ],
)
def test_anything_but_seven_numbers_is_refused(probs):
    with pytest.raises(ValueError, match="expected 7 finite probabilities"):
        EmotionSmoother().update(probs, 0.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"buffer_size": 0}, "buffer_size"),
        ({"agg_method": "median"}, "agg_method"),
        ({"ema_min_alpha": 0.95}, "ema_min_alpha"),
        ({"transition_gap_threshold": 0.5}, "transition_gap_threshold"),
    ],
)
def test_parameters_are_checked(values, message):
    with pytest.raises(ValueError, match=message):
        SmoothingParams(**values)
