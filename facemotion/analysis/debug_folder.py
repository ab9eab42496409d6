"""The folder that debug mode fills: 48×48 faces as PNG, and one row of numbers for each."""

import csv
import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.core.errors import OutputError, SourceError
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS, emotion_index
from facemotion.core.preprocessing import INPUT_SIZE_PX
from facemotion.core.types import FaceQuality, FloatArray
from facemotion.store.atomic import write_atomic
from facemotion.store.paths import make_private_folder

_logger = logging.getLogger(__name__)

TABLE_NAME: Final = "faces.csv"
QUALITY_COLUMNS: Final = (
    "det_score",
    "face_px",
    "cut_off",
    "yaw_deg",
    "pitch_deg",
    "roll_deg",
    "sharpness",
)
COLUMNS: Final = (
    "file",
    "time_s",
    "track_id",
    "label",
    "prob",
    "gap",
    *EMOTIONS,
    *QUALITY_COLUMNS,
    "model_id",
)
MOST_READ: Final = 5000
"""A report reads at most so many faces, in the order of their names."""

_NAME: Final = re.compile(r"(\d{6})_(\d{3})_(\d{1,9})_([a-z]+)_([01]\.\d{1,6})\.png")
_MAX_PNG_BYTES: Final = 1 << 20
_MAX_TABLE_BYTES: Final = 1 << 25


@dataclass(frozen=True, slots=True, eq=False)
class DebugFace:
    """One face on its way to the disk.

    Attributes:
        crop: uint8 (48, 48) gray as the emotion model read it.
        probs: float32 (7,) as the model gave them, in `EMOTIONS` order.
        track_id: Number of its track.
        time_s: Source time.
        clock: Local date and time.
        quality: What the gates measured, or None.
        model_id: The emotion model.
    """

    crop: NDArray[np.uint8]
    probs: FloatArray
    track_id: int
    time_s: float
    clock: datetime
    quality: FaceQuality | None = None
    model_id: str = ""


class DebugFolderWriter:
    """Writes faces into a folder of their own, readable by this user only, up to a number.

    Args:
        root: The folder is made below it, named by date and time.
        clock: Local date and time.
        most: Faces after which nothing is written any more: the oldest are kept.

    Raises:
        OutputError: The folder cannot be made.
    """

    def __init__(self, root: Path, clock: datetime, most: int) -> None:
        self._folder = _new_folder(root, clock)
        self._most = most
        self._count = 0
        self._names: set[str] = set()
        try:
            self._table: TextIO = _open_table(self._folder / TABLE_NAME)
        except OSError as error:
            raise _refusal(self._folder, error) from error
        self._rows = csv.writer(self._table)
        self._write_row(COLUMNS)

    @property
    def folder(self) -> Path:
        """Where the faces are."""
        return self._folder

    @property
    def count(self) -> int:
        """Faces written."""
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether as many faces are there as may be."""
        return self._count >= self._most

    def write(self, face: DebugFace) -> bool:
        """Write a face.

        Returns:
            Whether it was written; False when the folder is full.

        Raises:
            OutputError: The disk refuses; what was written so far can be read.
        """
        if self.is_full:
            return False
        is_encoded, data = cv2.imencode(".png", face.crop)
        if not is_encoded:
            raise OutputError("A face could not be turned into a PNG picture.")
        name = self._free_name(face)
        write_atomic(self._folder / name, data.tobytes(), is_private=True)
        self._write_row(_cells(name, face))
        self._names.add(name)
        self._count += 1
        return True

    def close(self) -> None:
        """End the table."""
        try:
            self._table.close()
        except OSError as error:  # every row was flushed before
            _logger.warning("%s: %s", self._folder, error)

    def _free_name(self, face: DebugFace) -> str:
        """The face's name; a millisecond later when a face has it already."""
        clock = face.clock
        while (name := face_name(face, clock)) in self._names:
            clock += timedelta(milliseconds=1)
        return name

    def _write_row(self, cells: tuple[object, ...]) -> None:
        try:
            self._rows.writerow(cells)
            self._table.flush()
        except OSError as error:
            raise _refusal(self._folder, error) from error


def face_name(face: DebugFace, clock: datetime) -> str:
    """``HHMMSS_mmm_track_label_prob.png``."""
    label = int(np.argmax(face.probs))
    stamp = f"{clock:%H%M%S}_{clock.microsecond // 1000:03d}"
    return f"{stamp}_{face.track_id}_{EMOTIONS[label]}_{face.probs[label]:.3f}.png"


@dataclass(frozen=True, slots=True, eq=False)
class DebugFaces:
    """What lies in a debug folder.

    Attributes:
        folder: Where it was read.
        names: File names, in their order.
        crops: uint8 (N, 48, 48) gray.
        labels: int64 (N,) position in `EMOTIONS` of what the file names say.
        confidences: float64 (N,) probability of that, as the file names say.
        probs: float64 (N, 7) as the table says; NaN where it says nothing.
        track_ids: int64 (N,).
        model_ids: Emotion models that the table names.
        problems: A sentence for everything that was left out.
    """

    folder: Path
    names: tuple[str, ...]
    crops: NDArray[np.uint8]
    labels: NDArray[np.int64]
    confidences: NDArray[np.float64]
    probs: NDArray[np.float64]
    track_ids: NDArray[np.int64]
    model_ids: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of faces."""
        return len(self.names)

    @property
    def answers(self) -> NDArray[np.float64]:
        """What the model said, float64 (N, 7): the table's rows, else made from the file's name.

        A name tells one probability; the rest is shared evenly among the other emotions.
        """
        rest = (1.0 - self.confidences) / (EMOTION_COUNT - 1)
        made = np.repeat(rest[:, None], EMOTION_COUNT, axis=1)
        made[np.arange(len(self)), self.labels] = self.confidences
        return np.where(np.isfinite(self.probs), self.probs, made)


def is_debug_file(path: Path) -> bool:
    """Whether a file is named as debug mode names its faces."""
    return _NAME.fullmatch(path.name) is not None


def read_debug_folder(folder: Path) -> DebugFaces:
    """Read what debug mode saved; files that do not belong there are left out and counted.

    Raises:
        SourceError: The folder is missing or cannot be read.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".png")
    except OSError as error:
        raise SourceError(
            f"The folder {folder} cannot be read: {error.strerror or error}. Give the folder that "
            "debug mode saved faces in."
        ) from error
    problems: list[str] = []
    named = [(path, match) for path in files if (match := _NAME.fullmatch(path.name)) is not None]
    named = [(path, match) for path, match in named if match[4] in EMOTIONS]
    if len(named) < len(files):
        problems.append(
            f"{len(files) - len(named)} pictures are not named as debug mode names them "
            "(HHMMSS_mmm_track_label_prob.png) and are left out."
        )
    if len(named) > MOST_READ:
        problems.append(f"There are {len(named)} faces; the first {MOST_READ} are read.")
    crops = [_read_crop(path) for path, _match in named[:MOST_READ]]
    kept = [(named[row], crop) for row, crop in enumerate(crops) if crop is not None]
    if len(kept) < len(crops):
        problems.append(
            f"{len(crops) - len(kept)} pictures are damaged or not 48×48 and are left out."
        )
    table, model_ids = _read_table(folder / TABLE_NAME, problems)
    nothing = np.full(EMOTION_COUNT, np.nan)
    size = (len(kept), INPUT_SIZE_PX, INPUT_SIZE_PX)
    return DebugFaces(
        folder=folder,
        names=tuple(path.name for (path, _match), _crop in kept),
        crops=np.stack([crop for _face, crop in kept]) if kept else np.zeros(size, np.uint8),
        labels=np.array([emotion_index(match[4]) for (_path, match), _crop in kept], np.int64),
        confidences=np.array([min(float(match[5]), 1.0) for (_path, match), _crop in kept]),
        probs=np.array([table.get(path.name, nothing) for (path, _match), _crop in kept]).reshape(
            -1, EMOTION_COUNT
        ),
        track_ids=np.array([int(match[3]) for (_path, match), _crop in kept], np.int64),
        model_ids=model_ids,
        problems=tuple(problems),
    )


def _read_crop(path: Path) -> NDArray[np.uint8] | None:
    """uint8 (48, 48) gray, or None when it is no such picture."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_PNG_BYTES)
    except OSError:
        return None
    gray = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if gray is None or gray.shape != (INPUT_SIZE_PX, INPUT_SIZE_PX):
        return None
    return np.asarray(gray, np.uint8)


def _read_table(
    path: Path, problems: list[str]
) -> tuple[dict[str, NDArray[np.float64]], tuple[str, ...]]:
    """Probabilities by file name, and the models named; nothing when there is no table."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file.read(_MAX_TABLE_BYTES).splitlines()))
    except FileNotFoundError:
        return {}, ()
    except (OSError, ValueError, csv.Error) as error:
        problems.append(f"{path.name} cannot be read ({error}); the file names count.")
        return {}, ()
    table: dict[str, NDArray[np.float64]] = {}
    for row in rows:
        probs = _probabilities(row)
        if probs is not None:
            table[row["file"]] = probs
    if len(table) < len(rows):
        problems.append(f"{len(rows) - len(table)} rows of {path.name} are damaged.")
    models = dict.fromkeys(row.get("model_id") or "" for row in rows)
    return table, tuple(model for model in models if model)


def _probabilities(row: dict[str, str]) -> NDArray[np.float64] | None:
    try:
        probs = np.array([float(row[name]) for name in EMOTIONS])
    except (KeyError, TypeError, ValueError):
        return None
    is_whole = np.isfinite(probs).all() and probs.min() >= 0.0 and abs(probs.sum() - 1.0) < 0.01
    return probs if is_whole and row.get("file") else None


def _cells(name: str, face: DebugFace) -> tuple[object, ...]:
    label = int(np.argmax(face.probs))
    second, first = np.sort(face.probs)[-2:]
    quality = face.quality
    measured = [
        "" if quality is None else f"{getattr(quality, column):.3f}" for column in QUALITY_COLUMNS
    ]
    return (
        name,
        f"{face.time_s:.3f}",
        face.track_id,
        EMOTIONS[label],
        f"{first:.6f}",
        f"{first - second:.6f}",
        *(f"{value:.6f}" for value in face.probs),
        *measured,
        face.model_id,
    )


def _new_folder(root: Path, clock: datetime) -> Path:
    make_private_folder(root)
    stamp = f"{clock:%Y-%m-%d_%H%M%S}"
    folder, number = root / stamp, 1
    while folder.exists():
        number += 1
        folder = root / f"{stamp}-{number}"
    make_private_folder(folder)
    return folder


def _open_table(path: Path) -> TextIO:
    path.touch(mode=0o600)
    return path.open("w", encoding="utf-8", newline="")


def _refusal(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"Cannot write into {folder}: {error.strerror or error}. Check that the folder exists, may "
        "be written and that the disk is not full."
    )
