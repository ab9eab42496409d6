"""What a recorded session says about itself: the file `session.json`."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from facemotion.core.errors import OutputError

SESSION_NAME: Final = "session.json"
SCHEMA_VERSION: Final = 1
"""Of `session.json`, the timeline and the markers; resources/timeline-schema.md describes it."""

_MAX_BYTES: Final = 1 << 20

SettingValue = str | int | float | bool


@dataclass(frozen=True, slots=True)
class SessionSource:
    """What was recorded.

    Attributes:
        name: As the window named it.
        kind: Camera, file, stream …
        width_px: Width of its pictures; 0 when it was not known.
        height_px: Height of its pictures; 0 when it was not known.
        fps: Its rate; 0 when it was not known.
    """

    name: str = ""
    kind: str = ""
    width_px: int = 0
    height_px: int = 0
    fps: float = 0.0


@dataclass(frozen=True, slots=True)
class SessionModels:
    """The models that read the faces, by their ids; empty where there was none."""

    emotion: str = ""
    recogniser: str = ""
    pack: str = ""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A recorded session.

    Attributes:
        folder: Where its files lie.
        title: What the user calls it.
        started_at: Local date and time with offset.
        ended_at: The same for its end; None while it is recorded, and after a crash.
        duration_s: Length by the monotonic clock, whatever the clock on the wall did.
        source: What was recorded; the first source when it changed meanwhile.
        models: What read the faces.
        settings: Every setting as ``group.name`` with its value at the start.
        smoothing_preset: Name of the preset in use at the start.
        frames_recorded: Pictures in the videos.
        frames_dropped: Pictures left out because the disk or the processor was too slow.
        people: Names that were recognised, in the order of their appearance.
        is_complete: Whether the recording came to an orderly end.
    """

    folder: Path
    title: str
    started_at: datetime
    ended_at: datetime | None = None
    duration_s: float = 0.0
    source: SessionSource = SessionSource()
    models: SessionModels = SessionModels()
    settings: Mapping[str, SettingValue] = field(default_factory=dict[str, SettingValue])
    smoothing_preset: str = ""
    frames_recorded: int = 0
    frames_dropped: int = 0
    people: tuple[str, ...] = ()
    is_complete: bool = False


def session_json(info: SessionInfo) -> bytes:
    """The content of `session.json`."""
    values = {
        "schema": SCHEMA_VERSION,
        "title": info.title,
        "started_at": info.started_at.isoformat(timespec="milliseconds"),
        "ended_at": info.ended_at.isoformat(timespec="milliseconds") if info.ended_at else None,
        "duration_s": round(info.duration_s, 3),
        "source": {
            "name": info.source.name,
            "kind": info.source.kind,
            "width_px": info.source.width_px,
            "height_px": info.source.height_px,
            "fps": round(info.source.fps, 3),
        },
        "models": {
            "emotion": info.models.emotion,
            "recogniser": info.models.recogniser,
            "pack": info.models.pack,
        },
        "settings": dict(info.settings),
        "smoothing_preset": info.smoothing_preset,
        "frames": {"recorded": info.frames_recorded, "dropped": info.frames_dropped},
        "people": list(info.people),
        "is_complete": info.is_complete,
    }
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def read_session(folder: Path) -> SessionInfo:
    """Read a session's own description.

    Raises:
        OutputError: The file is missing, damaged, or of a newer version of the program.
    """
    path = folder / SESSION_NAME
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(_MAX_BYTES))
    except OSError as error:
        raise OutputError(
            f"The session {folder.name} cannot be read: {error.strerror or error}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(folder, str(error)) from error
    if not isinstance(values, dict):
        raise _damaged(folder, "it holds no record")
    try:
        return _session_of(folder, cast("dict[str, Any]", values))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _damaged(folder, f"{type(error).__name__}: {error}") from error


def _session_of(folder: Path, values: Mapping[str, Any]) -> SessionInfo:
    if int(values["schema"]) > SCHEMA_VERSION:
        raise OutputError(
            f"The session {folder.name} was recorded by a newer facemotion; update this one."
        )
    ended = values.get("ended_at")
    source, models = values.get("source", {}), values.get("models", {})
    frames = values.get("frames", {})
    return SessionInfo(
        folder=folder,
        title=str(values["title"]),
        started_at=_aware(str(values["started_at"])),
        ended_at=_aware(str(ended)) if ended is not None else None,
        duration_s=_finite(values.get("duration_s", 0.0)),
        source=SessionSource(
            name=str(source.get("name", "")),
            kind=str(source.get("kind", "")),
            width_px=int(source.get("width_px", 0)),
            height_px=int(source.get("height_px", 0)),
            fps=_finite(source.get("fps", 0.0)),
        ),
        models=SessionModels(
            emotion=str(models.get("emotion", "")),
            recogniser=str(models.get("recogniser", "")),
            pack=str(models.get("pack", "")),
        ),
        settings=dict(values.get("settings", {})),
        smoothing_preset=str(values.get("smoothing_preset", "")),
        frames_recorded=int(frames.get("recorded", 0)),
        frames_dropped=int(frames.get("dropped", 0)),
        people=tuple(str(name) for name in values.get("people", ())),
        is_complete=bool(values.get("is_complete", False)),
    )


def _aware(text: str) -> datetime:
    """A date with its offset; one without counts as local time."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.astimezone()


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no length of time")
    return max(number, 0.0)


def _damaged(folder: Path, cause: str) -> OutputError:
    return OutputError(
        f"{SESSION_NAME} of the session {folder.name} is damaged ({cause}). Its other files are "
        "untouched."
    )
