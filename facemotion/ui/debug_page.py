"""Tools ▸ Debug report: the verdict on the faces that debug mode saved, with its reasons."""

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from facemotion.analysis.debug_checks import Finding, Kind, Verdict
from facemotion.analysis.debug_folder import TABLE_NAME, is_debug_file
from facemotion.analysis.debug_page import PAGE_NAME, write_page
from facemotion.analysis.debug_report import DebugReport
from facemotion.analysis.debug_tools import DebugTools, open_tools, report_of
from facemotion.core.errors import OutputError
from facemotion.ui.about_dialog import open_folder
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.confirmation import ask
from facemotion.ui.debug_figures import ContactSheet, DistributionRow, EmotionTable
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.text_labels import heading, hint, paragraph, selectable

_KINDS = {
    Verdict.FINE: NoticeKind.SUCCESS,
    Verdict.NOT_ENOUGH: NoticeKind.INFO,
    Verdict.PREPROCESSING: NoticeKind.ERROR,
    Verdict.MODEL: NoticeKind.ERROR,
}


class DebugPage(QDialog):
    """The verdict first, then the reasons and figures; GUI thread.

    Args:
        root: Below it debug mode makes its folders.
        parent: The window that it belongs to, or None.
    """

    def __init__(self, root: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Debug report: facemotion"))
        self._root = root
        self._folder: Path | None = None
        self._report: DebugReport | None = None
        self._tools: DebugTools | None = None
        self._jobs = BackgroundJobs(self)
        self._place = selectable(hint(""))
        self._verdict = Notice()
        self._message = Notice()
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName(self.tr("Reasons and figures"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.addWidget(heading(self.tr("Is the preprocessing wrong, or the model?")))
        layout.addWidget(self._place)
        layout.addWidget(self._verdict)
        layout.addWidget(self._message)
        layout.addWidget(self._area, 1)
        layout.addWidget(self._make_buttons())
        self.resize(760, 620)

    @property
    def report(self) -> DebugReport | None:
        """What is shown, or None."""
        return self._report

    @property
    def verdict(self) -> Notice:
        """Says the verdict."""
        return self._verdict

    @property
    def message(self) -> Notice:
        """Says what went wrong or was done."""
        return self._message

    def show_folder(self, folder: Path | None) -> None:
        """Judge a folder.

        Args:
            folder: Filled by debug mode; None for the newest one.
        """
        folder = folder or _newest(self._root)
        self._folder, self._report = folder, None
        self._message.clear()
        self._set_enabled(False)
        if folder is None:
            self._show_nothing()
            return
        self._place.setText(str(folder))
        self._verdict.say(NoticeKind.INFO, self.tr("The faces are being looked at…"))
        self._area.setWidget(QWidget())
        self._jobs.start(lambda: self._judge(folder), self._show_report, self._show_problem)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let the work come to its end."""
        self._jobs.wait()
        super().closeEvent(event)

    # ----- what is shown

    def _judge(self, folder: Path) -> DebugReport:
        """Runs in the pool's thread."""
        if self._tools is None:
            self._tools = open_tools()
        return report_of(folder, self._tools)

    def _show_nothing(self) -> None:
        self._place.setText("")
        self._verdict.say(
            NoticeKind.INFO,
            self.tr(
                "No faces are saved yet. Switch on Tools → Save faces for debugging, let some "
                "faces with several expressions be read, then come back; or choose a folder."
            ),
        )
        self._area.setWidget(QWidget())

    def _show_problem(self, sentence: str) -> None:
        self._verdict.say(NoticeKind.ERROR, sentence)

    def _show_report(self, report: DebugReport) -> None:
        if report.faces.folder != self._folder:
            return
        self._report = report
        self._verdict.say(_KINDS[report.verdict], report.headline)
        problems = (*(self._tools.problems if self._tools else ()), *report.faces.problems)
        if problems:
            self._message.say(NoticeKind.WARNING, " ".join(problems))
        self._area.setWidget(self._make_body(report) if len(report.faces) else QWidget())
        self._set_enabled(True)

    def _make_body(self, report: DebugReport) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 12, 4)
        column.setSpacing(6)
        column.addWidget(heading(self.tr("Why"), scale=1.15))
        for finding in report.findings:
            column.addWidget(selectable(paragraph(f"{_mark(finding)}  {finding.sentence}")))
        parts = (
            (self.tr("Light and sharpness"), DistributionRow(report)),
            (self.tr("Emotions"), EmotionTable(report)),
            (self.tr("Contact sheet"), ContactSheet(report)),
        )
        for title, part in parts:
            column.addSpacing(10)
            column.addWidget(heading(title, scale=1.15))
            if isinstance(part, DistributionRow):
                words = self.tr("Bars: these faces. Line: the training faces.")
                column.addWidget(hint(words))
            column.addWidget(part)
        column.addStretch(1)
        return body

    # ----- buttons

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        role = QDialogButtonBox.ButtonRole.ActionRole
        calls = (
            (self.tr("Choose folder…"), self._choose_folder),
            (self.tr("Open folder"), self._open_folder),
            (self.tr("Save page…"), self._ask_for_page),
            (self.tr("Delete faces…"), self.ask_delete),
        )
        self._buttons: list[QPushButton] = []
        for words, call in calls:
            button = buttons.addButton(words, role)
            button.setAutoDefault(False)
            button.clicked.connect(call)
            self._buttons.append(button)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        return buttons

    def _set_enabled(self, is_there: bool) -> None:
        for button in self._buttons[1:]:
            button.setEnabled(is_there)

    @Slot()
    def _choose_folder(self) -> None:
        start = str(self._folder or self._root)
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder with faces"), start)
        if chosen:
            self.show_folder(Path(chosen))

    @Slot()
    def _open_folder(self) -> None:
        if self._folder is not None:
            open_folder(self._folder)

    @Slot()
    def _ask_for_page(self) -> None:
        if self._folder is None:
            return
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save page"), str(self._folder / PAGE_NAME), self.tr("Pages (*.html)")
        )
        if path:
            self.save_page(Path(path))

    def save_page(self, path: Path) -> None:
        """Write the report as one HTML page and say so."""
        if self._report is None:
            return
        try:
            write_page(self._report, path)
        except OutputError as error:
            self._message.say(NoticeKind.ERROR, str(error))
            return
        self._message.say(NoticeKind.SUCCESS, self.tr("Saved as {path}").format(path=path))

    @Slot()
    def ask_delete(self) -> None:
        """Delete the faces on show, once the user has confirmed it."""
        ask(
            self,
            self.tr("Delete these faces?"),
            self.tr("The pictures and the table in {folder} are deleted for good.").format(
                folder=self._folder
            ),
            [(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole, self.delete_faces)],
        )

    def delete_faces(self) -> None:
        """Delete what debug mode wrote into the folder on show; other files stay."""
        folder = self._folder
        if folder is None:
            return
        try:
            _delete_faces(folder)
        except OSError as error:
            reason = error.strerror or str(error)
            words = self.tr("Not everything in {folder} could be deleted: {reason}.")
            self._message.say(NoticeKind.ERROR, words.format(folder=folder, reason=reason))
            return
        self.show_folder(None)
        self._message.say(NoticeKind.SUCCESS, self.tr("The faces are deleted."))


def _newest(root: Path) -> Path | None:
    """The folder that debug mode filled last, or None."""
    try:
        folders = [path for path in root.iterdir() if path.is_dir()]
    except OSError:
        return None
    return max(folders, key=lambda path: path.name, default=None)


def _delete_faces(folder: Path) -> None:
    own = [path for path in folder.iterdir() if is_debug_file(path)]
    for path in [*own, folder / TABLE_NAME, folder / PAGE_NAME]:
        path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _mark(finding: Finding) -> str:
    if finding.is_fault:
        return "!" if finding.kind is Kind.NOTE else "✗"
    return "·" if finding.kind is Kind.NOTE else "✓"
