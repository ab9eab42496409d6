"""One person's folder: `person.json`, `embeddings.npy` and, only on request, `photos`.

`person.json` holds the checksum of the embeddings it belongs to. New embeddings are written beside
the old ones first, then `person.json` is replaced (from then on the change counts), then the new
embeddings take the old ones' place; `read_person` finishes or drops what a crash left half done.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from facemotion.core.errors import GalleryError, OutputError
from facemotion.core.types import FloatArray
from facemotion.store.atomic import write_atomic
from facemotion.store.names import clean_name
from facemotion.store.vectors import MAX_NPY_BYTES, decode_embeddings, encode_embeddings

FORMAT_VERSION = 1
PERSON_FILE = "person.json"
EMBEDDINGS_FILE = "embeddings.npy"
PHOTOS_DIR = "photos"
BASELINE_FILE = "baseline.json"
MAX_JSON_BYTES = 65_536
MAX_PHOTO_BYTES = 64 * 1024 * 1024
PERSON_ID = re.compile(r"[0-9a-f]{32}")

_PENDING_FILE = "embeddings.npy.new"
_PHOTO_KINDS = ((b"\xff\xd8\xff", ".jpg"), (b"\x89PNG\r\n\x1a\n", ".png"))


class NewerFormatError(GalleryError):
    """The entry was written by a later version of the program; it is not damaged."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is enrolled.

    Attributes:
        person_id: 32 hexadecimal digits, also the folder's name.
        name: As the user typed it, NFC.
        model_id: The recogniser that made the embeddings.
        created_at: When enrolled, UTC.
        updated_at: When last changed, UTC.
        embedding_count: How many embeddings there are.
        has_photos: Whether photos are kept.
    """

    person_id: str
    name: str
    model_id: str
    created_at: datetime
    updated_at: datetime
    embedding_count: int
    has_photos: bool


@dataclass(frozen=True, slots=True, eq=False)
class PersonRecord:
    """A person with the embeddings.

    Attributes:
        person: Who.
        embeddings: float32 (N, D) unit rows.
    """

    person: Person
    embeddings: FloatArray


def read_person(folder: Path) -> PersonRecord:
    """Read one folder and check that its files belong together.

    Raises:
        NewerFormatError: A later version of the program wrote it.
        GalleryError: Something is missing or damaged.
        OSError: A file cannot be read.
    """
    values = parse_person_json(read_limited(folder / PERSON_FILE, MAX_JSON_BYTES))
    _finish_pending(folder, values["embeddings_sha256"])
    data = read_limited(folder / EMBEDDINGS_FILE, MAX_NPY_BYTES)
    record = record_of(values, data, has_photos=(folder / PHOTOS_DIR).is_dir())
    if record.person.person_id != folder.name:
        raise GalleryError(f"{PERSON_FILE} belongs to another folder.")
    return record


def record_of(values: dict[str, Any], npy_data: bytes, *, has_photos: bool) -> PersonRecord:
    """A person from checked values and the bytes of the embeddings.

    Raises:
        GalleryError: The embeddings are damaged or are not those of these values.
    """
    if hashlib.sha256(npy_data).hexdigest() != values["embeddings_sha256"]:
        raise GalleryError(f"{EMBEDDINGS_FILE} is damaged or belongs to other data.")
    embeddings = decode_embeddings(npy_data)
    expected = (values["embedding_count"], values["embedding_dim"])
    if embeddings.shape != expected:
        raise GalleryError(
            f"{EMBEDDINGS_FILE} holds {embeddings.shape}, {PERSON_FILE} says {expected}."
        )
    person = Person(
        person_id=values["id"],
        name=values["name"],
        model_id=values["model_id"],
        created_at=values["created_at"],
        updated_at=values["updated_at"],
        embedding_count=len(embeddings),
        has_photos=has_photos,
    )
    return PersonRecord(person, embeddings)


def person_json(person: Person, embeddings: FloatArray, npy_data: bytes) -> bytes:
    """The content of `person.json`."""
    values = {
        "format": FORMAT_VERSION,
        "id": person.person_id,
        "name": person.name,
        "model_id": person.model_id,
        "created_at": person.created_at.isoformat(timespec="seconds"),
        "updated_at": person.updated_at.isoformat(timespec="seconds"),
        "embedding_count": int(embeddings.shape[0]),
        "embedding_dim": int(embeddings.shape[1]),
        "embeddings_sha256": hashlib.sha256(npy_data).hexdigest(),
    }
    return (json.dumps(values, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def parse_person_json(data: bytes) -> dict[str, Any]:
    """The values of `person.json`, each of the right type.

    Raises:
        NewerFormatError: A later version of the program wrote it.
        GalleryError: It is not readable.
    """
    try:
        values: dict[str, Any] = json.loads(data.decode("utf-8"))
        if int(values["format"]) > FORMAT_VERSION:
            raise NewerFormatError("It was written by a newer facemotion; update the program.")
        return {
            "id": _checked_id(values["id"]),
            "name": clean_name(_text(values["name"])),
            "model_id": _text(values["model_id"]),
            "created_at": _date(values["created_at"]),
            "updated_at": _date(values["updated_at"]),
            "embedding_count": int(values["embedding_count"]),
            "embedding_dim": int(values["embedding_dim"]),
            "embeddings_sha256": _text(values["embeddings_sha256"]),
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise GalleryError(f"{PERSON_FILE} is unreadable ({error}).") from error


def write_new_person(folder: Path, record: PersonRecord, photos: Sequence[bytes]) -> None:
    """Fill an empty folder.

    Raises:
        OutputError: Something cannot be written.
        GalleryError: A photo is neither JPEG nor PNG.
    """
    npy_data = encode_embeddings(record.embeddings)
    write_photos(folder, photos)
    write_atomic(folder / EMBEDDINGS_FILE, npy_data, is_private=True)
    json_data = person_json(record.person, record.embeddings, npy_data)
    write_atomic(folder / PERSON_FILE, json_data, is_private=True)


def update_person(folder: Path, record: PersonRecord) -> None:
    """Replace both files of a person so that a crash leaves a consistent pair.

    Raises:
        OutputError: Something cannot be written; the old state stays.
    """
    npy_data = encode_embeddings(record.embeddings)
    json_data = person_json(record.person, record.embeddings, npy_data)
    write_atomic(folder / _PENDING_FILE, npy_data, is_private=True)
    try:
        write_atomic(folder / PERSON_FILE, json_data, is_private=True)
        (folder / _PENDING_FILE).replace(folder / EMBEDDINGS_FILE)
    except OSError as error:
        raise OutputError(f"Cannot write {folder / EMBEDDINGS_FILE}: {error}.") from error


def write_photos(folder: Path, photos: Sequence[bytes]) -> None:
    """Add encoded photos to a person's folder, numbered onwards.

    Args:
        folder: The person's folder.
        photos: Whole JPEG or PNG files.

    Raises:
        GalleryError: A photo is neither JPEG nor PNG, or too large.
        OutputError: A photo cannot be written.
    """
    kinds = [photo_suffix(photo) for photo in photos]
    if not photos:
        return
    target = folder / PHOTOS_DIR
    try:
        target.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot make the folder {target}: {error.strerror or error}.") from error
    number = max((int(path.stem) for path in list_photos(folder)), default=0)
    for offset, (photo, suffix) in enumerate(zip(photos, kinds, strict=True), start=1):
        write_atomic(target / f"{number + offset:03d}{suffix}", photo, is_private=True)


def list_photos(folder: Path) -> list[Path]:
    """The photos kept in a person's folder, oldest first."""
    photos = (folder / PHOTOS_DIR).glob("[0-9]*.[jp][pn]g")
    return sorted((path for path in photos if path.stem.isdigit()), key=lambda p: int(p.stem))


def photo_suffix(photo: bytes) -> str:
    """``".jpg"`` or ``".png"``.

    Raises:
        GalleryError: It is neither, or too large.
    """
    if len(photo) > MAX_PHOTO_BYTES:
        raise GalleryError(f"A photo to keep is larger than {MAX_PHOTO_BYTES // 2**20} MB.")
    for start, suffix in _PHOTO_KINDS:
        if photo.startswith(start):
            return suffix
    raise GalleryError("A photo to keep is neither a JPEG nor a PNG file.")


def read_limited(path: Path, limit: int) -> bytes:
    """A whole file that may not be larger than `limit` bytes.

    Raises:
        GalleryError: It is missing or larger.
        OSError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise GalleryError(f"{path.name} is missing.") from None
    if len(data) > limit:
        raise GalleryError(f"{path.name} is larger than {limit} bytes.")
    return data


def _finish_pending(folder: Path, sha256: str) -> None:
    pending = folder / _PENDING_FILE
    if not pending.exists():
        return
    data = read_limited(pending, MAX_NPY_BYTES)
    # On a read-only disk the half-done change stays; the checksum then tells which file counts.
    with contextlib.suppress(PermissionError):
        if hashlib.sha256(data).hexdigest() == sha256:
            pending.replace(folder / EMBEDDINGS_FILE)
        else:
            pending.unlink()


def _checked_id(value: Any) -> str:
    if not isinstance(value, str) or not PERSON_ID.fullmatch(value):
        raise ValueError(f"bad id {value!r}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected text, got {value!r}")
    return value


def _date(value: Any) -> datetime:
    date = datetime.fromisoformat(_text(value))
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
