"""Faces with emotion labels, read from every form in which they are found.

Three forms are told apart by what lies at the path:

* a FER+ folder or zip: PNG pictures and `label.csv` (picture, box, ten vote counts, no header), as
  Microsoft's FER+ tool writes it (https://github.com/microsoft/FERPlus);
* Kaggle's `fer2013.csv` (emotion, pixels, Usage), with `fer2013new.csv` beside it for votes;
* a folder with one sub-folder of pictures per emotion (`angry/0001.jpg`).

All become one `FaceData`. Columns are found by name, never by position: FER2013 numbers the
emotions angry, disgust, fear, happy, sad, surprise, neutral, FER+ writes neutral, happiness,
surprise, sadness, anger, disgust, fear, contempt, and `EMOTIONS` is a third order.
"""

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.core.labels import EMOTION_COUNT, EMOTIONS, emotion_index
from facemotion.core.preprocessing import INPUT_SIZE_PX

VOTE_COLUMNS: Final = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
"""Vote columns of FER+ in the order of its headerless `label.csv`."""

EMOTION_OF_COLUMN: Final = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
}
"""The emotion that a FER+ vote column stands for; the other three columns are none of ours."""

FER2013_LABELS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Emotion of each number in `fer2013.csv` (Goodfellow et al., 2013)."""

_PICTURES: Final = (".png", ".jpg", ".jpeg", ".bmp")
_FACE_SHAPE: Final = (INPUT_SIZE_PX, INPUT_SIZE_PX)


class DataError(ValueError):
    """Data that cannot be read; the message names the file and the row."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceData:
    """Faces and everything that was said about them.

    Attributes:
        images: uint8 (N, 48, 48) gray.
        votes: int32 (N, 10) in `VOTE_COLUMNS` order.
        names: One name for each picture, for messages and listings.
    """

    images: NDArray[np.uint8]
    votes: NDArray[np.int32]
    names: tuple[str, ...]

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.images)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "FaceData":
        """The chosen rows, copied."""
        numbers = np.arange(len(self))[rows]
        return FaceData(self.images[rows], self.votes[rows], tuple(self.names[i] for i in numbers))

    def sha256(self) -> str:
        """Hash of pictures and votes, for a model's metadata."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).tobytes())
        digest.update(np.ascontiguousarray(self.votes).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFaces:
    """Faces with the targets chosen for training or evaluation.

    Attributes:
        images: uint8 (N, 48, 48) gray.
        targets: float32 (N, 7) in `EMOTIONS` order, each row a distribution.
        labels: int64 (N,) positions in `EMOTIONS` of the row's largest vote.
        rows: int64 (N,) row numbers in the data that was read.
        dropped: How many rows were left out, by reason.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.float32]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    dropped: dict[str, int]

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.images)


def emotion_votes(votes: NDArray[np.int32]) -> NDArray[np.int32]:
    """FER+ votes rearranged to `EMOTIONS`, the columns found by name.

    Args:
        votes: int32 (N, 10) in `VOTE_COLUMNS` order.

    Returns:
        int32 (N, 7) in `EMOTIONS` order; contempt, unknown and NF are left out.
    """
    ours = np.zeros((len(votes), EMOTION_COUNT), np.int32)
    for position, column in enumerate(VOTE_COLUMNS):
        if column in EMOTION_OF_COLUMN:
            ours[:, emotion_index(EMOTION_OF_COLUMN[column])] = votes[:, position]
    return ours


def label_faces(data: FaceData, selection: str, targets: str) -> LabelledFaces:
    """Choose rows and targets.

    Votes of a single person are dropped first, as FER+'s own reader does, unless a row has only
    such votes.

    Args:
        data: What was read.
        selection: `strict`, the winner has more than half of the remaining votes and is one of
            the seven; `plain`, the largest of all ten counts is one of the seven.
        targets: `majority`, all weight on the winner; `distribution`, the remaining votes for the
            seven, renormalised.

    Raises:
        ValueError: Unknown selection or targets.
    """
    if selection not in ("strict", "plain"):
        raise ValueError(f"unknown selection {selection!r}; expected 'strict' or 'plain'")
    if targets not in ("majority", "distribution"):
        raise ValueError(f"unknown targets {targets!r}; expected 'majority' or 'distribution'")
    several = np.where(data.votes > 1, data.votes, 0)
    votes = np.where(several.sum(1, keepdims=True) > 0, several, data.votes)
    winner = votes.argmax(1)
    ours = np.array([column in EMOTION_OF_COLUMN for column in VOTE_COLUMNS])
    is_emotion = ours[winner] & (votes.sum(1) > 0)
    is_clear = 2 * votes.max(1) > votes.sum(1)
    keep = is_emotion & is_clear if selection == "strict" else is_emotion
    dropped = {"winner is not one of the seven": int((~is_emotion).sum())}
    if selection == "strict":
        dropped["no majority"] = int((is_emotion & ~is_clear).sum())
    chosen = emotion_votes(votes[keep]).astype(np.float32)
    labels = chosen.argmax(1)
    if targets == "majority":
        chosen = np.eye(EMOTION_COUNT, dtype=np.float32)[labels]
    chosen /= np.maximum(chosen.sum(1, keepdims=True), 1.0)
    rows = np.flatnonzero(keep)
    return LabelledFaces(data.images[keep], chosen, labels, rows, dropped)


def read_faces(path: Path, usage: str | None = None, *, has_votes: bool = True) -> FaceData:
    """Read a data set in any of the forms that this module knows.

    Args:
        path: A FER+ folder or zip, a `fer2013.csv`, or a folder of class folders.
        usage: Part of a `fer2013.csv`; see `read_fer2013_csv`.
        has_votes: Whether FER+ votes beside a `fer2013.csv` are used.

    Raises:
        DataError: Nothing readable is there, or a row is wrong.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    if path.is_dir():
        if (path / "label.csv").is_file():
            return _read_ferplus_folder(path)
        return _read_class_folders(path)
    if path.suffix.lower() == ".zip":
        return _read_ferplus_zip(path)
    if path.suffix.lower() == ".csv":
        return read_fer2013_csv(path, usage, has_votes=has_votes)
    raise DataError(f"{path}: expected a folder, a .zip or a .csv file")


def read_fer2013_csv(path: Path, usage: str | None = None, *, has_votes: bool = True) -> FaceData:
    """Read Kaggle's `fer2013.csv`, with FER+ votes where `fer2013new.csv` lies beside it.

    Without votes the original single label counts as ten of them.

    Args:
        path: The CSV with the columns emotion, pixels and Usage.
        usage: Only rows of this part (`Training`, `PublicTest`, `PrivateTest`); all when None.
        has_votes: False for the original label even where there are votes.

    Raises:
        DataError: A column is missing or a row is wrong.
    """
    rows = _dict_rows(path, ("emotion", "pixels", "Usage"))
    votes_path = path.with_name("fer2013new.csv")
    vote_rows = _dict_rows(votes_path, VOTE_COLUMNS) if has_votes and votes_path.is_file() else None
    if vote_rows is not None and len(vote_rows) != len(rows):
        raise DataError(f"{votes_path}: {len(vote_rows)} rows, but {path} has {len(rows)}")
    images: list[NDArray[np.uint8]] = []
    votes: list[list[int]] = []
    names: list[str] = []
    for position, row in enumerate(rows):
        where = f"{path}, row {position + 2}"
        if usage is not None and row["Usage"] != usage:
            continue
        images.append(_pixels(row["pixels"], where))
        if vote_rows is None:
            number = _number(row["emotion"], where, "emotion")
            if number >= len(FER2013_LABELS):
                raise DataError(f"{where}: emotion {number} is not between 0 and 6")
            votes.append(_votes_for(FER2013_LABELS[number]))
        else:
            vote_where = f"{votes_path}, row {position + 2}"
            cells = vote_rows[position]
            votes.append([_number(cells[c], vote_where, c) for c in VOTE_COLUMNS])
        names.append(f"{row['Usage']}/{position:05d}")
    return _face_data(images, votes, names, path)


def _read_ferplus_folder(folder: Path) -> FaceData:
    text = (folder / "label.csv").read_text(encoding="utf-8")

    def read(name: str) -> bytes | None:
        picture = folder / name
        return picture.read_bytes() if picture.is_file() else None

    return _read_ferplus(text, read, folder / "label.csv")


def _read_ferplus_zip(path: Path) -> FaceData:
    try:
        with zipfile.ZipFile(path) as archive:
            members = {Path(name).name: name for name in archive.namelist()}
            if "label.csv" not in members:
                raise DataError(f"{path}: no label.csv in the archive")
            text = archive.read(members["label.csv"]).decode("utf-8")

            def read(name: str) -> bytes | None:
                return archive.read(members[name]) if name in members else None

            return _read_ferplus(text, read, path)
    except zipfile.BadZipFile as error:
        raise DataError(f"{path}: not a zip archive: {error}") from error


def _read_ferplus(text: str, read: Callable[[str], bytes | None], source: Path) -> FaceData:
    """Faces of one `label.csv` (picture, box, ten counts; a header line is allowed)."""
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    columns: Sequence[str] = VOTE_COLUMNS
    first = 1
    if rows and not rows[0][-1].strip().isdigit():
        columns = [name.strip() for name in rows[0][2:]]
        missing = [name for name in VOTE_COLUMNS if name not in columns]
        if missing:
            raise DataError(f"{source}, row 1: column {missing[0]!r} is missing")
        rows, first = rows[1:], 2
    images: list[NDArray[np.uint8]] = []
    votes: list[list[int]] = []
    names: list[str] = []
    for position, row in enumerate(rows, start=first):
        where = f"{source}, row {position}"
        if len(row) != len(columns) + 2:
            raise DataError(f"{where}: expected {len(columns) + 2} columns, got {len(row)}")
        content = read(row[0])
        if content is None:
            raise DataError(f"{where}: picture {row[0]!r} is missing")
        images.append(_decoded(content, where, must_fit=True))
        counts = {
            name: _number(cell, where, name) for name, cell in zip(columns, row[2:], strict=True)
        }
        votes.append([counts[name] for name in VOTE_COLUMNS])
        names.append(row[0])
    return _face_data(images, votes, names, source)


def _read_class_folders(folder: Path) -> FaceData:
    """Pictures in one sub-folder per emotion, any size, scaled to 48×48."""
    classes = sorted(p for p in folder.iterdir() if p.is_dir())
    known = {**{name: name for name in EMOTIONS}, **EMOTION_OF_COLUMN}
    if not classes:
        raise DataError(f"{folder}: no label.csv and no class folders ({', '.join(EMOTIONS)})")
    images: list[NDArray[np.uint8]] = []
    votes: list[list[int]] = []
    names: list[str] = []
    for class_folder in classes:
        if class_folder.name.lower() not in known:
            raise DataError(f"{class_folder}: folder is not one of {', '.join(EMOTIONS)}")
        emotion = known[class_folder.name.lower()]
        for picture in sorted(class_folder.iterdir()):
            if picture.suffix.lower() in _PICTURES:
                images.append(_decoded(picture.read_bytes(), str(picture), must_fit=False))
                votes.append(_votes_for(emotion))
                names.append(f"{class_folder.name}/{picture.name}")
    return _face_data(images, votes, names, folder)


def _face_data(
    images: list[NDArray[np.uint8]], votes: list[list[int]], names: Iterable[str], source: Path
) -> FaceData:
    if not images:
        raise DataError(f"{source}: no pictures")
    return FaceData(np.stack(images), np.array(votes, np.int32), tuple(names))


def _dict_rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        for column in columns:
            if column not in (reader.fieldnames or ()):
                raise DataError(f"{path}, row 1: column {column!r} is missing")
        return list(reader)


def _votes_for(emotion: str) -> list[int]:
    """Ten votes for one emotion, in `VOTE_COLUMNS` order."""
    return [10 if EMOTION_OF_COLUMN.get(column) == emotion else 0 for column in VOTE_COLUMNS]


def _number(cell: str | None, where: str, column: str) -> int:
    if cell is None or not cell.strip().isdigit():
        raise DataError(f"{where}: {column} is {cell!r}, expected a whole number ≥ 0")
    return int(cell)


def _pixels(text: str | None, where: str) -> NDArray[np.uint8]:
    if text is None:
        raise DataError(f"{where}: the row ends before its pixels")
    try:
        values = np.array(text.split(), dtype=np.int64)
    except ValueError as error:
        raise DataError(f"{where}: pixels are not whole numbers: {error}") from error
    if values.size != INPUT_SIZE_PX**2 or values.min() < 0 or values.max() > 255:
        raise DataError(
            f"{where}: expected {INPUT_SIZE_PX**2} pixels in 0…255, got {values.size} values"
        )
    return values.astype(np.uint8).reshape(_FACE_SHAPE)


def _decoded(content: bytes, where: str, *, must_fit: bool) -> NDArray[np.uint8]:
    """Gray uint8 (48, 48) from an encoded picture, scaled unless it must fit already."""
    gray = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    if gray is None:
        raise DataError(f"{where}: not a readable picture")
    if gray.shape != _FACE_SHAPE:
        if must_fit:
            raise DataError(
                f"{where}: expected a 48×48 picture, got {gray.shape[1]}×{gray.shape[0]}"
            )
        gray = cv2.resize(gray, _FACE_SHAPE, interpolation=cv2.INTER_AREA)
    return gray.astype(np.uint8)
