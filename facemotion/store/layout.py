"""What the window remembers between two starts: its layout, and that the consent page was read."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from facemotion.core.errors import OutputError
from facemotion.store.atomic import set_aside, write_atomic
from facemotion.store.paths import make_private_folder

CONSENT_VERSION = 1
"""Grows when the consent page says something new, so that it is shown again."""

_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WindowLayout:
    """Where the window and its docks were.

    Attributes:
        geometry: Opaque bytes of the window's place and size.
        state: Opaque bytes of its docks and toolbars.
    """

    geometry: bytes
    state: bytes


class LayoutStore:
    """The window's memory in the data folder.

    Args:
        data_dir: `AppPaths.data_dir`; made when something is saved.
    """

    def __init__(self, data_dir: Path) -> None:
        self._layout_file = data_dir / "window.json"
        self._consent_file = data_dir / "consent.json"

    def load_layout(self) -> WindowLayout | None:
        """The layout saved last, or None at the first start and after a damaged file."""
        values = _read_json(self._layout_file)
        if values is None:
            return None
        try:
            return WindowLayout(
                geometry=base64.b64decode(values["geometry"], validate=True),
                state=base64.b64decode(values["state"], validate=True),
            )
        except (KeyError, TypeError, ValueError):
            _move_away(self._layout_file)
            return None

    def save_layout(self, layout: WindowLayout) -> None:
        """Remember a layout.

        Raises:
            OutputError: It cannot be written.
        """
        values = {
            "geometry": base64.b64encode(layout.geometry).decode("ascii"),
            "state": base64.b64encode(layout.state).decode("ascii"),
        }
        _write_json(self._layout_file, values)

    def is_consent_given(self) -> bool:
        """Whether the user has accepted the present consent page."""
        values = _read_json(self._consent_file)
        version = (values or {}).get("version")
        return isinstance(version, int) and version >= CONSENT_VERSION

    def give_consent(self) -> None:
        """Remember that the user has accepted the consent page.

        Raises:
            OutputError: It cannot be written.
        """
        given_at = datetime.now(UTC).isoformat(timespec="seconds")
        _write_json(self._consent_file, {"version": CONSENT_VERSION, "given_at": given_at})


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(_MAX_BYTES).decode("utf-8"))
    except OSError:
        return None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        _move_away(path)
        return None
    return cast("dict[str, Any]", values)


def _write_json(path: Path, values: dict[str, Any]) -> None:
    make_private_folder(path.parent)
    write_atomic(path, (json.dumps(values, indent=2) + "\n").encode(), is_private=True)


def _move_away(path: Path) -> None:
    """Set a damaged file aside; where even that fails, the next save replaces it."""
    try:
        set_aside(path)
    except OutputError:
        return
