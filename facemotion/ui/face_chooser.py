"""Which of several faces in a photo is meant: a click, or the arrow keys and Return."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from facemotion.core.types import FaceDetection, FrameBgr
from facemotion.ui.text_labels import paragraph
from facemotion.ui.thumbnails import image_from_bgr

CROP_SCALE = 2.2
"""Side of the cut around the chosen face as a multiple of the face's larger side."""
_LARGEST_SHOWN_PX = 1600


class FaceChooser(QDialog):
    """Shows a photo with its faces numbered.

    Args:
        tile_id: Comes back with the choice.
        photo_bgr: uint8 (H, W, 3) BGR, the whole photo.
        faces: What was found in it.
        parent: The window that it belongs to.

    Signals:
        face_chosen(int, object): The tile id, and uint8 (h, w, 3) BGR around the chosen face with
            the other faces painted over.
    """

    face_chosen = Signal(int, object)

    def __init__(
        self,
        tile_id: int,
        photo_bgr: FrameBgr,
        faces: Sequence[FaceDetection],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Choose the face: facemotion"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._tile_id = tile_id
        self._photo_bgr = photo_bgr
        self._faces = list(faces)
        self.view = FaceChoiceView(photo_bgr, self._faces)
        self.view.face_chosen.connect(self._choose)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(
            paragraph(
                self.tr(
                    "There are several faces in this photo. Click on the one to enrol, or type "
                    "its number."
                )
            )
        )
        layout.addWidget(self.view, 1)
        layout.addWidget(buttons)
        self.view.setFocus()
        self.resize(720, 520)

    @Slot(int)
    def _choose(self, position: int) -> None:
        crop_bgr = cut_alone(self._photo_bgr, self._faces, position)
        self.face_chosen.emit(self._tile_id, crop_bgr)
        self.accept()


class FaceChoiceView(QWidget):
    """The photo, fitted, with a numbered box around every face.

    Signals:
        face_chosen(int): Position of the face in the list given.
    """

    face_chosen = Signal(int)

    def __init__(self, photo_bgr: FrameBgr, faces: Sequence[FaceDetection]) -> None:
        super().__init__()
        self._photo_width_px = photo_bgr.shape[1]
        step = max(-(-max(photo_bgr.shape[:2]) // _LARGEST_SHOWN_PX), 1)
        self._image = image_from_bgr(photo_bgr[::step, ::step])
        self._faces = list(faces)
        self._current = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._name_current()

    def sizeHint(self) -> QSize:
        """Large enough to tell faces apart."""
        return QSize(640, 420)

    def face_rect(self, position: int) -> QRectF:
        """Where a face is drawn."""
        area = self._photo_rect()
        zoom = area.width() / self._photo_width_px
        x1, y1, x2, y2 = (float(edge) * zoom for edge in self._faces[position].bbox_xyxy)
        return QRectF(area.x() + x1, area.y() + y1, x2 - x1, y2 - y1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the smallest face under the pointer."""
        hits = [
            position
            for position in range(len(self._faces))
            if self.face_rect(position).contains(event.position())
        ]
        if hits:
            self.face_chosen.emit(min(hits, key=lambda each: self.face_rect(each).width()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from face to face, Return chooses, a number chooses that face."""
        number = event.text().isdigit() and int(event.text())
        if event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Down):
            self._move(1)
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Up):
            self._move(-1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.face_chosen.emit(self._current)
        elif number and number <= len(self._faces):
            self.face_chosen.emit(number - 1)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the photo and the boxes."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._photo_rect(), self._image)
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        for position in range(len(self._faces)):
            self._paint_face(painter, position)

    def _paint_face(self, painter: QPainter, position: int) -> None:
        rect = self.face_rect(position)
        is_current = position == self._current
        colour = QColor("#4da3ff") if is_current else QColor("white")
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 160), 5.0 if is_current else 4.0))
        painter.drawRoundedRect(rect, 5, 5)
        painter.setPen(QPen(colour, 3.0 if is_current else 2.0))
        painter.drawRoundedRect(rect, 5, 5)
        badge = QRectF(rect.x(), max(rect.y() - 22, 0.0), 22, 20)
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(badge, 4, 4)
        painter.setPen(QColor("#10141a"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(position + 1))

    def _photo_rect(self) -> QRectF:
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        rect = QRectF(0, 0, size.width(), size.height())
        rect.moveCenter(QRectF(self.rect()).center())
        return rect

    def _move(self, step: int) -> None:
        self._current = (self._current + step) % max(len(self._faces), 1)
        self._name_current()
        self.update()

    def _name_current(self) -> None:
        words = self.tr("Face {number} of {count}")
        self.setAccessibleName(words.format(number=self._current + 1, count=len(self._faces)))


def cut_alone(photo_bgr: FrameBgr, faces: Sequence[FaceDetection], position: int) -> FrameBgr:
    """The surroundings of one face, with the other faces painted over.

    Args:
        photo_bgr: uint8 (H, W, 3) BGR.
        faces: All faces of the photo.
        position: Which of them stays.

    Returns:
        uint8 (h, w, 3) BGR, own memory.
    """
    alone = photo_bgr.copy()
    keep = alone[_rows_and_columns(photo_bgr, faces[position], 1.0)].copy()
    for other, face in enumerate(faces):
        if other != position:
            area = _rows_and_columns(photo_bgr, face, 1.15)
            if alone[area].size:
                alone[area] = np.median(alone[area].reshape(-1, 3), axis=0).astype(np.uint8)
    alone[_rows_and_columns(photo_bgr, faces[position], 1.0)] = keep
    return alone[_rows_and_columns(photo_bgr, faces[position], CROP_SCALE)].copy()


def _rows_and_columns(
    photo_bgr: FrameBgr, face: FaceDetection, scale: float
) -> tuple[slice, slice]:
    """A square about a face, `scale` times its larger side, inside the photo."""
    height_px, width_px = photo_bgr.shape[:2]
    x1, y1, x2, y2 = (float(edge) for edge in face.bbox_xyxy)
    half = scale * max(x2 - x1, y2 - y1) / 2.0
    x_mid, y_mid = (x1 + x2) / 2.0, (y1 + y2) / 2.0
    rows = slice(max(int(y_mid - half), 0), min(int(y_mid + half) + 1, height_px))
    columns = slice(max(int(x_mid - half), 0), min(int(x_mid + half) + 1, width_px))
    return rows, columns
