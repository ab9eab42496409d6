"""Play, pause, seek and loop, under pictures that have a length."""

import time

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QStyle, QToolButton, QWidget

from facemotion.ui.words import duration_words

STEPS_PER_S = 100
LONGEST_SEEK_S = 1.0
"""After this long the slider follows the picture again, wherever that is."""
NEAR_S = 0.3


class _SeekSlider(QSlider):
    """A slider that goes where it is clicked."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump to the place of the click, then let it be dragged from there."""
        if event.button() == Qt.MouseButton.LeftButton:
            value = QStyle.sliderValueFromPosition(
                self.minimum(), self.maximum(), round(event.position().x()), self.width()
            )
            self.setSliderPosition(value)
        super().mousePressEvent(event)


class TransportBar(QWidget):
    """Controls of a file with a length; GUI thread.

    Args:
        play_action: Plays and pauses; shared with menu and toolbar.
        loop_action: Whether the file starts again; shared with the menu.
        parent: Qt parent.

    Signals:
        seek_wanted(float): Position in seconds that the user went to.
    """

    seek_wanted = Signal(float)

    def __init__(
        self, play_action: QAction, loop_action: QAction, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._duration_s = 0.0
        self._awaited_s: float | None = None
        self._patient_until_s = 0.0
        self._slider = _SeekSlider(Qt.Orientation.Horizontal, self)
        self._slider.setAccessibleName(self.tr("Position"))
        self._slider.setToolTip(self.tr("Drag, or use the arrow keys, to go to another moment"))
        self._slider.valueChanged.connect(self._on_value_changed)
        self._time = QLabel("0:00 / 0:00", self)
        self._time.setAccessibleName(self.tr("Time"))
        self._is_following = False
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(8)
        layout.addWidget(self._button(play_action))
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._time)
        layout.addWidget(self._button(loop_action))

    @property
    def slider(self) -> QSlider:
        """The slider itself; hundredths of a second."""
        return self._slider

    @property
    def time_text(self) -> str:
        """Position and length as shown."""
        return self._time.text()

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAutoRaise(True)
        return button

    def set_duration(self, seconds: float) -> None:
        """A source of this length begins."""
        self._duration_s = seconds
        self._awaited_s = None
        self._is_following = True
        self._slider.setRange(0, round(seconds * STEPS_PER_S))
        self._slider.setSingleStep(STEPS_PER_S)
        self._slider.setPageStep(max(round(seconds * STEPS_PER_S / 10.0), STEPS_PER_S))
        self._slider.setValue(0)
        self._is_following = False
        self._show_time(0.0)

    @Slot(float)
    def set_position(self, seconds: float) -> None:
        """Follow the picture, unless the user holds the slider."""
        if self._slider.isSliderDown() or self._is_waiting_for_seek(seconds):
            return
        self._is_following = True
        self._slider.setValue(round(seconds * STEPS_PER_S))
        self._is_following = False
        self._show_time(seconds)

    @Slot(int)
    def _on_value_changed(self, value: int) -> None:
        if self._is_following:
            return
        seconds = value / STEPS_PER_S
        self._show_time(seconds)
        self._awaited_s = seconds
        self._patient_until_s = time.monotonic() + LONGEST_SEEK_S
        self.seek_wanted.emit(seconds)

    def _is_waiting_for_seek(self, seconds: float) -> bool:
        """Whether a position is still from before the user went elsewhere."""
        if self._awaited_s is None or time.monotonic() > self._patient_until_s:
            return False
        if abs(seconds - self._awaited_s) > NEAR_S:
            return True
        self._awaited_s = None
        return False

    def _show_time(self, seconds: float) -> None:
        self._time.setText(f"{duration_words(seconds)} / {duration_words(self._duration_s)}")

    def changeEvent(self, event: QEvent) -> None:
        """Keep the time's room when the font changes, so that the slider does not jump."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._time.setMinimumWidth(self._time.sizeHint().width())
