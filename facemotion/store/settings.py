"""All settings as one checked record, and its TOML file."""

import contextlib
import dataclasses
import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import tomli_w

from facemotion.core.errors import OutputError, SettingsError
from facemotion.core.matching import MatchingParams
from facemotion.core.parameters import check_parameters
from facemotion.core.quality import QualityGates
from facemotion.core.smoothing import PRESETS, SmoothingParams
from facemotion.core.tracking import TrackingParams
from facemotion.store.atomic import set_aside, write_atomic
from facemotion.store.paths import make_private_folder
from facemotion.store.setting_groups import (
    BaselineSettings,
    DebugSettings,
    DetectionSettings,
    DisplaySettings,
    EnrolmentSettings,
    InferenceSettings,
    PrivacySettings,
    RecordingSettings,
    SourceSettings,
)

log = logging.getLogger(__name__)

FORMAT_VERSION = 1
DEFAULT_SMOOTHING_PRESET: Final = "Adaptive"
CUSTOM_PRESET: Final = "Custom"

_VERSION_KEY = "format"
_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a user can set.

    Attributes:
        source: Where the picture comes from.
        detection: How faces are found.
        inference: Where and how often the models run.
        quality: When a face is read for emotion.
        matching: When a face counts as somebody's.
        tracking: How faces are followed.
        smoothing: How readings become a steady emotion.
        baseline: How people's neutral faces are used.
        display: What the window shows.
        recording: What a recording keeps, and what the digit keys stamp.
        privacy: What is kept.
        enrolment: What a photo must be like to enrol somebody.
        debug: Which faces are saved to find out what is wrong.
    """

    source: SourceSettings = field(default_factory=SourceSettings)
    detection: DetectionSettings = field(default_factory=DetectionSettings)
    inference: InferenceSettings = field(default_factory=InferenceSettings)
    quality: QualityGates = field(default_factory=QualityGates)
    matching: MatchingParams = field(default_factory=MatchingParams)
    tracking: TrackingParams = field(default_factory=TrackingParams)
    smoothing: SmoothingParams = field(default_factory=lambda: PRESETS[DEFAULT_SMOOTHING_PRESET])
    baseline: BaselineSettings = field(default_factory=BaselineSettings)
    display: DisplaySettings = field(default_factory=DisplaySettings)
    recording: RecordingSettings = field(default_factory=RecordingSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    enrolment: EnrolmentSettings = field(default_factory=EnrolmentSettings)
    debug: DebugSettings = field(default_factory=DebugSettings)

    @property
    def smoothing_preset(self) -> str:
        """Name of the preset that the smoothing parameters are, or `CUSTOM_PRESET`."""
        names = (name for name, params in PRESETS.items() if params == self.smoothing)
        return next(names, CUSTOM_PRESET)

    @property
    def enrolment_gates(self) -> QualityGates:
        """What a photo must fulfil to enrol somebody: the quality gates with stricter limits."""
        return dataclasses.replace(
            self.quality,
            min_face_px=self.enrolment.min_face_px,
            min_det_score=self.enrolment.min_det_score,
        )


def group_names() -> tuple[str, ...]:
    """The names of the groups, in the order in which a user reads them."""
    return tuple(entry.name for entry in dataclasses.fields(Settings))


def flat_settings(settings: Settings) -> dict[str, str | int | float | bool]:
    """Every value as ``group.name``, for files that tell how something was made."""
    return {
        f"{group}.{name}": value
        for group in group_names()
        for name, value in dataclasses.asdict(getattr(settings, group)).items()
    }


def check_settings(settings: Settings) -> None:
    """Check every value.

    Raises:
        SettingsError: With the group, the key, the value given and what is allowed.
    """
    for name in group_names():
        try:
            check_parameters(getattr(settings, name))
        except ValueError as error:
            raise SettingsError(f"{name}.{error}") from error


def load_settings(path: Path) -> tuple[Settings, list[str]]:
    """Read the settings file; what cannot be used gets its default and a sentence.

    Returns:
        Settings that pass `check_settings`, and the problems found. No file is no problem.
    """
    problems: list[str] = []
    values = _read_toml(path, problems)
    values.pop(_VERSION_KEY, None)
    groups: dict[str, Any] = {}
    defaults = Settings()
    for name in group_names():
        given = values.pop(name, {})
        groups[name] = _read_group(name, getattr(defaults, name), given, problems)
    for name in values:
        problems.append(f"{path.name}: there is no group of settings called {name}; it is ignored.")
    for problem in problems:
        log.warning("%s", problem)
    return Settings(**groups), problems


def save_settings(path: Path, settings: Settings) -> None:
    """Write the settings file, atomically.

    Raises:
        SettingsError: A value is not allowed; nothing is written.
        OutputError: The file cannot be written.
    """
    check_settings(settings)
    values: dict[str, Any] = {_VERSION_KEY: FORMAT_VERSION}
    for name in group_names():
        values[name] = dataclasses.asdict(getattr(settings, name))
    make_private_folder(path.parent)
    write_atomic(path, tomli_w.dumps(values).encode("utf-8"), is_private=True)


def _read_toml(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(_MAX_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        problems.append(
            f"The settings in {path} cannot be read ({error.strerror or error}); defaults are used."
        )
    except (ValueError, RecursionError) as error:
        place = ""
        with contextlib.suppress(OutputError):
            place = f" It was set aside as {set_aside(path).name}."
        problems.append(f"The settings file {path} is damaged ({error}); defaults are used.{place}")
    return {}


def _read_group(name: str, default: Any, given: Any, problems: list[str]) -> Any:
    """One group, starting from its defaults and taking over every value that is allowed."""
    if not isinstance(given, Mapping):
        problems.append(f"Settings: {name} must be a group of keys, got {given!r}; it is ignored.")
        return default
    known = {entry.name for entry in dataclasses.fields(default)}
    values: dict[str, Any] = {}
    for key, value in cast("Mapping[str, Any]", given).items():
        if key in known:
            values[key] = _as_default_type(getattr(default, key), value)
        else:
            problems.append(f"Settings: there is no {name}.{key}; it is ignored.")
    whole = _replaced(default, values)
    return whole if whole is not None else _take_one_by_one(name, default, values, problems)


def _take_one_by_one(
    name: str, default: Any, values: Mapping[str, Any], problems: list[str]
) -> Any:
    """Take every value that is allowed beside the others; some need another one taken first."""
    group, left = default, dict(values)
    has_changed = True
    while has_changed:
        has_changed = False
        for key in list(left):
            candidate = _replaced(group, {key: left[key]})
            if candidate is not None:
                group, has_changed = candidate, True
                del left[key]
    for key, value in left.items():
        reason = _refusal(group, key, value)
        problems.append(f"Settings: {name}.{reason}; {getattr(default, key)!r} is used instead.")
    return group


def _refusal(group: Any, key: str, value: Any) -> str:
    try:
        check_parameters(dataclasses.replace(group, **{key: value}))
    except (ValueError, TypeError) as error:
        return str(error)
    raise AssertionError(f"{key} was refused without a reason")


def _replaced(default: Any, values: Mapping[str, Any]) -> Any:
    try:
        group = dataclasses.replace(default, **values)
        check_parameters(group)
    except (ValueError, TypeError):
        return None
    return group


def _as_default_type(default: Any, value: Any) -> Any:
    """TOML tells 1 from 1.0."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
