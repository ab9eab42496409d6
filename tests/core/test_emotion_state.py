import pytest

from facemotion.core.emotion_state import EmotionStateMachine, StateRules, top_emotion
from facemotion.core.labels import EMOTIONS
from tests.core.faces import probs_of

HAPPY = probs_of(happy=0.45, neutral=0.25)
SAD = probs_of(sad=0.45, neutral=0.25)
STRONG_SAD = probs_of(sad=0.8)
FAINT_SAD = probs_of(sad=0.29, neutral=0.10)
UNDECIDED_SAD = probs_of(sad=0.40, happy=0.38)


def shown(machine, vectors, interval_s=0.1, start_s=0.0):
    return [machine.update(v, start_s + i * interval_s) for i, v in enumerate(vectors)]


def settled(**rules):
    machine = EmotionStateMachine(StateRules(**rules))
    shown(machine, [HAPPY] * 8, start_s=-0.8)
    assert machine.shown == "happy"
    return machine


@pytest.mark.parametrize("name", EMOTIONS)
def test_top_emotion_names_the_likeliest(name):
    assert top_emotion(probs_of(**{name: 0.5})) == name


def test_top_emotion_on_the_limit_below_it_and_on_a_tie():
    probs = probs_of(sad=0.5)
    assert top_emotion(probs, float(probs.max())) == "sad"
    assert top_emotion(probs, 0.51) is None
    assert top_emotion(probs_of(sad=0.5, fear=0.5)) == "fear"


def test_the_first_emotion_is_shown_after_its_streak():
    machine = EmotionStateMachine(StateRules())
    assert shown(machine, [HAPPY] * 4) == [None, None, "happy", "happy"]


def test_a_strong_first_emotion_is_shown_at_once():
    assert EmotionStateMachine(StateRules()).update(STRONG_SAD, 0.0) == "sad"


@pytest.mark.parametrize("streak", [1, 2, 3, 6])
def test_a_change_needs_its_streak(streak):
    machine = settled(min_streak_to_switch=streak)
    words = shown(machine, [SAD] * (streak + 2))
    assert words == ["happy"] * (streak - 1) + ["sad"] * 3


@pytest.mark.parametrize("rate_hz", [5, 10, 20, 30])
def test_the_delay_is_the_same_at_every_rate(rate_hz):
    machine = settled()
    words = shown(machine, [SAD] * rate_hz, 1.0 / rate_hz)
    assert words.index("sad") / rate_hz == pytest.approx(0.2, abs=0.034)


@pytest.mark.parametrize("interval_s", [0.09, 0.11])
def test_jitter_does_not_cost_another_update(interval_s):
    assert shown(settled(), [SAD] * 3, interval_s)[-1] == "sad"


def test_an_interruption_restarts_the_streak():
    words = shown(settled(), [SAD, SAD, HAPPY, SAD, SAD, SAD])
    assert words == ["happy"] * 5 + ["sad"]


def test_a_pause_restarts_the_streak():
    machine = settled()
    shown(machine, [SAD, SAD])
    assert machine.update(SAD, 1.2) == "happy"
    assert shown(machine, [SAD] * 2, start_s=1.3) == ["happy", "sad"]


def test_going_back_in_time_restarts_the_streak():
    machine = settled()
    shown(machine, [SAD, SAD], start_s=1.0)
    assert machine.update(SAD, 0.5) == "happy"


def test_a_strong_change_is_shown_at_once_unless_switched_off():
    assert settled().update(STRONG_SAD, 0.0) == "sad"
    assert settled(snap_on_strong_new=False).update(STRONG_SAD, 0.0) == "happy"


def test_a_faint_reading_changes_nothing_however_often():
    assert set(shown(settled(), [FAINT_SAD] * 20)) == {"happy"}
    assert set(shown(settled(min_confidence=0.2), [FAINT_SAD] * 20)) == {"happy", "sad"}


def test_switching_needs_a_lead_but_the_first_emotion_does_not():
    assert set(shown(settled(), [UNDECIDED_SAD] * 20)) == {"happy"}
    assert shown(EmotionStateMachine(StateRules()), [UNDECIDED_SAD] * 3)[-1] == "sad"


def test_the_streak_goes_on_while_the_lead_is_too_small():
    words = shown(settled(), [UNDECIDED_SAD, UNDECIDED_SAD, SAD])
    assert words == ["happy", "happy", "sad"]


def test_the_gap_filter_leaves_ambiguous_readings_out():
    machine = EmotionStateMachine(StateRules(min_gap=0.03))
    assert set(shown(machine, [UNDECIDED_SAD] * 10)) == {None}


def test_without_an_interval_updates_are_counted():
    words = shown(settled(nominal_interval_s=0.0), [SAD] * 3, 0.001)
    assert words == ["happy", "happy", "sad"]


def test_reset_forgets():
    machine = settled()
    machine.reset()
    assert machine.shown is None
    assert machine.update(HAPPY, 0.0) is None
