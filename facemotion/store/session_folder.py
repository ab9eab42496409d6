"""The folders of recorded sessions: made, listed, renamed, exported, deleted."""

import contextlib
import csv
import dataclasses
import logging
import os
import shutil
import uuid
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from facemotion.core.errors import OutputError
from facemotion.store.atomic import write_atomic
from facemotion.store.markers import MARKERS_NAME, Marker, MarkerWriter, read_markers
from facemotion.store.names import clean_name
from facemotion.store.paths import make_private_folder
from facemotion.store.session_info import (
    SCHEMA_VERSION,
    SESSION_NAME,
    SessionInfo,
    SessionModels,
    SessionSource,
    read_session,
    session_json,
)
from facemotion.store.timeline import CSV_NAME, JSONL_NAME, TIMELINE_COLUMNS

__all__ = [
    "ANNOTATED_NAME",
    "CLEAN_NAME",
    "CSV_NAME",
    "JSONL_NAME",
    "MARKERS_NAME",
    "SCHEMA_VERSION",
    "SESSION_NAME",
    "THUMBNAIL_NAME",
    "Marker",
    "MarkerWriter",
    "SessionInfo",
    "SessionList",
    "SessionModels",
    "SessionSource",
    "SessionStore",
    "read_markers",
    "read_session",
]

_logger = logging.getLogger(__name__)

ANNOTATED_NAME: Final = "annotated.mp4"
CLEAN_NAME: Final = "clean.mp4"
THUMBNAIL_NAME: Final = "thumbnail.jpg"

_FOLDER_FORMAT: Final = "%Y-%m-%d_%H-%M-%S"
_PACKED_SUFFIXES: Final = (".mp4", ".jpg", ".png", ".zip")
_TAIL_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class SessionList:
    """What `SessionStore.list` found.

    Attributes:
        sessions: Newest first.
        problems: A sentence for each folder that holds no readable session.
    """

    sessions: tuple[SessionInfo, ...]
    problems: tuple[str, ...] = ()


class SessionStore:
    """The recorded sessions of this user, one folder each.

    Args:
        sessions_dir: Need not exist.
    """

    def __init__(self, sessions_dir: Path) -> None:
        self._sessions_dir = sessions_dir

    @property
    def sessions_dir(self) -> Path:
        """Where the folders lie."""
        return self._sessions_dir

    def create(self, started_at: datetime) -> Path:
        """Make a new folder named after a date and time, readable by this user only.

        Two recordings of the same second, of one process or of two, get two folders.

        Raises:
            OutputError: It cannot be made.
        """
        make_private_folder(self._sessions_dir)
        stem, number = started_at.strftime(_FOLDER_FORMAT), 1
        while True:
            folder = self._sessions_dir / (stem if number == 1 else f"{stem}-{number}")
            try:
                folder.mkdir(mode=0o700)
                return folder
            except FileExistsError:
                number += 1
            except OSError as error:
                raise OutputError(
                    f"Cannot make the folder {folder}: {error.strerror or error}. Make "
                    f"{self._sessions_dir} writable, or free some space."
                ) from error

    def save(self, info: SessionInfo) -> None:
        """Write a session's description, atomically.

        Raises:
            OutputError: It cannot be written.
        """
        write_atomic(info.folder / SESSION_NAME, session_json(info), is_private=True)

    def list(self) -> SessionList:
        """Every session, newest first; one that is not complete is as long as its timeline.

        Raises:
            OutputError: The folder of the sessions cannot be read.
        """
        sessions: list[SessionInfo] = []
        problems: list[str] = []
        for folder in _folders_in(self._sessions_dir):
            try:
                info = read_session(folder)
            except OutputError as error:
                if folder.is_dir():  # else it was deleted meanwhile
                    problems.append(str(error))
                continue
            sessions.append(_with_length(info))
        sessions.sort(key=_age, reverse=True)
        return SessionList(tuple(sessions), tuple(problems))

    def rename(self, info: SessionInfo, title: str) -> SessionInfo:
        """Give a session another title; its folder keeps its name.

        Returns:
            The session with its title as it is stored.

        Raises:
            GalleryError: The title is empty, too long, or no text.
            OutputError: The session is gone or cannot be written.
        """
        renamed = dataclasses.replace(read_session(info.folder), title=clean_name(title))
        self.save(renamed)
        return _with_length(renamed)

    def delete(self, info: SessionInfo) -> None:
        """Remove a session's folder with everything in it; one that is gone already is fine.

        Raises:
            OutputError: Something of it cannot be removed, or it is no session of this store.
        """
        folder = info.folder
        if folder.parent != self._sessions_dir or folder.is_symlink():
            raise OutputError(f"{folder} is no recorded session; it is not deleted.")
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            if folder.exists():  # a file of it went at the same moment
                self.delete(info)
        except OSError as error:
            raise OutputError(
                f"The session {folder.name} cannot be deleted completely: "
                f"{error.strerror or error}. Close what uses its files and try again."
            ) from error

    def export_zip(self, info: SessionInfo, target: Path) -> None:
        """Write a session as one zip file, atomically.

        Args:
            info: The session.
            target: The file; an existing one is replaced.

        Raises:
            OutputError: The session is gone, or the file cannot be written.
        """
        part = target.with_name(f".{target.name[:80]}.{uuid.uuid4().hex}.part")
        try:
            files = sorted(path for path in info.folder.rglob("*") if path.is_file())
            if not files:
                raise OutputError(f"The session {info.folder.name} is not there any more.")
            with zipfile.ZipFile(part, "w", strict_timestamps=False) as archive:
                for path in files:
                    is_packed = path.suffix in _PACKED_SUFFIXES
                    archive.write(
                        path,
                        f"{info.folder.name}/{path.relative_to(info.folder).as_posix()}",
                        zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED,
                    )
            os.replace(part, target)
        except OSError as error:
            raise OutputError(
                f"Cannot write {target}: {error.strerror or error}. Choose another folder, or "
                "free some space."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def _folders_in(sessions_dir: Path) -> list[Path]:
    try:
        return [path for path in sessions_dir.iterdir() if path.is_dir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OutputError(
            f"Cannot read the sessions in {sessions_dir}: {error.strerror or error}."
        ) from error


def _age(info: SessionInfo) -> tuple[datetime, str]:
    return info.started_at, info.folder.name


def _with_length(info: SessionInfo) -> SessionInfo:
    if info.is_complete:
        return info
    return dataclasses.replace(info, duration_s=_last_time_s(info.folder / CSV_NAME))


def _last_time_s(timeline: Path) -> float:
    """Time of a timeline's last whole line; 0 when there is none."""
    try:
        with timeline.open("rb") as file:
            file.seek(max(timeline.stat().st_size - _TAIL_BYTES, 0))
            tail = file.read()
    except OSError as error:
        _logger.info("the length of a session is not known: %s", error)
        return 0.0
    lines = tail.decode("utf-8", "replace").split("\n")[:-1]
    column = TIMELINE_COLUMNS.index("time_s")
    for row in csv.reader(reversed(lines)):
        if len(row) == len(TIMELINE_COLUMNS):
            with contextlib.suppress(ValueError):
                return float(row[column])
    return 0.0
