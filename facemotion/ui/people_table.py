"""The table of enrolled people: names that can be edited in place, and what is known of each."""

from collections.abc import Sequence

from PySide6.QtCore import QDate, QLocale, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from facemotion.store.person_files import Person

NAME, SHOTS, ADDED, PHOTOS, NEUTRAL, STATE = range(6)


class PeopleTable(QTableWidget):
    """One row a person, ordered by name.

    Signals:
        rename_wanted(str, str): A person id and the name typed for it.
        delete_wanted(): The Delete key was pressed.
    """

    rename_wanted = Signal(str, str)
    delete_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 6, parent)
        self.setAccessibleName(self.tr("Enrolled people"))
        self.setHorizontalHeaderLabels(
            [
                self.tr("Name"),
                self.tr("Shots"),
                self.tr("Enrolled"),
                self.tr("Photos kept"),
                self.tr("Neutral face"),
                self.tr("State"),
            ]
        )
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setStyleSheet("QTableWidget::item { padding: 4px 8px; }")
        self._size_columns()
        self._is_filling = False
        self.itemChanged.connect(self._take_edit)

    def show_people(
        self,
        people: Sequence[Person],
        model_id: str | None,
        neutral_ids: frozenset[str] = frozenset(),
    ) -> None:
        """Show these people; who was selected stays selected.

        Args:
            people: In the order to show.
            model_id: The recogniser in use, or None when there is none.
            neutral_ids: Whose neutral face is kept.
        """
        selected = set(self.selected_ids())
        self._is_filling = True
        self.setRowCount(len(people))
        for row, person in enumerate(people):
            self._fill_row(row, person, model_id, person.person_id in neutral_ids)
        self._is_filling = False
        self.clearSelection()
        model, rows = self.selectionModel(), self.model()
        for row, person in enumerate(people):
            if person.person_id in selected:
                flag = model.SelectionFlag.Select | model.SelectionFlag.Rows
                model.select(rows.index(row, 0), flag)

    def selected_ids(self) -> list[str]:
        """Person ids of the selected rows, from top to bottom."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._id_at(row) for row in rows]

    def select_person(self, person_id: str) -> None:
        """Select one person, if shown."""
        for row in range(self.rowCount()):
            if self._id_at(row) == person_id:
                self.selectRow(row)

    def edit_name(self) -> None:
        """Start editing the name of the selected person."""
        rows = self.selectionModel().selectedRows()
        if len(rows) == 1:
            self.setCurrentCell(rows[0].row(), NAME)
            self.edit(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete asks to delete who is selected."""
        if event.key() == Qt.Key.Key_Delete and self.selected_ids():
            self.delete_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _size_columns(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in (SHOTS, ADDED, PHOTOS, NEUTRAL, STATE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def _fill_row(self, row: int, person: Person, model_id: str | None, has_neutral: bool) -> None:
        local = person.created_at.astimezone()
        day = QDate(local.year, local.month, local.day)
        date = QLocale().toString(day, QLocale.FormatType.ShortFormat)
        kept = self.tr("yes") if person.has_photos else self.tr("no")
        state, reason = self._state_of(person, model_id)
        neutral = self.tr("yes") if has_neutral else self.tr("no")
        texts = (person.name, str(person.embedding_count), date, kept, neutral, state)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if column == STATE:
                item.setToolTip(reason)
            flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
            if column == NAME:
                flags |= Qt.ItemFlag.ItemIsEditable
                item.setData(Qt.ItemDataRole.UserRole, person.person_id)
                item.setToolTip(self.tr("{name}\nDouble-click or F2 to rename").format(name=text))
            item.setFlags(flags)
            self.setItem(row, column, item)

    def _state_of(self, person: Person, model_id: str | None) -> tuple[str, str]:
        if model_id is None:
            return self.tr("no model loaded"), self.tr("Nobody is recognised without a model pack.")
        if person.model_id == model_id:
            return self.tr("ready"), self.tr("Is recognised with the model pack in use.")
        reason = self.tr(
            "Was enrolled with {other}; the pack in use cannot compare that. Add new photos."
        )
        return self.tr("needs new photos"), reason.format(other=person.model_id)

    def _id_at(self, row: int) -> str:
        return str(self.model().index(row, NAME).data(Qt.ItemDataRole.UserRole))

    @Slot(QTableWidgetItem)
    def _take_edit(self, item: QTableWidgetItem) -> None:
        if not self._is_filling and item.column() == NAME:
            self.rename_wanted.emit(self._id_at(item.row()), item.text())
