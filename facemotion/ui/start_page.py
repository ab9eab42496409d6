"""What stands in the video's place while there is no picture, and what can be done about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QIcon,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from facemotion.ui.icons import ICON_NAME, Icons
from facemotion.ui.theme import STAGE

ICON_PX = 48
INK = "#e8edf3"
QUIET_INK = "#aab4c1"
TEXT_WIDTH_PX = 520
MARGIN_PX = 12
GAP_PX = 8
BUTTON_WIDTH_PX = 190


@dataclass(frozen=True, slots=True)
class StartMessage:
    """What the page says.

    Attributes:
        icon: Name of the icon.
        title: A few words.
        text: One or two sentences; what happened and what helps.
    """

    icon: str
    title: str
    text: str


class StartPage(QWidget):
    """Icon, title, sentence and buttons on the video's dark ground; GUI thread.

    Args:
        icons: For the picture and the buttons.
        parent: Qt parent.
    """

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._message = StartMessage("camera", "", "")
        self._picture = QLabel(self)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = self._label(1.5, INK)
        self._text = self._label(1.0, QUIET_INK)
        self._buttons: list[QPushButton] = []
        self._grid = QGridLayout()
        self.setMinimumSize(320, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._build()

    def _label(self, scale: float, ink: str) -> QLabel:
        label = QLabel(self)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        font = QFont(label.font())
        font.setPointSizeF(font.pointSizeF() * scale)
        if scale > 1.0:
            font.setWeight(QFont.Weight.DemiBold)
        label.setFont(font)
        palette = label.palette()
        palette.setColor(QPalette.ColorRole.WindowText, QColor(ink))
        label.setPalette(palette)
        return label

    def _build(self) -> None:
        self._grid.setSpacing(GAP_PX)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(self._grid)
        middle.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN_PX, 16, MARGIN_PX, 16)
        layout.setSpacing(12)
        layout.addStretch(1)
        layout.addWidget(self._picture)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.setAlignment(self._text, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(8)
        layout.addLayout(middle)
        layout.addStretch(1)

    @property
    def message(self) -> StartMessage:
        """What the page says now."""
        return self._message

    @property
    def buttons(self) -> list[QPushButton]:
        """The buttons, the most helpful one first."""
        return list(self._buttons)

    def say(self, message: StartMessage, actions: Sequence[QAction]) -> None:
        """Show a message.

        Args:
            message: What to say.
            actions: A button for each, the most helpful one first.
        """
        self._message = message
        self._title.setText(message.title)
        self._text.setText(message.text)
        self._text.setVisible(bool(message.text))
        self.setAccessibleName(f"{message.title}. {message.text}")
        had_focus = any(button.hasFocus() for button in self._buttons)
        self._replace_buttons(actions)
        if had_focus and self._buttons:
            self._buttons[0].setFocus()
        self.refresh_icons()

    def refresh_icons(self) -> None:
        """Draw the icon anew, for another screen."""
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(self._icons.pixmap(self._message.icon, INK, ICON_PX, ratio))

    def _replace_buttons(self, actions: Sequence[QAction]) -> None:
        for button in self._buttons:
            self._grid.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = []
        for place, action in enumerate(actions):
            button = QPushButton(action.iconText(), self)
            button.setIcon(self._icon_of(action, is_primary=place == 0))
            button.setProperty("isPrimary", place == 0)
            button.setToolTip(action.toolTip())
            button.setMaximumWidth(2 * BUTTON_WIDTH_PX)
            button.setAutoDefault(True)
            button.clicked.connect(action.trigger)
            self._grid.addWidget(button, place // 2, place % 2)
            self._buttons.append(button)
        self._fit()

    def _icon_of(self, action: QAction, is_primary: bool) -> QIcon:
        name = action.property(ICON_NAME)
        if not is_primary or not name:
            return action.icon()
        return self._icons.icon(name, self._icons.accent_text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the sentence use the room there is."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room_px = max(self.width() - 2 * MARGIN_PX, 260)
        self._text.setFixedWidth(min(TEXT_WIDTH_PX, room_px))
        for button in self._buttons:
            button.setMinimumWidth(min(BUTTON_WIDTH_PX, (room_px - GAP_PX) // 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The video's ground."""
        del event
        QPainter(self).fillRect(self.rect(), QColor(STAGE))
