"""How fast each pack was on this machine, remembered until something about it changes."""

import dataclasses
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facemotion.core.errors import OutputError
from facemotion.store.atomic import write_atomic
from facemotion.vision.pack_speed import PackSpeed
from facemotion.vision.packs import Pack

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SpeedTerms:
    """Under which terms a pack is timed.

    Attributes:
        det_size: Side of the picture that the detector sees, px.
        provider: Short name of the provider asked for.
        threads: Threads that one run may use.
    """

    det_size: int
    provider: str
    threads: int


class PackSpeeds:
    """Measured speeds in a JSON file; a file that cannot be read is measured anew.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)

    def find(self, pack: Pack, terms: SpeedTerms) -> PackSpeed | None:
        """What was measured with these models under these terms, or None."""
        return self._known.get(_key(pack, terms))

    def keep(self, pack: Pack, terms: SpeedTerms, speed: PackSpeed) -> None:
        """Remember a measurement; without a place to write it, until the program ends."""
        self._known[_key(pack, terms)] = speed
        values = {key: dataclasses.asdict(each) for key, each in self._known.items()}
        try:
            write_atomic(self._path, json.dumps(values, indent=1).encode("utf-8"))
        except OutputError as error:
            logger.warning("speeds of packs: %s", error)


def _key(pack: Pack, terms: SpeedTerms) -> str:
    models = f"{pack.pack_id}/{pack.detector_path.name}/{pack.model_id}/{pack.size_bytes}"
    return f"{models}@{terms.det_size}/{terms.provider}/{terms.threads}"


def _read(path: Path) -> dict[str, PackSpeed]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return {str(key): _speed(entry) for key, entry in values.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        logger.warning("%s cannot be read: %s", path, error)
        return {}


def _speed(entry: dict[str, Any]) -> PackSpeed:
    embed_ms = entry["embed_ms"]
    return PackSpeed(
        float(entry["detect_ms"]),
        None if embed_ms is None else float(embed_ms),
        str(entry["provider"]),
    )
