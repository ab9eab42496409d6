"""What was chosen in the analysis dialog last: kept between two starts."""

import dataclasses
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from facemotion.analysis.outputs import OUTPUT_KINDS
from facemotion.analysis.runner import AnalysisOptions
from facemotion.core.errors import FacemotionError
from facemotion.store.atomic import set_aside, write_atomic
from facemotion.store.paths import make_private_folder

logger = logging.getLogger(__name__)

MOST_FPS = 240.0


@dataclass(frozen=True, slots=True)
class AnalysisChoice:
    """What an analysis writes, and where.

    Attributes:
        folder: The output folder.
        outputs: Of `OUTPUT_KINDS`.
        fps: Frames read a second, at most; None reads all.
        process_count: Inputs analysed at the same time.
        is_again: Whether results that are there already are made once more.
    """

    folder: Path
    outputs: tuple[str, ...] = OUTPUT_KINDS
    fps: float | None = None
    process_count: int = 1
    is_again: bool = False

    @property
    def options(self) -> AnalysisOptions:
        """How much is read and written."""
        return AnalysisOptions(fps=self.fps, outputs=self.outputs)


def default_folder() -> Path:
    """Where results go until the user chooses: a folder among the documents."""
    place = QStandardPaths.StandardLocation.DocumentsLocation
    documents = QStandardPaths.writableLocation(place)
    return Path(documents or Path.home()) / "facemotion" / "analysed"


def load_choice(path: Path, process_count: int) -> AnalysisChoice:
    """What was chosen last, or the defaults; an unreadable file is set aside.

    Args:
        path: The JSON file.
        process_count: Of the default.
    """
    default = AnalysisChoice(default_folder(), process_count=process_count)
    try:
        return _read(json.loads(path.read_bytes()), default)
    except FileNotFoundError:
        return default
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        logger.warning("the choices of the last analysis are unreadable: %s", error)
    try:
        set_aside(path)
    except FacemotionError as error:
        logger.warning("the choices of the last analysis: %s", error)
    return default


def save_choice(path: Path, choice: AnalysisChoice) -> None:
    """Remember what was chosen; where that fails, the log says so."""
    values = {
        "folder": str(choice.folder),
        "outputs": list(choice.outputs),
        "fps": choice.fps,
        "process_count": choice.process_count,
    }
    try:
        make_private_folder(path.parent)
        write_atomic(path, (json.dumps(values, indent=2) + "\n").encode(), is_private=True)
    except FacemotionError as error:
        logger.warning("the choices of the last analysis: %s", error)


def _read(values: dict[str, object], default: AnalysisChoice) -> AnalysisChoice:
    outputs = values["outputs"]
    fps, count = values["fps"], values["process_count"]
    if not isinstance(outputs, list) or not isinstance(count, int) or not 1 <= count <= 256:
        raise ValueError("a value of another kind")
    if fps is not None and (not isinstance(fps, int | float) or not 0.0 < fps <= MOST_FPS):
        raise ValueError(f"a rate of {fps}")
    return dataclasses.replace(
        default,
        folder=Path(str(values["folder"])),
        outputs=tuple(kind for kind in OUTPUT_KINDS if kind in outputs),
        fps=fps,
        process_count=count,
    )
