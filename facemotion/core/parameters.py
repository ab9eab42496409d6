"""Parameters as dataclass fields that know their unit, range and meaning.

The settings file, the settings dialog and the command line read the same description.
"""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

_KEY = "parameter"


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """What a user needs to know about one parameter.

    Attributes:
        label: A few words, as a form shows them.
        help: One sentence.
        unit: Unit shown behind the value; empty for none.
        minimum: Smallest allowed number, or None.
        maximum: Largest allowed number, or None.
        choices: The allowed values, when they can be listed.
    """

    label: str
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()


def parameter(
    default: Any,
    label: str,
    help: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[Any, ...] = (),
) -> Any:
    """A dataclass field with a `ParameterInfo`."""
    info = ParameterInfo(label, help, unit, minimum, maximum, choices)
    return field(default=default, metadata={_KEY: info})


def parameter_info(record: Any, name: str) -> ParameterInfo:
    """The description of one field of a parameter record (class or instance).

    Raises:
        KeyError: There is no such parameter.
    """
    for entry in dataclasses.fields(record):
        if entry.name == name and _KEY in entry.metadata:
            return entry.metadata[_KEY]
    raise KeyError(name)


def check_parameters(record: Any) -> None:
    """Check every parameter of a record against its type, range and choices.

    Raises:
        ValueError: With the parameter's name, the value given and what is allowed.
    """
    for entry in dataclasses.fields(record):
        info: ParameterInfo | None = entry.metadata.get(_KEY)
        if info is not None:
            _check_value(entry.name, getattr(record, entry.name), entry.default, info)


def _check_value(name: str, value: Any, default: Any, info: ParameterInfo) -> None:
    is_number = isinstance(default, (int, float)) and not isinstance(default, bool)
    if is_number:
        _check_number(name, value, default, info)
    elif not isinstance(value, type(default)):
        raise ValueError(f"{name} must be {type(default).__name__}, got {value!r}")
    if info.choices and value not in info.choices:
        allowed = ", ".join(str(choice) for choice in info.choices)
        raise ValueError(f"{name} must be one of {allowed}, got {value!r}")


def _check_number(name: str, value: Any, default: float, info: ParameterInfo) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} must be a number, got {value!r}")
    if isinstance(default, int) and not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    if info.minimum is not None and value < info.minimum:
        raise ValueError(f"{name} must be at least {info.minimum} {info.unit}, got {value}".strip())
    if info.maximum is not None and value > info.maximum:
        raise ValueError(f"{name} must be at most {info.maximum} {info.unit}, got {value}".strip())
