"""Many inputs, several at a time: each in a process of its own, which takes the next when done."""

import logging
import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable
from multiprocessing.connection import wait
from typing import Final

from facemotion.analysis.equipment import Equipment
from facemotion.analysis.jobs import AnalysisJob, JobControl, JobNews, JobState
from facemotion.analysis.worker import Ended, Logged, Message, Ready, Unfit, failed, unexpected
from facemotion.analysis.worker_process import PATIENCE_S, WorkerProcess
from facemotion.core.errors import FacemotionError
from facemotion.vision.providers import CPU

_logger = logging.getLogger(__name__)

Listener = Callable[[JobNews], None]
NoteTaker = Callable[[str], None]

_POLL_S: Final = 0.1
_MOST_FAILED_STARTS: Final = 2
_MOST_PROCESSES: Final = 8


def default_process_count(provider: str, job_count: int) -> int:
    """How many jobs are best done at the same time.

    Each keeps about one processor busy and takes some 400 MB. On a graphics card the models of one
    process are not waited for long, and its memory is scarce: one process.
    """
    if provider != CPU:
        return 1
    return max(1, min(processor_count(), _MOST_PROCESSES, job_count))


def processor_count() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Batch:
    """A queue of jobs and the processes that do them.

    `run` works in the thread that calls it; every other method may be called from any thread.
    A job whose process dies has failed, and the others go on in another process.

    Args:
        equipment: Models, people and settings.
        process_count: How many jobs are done at the same time, at most.
        listener: Told what becomes of each job, in the thread of `run`.
        note: Told once each what is not as it was asked for, in the same thread.
        is_behind_window: Whether other programs, and the window, are served first.
        ending: Gives everything up once it is set; an own one by default.
    """

    def __init__(
        self,
        equipment: Equipment,
        process_count: int,
        listener: Listener,
        note: NoteTaker,
        *,
        is_behind_window: bool = False,
        ending: threading.Event | None = None,
    ) -> None:
        self._equipment = equipment
        self._process_count = max(1, process_count)
        self._listener = listener
        self._note = note
        self._is_behind_window = is_behind_window
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._is_ending = ending or threading.Event()
        self._waiting: deque[AnalysisJob] = deque()
        self._workers: list[WorkerProcess] = []
        self._is_paused = False
        self._failed_starts = 0
        self._noted: set[str] = set()

    # ----- called from any thread

    def add(self, jobs: Iterable[AnalysisJob]) -> None:
        """Queue jobs; while `run` works they are done as well."""
        added = tuple(jobs)
        self._orders.put(lambda: self._waiting.extend(added))

    def pause(self, is_on: bool) -> None:
        """Let all work stand still at its next frame, or go on."""
        self._orders.put(lambda: self._pause(is_on))

    def stop_job(self, number: int) -> None:
        """Give one job up, whether it waits or runs."""
        self._orders.put(lambda: self._stop_job(number))

    def end(self) -> None:
        """Give everything up; `run` returns soon."""
        self._is_ending.set()

    # ----- the thread of `run`

    def run(self) -> None:
        """Work until every job is over, or until `end`; no process is left behind.

        Jobs that are not over at the end are told as stopped.
        """
        try:
            self._obey()
            while (self._waiting or self._busy()) and not self._is_ending.is_set():
                self._assign()
                self._listen()
                self._obey()
        finally:
            self._dismiss()

    def _obey(self) -> None:
        while not self._orders.empty():
            self._orders.get()()

    def _busy(self) -> list[WorkerProcess]:
        return [worker for worker in self._workers if worker.job is not None]

    def _pause(self, is_on: bool) -> None:
        self._is_paused = is_on
        for worker in self._workers:
            worker.pause(is_on)

    def _stop_job(self, number: int) -> None:
        for job in [job for job in self._waiting if job.number == number]:
            self._waiting.remove(job)
            self._listener(JobNews(number, JobState.STOPPED))
        for worker in self._busy():
            if worker.job is not None and worker.job.number == number:
                worker.stop_job()

    def _assign(self) -> None:
        """Give waiting jobs to idle processes, and start processes while some are missing."""
        for worker in self._workers:
            is_idle = worker.is_ready and worker.job is None
            if is_idle and self._waiting and not self._is_paused:
                job = self._waiting.popleft()
                self._listener(JobNews(job.number, JobState.RUNNING, 0.0))
                worker.give(job)  # a process that cannot hear it any more is found out by listening
        idle = len(self._workers) - len(self._busy())
        if len(self._waiting) > idle and len(self._workers) < self._process_count:
            self._hire()

    def _hire(self) -> None:
        try:
            worker = WorkerProcess(self._equipment, is_behind_window=self._is_behind_window)
        except OSError as error:
            _logger.warning("no further process: %s", error)
            if not self._workers:
                self._give_up(f"No process could be started: {error.strerror or error}.")
            self._process_count = max(1, len(self._workers))
            return
        self._workers.append(worker)
        if self._is_paused:
            worker.pause(True)

    def _listen(self) -> None:
        ready = wait([worker.connection for worker in self._workers], _POLL_S)
        for worker in [worker for worker in self._workers if worker.connection in ready]:
            self._hear(worker, worker.receive())

    def _hear(self, worker: WorkerProcess, message: Message | None) -> None:
        match message:
            case JobNews():
                self._listener(message)
            case Logged(level, text):
                _logger.log(level, "in process %d: %s", worker.process_id, text)
            case Ended(news):
                worker.job = None
                self._listener(news)
            case Ready(notes):
                worker.is_ready = True
                self._failed_starts = 0
                for sentence in notes:
                    self._note_once(sentence)
            case Unfit(sentence):
                self._give_up(sentence)
            case None:
                self._bury(worker)

    def _note_once(self, sentence: str) -> None:
        if sentence not in self._noted:
            self._noted.add(sentence)
            self._note(sentence)

    def _give_up(self, sentence: str) -> None:
        """Nothing can be done at all: every waiting job has failed."""
        while self._waiting:
            self._listener(failed(self._waiting.popleft(), sentence))

    def _bury(self, worker: WorkerProcess) -> None:
        """A process has ended that should not."""
        self._workers.remove(worker)
        worker.dismiss()
        how = worker.join()
        _logger.error("a process of the analysis died: %s", how)
        job, worker.job = worker.job, None
        if job is not None:
            sentence = (
                f"{job.input.title} could not be analysed: its process died ({how}), perhaps for "
                "want of memory. Try it again alone."
            )
            self._listener(failed(job, sentence))
        if not worker.is_ready:
            self._failed_starts += 1
            if self._failed_starts >= _MOST_FAILED_STARTS:
                self._give_up(f"The processes for the analysis do not start ({how}).")

    def _dismiss(self) -> None:
        busy = [worker.job for worker in self._busy() if worker.job is not None]
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            # One that opens its models still has written nothing, and does not look up from that.
            worker.join(PATIENCE_S if worker.is_ready else 0.0)
        self._workers.clear()
        for job in [*busy, *self._waiting]:
            self._listener(JobNews(job.number, JobState.STOPPED))
        self._waiting.clear()


def run_here(
    jobs: Iterable[AnalysisJob],
    equipment: Equipment,
    control: JobControl,
    listener: Listener,
    note: NoteTaker,
) -> None:
    """Do jobs one after another in this thread.

    Raises:
        FacemotionError: Models or people cannot be opened.
    """
    from facemotion.analysis.workbench import Workbench

    bench = Workbench(equipment)
    for sentence in bench.notes:
        note(sentence)
    for job in jobs:
        try:
            listener(bench.do(job, control, listener))
        except FacemotionError as error:
            listener(failed(job, str(error)))
        except Exception:
            _logger.exception("a job failed unexpectedly")
            listener(failed(job, unexpected(job)))
