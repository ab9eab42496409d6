"""The timeline of an analysis or a recording: one row per face per processed frame.

Numbers are written with a fixed count of decimals, so that the same results give the same bytes.
"""

import contextlib
import csv
import io
import json
import math
import os
from collections.abc import Generator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from facemotion.core.errors import OutputError
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS
from facemotion.core.types import FaceResult, FloatArray, FrameResult

TIMELINE_COLUMNS: Final = (
    "source",
    "time_s",
    "frame",
    "track_id",
    "person",
    "decision",
    "similarity",
    "det_score",
    "x1",
    "y1",
    "x2",
    "y2",
    *(f"raw_{emotion}" for emotion in EMOTIONS),
    *(f"smooth_{emotion}" for emotion in EMOTIONS),
    "emotion",
)
CSV_NAME = "timeline.csv"
JSONL_NAME = "timeline.jsonl"

_DECIMALS = {"time_s": 3, "similarity": 4, "det_score": 4, "x1": 1, "y1": 1, "x2": 1, "y2": 1}
_PROB_DECIMALS = 4

Cell = str | int | float | None


def timeline_rows(result: FrameResult) -> list[dict[str, Cell]]:
    """A row for each face of a frame, in the faces' order.

    Returns:
        Values by column, rounded as they are written; None where nothing was read.
    """
    return [_row(result, face) for face in result.faces]


def format_cells(row: dict[str, Cell]) -> list[str]:
    """The cells of a CSV line in `TIMELINE_COLUMNS` order; empty where nothing was read."""
    return [_format_cell(column, row[column]) for column in TIMELINE_COLUMNS]


class TimelineWriter:
    """Writes `timeline.csv` and `timeline.jsonl` into a folder.

    Until `close`, the files carry ``.part`` behind their names and every line in them is whole;
    only `close` puts them in the place of older ones. Streamed files have their names from the
    start, and what `flush` wrote stays readable whatever happens after it.

    Args:
        folder: An existing folder.
        names: Which of the two files are written.
        is_streamed: Whether the files must be readable even when nobody closes them.

    Raises:
        OutputError: A file cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str] = (CSV_NAME, JSONL_NAME),
        *,
        is_streamed: bool = False,
    ) -> None:
        self._folder = folder
        self._is_streamed = is_streamed
        self._targets = tuple(folder / name for name in names)
        suffix = "" if is_streamed else ".part"
        self._parts = tuple(path.with_name(f"{path.name}{suffix}") for path in self._targets)
        self._flushed_sizes = dict.fromkeys(names, 0)
        self._files: dict[str, TextIO] = {}
        self.row_count = 0
        with self._reporting():
            for name, part in zip(names, self._parts, strict=True):
                self._files[name] = part.open("w", encoding="utf-8", newline="")
            if CSV_NAME in self._files:
                self._files[CSV_NAME].write(_csv_line(list(TIMELINE_COLUMNS)))
        self.flush()

    def write(self, result: FrameResult) -> int:
        """Add the faces of a frame.

        Returns:
            How many rows were added.

        Raises:
            OutputError: The disk refuses.
        """
        rows = timeline_rows(result)
        with self._reporting():
            if (table := self._files.get(CSV_NAME)) is not None:
                table.writelines(_csv_line(format_cells(row)) for row in rows)
            if (lines := self._files.get(JSONL_NAME)) is not None:
                lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        self.row_count += len(rows)
        return len(rows)

    def flush(self) -> None:
        """Hand every line to the system, so that the end of the program does not lose it.

        Raises:
            OutputError: The disk refuses; streamed files then end with the last whole flush.
        """
        with self._reporting():
            for name, file in self._files.items():
                file.flush()
                self._flushed_sizes[name] = file.tell()

    def close(self) -> None:
        """Put the files in their place; a second call does nothing.

        Raises:
            OutputError: The disk refuses.
        """
        if not self._files:
            return
        with self._reporting():
            for file in self._files.values():
                file.flush()
                os.fsync(file.fileno())
                file.close()
            self._files = {}
            for part, target in zip(self._parts, self._targets, strict=True):
                if part != target:
                    os.replace(part, target)

    def discard(self) -> None:
        """Remove what was written; older files stay. Streamed files lose only what was cut off."""
        is_open = bool(self._files)
        for file in self._files.values():
            with contextlib.suppress(OSError):
                file.close()
        self._files = {}
        for part in self._parts:
            with contextlib.suppress(OSError):
                if not self._is_streamed:
                    part.unlink(missing_ok=True)
                elif is_open:
                    os.truncate(part, self._flushed_sizes[part.name])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.discard()

    @contextlib.contextmanager
    def _reporting(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            self.discard()
            raise OutputError(
                f"Cannot write the timeline in {self._folder}: {error.strerror or error}. "
                f"Choose another output folder, or free some space."
            ) from error


def _row(result: FrameResult, face: FaceResult) -> dict[str, Cell]:
    x1, y1, x2, y2 = (float(value) for value in face.bbox_xyxy)
    row: dict[str, Cell] = {
        "source": result.frame.name,
        "time_s": result.frame.time_s,
        "frame": result.frame.index,
        "track_id": face.track_id,
        "person": face.identity.name,
        "decision": face.identity.decision.value,
        "similarity": face.identity.cosine_similarity,
        "det_score": face.det_score,
        "x1": x1,
        "y1": y1,
        "x2": x2,
        "y2": y2,
        **_probs("raw", face.emotion.raw_probs),
        **_probs("smooth", face.emotion.probs),
        "emotion": face.emotion.emotion,
    }
    return {column: _rounded(column, value) for column, value in row.items()}


def _probs(prefix: str, probs: FloatArray | None) -> dict[str, Cell]:
    values = [None] * EMOTION_COUNT if probs is None else [float(value) for value in probs]
    return {f"{prefix}_{name}": value for name, value in zip(EMOTIONS, values, strict=True)}


def _rounded(column: str, value: Cell) -> Cell:
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    rounded = round(value, _decimals(column))
    return 0.0 if rounded == 0 else rounded


def _format_cell(column: str, value: Cell) -> str:
    if value is None:
        return ""
    return f"{value:.{_decimals(column)}f}" if isinstance(value, float) else str(value)


def _decimals(column: str) -> int:
    return _DECIMALS.get(column, _PROB_DECIMALS)


def _csv_line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()
