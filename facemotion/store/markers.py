"""Markers: moments that somebody stamped while watching, with a few words."""

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from facemotion.core.errors import OutputError

MARKERS_NAME: Final = "markers.csv"
MARKER_COLUMNS: Final = ("time_s", "at", "label", "kind")
NOTE_KIND: Final = "note"
HOTKEY_COUNT: Final = 5
MAX_LABEL_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Marker:
    """A stamped moment.

    Attributes:
        time_s: Seconds since the recording began, which is the time in its videos and timeline.
        at: Local date and time with offset.
        label: What the user typed, or the hotkey's label.
        kind: ``note``, or ``hotkey1`` to ``hotkey5``.
    """

    time_s: float
    at: datetime
    label: str
    kind: str = NOTE_KIND


def hotkey_kind(number: int) -> str:
    """The kind of a marker made with a hotkey.

    Args:
        number: From 1 to `HOTKEY_COUNT`.
    """
    return f"hotkey{number}"


def clean_label(text: str) -> str:
    """A label as it is stored: one line, without white space around it, bounded in length."""
    return " ".join(text.split())[:MAX_LABEL_LENGTH]


def read_markers(folder: Path) -> tuple[Marker, ...]:
    """The markers of a session or an analysed file, in the order of their times.

    A last line that was cut off by a crash is left out, as is a line that cannot be understood.

    Args:
        folder: Of the session; without `markers.csv` there are no markers.

    Raises:
        OutputError: The file is there but cannot be read, or is no file of markers.
    """
    path = folder / MARKERS_NAME
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise OutputError(f"Cannot read {path}: {error.strerror or error}.") from error
    whole, _newline, _cut = text.rpartition("\n")
    rows = list(csv.reader(io.StringIO(whole)))
    if rows and tuple(rows[0]) != MARKER_COLUMNS:
        raise OutputError(
            f"{path} holds no markers: its first line must be {','.join(MARKER_COLUMNS)}."
        )
    found = [marker for row in rows[1:] if (marker := _marker_of(row)) is not None]
    return tuple(sorted(found, key=lambda marker: marker.time_s))


class MarkerWriter:
    """Writes `markers.csv`, made with the first marker; every line is on its way at once.

    Args:
        folder: Of the session.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / MARKERS_NAME
        self.count = 0

    def write(self, marker: Marker) -> None:
        """Add a marker; a line is whole or is not there.

        Raises:
            OutputError: It cannot be written.
        """
        lines: list[Sequence[str]] = [] if self.count else [MARKER_COLUMNS]
        lines.append(
            (
                f"{marker.time_s:.3f}",
                marker.at.isoformat(timespec="milliseconds"),
                marker.label,
                marker.kind,
            )
        )
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        try:
            append_whole(self._path, text.getvalue().encode("utf-8"))
        except OSError as error:
            raise OutputError(
                f"The marker “{marker.label}” cannot be written: {error.strerror or error}."
            ) from error
        self.count += 1


def append_whole(path: Path, data: bytes) -> None:
    """Append to a file; when the disk refuses, what was written of it is taken back.

    Raises:
        OSError: The disk refuses.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        size = os.lseek(handle, 0, os.SEEK_END)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _marker_of(row: Sequence[str]) -> Marker | None:
    try:
        time_s, at, label, kind = row
        return Marker(float(time_s), datetime.fromisoformat(at), label, kind)
    except ValueError:
        return None
