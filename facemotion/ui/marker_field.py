"""A line over the picture in which the words of a marker are typed."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from facemotion.store.markers import MAX_LABEL_LENGTH

WIDTH_PX = 420
GAP_PX = 16


class MarkerField(QFrame):
    """Lies over the lower part of a widget, which goes on behind it; GUI thread.

    Args:
        place: What it lies over.

    Signals:
        accepted(str): Enter was pressed, or the button; the words, perhaps none.
        closed(): The field is gone, whichever way.
    """

    accepted = Signal(str)
    closed = Signal()

    def __init__(self, place: QWidget) -> None:
        super().__init__(place)
        self._place = place
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setBackgroundRole(QPalette.ColorRole.Window)
        self._title = QLabel(self)
        self._edit = QLineEdit(self)
        self._edit.setMaxLength(MAX_LABEL_LENGTH)
        self._edit.setPlaceholderText(self.tr("What happened? Enter sets it, Esc leaves it"))
        self._edit.setAccessibleName(self.tr("Words of the marker"))
        self._edit.returnPressed.connect(self._accept)
        button = QPushButton(self.tr("Set"), self)
        button.setAutoDefault(False)
        button.setToolTip(self.tr("Set the marker at the moment at which M was pressed"))
        button.clicked.connect(self._accept)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self._title)
        row.addWidget(self._edit, 1)
        row.addWidget(button)
        place.installEventFilter(self)
        self.hide()

    @property
    def edit(self) -> QLineEdit:
        """The line itself."""
        return self._edit

    def ask(self, title: str) -> None:
        """Show the empty line and take the keys.

        Args:
            title: Which moment it is about.
        """
        self._title.setText(title)
        self._edit.clear()
        self._lie_down()
        self.show()
        self.raise_()
        self._edit.setFocus()

    @Slot()
    def leave(self) -> None:
        """Go without a marker."""
        if self.isHidden():
            return
        self.hide()
        self._place.setFocus()
        self.closed.emit()

    @Slot()
    def _accept(self) -> None:
        if self.isHidden():
            return
        words = self._edit.text()
        self.hide()
        self._place.setFocus()
        self.accepted.emit(words)
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves it."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in place when the picture's size changes."""
        if event.type() == QEvent.Type.Resize:
            self._lie_down()
        return super().eventFilter(watched, event)

    def _lie_down(self) -> None:
        room = self._place.size()
        width = min(max(WIDTH_PX, self.minimumSizeHint().width()), room.width() - 2 * GAP_PX)
        height = self.sizeHint().height()
        self.setGeometry(
            (room.width() - width) // 2, room.height() - height - GAP_PX, width, height
        )
