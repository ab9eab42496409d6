"""Analyse files: a queue of videos, photos and folders, with what becomes of each."""

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
)
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from facemotion.analysis.equipment import Equipment
from facemotion.analysis.inputs import VIDEO_SUFFIXES, FoundInputs, find_inputs
from facemotion.analysis.jobs import JobState
from facemotion.analysis.ledger import Ledger
from facemotion.core.errors import FacemotionError
from facemotion.ui.analysis_choice import load_choice, save_choice
from facemotion.ui.analysis_footer import AnalysisFooter
from facemotion.ui.analysis_form import AnalysisForm
from facemotion.ui.analysis_queue import AnalysisQueue, QueueEntry
from facemotion.ui.analysis_results import AnalysisResults
from facemotion.ui.analysis_table import AnalysisTable
from facemotion.ui.analysis_work import AnalysisWork
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.drop_page import DropPage
from facemotion.ui.icons import Icons
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.text_labels import heading, hint, selectable
from facemotion.vision.sources.pictures import PICTURE_SUFFIXES

CLOCK_MS = 500


class AnalysisDialog(QDialog):
    """The queue, what is made of it, and how far it is. Closing hides it; the work goes on.

    Lives as long as the window; GUI thread.

    Args:
        find_equipment: Says which models, people and settings are used now; raises a
            `FacemotionError` whose message is shown when there are none.
        memory: File with what was chosen last.
        process_count: Inputs analysed at the same time until the user chooses.
        icons: For the kinds of input.
        parent: The window.

    Attributes:
        queue: The inputs.
        work: Does them.
    """

    def __init__(
        self,
        find_equipment: Callable[[], Equipment],
        memory: Path,
        process_count: int,
        icons: Icons,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Analyse files: facemotion"))
        self.setAcceptDrops(True)
        self._find_equipment = find_equipment
        self._memory = memory
        self._jobs = BackgroundJobs(self)
        self.results = AnalysisResults(self)
        self.queue = AnalysisQueue(self)
        self.work = AnalysisWork(self.queue, self)
        self.form = AnalysisForm(load_choice(memory, process_count))
        self.table = AnalysisTable(self.queue, icons)
        self.notice = Notice()
        self.detail = selectable(hint(""))
        self._clock = QTimer(self, interval=CLOCK_MS)
        self._make_controls()
        self._lay_out()
        self._connect()
        self._offer_rest()
        self._refresh()
        self.resize(860, 600)

    # ----- building

    def _make_controls(self) -> None:
        self.files_button = self._button(self.tr("Add &files…"))
        self.folder_button = self._button(self.tr("Add f&older…"))
        self.open_button = self._button(self.tr("Open folder"))
        self.report_button = self._button(self.tr("Open report"))
        self.retry_button = self._button(self.tr("Try again"))
        self.cancel_button = self._button(self.tr("Remove"))
        self.footer = AnalysisFooter(self.queue, self.work)

    def _button(self, words: str) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        self._stack = QStackedLayout()
        self._empty_page = self._make_empty_page()
        self._stack.addWidget(self._empty_page)
        self._stack.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        column.addWidget(self.notice)
        column.addLayout(self._stack, 1)
        column.addWidget(self.detail)
        row_buttons = (
            *(self.retry_button, self.cancel_button),
            *(self.open_button, self.report_button),
        )
        column.addLayout(_row((self.files_button, self.folder_button), row_buttons))
        column.addWidget(self.form)
        column.addWidget(self.footer)

    def _make_empty_page(self) -> DropPage:
        page = DropPage()
        column = QVBoxLayout(page)
        title = heading(self.tr("Drop videos, photos and folders here"))
        words = hint(
            self.tr(
                "Each video, and the photos of each folder together, become a table of who was "
                "seen and how they felt, and a video or pictures with that drawn in. Folders are "
                "searched with the folders inside them."
            )
        )
        for label in (title, words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.setContentsMargins(60, 0, 60, 0)
        column.addStretch(1)
        column.addWidget(title)
        column.addWidget(words)
        column.addStretch(1)
        return page

    def _connect(self) -> None:
        slots = (
            (self.files_button, self._choose_files),
            (self.folder_button, self._choose_folder),
            (self.open_button, self.open_results),
            (self.report_button, self.open_report),
            (self.retry_button, self.try_again),
            (self.cancel_button, self.cancel_selected),
            (self.footer.start_button, self._start_or_pause),
            (self.footer.stop_button, self.work.stop),
            (self.footer.close_button, self.close),
        )
        for button, slot in slots:
            button.clicked.connect(slot)
        self.table.selection_changed.connect(self._refresh)
        self.table.cancel_wanted.connect(self.cancel_selected)
        self.table.folder_wanted.connect(self.open_results)
        self.form.changed.connect(self._refresh)
        self.work.changed.connect(self._refresh)
        self.work.noted.connect(self._warn)
        self._jobs.busy_changed.connect(self._refresh)
        self.results.busy_changed.connect(self._refresh)
        self.results.failed.connect(self._warn)
        self._clock.timeout.connect(self._refresh)

    # ----- inputs

    def add_paths(self, paths: Iterable[Path]) -> None:
        """Add files and folders; they are looked for in the background."""
        texts = [_path_text(path) for path in paths]
        besides = self.form.choice().folder
        self._jobs.start(
            lambda: find_inputs(texts, is_recursive=True, besides=besides),
            self._on_found,
            self._warn,
        )

    def _on_found(self, found: FoundInputs) -> None:
        added = self.queue.add(found.inputs)
        if found.problems:
            self._warn(" ".join(found.problems))
        elif not added:
            self._say(NoticeKind.INFO, self.tr("All of that is in the list already."))
        elif not self.work.is_running:
            self.notice.clear()
        if added and self.work.is_running and not self.work.is_ending:
            self.work.add(added)
        self._refresh()

    @Slot()
    def _choose_files(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(VIDEO_SUFFIXES | PICTURE_SUFFIXES))
        names, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Videos and photos to analyse"),
            "",
            f"{self.tr('Videos and pictures')} ({patterns});;{self.tr('All files')} (*)",
        )
        if names:
            self.add_paths(Path(name) for name in names)

    @Slot()
    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Folder to analyse"))
        if name:
            self.add_paths([Path(name)])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files and folders."""
        if _dropped_paths(event):
            self._empty_page.show_drag(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Show the welcome no longer."""
        self._empty_page.show_drag(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take them in."""
        self._empty_page.show_drag(False)
        event.acceptProposedAction()
        self.add_paths(_dropped_paths(event))

    # ----- the selected rows

    @Slot()
    def cancel_selected(self) -> None:
        """Give up what is being done, and take the others out of the list."""
        selected = self.table.selected()
        is_running = self.work.is_running
        for entry in selected:
            if is_running and not entry.state.is_over:
                self.work.cancel(entry)
        self.queue.remove(entry for entry in selected if not is_running or entry.state.is_over)
        self._refresh()

    @Slot()
    def try_again(self) -> None:
        """Let what failed, was cancelled or has gaps be done once more."""
        entries = self._tryable()
        for entry in entries:
            self.queue.renew(entry)
        if self.work.is_running and not self.work.is_ending:
            self.work.add(entries)
        elif entries:
            self.start()
        self._refresh()

    def _tryable(self) -> list[QueueEntry]:
        """What can be tried again of the selected rows, or of all when none of these can."""
        chosen = [entry for entry in self.table.selected() if _can_be_tried(entry)]
        return chosen or [entry for entry in self.queue.entries if _can_be_tried(entry)]

    @Slot()
    def open_results(self) -> None:
        """Show the results of the selected rows, or all, in the system's file manager."""
        selected = self.table.selected()
        whole = [self.form.choice().folder]
        self.results.open_folders(self._with_results(selected) if selected else whole)

    @Slot()
    def open_report(self) -> None:
        """Show the report of the selected row, or the only one."""
        self.results.open_report(self._with_results(self._selected_or_all())[0])

    def _selected_or_all(self) -> list[QueueEntry]:
        return self.table.selected() or self.queue.entries

    @staticmethod
    def _with_results(entries: list[QueueEntry]) -> list[Path]:
        """Folders of the results that there are."""
        return [
            entry.folder
            for entry in entries
            if entry.folder is not None and entry.state.has_results
        ]

    # ----- the work

    @Slot()
    def _start_or_pause(self) -> None:
        if self.work.is_running:
            self.work.pause(not self.work.is_paused)
        else:
            self.start()

    def start(self) -> None:
        """Do everything that waits."""
        choice = self.form.choice()
        self.notice.clear()
        try:
            self.work.start(self._find_equipment(), choice)
        except FacemotionError as error:
            self._say(NoticeKind.ERROR, str(error))
            return
        save_choice(self._memory, choice)
        self._clock.start()

    def shutdown(self) -> bool:
        """Stop and wait, at the end of the window's life; whether everything has ended."""
        self._clock.stop()
        self._jobs.wait()
        self.results.wait()
        return self.work.shutdown()

    def _offer_rest(self) -> None:
        """Offer what an earlier start of the program did not finish."""
        rest = Ledger(self.form.choice().folder).unfinished()
        if not rest:
            return
        sentence = self.tr(
            "The last analysis into this folder was not finished: {count} of its inputs wait."
        ).format(count=len(rest))

        def take_in() -> None:
            self.queue.add(rest)
            self.notice.clear()
            self.start()

        go_on = (self.tr("Continue"), take_in)
        self.notice.say(NoticeKind.INFO, sentence, go_on, (self.tr("Not now"), self.notice.clear))

    # ----- what is shown

    @Slot(str)
    def _warn(self, sentence: str) -> None:
        self._say(NoticeKind.WARNING, sentence)

    def _say(self, kind: NoticeKind, sentence: str) -> None:
        self.notice.say(kind, sentence, (self.tr("Hide"), self.notice.clear))

    @Slot()
    def _refresh(self) -> None:
        if not self.work.is_running:
            self._clock.stop()
        self._stack.setCurrentIndex(1 if self.queue.entries else 0)
        self.form.setEnabled(not self.work.is_running)
        self._refresh_row_buttons()
        self.footer.refresh(
            is_searching=self._jobs.is_busy, has_outputs=bool(self.form.choice().outputs)
        )

    def _refresh_row_buttons(self) -> None:
        selected = self.table.selected()
        is_at_work = self.work.is_running and any(not entry.state.is_over for entry in selected)
        self.cancel_button.setText(self.tr("Cancel") if is_at_work else self.tr("Remove"))
        self.cancel_button.setEnabled(bool(selected))
        self.retry_button.setEnabled(bool(self._tryable()))
        results = self._with_results(self._selected_or_all())
        self.open_button.setEnabled(bool(results))
        self.report_button.setEnabled(len(results) == 1 and not self.results.is_busy)
        problems = selected[0].news.problems if len(selected) == 1 else ()
        self.detail.setText(" ".join(problems))
        self.detail.setVisible(bool(problems))


def _row(left: Iterable[QWidget], right: Iterable[QWidget]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in left:
        row.addWidget(widget)
    row.addStretch(1)
    for widget in right:
        row.addWidget(widget)
    return row


def _can_be_tried(entry: QueueEntry) -> bool:
    return entry.state in (JobState.FAILED, JobState.STOPPED, JobState.PARTLY)


def _path_text(path: Path) -> str:
    """A path as text that is never taken for "demo" or a camera."""
    return str(path.absolute())


def _dropped_paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
