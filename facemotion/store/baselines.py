"""People's neutral baselines on disk: `baseline.json` in the person's folder."""

import json
import logging
from pathlib import Path
from typing import Any, Final

import numpy as np

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.errors import GalleryError, OutputError
from facemotion.core.labels import EMOTIONS
from facemotion.store.atomic import set_aside, write_atomic
from facemotion.store.locks import folder_lock
from facemotion.store.person_files import BASELINE_FILE, PERSON_FILE, PERSON_ID

log = logging.getLogger(__name__)

MAX_BASELINE_BYTES: Final = 16_384
FORMAT_VERSION: Final = 1

_DIGITS: Final = 6


class BaselineStore:
    """The neutral baselines of the people in one gallery; changes take the gallery's lock.

    A baseline lies in its person's folder, so deleting the person deletes it.

    Args:
        folder: The gallery.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self) -> dict[str, NeutralBaseline]:
        """Everybody's baseline by person id, whatever its model; damaged ones are set aside."""
        found: dict[str, NeutralBaseline] = {}
        if not self._folder.is_dir():
            return found
        for path in sorted(self._folder.glob(f"*/{BASELINE_FILE}")):
            if PERSON_ID.fullmatch(path.parent.name):
                baseline = _read_or_set_aside(path)
                if baseline is not None:
                    found[path.parent.name] = baseline
        return found

    def save(self, person_id: str, baseline: NeutralBaseline) -> None:
        """Keep a person's baseline; an older one is replaced.

        Raises:
            GalleryError: There is no such person.
            OutputError: The disk refuses; the older one stays.
        """
        self._checked(person_id)
        with folder_lock(self._folder):
            write_baseline(self._checked(person_id), baseline)
        log.info("a neutral baseline was kept")

    def clear(self, person_id: str) -> bool:
        """Delete a person's baseline.

        Returns:
            Whether there was one.

        Raises:
            GalleryError: There is no such person.
            OutputError: The disk refuses.
        """
        self._checked(person_id)
        path = self._folder / person_id / BASELINE_FILE
        with folder_lock(self._folder):
            if not path.exists():
                return False
            try:
                path.unlink()
            except OSError as error:
                raise OutputError(f"Cannot delete {path}: {error.strerror or error}.") from error
        return True

    def _checked(self, person_id: str) -> Path:
        folder = self._folder / person_id
        if not PERSON_ID.fullmatch(person_id) or not (folder / PERSON_FILE).is_file():
            raise GalleryError("This person is no longer enrolled; the neutral face was not kept.")
        return folder


def write_baseline(person_folder: Path, baseline: NeutralBaseline) -> None:
    """Write a person's baseline, atomically; the caller holds the lock.

    Raises:
        OutputError: It cannot be written.
    """
    write_atomic(person_folder / BASELINE_FILE, encode_baseline(baseline), is_private=True)


def read_baseline(person_folder: Path) -> NeutralBaseline | None:
    """A person's baseline, or None without one or with a damaged one, which is set aside."""
    path = person_folder / BASELINE_FILE
    return _read_or_set_aside(path) if path.is_file() else None


def encode_baseline(baseline: NeutralBaseline) -> bytes:
    """The content of `baseline.json`."""
    values = {
        "format": FORMAT_VERSION,
        "emotion_model": baseline.model_id,
        "readings": baseline.reading_count,
        "is_automatic": baseline.is_automatic,
        "log_probs": {
            name: round(float(value), _DIGITS)
            for name, value in zip(EMOTIONS, baseline.log_probs, strict=True)
        },
    }
    return (json.dumps(values, indent=2) + "\n").encode("utf-8")


def decode_baseline(data: bytes) -> NeutralBaseline:
    """A baseline from the bytes of its file.

    Raises:
        GalleryError: It is unreadable, or a later version of the program wrote it.
    """
    try:
        values: dict[str, Any] = json.loads(data.decode("utf-8"))
        if int(values["format"]) > FORMAT_VERSION:
            raise GalleryError("It was written by a newer facemotion; update the program.")
        log_probs = np.array([float(values["log_probs"][name]) for name in EMOTIONS], np.float32)
        return NeutralBaseline(
            log_probs,
            int(values["readings"]),
            str(values["emotion_model"]),
            bool(values["is_automatic"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise GalleryError(f"{BASELINE_FILE} is unreadable ({error}).") from error


def _read_or_set_aside(path: Path) -> NeutralBaseline | None:
    try:
        with path.open("rb") as file:
            return decode_baseline(file.read(MAX_BASELINE_BYTES + 1))
    except OSError as error:
        log.warning("%s cannot be read: %s", path, error.strerror or error)
    except GalleryError as error:
        log.warning("%s: %s", path, error)
        if isinstance(error.__cause__, Exception):
            _move_away(path)
    return None


def _move_away(path: Path) -> None:
    """Set a damaged file aside; where even that fails it is read, and refused, again."""
    try:
        set_aside(path)
    except OutputError as error:
        log.warning("%s", error)
