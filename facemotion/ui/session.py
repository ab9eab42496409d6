"""The live session: one source, the models, and the two threads that work on them."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from facemotion.core.matching import GalleryIndex
from facemotion.core.types import Frame, FrameBgr, FrameResult
from facemotion.ui.capture_thread import CaptureThread, SourceMaker
from facemotion.ui.inference_thread import GalleryLoader, InferenceThread
from facemotion.ui.mailbox import Mailbox
from facemotion.ui.meters import memory_mib
from facemotion.ui.model_request import ModelRequest, ModelsInfo
from facemotion.ui.picture import Picture
from facemotion.vision.sources.base import SourceInfo
from facemotion.vision.sources.specs import SourceSpec

logger = logging.getLogger(__name__)

STUCK_MS = 5000
"""A source that has not let go after this long is left to itself and another one is opened."""
SHUTDOWN_MS = 4000


@dataclass(frozen=True, slots=True)
class SessionStatistics:
    """What the status bar tells.

    Attributes:
        capture_per_s: Pictures shown per second.
        inference_per_s: Results per second.
        latency_ms: From a picture's capture to its result; NaN before the first result.
        inference_ms: Wall time of the last inference; NaN before the first result.
        dropped_count: Pictures of this source that came too late to be shown.
        memory_mib: Memory of the process, or None where the system does not tell.
    """

    capture_per_s: float
    inference_per_s: float
    latency_ms: float
    inference_ms: float
    dropped_count: int
    memory_mib: float | None


class LiveSession(QObject):
    """Runs one source through the models; lives in the GUI thread.

    Pictures and results stay here: receivers are told that there is a new one and ask for it.

    Args:
        maker: Makes the source for a spec; called in the capture thread.
        gallery_loader: Reads the people for a model id; called in the inference thread.
        parent: Qt parent.

    Signals:
        source_starting(SourceSpec): `start` was called and the source is being opened.
        source_opened(SourceInfo): Pictures follow.
        source_failed(str): The source cannot be opened or read.
        source_stopped(): No source is open any more, because `stop` was called.
        reconnecting(str, float): A live source was lost: why, and seconds until the next try.
        picture_ready(): `latest_picture` is new.
        result_ready(): `latest_result` is new.
        position_changed(float): Seconds from the source's start.
        ended(): The last picture was shown.
        paused_changed(bool): Whether the picture stands still at the user's wish.
        models_loading(): The models asked for are being loaded.
        models_ready(ModelsInfo): They are loaded.
        models_missing(): No model pack is installed.
        models_failed(str): They cannot be loaded.
        fallback(str): A session runs on another provider than the one asked for.
        gallery_loaded(int): People who can be recognised.
        gallery_failed(str): The people on disk cannot be read.
        photo_examined(int, PhotoVerdict): Answer to `examine`.
        photos_refused(int, str): `examine` cannot be answered.
        inference_failed(str): Reading faces ended unexpectedly; `restart_inference` tries again.
    """

    source_starting = Signal(object)
    source_opened = Signal(object)
    source_failed = Signal(str)
    source_stopped = Signal()
    reconnecting = Signal(str, float)
    picture_ready = Signal()
    result_ready = Signal()
    position_changed = Signal(float)
    ended = Signal()
    paused_changed = Signal(bool)
    models_loading = Signal()
    models_ready = Signal(object)
    models_missing = Signal()
    models_failed = Signal(str)
    fallback = Signal(str)
    gallery_loaded = Signal(int)
    gallery_failed = Signal(str)
    photo_examined = Signal(int, object)
    photos_refused = Signal(int, str)
    inference_failed = Signal(str)

    def __init__(
        self, maker: SourceMaker, gallery_loader: GalleryLoader, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._maker = maker
        self._gallery_loader = gallery_loader
        self._display: Mailbox[Picture] = Mailbox()
        self._results: Mailbox[FrameResult] = Mailbox()
        self._capture: CaptureThread | None = None
        self._stuck: list[CaptureThread] = []
        self._pending: SourceSpec | None = None
        self._picture: Picture | None = None
        self._result: FrameResult | None = None
        self._latency_ms = float("nan")
        self._info: SourceInfo | None = None
        self._models: ModelsInfo | None = None
        self._model_request: ModelRequest | None = None
        self._is_paused = False
        self._is_looping = False
        self._replaced_before = 0
        self._is_letting_go = False
        self._view_size_px = (0, 0)
        self._is_mirrored = False
        self._next_scene_id = 1
        self._interval_s = 0.10
        self._job_count = 0
        self._stuck_timer = QTimer(self, singleShot=True, interval=STUCK_MS)
        self._stuck_timer.timeout.connect(self._leave_stuck_source)
        self._inference = self._make_inference()
        self._inference.start()

    # ----- what there is

    def latest_picture(self) -> Picture | None:
        """The picture shown now, ready to paint."""
        return self._picture

    def latest_frame(self) -> Frame | None:
        """The frame shown now, in full size."""
        return self._picture.frame if self._picture is not None else None

    def latest_result(self) -> FrameResult | None:
        """The newest result; it may belong to an earlier frame or scene than the one shown."""
        return self._result

    @property
    def source_info(self) -> SourceInfo | None:
        """The open source, or None."""
        return self._info

    @property
    def models_info(self) -> ModelsInfo | None:
        """The loaded models, or None."""
        return self._models

    @property
    def is_paused(self) -> bool:
        """Whether the picture stands still at the user's wish."""
        return self._is_paused

    @property
    def is_busy(self) -> bool:
        """Whether a source is open or being opened."""
        return self._capture is not None

    def statistics(self) -> SessionStatistics:
        """Rates and counts at this moment."""
        now_s = time.monotonic()
        capture, result = self._capture, self._result
        return SessionStatistics(
            capture_per_s=capture.rate.per_s(now_s) if capture is not None else 0.0,
            inference_per_s=self._inference.rate.per_s(now_s),
            latency_ms=self._latency_ms,
            inference_ms=result.timings_ms.get("total", float("nan")) if result else float("nan"),
            dropped_count=self._dropped_count(),
            memory_mib=memory_mib(),
        )

    def _dropped_count(self) -> int:
        if self._capture is None:
            return 0
        unseen_count = self._display.replaced_count - self._replaced_before
        return self._capture.skipped_count + unseen_count

    # ----- source

    def start(self, spec: SourceSpec) -> None:
        """Show another source; the one that runs is closed first, without waiting for it here."""
        self._pending = spec
        self.source_starting.emit(spec)
        if self._capture is None:
            self._open_pending()
        else:
            self._let_go()

    def stop(self) -> None:
        """Close the source."""
        self._pending = None
        if self._capture is not None:
            self._let_go()

    @Slot()
    def pause(self) -> None:
        """Keep the current picture."""
        self._set_paused(True)

    @Slot()
    def play(self) -> None:
        """Go on, from the start when the end was reached."""
        self._set_paused(False)

    @Slot(float)
    def seek(self, time_s: float) -> None:
        """Go to a position of a seekable source."""
        if self._capture is not None:
            self._capture.seek(time_s)

    @Slot(bool)
    def set_looping(self, is_looping: bool) -> None:
        """Whether a file starts again at its end; kept for the sources to come."""
        self._is_looping = is_looping
        if self._capture is not None:
            self._capture.set_looping(is_looping)

    @Slot(int, int)
    def set_view_size(self, width_px: int, height_px: int) -> None:
        """Size in device pixels that pictures are scaled to fit."""
        self._view_size_px = (width_px, height_px)
        self._set_look()

    def set_mirrored(self, is_mirrored: bool) -> None:
        """Whether cameras are shown as in a mirror."""
        self._is_mirrored = is_mirrored
        self._set_look()

    # ----- models

    def load_models(self, request: ModelRequest) -> None:
        """Load these models in the inference thread; the newest request wins."""
        self._model_request = request
        self.models_loading.emit()
        self._inference.request_models(request)

    def tune(self, request: ModelRequest) -> None:
        """Run the loaded models as a request says that asks for the same ones."""
        self._model_request = request
        self._inference.tune(request)

    def set_interval(self, interval_s: float) -> None:
        """Time between the starts of two inferences."""
        self._interval_s = interval_s
        self._inference.set_interval(interval_s)

    def set_gallery(self, index: GalleryIndex) -> None:
        """Recognise these people from the next picture on."""
        self._inference.set_gallery(index)

    @Slot()
    def reload_gallery(self) -> None:
        """Read the people on disk again."""
        self._inference.reload_gallery()

    def examine(self, images: Sequence[Path | FrameBgr]) -> int:
        """Examine photos in the inference thread.

        Args:
            images: Paths, or uint8 (H, W, 3) BGR arrays that are not written any more.

        Returns:
            The job id that comes with each `photo_examined`.
        """
        self._job_count += 1
        self._inference.examine(self._job_count, images)
        return self._job_count

    @Slot()
    def restart_inference(self) -> None:
        """Start reading faces again after `inference_failed`."""
        if self._inference.isRunning():
            return
        self._inference.deleteLater()
        self._inference = self._make_inference()
        self._inference.start()
        if self._model_request is not None:
            self.load_models(self._model_request)

    # ----- end

    def shutdown(self) -> bool:
        """Stop both threads and wait for them, for a bounded time.

        Returns:
            Whether every thread ended; a source stuck in its driver may not.
        """
        self._pending = None
        threads = [self._inference, *self._stuck]
        if self._capture is not None:
            threads.append(self._capture)
        for thread in threads:
            thread.stop()
        deadline_s = time.monotonic() + SHUTDOWN_MS / 1000.0
        is_clean = True
        for thread in threads:
            remaining_ms = max(int((deadline_s - time.monotonic()) * 1000.0), 1)
            if not thread.wait(remaining_ms):
                logger.error("the %s thread did not end in time", thread.objectName())
                is_clean = False
        return is_clean

    # ----- capture

    def _open_pending(self) -> None:
        spec, self._pending = self._pending, None
        self._forget_pictures()
        self._inference.reset()
        self._is_paused = False
        self.paused_changed.emit(False)
        if spec is None:
            self.source_stopped.emit()
            return
        capture = CaptureThread(
            spec, self._maker, self._display, self._inference.pictures, self._next_scene_id, self
        )
        capture.set_looping(self._is_looping)
        capture.set_look(*self._view_size_px, self._is_mirrored)
        capture.source_opened.connect(self._on_source_opened)
        capture.frame_ready.connect(self._on_frame_ready)
        capture.position_changed.connect(self._on_position_changed)
        capture.ended.connect(self._on_ended)
        capture.reconnecting.connect(self._on_reconnecting)
        capture.failed.connect(self._on_source_failed)
        capture.finished.connect(self._on_capture_finished)
        self._capture = capture
        capture.start()

    def _let_go(self) -> None:
        """Ask the open source to close; `_on_capture_finished` goes on from there."""
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
        self._retire_capture()
        self._open_pending()

    @Slot()
    def _on_capture_finished(self) -> None:
        thread = self.sender()
        if thread is self._capture:
            is_wanted_end = self._is_letting_go
            self._retire_capture()
            if is_wanted_end:
                self._open_pending()
        elif isinstance(thread, CaptureThread) and thread in self._stuck:
            self._stuck.remove(thread)
        if isinstance(thread, CaptureThread):
            thread.deleteLater()

    def _retire_capture(self) -> None:
        if self._capture is not None:
            self._next_scene_id = self._capture.last_scene_id + 1
        self._stuck_timer.stop()
        self._is_letting_go = False
        self._capture = None
        self._info = None

    def _forget_pictures(self) -> None:
        self._display.clear()
        self._replaced_before = self._display.replaced_count
        self._inference.pictures.clear()
        self._results.clear()
        self._picture = None
        self._result = None
        self._latency_ms = float("nan")

    def _set_look(self) -> None:
        if self._capture is not None:
            self._capture.set_look(*self._view_size_px, self._is_mirrored)

    def _set_paused(self, is_paused: bool) -> None:
        if self._capture is None:
            return
        if is_paused:
            self._capture.pause()
        else:
            self._capture.play()
        self._is_paused = is_paused
        self.paused_changed.emit(is_paused)

    def _is_current(self) -> bool:
        """Whether the signal being received comes from the source that is shown."""
        return self.sender() is self._capture and not self._is_letting_go

    @Slot(object)
    def _on_source_opened(self, info: SourceInfo) -> None:
        if self._is_current():
            self._info = info
            self.source_opened.emit(info)

    @Slot()
    def _on_frame_ready(self) -> None:
        if not self._is_current():
            return
        picture = self._display.take()
        if picture is not None:
            self._picture = picture
            self.picture_ready.emit()

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
    def _on_source_failed(self, sentence: str) -> None:
        if self._is_current():
            self._info = None
            self._forget_pictures()
            self.source_failed.emit(sentence)

    # ----- inference

    def _make_inference(self) -> InferenceThread:
        inference = InferenceThread(self._results, self._gallery_loader, self._interval_s, self)
        inference.models_ready.connect(self._on_models_ready)
        inference.models_missing.connect(self._on_models_missing)
        inference.models_failed.connect(self._on_models_failed)
        inference.fallback.connect(self.fallback)
        inference.gallery_loaded.connect(self.gallery_loaded)
        inference.gallery_failed.connect(self.gallery_failed)
        inference.result_ready.connect(self._on_result_ready)
        inference.photo_examined.connect(self.photo_examined)
        inference.photos_refused.connect(self.photos_refused)
        inference.failed.connect(self._on_inference_failed)
        return inference

    @Slot(object)
    def _on_models_ready(self, info: ModelsInfo) -> None:
        self._models = info
        self.models_ready.emit(info)

    @Slot()
    def _on_models_missing(self) -> None:
        self._models = None
        self.models_missing.emit()

    @Slot(str)
    def _on_models_failed(self, sentence: str) -> None:
        self._models = None
        self.models_failed.emit(sentence)

    @Slot()
    def _on_result_ready(self) -> None:
        result = self._results.take()
        if result is None or self._picture is None:
            return
        self._result = result
        self._latency_ms = (time.monotonic() - result.frame.captured_at_s) * 1000.0
        self.result_ready.emit()

    @Slot(str)
    def _on_inference_failed(self, sentence: str) -> None:
        self._models = None
        self._result = None
        self.inference_failed.emit(sentence)
