"""The title of a dock: words that shorten, and buttons that can be seen, named and reached."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from facemotion.ui.icons import Icons

BUTTON_PX = 22
ICON_PX = 14


class DockTitle(QWidget):
    """Stands in for the style's own title bar; dragging it moves the dock as usual.

    Args:
        dock: The dock that it belongs to.
        icons: For the buttons.
    """

    def __init__(self, dock: QDockWidget, icons: Icons) -> None:
        super().__init__(dock)
        self._dock = dock
        self._icons = icons
        self._label = QLabel(self)
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        self._label.setFont(font)
        self._float = self._button(self.tr("Detach this panel, or put it back"))
        self._close = self._button(self.tr("Close this panel; the View menu opens it again"))
        self._float.clicked.connect(self._toggle_floating)
        self._close.clicked.connect(dock.close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 3, 6, 3)
        layout.setSpacing(2)
        layout.addWidget(self._label, 1)
        layout.addWidget(self._float)
        layout.addWidget(self._close)
        dock.windowTitleChanged.connect(self._show_words)
        self._show_words()
        self.refresh_icons()

    @property
    def text(self) -> str:
        """The words as they fit."""
        return self._label.text()

    def refresh_icons(self) -> None:
        """Take the icons of a new theme."""
        self._float.setIcon(self._icons.icon("float"))
        self._close.setIcon(self._icons.icon("close"))

    def _button(self, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setFixedSize(BUTTON_PX, BUTTON_PX)
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setProperty("isSmall", True)
        return button

    @Slot()
    def _toggle_floating(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

    @Slot()
    def _show_words(self) -> None:
        words = self._dock.windowTitle()
        metrics = self._label.fontMetrics()
        room = max(self._label.width(), 40)
        self._label.setText(metrics.elidedText(words, Qt.TextElideMode.ElideRight, room))
        self._label.setToolTip(words if self._label.text() != words else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the words to the room there is."""
        super().resizeEvent(event)
        self._show_words()
