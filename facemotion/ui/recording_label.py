"""The recording in the status bar: a red dot, how long, and what was left out."""

from PySide6.QtWidgets import QLabel, QWidget

from facemotion.ui.actions import RECORDING_RED
from facemotion.ui.words import duration_words


class RecordingLabel(QLabel):
    """Takes room only while there is a recording; GUI thread.

    Args:
        parent: Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setContentsMargins(6, 0, 0, 0)
        self.hide()

    def show_recording(self, elapsed_s: float, dropped_count: int) -> None:
        """Say how a recording is doing.

        Args:
            elapsed_s: Its length so far.
            dropped_count: Pictures that were left out.
        """
        words = self.tr("recording {length}").format(length=duration_words(elapsed_s))
        if dropped_count:
            words += self.tr(", {count} left out").format(count=dropped_count)
        self.setText(f'<span style="color:{RECORDING_RED}">●</span> {words} &nbsp; ·')
        self.setAccessibleName(words)
        self.setToolTip(
            self.tr("Length of the recording; pictures left out of it: {count}").format(
                count=dropped_count
            )
        )
        self.show()

    def end(self) -> None:
        """There is no recording any more."""
        self.clear()
        self.setAccessibleName("")
        self.hide()
