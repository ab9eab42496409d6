"""A layout that sets widgets side by side and goes on in the next row when one is full."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Rows of widgets in their own size, from left to right, top to bottom.

    Args:
        parent: The widget whose layout this is.
        gap_px: Room between widgets and between rows.
    """

    def __init__(self, parent: QWidget | None = None, gap_px: int = 10) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap_px = gap_px
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Append an item."""
        self._items.append(item)

    def count(self) -> int:
        """Number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """The item at a position, or None behind the last."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove and return the item at a position."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """It asks for no more room than its rows take."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Narrower means more rows."""
        return True

    def heightForWidth(self, width_px: int) -> int:
        """Height of all rows in a given width."""
        return self._arrange(QRect(0, 0, width_px, 0), is_moving=False)

    def setGeometry(self, rect: QRect) -> None:
        """Place the widgets."""
        super().setGeometry(rect)
        self._arrange(rect, is_moving=True)

    def sizeHint(self) -> QSize:
        """The least that it can do with."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """The size of the largest widget."""
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _arrange(self, rect: QRect, *, is_moving: bool) -> int:
        margins = self.contentsMargins()
        area = rect.marginsRemoved(margins)
        x_px, y_px, row_height_px = area.x(), area.y(), 0
        for item in self._items:
            size = _size_of(item)
            if x_px > area.x() and x_px + size.width() > area.x() + area.width():
                x_px, y_px, row_height_px = area.x(), y_px + row_height_px + self._gap_px, 0
            if is_moving:
                item.setGeometry(QRect(QPoint(x_px, y_px), size))
            x_px += size.width() + self._gap_px
            row_height_px = max(row_height_px, size.height())
        return y_px + row_height_px - rect.y() + margins.bottom()


def _size_of(item: QLayoutItem) -> QSize:
    """An item's own size, as tall as its wrapped text needs."""
    size = item.sizeHint()
    if item.hasHeightForWidth():
        size.setHeight(item.heightForWidth(size.width()))
    return size
