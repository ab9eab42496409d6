"""Which licences the user has accepted, and when."""

import logging
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import tomli_w

from facemotion.core.errors import OutputError
from facemotion.store.atomic import set_aside, write_atomic
from facemotion.store.paths import make_private_folder

log = logging.getLogger(__name__)

_ACCEPTED = "accepted"


class AcceptedLicences:
    """The licences accepted by this user, in a TOML file.

    A licence goes by a key that changes with its text, so that a changed text is asked about again.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def keys(self) -> frozenset[str]:
        """Keys of the licences accepted; none when the file cannot be read, which is logged."""
        return frozenset(self._read())

    def accept(self, key: str, title: str) -> None:
        """Keep that a licence was accepted now.

        Args:
            key: Its key.
            title: Its name, for whoever reads the file.

        Raises:
            OutputError: It cannot be written.
        """
        accepted = self._read()
        accepted[key] = {"title": title, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        make_private_folder(self._path.parent)
        text = tomli_w.dumps({_ACCEPTED: accepted})
        write_atomic(self._path, text.encode("utf-8"), is_private=True)

    def _read(self) -> dict[str, Any]:
        try:
            values = tomllib.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            log.warning("%s cannot be read: %s", self._path, error)
            return {}
        except ValueError as error:
            return self._damaged(error)
        accepted = values.get(_ACCEPTED)
        if not isinstance(accepted, dict):
            return {}
        return dict(cast("dict[str, Any]", accepted))

    def _damaged(self, error: ValueError) -> dict[str, Any]:
        """Licences are asked about again; the file is kept for whoever wants to mend it."""
        log.warning("%s is damaged and set aside: %s", self._path, error)
        try:
            set_aside(self._path)
        except OutputError as problem:
            log.warning("%s", problem)
        return {}
