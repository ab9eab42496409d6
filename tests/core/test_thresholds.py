import math

import pytest

from facemotion.core.impostors import ImpostorTail
from facemotion.core.thresholds import PackThresholds, match_percent, similarity_at

MEASURED = ((1, 0.25), (5, 0.32), (20, 0.36), (100, 0.42), (500, 0.46))


@pytest.mark.parametrize(
    ("similarity", "percent"),
    [(0.40, 50.0), (0.50, 88.08), (0.30, 11.92), (1.0, 99.9994), (-1.0, 0.0)],
)
def test_shown_percentage(similarity, percent):
    assert match_percent(similarity, 0.40) == pytest.approx(percent, abs=0.01)


def test_percentage_of_nothing_compared_is_nan():
    assert math.isnan(match_percent(float("nan"), 0.40))


@pytest.mark.parametrize("percent", [0.1, 30.0, 50.0, 99.0])
def test_the_similarity_at_a_percentage_is_shown_as_that(percent):
    assert match_percent(similarity_at(percent, 0.37), 0.37) == pytest.approx(percent)


def test_the_ends_of_the_percentage_are_infinite():
    assert similarity_at(0.0, 0.4) == -math.inf
    assert similarity_at(100.0, 0.4) == math.inf


@pytest.mark.parametrize("size", [0, 1, 7, 100_000])
def test_a_pack_without_a_description_has_one_threshold(size):
    thresholds = PackThresholds()
    assert thresholds.threshold_for(size) == 0.40
    assert thresholds.uncertain_margin == pytest.approx(0.10)


@pytest.mark.parametrize(("size", "threshold"), [(0, 0.25), *MEASURED])
def test_measured_sizes_give_the_measured_threshold(size, threshold):
    assert PackThresholds(by_gallery_size=MEASURED).threshold_for(size) == pytest.approx(threshold)


def test_between_and_beyond_it_follows_the_logarithm():
    thresholds = PackThresholds(by_gallery_size=MEASURED)
    assert thresholds.threshold_for(10) == pytest.approx(0.34)
    assert thresholds.threshold_for(2500) == pytest.approx(0.50)
    values = [thresholds.threshold_for(size) for size in range(1, 3000, 7)]
    assert values == sorted(values)


def test_one_measured_size_holds_everywhere():
    thresholds = PackThresholds(by_gallery_size=((10, 0.33),))
    assert {thresholds.threshold_for(size) for size in (1, 10, 1000)} == {0.33}


def test_the_uncertain_band_is_as_wide_at_every_size():
    assert PackThresholds(0.40, 0.32, MEASURED).uncertain_margin == pytest.approx(0.08)


def test_a_description_of_strangers_goes_before_the_pairs():
    tail = ImpostorTail(0.05, 0.10, 0.0, 1.0)
    thresholds = PackThresholds(by_gallery_size=MEASURED, impostors=tail)
    assert thresholds.threshold_for(20) == tail.similarity_at(0.01, 20)
    assert thresholds.threshold_for(20, 0.001, 3.0) == tail.similarity_at(0.001, 20, 3.0)


@pytest.mark.parametrize(
    "arguments",
    [
        {"match": 0.3, "uncertain": 0.4},
        {"by_gallery_size": ((5, 0.3), (1, 0.2))},
        {"by_gallery_size": ((5, 0.3), (5, 0.4))},
        {"by_gallery_size": ((0, 0.3),)},
    ],
)
def test_impossible_thresholds_are_refused(arguments):
    with pytest.raises(ValueError, match=r"uncertain|grow"):
        PackThresholds(**arguments)
