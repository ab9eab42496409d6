import pytest

from facemotion.core.face_sampler import FaceSampler


def taken(sampler, seconds, faces=(1,), per_s=10):
    """How many faces are let through, with so many results a second."""
    steps = range(1, round(seconds * per_s) + 1)
    return sum(len(sampler.take(list(faces), step / per_s)) for step in steps)


def test_the_first_face_is_taken_at_once():
    assert FaceSampler(0.1).take([7], 100.0) == [7]


@pytest.mark.parametrize("rate", [0.1, 1.0, 2.0, 7.0, 30.0])
@pytest.mark.parametrize("results_per_s", [5, 30])
def test_never_more_a_second_than_asked(rate, results_per_s):
    faces = list(range(12))
    count = taken(FaceSampler(rate), 20.0, faces, results_per_s)
    assert count <= 20.0 * rate + 2
    assert count >= min(20.0 * rate, 1) - 1


def test_with_enough_faces_the_rate_is_reached():
    assert taken(FaceSampler(5.0), 10.0) == pytest.approx(50, abs=2)


def test_faces_take_turns():
    sampler = FaceSampler(1.0)
    order = [sampler.take([1, 2, 3], float(second)) for second in range(6)]
    assert order == [[1], [2], [3], [1], [2], [3]]


def test_a_new_face_goes_first_and_one_that_left_is_forgotten():
    sampler = FaceSampler(1.0)
    assert sampler.take([1], 0.0) == [1]
    assert sampler.take([1, 2], 1.0) == [2]
    assert sampler.take([2], 2.0) == [2]
    assert sampler.take([2, 1], 3.0) == [1]


def test_a_pause_saves_up_a_quarter_of_a_second():
    sampler = FaceSampler(20.0)
    sampler.take([1], 0.0)
    assert len(sampler.take(list(range(50)), 60.0)) == 5


def test_a_clock_that_goes_back_earns_nothing():
    sampler = FaceSampler(1.0)
    assert sampler.take([1], 10.0) == [1]
    assert sampler.take([1], 5.0) == []
    assert sampler.take([1], 5.5) == []
    assert sampler.take([1], 6.1) == [1]


def test_nobody_is_there():
    sampler = FaceSampler(2.0)
    assert sampler.take([], 0.0) == []
    assert sampler.take([4], 0.1) == [4]
