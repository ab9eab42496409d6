"""Everything that a debug report is made with, opened from what comes with the program."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from facemotion.analysis.debug_folder import read_debug_folder
from facemotion.analysis.debug_report import DebugReport, make_report
from facemotion.analysis.face_reference import RESOURCE, FaceReference
from facemotion.core.errors import ModelError
from facemotion.store.paths import model_path, resource_path
from facemotion.vision.crop_framing import DET_SIZE, DET_THRESHOLD
from facemotion.vision.emotion import EmotionClassifier, load_emotion_model
from facemotion.vision.faces import FaceFinder, FaceModels
from facemotion.vision.packs import open_pack

EMOTION_MODEL = "emotion.onnx"
DETECTOR_PACK = "builtin"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class DebugTools:
    """What a report is made with.

    Attributes:
        reference: Right faces.
        model: The emotion model, or None when it cannot be opened.
        finder: The built-in detector, with which the reference was measured, or None.
        problems: A sentence for each part that is missing; its checks are left out.
    """

    reference: FaceReference
    model: EmotionClassifier | None
    finder: FaceFinder | None
    problems: tuple[str, ...]


def open_tools() -> DebugTools:
    """Open statistics, emotion model and detector.

    Raises:
        ModelError: The statistics are missing or damaged: nothing can be said without them.
    """
    try:
        reference = FaceReference.load(resource_path(RESOURCE))
    except FileNotFoundError as error:
        raise ModelError(f"{error}. Install facemotion again.") from error
    problems: list[str] = []
    model = _or_problem(_open_model, "The faces are not read again", problems)
    finder = _or_problem(_open_finder, "The framing is not checked", problems)
    return DebugTools(reference, model, finder, tuple(problems))


def report_of(
    folder: Path, tools: DebugTools, on_progress: Callable[[float], None] | None = None
) -> DebugReport:
    """Read and judge a folder.

    Args:
        folder: Filled by debug mode.
        tools: What the report is made with.
        on_progress: Called with the part done, in [0, 1].

    Raises:
        SourceError: The folder cannot be read.
    """
    faces = read_debug_folder(folder)
    return make_report(faces, tools.reference, tools.model, tools.finder, on_progress)


def _open_model() -> EmotionClassifier:
    return load_emotion_model(model_path(EMOTION_MODEL))


def _open_finder() -> FaceFinder:
    pack = open_pack(model_path(DETECTOR_PACK))
    return FaceModels(pack, det_size=DET_SIZE, det_thresh=DET_THRESHOLD)


def _or_problem(opener: Callable[[], T], without: str, problems: list[str]) -> T | None:
    try:
        return opener()
    except (ModelError, FileNotFoundError) as error:
        problems.append(f"{without}: {error}")
        return None
