"""The history of changes: time, person, from what to what, and how sure; markers among them."""

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from facemotion.core.labels import EMOTIONS
from facemotion.ui.change_log import MOST_CHANGES, LogEntry, MarkedMoment
from facemotion.ui.icons import Icons
from facemotion.ui.words import duration_words, emotion_word

AnyIndex = QModelIndex | QPersistentModelIndex
CHANGE_ROLE = Qt.ItemDataRole.UserRole + 1
BUTTON_PX = 30
CELL_PADDING_PX = 18
TIME, PERSON, CHANGE, PROBABILITY = range(4)


class ChangesModel(QAbstractTableModel):
    """The changes as a table, newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._changes: list[LogEntry] = []
        self._marker_icon = QIcon()

    def set_marker_icon(self, icon: QIcon) -> None:
        """What stands before a marker."""
        self._marker_icon = icon

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Number of changes."""
        return 0 if parent is not None and parent.isValid() else len(self._changes)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        """Four columns."""
        return 0 if parent is not None and parent.isValid() else 4

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns."""
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        titles = (self.tr("Time"), self.tr("Person"), self.tr("Change"), self.tr("Prob."))
        return titles[section]

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment, and the change itself under `CHANGE_ROLE`."""
        if not index.isValid() or index.row() >= len(self._changes):
            return None
        change = self._changes[index.row()]
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(change, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == PROBABILITY:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if column == PERSON and isinstance(change, MarkedMoment):
            if role == Qt.ItemDataRole.DecorationRole:
                return self._marker_icon
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return self.tr("marker")
        if role == Qt.ItemDataRole.ToolTipRole:
            texts = [self._text(change, i) for i in range(4)]
            return f"{change.source}: {', '.join(filter(None, texts))}"
        return change if role == CHANGE_ROLE else None

    def add(self, changes: list[LogEntry]) -> None:
        """Put new changes, oldest first, on top; the oldest rows go beyond the limit."""
        if not changes:
            return
        self.beginInsertRows(QModelIndex(), 0, len(changes) - 1)
        self._changes[:0] = reversed(changes)
        self.endInsertRows()
        if len(self._changes) > MOST_CHANGES:
            self.beginRemoveRows(QModelIndex(), MOST_CHANGES, len(self._changes) - 1)
            del self._changes[MOST_CHANGES:]
            self.endRemoveRows()

    def clear(self) -> None:
        """Show nothing."""
        self.beginResetModel()
        self._changes.clear()
        self.endResetModel()

    def _text(self, change: LogEntry, column: int) -> str:
        if column == TIME:
            clock = change.clock.strftime("%H:%M:%S")
            return clock if change.is_live else duration_words(change.time_s)
        if isinstance(change, MarkedMoment):
            return change.label if column == CHANGE else ""
        if column == PERSON:
            return change.person
        if column == CHANGE:
            return f"{emotion_word(change.before)} → {emotion_word(change.after)}"
        return f"{change.probability * 100.0:.0f} %"


class HintTable(QTableView):
    """A table that says what it is for while it is empty."""

    hint = ""

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows, or the sentence that stands for them."""
        super().paintEvent(event)
        if self.model() is not None and self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect().adjusted(16, 4, -16, -4), flags, self.hint)


class _PersonFilter(QSortFilterProxyModel):
    """Shows one person's changes, or everybody's; markers belong to all."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._person: str | None = None

    def set_person(self, person: str | None) -> None:
        """Whose changes; None for everybody's."""
        self.beginFilterChange()
        self._person = person
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: AnyIndex) -> bool:
        """Whether a row is that person's."""
        if self._person is None:
            return True
        change = self.sourceModel().index(row, 0, parent).data(CHANGE_ROLE)
        if isinstance(change, MarkedMoment):
            return True
        return change is not None and change.person == self._person


class ChangesPanel(QWidget):
    """Table of changes with filter, export and clear; GUI thread.

    Args:
        icons: For the buttons.
        parent: Qt parent.

    Signals:
        export_wanted(object): The user wants these changes and markers (list, oldest first) as a
            file.
        clear_wanted(): The user wants the history gone.
    """

    export_wanted = Signal(object)
    clear_wanted = Signal()

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._model = ChangesModel(self)
        self._filter = _PersonFilter(self)
        self._filter.setSourceModel(self._model)
        self._people = QComboBox(self)
        self._people.addItem(self.tr("Everybody"), None)
        self._people.setAccessibleName(self.tr("Show changes of"))
        self._people.setToolTip(self.tr("Show the changes of one person only"))
        self._people.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._people.setMinimumContentsLength(8)
        self._people.currentIndexChanged.connect(self._on_person_chosen)
        self._export = self._button(self.tr("Export changes…"), self._on_export)
        self._clear = self._button(self.tr("Clear the change history"), self.clear_wanted.emit)
        self._view = self._make_view()
        self._build()
        self.refresh_icons()
        self._update_buttons()

    def _button(self, tooltip: str, call: Any) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(tooltip)
        button.setAccessibleName(tooltip)
        button.setAutoRaise(True)
        button.setFixedSize(BUTTON_PX, BUTTON_PX)
        button.clicked.connect(call)
        return button

    def _make_view(self) -> QTableView:
        view = HintTable(self)
        view.hint = self.tr("Every change of a shown emotion, and every marker, is listed here")
        view.setModel(self._filter)
        view.setShowGrid(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setWordWrap(False)
        # Unknown people differ in the number at the end of their names only.
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.setTabKeyNavigation(False)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(max(view.fontMetrics().height() + 8, 24))
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(PERSON, QHeaderView.ResizeMode.Stretch)
        view.setAccessibleName(self.tr("History of emotion changes"))
        return view

    def _fit_columns(self) -> None:
        """As wide as the longest text that can stand in them; people get the rest."""
        metrics = self._view.fontMetrics()
        words = sorted(map(emotion_word, EMOTIONS), key=metrics.horizontalAdvance)
        texts = {TIME: "00:00:00", CHANGE: " → ".join(words[-2:]), PROBABILITY: "100 %"}
        titles = self._view.model()
        for column, text in texts.items():
            title = titles.headerData(column, Qt.Orientation.Horizontal)
            width = max(metrics.horizontalAdvance(text), metrics.horizontalAdvance(title))
            self._view.setColumnWidth(column, width + CELL_PADDING_PX)

    def showEvent(self, event: QShowEvent) -> None:
        """Fit the columns to the font, which is settled by now."""
        super().showEvent(event)
        self._fit_columns()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(4)
        row.addWidget(self._people, 1)
        row.addWidget(self._export)
        row.addWidget(self._clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self._view, 1)
        self.setFocusProxy(self._view)

    @property
    def view(self) -> QTableView:
        """The table itself."""
        return self._view

    @property
    def people(self) -> QComboBox:
        """The choice of a person."""
        return self._people

    def sizeHint(self) -> QSize:
        """Room for a few changes."""
        return QSize(320, 130)

    def minimumSizeHint(self) -> QSize:
        """Room for two changes, or for the words that stand there without any."""
        return QSize(200, 108)

    def refresh_icons(self) -> None:
        """Take the icons of a new theme."""
        self._export.setIcon(self._icons.icon("export"))
        self._clear.setIcon(self._icons.icon("clear"))
        self._model.set_marker_icon(self._icons.icon("marker"))

    def add(self, changes: list[LogEntry]) -> None:
        """Show new changes and markers, oldest first."""
        self._model.add(changes)
        people = (None if isinstance(entry, MarkedMoment) else entry.person for entry in changes)
        for person in filter(None, dict.fromkeys(people)):
            if self._people.findData(person) < 0:
                self._people.addItem(person, person)
        self._update_buttons()

    def clear(self) -> None:
        """Show nothing."""
        self._model.clear()
        self._people.setCurrentIndex(0)
        while self._people.count() > 1:
            self._people.removeItem(1)
        self._update_buttons()

    def shown_changes(self) -> list[LogEntry]:
        """What the filter lets through, oldest first."""
        rows = range(self._filter.rowCount())
        return [self._filter.index(row, 0).data(CHANGE_ROLE) for row in reversed(rows)]

    @Slot(int)
    def _on_person_chosen(self, index: int) -> None:
        self._filter.set_person(self._people.itemData(index))
        self._update_buttons()

    @Slot()
    def _on_export(self) -> None:
        self.export_wanted.emit(self.shown_changes())

    def _update_buttons(self) -> None:
        self._export.setEnabled(self._filter.rowCount() > 0)
        self._clear.setEnabled(self._model.rowCount() > 0)
