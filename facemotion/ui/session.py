"""The live session: one source, the models, and the two threads that work on them."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.matching import GalleryIndex
from facemotion.core.types import Frame, FrameBgr, FrameResult
from facemotion.ui.capture_thread import CaptureThread, SourceMaker
from facemotion.ui.inference_thread import GalleryLoader, InferenceThread, RecordedReader
from facemotion.ui.mailbox import Mailbox
from facemotion.ui.meters import memory_mib
from facemotion.ui.model_request import ModelRequest, ModelsInfo
from facemotion.ui.picture import Picture
from facemotion.ui.session_statistics import SessionStatistics
from facemotion.ui.source_runner import SourceRunner
from facemotion.ui.thread_end import has_ended
from facemotion.vision.sources.base import SourceInfo
from facemotion.vision.sources.specs import SourceSpec

logger = logging.getLogger(__name__)

SHUTDOWN_MS = 4000


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
        self._gallery_loader = gallery_loader
        self._results: Mailbox[FrameResult] = Mailbox()
        self._picture: Picture | None = None
        self._result: FrameResult | None = None
        self._latency_ms = float("nan")
        self._models: ModelsInfo | None = None
        self._model_request: ModelRequest | None = None
        self._is_paused = False
        self._baselines: Mapping[str, NeutralBaseline] = {}
        self._interval_s = 0.10
        self._job_count = 0
        self._recorded: RecordedReader | None = None
        self._inference = self._make_inference()
        self._source = SourceRunner(maker, self._inference.pictures, self)
        self._connect_source()
        self._inference.start()

    def _connect_source(self) -> None:
        source = self._source
        source.changing.connect(self._on_source_changing)
        source.opened.connect(self.source_opened)
        source.failed.connect(self._on_source_failed)
        source.stopped.connect(self.source_stopped)
        source.reconnecting.connect(self.reconnecting)
        source.frame_ready.connect(self._on_frame_ready)
        source.position_changed.connect(self.position_changed)
        source.ended.connect(self.ended)

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
        return self._source.info

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
        return self._source.is_busy

    def statistics(self) -> SessionStatistics:
        """Rates and counts at this moment."""
        result = self._result
        return SessionStatistics(
            capture_per_s=self._source.capture_per_s(),
            inference_per_s=self._inference.rate.per_s(time.monotonic()),
            latency_ms=self._latency_ms,
            inference_ms=result.timings_ms.get("total", float("nan")) if result else float("nan"),
            dropped_count=self._source.dropped_count(),
            memory_mib=memory_mib(),
        )

    # ----- source

    def start(self, spec: SourceSpec) -> None:
        """Show another source; the one that runs is closed first, without waiting for it here."""
        self.source_starting.emit(spec)
        self._source.start(spec)

    def stop(self) -> None:
        """Close the source."""
        self._source.stop()

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
        self._source.seek(time_s)

    @Slot(bool)
    def set_looping(self, is_looping: bool) -> None:
        """Whether a file starts again at its end; kept for the sources to come."""
        self._source.set_looping(is_looping)

    @Slot(int, int)
    def set_view_size(self, width_px: int, height_px: int) -> None:
        """Size in device pixels that pictures are scaled to fit."""
        self._source.set_view_size(width_px, height_px)

    def set_mirrored(self, is_mirrored: bool) -> None:
        """Whether cameras are shown as in a mirror."""
        self._source.set_mirrored(is_mirrored)

    def watch(
        self,
        on_picture: Callable[[Picture], None] | None,
        on_result: Callable[[FrameResult], None] | None,
    ) -> None:
        """Give every picture and every result to somebody else too, or to nobody any more.

        Args:
            on_picture: Called in the capture thread; it must be quick.
            on_result: Called in the inference thread; it must be quick.
        """
        self._inference.pictures.hand_also_to(on_picture)
        self._results.hand_also_to(on_result)

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

    def set_baselines(self, baselines: Mapping[str, NeutralBaseline]) -> None:
        """Correct these people's readings (by person id) from the next picture on."""
        self._baselines = baselines
        self._inference.set_baselines(baselines)

    def set_track_baseline(self, track_id: int, baseline: NeutralBaseline | None) -> None:
        """Correct a track's readings for as long as it lives, or no longer."""
        self._inference.set_track_baseline(track_id, baseline)

    def set_recorded(self, recorded: RecordedReader | None) -> None:
        """Show what was recorded instead of reading faces, or read faces again."""
        self._recorded = recorded
        self._inference.set_recorded(recorded)
        self._results.clear()

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
        ended = self._inference
        self._inference = self._make_inference(ended.pictures)
        ended.deleteLater()
        self._inference.start()
        if self._model_request is not None:
            self.load_models(self._model_request)

    # ----- end

    def shutdown(self) -> bool:
        """Stop both threads and wait for them, for a bounded time.

        Returns:
            Whether every thread ended; a source stuck in its driver may not.
        """
        self._source.forget_wishes()
        threads: list[CaptureThread | InferenceThread] = [self._inference, *self._source.threads]
        for thread in threads:
            thread.stop()
        deadline_s = time.monotonic() + SHUTDOWN_MS / 1000.0
        is_clean = True
        for thread in threads:
            remaining_ms = int((deadline_s - time.monotonic()) * 1000.0)
            if not has_ended(thread, remaining_ms):
                logger.error("the %s thread did not end in time", thread.objectName())
                is_clean = False
        return is_clean

    # ----- what the source says

    @Slot()
    def _on_source_changing(self) -> None:
        self._forget_pictures()
        self._inference.reset()
        self._is_paused = False
        self.paused_changed.emit(False)

    def _forget_pictures(self) -> None:
        self._results.clear()
        self._picture = None
        self._result = None
        self._latency_ms = float("nan")

    @Slot()
    def _on_frame_ready(self) -> None:
        picture = self._source.pictures.take()
        if picture is not None:
            self._picture = picture
            self.picture_ready.emit()

    @Slot(str)
    def _on_source_failed(self, sentence: str) -> None:
        self._forget_pictures()
        self.source_failed.emit(sentence)

    def _set_paused(self, is_paused: bool) -> None:
        if self._source.set_paused(is_paused):
            self._is_paused = is_paused
            self.paused_changed.emit(is_paused)

    # ----- inference

    def _make_inference(self, pictures: Mailbox[Picture] | None = None) -> InferenceThread:
        inference = InferenceThread(
            self._results, self._gallery_loader, self._interval_s, pictures, self
        )
        inference.set_baselines(self._baselines)
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
        inference.set_recorded(self._recorded)
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
        if result.frame.scene_id < self._source.first_scene_id:
            return  # it was worked on while the source changed
        self._result = result
        self._latency_ms = (time.monotonic() - result.frame.captured_at_s) * 1000.0
        self.result_ready.emit()

    @Slot(str)
    def _on_inference_failed(self, sentence: str) -> None:
        self._models = None
        self._result = None
        self.inference_failed.emit(sentence)
