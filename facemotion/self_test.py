"""The self-test's inner half: the real window, tried out in a process that may die of it."""

import importlib
import json
import logging
import platform
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from facemotion.app import build_window, make_application
from facemotion.core.errors import FacemotionError
from facemotion.core.types import Decision, FaceResult, Frame, FrameBgr
from facemotion.store.atomic import write_atomic
from facemotion.store.gallery import GalleryStore
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.ui.witness import Witness, contrast_of, platform_name, run_until
from facemotion.vision.sources.demo import DEMO_FPS, DemoSource
from facemotion.vision.sources.video import VideoSource
from facemotion.vision.video_writer import VideoWriter

PLAY_S: Final = 3.0
PATIENCE_S: Final = 45.0
WHOLE_S: Final = 170.0
PERSON: Final = "Self-Test Müller 自己"
_LEAST_CONTRAST: Final = 8.0
_LEAST_PICTURES: Final = 10
_FACE_MARGIN: Final = 0.6
_CLIP_FRAMES: Final = 20
_MODULES: Final = ("PySide6", "av", "cv2", "numpy", "onnxruntime", "pyqtgraph")

Figures = dict[str, Any]


class _MissingError(FacemotionError):
    """Something that should have arrived did not; the message names it."""


def run(options: Namespace) -> int:
    """Try everything out and write the report.

    Args:
        options: `report` is the file to write; `pack` another pack, or None.

    Returns:
        The exit code: 0 when every check passed.
    """
    make_application()
    paths = AppPaths.default()
    paths.create()
    test = SelfTest(paths, options.pack or "")
    with _unexpected_errors() as errors:
        test.run()
    problems = [*test.problems, *errors]
    report: Figures = {
        "problems": problems,
        "platform_plugin": platform_name(),
        "versions": _versions(),
        "seconds": round(test.seconds(), 2),
        "checks": test.checks,
    }
    path = Path(options.report)
    write_atomic(path, json.dumps(report, ensure_ascii=False).encode())
    return 1 if problems else 0


class SelfTest:
    """One run through the window; GUI thread.

    Args:
        paths: Temporary folders.
        pack_choice: Pack to use; empty for the one that comes with the program.

    Attributes:
        checks: What each check measured, and whether it passed, by name.
        problems: What is missing, a sentence each.
    """

    def __init__(self, paths: AppPaths, pack_choice: str = "") -> None:
        self._paths = paths
        self._started_s = time.monotonic()
        self.checks: dict[str, Figures] = {}
        self.problems: list[str] = []
        self._window = build_window(make_application(), paths, Settings(), None, pack_choice)
        self._session = self._window.session
        self._witness = Witness(self._session, self._window)
        self._asked_count = 0

    def seconds(self) -> float:
        """Since the test began."""
        return time.monotonic() - self._started_s

    def run(self) -> None:
        """Make every check, also after one that failed; one that needs the failed one fails too."""
        steps: tuple[tuple[str, str, Callable[[], Figures]], ...] = (
            ("window", "", self._open),
            ("models", "", self._load_models),
            ("frames", "window", self._play),
            ("boxes", "models frames", self._look_at_boxes),
            ("emotions", "boxes", self._look_at_emotions),
            ("chart", "emotions", self._look_at_chart),
            ("enrolment", "boxes", self._enrol),
            ("recognition", "enrolment", self._recognise),
            ("video files", "", self._write_and_read_video),
            ("end", "", self._close),
        )
        for name, needed, step in steps:
            failed = [other for other in needed.split() if not self.checks[other]["passed"]]
            if failed:
                self._fail(name, f"not possible without {failed[0]}.")
            else:
                self._check(name, step)

    def _check(self, name: str, step: Callable[[], Figures]) -> None:
        try:
            self.checks[name] = {"passed": True, **step()}
        except FacemotionError as error:
            self._fail(name, str(error))
        except Exception as error:  # the boundary: a report is due, whatever happens
            logging.getLogger(__name__).exception("the check of %s failed", name)
            self._fail(name, f"{type(error).__name__}: {error}")

    def _fail(self, name: str, sentence: str) -> None:
        self.checks[name] = {"passed": False, "problem": sentence}
        self.problems.append(f"{name}: {sentence}")

    def _wait(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so; what the session says goes wrong ends that early."""
        left_s = max(min(PATIENCE_S, WHOLE_S - self.seconds()), 0.0)
        said = self._witness.sentences
        said.clear()
        run_until(lambda: is_so() or bool(said), left_s)
        if not is_so():
            why = said[0] if said else f"It was waited for {left_s:.0f} s."
            raise _MissingError(f"{what} did not come. {why}")

    # ----- the window and what arrives in it

    def _open(self) -> Figures:
        self._window.resize(1280, 800)
        self._window.show()
        handle = self._window.windowHandle()
        self._wait(lambda: handle is not None and handle.isExposed(), "The window")
        return {"size": [self._window.width(), self._window.height()], "after_s": self._now_s()}

    def _load_models(self) -> Figures:
        self._window.models.load()
        self._wait(lambda: self._session.models_info is not None, "The models")
        info = self._session.models_info
        assert info is not None, "it was waited for"
        if info.emotion_model_id is None:
            raise _MissingError("The emotion model (models/emotion.onnx) is missing.")
        if not info.has_recogniser:
            raise _MissingError(f"The pack {info.pack_name} has no recognition model.")
        runs_on = {name: got.actual for name, got in info.providers.items()}
        return {"pack": info.pack_name, "runs_on": runs_on, "after_s": self._now_s()}

    def _play(self) -> Figures:
        self._window.sources.show_demo()
        self._wait(lambda: self._witness.picture_count > 0, "The demo's first picture")
        first_s = self._now_s()
        self._witness.begin()
        begin_s = self.seconds()
        run_until(lambda: False, PLAY_S)
        # A busy machine may take longer over as many.
        run_until(lambda: self._witness.picture_count >= _LEAST_PICTURES, PATIENCE_S)
        # A slow machine gets more time: what counts is that pictures come.
        many = f"{_LEAST_PICTURES} pictures of the demo"
        self._wait(lambda: self._witness.picture_count >= _LEAST_PICTURES, many)
        count, played_s = self._witness.picture_count, self.seconds() - begin_s
        contrast = contrast_of(self._window.pane.video)
        if contrast < _LEAST_CONTRAST:
            raise _MissingError(f"The picture in the window is blank (contrast {contrast:.1f}).")
        return {
            "count": count,
            "per_s": round(count / played_s, 1),
            "contrast": round(contrast, 1),
            "first_after_s": first_s,
        }

    def _look_at_boxes(self) -> Figures:
        self._wait(lambda: any(self._witness.faces), "Not one face of the demo")
        self._wait(lambda: bool(self._window.pane.video.marks), "A box in the picture")
        frame = self._newest_frame()
        for face in (face for faces in self._witness.faces for face in faces):
            _refuse_bad_box(face, frame)
        return {
            "results": len(self._witness.faces),
            "most_faces": max(len(faces) for faces in self._witness.faces),
            "drawn": len(self._window.pane.video.marks),
        }

    def _look_at_emotions(self) -> Figures:
        self._wait(lambda: bool(self._shown_emotions()), "An emotion of any face")
        readings = [face.emotion for faces in self._witness.faces for face in faces]
        probs = [reading.probs for reading in readings if reading.probs is not None]
        if any(abs(float(row.sum()) - 1.0) > 1e-3 for row in probs):
            raise _MissingError("The emotion model gives no probabilities that add up to 1.")
        return {"readings": len(probs), "shown": self._shown_emotions()}

    def _shown_emotions(self) -> list[str]:
        found = {face.emotion.emotion for faces in self._witness.faces for face in faces}
        return sorted(emotion for emotion in found if emotion is not None)

    def _look_at_chart(self) -> Figures:
        chart = self._window.chart
        self._wait(lambda: chart.point_count > 1, "The curves of the chart")
        return {"points": chart.point_count}

    # ----- people

    def _enrol(self) -> Figures:
        store = GalleryStore(self._paths.gallery_dir)
        info = self._session.models_info
        assert info is not None, "without models this check is left out"
        self._wait(self._has_good_photo, "A photo of a face that can be enrolled")
        verdict = self._witness.verdicts[-1]
        assert verdict.embedding is not None, "an accepted photo has one"
        person = store.enrol(PERSON, verdict.embedding[None], info.model_id)
        self._session.reload_gallery()
        return {"embeddings": person.embedding_count, "quality": round(verdict.quality, 2)}

    def _has_good_photo(self) -> bool:
        """Whether a face was accepted; when none was yet, the largest one now is tried."""
        verdicts = self._witness.verdicts
        if verdicts and verdicts[-1].accepted:
            return True
        result = self._session.latest_result()
        if result is not None and result.faces and len(verdicts) == self._asked_count:
            face = max(result.faces, key=_height_px)
            self._session.examine([_cut_out(result.frame, face)])
            self._asked_count += 1
        return False

    def _recognise(self) -> Figures:
        self._witness.begin()
        self._wait(lambda: bool(self._recognised()), "The name of the face enrolled")
        face = self._recognised()[-1]
        return {
            "name": face.identity.name,
            "cosine_similarity": round(face.identity.cosine_similarity, 3),
            "after_s": self._now_s(),
        }

    def _recognised(self) -> list[FaceResult]:
        faces = (face for faces in self._witness.faces for face in faces)
        known = (face for face in faces if face.identity.decision is Decision.KNOWN)
        return [face for face in known if face.identity.name == PERSON]

    # ----- files and the end

    def _write_and_read_video(self) -> Figures:
        """The libraries for video are large, and easily left out of a package."""
        path = self._paths.data_dir / "Prüfung 映像.mp4"
        with DemoSource() as demo:
            frames = [frame for _ in range(_CLIP_FRAMES) if (frame := demo.read()) is not None]
        size = frames[0].frame_bgr.shape[1], frames[0].frame_bgr.shape[0]
        with VideoWriter(path, DEMO_FPS, size) as writer:
            for frame in frames:
                writer.write(frame.frame_bgr)
        with VideoSource(path) as source:
            count = 0
            while source.read() is not None:
                count += 1
        if count != _CLIP_FRAMES:
            raise _MissingError(
                f"Of {_CLIP_FRAMES} pictures of an H.264 file {count} could be read."
            )
        return {"pictures": count, "bytes": path.stat().st_size}

    def _close(self) -> Figures:
        ends: list[bool] = []
        self._window.closed.connect(ends.append)
        self._window.close()
        if ends != [True]:
            raise _MissingError("A thread of the window did not end.")
        return {"after_s": self._now_s()}

    def _newest_frame(self) -> Frame:
        frame = self._session.latest_frame()
        if frame is None:
            raise _MissingError("The picture is gone.")
        return frame

    def _now_s(self) -> float:
        return round(self.seconds(), 2)


def _height_px(face: FaceResult) -> float:
    return float(face.bbox_xyxy[3] - face.bbox_xyxy[1])


def _refuse_bad_box(face: FaceResult, frame: Frame) -> None:
    """A box that is no box, or lies outside of the picture, means broken models."""
    height, width = frame.frame_bgr.shape[:2]
    x1, y1, x2, y2 = (float(value) for value in face.bbox_xyxy)
    is_inside = x2 > 0.0 and y2 > 0.0 and x1 < width and y1 < height
    if not (is_inside and x1 < x2 and y1 < y2):
        raise _MissingError(f"A face's box is none: {[round(v) for v in (x1, y1, x2, y2)]}.")


def _cut_out(frame: Frame, face: FaceResult) -> FrameBgr:
    """The face with some room around it, as a photo of its own."""
    height, width = frame.frame_bgr.shape[:2]
    x1, y1, x2, y2 = (float(value) for value in face.bbox_xyxy)
    room_x, room_y = _FACE_MARGIN * (x2 - x1), _FACE_MARGIN * (y2 - y1)
    left, right = max(int(x1 - room_x), 0), min(int(x2 + room_x), width)
    top, bottom = max(int(y1 - room_y), 0), min(int(y2 + room_y), height)
    return np.ascontiguousarray(frame.frame_bgr[top:bottom, left:right])


@contextmanager
def _unexpected_errors() -> Iterator[list[str]]:
    """Collect what nobody caught, for example in a slot."""
    errors: list[str] = []
    old_hook = sys.excepthook

    def note(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        errors.append(f"unexpected error: {kind.__name__}: {error}")
        old_hook(kind, error, trace)

    sys.excepthook = note
    try:
        yield errors
    finally:
        sys.excepthook = old_hook


def _versions() -> dict[str, str]:
    """Of what really runs, also where a package has left its lists of files behind."""
    found = {"Python": platform.python_version()}
    for name in _MODULES:
        try:
            found[name] = str(getattr(importlib.import_module(name), "__version__", "unknown"))
        except ImportError as error:
            found[name] = f"missing: {error}"
    return found
