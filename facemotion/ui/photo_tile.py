"""One picture of an enrolment: the face, whether it is taken or why not, and its removal."""

from enum import Enum

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from facemotion.ui.notice import NoticeKind, blend
from facemotion.ui.text_labels import hint
from facemotion.ui.thumbnails import square_thumbnail

TILE_WIDTH_PX = 136
THUMBNAIL_PX = 116


class TileState(Enum):
    """How far the examination of a picture is: its mark and its colour."""

    WAITING = ("…", None)
    ACCEPTED = ("✓", NoticeKind.SUCCESS)
    REJECTED = ("✗", NoticeKind.ERROR)

    @property
    def mark(self) -> str:
        """One character before the words."""
        return self.value[0]

    @property
    def kind(self) -> NoticeKind | None:
        """Whose colour frames the tile; None for no frame."""
        return self.value[1]


class PhotoTile(QFrame):
    """A thumbnail with its words; Delete or the button removes it.

    Args:
        tile_id: Number given back by the signals.
        title: File name or pose.
        parent: Qt parent.

    Signals:
        remove_wanted(int): The user wants it gone.
        choice_wanted(int): The user wants to say which face is meant.
    """

    remove_wanted = Signal(int)
    choice_wanted = Signal(int)

    def __init__(self, tile_id: int, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tile_id = tile_id
        self.title = title
        self.state = TileState.WAITING
        self._image = QImage()
        self.setFixedWidth(TILE_WIDTH_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._picture = QLabel()
        self._picture.setFixedSize(THUMBNAIL_PX, THUMBNAIL_PX)
        self._title = QLabel()
        self._title.setText(
            self._title.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, THUMBNAIL_PX)
        )
        self._words = hint("")
        self._choose = QPushButton(self.tr("Choose face…"))
        self._choose.setAutoDefault(False)
        self._choose.clicked.connect(self._want_choice)
        self._choose.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 8)
        layout.setSpacing(4)
        layout.addWidget(self._picture)
        layout.addWidget(self._title)
        layout.addWidget(self._words)
        layout.addWidget(self._choose)
        layout.addStretch(1)
        self._add_remove_button()
        self.setToolTip(title)
        self.show_state(TileState.WAITING, self.tr("waiting"))

    @property
    def words(self) -> str:
        """The words beneath the picture."""
        return self._words.text()

    @property
    def is_choosable(self) -> bool:
        """Whether the user is asked which face is meant."""
        return not self._choose.isHidden()

    def show_image(self, image: QImage) -> None:
        """Show a picture; its middle square is seen."""
        self._image = image
        pixmap = square_thumbnail(image, THUMBNAIL_PX, self.devicePixelRatioF(), 5.0)
        self._picture.setPixmap(pixmap)

    def show_state(self, state: TileState, words: str, *, is_choosable: bool = False) -> None:
        """Show how far the examination is.

        Args:
            state: Waiting, accepted or rejected.
            words: The reason, or what is going on.
            is_choosable: Whether a button asks which face is meant.
        """
        self.state = state
        self._words.setText(f"{state.mark} {words}".strip())
        self._choose.setVisible(is_choosable)
        self.setAccessibleName(f"{self.title}: {words}")
        if self._image.isNull():
            self.show_image(self._image)
        self.updateGeometry()
        self.update()

    def _add_remove_button(self) -> None:
        self._remove = QToolButton(self)
        self._remove.setText("✕")
        self._remove.setToolTip(self.tr("Remove this picture (Delete)"))
        self._remove.setAccessibleName(self.tr("Remove {title}").format(title=self.title))
        self._remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._remove.setCursor(Qt.CursorShape.ArrowCursor)
        self._remove.setFixedSize(24, 24)
        self._remove.setStyleSheet(
            "QToolButton { background: rgba(20, 20, 20, 165); color: white; border: none;"
            " border-radius: 12px; padding: 0; }"
            "QToolButton:hover { background: rgba(190, 40, 40, 230); }"
        )
        self._remove.move(TILE_WIDTH_PX - 24 - 13, 13)
        self._remove.clicked.connect(self._want_removal)

    def remove_button(self) -> QToolButton:
        """The button that removes the picture."""
        return self._remove

    def choose_button(self) -> QPushButton:
        """The button that asks which face is meant."""
        return self._choose

    @Slot()
    def _want_removal(self) -> None:
        self.remove_wanted.emit(self.tile_id)

    @Slot()
    def _want_choice(self) -> None:
        self.choice_wanted.emit(self.tile_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete and Backspace remove the picture."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._want_removal()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show the focus no longer."""
        super().focusOutEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Repaint in the colours of a new theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card and its frame."""
        del event
        palette = self.palette()
        edge = blend(
            palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.Text), 0.22
        )
        kind = self.state.kind
        if kind is not None:
            edge = kind.colour
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.setPen(QPen(QColor(edge), 2.0 if self.hasFocus() else 1.2))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 7, 7)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2.0))
            painter.drawRoundedRect(self.rect().adjusted(3, 3, -3, -3), 5, 5)
