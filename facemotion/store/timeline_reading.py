"""Reading a timeline back: the rows of `timeline.csv` as columns of numbers and words."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facemotion.core.errors import OutputError
from facemotion.core.labels import EMOTIONS
from facemotion.core.types import Decision, FloatArray
from facemotion.store.timeline import CSV_NAME, TIMELINE_COLUMNS

_BOX = ("x1", "y1", "x2", "y2")
_RAW = tuple(f"raw_{emotion}" for emotion in EMOTIONS)
_SMOOTH = tuple(f"smooth_{emotion}" for emotion in EMOTIONS)
_DECISIONS = frozenset(decision.value for decision in Decision)
_FEELINGS = frozenset((*EMOTIONS, ""))


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The rows of a timeline, N of them, one for each face of each processed frame.

    Attributes:
        source: Name of the source or picture, by row.
        time_s: float64 (N,) seconds; in a recorded session, the time in its videos.
        frame: int64 (N,) number of the frame in its source.
        track_id: int64 (N,).
        person: Name by row; empty where the face was unknown.
        decision: `Decision` by row, as text.
        similarity: float32 (N,) cosine similarity; NaN where nothing was compared.
        det_score: float32 (N,); NaN where it was not written.
        bbox_xyxy: float32 (N, 4) px, image coordinates.
        raw: float32 (N, 7) probabilities in `EMOTIONS` order; NaN where the face was not read.
        smooth: float32 (N, 7) smoothed; NaN before the first reading of a track.
        emotion: The emotion shown, by row; empty before one is settled.
    """

    source: list[str]
    time_s: NDArray[np.float64]
    frame: NDArray[np.int64]
    track_id: NDArray[np.int64]
    person: list[str]
    decision: list[str]
    similarity: FloatArray
    det_score: FloatArray
    bbox_xyxy: FloatArray
    raw: FloatArray
    smooth: FloatArray
    emotion: list[str]

    def __len__(self) -> int:
        return len(self.person)


def read_timeline(folder: Path) -> Timeline:
    """Read the timeline of a recorded session or an analysed file.

    A last line that a crash cut off is left out.

    Args:
        folder: Holds `timeline.csv`.

    Raises:
        OutputError: The file is missing, cannot be read, or is no timeline.
    """
    path = folder / CSV_NAME
    columns, rows = _rows_of(path, _text_of(path))
    try:
        return _columnar(columns, rows)
    except ValueError:
        pass
    try:  # only the last line may be half a line that looks like a whole one
        return _columnar(columns, rows[:-1])
    except ValueError as error:
        raise OutputError(f"{path} is damaged: {error}.") from error


def _text_of(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError as error:
        raise OutputError(
            f"There is no {CSV_NAME} in {path.parent}. Name the folder of a recorded session, or "
            f"one that “facemotion analyze INPUT --out DIR” has filled."
        ) from error
    except OSError as error:
        raise OutputError(f"Cannot read {path}: {error.strerror or error}.") from error
    return text[: text.rfind("\n") + 1]


def _rows_of(path: Path, text: str) -> tuple[dict[str, int], list[list[str]]]:
    """Column numbers by name, and the rows that are whole."""
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise OutputError(f"{path} is no timeline: {error}.") from error
    header = lines[0] if lines else []
    missing = [name for name in TIMELINE_COLUMNS if name not in header]
    if missing:
        raise OutputError(
            f"{path} is no timeline of facemotion: the columns {', '.join(missing[:5])}"
            f"{' …' if len(missing) > 5 else ''} are missing."
        )
    rows = [row for row in lines[1:] if row]
    if rows and len(rows[-1]) != len(header):
        rows.pop()
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise OutputError(
                f"{path} is damaged: row {number} has {len(row)} cells instead of {len(header)}."
            )
    return {name: header.index(name) for name in TIMELINE_COLUMNS}, rows


def _columnar(columns: dict[str, int], rows: list[list[str]]) -> Timeline:
    """The rows as arrays.

    Raises:
        ValueError: A cell holds something else than its column should.
    """
    cells = list(zip(*rows, strict=True)) if rows else [()] * (max(columns.values()) + 1)

    def column(name: str) -> tuple[str, ...]:
        return cells[columns[name]]

    def matrix(names: tuple[str, ...]) -> FloatArray:
        return np.stack([_numbers(column(name)) for name in names], axis=1).astype(np.float32)

    time_s = _numbers(column("time_s"))
    if not np.isfinite(time_s).all():
        raise ValueError("a row has no time")
    return Timeline(
        source=list(column("source")),
        time_s=time_s,
        frame=np.array([int(cell) for cell in column("frame")], np.int64),
        track_id=np.array([int(cell) for cell in column("track_id")], np.int64),
        person=list(column("person")),
        decision=_words(column("decision"), _DECISIONS),
        similarity=_numbers(column("similarity")).astype(np.float32),
        det_score=_numbers(column("det_score")).astype(np.float32),
        bbox_xyxy=matrix(_BOX),
        raw=matrix(_RAW),
        smooth=matrix(_SMOOTH),
        emotion=_words(column("emotion"), _FEELINGS),
    )


def _numbers(cells: tuple[str, ...]) -> NDArray[np.float64]:
    """float64 (N,); NaN where a cell is empty."""
    values = (float(cell) if cell else math.nan for cell in cells)
    return np.fromiter(values, np.float64, len(cells))


def _words(cells: tuple[str, ...], allowed: frozenset[str]) -> list[str]:
    strange = set(cells) - allowed
    if strange:
        raise ValueError(f"{min(strange)!r} stands where one of {', '.join(sorted(allowed))} must")
    return list(cells)
