"""How far a download is, with a button that stops it."""

import time
from collections import deque

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from facemotion.ui.pack_words import remaining_words, size_words
from facemotion.ui.text_labels import paragraph
from facemotion.vision.download import DownloadProgress
from facemotion.vision.pack_catalogue import PackDescription

_WINDOW_S = 5.0
_LEAST_S = 1.0
_STEPS = 1000


class TransferRate:
    """Bytes a second over the last seconds; time comes in as an argument."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque()

    def add(self, received_bytes: int, now_s: float) -> None:
        """Note what has come so far; less than before begins anew."""
        if self._points and received_bytes < self._points[-1][1]:
            self._points.clear()
        self._points.append((now_s, received_bytes))
        while now_s - self._points[0][0] > _WINDOW_S:
            self._points.popleft()

    def per_s(self) -> float:
        """Bytes a second; 0 before a second has passed."""
        if not self._points:
            return 0.0
        (first_s, first), (last_s, last) = self._points[0], self._points[-1]
        return (last - first) / (last_s - first_s) if last_s - first_s >= _LEAST_S else 0.0


class PackProgress(QWidget):
    """A line of words, a bar and Cancel; hidden while nothing is downloaded.

    Signals:
        cancel_wanted(): The user wants it to stop.
    """

    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rate = TransferRate()
        self._pack_id = ""
        self._words = paragraph("")
        self._bar = QProgressBar()
        self._bar.setRange(0, _STEPS)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._bar.setAccessibleName(self.tr("Progress of the download"))
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.setToolTip(self.tr("Stop the download; what was received is kept"))
        self.cancel_button.clicked.connect(self.cancel_wanted)
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self._words)
        left.addWidget(self._bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addLayout(left, 1)
        row.addWidget(self.cancel_button)
        self.hide()

    @property
    def text(self) -> str:
        """The words on show; empty while nothing is downloaded."""
        return "" if self.isHidden() else self._words.text()

    def show_download(
        self,
        description: PackDescription | None,
        progress: DownloadProgress | None,
        *,
        is_stopping: bool,
    ) -> None:
        """Show how far a download is.

        Args:
            description: The pack, or None when nothing is downloaded.
            progress: What it said last, or None before that.
            is_stopping: Whether it was cancelled.
        """
        self.setVisible(description is not None)
        if description is None:
            self._pack_id = ""
            return
        if description.pack_id != self._pack_id:
            self._pack_id, self._rate = description.pack_id, TransferRate()
        self.cancel_button.setEnabled(not is_stopping)
        if progress is not None:
            self._rate.add(progress.received_bytes, time.monotonic())
            total = max(progress.total_bytes, 1)
            self._bar.setValue(round(_STEPS * progress.received_bytes / total))
        else:
            self._bar.setValue(0)
        parts = self._parts(progress, is_stopping)
        self._words.setText(f"{description.title}: {', '.join(parts)}")

    def _parts(self, progress: DownloadProgress | None, is_stopping: bool) -> list[str]:
        if is_stopping:
            return [self.tr("stopping…")]
        if progress is None:
            return [self.tr("asking the server…")]
        size = self.tr("{received} of {total}").format(
            received=size_words(progress.received_bytes), total=size_words(progress.total_bytes)
        )
        if progress.note == "checking":
            return [size, self.tr("checking the file…")]
        if progress.note:
            return [size, progress.note]
        per_s = self._rate.per_s()
        if per_s <= 0.0:
            return [size]
        left_s = (progress.total_bytes - progress.received_bytes) / per_s
        speed = self.tr("{size} a second").format(size=size_words(round(per_s)))
        return [size, speed, remaining_words(left_s)]
