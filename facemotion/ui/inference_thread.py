"""The thread that owns the models: results at their own rate, never in the picture's way."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.errors import FacemotionError
from facemotion.core.matching import GalleryIndex
from facemotion.core.types import Frame, FrameBgr, FrameResult
from facemotion.ui.mailbox import Mailbox
from facemotion.ui.meters import RateMeter
from facemotion.ui.model_request import LoadedModels, ModelRequest, NoPackError, load_models
from facemotion.ui.picture import Picture
from facemotion.vision.photos import examine_photo

logger = logging.getLogger(__name__)

GalleryLoader = Callable[[str], GalleryIndex]
"""Reads the people whose embeddings come from the model id given."""
RecordedReader = Callable[[Frame], FrameResult]
"""Says what was found in a frame when it was recorded."""


class InferenceThread(QThread):
    """Loads the models, reads the newest picture every interval, examines photos in between.

    The object lives in the GUI thread; `run` and everything private to it in its own. The methods
    without an underscore may be called from any thread.

    Args:
        results: Receives each result.
        gallery_loader: Reads the people for a model id; called in this thread.
        interval_s: Time between the starts of two inferences.
        pictures: Mailbox of a thread that ended, to go on with; None for an own one.
        parent: Qt parent.

    Attributes:
        pictures: Mailbox for the newest picture; a put wakes the thread.
        rate: Inferences per second.

    Signals:
        models_ready(ModelsInfo): Models are loaded.
        models_missing(): No pack is installed; the thread waits for another request.
        models_failed(str): The models asked for cannot be loaded; the thread waits for others.
        fallback(str): A session runs on another provider than the one asked for.
        gallery_loaded(int): People who can be recognised with the loaded models.
        gallery_failed(str): The people on disk cannot be read.
        result_ready(): A result lies in the mailbox.
        photo_examined(int, PhotoVerdict): One photo of a job was examined.
        photos_refused(int, str): A photo cannot be examined, because the models do not allow it.
        failed(str): The thread ended unexpectedly.
    """

    models_ready = Signal(object)
    models_missing = Signal()
    models_failed = Signal(str)
    fallback = Signal(str)
    gallery_loaded = Signal(int)
    gallery_failed = Signal(str)
    result_ready = Signal()
    photo_examined = Signal(int, object)
    photos_refused = Signal(int, str)
    failed = Signal(str)

    def __init__(
        self,
        results: Mailbox[FrameResult],
        gallery_loader: GalleryLoader,
        interval_s: float = 0.10,
        pictures: Mailbox[Picture] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("inference")
        self._stop = threading.Event()
        self._wake = threading.Event()
        self.pictures: Mailbox[Picture] = pictures if pictures is not None else Mailbox()
        self.pictures.wake_with(self._wake.set)
        self._results = results
        self._gallery_loader = gallery_loader
        self._interval_s = interval_s
        self._model_requests: Mailbox[ModelRequest] = Mailbox(on_put=self._wake.set)
        self._tunings: Mailbox[ModelRequest] = Mailbox(on_put=self._wake.set)
        self._galleries: Mailbox[GalleryIndex] = Mailbox(on_put=self._wake.set)
        self._baselines: Mailbox[Mapping[str, NeutralBaseline]] = Mailbox(on_put=self._wake.set)
        self._people_baselines: Mapping[str, NeutralBaseline] = {}
        self._track_baselines: queue.SimpleQueue[tuple[int, NeutralBaseline | None]] = (
            queue.SimpleQueue()
        )
        self._is_reload_wanted = threading.Event()
        self._is_reset_wanted = threading.Event()
        self._recorded: RecordedReader | None = None
        self._photos: queue.SimpleQueue[tuple[int, Path | FrameBgr]] = queue.SimpleQueue()
        self._models: LoadedModels | None = None
        self._last: Picture | None = None
        self._due_s = 0.0
        self.rate = RateMeter()

    # ----- called from other threads

    def stop(self) -> None:
        """Ask the thread to end; wait for it with `wait`."""
        self._stop.set()
        self._wake.set()

    def request_models(self, request: ModelRequest) -> None:
        """Load these models; the newest request wins."""
        self._model_requests.put(request)

    def tune(self, request: ModelRequest) -> None:
        """Run the loaded models as a request says that asks for the same ones."""
        self._tunings.put(request)

    def set_interval(self, interval_s: float) -> None:
        """Time between the starts of two inferences."""
        self._interval_s = interval_s
        self._wake.set()

    def set_gallery(self, index: GalleryIndex) -> None:
        """Recognise these people from the next picture on."""
        self._galleries.put(index)

    def set_baselines(self, baselines: Mapping[str, NeutralBaseline]) -> None:
        """Correct these people's readings (by person id) from the next picture on."""
        self._baselines.put(dict(baselines))

    def set_track_baseline(self, track_id: int, baseline: NeutralBaseline | None) -> None:
        """Correct a track's readings for as long as it lives, or no longer."""
        self._track_baselines.put((track_id, baseline))
        self._wake.set()

    def set_recorded(self, recorded: RecordedReader | None) -> None:
        """Answer with what was recorded instead of reading faces, or read faces again."""
        self._recorded = recorded
        self._wake.set()

    def reload_gallery(self) -> None:
        """Read the people on disk again, in this thread."""
        self._is_reload_wanted.set()
        self._wake.set()

    def reset(self) -> None:
        """Forget every track: another source begins."""
        self._is_reset_wanted.set()
        self._wake.set()

    def examine(self, job_id: int, images: Sequence[Path | FrameBgr]) -> None:
        """Examine photos between two pictures.

        Args:
            job_id: Comes back with every `photo_examined`.
            images: Paths, or uint8 (H, W, 3) BGR arrays that are not written any more.
        """
        for image in images:
            self._photos.put((job_id, image))
        self._wake.set()

    # ----- this thread

    def run(self) -> None:
        """Serve until stopped; the one outer boundary of the thread."""
        threading.current_thread().name = self.objectName()
        try:
            while not self._stop.is_set():
                self._wake.clear()
                self._obey()
                self._examine_next_photo()
                self._infer_or_wait()
        except Exception:
            logger.exception("inference stopped unexpectedly")
            self.failed.emit(self.tr("Reading faces stopped because of an unexpected error."))
        finally:
            self._models = None
            self._last = None

    def _obey(self) -> None:
        request = self._model_requests.take()
        if request is not None:
            self._load(request)
        if self._is_reset_wanted.is_set():
            self._is_reset_wanted.clear()
            self._last = None
            if self._models is not None:
                self._models.pipeline.reset()
        tuning = self._tunings.take()
        if tuning is not None and self._models is not None:
            self._models = self._models.tuned(tuning)
            self._look_again()
        self._take_baselines()
        if self._is_reload_wanted.is_set():
            self._is_reload_wanted.clear()
            self._reload_gallery()
        index = self._galleries.take()
        if index is not None and self._models is not None:
            self._use_gallery(self._models, index)

    def _take_baselines(self) -> None:
        baselines = self._baselines.take()
        if baselines is not None:
            self._people_baselines = baselines
            if self._models is not None:
                self._models.pipeline.baselines.set_people(baselines)
                self._look_again()
        while not self._track_baselines.empty():
            track_id, baseline = self._track_baselines.get_nowait()
            if self._models is not None:
                self._models.pipeline.baselines.set_track(track_id, baseline)
                self._look_again()

    def _load(self, request: ModelRequest) -> None:
        self._models = None
        try:
            models = load_models(request)
        except NoPackError as error:
            logger.warning("models: %s", error)
            self.models_missing.emit()
            return
        except FacemotionError as error:
            logger.warning("models: %s", error)
            self.models_failed.emit(str(error))
            return
        self._models = models
        models.pipeline.baselines.set_people(self._people_baselines)
        self.models_ready.emit(models.info)
        for sentence in models.fallbacks:
            self.fallback.emit(sentence)
        self._is_reload_wanted.set()

    def _reload_gallery(self) -> None:
        if self._models is None:
            return
        try:
            index = self._gallery_loader(self._models.info.model_id)
        except FacemotionError as error:
            logger.warning("gallery: %s", error)
            self.gallery_failed.emit(str(error))
            return
        self._use_gallery(self._models, index)

    def _use_gallery(self, models: LoadedModels, index: GalleryIndex) -> None:
        try:
            models.pipeline.set_gallery(index)
        except FacemotionError as error:
            logger.warning("gallery: %s", error)
            self.gallery_failed.emit(str(error))
            return
        self.gallery_loaded.emit(index.size)
        self._look_again()

    def _look_again(self) -> None:
        """Read the last picture once more when no newer one comes (paused, or a photo)."""
        if self._last is not None and self.pictures.is_empty:
            self.pictures.put(self._last)

    def _examine_next_photo(self) -> None:
        """One photo a round, so that a long job does not hold up the live picture."""
        try:
            job_id, image = self._photos.get_nowait()
        except queue.Empty:
            return
        self._wake.set()  # more photos may wait
        if self._models is None:
            self.photos_refused.emit(job_id, self.tr("No face model is loaded."))
            return
        try:
            verdict = examine_photo(image, self._models.faces, self._models.photo_gates)
        except FacemotionError as error:
            self.photos_refused.emit(job_id, str(error))
            return
        self.photo_examined.emit(job_id, verdict)

    def _infer_or_wait(self) -> None:
        recorded, models = self._recorded, self._models
        if (recorded is None and models is None) or self.pictures.is_empty:
            self._wait(None)
            return
        wait_s = self._due_s - time.monotonic()
        if wait_s > 0.0:
            self._wait(wait_s)
            return
        picture = self.pictures.take()
        if picture is None:
            return
        self._due_s = time.monotonic() + self._interval_s
        if recorded is not None:
            self._give(picture, recorded(picture.frame))
        elif models is not None:
            self._infer(models, picture)

    def _infer(self, models: LoadedModels, picture: Picture) -> None:
        is_still = picture.is_still
        pipeline = models.pipeline
        process = pipeline.process_still if is_still else pipeline.process
        self._give(picture, process(picture.frame))

    def _give(self, picture: Picture, result: FrameResult) -> None:
        self._last = picture
        self._results.put(result)
        self.rate.tick(time.monotonic())
        self.result_ready.emit()

    def _wait(self, timeout_s: float | None) -> None:
        """Sleep until a command, a picture or the time-out; only after `_wake.clear()`."""
        if not self._stop.is_set():
            self._wake.wait(timeout_s)
