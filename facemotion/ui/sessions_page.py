"""The recorded sessions and what can be done with them."""

import re
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QMessageBox,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from facemotion.store.session_folder import ANNOTATED_NAME, CLEAN_NAME, SessionInfo
from facemotion.ui.confirmation import ask
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.session_editor import SessionEditor
from facemotion.ui.session_table import SessionTable
from facemotion.ui.text_labels import heading, hint

_NOT_IN_A_FILE_NAME = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')


class SessionsPage(QDialog):
    """List of sessions with buttons; modeless, so that the picture goes on.

    Args:
        editor: Reads and changes the sessions.
        parent: Qt parent.

    Signals:
        replay_wanted(object): Folder of the session to replay.
        deletion_coming(object): Folders that are about to be deleted.
    """

    replay_wanted = Signal(object)
    deletion_coming = Signal(object)

    def __init__(self, editor: SessionEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self.setWindowTitle(self.tr("Sessions: facemotion"))
        self.notice = Notice()
        self.table = SessionTable()
        self.table.rename_wanted.connect(self._rename)
        self.table.delete_wanted.connect(self._ask_delete)
        self.table.open_wanted.connect(self._open_report)
        self.table.itemSelectionChanged.connect(self._show_possible)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._make_empty_page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(self.notice)
        layout.addLayout(self._stack, 1)
        layout.addLayout(self._make_buttons())
        editor.loaded.connect(self._show_entries)
        editor.succeeded.connect(self._tell_success)
        editor.failed.connect(self._tell_failure)
        editor.report_ready.connect(self._show_report)
        editor.busy_changed.connect(self._show_possible)
        self.resize(860, 520)
        self._show_entries()
        self.table.setFocus()

    # ----- building

    def _make_empty_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        title = heading(self.tr("Nothing is recorded yet"))
        words = hint(
            self.tr(
                "Press R in the main window to record what you see, and R again to stop. The "
                "video, the timeline and a report then appear here. Reports of analysed files can "
                "be made with Report → Report of another folder."
            )
        )
        column.addStretch(1)
        for label in (title, words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addStretch(1)
        return page

    def _make_buttons(self) -> QHBoxLayout:
        self.replay_button = self._button(
            self.tr("Replay"),
            self.tr("Show the session in the main window, with what was recorded over it"),
            self._replay,
        )
        self.report_button = self._button(
            self.tr("Report"), self.tr("Who appeared, for how long, and how they felt"), None
        )
        self.report_button.setMenu(self._make_report_menu())
        self.folder_button = self._button(
            self.tr("Open folder"), self.tr("Show the session's files"), self._open_folder
        )
        self.rename_button = self._button(
            self.tr("Rename"), self.tr("Edit the selected title (F2)"), self.table.edit_title
        )
        self.export_button = self._button(
            self.tr("Export…"), self.tr("Write the session as one zip file"), self._choose_export
        )
        self.delete_button = self._button(
            self.tr("Delete…"), self.tr("Delete what is selected (Delete)"), self._ask_delete
        )
        close = self._button(self.tr("Close"), self.tr("Close this window"), self.close)
        row = QHBoxLayout()
        for button in (
            *(self.replay_button, self.report_button, self.folder_button),
            *(self.rename_button, self.export_button, self.delete_button),
        ):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(close)
        return row

    def _button(self, words: str, tip: str, slot: object) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        if slot is not None:
            button.clicked.connect(slot)
        return button

    def _make_report_menu(self) -> QMenu:
        menu = QMenu(self)
        self.open_report = menu.addAction(self.tr("&Open in the browser"), self._open_report)
        self.save_pdf = menu.addAction(self.tr("Save as &PDF…"), self._choose_pdf)
        self.save_plots = menu.addAction(
            self.tr("Save the plots as p&ictures…"), self._choose_plots
        )
        menu.addSeparator()
        menu.addAction(self.tr("Report of another &folder…"), self._choose_folder)
        return menu

    # ----- showing

    def changeEvent(self, event: QEvent) -> None:
        """Who comes back to the page sees what was recorded or removed meanwhile."""
        super().changeEvent(event)
        is_back = event.type() == QEvent.Type.ActivationChange and self.isActiveWindow()
        if is_back and not self._editor.is_busy:
            self._editor.reload()

    @Slot()
    def _show_entries(self) -> None:
        self.table.show_sessions(self._editor.entries)
        self._stack.setCurrentIndex(0 if self._editor.entries else 1)
        if self._editor.entries and not self.table.selected_folders():
            self.table.selectRow(0)
        if self._editor.problems:
            self.notice.say(NoticeKind.WARNING, " ".join(self._editor.problems))
        self._show_possible()

    @Slot()
    def _show_possible(self) -> None:
        """Only what can be done now can be pressed."""
        infos = self._selected()
        is_one = len(infos) == 1
        is_free = not self._editor.is_busy
        has_video = is_one and _video_of(infos[0]) is not None
        self.replay_button.setEnabled(has_video)
        self.folder_button.setEnabled(is_one)
        self.report_button.setEnabled(is_free)
        for action in (self.open_report, self.save_pdf, self.save_plots):
            action.setEnabled(is_one and is_free)
        self.rename_button.setEnabled(is_one and is_free)
        self.export_button.setEnabled(is_one and is_free)
        self.delete_button.setEnabled(bool(infos) and is_free)

    def _selected(self) -> list[SessionInfo]:
        found = [self._editor.by_folder(each) for each in self.table.selected_folders()]
        return [info for info in found if info is not None]

    def _only_selected(self) -> SessionInfo | None:
        """The selected session, when it is one and its folder is still there."""
        infos = self._selected()
        if len(infos) != 1:
            return None
        if not infos[0].folder.is_dir():
            self._tell_failure(
                self.tr("The session “{title}” is not there any more.").format(title=infos[0].title)
            )
            self._editor.reload()
            return None
        return infos[0]

    # ----- doing

    @Slot()
    def _replay(self) -> None:
        info = self._only_selected()
        if info is not None:
            self.replay_wanted.emit(info.folder)

    @Slot()
    def _open_report(self) -> None:
        info = self._only_selected()
        if info is not None and not self._editor.is_busy:
            self.notice.say(NoticeKind.INFO, self.tr("The report is being made…"))
            self._editor.make_page(info.folder)

    @Slot(object)
    def _show_report(self, page: Path) -> None:
        url = QUrl.fromLocalFile(str(page))
        if QDesktopServices.openUrl(url):
            words = self.tr("The report is {file}.").format(file=page)
        else:
            words = self.tr("No browser could be opened. The report is {file}.").format(file=page)
        self.notice.say(NoticeKind.SUCCESS, words)

    @Slot()
    def _choose_folder(self) -> None:
        text = QFileDialog.getExistingDirectory(self, self.tr("Folder of an analysed file"))
        if text:
            self._editor.make_page(Path(text))

    @Slot()
    def _choose_pdf(self) -> None:
        info = self._only_selected()
        if info is None:
            return
        text, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save the report"), f"{_file_stem(info.title)}.pdf", "PDF (*.pdf)"
        )
        if text:
            path = Path(text)
            self._editor.save_pdf(info, path if path.suffix else path.with_suffix(".pdf"))

    @Slot()
    def _choose_plots(self) -> None:
        info = self._only_selected()
        if info is None:
            return
        text = QFileDialog.getExistingDirectory(self, self.tr("Folder for the plots"))
        if text:
            self._editor.save_plots(info, Path(text) / f"{_file_stem(info.title)}-plots")

    @Slot()
    def _open_folder(self) -> None:
        info = self._only_selected()
        if info is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(info.folder)))

    @Slot(object, str)
    def _rename(self, folder: Path, title: str) -> None:
        info = self._editor.by_folder(folder)
        if info is not None and info.title != title:
            self._editor.rename(info, title)

    @Slot()
    def _choose_export(self) -> None:
        info = self._only_selected()
        if info is None:
            return
        text, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export the session"), f"{_file_stem(info.title)}.zip", "zip (*.zip)"
        )
        if text:
            path = Path(text)
            self._editor.export(info, path if path.suffix else path.with_suffix(".zip"))

    @Slot()
    def _ask_delete(self) -> None:
        infos = self._selected()
        if not infos:
            return
        names = ", ".join(f"“{info.title}”" for info in infos[:3]) + ("…" if len(infos) > 3 else "")
        text = self.tr(
            "Video, timeline, markers and report are deleted from this computer for good. This "
            "cannot be undone. Files that you exported yourself are not touched."
        )
        role = QMessageBox.ButtonRole.DestructiveRole
        question = self.tr("Delete {names}?").format(names=names)
        ask(self, question, text, [(self.tr("Delete"), role, lambda: self._delete(infos))])

    def _delete(self, infos: list[SessionInfo]) -> None:
        self.deletion_coming.emit([info.folder for info in infos])
        self._editor.delete(infos)

    @Slot(str)
    def _tell_success(self, sentence: str) -> None:
        self.notice.say(NoticeKind.SUCCESS, sentence)

    @Slot(str)
    def _tell_failure(self, sentence: str) -> None:
        self.notice.say(NoticeKind.ERROR, sentence)


def _video_of(info: SessionInfo) -> Path | None:
    for name in (CLEAN_NAME, ANNOTATED_NAME):
        if (info.folder / name).is_file():
            return info.folder / name
    return None


def _file_stem(title: str) -> str:
    """A title as part of a file's name on every system."""
    return _NOT_IN_A_FILE_NAME.sub("-", title).strip(" .")[:80] or "session"
