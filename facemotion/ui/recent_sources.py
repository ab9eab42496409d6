"""The sources opened last, kept between two starts."""

import json
import logging
from pathlib import Path

from facemotion.core.errors import FacemotionError
from facemotion.store.atomic import set_aside, write_atomic
from facemotion.store.paths import make_private_folder
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec, parse_source

logger = logging.getLogger(__name__)

MOST_RECENT = 8


class RecentSources:
    """Files, folders and addresses, the newest first; addresses keep no passwords.

    Args:
        path: The JSON file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts = self._load()

    @property
    def specs(self) -> list[SourceSpec]:
        """What was opened, the newest first."""
        return [parse_source(text) for text in self._texts]

    def add(self, spec: SourceSpec) -> None:
        """Remember a source that could be opened; cameras and the demo stand in the menu anyway."""
        is_kept = spec.kind not in (SourceKind.CAMERA, SourceKind.DEMO) and "@" not in spec.location
        if not is_kept or spec.text in self._texts[:1]:
            return
        self._texts = [spec.text, *(text for text in self._texts if text != spec.text)]
        del self._texts[MOST_RECENT:]
        self._save()

    def clear(self) -> None:
        """Forget them all."""
        self._texts = []
        self._save()

    def _save(self) -> None:
        try:
            make_private_folder(self._path.parent)
            write_atomic(self._path, json.dumps(self._texts).encode(), is_private=True)
        except FacemotionError as error:
            logger.warning("recent sources: %s", error)

    def _load(self) -> list[str]:
        try:
            texts = json.loads(self._path.read_bytes())
            if not isinstance(texts, list):
                raise ValueError(f"expected a list, got {type(texts).__name__}")
            return [parse_source(text).text for text in texts][:MOST_RECENT]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, AttributeError, FacemotionError) as error:
            logger.warning("recent sources are unreadable: %s", error)
        try:
            set_aside(self._path)
        except FacemotionError as error:
            logger.warning("recent sources: %s", error)
        return []
