"""A sentence inside a window that says what happened and offers what helps."""

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from facemotion.ui.text_labels import paragraph, selectable


class NoticeKind(Enum):
    """How much a notice matters: its colour, and the word that screen readers hear first."""

    INFO = ("#2f7bd9", "Note", "i")
    SUCCESS = ("#1f9d63", "Done", "✓")
    WARNING = ("#d98a00", "Please check", "!")
    ERROR = ("#d6453d", "Problem", "!")

    @property
    def colour(self) -> QColor:
        """Colour of the bar and the mark, readable on light and dark."""
        return QColor(self.value[0])

    @property
    def word(self) -> str:
        """What the colour says, as a word."""
        return self.value[1]

    @property
    def mark(self) -> str:
        """One character, drawn in the round mark."""
        return self.value[2]


class _Mark(QWidget):
    """The round mark at a notice's left."""

    SIDE_PX = 22

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(self.SIDE_PX, self.SIDE_PX)
        self.kind = NoticeKind.INFO

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the disc and its character."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.kind.colour)
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor("white"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.kind.mark)


class Notice(QFrame):
    """A tinted box with a mark, a sentence and up to two buttons; hidden while it says nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = NoticeKind.INFO
        self._mark = _Mark(self)
        self._text = selectable(paragraph("", self))
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 8, 10, 8)
        self._row.setSpacing(10)
        self._row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addWidget(self._text, 1)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def put_last(self, widget: QWidget) -> None:
        """Have a widget at the right end, behind the buttons."""
        self._row.removeWidget(widget)
        self._row.addWidget(widget)

    @property
    def text(self) -> str:
        """The sentence on show; empty while the notice is hidden."""
        return "" if self.isHidden() else self._text.text()

    @property
    def kind(self) -> NoticeKind:
        """The kind of the sentence said last."""
        return self._kind

    @property
    def buttons(self) -> list[QPushButton]:
        """The buttons on show, in order."""
        return list(self._buttons)

    def say(
        self,
        kind: NoticeKind,
        text: str,
        *actions: tuple[str, Callable[[], object]],
    ) -> None:
        """Show a sentence.

        Args:
            kind: How much it matters.
            text: One or two sentences.
            actions: For each button its words and what a click calls.
        """
        self._drop_buttons()
        self._kind = kind
        self._mark.kind = kind
        self._text.setText(text)
        self.setAccessibleName(f"{kind.word}: {text}")
        for words, call in actions:
            self._add_button(words, call)
        self._mark.update()
        self.update()
        self.show()

    def clear(self) -> None:
        """Say nothing and take no room."""
        self._drop_buttons()
        self._text.clear()
        self.hide()

    def label(self) -> QLabel:
        """The label that holds the sentence."""
        return self._text

    def _add_button(self, words: str, call: Callable[[], object]) -> None:
        button = QPushButton(words, self)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: call())
        self._row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._buttons.append(button)

    def _drop_buttons(self) -> None:
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons.clear()

    def changeEvent(self, event: QEvent) -> None:
        """Repaint in the colours of a new theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tinted box and the bar at its left edge."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tint = blend(self.palette().color(QPalette.ColorRole.Window), self._kind.colour, 0.13)
        edge = blend(self.palette().color(QPalette.ColorRole.Window), self._kind.colour, 0.45)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(tint)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


def blend(ground: QColor, over: QColor, share: float) -> QColor:
    """A colour `share` of the way from `ground` to `over`."""
    return QColor.fromRgbF(
        ground.redF() + (over.redF() - ground.redF()) * share,
        ground.greenF() + (over.greenF() - ground.greenF()) * share,
        ground.blueF() + (over.blueF() - ground.blueF()) * share,
    )
