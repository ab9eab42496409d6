"""The live picture, with boxes, names and emotions drawn over it as vectors."""

import time

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from facemotion.core.types import FrameResult
from facemotion.ui.icons import Icons
from facemotion.ui.meters import RateMeter
from facemotion.ui.overlay import (
    STALE_S,
    FaceMark,
    OverlayOptions,
    ViewTransform,
    belongs_to,
    face_at,
    lay_out,
    paint_marks,
    patience_for,
)
from facemotion.ui.picture import Picture
from facemotion.ui.theme import STAGE

KEYBOARD_REASONS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class VideoView(QWidget):
    """Paints the newest picture and the newest result that belongs to it; GUI thread.

    Args:
        icons: For the badges.
        parent: Qt parent.

    Signals:
        face_clicked(int): The user chose the face with this track id.
        ground_clicked(): The user clicked beside every face.
        face_activated(int): The user double-clicked a face.
        ground_activated(): The user double-clicked beside every face.
        step_wanted(int): The user asks for the next (1) or previous (−1) face by keyboard.
        view_size_changed(int, int): Width and height in device pixels.
    """

    face_clicked = Signal(int)
    ground_clicked = Signal()
    face_activated = Signal(int)
    ground_activated = Signal()
    step_wanted = Signal(int)
    view_size_changed = Signal(int, int)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._picture: Picture | None = None
        self._result: FrameResult | None = None
        self._options = OverlayOptions()
        self._is_overlay_shown = True
        self._selected_id: int | None = None
        self._hovered_id: int | None = None
        self._patience_s = STALE_S
        self._marks: list[FaceMark] = []
        self._repaints = RateMeter()
        self._message = ""
        self._is_ring_shown = False
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 180)
        self.setAccessibleName(self.tr("Live video"))
        self.setToolTip("")

    def sizeHint(self) -> QSize:
        """A usual picture's size."""
        return QSize(960, 540)

    @property
    def marks(self) -> list[FaceMark]:
        """What the last repaint drew over the picture."""
        return list(self._marks)

    @property
    def repaints_per_s(self) -> float:
        """How often the widget was painted, per second, over the last two seconds."""
        return self._repaints.per_s(time.monotonic())

    def set_picture(self, picture: Picture | None) -> None:
        """Show a picture, or none."""
        self._picture = picture
        if picture is None:
            self._result = None
        self.update()

    def set_result(self, result: FrameResult | None) -> None:
        """Draw a result over the pictures that it belongs to."""
        if result is not None and self._result is not None and self._picture is not None:
            gap_s = result.frame.time_s - self._result.frame.time_s
            age_s = self._picture.frame.time_s - result.frame.time_s
            self._patience_s = patience_for(age_s, gap_s, self._patience_s)
        self._result = result
        self.update()

    def set_options(self, options: OverlayOptions) -> None:
        """What is drawn beside box, name and emotion."""
        self._options = options
        self.update()

    def set_overlay_shown(self, is_shown: bool) -> None:
        """Whether anything is drawn over the picture; faces can be clicked all the same."""
        self._is_overlay_shown = is_shown
        self.update()

    def set_selected(self, track_id: int | None) -> None:
        """Emphasise one face."""
        self._selected_id = track_id
        self.update()

    def set_message(self, text: str) -> None:
        """A short line over the picture (paused, reconnecting); empty for none."""
        if text != self._message:
            self._message = text
            self.update()

    # ----- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Picture, overlay, message, focus ring."""
        del event
        painter = QPainter(self)
        painter.setFont(self._chip_font())
        self._paint_picture(painter)
        if self._message:
            self._paint_message(painter)
        if self.hasFocus() and self._is_ring_shown:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().accent().color(), 2.0))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()
        self._repaints.tick(time.monotonic())

    def _paint_picture(self, painter: QPainter) -> None:
        self._marks = []
        picture = self._picture
        if picture is None:
            painter.fillRect(self.rect(), QColor(STAGE))
            return
        transform = self._transform(picture)
        self._fill_beside(painter, transform.target)
        height_px, width_px = picture.bgra.shape[:2]
        image = QImage(
            picture.bgra.data, width_px, height_px, 4 * width_px, QImage.Format.Format_RGB32
        )
        self._draw_image(painter, image, transform.target)
        result = self._result
        if result is not None and belongs_to(result, picture.frame, self._patience_s):
            metrics = QFontMetricsF(painter.font())
            self._marks = lay_out(result, picture.frame, transform, metrics, self._options)
            if not self._is_overlay_shown:
                return
            painter.setClipRect(transform.target)
            paint_marks(painter, self._marks, self._icons, self._selected_id, self._hovered_id)
            painter.setClipping(False)

    def _draw_image(self, painter: QPainter, image: QImage, target: QRectF) -> None:
        """Copy the pixels as they are when they fit, which costs a tenth of scaling them."""
        ratio = self.devicePixelRatioF()
        is_exact = abs(target.width() * ratio - image.width()) < 1.5
        if is_exact:
            image.setDevicePixelRatio(ratio)
            painter.drawImage(target.topLeft(), image)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, image)

    def _fill_beside(self, painter: QPainter, target: QRectF) -> None:
        stage = QColor(STAGE)
        width, height = float(self.width()), float(self.height())
        bottom, right = target.bottom() - 1.0, target.right() - 1.0
        painter.fillRect(QRectF(0.0, 0.0, width, target.top() + 1.0), stage)
        painter.fillRect(QRectF(0.0, bottom, width, height - bottom), stage)
        painter.fillRect(QRectF(0.0, 0.0, target.left() + 1.0, height), stage)
        painter.fillRect(QRectF(right, 0.0, width - right, height), stage)

    def _paint_message(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(painter.font())
        size = metrics.boundingRect(self._message).size()
        rect = QRectF(0.0, 0.0, size.width() + 32.0, size.height() + 16.0)
        rect.moveCenter(QPointF(self.width() / 2.0, 0.0))
        rect.moveTop(16.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(13, 16, 20, 215))
        painter.drawRoundedRect(rect, rect.height() / 2.0, rect.height() / 2.0)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._message)

    def _chip_font(self) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _transform(self, picture: Picture) -> ViewTransform:
        frame_height, frame_width = picture.frame.frame_bgr.shape[:2]
        scale = min(self.width() / frame_width, self.height() / frame_height)
        width, height = frame_width * scale, frame_height * scale
        ratio = self.devicePixelRatioF()
        # Whole device pixels keep the copied picture sharp.
        left = round((self.width() - width) / 2.0 * ratio) / ratio
        top = round((self.height() - height) / 2.0 * ratio) / ratio
        return ViewTransform(QRectF(left, top, width, height), scale, picture.is_mirrored)

    # ----- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell the capture thread the size that pictures are wanted in."""
        super().resizeEvent(event)
        self._tell_size()

    def changeEvent(self, event: QEvent) -> None:
        """A screen of another pixel density wants other pictures."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._tell_size()

    def _tell_size(self) -> None:
        ratio = self.devicePixelRatioF()
        self.view_size_changed.emit(round(self.width() * ratio), round(self.height() * ratio))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the face under the pointer."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        track_id = face_at(self._marks, event.position())
        if track_id is None:
            self.ground_clicked.emit()
        else:
            self.face_clicked.emit(track_id)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open what belongs to the face, or fill the screen."""
        track_id = face_at(self._marks, event.position())
        if track_id is None:
            self.ground_activated.emit()
        else:
            self.face_activated.emit(track_id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show which face a click would choose."""
        hovered_id = face_at(self._marks, event.position())
        if hovered_id != self._hovered_id:
            self._hovered_id = hovered_id
            has_hit = hovered_id is not None
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if has_hit else Qt.CursorShape.ArrowCursor
            )
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """No face is under the pointer any more."""
        super().leaveEvent(event)
        self._hovered_id = None
        self.unsetCursor()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Only who comes with the keyboard needs to see where the keys go."""
        self._is_ring_shown = event.reason() in KEYBOARD_REASONS
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go through the faces."""
        steps = {Qt.Key.Key_Right.value: 1, Qt.Key.Key_Left.value: -1}
        step = steps.get(event.key())
        if step is None:
            super().keyPressEvent(event)
        else:
            self.step_wanted.emit(step)
