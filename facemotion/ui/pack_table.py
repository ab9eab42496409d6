"""The table of packs: those that are installed, then those that can be downloaded."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from facemotion.ui.pack_words import (
    accuracy_words,
    licence_words,
    size_words,
    speed_words,
)
from facemotion.vision.pack_shelf import ShelfPack
from facemotion.vision.pack_speed import PackSpeed

NAME, STATE, SIZE, SPEED, ACCURACY, LICENCE = range(6)
LICENCE_PX = 150


class PackTable(QTableWidget):
    """One row a pack, of which one is selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 6, parent)
        self.setAccessibleName(self.tr("Model packs"))
        self.setHorizontalHeaderLabels(
            [
                self.tr("Pack"),
                self.tr("State"),
                self.tr("Size"),
                self.tr("Speed here"),
                self.tr("Recognition"),
                self.tr("Licence"),
            ]
        )
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setStyleSheet("QTableWidget::item { padding: 4px 8px; }")
        self._entries: tuple[ShelfPack, ...] = ()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in (STATE, SIZE, SPEED, ACCURACY):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.resizeSection(LICENCE, LICENCE_PX)

    def show_packs(
        self,
        entries: Sequence[ShelfPack],
        state_of: Callable[[ShelfPack], str],
        speed_of: Callable[[ShelfPack], PackSpeed | None],
    ) -> None:
        """Show these packs; the one selected stays selected, at first it is the one in use.

        Args:
            entries: In the order to show.
            state_of: Words for what there is of a pack.
            speed_of: What was measured of a pack, or None.
        """
        selected = self.selected()
        self._entries = tuple(entries)
        self.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            texts = (
                entry.title,
                state_of(entry),
                size_words(entry.size_bytes) if entry.size_bytes else "",
                speed_words(entry, speed_of(entry)),
                accuracy_words(entry),
                licence_words(entry),
            )
            tips = {NAME: entry.problem, LICENCE: entry.licence, ACCURACY: entry.accuracy}
            for column, text in enumerate(texts):
                self._fill(row, column, text, tips.get(column, ""), is_strong=entry.is_in_use)
        self._select_again(selected)

    def selected(self) -> ShelfPack | None:
        """The selected pack, or None."""
        rows = self.selectionModel().selectedRows()
        return self._entries[rows[0].row()] if rows else None

    def select_pack(self, pack_id: str) -> None:
        """Select a pack by its id, if shown."""
        for row, entry in enumerate(self._entries):
            if entry.pack_id == pack_id:
                self.selectRow(row)
                return

    def _fill(self, row: int, column: int, text: str, tip: str, *, is_strong: bool) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            self.setItem(row, column, item)
        item.setText(text)
        item.setToolTip(tip)
        font = QFont(self.font())
        font.setBold(is_strong and column in (NAME, STATE))
        item.setFont(font)

    def _select_again(self, selected: ShelfPack | None) -> None:
        """A pack that has just been installed moves to another row."""
        if not self._entries:
            return
        wanted = selected.pack_id if selected is not None else None
        rows = [row for row, entry in enumerate(self._entries) if entry.pack_id == wanted]
        in_use = [row for row, entry in enumerate(self._entries) if entry.is_in_use]
        row = next(iter(rows or in_use), 0)
        if selected is not None and len(rows) > 1:
            same = [each for each in rows if self._entries[each].folder == selected.folder]
            row = next(iter(same), row)
        if [index.row() for index in self.selectionModel().selectedRows()] != [row]:
            self.selectRow(row)
