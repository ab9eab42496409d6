import numpy as np
import pytest

from facemotion.core.change_evidence import ChangeEvidence, EvidenceRules
from facemotion.core.labels import EMOTIONS
from facemotion.core.smoothing import PRESETS, EmotionSmoother


def probs_of(**given):
    rest = (1.0 - sum(given.values())) / (7 - len(given))
    return np.array([given.get(name, rest) for name in EMOTIONS], np.float32)


NEUTRAL, HAPPY = probs_of(neutral=0.8), probs_of(happy=0.8)


def settled(rate_hz=10):
    evidence = ChangeEvidence(EvidenceRules())
    for step in range(rate_hz):
        _, emotion = evidence.update(NEUTRAL, step / rate_hz)
    assert emotion == "neutral"
    return evidence


def delay_s(probs, rate_hz):
    evidence = settled(rate_hz)
    for step in range(5 * rate_hz):
        if evidence.update(probs, 1.0 + step / rate_hz)[1] != "neutral":
            return step / rate_hz
    return float("inf")


@pytest.mark.parametrize("rate_hz", [5, 10, 30])
def test_clear_changes_come_at_once_and_slight_ones_later(rate_hz):
    clear, slight = (delay_s(p, rate_hz) for p in (HAPPY, probs_of(happy=0.45, neutral=0.22)))
    assert clear <= 0.21
    assert clear < slight <= 1.5


@pytest.mark.parametrize("rate_hz", [5, 10, 30])
def test_a_face_between_two_emotions_never_changes(rate_hz):
    assert delay_s(probs_of(happy=0.42, neutral=0.36), rate_hz) == float("inf")


def test_delays_hardly_depend_on_the_rate():
    slight = probs_of(happy=0.5, neutral=0.2)
    delays = [delay_s(slight, rate_hz) for rate_hz in (5, 10, 30)]
    assert max(delays) - min(delays) <= 0.2


def test_a_small_but_lasting_lead_is_shown_at_every_rate():
    for rate_hz in (5, 10, 30):
        assert 0.6 <= delay_s(probs_of(happy=0.46, neutral=0.3), rate_hz) <= 1.4


def test_a_face_that_wanders_makes_the_word_change_more_and_more_seldom():
    leads = [probs_of(happy=0.5, neutral=0.3), probs_of(happy=0.3, neutral=0.5)]
    evidence, shown = settled(), []
    for step in range(600):
        shown.append(evidence.update(leads[step // 10 % 2], 1.0 + step * 0.1)[1])
    changes = [at for at in range(1, 600) if shown[at] != shown[at - 1]]
    assert 1 <= len(changes) <= 12


def test_a_lively_face_is_still_followed():
    evidence = settled()
    for number in range(20):
        probs = HAPPY if number % 2 == 0 else NEUTRAL
        shown = [evidence.update(probs, 1.0 + 3.0 * number + n * 0.1)[1] for n in range(30)]
        assert shown.index("happy" if number % 2 == 0 else "neutral") <= 3


def test_one_odd_reading_changes_nothing():
    evidence = settled()
    for step in range(60):
        given = HAPPY if step % 10 == 5 else NEUTRAL
        assert evidence.update(given, 1.0 + step * 0.1)[1] == "neutral"


def test_the_first_emotion_needs_half_the_evidence_and_a_winner():
    evidence = ChangeEvidence(EvidenceRules())
    assert evidence.update(probs_of(happy=0.4, neutral=0.39), 0.0)[1] is None
    assert evidence.update(HAPPY, 0.1)[1] == "happy"


def test_an_unlikely_emotion_is_not_shown():
    evidence = ChangeEvidence(EvidenceRules(min_confidence=0.6))
    for step in range(50):
        assert evidence.update(probs_of(happy=0.5), step * 0.1)[1] is None


def test_evidence_is_forgotten_over_a_pause_and_what_is_shown_is_not():
    evidence = settled()
    evidence.update(HAPPY, 1.0)
    assert evidence.update(HAPPY, 3.0)[1] == "neutral"
    assert evidence.update(HAPPY, 3.1)[1] == "happy"
    evidence.reset()
    assert evidence.update(probs_of(happy=0.2, neutral=0.2), 4.0)[1] is None


def test_probabilities_of_nought_are_no_trouble():
    evidence = ChangeEvidence(EvidenceRules())
    certain = np.eye(7, dtype=np.float32)
    for step in range(40):
        mean, emotion = evidence.update(certain[3 if step < 20 else 5], step * 0.1)
        assert mean.sum() == pytest.approx(1.0)
    assert emotion == "sad"


def test_the_smoother_says_what_changed():
    smoother = EmotionSmoother(PRESETS["Adaptive"])
    results = [smoother.update(NEUTRAL if n < 10 else HAPPY, n * 0.1) for n in range(20)]
    assert [r.changed_from for r in results if r.changed_from] == ["neutral"]
    assert results[-1].emotion == "happy"
    assert smoother.hold(3.0).emotion == "happy"
    assert smoother.hold(30.0).emotion is None
