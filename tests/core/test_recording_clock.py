import numpy as np
import pytest

from facemotion.core.recording_clock import RecordingClock
from facemotion.core.types import Frame

PICTURE = np.zeros((2, 2, 3), np.uint8)


def stamps(*moments):
    """Times of the recording for (source time, moment of capture)."""
    clock = RecordingClock()
    return [clock.stamp(Frame(PICTURE, time_s, 0, captured_at_s=at_s)) for time_s, at_s in moments]


def test_a_source_that_plays_on_keeps_its_own_spacing():
    late = [0.0, 0.013, -0.004, 0.2, 0.0]
    times_s = [7.0 + n / 24.0 for n in range(5)]
    found = stamps(*((t, 100.0 + t + d) for t, d in zip(times_s, late, strict=True)))
    assert found == [0.0, 0.042, 0.083, 0.125, 0.167]


@pytest.mark.parametrize(
    "source_s", [0.0, 0.04, 60.0], ids=["loop or another source", "standing still", "seek"]
)
def test_after_a_jump_the_time_that_passed_counts(source_s):
    found = stamps((0.0, 50.0), (0.04, 50.04), (source_s, 50.10), (source_s + 0.04, 50.14))
    assert found == [0.0, 0.04, 0.1, 0.14]


def test_a_pause_is_part_of_the_recording():
    assert stamps((1.0, 5.0), (1.04, 5.04), (1.08, 15.0)) == [0.0, 0.04, 10.0]


def test_a_source_that_runs_slow_is_followed_again():
    found = stamps((0.0, 0.0), (0.1, 0.3), (0.2, 0.6), (0.3, 0.7))
    assert found == [0.0, 0.1, 0.6, 0.7]


def test_time_never_stands_still_or_goes_back():
    found = stamps((0.0, 9.0), (0.2, 9.0), (0.0, 9.1), (0.0, 9.1))
    assert found == [0.0, 0.2, 0.201, 0.202]


def test_a_moment_between_frames_has_a_time():
    clock = RecordingClock()
    assert clock.at(3.0) == 0.0
    assert not clock.has_begun
    clock.stamp(Frame(PICTURE, 0.0, 0, captured_at_s=10.0))
    clock.stamp(Frame(PICTURE, 2.0, 1, captured_at_s=12.0))
    assert clock.has_begun
    assert clock.at(12.25) == 2.25
    assert clock.at(11.0) == 2.0
    assert clock.stand(13.0) == 3.0
    assert clock.stamp(Frame(PICTURE, 3.04, 2, captured_at_s=13.04)) == 3.04
