"""A framed page that says that something can be dropped on it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget


class DropPage(QWidget):
    """Its frame is dashed, and livelier while something is held over it."""

    def __init__(self) -> None:
        super().__init__()
        self._is_drag_over = False

    def show_drag(self, is_over: bool) -> None:
        """Show whether something is held over the dialog that may be dropped."""
        self._is_drag_over = is_over
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = QPalette.ColorRole.Highlight if self._is_drag_over else QPalette.ColorRole.Mid
        pen = QPen(self.palette().color(role), 2.0 if self._is_drag_over else 1.5)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 10, 10)
