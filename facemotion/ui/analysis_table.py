"""The table of inputs: what each is and how far it is, with a bar while it is being done."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from facemotion.analysis.jobs import JobState
from facemotion.ui.analysis_queue import (
    ENTRY_ROLE,
    FACES,
    INPUT,
    STATE,
    AnalysisQueue,
    QueueEntry,
)
from facemotion.ui.icons import Icons
from facemotion.ui.notice import NoticeKind
from facemotion.vision.sources.base import SourceKind

AnyIndex = QModelIndex | QPersistentModelIndex
ROW_HEIGHT_PX = 34
ICON_PX = 18
BAR_PX = 4.0

_KIND_ICONS = {
    SourceKind.VIDEO: "video",
    SourceKind.IMAGE: "photo",
    SourceKind.FOLDER: "folder",
    SourceKind.STREAM: "url",
    SourceKind.CAMERA: "camera",
    SourceKind.DEMO: "demo",
}
_STATE_COLOURS = {
    JobState.DONE: NoticeKind.SUCCESS,
    JobState.PARTLY: NoticeKind.WARNING,
    JobState.FAILED: NoticeKind.ERROR,
}


class _Delegate(QStyledItemDelegate):
    """Paints the icon of an input, and the bar or mark of its state.

    Args:
        icons: For the kinds of input.
        parent: Qt parent.
    """

    def __init__(self, icons: Icons, parent: QObject) -> None:
        super().__init__(parent)
        self._icons = icons

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one cell."""
        entry: QueueEntry = index.data(ENTRY_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            tint = QColor(option.palette.color(QPalette.ColorRole.Accent))
            tint.setAlpha(48)
            painter.fillRect(option.rect, tint)
        rect = QRectF(option.rect).adjusted(10.0, 0.0, -10.0, 0.0)
        if index.column() == INPUT:
            rect = self._paint_icon(painter, option, rect, entry)
        elif index.column() == STATE:
            rect = _paint_mark(painter, option, rect, entry)
        _paint_text(painter, option, rect, str(index.data()), index.column())
        painter.restore()

    def _paint_icon(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, entry: QueueEntry
    ) -> QRectF:
        ink = option.palette.color(QPalette.ColorRole.PlaceholderText).name()
        ratio = painter.device().devicePixelRatioF()
        pixmap = self._icons.pixmap(_KIND_ICONS[entry.input.spec.kind], ink, ICON_PX, ratio)
        painter.drawPixmap(QPointF(rect.left(), rect.center().y() - ICON_PX / 2), pixmap)
        return rect.adjusted(ICON_PX + 8.0, 0.0, 0.0, 0.0)


def _paint_mark(
    painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, entry: QueueEntry
) -> QRectF:
    """The bar of what is being done, or the dot of what is over; returns the rest of the room."""
    painter.setPen(Qt.PenStyle.NoPen)
    if entry.state is JobState.RUNNING:
        bar = QRectF(rect.left(), rect.bottom() - BAR_PX - 4.0, rect.width(), BAR_PX)
        painter.setBrush(option.palette.color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(bar, 2.0, 2.0)
        bar.setWidth(bar.width() * (entry.news.fraction or 0.0))
        painter.setBrush(option.palette.color(QPalette.ColorRole.Accent))
        painter.drawRoundedRect(bar, 2.0, 2.0)
        return rect.adjusted(0.0, 0.0, 0.0, -BAR_PX - 4.0)
    kind = _STATE_COLOURS.get(entry.state)
    colour = kind.colour if kind else option.palette.color(QPalette.ColorRole.Mid)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(rect.left() + 4.0, rect.center().y()), 4.0, 4.0)
    return rect.adjusted(16.0, 0.0, 0.0, 0.0)


def _paint_text(
    painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, text: str, column: int
) -> None:
    painter.setPen(option.palette.color(QPalette.ColorRole.Text))
    where = Qt.TextElideMode.ElideMiddle if column == INPUT else Qt.TextElideMode.ElideRight
    side = Qt.AlignmentFlag.AlignRight if column == FACES else Qt.AlignmentFlag.AlignLeft
    shown = option.fontMetrics.elidedText(text, where, int(rect.width()))
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | side, shown)


class AnalysisTable(QTableView):
    """The rows of a queue.

    Args:
        queue: The rows.
        icons: For the kinds of input.
        parent: Qt parent.

    Signals:
        selection_changed(): Other rows are selected.
        cancel_wanted(): The Delete key was pressed.
        folder_wanted(): A row was double-clicked, or Enter pressed on it.
    """

    selection_changed = Signal()
    cancel_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self, queue: AnalysisQueue, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(queue)
        self.setItemDelegate(_Delegate(icons, self))
        self.setAccessibleName(self.tr("Files to be analysed"))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setDefaultSectionSize(max(ROW_HEIGHT_PX, self.fontMetrics().height() + 16))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(INPUT, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(FACES, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(FACES, 110)
        self.selectionModel().selectionChanged.connect(self.selection_changed)
        self.activated.connect(self.folder_wanted)

    def selected(self) -> list[QueueEntry]:
        """The selected rows, from top to bottom."""
        rows = sorted(self.selectionModel().selectedRows(), key=_row_of)
        return [index.data(ENTRY_ROLE) for index in rows]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes out or cancels what is selected, Return opens it and starts nothing."""
        if event.key() == Qt.Key.Key_Delete and self.selected():
            self.cancel_wanted.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.selected():
            self.folder_wanted.emit()
        else:
            super().keyPressEvent(event)


def _row_of(index: QModelIndex) -> int:
    return index.row()
