"""Does the inputs of a queue in the background and keeps the list of the batch."""

import logging
import time

from PySide6.QtCore import QObject, Signal, Slot

from facemotion.analysis.batch_progress import BatchProgress
from facemotion.analysis.equipment import Equipment
from facemotion.analysis.jobs import AnalysisJob, JobNews, JobState
from facemotion.analysis.ledger import Ledger
from facemotion.ui.analysis_choice import AnalysisChoice
from facemotion.ui.analysis_queue import AnalysisQueue, QueueEntry
from facemotion.ui.analysis_thread import AnalysisThread
from facemotion.ui.thread_end import has_ended

logger = logging.getLogger(__name__)

END_MS = 15_000


class AnalysisWork(QObject):
    """Between the queue and the processes that do it; GUI thread.

    Args:
        queue: The inputs.
        parent: Qt parent.

    Signals:
        changed(): Work began, paused, went on or is further.
        finished(): Everything is over, or was stopped.
        noted(str): Something is not as it was asked for, or went wrong.
    """

    changed = Signal()
    finished = Signal()
    noted = Signal(str)

    def __init__(self, queue: AnalysisQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._thread: AnalysisThread | None = None
        self._ledger: Ledger | None = None
        self._equipment: Equipment | None = None
        self._choice: AnalysisChoice | None = None
        self._progress = BatchProgress()
        self._is_ending = False
        self.is_paused = False

    @property
    def is_running(self) -> bool:
        """Whether a batch is being done, paused ones included."""
        return self._thread is not None

    @property
    def is_ending(self) -> bool:
        """Whether it was stopped and is about to be over."""
        return self._is_ending

    @property
    def progress(self) -> BatchProgress:
        """How far all of it is."""
        return self._progress

    def start(self, equipment: Equipment, choice: AnalysisChoice) -> None:
        """Do everything that waits.

        Raises:
            OutputError: The output folder cannot be made or written.
        """
        ledger = Ledger(choice.folder)
        waiting = self._queue.in_state(JobState.WAITING)
        folders = ledger.enter(entry.input for entry in waiting)
        ledger.save()
        self._ledger, self._choice, self._equipment = ledger, choice, equipment
        self._progress = BatchProgress()
        for entry, folder in zip(waiting, folders, strict=True):
            entry.folder = folder
        self._run(waiting)

    def add(self, entries: list[QueueEntry]) -> None:
        """Do further inputs in the batch that is running."""
        if self._ledger is None or self._thread is None:
            return
        for entry, folder in zip(
            entries, self._ledger.enter(entry.input for entry in entries), strict=True
        ):
            entry.folder = folder
        self._ledger.try_to_save()
        self._thread.batch.add(self._jobs(entries))
        self.changed.emit()

    def pause(self, is_on: bool) -> None:
        """Let everything stand still, or go on."""
        if self._thread is None:
            return
        self.is_paused = is_on
        now_s = time.monotonic()
        self._progress.pause(is_on, now_s)
        self._queue.pause(is_on, now_s)
        self._thread.batch.pause(is_on)
        self.changed.emit()

    def cancel(self, entry: QueueEntry) -> None:
        """Give one input up."""
        if self._thread is not None:
            self._thread.batch.stop_job(entry.number)

    def stop(self) -> None:
        """Give everything up; what is not done waits for the next start."""
        if self._thread is not None:
            self._is_ending = True
            self._thread.batch.end()
            self.changed.emit()

    def shutdown(self) -> bool:
        """Stop and wait, at the end of the window's life; whether everything has ended."""
        self.stop()
        thread = self._thread
        if thread is None:
            return True
        if has_ended(thread, END_MS):
            return True
        logger.error("the analysis did not end in time")
        return False

    def _jobs(self, entries: list[QueueEntry]) -> list[AnalysisJob]:
        choice = self._choice
        assert choice is not None
        for entry in entries:
            self._progress.add(entry.number, entry.input.size_bytes())
        return [
            AnalysisJob(
                entry.number,
                entry.input,
                entry.folder,
                choice.options,
                choice.is_again or entry.is_again,
            )
            for entry in entries
            if entry.folder is not None
        ]

    def _run(self, entries: list[QueueEntry]) -> None:
        assert self._equipment is not None
        assert self._choice is not None
        thread = AnalysisThread(self._equipment, self._choice.process_count, self)
        thread.told.connect(self._hear)
        thread.noted.connect(self.noted)
        thread.failed.connect(self._on_failed)
        thread.finished.connect(self._on_finished)
        self._thread = thread
        self._is_ending = self.is_paused = False
        thread.begin(self._jobs(entries))
        self.changed.emit()

    @Slot(object)
    def _hear(self, news: JobNews) -> None:
        if self._is_ending and news.state is JobState.STOPPED:
            news = JobNews(news.number, JobState.WAITING)  # it is done at the next start
        now_s = time.monotonic()
        self._progress.take(news, now_s)
        entry = self._queue.take(news, now_s)
        if entry is not None and self._ledger is not None and news.state is not JobState.RUNNING:
            self._ledger.note(entry.input, news)
            self._ledger.try_to_save()
        self.changed.emit()

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._is_ending = True  # what waits is not begun again by itself
        self.noted.emit(sentence)

    @Slot()
    def _on_finished(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.deleteLater()
        for entry in self._queue.in_state(JobState.RUNNING):  # left by a thread that failed
            self._queue.take(JobNews(entry.number, JobState.WAITING), time.monotonic())
        late = self._queue.in_state(JobState.WAITING)
        if late and not self._is_ending and all(entry.folder is not None for entry in late):
            self._run(late)  # they were added while the last one ended
            return
        self._is_ending = self.is_paused = False
        self.changed.emit()
        self.finished.emit()
