import pytest

from facemotion.analysis.batch_progress import BatchProgress
from facemotion.analysis.jobs import JobNews, JobState


def running(number, fraction, frames=1):
    return JobNews(number, JobState.RUNNING, fraction, frames)


@pytest.fixture
def progress():
    made = BatchProgress()
    made.add(1, 100.0)
    made.add(2, 300.0)
    return made


def test_nothing_is_known_at_first(progress):
    assert progress.fraction == 0.0
    assert progress.remaining_s(10.0) is None
    assert (progress.over_count, progress.count) == (0, 2)


def test_without_jobs_all_is_done():
    assert BatchProgress().fraction == 1.0


def test_time_left_follows_from_the_sizes(progress):
    progress.take(running(1, 0.0, frames=0), 0.0)
    progress.take(running(1, 0.5), 100.0)
    assert progress.remaining_s(101.0) is None  # too early to tell
    progress.take(JobNews(1, JobState.DONE, 1.0, 9), 110.0)
    assert progress.fraction == 0.25
    assert progress.remaining_s(110.0) == pytest.approx(30.0)
    assert progress.over_count == 1


def test_pauses_do_not_count(progress):
    progress.take(running(1, 1.0), 0.0)
    progress.pause(True, 10.0)
    progress.pause(False, 1000.0)
    progress.take(running(2, 0.0), 1000.0)
    assert progress.remaining_s(1000.0) == pytest.approx(30.0)
    assert progress.remaining_s(1010.0) == pytest.approx(60.0)


def test_news_while_paused_do_not_start_the_clock(progress):
    progress.pause(True, 0.0)
    progress.take(running(1, 0.5), 1.0)
    assert progress.remaining_s(50.0) is None


def test_what_took_no_time_is_left_out(progress):
    progress.take(JobNews(2, JobState.DONE, 1.0, 10, is_kept=True), 0.0)
    assert progress.fraction == 0.0
    progress.take(JobNews(1, JobState.FAILED), 1.0)
    assert progress.fraction == 1.0
    assert progress.over_count == 2


def test_unknown_numbers_and_ends_are_no_trouble(progress):
    progress.take(running(9, 0.5), 0.0)
    progress.take(running(1, None), 0.0)
    assert progress.fraction == 0.0
    assert progress.count == 2
