"""A small picture on top of all windows, with the main face's emotion beneath it."""

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizeGrip, QVBoxLayout, QWidget

from facemotion.core.palette import DECISION_COLOURS, EMOTION_COLOURS, EMOTION_SYMBOLS
from facemotion.ui.faces_panel import feeling_words
from facemotion.ui.icons import Icons
from facemotion.ui.overlay import lighter
from facemotion.ui.presence import PresentFace
from facemotion.ui.theme import STAGE
from facemotion.ui.video_view import VideoView

SIZE_PX = (340, 236)
LEAST_PX = (220, 160)
STRIP_PX = 40
MARGIN_PX = 24
ICON_PX = 22
INK = "#ffffff"
QUIET_INK = "#aab4c0"


class _Strip(QWidget):
    """Who, how and by how much, in one line."""

    def __init__(self, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons = icons
        self._present: PresentFace | None = None
        self._empty_text = self.tr("No face in the picture")
        self.setFixedHeight(STRIP_PX)
        self.setAccessibleName(self.tr("Main face"))

    @property
    def text(self) -> str:
        """What the strip says."""
        if self._present is None:
            return self._empty_text
        return f"{self._present.title}  {feeling_words(self._present)}"

    def show_face(self, present: PresentFace | None) -> None:
        """Show a face, or that there is none."""
        self._present = present
        self.setAccessibleDescription(self.text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Decision's colour, emotion's icon, words."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(STAGE))
        rect = QRectF(self.rect()).adjusted(12, 0, -20, 0)
        if self._present is not None:
            self._paint_decision(painter, self._present)
            emotion = self._present.face.emotion.emotion
            if emotion is not None:
                colour, ratio = lighter(EMOTION_COLOURS[emotion]), self.devicePixelRatioF()
                symbol = self._icons.pixmap(EMOTION_SYMBOLS[emotion], colour, ICON_PX, ratio)
                place = QPointF(rect.left() + 4, rect.center().y() - ICON_PX / 2)
                painter.drawPixmap(place, symbol)
                rect.setLeft(rect.left() + ICON_PX + 14)
        painter.setPen(QColor(INK if self._present is not None else QUIET_INK))
        words = painter.fontMetrics().elidedText(
            self.text, Qt.TextElideMode.ElideRight, int(rect.width())
        )
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_decision(self, painter: QPainter, present: PresentFace) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(DECISION_COLOURS[present.face.identity.decision]))
        painter.drawRoundedRect(QRectF(4, 8, 4, self.height() - 16), 2, 2)


class MiniView(QWidget):
    """A frameless window without controls: drag it anywhere, pull its corner; GUI thread.

    Args:
        icons: For the emotion.

    Signals:
        return_wanted(): Double-click, Escape or the system's close: the user wants the whole
            window again.
    """

    return_wanted = Signal()

    def __init__(self, icons: Icons) -> None:
        flags = Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint
        super().__init__(None, flags | Qt.WindowType.WindowStaysOnTopHint)
        self.setWindowTitle(self.tr("facemotion: mini view"))
        self.setMinimumSize(*LEAST_PX)
        self.video = VideoView(icons, self)
        self.video.setMinimumSize(0, 0)
        self.video.setToolTip(self.tr("Double-click or Esc: back to the whole window"))
        self._strip = _Strip(icons, self)
        self._grip = QSizeGrip(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.video, 1)
        layout.addWidget(self._strip)
        self.video.installEventFilter(self)
        self.video.face_activated.connect(self._return)
        self.video.ground_activated.connect(self._return)
        self.resize(*SIZE_PX)
        self._move_to_corner()

    @property
    def text(self) -> str:
        """What stands below the picture."""
        return self._strip.text

    def sizeHint(self) -> QSize:
        """A picture of usual shape and a line."""
        return QSize(*SIZE_PX)

    def show_face(self, present: PresentFace | None) -> None:
        """Show the main face's emotion, or that there is no face."""
        self._strip.show_face(present)

    def _move_to_corner(self) -> None:
        screen = QGuiApplication.primaryScreen()
        if screen is not None:
            room = screen.availableGeometry()
            self.move(
                room.right() - self.width() - MARGIN_PX, room.bottom() - self.height() - MARGIN_PX
            )

    @Slot()
    def _return(self) -> None:
        self.return_wanted.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A press on the picture takes hold of the window."""
        if watched is self.video and isinstance(event, QMouseEvent):
            is_press = event.type() == QEvent.Type.MouseMove
            handle = self.windowHandle()
            if is_press and event.buttons() & Qt.MouseButton.LeftButton and handle is not None:
                return handle.startSystemMove()
        return super().eventFilter(watched, event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The line below the picture leads back as well."""
        del event
        self.return_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leads back."""
        if event.key() == Qt.Key.Key_Escape:
            self.return_wanted.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the grip in the corner."""
        super().resizeEvent(event)
        hint = self._grip.sizeHint()
        self._grip.move(self.width() - hint.width(), self.height() - hint.height())
        self._grip.raise_()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing leads back instead: the program goes on."""
        event.ignore()
        self.return_wanted.emit()
