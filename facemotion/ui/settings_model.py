"""The settings as the dialog sees them: entries in groups, defaults, and words for values."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from facemotion.core.parameters import ParameterInfo, parameter_info
from facemotion.store.settings import Settings


@dataclass(frozen=True, slots=True)
class SettingEntry:
    """One parameter of one group.

    Attributes:
        group: Field of `Settings`.
        name: Field of the group.
        info: What the user should know of it.
        default: Its value in `Settings()`.
    """

    group: str
    name: str
    info: ParameterInfo
    default: Any

    def value_in(self, settings: Settings) -> Any:
        """The entry's value."""
        return getattr(getattr(settings, self.group), self.name)

    def matches(self, words: list[str], group_title: str) -> bool:
        """Whether every word of a search stands in the entry's name, label, help or group."""
        text = " ".join((self.name, self.info.label, self.info.help, group_title)).casefold()
        return all(word in text for word in words)


def entries_of(group: str) -> Iterator[SettingEntry]:
    """The parameters of a group, in their order."""
    record = getattr(Settings(), group)
    for entry in dataclasses.fields(record):
        try:
            info = parameter_info(record, entry.name)
        except KeyError:
            continue
        yield SettingEntry(group, entry.name, info, getattr(record, entry.name))


def with_value(settings: Settings, entry: SettingEntry, value: Any) -> Settings:
    """Settings with one value changed.

    Raises:
        ValueError: The value is out of range, or does not go with another one.
    """
    return with_group(
        settings,
        entry.group,
        dataclasses.replace(getattr(settings, entry.group), **{entry.name: value}),
    )


def with_group(settings: Settings, group: str, record: Any) -> Settings:
    """Settings with a whole group replaced."""
    return dataclasses.replace(settings, **{group: record})


def value_words(value: Any, info: ParameterInfo) -> str:
    """A value as the user reads it, with its unit."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        text = f"{value:.6f}".rstrip("0").rstrip(".")
    else:
        text = str(value) or "none"
    return f"{text} {info.unit}".strip()


def default_words(entry: SettingEntry) -> str:
    """The default and the range of an entry, as one short sentence."""
    words = f"Default: {value_words(entry.default, entry.info)}"
    low, high = entry.info.minimum, entry.info.maximum
    if low is not None and high is not None:
        words += f" ({_plain(low)} to {_plain(high)})"
    return words + "."


def changes_between(old: Any, new: Any) -> list[str]:
    """What one record of a group has different from another: "label old → new" for each."""
    return [f"{label} {before} → {after}" for label, before, after in change_rows(old, new)]


def change_rows(old: Any, new: Any) -> list[tuple[str, str, str]]:
    """What one record of a group has different from another: label, old and new value of each."""
    changes: list[tuple[str, str, str]] = []
    for entry in dataclasses.fields(new):
        before, after = getattr(old, entry.name), getattr(new, entry.name)
        if before == after:
            continue
        info = parameter_info(new, entry.name)
        changes.append((info.label, value_words(before, info), value_words(after, info)))
    return changes


def _plain(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")
