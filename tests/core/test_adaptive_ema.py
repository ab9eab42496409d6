import numpy as np
import pytest

from facemotion.core.adaptive_ema import AdaptiveEma
from tests.core.faces import probs_of

CLEAR = probs_of(happy=0.8)
UNCLEAR = probs_of(happy=0.30, sad=0.25)
START = probs_of(neutral=0.9)


@pytest.mark.parametrize(
    ("alpha", "gap", "expected"),
    [
        (0.5, 0.30, 0.75),
        (0.5, 0.20, 0.75),
        (0.5, 0.199, 0.25),
        (0.7, 0.30, 0.9),
        (0.1, 0.10, 0.1),
        (0.3, 0.10, 0.15),
    ],
)
def test_weight_at_the_nominal_interval(alpha, gap, expected):
    assert AdaptiveEma(alpha).weight(gap, 0.1) == pytest.approx(expected)


def test_the_first_vector_comes_back_as_a_copy():
    given = START.copy()
    result = AdaptiveEma().update(given, 0.0)
    given[:] = 0.0
    assert np.array_equal(result, START)


@pytest.mark.parametrize(("probs", "weight"), [(CLEAR, 0.75), (UNCLEAR, 0.25)])
def test_clear_vectors_weigh_more(probs, weight):
    ema = AdaptiveEma()
    ema.update(START, 0.0)
    assert np.allclose(ema.update(probs, 0.1), START + weight * (probs - START), atol=1e-6)


@pytest.mark.parametrize("rate_hz", [5, 10, 30, 60])
def test_the_mean_arrives_at_the_same_place_at_every_rate(rate_hz):
    ema = AdaptiveEma()
    ema.update(START, 0.0)
    for number in range(1, rate_hz + 1):
        result = ema.update(UNCLEAR, number / rate_hz)
    assert np.allclose(result, START + (1 - 0.75**10) * (UNCLEAR - START), atol=1e-5)


def test_after_a_long_pause_the_new_vector_takes_over():
    ema = AdaptiveEma()
    ema.update(START, 0.0)
    assert np.allclose(ema.update(UNCLEAR, 10.0), UNCLEAR, atol=1e-6)


def test_the_same_time_twice_changes_nothing():
    ema = AdaptiveEma()
    ema.update(START, 1.0)
    assert np.allclose(ema.update(CLEAR, 1.0), START)


def test_without_an_interval_the_weight_holds_for_every_update():
    ema = AdaptiveEma(nominal_interval_s=0.0)
    assert ema.weight(0.5, 0.001) == ema.weight(0.5, 100.0) == 0.75


def test_results_are_never_written_again():
    ema = AdaptiveEma()
    first = ema.update(START, 0.0)
    kept = first.copy()
    ema.update(CLEAR, 0.1)
    assert np.array_equal(first, kept)


def test_going_back_in_time_and_reset_start_anew():
    ema = AdaptiveEma()
    ema.update(START, 5.0)
    assert np.array_equal(ema.update(CLEAR, 4.0), CLEAR)
    ema.reset()
    assert np.array_equal(ema.update(START, 4.1), START)
