import numpy as np
import pytest

from training.certainty import (
    bins,
    fit_temperature,
    gap_quantiles,
    halves,
    negative_log_likelihood,
    softmax,
    wilson_interval,
)
from training.evaluate import other_half_errors
from training.metrics import (
    accuracy_record,
    calibration_record,
    classification_record,
    confusion_matrix,
    expected_calibration_error,
    f1_scores,
    recalls,
)


def test_wilson_interval_against_a_published_value() -> None:
    # 81 of 263: Newcombe (1998), table I, method 3: 0.2553–0.3662
    low, high = wilson_interval(81, 263)
    assert low == pytest.approx(0.2553, abs=5e-5)
    assert high == pytest.approx(0.3662, abs=5e-5)
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_confusion_has_true_classes_in_rows() -> None:
    predicted, labels = np.array([1, 1, 0]), np.array([0, 1, 0])
    confusion = confusion_matrix(predicted, labels, 3)
    np.testing.assert_array_equal(confusion, [[1, 1, 0], [0, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(recalls(predicted, labels, 3), [0.5, 1.0, np.nan])
    np.testing.assert_allclose(f1_scores(predicted, labels, 3), [2 / 3, 2 / 3, np.nan])


def test_class_that_is_predicted_but_has_no_examples_does_not_count() -> None:
    scores = f1_scores(np.array([2, 1, 0]), np.array([0, 1, 0]), 3)
    np.testing.assert_allclose(scores, [2 / 3, 1.0, np.nan])


def test_calibration_error_by_hand() -> None:
    # Certainty 0.9 and right half the time: off by 0.4; certainty 0.6 and always right: by 0.4.
    probs = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    labels = np.array([0, 1, 0, 0])
    assert expected_calibration_error(probs, labels) == pytest.approx(0.4)


def test_calibration_error_is_that_of_the_drawn_bins() -> None:
    rng = np.random.default_rng(0)
    probs = softmax(rng.normal(0.0, 2.0, (5000, 7)))
    labels = rng.integers(0, 7, 5000)
    by_hand = sum(abs(b.mean_certainty - b.accuracy) * b.share for b in bins(probs, labels))
    assert expected_calibration_error(probs, labels) == pytest.approx(by_hand, abs=1e-6)


def test_certain_and_right_has_no_calibration_error() -> None:
    probs = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert expected_calibration_error(probs, np.array([0, 1])) == pytest.approx(0.0)


def test_likelihood_by_hand() -> None:
    probs = np.array([[0.5, 0.5], [0.25, 0.75]])
    expected = -(np.log(0.5) + np.log(0.25)) / 2.0
    assert negative_log_likelihood(probs, np.array([0, 0])) == pytest.approx(expected)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_fitted_temperature_finds_the_one_that_made_the_labels(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0.0, 2.0, (40_000, 3))
    draws = rng.random(len(logits))
    labels = (draws[:, None] > softmax(logits, temperature).cumsum(1)).sum(1)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.03)


def test_temperature_does_not_change_the_answer_but_lowers_the_likelihood_cost() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 2000)
    logits = rng.normal(0.0, 3.0, (2000, 7))
    logits[np.arange(2000), labels] += 2.0
    record = calibration_record(logits, labels, fit_temperature(logits, labels))
    assert record["nll_after"] < record["nll_before"]
    assert record["ece_after"] < record["ece_before"]


def test_halves_are_disjoint_complete_and_repeatable() -> None:
    first, second = halves(101)
    assert sorted([*first, *second]) == list(range(101))
    np.testing.assert_array_equal(first, halves(101)[0])
    assert len(first) == 50


def test_error_of_the_other_half_does_not_depend_on_the_logits_scale() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=(600, 7)).astype(np.float32) * 2.0
    labels = np.array([random.choice(7, p=row) for row in softmax(logits)])
    calm, loud = other_half_errors(logits, labels, 20), other_half_errors(2.0 * logits, labels, 20)
    assert calm["splits"] == 20
    assert calm["median"] == pytest.approx(loud["median"], abs=0.002)
    assert 0.0 < calm["median"] < 0.08 <= calibration_record(2.0 * logits, labels, 1.0)["ece_after"]
    assert calm["median"] <= calm["quantile_95"]


def test_records_carry_their_denominator() -> None:
    logits = np.eye(7)[[0, 1, 1, 6]]
    labels = np.array([0, 1, 2, 6])
    record = classification_record(logits, labels)
    assert (record["correct"], record["of"], record["accuracy"]) == (3, 4, 0.75)
    assert record["classes_with_examples"] == 4
    assert record["recall"]["fear"] == 0.0
    assert record["recall"]["happy"] is None
    assert record["support"]["surprise"] == 1
    assert accuracy_record(logits[:0], labels[:0])["of"] == 0


def test_gaps_are_given_for_each_true_class() -> None:
    probs = np.zeros((2, 7))
    probs[:, 0], probs[:, 1] = 0.8, 0.2
    found = gap_quantiles(probs, np.array([0, 0]))
    assert list(found) == ["angry"]
    assert found["angry"]["q50"] == pytest.approx(0.6)
