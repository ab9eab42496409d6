"""Reading and changing the folders of a gallery; the caller holds the lock."""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from facemotion.core.errors import GalleryError, OutputError
from facemotion.core.types import FloatArray
from facemotion.store.atomic import DAMAGED_MARK, set_aside, sync_folder
from facemotion.store.gallery_contents import GalleryContents, odd_dimensions
from facemotion.store.names import name_key
from facemotion.store.person_files import (
    BASELINE_FILE,
    MAX_JSON_BYTES,
    PERSON_FILE,
    PERSON_ID,
    NewerFormatError,
    Person,
    PersonRecord,
    list_photos,
    read_person,
    update_person,
    write_new_person,
)
from facemotion.store.vectors import MAX_EMBEDDINGS

log = logging.getLogger(__name__)

_NEW = ".new-"
_GONE = ".gone-"


class GalleryFolder:
    """The folders of a gallery.

    Args:
        folder: The gallery; it exists.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self) -> GalleryContents:
        """Read everybody; what is damaged is set aside and reported."""
        people: list[Person] = []
        problems: list[str] = []
        embeddings: dict[str, FloatArray] = {}
        for folder in self._folders():
            record = self._read_or_set_aside(folder, problems)
            if record is not None:
                people.append(record.person)
                embeddings[record.person.person_id] = record.embeddings
        odd = odd_dimensions(people, embeddings)
        problems.extend(odd.values())
        for message in problems:
            log.warning("%s", message)
        people.sort(key=lambda person: (name_key(person.name), person.person_id))
        neutral = frozenset(
            person_id
            for person_id in embeddings
            if (self.folder / person_id / BASELINE_FILE).exists()
        )
        return GalleryContents(tuple(people), tuple(problems), embeddings, frozenset(odd), neutral)

    def _folders(self) -> list[Path]:
        """The people's folders; what a killed process left of a change is removed."""
        try:
            entries = sorted(self.folder.iterdir())
        except OSError as error:
            raise GalleryError(
                f"Cannot read the people in {self.folder}: {error.strerror or error}. "
                f"Choose another gallery folder."
            ) from error
        for entry in entries:
            if entry.name.startswith((_NEW, _GONE)):
                shutil.rmtree(entry, ignore_errors=True)
        return [entry for entry in entries if PERSON_ID.fullmatch(entry.name) and entry.is_dir()]

    def _read_or_set_aside(self, folder: Path, problems: list[str]) -> PersonRecord | None:
        try:
            return read_person(folder)
        except NewerFormatError as error:
            problems.append(f"The entry {folder.name} is left out: {error}")
        except OSError as error:
            problems.append(f"The entry {folder.name} cannot be read: {error.strerror or error}.")
        except GalleryError as error:
            problems.append(_set_aside_sentence(folder, str(error)))
        return None

    def read(self, person_id: str) -> PersonRecord:
        """One person.

        Raises:
            GalleryError: There is no such person, or the entry is damaged.
        """
        if not PERSON_ID.fullmatch(person_id) or not (self.folder / person_id).is_dir():
            raise GalleryError("This person is no longer enrolled; refresh the list of people.")
        try:
            return read_person(self.folder / person_id)
        except OSError as error:
            raise GalleryError(f"Cannot read this person: {error.strerror or error}.") from error

    def write_new(self, record: PersonRecord, photos: Sequence[bytes]) -> None:
        """Add a person's folder, whole or not at all.

        Raises:
            OutputError: The disk refuses.
            GalleryError: A photo is neither JPEG nor PNG.
        """
        person_id = record.person.person_id
        folder = self.folder / f"{_NEW}{person_id}"
        try:
            folder.mkdir(mode=0o700)
            write_new_person(folder, record, photos)
            folder.rename(self.folder / person_id)
            sync_folder(self.folder)
        except OSError as error:
            raise OutputError(
                f"Cannot write to the gallery {self.folder}: {error.strerror or error}. Make it "
                "writable or free some space."
            ) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def update(self, record: PersonRecord, embeddings: FloatArray) -> Person:
        """Write a person again with these embeddings.

        Raises:
            OutputError: The disk refuses; the old state stays.
            GalleryError: Too many embeddings.
        """
        if len(embeddings) > MAX_EMBEDDINGS:
            raise GalleryError(
                f"{record.person.name} would have {len(embeddings)} embeddings; the limit is "
                f"{MAX_EMBEDDINGS}. Delete the person and enrol the best photos again."
            )
        folder = self.folder / record.person.person_id
        person = replace(
            record.person,
            updated_at=utc_now(),
            embedding_count=len(embeddings),
            has_photos=bool(list_photos(folder)),
        )
        update_person(folder, PersonRecord(person, embeddings))
        return person

    def remove(self, person_id: str, name: str) -> None:
        """Delete a person, and the copies of that person that were set aside.

        Raises:
            GalleryError: Something could not be removed.
        """
        gone = self.folder / f"{_GONE}{person_id}"
        try:
            (self.folder / person_id).rename(gone)
            shutil.rmtree(gone)
        except OSError as error:
            raise GalleryError(
                f"{name} could not be deleted wholly: {error.strerror or error}. Close programs "
                f"that have files in {self.folder} open, and try again."
            ) from error
        self.remove_damaged(person_id, name)

    def damaged_entries(self) -> tuple[Path, ...]:
        """Everything that was set aside and still lies in the gallery."""
        return tuple(sorted(self.folder.glob(f"*{DAMAGED_MARK}*")))

    def remove_damaged(self, person_id: str | None, name: str) -> int:
        """Delete copies that were set aside, by id or by the name found in them.

        Returns:
            How many there were.

        Raises:
            GalleryError: One could not be removed.
        """
        count = 0
        for entry in self.damaged_entries():
            is_same_id = person_id is not None and entry.name.startswith(person_id)
            if is_same_id or _is_named(entry, name):
                try:
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
                except OSError as error:
                    raise GalleryError(
                        f"{entry} could not be deleted: {error.strerror or error}. Delete it by "
                        f"hand."
                    ) from error
                count += 1
        return count


def utc_now() -> datetime:
    """The time to write into a person's file."""
    return datetime.now(UTC).replace(microsecond=0)


def _set_aside_sentence(folder: Path, reason: str) -> str:
    who = _raw_name(folder) or f"The entry {folder.name}"
    try:
        place = f"It was set aside as {set_aside(folder).name}"
    except OutputError as error:
        place = f"It could not be set aside ({error})"
    return f"{who} could not be read: {reason} {place}; enrol this person again."


def _raw_name(folder: Path) -> str:
    """A name found in a damaged entry, for the report only."""
    data = _raw_json(folder)
    start = data.find('"name": "')
    if start < 0:
        return ""
    rest = data[start + 9 :]
    return rest.partition('"')[0][:100]


def _is_named(entry: Path, name: str) -> bool:
    return name_key(_raw_name(entry)) == name_key(name)


def _raw_json(folder: Path) -> str:
    try:
        with (folder / PERSON_FILE).open("rb") as file:
            return file.read(MAX_JSON_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
