"""The live picture of the guided enrolment with a ring around the face that fills pose by pose."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from facemotion.core.types import FaceResult, FloatArray
from facemotion.ui.notice import NoticeKind
from facemotion.ui.picture import Picture

ARC_CENTRES_DEG = {"right": 0.0, "up": 90.0, "left": 180.0, "down": 270.0}
"""Where the arc of each turned pose stands on the ring, as the viewer sees it; anticlockwise."""
ARC_SPAN_DEG = 78.0
RING_SCALE = 0.78
"""Radius of the ring as a multiple of the face's larger side."""
_TRACK_COLOUR = QColor(255, 255, 255, 110)
_SHADE_COLOUR = QColor(0, 0, 0, 95)


class FacePreview(QWidget):
    """Paints the newest picture, the faces, and the ring of the face that is enrolled.

    Signals:
        face_clicked(int): The track id of the face that was clicked, or whose number, counted
            from the left, was typed.
    """

    face_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(260, 180)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Live picture for enrolment"))
        self._picture: Picture | None = None
        self._faces: Sequence[FaceResult] = ()
        self._followed_id: int | None = None
        self._progress: Mapping[str, float] = {}
        self._wanted_pose = ""
        self._message = ""
        self._is_mirrored = False

    def sizeHint(self) -> QSize:
        """A comfortable size for a picture of 4:3."""
        return QSize(520, 390)

    def set_mirrored(self, is_mirrored: bool) -> None:
        """Show the picture as a mirror does, for a camera that looks at its user."""
        self._is_mirrored = is_mirrored
        self.update()

    def show_picture(self, picture: Picture | None) -> None:
        """Show a picture; None shows the message alone."""
        self._picture = picture
        if picture is None:
            self._faces = ()
        self.update()

    def show_faces(self, faces: Sequence[FaceResult], followed_id: int | None) -> None:
        """Show where faces are, and which one the ring belongs to."""
        self._faces = faces
        self._followed_id = followed_id
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if len(faces) > 1 else Qt.CursorShape.ArrowCursor
        )
        self.update()

    def show_progress(self, progress: Mapping[str, float], wanted_pose: str) -> None:
        """Show how far each pose is.

        Args:
            progress: By pose ("frontal", "left", "right", "up", "down"; left and right as the
                person's own), from 0 to 1.
            wanted_pose: The pose asked for now, whose arc is drawn stronger.
        """
        self._progress = dict(progress)
        self._wanted_pose = wanted_pose
        self.update()

    def show_message(self, text: str) -> None:
        """Words in the middle while there is no picture."""
        self._message = text
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which face was clicked."""
        track_id = self.face_at(event.position())
        if track_id is not None:
            self.face_clicked.emit(track_id)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A number chooses the face that bears it."""
        number = int(event.text()) if event.text().isdecimal() else 0
        in_order = self._numbered_faces()
        if 1 <= number <= len(in_order):
            self.face_clicked.emit(in_order[number - 1].track_id)
        else:
            super().keyPressEvent(event)

    def face_at(self, point: QPointF) -> int | None:
        """Track id of the smallest face under a point of the widget, or None."""
        hits = [face for face in self._faces if self._face_rect(face.bbox_xyxy).contains(point)]
        if not hits:
            return None
        return min(hits, key=lambda face: _area(face.bbox_xyxy)).track_id

    def face_rect(self, track_id: int) -> QRectF | None:
        """Where a face is drawn, or None when it is not."""
        for face in self._faces:
            if face.track_id == track_id:
                return self._face_rect(face.bbox_xyxy)
        return None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, the boxes and the ring."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(self.rect()), 8, 8)
        painter.setClipPath(frame)
        painter.fillRect(self.rect(), QColor("#15181d"))
        if self._picture is None:
            self._paint_message(painter)
            return
        self._paint_picture(painter, self._picture)
        for number, face in enumerate(self._numbered_faces(), start=1):
            if face.track_id == self._followed_id:
                self._paint_ring(painter, self._face_rect(face.bbox_xyxy))
            else:
                self._paint_box(painter, self._face_rect(face.bbox_xyxy), number)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 3.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 8, 8)

    def _paint_message(self, painter: QPainter) -> None:
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 2.0))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.setPen(QColor(235, 238, 242))
        area = self.rect().adjusted(24, 16, -24, -16)
        painter.drawText(
            area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message
        )

    def _paint_picture(self, painter: QPainter, picture: Picture) -> None:
        height_px, width_px = picture.bgra.shape[:2]
        image = QImage(
            picture.bgra.data, width_px, height_px, 4 * width_px, QImage.Format.Format_RGB32
        )
        target = self._picture_rect()
        painter.save()
        if self._is_mirrored:
            painter.translate(2.0 * target.center().x(), 0.0)
            painter.scale(-1.0, 1.0)
        painter.drawImage(target, image)
        painter.restore()

    def _paint_box(self, painter: QPainter, rect: QRectF, number: int) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(255, 255, 255, 210), 1.5, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(rect, 6, 6)
        if len(self._faces) > 1:
            badge = QRectF(rect.x(), rect.y(), 20, 18)
            painter.fillRect(badge, QColor(0, 0, 0, 170))
            painter.setPen(QColor("white"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(number))

    def _paint_ring(self, painter: QPainter, rect: QRectF) -> None:
        ring = self._ring_rect(rect)
        radius = ring.width() / 2.0
        self._paint_shade(painter, ring)
        thickness = min(max(radius * 0.07, 5.0), 12.0)
        inner = ring.adjusted(thickness * 1.5, thickness * 1.5, -thickness * 1.5, -thickness * 1.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._paint_arc(painter, inner, "frontal", 90.0, 360.0, thickness * 0.55)
        for pose, centre_deg in ARC_CENTRES_DEG.items():
            self._paint_arc(
                painter, ring, pose, self._seen_deg(centre_deg), ARC_SPAN_DEG, thickness
            )

    def _ring_rect(self, face: QRectF) -> QRectF:
        """The ring around a face; a close face has a smaller one, so that all of it is seen."""
        room = QRectF(self.rect()).adjusted(14, 14, -14, -14)
        largest = min(room.width(), room.height()) / 2.0
        radius = min(RING_SCALE * max(face.width(), face.height()), largest)
        ring = QRectF(0, 0, 2 * radius, 2 * radius)
        ring.moveCenter(face.center())
        ring.moveLeft(min(max(ring.left(), room.left()), room.right() - ring.width()))
        ring.moveTop(min(max(ring.top(), room.top()), room.bottom() - ring.height()))
        return ring

    def _paint_shade(self, painter: QPainter, ring: QRectF) -> None:
        outside = QPainterPath()
        outside.addRect(QRectF(self.rect()))
        hole = QPainterPath()
        hole.addEllipse(ring)
        painter.fillPath(outside.subtracted(hole), _SHADE_COLOUR)

    def _paint_arc(
        self,
        painter: QPainter,
        ring: QRectF,
        pose: str,
        centre_deg: float,
        span_deg: float,
        width: float,
    ) -> None:
        cap = Qt.PenCapStyle.RoundCap
        is_wanted = pose == self._wanted_pose
        track = QColor(_TRACK_COLOUR)
        track.setAlpha(230 if is_wanted else 110)
        painter.setPen(
            QPen(track, width * (0.75 if is_wanted else 0.45), Qt.PenStyle.SolidLine, cap)
        )
        start_deg = centre_deg - span_deg / 2.0
        painter.drawArc(ring, round(16 * start_deg), round(16 * span_deg))
        done = min(max(self._progress.get(pose, 0.0), 0.0), 1.0)
        if done <= 0.0:
            return
        colour = NoticeKind.SUCCESS.colour.lighter(135)
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, cap))
        painter.drawArc(
            ring, round(16 * (centre_deg - done * span_deg / 2.0)), round(16 * span_deg * done)
        )

    def _seen_deg(self, centre_deg: float) -> float:
        """The person's own left is on the picture's right, unless the picture is mirrored."""
        return centre_deg if self._is_mirrored else 180.0 - centre_deg

    def _numbered_faces(self) -> list[FaceResult]:
        """The faces from left to right as the viewer sees them."""
        return sorted(self._faces, key=lambda face: self._face_rect(face.bbox_xyxy).x())

    def _picture_rect(self) -> QRectF:
        if self._picture is None:
            return QRectF(self.rect())
        height_px, width_px = self._picture.bgra.shape[:2]
        zoom = min(self.width() / width_px, self.height() / height_px)
        rect = QRectF(0, 0, width_px * zoom, height_px * zoom)
        rect.moveCenter(QRectF(self.rect()).center())
        return rect

    def _face_rect(self, bbox_xyxy: FloatArray) -> QRectF:
        """A box of the frame in the widget's coordinates."""
        if self._picture is None:
            return QRectF()
        target = self._picture_rect()
        height_px, width_px = self._picture.frame.frame_bgr.shape[:2]
        x1, y1, x2, y2 = (float(edge) for edge in bbox_xyxy)
        if self._is_mirrored:
            x1, x2 = width_px - x2, width_px - x1
        zoom_x, zoom_y = target.width() / width_px, target.height() / height_px
        return QRectF(
            target.x() + x1 * zoom_x,
            target.y() + y1 * zoom_y,
            (x2 - x1) * zoom_x,
            (y2 - y1) * zoom_y,
        )


def _area(bbox_xyxy: FloatArray) -> float:
    x1, y1, x2, y2 = (float(edge) for edge in bbox_xyxy)
    return (x2 - x1) * (y2 - y1)
