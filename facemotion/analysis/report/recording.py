"""What a report is about: a recorded session, or an analysed file, read from its folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from facemotion.analysis.outputs import SUMMARY_NAME
from facemotion.core.errors import OutputError
from facemotion.store.markers import Marker, read_markers
from facemotion.store.session_info import SESSION_NAME, SessionInfo, read_session
from facemotion.store.timeline_reading import Timeline, read_timeline

STILL_KINDS: Final = ("image", "folder")
"""Kinds of an analysed source whose pictures stand alone and have no time."""

_MAX_BYTES: Final = 16 << 20

SettingValue = str | int | float | bool


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A recorded session or an analysed file.

    Attributes:
        folder: Where its files lie.
        timeline: Its rows.
        title: What it is called.
        started_at: When it was recorded; None for a file.
        length_s: Its length; 0 for pictures.
        source_name: What was looked at.
        source_kind: Camera, file, folder …; empty when it is not known.
        size_px: Width and height of the source's pictures; zeros when they are not known.
        fps: Rate of the source; 0 when it is not known.
        is_stills: Whether pictures that stand alone were read instead of a course of time.
        markers: Moments that somebody stamped, in the order of their times.
        models: Ids of the models, by what they do.
        settings: Every setting that is known, as ``group.name``.
        remarks: Sentences about what is missing or went wrong.
    """

    folder: Path
    timeline: Timeline
    title: str
    started_at: datetime | None = None
    length_s: float = 0.0
    source_name: str = ""
    source_kind: str = ""
    size_px: tuple[int, int] = (0, 0)
    fps: float = 0.0
    is_stills: bool = False
    markers: tuple[Marker, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    settings: Mapping[str, SettingValue] = field(default_factory=dict[str, SettingValue])
    remarks: tuple[str, ...] = ()


def read_recording(folder: Path) -> Recording:
    """Read a folder that holds a timeline.

    A description that is missing or damaged becomes a remark; without the timeline there is
    nothing to report.

    Raises:
        OutputError: There is no timeline, or it cannot be read.
    """
    timeline = read_timeline(folder)
    remarks: list[str] = []
    markers = _markers(folder, remarks)
    if (folder / SESSION_NAME).exists():
        try:
            return _of_session(read_session(folder), timeline, markers, remarks)
        except OutputError as error:
            remarks.append(str(error))
    elif (folder / SUMMARY_NAME).exists():
        values = _read_summary(folder / SUMMARY_NAME, remarks)
        if values is not None:
            return _of_summary(folder, values, timeline, markers, remarks)
    else:
        remarks.append(
            f"Neither {SESSION_NAME} nor {SUMMARY_NAME} is in the folder: models and settings are "
            "not known."
        )
    return Recording(
        folder=folder,
        timeline=timeline,
        title=folder.resolve().name,
        length_s=_last_s(timeline),
        source_name=timeline.source[0] if len(timeline) else "",
        markers=markers,
        remarks=tuple(remarks),
    )


def _markers(folder: Path, remarks: list[str]) -> tuple[Marker, ...]:
    try:
        return read_markers(folder)
    except OutputError as error:
        remarks.append(str(error))
        return ()


def _of_session(
    info: SessionInfo, timeline: Timeline, markers: tuple[Marker, ...], remarks: list[str]
) -> Recording:
    if not info.is_complete:
        remarks.append(
            "The recording did not come to an orderly end. Everything up to its last second is "
            "here."
        )
    if info.frames_dropped:
        remarks.append(
            f"{info.frames_dropped} of {info.frames_recorded + info.frames_dropped} pictures were "
            "left out of the video because the computer was too slow; the timeline is not touched."
        )
    models = {
        "Emotion": info.models.emotion,
        "Recognition": info.models.recogniser,
        "Model pack": info.models.pack,
    }
    settings = dict(info.settings)
    if info.smoothing_preset:
        settings["smoothing.preset"] = info.smoothing_preset
    return Recording(
        folder=info.folder,
        timeline=timeline,
        title=info.title,
        started_at=info.started_at,
        length_s=max(info.duration_s, _last_s(timeline)),
        source_name=info.source.name,
        source_kind=info.source.kind,
        size_px=(info.source.width_px, info.source.height_px),
        fps=info.source.fps,
        markers=markers,
        models={name: model for name, model in models.items() if model},
        settings=settings,
        remarks=tuple(remarks),
    )


def _read_summary(path: Path, remarks: list[str]) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        remarks.append(f"{path.name} cannot be read ({error}): models and settings are not known.")
        return None
    if not isinstance(values, dict):
        remarks.append(f"{path.name} holds no record: models and settings are not known.")
        return None
    return values


def _of_summary(
    folder: Path,
    values: dict[str, Any],
    timeline: Timeline,
    markers: tuple[Marker, ...],
    remarks: list[str],
) -> Recording:
    source, frames = _record(values, "source"), _record(values, "frames")
    kind = str(source.get("kind", ""))
    if values.get("is_complete") is False:
        remarks.append("The analysis was stopped before the end of the file, or parts are damaged.")
    problems = values.get("problems")
    remarks.extend(str(problem) for problem in (problems if isinstance(problems, list) else ()))
    is_stills = kind in STILL_KINDS
    name = str(source.get("name", "")) or folder.resolve().name
    return Recording(
        folder=folder,
        timeline=timeline,
        title=name,
        length_s=0.0 if is_stills else max(_number(frames, "last_s"), _last_s(timeline)),
        source_name=name,
        source_kind=kind,
        size_px=(int(_number(source, "width_px")), int(_number(source, "height_px"))),
        fps=_number(source, "fps"),
        is_stills=is_stills,
        markers=markers,
        models=_models(_record(values, "models")),
        settings=_flat(_record(values, "settings")),
        remarks=tuple(remarks),
    )


def _models(values: dict[str, Any]) -> dict[str, str]:
    names = {"emotion": "Emotion", "recogniser": "Recognition", "pack": "Model pack"}
    found = {words: str(values[name]) for name, words in names.items() if values.get(name)}
    providers = _record(values, "providers")
    if providers:
        found["Runs on"] = ", ".join(sorted({str(provider) for provider in providers.values()}))
    return found


def _flat(settings: dict[str, Any]) -> dict[str, SettingValue]:
    """Settings of groups as ``group.name``."""
    return {
        f"{group}.{name}": value
        for group, values in settings.items()
        if isinstance(values, dict)
        for name, value in values.items()
        if isinstance(value, str | int | float)
    }


def _record(values: dict[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def _number(values: dict[str, Any], name: str) -> float:
    value = values.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _last_s(timeline: Timeline) -> float:
    return float(timeline.time_s.max()) if len(timeline) else 0.0
