"""One source at a time: starts capture threads, lets them go, and waits for nobody."""

import logging
import time

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from facemotion.ui.capture_thread import CaptureThread, SourceMaker
from facemotion.ui.mailbox import Mailbox
from facemotion.ui.picture import Picture
from facemotion.vision.sources.base import SourceInfo
from facemotion.vision.sources.specs import SourceSpec

logger = logging.getLogger(__name__)

STUCK_MS = 5000
"""A source that has not let go after this long is left to itself and another one is opened."""


class SourceRunner(QObject):
    """Owns the capture thread; lives in the GUI thread.

    A source is closed before the next one is opened, for it may be the same camera; what is asked
    for meanwhile replaces what was asked for before.

    Args:
        maker: Makes the source for a spec; called in the capture thread.
        inference_mailbox: Receives every picture for the models.
        parent: Qt parent.

    Attributes:
        pictures: Mailbox with the newest picture to show.

    Signals:
        changing(): The old source is gone; what it showed is to be forgotten.
        opened(SourceInfo): Pictures follow.
        failed(str): The source cannot be opened or read.
        stopped(): No source is open any more, because `stop` was called.
        reconnecting(str, float): A live source was lost: why, and seconds until the next try.
        frame_ready(): A new picture lies in `pictures`.
        position_changed(float): Seconds from the source's start.
        ended(): The last picture was shown.
    """

    changing = Signal()
    opened = Signal(object)
    failed = Signal(str)
    stopped = Signal()
    reconnecting = Signal(str, float)
    frame_ready = Signal()
    position_changed = Signal(float)
    ended = Signal()

    def __init__(
        self,
        maker: SourceMaker,
        inference_mailbox: Mailbox[Picture],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._maker = maker
        self._inference_mailbox = inference_mailbox
        self.pictures: Mailbox[Picture] = Mailbox()
        self._capture: CaptureThread | None = None
        self._stuck: list[CaptureThread] = []
        self._pending: SourceSpec | None = None
        self._info: SourceInfo | None = None
        self._is_letting_go = False
        self._is_looping = False
        self._view_size_px = (0, 0)
        self._is_mirrored = False
        self._first_scene_id = 1
        self._replaced_before = 0
        self._stuck_timer = QTimer(self, singleShot=True, interval=STUCK_MS)
        self._stuck_timer.timeout.connect(self._leave_stuck_source)

    @property
    def info(self) -> SourceInfo | None:
        """The open source, or None."""
        return self._info

    @property
    def is_busy(self) -> bool:
        """Whether a source is open or being opened."""
        return self._capture is not None

    @property
    def first_scene_id(self) -> int:
        """Scene number from which on frames belong to the present source."""
        return self._first_scene_id

    @property
    def threads(self) -> list[CaptureThread]:
        """Every thread that has not ended yet."""
        return [*self._stuck, *([self._capture] if self._capture is not None else [])]

    def capture_per_s(self) -> float:
        """Pictures per second at this moment."""
        return self._capture.rate.per_s(time.monotonic()) if self._capture is not None else 0.0

    def dropped_count(self) -> int:
        """Pictures of this source that came too late to be shown."""
        if self._capture is None:
            return 0
        unseen_count = self.pictures.replaced_count - self._replaced_before
        return self._capture.skipped_count + unseen_count

    # ----- what is wanted

    def start(self, spec: SourceSpec) -> None:
        """Show a source as soon as the one before has closed."""
        self._pending = spec
        if self._capture is None:
            self._open_pending()
        else:
            self._let_go()

    def stop(self) -> None:
        """Close the source."""
        self._pending = None
        if self._capture is not None:
            self._let_go()

    def forget_wishes(self) -> None:
        """Open nothing any more: the program ends."""
        self._pending = None

    def set_paused(self, is_paused: bool) -> bool:
        """Keep the picture or go on; whether there is one."""
        if self._capture is None:
            return False
        if is_paused:
            self._capture.pause()
        else:
            self._capture.play()
        return True

    def seek(self, time_s: float) -> None:
        """Go to a position of a seekable source."""
        if self._capture is not None:
            self._capture.seek(time_s)

    def set_looping(self, is_looping: bool) -> None:
        """Whether a file starts again at its end; kept for the sources to come."""
        self._is_looping = is_looping
        if self._capture is not None:
            self._capture.set_looping(is_looping)

    def set_view_size(self, width_px: int, height_px: int) -> None:
        """Size in device pixels that pictures are scaled to fit."""
        self._view_size_px = (width_px, height_px)
        self._set_look()

    def set_mirrored(self, is_mirrored: bool) -> None:
        """Whether cameras are shown as in a mirror."""
        self._is_mirrored = is_mirrored
        self._set_look()

    def _set_look(self) -> None:
        if self._capture is not None:
            self._capture.set_look(*self._view_size_px, self._is_mirrored)

    # ----- threads come and go

    def _open_pending(self) -> None:
        spec, self._pending = self._pending, None
        self.changing.emit()
        self.pictures.clear()
        self._inference_mailbox.clear()
        self._replaced_before = self.pictures.replaced_count
        if spec is None:
            self.stopped.emit()
            return
        capture = CaptureThread(
            spec, self._maker, self.pictures, self._inference_mailbox, self._first_scene_id, self
        )
        capture.set_looping(self._is_looping)
        capture.set_look(*self._view_size_px, self._is_mirrored)
        capture.source_opened.connect(self._on_opened)
        capture.frame_ready.connect(self._on_frame_ready)
        capture.position_changed.connect(self._on_position_changed)
        capture.ended.connect(self._on_ended)
        capture.reconnecting.connect(self._on_reconnecting)
        capture.failed.connect(self._on_failed)
        capture.finished.connect(self._on_finished)
        self._capture = capture
        capture.start()

    def _let_go(self) -> None:
        """Ask the open source to close; `_on_finished` goes on from there."""
        if self._capture is None or self._is_letting_go:
            return
        self._is_letting_go = True
        self._capture.stop()
        self._stuck_timer.start()

    @Slot()
    def _leave_stuck_source(self) -> None:
        """A driver that does not answer must not keep the user from another source."""
        if self._capture is None or not self._is_letting_go:
            return
        logger.error("the %s does not close; it is left to itself", self._capture.spec.kind)
        self._stuck.append(self._capture)
        self._retire()
        self._open_pending()

    @Slot()
    def _on_finished(self) -> None:
        thread = self.sender()
        if thread is self._capture:
            is_wanted_end = self._is_letting_go
            self._retire()
            if is_wanted_end:
                self._open_pending()
        elif isinstance(thread, CaptureThread) and thread in self._stuck:
            self._stuck.remove(thread)
        if isinstance(thread, CaptureThread):
            thread.deleteLater()

    def _retire(self) -> None:
        if self._capture is not None:
            self._first_scene_id = self._capture.last_scene_id + 1
        self._stuck_timer.stop()
        self._is_letting_go = False
        self._capture = None
        self._info = None

    # ----- what the thread says

    def _is_current(self) -> bool:
        """Whether the signal being received comes from the source that is shown."""
        return self.sender() is self._capture and not self._is_letting_go

    @Slot(object)
    def _on_opened(self, info: SourceInfo) -> None:
        if self._is_current():
            self._info = info
            self.opened.emit(info)

    @Slot()
    def _on_frame_ready(self) -> None:
        if self._is_current():
            self.frame_ready.emit()

    @Slot(float)
    def _on_position_changed(self, time_s: float) -> None:
        if self._is_current():
            self.position_changed.emit(time_s)

    @Slot()
    def _on_ended(self) -> None:
        if self._is_current():
            self.ended.emit()

    @Slot(str, float)
    def _on_reconnecting(self, reason: str, delay_s: float) -> None:
        if self._is_current():
            self.reconnecting.emit(reason, delay_s)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        if self._is_current():
            self._info = None
            self.failed.emit(sentence)
