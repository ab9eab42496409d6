"""Watches a live session for the self-test: what arrived, and what went wrong."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEventLoop, QObject, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from facemotion.ui.session import LiveSession
from facemotion.vision.photos import PhotoVerdict

if TYPE_CHECKING:
    from facemotion.core.types import FaceResult

_LOOK_MS = 20


class Witness(QObject):
    """Counts pictures and keeps what was found in them; GUI thread.

    Args:
        session: What is watched.
        parent: Qt parent.

    Attributes:
        picture_count: Pictures shown since `begin`.
        faces: The faces of each result since `begin`.
        verdicts: Every photo examined.
        sentences: What the session said went wrong.
    """

    def __init__(self, session: LiveSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.picture_count = 0
        self.faces: list[tuple[FaceResult, ...]] = []
        self.verdicts: list[PhotoVerdict] = []
        self.sentences: list[str] = []
        session.picture_ready.connect(self._on_picture)
        session.result_ready.connect(self._on_result)
        session.photo_examined.connect(self._on_examined)
        session.photos_refused.connect(self._on_refused)
        session.models_missing.connect(self._on_models_missing)
        for bad_news in (
            session.source_failed,
            session.models_failed,
            session.gallery_failed,
            session.inference_failed,
        ):
            bad_news.connect(self._on_sentence)

    def begin(self) -> None:
        """Count from nothing."""
        self.picture_count = 0
        self.faces = []

    @Slot()
    def _on_picture(self) -> None:
        self.picture_count += 1

    @Slot()
    def _on_result(self) -> None:
        result = self._session.latest_result()
        if result is not None:
            self.faces.append(result.faces)

    @Slot(int, object)
    def _on_examined(self, _job_id: int, verdict: PhotoVerdict) -> None:
        self.verdicts.append(verdict)

    @Slot(int, str)
    def _on_refused(self, _job_id: int, sentence: str) -> None:
        self.sentences.append(sentence)

    @Slot()
    def _on_models_missing(self) -> None:
        self.sentences.append("No model pack is installed.")

    @Slot(str)
    def _on_sentence(self, sentence: str) -> None:
        self.sentences.append(sentence)


def run_until(is_so: Callable[[], bool], timeout_s: float) -> bool:
    """Let the window work until something is so.

    Returns:
        Whether it was so in time.
    """
    deadline_s = time.monotonic() + timeout_s
    loop = QEventLoop()
    timer = QTimer(interval=_LOOK_MS)

    def look() -> None:
        if is_so() or time.monotonic() >= deadline_s:
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    loop.exec()
    timer.stop()
    return is_so()


def contrast_of(widget: QWidget) -> float:
    """Standard deviation of the brightness of what a widget paints, 0 for a blank one."""
    grey = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine())
    return float(rows[:, : grey.width()].std())


def platform_name() -> str:
    """The Qt platform plug-in that shows the windows."""
    return QGuiApplication.platformName()
