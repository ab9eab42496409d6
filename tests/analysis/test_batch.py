"""The real queue with real processes; what goes on inside one of them is tested in this one."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time

import pytest

from facemotion.analysis import batch as batch_module
from facemotion.analysis.batch import (
    Batch,
    default_process_count,
    processor_count,
    run_here,
)
from facemotion.analysis.inputs import find_inputs
from facemotion.analysis.jobs import AnalysisJob, JobControl, JobState
from facemotion.analysis.worker import (
    Ended,
    Logged,
    PauseOrder,
    Ready,
    StopOrder,
    Unfit,
    step_back,
    work,
)
from facemotion.analysis.worker_process import WorkerProcess
from facemotion.core.errors import ModelError


def jobs_of(folder, out, options, **more):
    found = find_inputs([str(folder)]).inputs
    return [
        AnalysisJob(number, source, out / source.folder_name, options, **more)
        for number, source in enumerate(found, start=1)
    ]


class Ears:
    """Hears everything, and can act on it."""

    def __init__(self):
        self.news = []
        self.notes = []
        self.react = None

    def hear(self, news):
        self.news.append(news)
        if self.react is not None:
            self.react(news)

    def last(self):
        return {news.number: news.state for news in self.news}

    def sentences(self):
        return [sentence for news in self.news for sentence in news.problems]


@pytest.fixture
def ears():
    return Ears()


def run_batch(equipment, ears, jobs, count=2):
    batch = Batch(equipment, count, ears.hear, ears.notes.append, is_behind_window=True)
    batch.add(jobs)
    batch.run()
    assert multiprocessing.active_children() == []
    return batch


def contents(out):
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
def test_processes_give_the_same_bytes_as_none(equipment, clips, tmp_path, ears):
    from facemotion.analysis.runner import AnalysisOptions

    here, there = jobs_of(clips, tmp_path / "here", AnalysisOptions()), tmp_path / "there"
    run_here(here, equipment, JobControl(), ears.hear, ears.notes.append)
    run_batch(equipment, ears, jobs_of(clips, there, AnalysisOptions()))
    assert ears.last() == dict.fromkeys((1, 2, 3), JobState.DONE)
    assert len(contents(there)) == 12
    assert contents(there) == contents(tmp_path / "here")


def test_a_broken_input_fails_and_the_rest_goes_on(equipment, clips, tmp_path, ears, timeline_only):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.mp4").write_bytes(b"no video")
    (broken / "b.mp4").write_bytes((clips / "c.mp4").read_bytes())
    run_batch(equipment, ears, jobs_of(broken, tmp_path / "out", timeline_only), count=1)
    assert ears.last() == {1: JobState.FAILED, 2: JobState.DONE}
    assert "a.mp4 is not a video" in ears.sentences()[0]


def test_a_process_that_dies_fails_its_job_alone(
    equipment, clips, tmp_path, ears, timeline_only, caplog
):
    batch = Batch(equipment, 1, ears.hear, ears.notes.append)

    def kill_first(news):
        if news.number == 1 and news.state is JobState.RUNNING and not killed:
            killed.append(batch._workers[0].process_id)
            os.kill(killed[0], signal.SIGTERM)

    killed = []
    ears.react = kill_first
    batch.add(jobs_of(clips, tmp_path / "out", timeline_only))
    batch.run()
    assert ears.last() == {1: JobState.FAILED, 2: JobState.DONE, 3: JobState.DONE}
    assert "its process died" in ears.sentences()[0]
    assert "died" in caplog.text


def test_orders_while_it_runs(equipment, clips, tmp_path, ears, timeline_only):
    """The first is stopped while paused, the second before its turn; one is added late."""
    jobs = jobs_of(clips, tmp_path / "out", timeline_only)
    batch = Batch(equipment, 1, ears.hear, ears.notes.append)

    def order(news):
        if news.number == 1 and news.state is JobState.RUNNING and news.frame_count > 0:
            ears.react = None
            batch.pause(True)
            batch.stop_job(1)
            batch.stop_job(2)
            batch.pause(False)
            batch.add(jobs[2:])

    ears.react = order
    batch.add(jobs[:2])
    batch.run()
    assert ears.last() == {1: JobState.STOPPED, 2: JobState.STOPPED, 3: JobState.DONE}


def test_nothing_moves_while_paused(equipment, clips, tmp_path, ears, timeline_only):
    batch = Batch(equipment, 1, ears.hear, ears.notes.append)
    batch.pause(True)
    batch.add(jobs_of(clips, tmp_path / "out", timeline_only)[:1])
    runner = threading.Thread(target=batch.run)
    runner.start()
    deadline = time.monotonic() + 60.0
    while not (batch._workers and batch._workers[0].is_ready) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    assert ears.news == []
    batch.pause(False)
    runner.join(60.0)
    assert ears.last() == {1: JobState.DONE}


def test_the_end_comes_soon_and_leaves_nothing_half_done(
    equipment, clips, tmp_path, ears, timeline_only
):
    batch = Batch(equipment, 2, ears.hear, ears.notes.append)

    def end(news):
        if news.frame_count > 0:
            batch.end()

    ears.react = end
    batch.add(jobs_of(clips, tmp_path / "out", timeline_only))
    batch.run()
    assert multiprocessing.active_children() == []
    assert JobState.STOPPED in ears.last().values()
    assert not [name for name in contents(tmp_path / "out") if name.endswith(".part")]


def test_models_that_cannot_be_opened_fail_everything(
    equipment, clips, tmp_path, ears, timeline_only
):
    import dataclasses

    unfit = dataclasses.replace(equipment, pack_dir=tmp_path / "no pack")
    jobs = jobs_of(clips, tmp_path / "out", timeline_only)
    run_batch(unfit, ears, jobs)
    assert set(ears.last().values()) == {JobState.FAILED}
    assert all("no pack" in sentence for sentence in ears.sentences())
    with pytest.raises(ModelError, match="no pack"):
        run_here(jobs, unfit, JobControl(), ears.hear, ears.notes.append)


def test_without_processes_everything_fails_in_words(
    equipment, clips, tmp_path, ears, timeline_only, monkeypatch
):
    def refuse(*args, **kwargs):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(batch_module, "WorkerProcess", refuse)
    run_batch(equipment, ears, jobs_of(clips, tmp_path / "out", timeline_only))
    assert set(ears.last().values()) == {JobState.FAILED}
    assert "temporarily unavailable" in ears.sentences()[0]


def test_processes_that_die_at_once_are_not_started_for_ever(
    equipment, clips, tmp_path, ears, timeline_only, monkeypatch
):
    monkeypatch.setattr("facemotion.analysis.worker_process.work", _exit_at_once)
    run_batch(equipment, ears, jobs_of(clips, tmp_path / "out", timeline_only), count=1)
    assert set(ears.last().values()) == {JobState.FAILED}
    assert "exit code 7" in ears.sentences()[0]


def _exit_at_once(*_args):
    sys.exit(7)


def test_a_fault_of_ours_is_logged_and_the_rest_goes_on(
    equipment, clips, tmp_path, ears, timeline_only, monkeypatch, caplog
):
    from facemotion.analysis.workbench import Workbench

    do = Workbench.do

    def fail_first(self, job, control, listener):
        if job.number == 1:
            raise ZeroDivisionError
        return do(self, job, control, listener)

    monkeypatch.setattr(Workbench, "do", fail_first)
    jobs = jobs_of(clips, tmp_path / "out", timeline_only)
    run_here(jobs[:2], equipment, JobControl(), ears.hear, ears.notes.append)
    assert ears.last() == {1: JobState.FAILED, 2: JobState.DONE}
    assert "ZeroDivisionError" in caplog.text


def test_how_many_at_the_same_time():
    assert default_process_count("CUDA", 100) == 1
    assert default_process_count("CPU", 1) == 1
    assert default_process_count("CPU", 100) == min(processor_count(), 8)


def test_a_process_that_does_not_listen_is_ended(equipment, monkeypatch):
    monkeypatch.setattr("facemotion.analysis.worker_process.work", _sleep)
    worker = WorkerProcess(equipment)
    worker.dismiss()
    assert worker.join(0.2) in (f"ended by signal {signal.SIGTERM:d}", "exit code -15")
    assert not worker.give(None)


def _sleep(*_args):
    time.sleep(60)


# ----- inside a process


class Child:
    """`work` in a thread, with the other end of its connection."""

    def __init__(self, equipment):
        self.connection, self._theirs = multiprocessing.Pipe()
        self.thread = threading.Thread(target=self._run, args=(equipment,))
        self.thread.start()

    def _run(self, equipment):
        work(self._theirs, equipment, False)
        self._theirs.close()

    def until(self, kind):
        """Everything heard until a message of that kind."""
        heard = []
        while self.connection.poll(60.0):
            heard.append(self.connection.recv())
            if isinstance(heard[-1], kind):
                return heard
        raise TimeoutError(f"no {kind.__name__} but {heard}")

    def close(self):
        self.connection.close()
        self.thread.join(30.0)
        assert not self.thread.is_alive()


@pytest.fixture
def child(equipment):
    made = Child(equipment)
    yield made
    if made.thread.is_alive():
        made.close()


def test_a_worker_does_jobs_until_its_connection_is_closed(
    child, clips, tmp_path, timeline_only, monkeypatch
):
    monkeypatch.setattr("facemotion.analysis.worker._NEWS_INTERVAL_S", 0.0)
    assert isinstance(child.until(Ready)[-1], Ready)
    first, second, _ = jobs_of(clips, tmp_path / "out", timeline_only)
    child.connection.send(StopOrder(first.number))
    child.connection.send(PauseOrder(False))
    child.connection.send(first)
    child.connection.send(second)
    assert child.until(Ended)[-1].news.state is JobState.STOPPED
    heard = child.until(Ended)
    assert heard[-1].news.state is JobState.DONE
    fractions = [news.fraction for news in heard[:-1]]
    assert fractions == sorted(fractions)
    assert len(fractions) == 12
    child.close()


def test_what_goes_wrong_in_a_worker_is_told_and_logged(
    child, clips, tmp_path, timeline_only, monkeypatch
):
    child.until(Ready)
    gone, faulty = jobs_of(clips, tmp_path / "out", timeline_only)[:2]
    (tmp_path / "out").write_text("a file where the folder should be")
    child.connection.send(gone)
    assert "Choose another output folder" in child.until(Ended)[-1].news.problems[0]

    def fault(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("facemotion.analysis.workbench.analyse", fault)
    child.connection.send(faulty)
    heard = child.until(Ended)
    assert "The log says more" in heard[-1].news.problems[0]
    logged = next(message for message in heard if isinstance(message, Logged))
    assert logged.level == logging.ERROR
    assert "ZeroDivisionError" in logged.text


@pytest.mark.parametrize(
    ("error", "words"), [(ModelError("No pack."), "No pack."), (ValueError(), "The log says more")]
)
def test_a_worker_without_models_says_so_and_ends(equipment, monkeypatch, error, words):
    def refuse(_equipment):
        raise error

    monkeypatch.setattr("facemotion.analysis.workbench.open_tools", refuse)
    child = Child(equipment)
    assert words in child.until(Unfit)[-1].sentence
    child.close()


def test_nobody_listens_any_more(equipment, monkeypatch):
    class Slow:
        notes = ()

        def __init__(self, _equipment):
            gone.wait(10.0)

    gone = threading.Event()
    monkeypatch.setattr("facemotion.analysis.workbench.Workbench", Slow)
    child = Child(equipment)
    child.connection.close()
    gone.set()
    child.thread.join(10.0)
    assert not child.thread.is_alive()


def test_a_worker_steps_back_on_either_system(monkeypatch):
    asked = []
    monkeypatch.setattr(os, "nice", asked.append, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    step_back()
    kernel = type("Kernel", (), {})()
    kernel.GetCurrentProcess = lambda: 7
    kernel.SetPriorityClass = lambda *arguments: asked.append(arguments)
    import ctypes

    windll = type("Windll", (), {"kernel32": kernel})
    monkeypatch.setattr(ctypes, "windll", windll, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    step_back()
    assert asked == [10, (7, 0x4000)]
