"""The people on disk: one folder a person, changed under a lock between processes."""

import contextlib
import logging
import os
import uuid
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.errors import GalleryError
from facemotion.core.matching import GalleryIndex
from facemotion.store import gallery_transfer as transfer
from facemotion.store.baselines import BaselineStore, read_baseline, write_baseline
from facemotion.store.gallery_contents import (
    GalleryContents,
    refuse_dimension_change,
    refuse_other_dimension,
    refuse_taken_name,
)
from facemotion.store.gallery_folder import GalleryFolder, utc_now
from facemotion.store.gallery_transfer import ImportedPerson, ImportReport
from facemotion.store.locks import folder_lock
from facemotion.store.names import MAX_NAME_LENGTH, clean_name, name_key
from facemotion.store.paths import make_private_folder
from facemotion.store.person_files import (
    PERSON_ID,
    Person,
    PersonRecord,
    list_photos,
    write_photos,
)
from facemotion.store.vectors import unit_rows, without_repeats

log = logging.getLogger(__name__)


class GalleryStore:
    """The people in one folder.

    Every change is atomic a person and takes a lock, so that several processes may share a gallery.

    Args:
        folder: The gallery; made at the first enrolment.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folder = GalleryFolder(folder)

    def load(self) -> GalleryContents:
        """Read everybody; what is damaged is set aside and reported.

        Raises:
            GalleryError: The folder is not a folder or may not be read.
        """
        if not self.folder.exists():
            return GalleryContents((), (), {})
        with self._lock_to_read():
            return self._folder.load()

    def index(self, model_id: str) -> GalleryIndex:
        """Everybody whose embeddings come from one recogniser, ready to be matched."""
        return self.load().index(model_id)

    def enrol(
        self,
        name: str,
        embeddings: NDArray[np.floating],
        model_id: str,
        photos: Sequence[bytes] | None = None,
    ) -> Person:
        """Add somebody.

        Args:
            name: Any Unicode text of 1 to 100 characters.
            embeddings: float (N, D); they are scaled to unit length.
            model_id: The recogniser that made them.
            photos: Whole JPEG or PNG files to keep; only when the user asked for that.

        Raises:
            GalleryError: The name is taken or no name, or the embeddings are unusable.
            OutputError: The disk refuses.
        """
        rows = without_repeats(unit_rows(embeddings), np.zeros((0, 0), np.float32))
        now = utc_now()
        person = Person(
            uuid.uuid4().hex, clean_name(name), model_id, now, now, len(rows), bool(photos)
        )
        make_private_folder(self.folder)
        with folder_lock(self.folder):
            contents = self._folder.load()
            refuse_taken_name(contents, person.name, None)
            refuse_other_dimension(contents, model_id, rows)
            self._folder.write_new(PersonRecord(person, rows), photos or ())
        log.info("enrolled a person with %d embeddings", len(rows))
        return person

    def add_embeddings(
        self,
        person_id: str,
        embeddings: NDArray[np.floating],
        model_id: str,
        photos: Sequence[bytes] | None = None,
    ) -> Person:
        """Add embeddings (and photos to keep) to somebody; exact repeats are left out.

        Raises:
            GalleryError: No such person, another recogniser, or unusable embeddings.
            OutputError: The disk refuses.
        """
        rows = unit_rows(embeddings)
        with self._lock_to_change():
            record = self._folder.read(person_id)
            if record.person.model_id != model_id:
                raise GalleryError(
                    f"{record.person.name} was enrolled with {record.person.model_id}, the photos "
                    f"were read with {model_id}; enrol {record.person.name} again with this pack."
                )
            refuse_dimension_change(record, rows)
            fresh = without_repeats(rows, record.embeddings)
            if len(fresh) == 0:
                return record.person
            write_photos(self.folder / person_id, photos or ())
            return self._folder.update(record, np.concatenate([record.embeddings, fresh]))

    def replace_embeddings(
        self,
        person_id: str,
        embeddings: NDArray[np.floating],
        model_id: str,
        photos: Sequence[bytes] | None = None,
    ) -> Person:
        """Enrol somebody again, for example after a change of pack; the name stays.

        Raises:
            GalleryError: No such person, or unusable embeddings.
            OutputError: The disk refuses.
        """
        rows = without_repeats(unit_rows(embeddings), np.zeros((0, 0), np.float32))
        with self._lock_to_change():
            record = self._folder.read(person_id)
            refuse_other_dimension(self._folder.load(), model_id, rows, except_id=person_id)
            write_photos(self.folder / person_id, photos or ())
            return self._folder.update(
                replace(record, person=replace(record.person, model_id=model_id)), rows
            )

    def rename(self, person_id: str, name: str) -> Person:
        """Give somebody another name.

        Raises:
            GalleryError: No such person, or the name is taken or no name.
            OutputError: The disk refuses.
        """
        cleaned = clean_name(name)
        with self._lock_to_change():
            record = self._folder.read(person_id)
            refuse_taken_name(self._folder.load(), cleaned, person_id)
            named = replace(record, person=replace(record.person, name=cleaned))
            return self._folder.update(named, record.embeddings)

    def merge(self, into_id: str, from_id: str) -> Person:
        """Two entries are one person: add the second one's embeddings and photos to the first.

        The first one's neutral baseline stays; only without one the second one's is taken over.

        Raises:
            GalleryError: No such person, the same one twice, or different recognisers.
            OutputError: The disk refuses.
        """
        if into_id == from_id:
            raise GalleryError("Choose two different people to merge.")
        with self._lock_to_change():
            target, source = self._folder.read(into_id), self._folder.read(from_id)
            if target.person.model_id != source.person.model_id:
                raise GalleryError(
                    f"{target.person.name} and {source.person.name} were enrolled with different "
                    f"packs ({target.person.model_id}, {source.person.model_id}); enrol one of "
                    f"them again first."
                )
            refuse_dimension_change(target, source.embeddings)
            fresh = without_repeats(source.embeddings, target.embeddings)
            photos = [path.read_bytes() for path in list_photos(self.folder / from_id)]
            write_photos(self.folder / into_id, photos)
            person = self._folder.update(target, np.concatenate([target.embeddings, fresh]))
            self._take_baseline(into_id, read_baseline(self.folder / from_id))
            self._folder.remove(from_id, source.person.name)
            return person

    def delete(self, person_id: str) -> None:
        """Delete somebody: embeddings, photos, and copies that were set aside.

        Raises:
            GalleryError: No such person, or something could not be removed.
        """
        with self._lock_to_change():
            self._folder.remove(person_id, self._folder.read(person_id).person.name)
        log.info("deleted a person")

    def delete_damaged(self, name: str) -> int:
        """Delete the copies of somebody that were set aside as damaged.

        Returns:
            How many copies there were.

        Raises:
            GalleryError: One could not be removed.
        """
        if not self.folder.is_dir():
            return 0
        with folder_lock(self.folder):
            return self._folder.remove_damaged(None, clean_name(name))

    def damaged_entries(self) -> tuple[Path, ...]:
        """Everything that was set aside and still lies in the gallery."""
        if not self.folder.is_dir():
            return ()
        return self._folder.damaged_entries()

    def photos(self, person_id: str) -> list[Path]:
        """The photos that are kept of somebody, oldest first."""
        if not PERSON_ID.fullmatch(person_id):
            return []
        return list_photos(self.folder / person_id)

    def export_to(self, path: Path, *, include_photos: bool = True) -> int:
        """Write everybody into one zip file.

        Returns:
            How many people it holds.

        Raises:
            GalleryError: There is nobody to export.
            OutputError: The file cannot be written.
        """
        if not self.folder.is_dir():
            raise GalleryError("There is nobody to export; enrol somebody first.")
        with self._lock_to_read():
            contents = self._folder.load()
            records = [
                PersonRecord(person, contents.embeddings[person.person_id])
                for person in contents.people
            ]
            photos = {
                person.person_id: list_photos(self.folder / person.person_id)
                for person in contents.people
                if include_photos
            }
            transfer.write_zip(path, records, photos, BaselineStore(self.folder).load())
        return len(records)

    def import_from(
        self, path: Path, model_id: str, embedding_dim: int | None = None
    ) -> ImportReport:
        """Add the people of an exported zip, or of one vector `NAME.npy`.

        Somebody who is here already under the same id gets the missing embeddings. A name that
        belongs to somebody else gets a number behind it.

        Args:
            path: A zip of `export_to`, or a .npy file of one person (the original design's).
            model_id: The recogniser in use; a .npy file is taken to come from it.
            embedding_dim: How many numbers its embeddings have, to refuse a wrong .npy file.

        Returns:
            Who was imported, and a sentence for everything worth knowing.

        Raises:
            GalleryError: The file is not usable; nothing was changed.
            OutputError: The disk refuses.
        """
        if path.suffix.lower() == ".npy":
            imported = [transfer.read_single_npy(path, model_id, embedding_dim)]
            problems: list[str] = []
        else:
            imported, problems = transfer.read_zip(path)
        make_private_folder(self.folder)
        with folder_lock(self.folder):
            people = self._take_in(imported, problems)
        problems.extend(transfer.other_model_notes(people, model_id))
        return ImportReport(tuple(people), tuple(problems))

    @contextlib.contextmanager
    def _lock_to_read(self) -> Generator[None]:
        if os.access(self.folder, os.W_OK):
            with folder_lock(self.folder):
                yield
        else:
            yield

    @contextlib.contextmanager
    def _lock_to_change(self) -> Generator[None]:
        if not self.folder.is_dir():
            raise GalleryError(f"There is no gallery in {self.folder}; enrol somebody first.")
        with folder_lock(self.folder):
            yield

    def _take_in(self, imported: Sequence[ImportedPerson], problems: list[str]) -> list[Person]:
        contents = self._folder.load()
        known = {person.person_id: person for person in contents.people}
        taken = {name_key(person.name) for person in contents.people}
        people: list[Person] = []
        for entry in imported:
            try:
                refuse_other_dimension(
                    contents, entry.record.person.model_id, entry.record.embeddings
                )
                if entry.record.person.person_id in known:
                    people.append(self._take_in_known(entry))
                else:
                    record = _with_free_name(entry.record, taken, problems)
                    self._folder.write_new(record, entry.photos)
                    people.append(record.person)
                self._take_baseline(entry.record.person.person_id, entry.baseline)
            except GalleryError as error:
                problems.append(f"{entry.record.person.name} was not imported: {error}")
        return people

    def _take_baseline(self, person_id: str, baseline: NeutralBaseline | None) -> None:
        """Keep somebody's baseline unless there is one already; the caller holds the lock."""
        folder = self.folder / person_id
        if baseline is not None and read_baseline(folder) is None:
            write_baseline(folder, baseline)

    def _take_in_known(self, entry: ImportedPerson) -> Person:
        record = self._folder.read(entry.record.person.person_id)
        if record.person.model_id != entry.record.person.model_id:
            raise GalleryError("This person is enrolled here already, with another pack.")
        refuse_dimension_change(record, entry.record.embeddings)
        fresh = without_repeats(entry.record.embeddings, record.embeddings)
        if len(fresh) == 0:
            return record.person
        return self._folder.update(record, np.concatenate([record.embeddings, fresh]))


def _with_free_name(record: PersonRecord, taken: set[str], problems: list[str]) -> PersonRecord:
    name, number = record.person.name, 1
    while name_key(name) in taken:
        number += 1
        ending = f" ({number})"
        name = record.person.name[: MAX_NAME_LENGTH - len(ending)] + ending
    if number > 1:
        problems.append(
            f"{record.person.name} was imported as {name}, because somebody of that name is "
            f"enrolled already; merge the two if they are one person."
        )
    taken.add(name_key(name))
    return replace(record, person=replace(record.person, name=name))
