"""Hand-written stand-ins for what a test machine lacks: a camera, and models without the pack."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from facemotion.core.errors import CameraError
from facemotion.core.thresholds import PackThresholds
from facemotion.core.types import Frame, FrameBgr, FrameResult
from facemotion.ui.model_request import ModelsInfo
from facemotion.ui.picture import Picture
from facemotion.vision.photos import PhotoVerdict
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind

FAKE_MODEL = "faker-00000000"
FAKE_DIM = 4


def models_info(model_id: str = FAKE_MODEL) -> ModelsInfo:
    """Models that recognise, or without a model id only find faces."""
    return ModelsInfo(
        "fake", Path(), model_id, FAKE_DIM, PackThresholds(match=0.4, uncertain=0.3), None, {}
    )


def source_info(kind: str = "camera") -> SourceInfo:
    """A source that is open."""
    is_live = kind in ("camera", "demo")
    return SourceInfo("fake", kind, 640, 480, 30.0, None, is_live, not is_live)


class FakeSession(QObject):
    """What the enrolment dialog needs of a `LiveSession`; the test gives the answers."""

    source_opened = Signal(object)
    source_failed = Signal(str)
    source_stopped = Signal()
    picture_ready = Signal()
    result_ready = Signal()
    paused_changed = Signal(bool)
    models_ready = Signal(object)
    models_failed = Signal(str)
    photo_examined = Signal(int, object)
    photos_refused = Signal(int, str)
    inference_failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.models_info: ModelsInfo | None = models_info()
        self.source_info: SourceInfo | None = None
        self.is_paused = False
        self.jobs: dict[int, list[Path | FrameBgr]] = {}
        self._result: FrameResult | None = None

    def examine(self, images: Sequence[Path | FrameBgr]) -> int:
        """Remember the job; nothing is answered by itself."""
        job_id = len(self.jobs) + 1
        self.jobs[job_id] = list(images)
        return job_id

    def latest_picture(self) -> Picture | None:
        """The frame of the last result, in its own size."""
        if self._result is None:
            return None
        frame = self._result.frame
        bgra = np.zeros((*frame.frame_bgr.shape[:2], 4), np.uint8)
        bgra[..., :3] = frame.frame_bgr
        return Picture(frame, bgra)

    def latest_result(self) -> FrameResult | None:
        """The last result given."""
        return self._result

    # ----- what the test does

    def open_source(self, kind: str = "camera") -> None:
        """A source begins."""
        self.source_info = source_info(kind)
        self.source_opened.emit(self.source_info)

    def close_source(self) -> None:
        """The source ends."""
        self.source_info = None
        self.source_stopped.emit()

    def pause(self, is_paused: bool) -> None:
        """The picture stands still, or goes on."""
        self.is_paused = is_paused
        self.paused_changed.emit(is_paused)

    def use_models(self, info: ModelsInfo | None) -> None:
        """Other models are loaded, or none can be."""
        self.models_info = info
        if info is None:
            self.models_failed.emit("No model pack is installed.")
        else:
            self.models_ready.emit(info)

    def give_result(self, result: FrameResult) -> None:
        """A frame was read."""
        self._result = result
        self.picture_ready.emit()
        self.result_ready.emit()

    def accept_photo(self, job_id: int, embedding: np.ndarray) -> None:
        """The next photo of a job is good."""
        crop = np.full((160, 160, 3), 120, np.uint8)
        verdict = PhotoVerdict("", True, "", crop_bgr=crop, embedding=embedding)
        self.photo_examined.emit(job_id, verdict)

    def reject_photo(self, job_id: int, reason: str, faces: Sequence[object] = ()) -> None:
        """The next photo of a job is not good."""
        self.photo_examined.emit(job_id, PhotoVerdict("", False, reason, faces=tuple(faces)))


class FakeCamera(FrameSource):
    """A camera of 20 pictures a second that can be unplugged and plugged in again.

    Args:
        plugged: Set while the camera is plugged in.
        name: As shown to the user.
    """

    def __init__(self, plugged: threading.Event, name: str = "Fake camera") -> None:
        self._plugged = plugged
        self._info = SourceInfo(name, SourceKind.CAMERA, 160, 120, 20.0, is_live=True)
        self._index = 0
        self._opened_at_s = 0.0
        self.is_open = False

    @property
    def info(self) -> SourceInfo:
        return self._info

    def open(self) -> None:
        if not self._plugged.is_set():
            raise CameraError(f"{self._info.name} is not there. Plug it in.")
        self._opened_at_s = time.monotonic()
        self.is_open = True

    def read(self) -> Frame | None:
        time.sleep(0.05)
        if not self._plugged.is_set():
            raise CameraError(f"{self._info.name} gives no more pictures.")
        self._index += 1
        picture = np.full((120, 160, 3), self._index % 40 + 100, np.uint8)
        picture[:, :80] = 200  # the left half is brighter, which shows what is mirrored
        time_s = time.monotonic() - self._opened_at_s
        return Frame(picture, time_s, self._index, self._info.name)

    def close(self) -> None:
        self.is_open = False
