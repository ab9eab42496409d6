"""The foot of the analysis dialog: how far everything is, and the buttons that drive it."""

import time

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from facemotion.analysis.jobs import JobState
from facemotion.ui.analysis_queue import AnalysisQueue
from facemotion.ui.analysis_work import AnalysisWork
from facemotion.ui.words import duration_words

_STEPS = 1000


class AnalysisFooter(QWidget):
    """A bar, a few words, and Start, Stop and Close.

    Args:
        queue: The inputs.
        work: Does them.
        parent: Qt parent.
    """

    def __init__(
        self, queue: AnalysisQueue, work: AnalysisWork, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._work = work
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(self.tr("All inputs together"))
        keep = self.bar.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(keep)
        self.words = QLabel()
        self.start_button = QPushButton()
        self.start_button.setDefault(True)
        self.stop_button = QPushButton(self.tr("S&top"))
        self.stop_button.setToolTip(self.tr("Ends the work; the next start goes on from here"))
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.setToolTip(self.tr("Closes this window; the work goes on"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        for button in (self.start_button, self.stop_button, self.close_button):
            button.setAutoDefault(button is self.start_button)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.bar)
        column.addLayout(row)

    def refresh(self, *, is_searching: bool, has_outputs: bool) -> None:
        """Show the state of now.

        Args:
            is_searching: Whether inputs are being looked for.
            has_outputs: Whether anything would be written.
        """
        work, waiting = self._work, self._queue.in_state(JobState.WAITING)
        can_start = bool(waiting) and not is_searching and has_outputs
        self.start_button.setText(self._start_words())
        self.start_button.setEnabled(not work.is_ending and (work.is_running or can_start))
        self.stop_button.setEnabled(work.is_running and not work.is_ending)
        self.bar.setVisible(work.is_running)
        self.bar.setValue(round(work.progress.fraction * _STEPS))
        if is_searching:
            self.words.setText(self.tr("Looking for videos and pictures…"))
        elif work.is_running:
            self.words.setText(self._running_words())
        elif self._queue.entries and not has_outputs:
            self.words.setText(self.tr("Choose at least one thing to write."))
        else:
            self.words.setText(self._rest_words())

    def _start_words(self) -> str:
        if not self._work.is_running:
            return self.tr("&Start")
        return self.tr("&Go on") if self._work.is_paused else self.tr("&Pause")

    def _running_words(self) -> str:
        work, progress = self._work, self._work.progress
        if work.is_ending:
            return self.tr("Stopping…")
        done = self.tr("{done} of {count} done").format(
            done=progress.over_count, count=progress.count
        )
        if work.is_paused:
            return self.tr("Paused, {done}").format(done=done)
        left_s = progress.remaining_s(time.monotonic())
        if left_s is None:
            return done
        return self.tr("{done}, {time} left").format(done=done, time=duration_words(left_s))

    def _rest_words(self) -> str:
        """What stands where while nothing is done."""
        kinds = (
            (JobState.DONE, self.tr("{count} done")),
            (JobState.PARTLY, self.tr("{count} done in part")),
            (JobState.FAILED, self.tr("{count} failed")),
            (JobState.STOPPED, self.tr("{count} cancelled")),
            (JobState.WAITING, self.tr("{count} waiting")),
        )
        counted = ((len(self._queue.in_state(state)), words) for state, words in kinds)
        return ", ".join(words.format(count=count) for count, words in counted if count)
