"""Who is here: one row for each face in the picture."""

import contextlib
from collections.abc import Callable, Generator

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from facemotion.core.palette import DECISION_COLOURS, EMOTION_SYMBOLS
from facemotion.ui.faces_model import (
    FACE_ROLE,
    AnyIndex,
    FacesModel,
    feeling_words,
    is_open_question,
)
from facemotion.ui.icons import Icons
from facemotion.ui.presence import PresentFace
from facemotion.ui.theme import emotion_ink
from facemotion.ui.thumbnails import image_from_bgr, square_thumbnail
from facemotion.ui.words import duration_words

ROW_HEIGHT_PX = 46
THUMBNAIL_PX = 36
ICON_PX = 16
BASELINE_PX = 14


def _why_rect(row: QRect) -> QRectF:
    """Where the question mark of a row is."""
    lower = row.center().y() + row.height() / 4.0
    return QRectF(row.right() - 10 - ICON_PX, lower - ICON_PX / 2.0, ICON_PX, ICON_PX)


class FaceDelegate(QStyledItemDelegate):
    """Paints a row: decision, picture, name, feeling, time.

    Args:
        icons: For the emotions.
        parent: Qt parent.

    Signals:
        why_wanted(int): The question mark in the row of this track was clicked.
    """

    why_wanted = Signal(int)

    def __init__(self, icons: Icons, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._thumbnails: dict[int, tuple[float, QPixmap]] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Two lines of text and a little air."""
        del index
        return QSize(180, max(ROW_HEIGHT_PX, 2 * option.fontMetrics.height() + 12))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one row."""
        present: PresentFace = index.data(FACE_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, option, present)
        rect = option.rect.adjusted(12, 0, -10, 0)
        top = rect.center().y() - THUMBNAIL_PX // 2
        painter.drawPixmap(rect.left(), top, self._thumbnail(present, painter))
        text_rect = rect.adjusted(THUMBNAIL_PX + 10, 4, 0, -4)
        self._paint_text(painter, option, text_rect, present)
        painter.restore()

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: AnyIndex,
    ) -> bool:
        """A click on the question mark asks why."""
        present: PresentFace = index.data(FACE_ROLE)
        is_mark_hit = (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and is_open_question(present)
            and _why_rect(option.rect).contains(event.position())
        )
        if is_mark_hit:
            self.why_wanted.emit(present.track_id)
        return is_mark_hit or super().editorEvent(event, model, option, index)

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, present: PresentFace
    ) -> None:
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if is_selected or is_hovered:
            tint = QColor(option.palette.color(QPalette.ColorRole.Accent))
            tint.setAlpha(56 if is_selected else 24)
            painter.fillRect(option.rect, tint)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(DECISION_COLOURS[present.face.identity.decision]))
        bar = QRectF(option.rect.left() + 3, option.rect.top() + 6, 4, option.rect.height() - 12)
        painter.drawRoundedRect(bar, 2, 2)

    def _paint_text(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, present: PresentFace
    ) -> None:
        ink = option.palette.color(QPalette.ColorRole.Text)
        quiet = option.palette.color(QPalette.ColorRole.PlaceholderText)
        top = QRect(rect.left(), rect.top(), rect.width(), rect.height() // 2)
        bottom = QRect(rect.left(), top.bottom() + 1, rect.width(), rect.height() - top.height())
        align = Qt.AlignmentFlag.AlignVCenter
        time_text = duration_words(present.duration_s)
        time_width = option.fontMetrics.horizontalAdvance(time_text) + 8
        painter.setPen(quiet)
        painter.drawText(top, align | Qt.AlignmentFlag.AlignRight, time_text)
        bold = QFont(option.font)
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(ink)
        name = painter.fontMetrics().elidedText(
            present.title, Qt.TextElideMode.ElideRight, top.width() - time_width
        )
        painter.drawText(top, align | Qt.AlignmentFlag.AlignLeft, name)
        painter.setFont(option.font)
        if is_open_question(present):
            place = _why_rect(option.rect)
            pixel_ratio = painter.device().devicePixelRatioF()
            mark = self._icons.pixmap("help", quiet.name(), ICON_PX, pixel_ratio)
            painter.drawPixmap(place.topLeft(), mark)
            bottom.setRight(int(place.left()) - 6)
        self._paint_feeling(painter, bottom, present, ink, quiet)

    def _paint_feeling(
        self, painter: QPainter, rect: QRect, present: PresentFace, ink: QColor, quiet: QColor
    ) -> None:
        emotion = present.face.emotion.emotion
        if emotion is not None:
            ratio = painter.device().devicePixelRatioF()
            symbol, colour = EMOTION_SYMBOLS[emotion], emotion_ink(emotion, self._icons.is_dark)
            pixmap = self._icons.pixmap(symbol, colour, ICON_PX, ratio)
            painter.drawPixmap(QPointF(rect.left(), rect.center().y() - ICON_PX / 2 + 1), pixmap)
            rect = rect.adjusted(ICON_PX + 6, 0, 0, 0)
        if present.face.emotion.is_corrected:
            self._paint_baseline(painter, rect, quiet)
            rect = rect.adjusted(0, 0, -BASELINE_PX - 6, 0)
        painter.setPen(ink if emotion is not None else quiet)
        text = painter.fontMetrics().elidedText(
            feeling_words(present), Qt.TextElideMode.ElideRight, rect.width()
        )
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_baseline(self, painter: QPainter, rect: QRect, ink: QColor) -> None:
        """The small mark that the neutral face corrects this row's readings."""
        ratio = painter.device().devicePixelRatioF()
        pixmap = self._icons.pixmap("neutral-face", ink.name(), BASELINE_PX, ratio)
        left, top = rect.right() - BASELINE_PX + 1, rect.center().y() - BASELINE_PX / 2 + 1
        painter.drawPixmap(QPointF(left, top), pixmap)

    def _thumbnail(self, present: PresentFace, painter: QPainter) -> QPixmap:
        known = self._thumbnails.get(present.track_id)
        if known is not None and known[0] == present.thumbnail_at_s:
            return known[1]
        ratio = painter.device().devicePixelRatioF()
        image = image_from_bgr(present.thumbnail_bgr)
        pixmap = square_thumbnail(image, THUMBNAIL_PX, ratio, 6.0)
        self._thumbnails[present.track_id] = (present.thumbnail_at_s, pixmap)
        return pixmap

    def keep_only(self, track_ids: list[int]) -> None:
        """Forget the pictures of faces that have left."""
        self._thumbnails = {k: v for k, v in self._thumbnails.items() if k in track_ids}


class _FacesView(QListView):
    """A list that says so when it is empty."""

    empty_text = ""

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows, or the sentence that stands for them."""
        super().paintEvent(event)
        model = self.model()
        if model is not None and model.rowCount() > 0:
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.viewport().rect().adjusted(16, 8, -16, -8), flags, self.empty_text)


class FacesPanel(QWidget):
    """The list of faces; GUI thread.

    Args:
        icons: For the emotions.
        parent: Qt parent.

    Signals:
        face_selected(object): Track id (int) of the row chosen by the user, or None.
        face_activated(int): The user pressed Enter on, or double-clicked, a row.
        why_wanted(int): The user asks why this face is unsure or unknown.
    """

    face_selected = Signal(object)
    face_activated = Signal(int)
    why_wanted = Signal(int)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_changing = False
        self._model = FacesModel(self)
        self._delegate = FaceDelegate(icons, self)
        self._view = _FacesView(self)
        self._view.empty_text = self.tr("No face in the picture")
        self._view.setModel(self._model)
        self._view.setItemDelegate(self._delegate)
        self._view.setUniformItemSizes(True)
        self._view.setMouseTracking(True)
        self._view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._view.setAccessibleName(self.tr("Faces in the picture"))
        self._view.selectionModel().currentChanged.connect(self._on_current_changed)
        self._view.activated.connect(self._on_activated)
        self._delegate.why_wanted.connect(self.why_wanted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self.setFocusProxy(self._view)

    @property
    def view(self) -> QListView:
        """The list itself."""
        return self._view

    def sizeHint(self) -> QSize:
        """Room for three faces and a bit, so that a fourth is noticed."""
        return QSize(320, round(3.2 * ROW_HEIGHT_PX))

    def minimumSizeHint(self) -> QSize:
        """Room for one face."""
        return QSize(200, ROW_HEIGHT_PX + 8)

    def set_faces(self, faces: list[PresentFace]) -> None:
        """Show these faces."""
        with self._silently():
            self._model.set_faces(faces)
        self._delegate.keep_only([face.track_id for face in faces])
        if not faces:
            self._view.viewport().update()

    def explain_with(self, explain: Callable[[int], str]) -> None:
        """Say in a row's tooltip why the face is unsure or unknown.

        Args:
            explain: Gives the words for a track id.
        """
        self._model.explain_with(explain)

    def set_empty_text(self, text: str) -> None:
        """What the list says while it is empty."""
        self._view.empty_text = text
        self._view.viewport().update()

    def select(self, track_id: int | None) -> None:
        """Mark the row of a face without telling anybody."""
        ids = self._model.track_ids()
        with self._silently():
            if track_id in ids:
                self._view.setCurrentIndex(self._model.index(ids.index(track_id)))
            else:
                self._view.setCurrentIndex(QModelIndex())

    @contextlib.contextmanager
    def _silently(self) -> Generator[None]:
        """Changes made in here are the program's, not the user's."""
        self._is_changing = True
        try:
            yield
        finally:
            self._is_changing = False

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if self._is_changing:
            return
        present = current.data(FACE_ROLE) if current.isValid() else None
        self.face_selected.emit(present.track_id if present is not None else None)

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        present = index.data(FACE_ROLE)
        if present is not None:
            self.face_activated.emit(present.track_id)

    def changeEvent(self, event: QEvent) -> None:
        """Repaint in the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._view.viewport().update()
