"""The table of recorded sessions: picture, title to be edited in place, date, length, people."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from facemotion.store.session_folder import SessionInfo
from facemotion.ui.icons import screen_ratio
from facemotion.ui.session_editor import SessionEntry
from facemotion.ui.thumbnails import square_thumbnail
from facemotion.ui.words import duration_words

TITLE, DATE, LENGTH, PEOPLE, STATE = range(5)
THUMBNAIL_PX = 44


class SessionTable(QTableWidget):
    """One row a session, newest first.

    Signals:
        rename_wanted(object, str): Folder of a session and the title typed for it.
        delete_wanted(): The Delete key was pressed.
        open_wanted(): A session was double-clicked beside its title, or Enter was pressed.
    """

    rename_wanted = Signal(object, str)
    delete_wanted = Signal()
    open_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 5, parent)
        self.setAccessibleName(self.tr("Recorded sessions"))
        self.setHorizontalHeaderLabels(
            [
                self.tr("Session"),
                self.tr("Date"),
                self.tr("Length"),
                self.tr("People"),
                self.tr("State"),
            ]
        )
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(THUMBNAIL_PX + 10)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setIconSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setStyleSheet("QTableWidget::item { padding: 4px 8px; }")
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in (DATE, LENGTH, STATE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(TITLE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(PEOPLE, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(PEOPLE, 170)
        self._is_filling = False
        self.itemChanged.connect(self._take_edit)
        self.doubleClicked.connect(self.open_wanted)

    def show_sessions(self, entries: Sequence[SessionEntry]) -> None:
        """Show these sessions; what was selected stays selected."""
        selected = set(self.selected_folders())
        self._is_filling = True
        self.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            self._fill_row(row, entry)
        self._is_filling = False
        self.clearSelection()
        model, rows = self.selectionModel(), self.model()
        for row, entry in enumerate(entries):
            if entry.info.folder in selected:
                flag = model.SelectionFlag.Select | model.SelectionFlag.Rows
                model.select(rows.index(row, 0), flag)

    def selected_folders(self) -> list[Path]:
        """Folders of the selected sessions, from top to bottom."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._folder_at(row) for row in rows]

    def edit_title(self) -> None:
        """Start editing the title of the selected session."""
        rows = self.selectionModel().selectedRows()
        if len(rows) == 1:
            self.setCurrentCell(rows[0].row(), TITLE)
            self.edit(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete asks to delete, Enter opens."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        is_editing = self.state() == QAbstractItemView.State.EditingState
        if event.key() == Qt.Key.Key_Delete and self.selected_folders():
            self.delete_wanted.emit()
        elif is_enter and not is_editing and self.selected_folders():
            self.open_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _fill_row(self, row: int, entry: SessionEntry) -> None:
        info = entry.info
        when = QDateTime.fromSecsSinceEpoch(round(info.started_at.timestamp()))
        date = QLocale().toString(when, QLocale.FormatType.ShortFormat)
        people = ", ".join(info.people) or "–"
        state, reason = self._state_of(info)
        texts = (info.title, date, duration_words(info.duration_s), people, state)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(reason if column == STATE else text)
            flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
            if column == TITLE:
                flags |= Qt.ItemFlag.ItemIsEditable
                item.setData(Qt.ItemDataRole.UserRole, str(info.folder))
                item.setIcon(QIcon(_thumbnail(entry)))
            item.setFlags(flags)
            self.setItem(row, column, item)

    def _state_of(self, info: SessionInfo) -> tuple[str, str]:
        if info.is_complete:
            return self.tr("whole"), self.tr("The recording was ended in order.")
        return self.tr("not ended"), self.tr(
            "It is being recorded now, or the program was ended while it was. What was recorded "
            "until then can be used."
        )

    def _folder_at(self, row: int) -> Path:
        return Path(str(self.model().index(row, TITLE).data(Qt.ItemDataRole.UserRole)))

    @Slot(QTableWidgetItem)
    def _take_edit(self, item: QTableWidgetItem) -> None:
        if not self._is_filling and item.column() == TITLE:
            self.rename_wanted.emit(self._folder_at(item.row()), item.text())


def _thumbnail(entry: SessionEntry) -> QPixmap:
    return square_thumbnail(entry.thumbnail, THUMBNAIL_PX, screen_ratio(), 5.0)
