import math

import pytest

from facemotion.core.impostors import ImpostorTail

NORMAL = ImpostorTail(0.05, 0.10, crowding=1.0)


def share_above(similarity, people):
    below = 0.5 * (1.0 + math.erf((similarity - 0.05) / 0.10 / math.sqrt(2.0)))
    return 1.0 - below**people


@pytest.mark.parametrize("people", [1, 10, 1000])
@pytest.mark.parametrize("rate", [0.05, 0.01, 0.001])
def test_independent_normal_strangers_are_accepted_at_the_rate_asked_for(people, rate):
    assert share_above(NORMAL.similarity_at(rate, people), people) == pytest.approx(rate, rel=0.01)


def test_it_grows_with_people_photos_and_strictness():
    tail = ImpostorTail(0.056, 0.072, 0.007, 0.97)
    sizes = [tail.similarity_at(0.01, people) for people in (0, 1, 5, 20, 100, 500, 100_000)]
    assert sizes[0] == sizes[1]
    assert sizes[1:] == sorted(set(sizes[1:]))
    photos = [tail.similarity_at(0.01, 20, each) for each in (0.5, 1.0, 3.0, 5.0)]
    assert photos[0] == photos[1] < photos[2] < photos[3]
    rates = [tail.similarity_at(rate, 20) for rate in (0.9, 0.2, 0.01, 0.0001, 1e-12)]
    assert rates == sorted(rates)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, 2.0])
def test_impossible_rates_are_refused(rate):
    with pytest.raises(ValueError, match="between 0 and 1"):
        NORMAL.similarity_at(rate, 5)


@pytest.mark.parametrize(
    "numbers",
    [
        (math.nan, 0.1),
        (0.0, 0.0),
        (0.0, 0.1, -0.1),
        (0.0, 0.1, 0.0, 0.0),
        (0.0, 0.1, 0.0, 2.0),
        (0.0, 0.1, 0.0, 1.0, -0.1),
        (0.0, 0.1, 0.0, 1.0, 1.1),
    ],
)
def test_impossible_descriptions_are_refused(numbers):
    with pytest.raises(ValueError, match="need"):
        ImpostorTail(*numbers)
