"""Galleries as one file: writing a zip, reading one without trusting it, one-vector files."""

import io
import json
import os
import re
import uuid
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.errors import GalleryError, OutputError
from facemotion.store.baselines import MAX_BASELINE_BYTES, decode_baseline, encode_baseline
from facemotion.store.names import clean_name
from facemotion.store.person_files import (
    BASELINE_FILE,
    EMBEDDINGS_FILE,
    FORMAT_VERSION,
    MAX_JSON_BYTES,
    MAX_PHOTO_BYTES,
    PERSON_FILE,
    Person,
    PersonRecord,
    parse_person_json,
    person_json,
    photo_suffix,
    read_limited,
    record_of,
)
from facemotion.store.vectors import MAX_NPY_BYTES, decode_embeddings, encode_embeddings

MANIFEST = "facemotion-gallery.json"
MAX_ENTRIES = 100_000
MAX_TOTAL_BYTES = 2 * 1024**3

_MEMBER = re.compile(
    r"people/([0-9a-f]{32})/"
    r"(person\.json|embeddings\.npy|baseline\.json|photos/\d+\.(?:jpg|png))"
)
_LIMITS = {
    PERSON_FILE: MAX_JSON_BYTES,
    EMBEDDINGS_FILE: MAX_NPY_BYTES,
    BASELINE_FILE: MAX_BASELINE_BYTES,
}


@dataclass(frozen=True, slots=True, eq=False)
class ImportedPerson:
    """Somebody out of a file, not stored yet.

    Attributes:
        record: The person and the embeddings.
        photos: Whole JPEG or PNG files.
        baseline: The person's neutral face, or None.
    """

    record: PersonRecord
    photos: tuple[bytes, ...] = ()
    baseline: NeutralBaseline | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        people: Who is enrolled now.
        problems: A sentence for everything left out, renamed or made with another pack.
    """

    people: tuple[Person, ...]
    problems: tuple[str, ...]


def write_zip(
    path: Path,
    records: Sequence[PersonRecord],
    photos: Mapping[str, Sequence[Path]],
    baselines: Mapping[str, NeutralBaseline] | None = None,
) -> None:
    """Write people into one zip file, atomically.

    Raises:
        GalleryError: There is nobody to write.
        OutputError: The file cannot be written.
    """
    if not records:
        raise GalleryError("There is nobody to export; enrol somebody first.")
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            manifest = {"format": FORMAT_VERSION, "people": len(records)}
            archive.writestr(MANIFEST, json.dumps(manifest) + "\n")
            for record in records:
                person_id = record.person.person_id
                _write_record(archive, record, photos.get(person_id, ()))
                if baselines is not None and person_id in baselines:
                    data = encode_baseline(baselines[person_id])
                    archive.writestr(f"people/{person_id}/{BASELINE_FILE}", data)
        os.replace(part, path)
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)


def read_zip(path: Path) -> tuple[list[ImportedPerson], list[str]]:
    """The people of a zip file; nothing is unpacked to disk.

    Returns:
        Who could be read, and a sentence for everything that could not.

    Raises:
        GalleryError: The file is not a gallery, or is larger than any gallery.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_archive(archive, path)
    # RuntimeError: a version of the format that zipfile does not know.
    except (OSError, zipfile.BadZipFile, RuntimeError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise GalleryError(
            f"{path.name} cannot be read as an exported gallery: {reason}. Choose a zip file that "
            f"facemotion has exported, or a .npy file of one person."
        ) from error


def read_single_npy(path: Path, model_id: str, embedding_dim: int | None) -> ImportedPerson:
    """One person from a file `NAME.npy`, as the original design kept them.

    Raises:
        GalleryError: The file is unreadable, or its embeddings have another length.
    """
    try:
        embeddings = decode_embeddings(read_limited(path, MAX_NPY_BYTES))
    except OSError as error:
        raise GalleryError(f"Cannot read {path}: {error.strerror or error}.") from error
    except GalleryError as error:
        raise GalleryError(f"{path.name}: {error}") from error
    if embedding_dim is not None and embeddings.shape[1] != embedding_dim:
        raise GalleryError(
            f"{path.name} holds {embeddings.shape[1]} numbers a face, {model_id} makes "
            f"{embedding_dim}: it was made with another model. Choose the pack that made it, or "
            f"enrol {path.stem} again."
        )
    now = datetime.now(UTC).replace(microsecond=0)
    person = Person(
        uuid.uuid4().hex, clean_name(path.stem), model_id, now, now, len(embeddings), False
    )
    return ImportedPerson(PersonRecord(person, embeddings))


def other_model_notes(people: Sequence[Person], model_id: str) -> list[str]:
    """A sentence about those whose embeddings the recogniser in use cannot match."""
    others = [person for person in people if person.model_id != model_id]
    if not others:
        return []
    models = ", ".join(sorted({person.model_id for person in others}))
    names = ", ".join(person.name for person in others[:5]) + ("…" if len(others) > 5 else "")
    return [
        f"{len(others)} of the imported people ({names}) were enrolled with {models}. They are "
        f"recognised only with that pack; with this one, enrol them again."
    ]


def _write_record(archive: zipfile.ZipFile, record: PersonRecord, photos: Sequence[Path]) -> None:
    npy_data = encode_embeddings(record.embeddings)
    folder = f"people/{record.person.person_id}"
    archive.writestr(
        f"{folder}/{PERSON_FILE}", person_json(record.person, record.embeddings, npy_data)
    )
    archive.writestr(f"{folder}/{EMBEDDINGS_FILE}", npy_data)
    for photo in photos:
        archive.writestr(f"{folder}/photos/{photo.name}", photo.read_bytes())


def _read_archive(archive: zipfile.ZipFile, path: Path) -> tuple[list[ImportedPerson], list[str]]:
    if MANIFEST not in archive.namelist():
        raise ValueError(f"{MANIFEST} is missing in it")
    if len(archive.infolist()) > MAX_ENTRIES:
        raise ValueError(f"it has more than {MAX_ENTRIES} files")
    if sum(entry.file_size for entry in archive.infolist()) > MAX_TOTAL_BYTES:
        raise ValueError(f"it unpacks to more than {MAX_TOTAL_BYTES // 1024**3} GB")
    members, skipped = _sort_members(archive)
    problems: list[str] = []
    if skipped:
        problems.append(
            f"{skipped} files in {path.name} do not belong to a gallery and were left out."
        )
    people: list[ImportedPerson] = []
    for person_id, files in members.items():
        try:
            people.append(_read_member(archive, person_id, files, problems))
        except GalleryError as error:
            problems.append(f"The entry {person_id} in {path.name} was left out: {error}")
    return people, problems


def _sort_members(
    archive: zipfile.ZipFile,
) -> tuple[dict[str, dict[str, zipfile.ZipInfo]], int]:
    members: dict[str, dict[str, zipfile.ZipInfo]] = {}
    skipped = 0
    for entry in archive.infolist():
        match = _MEMBER.fullmatch(entry.filename)
        if match is not None:
            members.setdefault(match[1], {})[match[2]] = entry
        elif entry.filename != MANIFEST and not entry.is_dir():
            skipped += 1
    return members, skipped


def _read_member(
    archive: zipfile.ZipFile,
    person_id: str,
    files: Mapping[str, zipfile.ZipInfo],
    problems: list[str],
) -> ImportedPerson:
    missing = {PERSON_FILE, EMBEDDINGS_FILE} - files.keys()
    if missing:
        raise GalleryError(f"{', '.join(sorted(missing))} is missing.")
    data = {name: _read_entry(archive, name, entry) for name, entry in sorted(files.items())}
    values = parse_person_json(data.pop(PERSON_FILE))
    if values["id"] != person_id:
        raise GalleryError(f"{PERSON_FILE} belongs to another entry.")
    npy_data = data.pop(EMBEDDINGS_FILE)
    baseline_data = data.pop(BASELINE_FILE, None)
    baseline: NeutralBaseline | None = None
    if baseline_data is not None:
        try:
            baseline = decode_baseline(baseline_data)
        except GalleryError as error:
            problems.append(f"The neutral face of {values['name']} was left out: {error}")
    photos = tuple(photo for photo in data.values() if photo_suffix(photo))
    return ImportedPerson(record_of(values, npy_data, has_photos=bool(photos)), photos, baseline)


def _read_entry(archive: zipfile.ZipFile, name: str, entry: zipfile.ZipInfo) -> bytes:
    """One file of the archive; the size it claims is not trusted."""
    limit = _LIMITS.get(name, MAX_PHOTO_BYTES)
    try:
        with archive.open(entry) as file:
            data = file.read(limit + 1)
    except (zipfile.BadZipFile, RuntimeError, zlib.error, io.UnsupportedOperation) as error:
        raise GalleryError(f"{name} is unreadable ({error}).") from error
    if len(data) > limit:
        raise GalleryError(f"{name} is larger than {limit} bytes.")
    return data
