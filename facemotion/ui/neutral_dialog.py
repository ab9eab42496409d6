"""Look neutral for three seconds: a face, a bar that fills, and a sentence on what to do."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QImage
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from facemotion.core.baseline_capture import CaptureHint, CaptureProgress, CaptureState
from facemotion.core.types import FrameBgr
from facemotion.ui.text_labels import heading, hint, paragraph
from facemotion.ui.thumbnails import image_from_bgr, square_thumbnail

FACE_PX = 148
STEPS = 100


class NeutralDialog(QDialog):
    """Guides one capture; it knows nothing of faces and files. GUI thread.

    Args:
        name: Whose neutral face is taken.
        is_kept: Whether it is stored with the person, or lasts for this appearance only.
        parent: The window.

    Signals:
        retry_wanted(): The user wants to begin again.
        closed(): The dialog is gone; a capture under way is given up.
    """

    retry_wanted = Signal()
    closed = Signal()

    def __init__(self, name: str, *, is_kept: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Neutral face: {name}").format(name=name))
        self._face = QLabel(self)
        self._face.setFixedSize(FACE_PX, FACE_PX)
        self._face.setAccessibleName(self.tr("The face"))
        self._advice = heading("", scale=1.2)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, STEPS)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Neutral time taken"))
        kept = self.tr("It is stored with this person and can be forgotten at any time.")
        short = self.tr("This face has no name, so it lasts until the face leaves the picture.")
        words = self.tr(
            "Look at the camera with a relaxed face for three seconds. From then on this resting "
            "face no longer counts as sad or angry."
        )
        self._retry = QPushButton(self.tr("Try again"), self)
        self._retry.clicked.connect(self.retry_wanted)
        self._retry.hide()
        self._close = QPushButton(self.tr("Cancel"), self)
        self._close.clicked.connect(self.close)
        self._lay_out(paragraph(words), hint(kept if is_kept else short))
        self.show_progress(CaptureProgress(CaptureState.TAKING, 0.0, CaptureHint.HOLD))

    def _lay_out(self, words: QLabel, note: QLabel) -> None:
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(words)
        column.addStretch(1)
        column.addWidget(self._advice)
        column.addWidget(self._bar)
        column.addWidget(note)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._face, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._retry)
        buttons.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(14)
        layout.addLayout(row, 1)
        layout.addLayout(buttons)
        self.resize(520, 260)

    @property
    def advice(self) -> str:
        """What the person is told now."""
        return self._advice.text()

    @property
    def fraction(self) -> float:
        """How full the bar is, in [0, 1]."""
        return self._bar.value() / STEPS

    @property
    def retry_button(self) -> QPushButton:
        """Shown when the capture failed."""
        return self._retry

    def show_face(self, picture_bgr: FrameBgr, *, is_mirrored: bool = False) -> None:
        """Show the face as it is now.

        Args:
            picture_bgr: uint8 (h, w, 3) BGR, the square around the face.
            is_mirrored: Whether the picture is shown as in a mirror.
        """
        image: QImage = image_from_bgr(picture_bgr)
        if is_mirrored:
            image = image.flipped(Qt.Orientation.Horizontal)
        self._face.setPixmap(square_thumbnail(image, FACE_PX, self.devicePixelRatioF(), 10.0))

    def show_progress(self, progress: CaptureProgress) -> None:
        """Say how far it is, and what to do."""
        is_done = progress.state is CaptureState.DONE
        is_over = progress.state is not CaptureState.TAKING
        self._bar.setValue(round(progress.fraction * STEPS))
        self._advice.setText(self._words(progress))
        self._retry.setVisible(is_over and not is_done)
        self._close.setText(self.tr("Close") if is_over else self.tr("Cancel"))

    def show_problem(self, sentence: str) -> None:
        """Say why what was taken could not be kept."""
        self._advice.setText(sentence)
        self._retry.show()

    def _words(self, progress: CaptureProgress) -> str:
        ends = {
            CaptureState.DONE: self.tr("Done. The neutral face is in use."),
            CaptureState.MOVED_AWAY: self.tr("The face has left the picture. Come back and retry."),
            CaptureState.GAVE_UP: self.tr("No neutral face for long enough. Relax and retry."),
        }
        hints = {
            CaptureHint.HOLD: self.tr("Good. Keep looking like this."),
            CaptureHint.RELAX: self.tr("Relax your face: no smile, mouth closed."),
            CaptureHint.UNREADABLE: self.tr("Look at the camera, closer and in more light."),
            CaptureHint.ABSENT: self.tr("Where are you? Come back into the picture."),
        }
        return ends.get(progress.state) or hints[progress.hint]

    @Slot()
    def reject(self) -> None:
        """Escape closes it like the button."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing before the end gives the capture up."""
        self.closed.emit()
        super().closeEvent(event)
