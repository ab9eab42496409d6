import numpy as np
import pytest

from facemotion.core.prediction_buffer import AGG_METHODS, PredictionBuffer, probability_gap
from tests.core.faces import probs_of

HAPPY = probs_of(happy=0.9)
SAD = probs_of(sad=0.9)
FEAR = probs_of(fear=0.9)


def fed(buffer, *vectors, interval_s=0.1):
    result = None
    for number, vector in enumerate(vectors):
        result = buffer.update(vector, number * interval_s)
    return result


@pytest.mark.parametrize(
    ("probs", "gap"),
    [
        ([0.7, 0.2, 0.1], 0.5),
        ([0.2, 0.1, 0.7], 0.5),
        ([0.4, 0.4, 0.2], 0.0),
        ([1.0, 0.0], 1.0),
    ],
)
def test_gap_is_the_lead_of_the_first_over_the_second(probs, gap):
    assert probability_gap(np.array(probs, dtype=np.float32)) == pytest.approx(gap)


def test_a_single_vector_comes_back():
    assert np.allclose(fed(PredictionBuffer(), HAPPY), HAPPY)


def test_a_clear_vector_snaps_to_the_mean_of_the_two_newest():
    assert np.allclose(fed(PredictionBuffer(), FEAR, SAD, HAPPY), (SAD + HAPPY) / 2)


def test_a_fairly_clear_vector_counts_with_the_newer_half():
    middling = probs_of(happy=0.4, neutral=0.2)
    for size, used in ((3, 2), (4, 2), (5, 3)):
        vectors = [*[FEAR] * (size - 2), SAD, middling]
        expected = np.mean(vectors[-used:], axis=0)
        assert np.allclose(fed(PredictionBuffer(size), *vectors), expected)


def test_an_unclear_vector_counts_with_the_first_and_the_middle_one():
    unclear = probs_of(happy=0.3, neutral=0.25)
    result = fed(PredictionBuffer(5), FEAR, HAPPY, SAD, HAPPY, unclear)
    assert np.allclose(result, (FEAR + SAD + unclear) / 3)


@pytest.mark.parametrize("gap", [0.35, 0.10])
def test_a_gap_on_the_threshold_counts_as_reached(gap):
    newest = np.zeros(7, dtype=np.float32)
    newest[3], newest[4] = 0.5 + gap / 2, 0.5 - gap / 2
    threshold = probability_gap(newest)
    on, above = (
        fed(PredictionBuffer(3, "mean", snap, transition), FEAR, SAD, newest)
        for snap, transition in ((threshold, 0.0), (threshold + 1e-6, threshold + 1e-6))
    )
    assert np.allclose(on, (SAD + newest) / 2)
    assert np.allclose(above, (FEAR + SAD + newest) / 3)


def test_only_the_last_vectors_are_held():
    unclear = probs_of(happy=0.3, neutral=0.25)
    result = fed(PredictionBuffer(3), HAPPY, FEAR, SAD, unclear)
    assert np.allclose(result, (FEAR + SAD + unclear) / 3)


@pytest.mark.parametrize("method", sorted(AGG_METHODS))
@pytest.mark.parametrize("seed", range(5))
def test_every_method_gives_a_distribution(method, seed):
    rng = np.random.default_rng(seed)
    buffer = PredictionBuffer(5, method)
    for number, vector in enumerate(rng.dirichlet(np.full(7, 0.5), 20).astype(np.float32)):
        result = buffer.update(vector, number * 0.07)
        assert result.shape == (7,)
        assert result.dtype == np.float32
        assert result.sum() == pytest.approx(1.0, abs=1e-5)
        assert (result >= 0.0).all()


def test_max_takes_the_highest_of_each_class():
    result = AGG_METHODS["max"](np.stack([HAPPY, SAD]))
    assert result == pytest.approx(np.maximum(HAPPY, SAD) / np.maximum(HAPPY, SAD).sum())


def test_voting_gives_the_mean_of_the_majority():
    faint = probs_of(sad=0.4, happy=0.35)
    result = AGG_METHODS["voting"](np.stack([faint, HAPPY, probs_of(sad=0.5)]))
    assert result == pytest.approx((faint + probs_of(sad=0.5)) / 2)


def test_a_tied_vote_goes_to_the_likelier_class():
    result = AGG_METHODS["voting"](np.stack([probs_of(angry=0.5), HAPPY]))
    assert result == pytest.approx(HAPPY)


def test_updates_within_a_slot_are_merged():
    buffer = PredictionBuffer(3)
    buffer.update(SAD, 0.0)
    buffer.update(SAD, 0.03)
    result = buffer.update(HAPPY, 0.06)
    assert np.allclose(result, (SAD + SAD + HAPPY) / 3)


def test_a_missing_slot_holds_the_value_before_it():
    buffer = PredictionBuffer(3)
    buffer.update(SAD, 0.0)
    assert np.allclose(buffer.update(HAPPY, 0.2), (SAD + HAPPY) / 2)


def test_old_updates_expire_by_time():
    buffer = PredictionBuffer(3)
    buffer.update(SAD, 0.0)
    assert np.allclose(buffer.update(HAPPY, 0.5), HAPPY)


@pytest.mark.parametrize("jitter_s", [-0.02, 0.02])
def test_jitter_does_not_merge_updates_at_the_nominal_rate(jitter_s):
    buffer = PredictionBuffer(3)
    buffer.update(FEAR, 0.0)
    buffer.update(SAD, 0.1)
    result = buffer.update(HAPPY, 0.2 + jitter_s)
    assert np.allclose(result, (SAD + HAPPY) / 2)


def test_without_slots_every_update_counts_whatever_the_time():
    buffer = PredictionBuffer(3, slot_s=0.0)
    buffer.update(FEAR, 0.0)
    buffer.update(SAD, 0.001)
    assert np.allclose(buffer.update(HAPPY, 99.0), (SAD + HAPPY) / 2)


def test_going_back_in_time_and_reset_start_anew():
    buffer = PredictionBuffer(3)
    buffer.update(SAD, 5.0)
    assert np.allclose(buffer.update(HAPPY, 4.0), HAPPY)
    buffer.reset()
    assert np.allclose(buffer.update(FEAR, 4.1), FEAR)


def test_memory_does_not_grow():
    buffer = PredictionBuffer(3)
    for number in range(1000):
        buffer.update(HAPPY, number / 120.0)
    assert len(buffer._updates) <= 40


@pytest.mark.parametrize(
    ("arguments", "message"), [((0,), "at least 1"), ((3, "median"), "agg_method")]
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        PredictionBuffer(*arguments)
