"""Bringing a pack into the application's own folder, from a folder or a zip."""

import dataclasses
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

import tomli_w

from facemotion.core.errors import ModelError
from facemotion.vision.opencv_faces import SFaceRecogniser, YuNetDetector
from facemotion.vision.pack_catalogue import CATALOGUE, PackDescription
from facemotion.vision.packs import DESCRIPTION_FILE, Pack, file_sha256, open_pack
from facemotion.vision.providers import make_session

MAX_IMPORT_BYTES: Final = 2 * 1024**3
_CHUNK: Final = 1 << 20
_KEPT_NAMES: Final = (DESCRIPTION_FILE, "license", "license.txt", "license.md", "readme.md")


def import_pack(
    source: Path,
    packs_dir: Path,
    max_bytes: int = MAX_IMPORT_BYTES,
    description: PackDescription | None = None,
) -> Pack:
    """Copy a pack, after its models were opened once.

    Only the model files of one folder, `pack.toml` and licence texts are taken, each under its bare
    name: nothing can be written outside. The pack appears complete or not at all. A pack of the
    catalogue is known by its files and gets its description.

    Args:
        source: A folder in InsightFace's layout, or a zip of one.
        packs_dir: Where packs are kept; made when missing.
        max_bytes: Largest size of the files together.
        description: What the pack must be: only its files are taken, they are checked, and its
            folder gets its name; by default the source says.

    Returns:
        The imported pack, or the one already there when it is the same.

    Raises:
        ModelError: The source is missing, no pack, damaged or too large, or cannot be written.
    """
    name = description.pack_id if description is not None else _pack_name(source)
    models = () if description is None else tuple(file.name for file in description.files)
    try:
        packs_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=packs_dir) as holder:
            folder = Path(holder) / name
            folder.mkdir()
            with _zip_problems(source.name):
                _copy(source, folder, max_bytes, models)
            if description is not None:
                _check_files(folder, description)
                _write_description(folder, description)
            else:
                _describe_if_known(folder)
            _try_models(open_pack(folder))
            return open_pack(_settle(folder, packs_dir))
    except OSError as error:
        raise ModelError(
            f"The pack {name} cannot be written to {packs_dir}: {error.strerror or error}."
        ) from error


def _pack_name(source: Path) -> str:
    stem = source.stem if source.is_file() else source.resolve().name
    return re.sub(r"[^\w.-]+", "_", stem).strip("._")[:60] or "pack"


def _check_files(folder: Path, description: PackDescription) -> None:
    for file in description.files:
        path = folder / file.name
        if not path.is_file():
            raise ModelError(
                f"{file.name} is missing from the download of {description.title}, so nothing was "
                "installed. Try again later."
            )
        if file_sha256(path) != file.sha256:
            raise ModelError(
                f"{file.name} in the download of {description.title} is not the file that we know "
                "(its SHA-256 is another one), so nothing was installed. Try again later."
            )


def _describe_if_known(folder: Path) -> None:
    """Describe a pack of the catalogue that was fetched by hand, and keep only what it needs."""
    if (folder / DESCRIPTION_FILE).exists():
        return
    hashes = {path.name: file_sha256(path) for path in folder.glob("*.onnx")}
    fitting = [
        entry
        for entry in CATALOGUE
        if all(hashes.get(file.name) == file.sha256 for file in entry.files)
    ]
    if not fitting:
        return
    # Two packs have the same models; the folder's name says which it was.
    known = next((entry for entry in fitting if entry.pack_id == folder.name), fitting[0])
    for name in hashes.keys() - {file.name for file in known.files}:
        (folder / name).unlink()
    _write_description(folder, known)


def _write_description(folder: Path, description: PackDescription) -> None:
    """Keep beside the models what they are; their thresholds stay those of the catalogue."""
    values = {
        "id": description.pack_id,
        "name": description.title,
        "licence": description.licence.title,
        "source": description.source,
        "speed": description.speed,
        "accuracy": description.accuracy,
        "embedding_dim": description.embedding_dim,
        "files": [dataclasses.asdict(file) for file in description.files],
    }
    (folder / DESCRIPTION_FILE).write_text(tomli_w.dumps(values), encoding="utf-8")


def _try_models(pack: Pack) -> None:
    """Open each model once, with what it will run on."""
    if pack.is_yunet:
        YuNetDetector(pack.detector_path)
    else:
        make_session(pack.detector_path)
    if pack.is_sface and pack.recogniser_path is not None:
        SFaceRecogniser(pack.recogniser_path)
    elif pack.recogniser_path is not None:
        make_session(pack.recogniser_path)


def _copy(source: Path, folder: Path, max_bytes: int, models: Collection[str]) -> None:
    left = max_bytes
    for name, stream in _entries(source, models):
        with stream, (folder / name).open("wb") as target:
            while chunk := stream.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise ModelError(
                        f"{source.name} holds more than {max_bytes / 1e9:.1f} GB of models; this "
                        "is no face model pack."
                    )
                target.write(chunk)


def _entries(source: Path, models: Collection[str]) -> Iterator[tuple[str, BinaryIO]]:
    if source.is_dir():
        for path in sorted(source.iterdir()):
            if path.is_file() and _is_wanted(path.name, models):
                yield path.name, path.open("rb")
    elif source.is_file():
        yield from _zip_entries(source, models)
    else:
        raise ModelError(f"There is no file or folder {source}. Check its name.")


def _zip_entries(source: Path, models: Collection[str]) -> Iterator[tuple[str, BinaryIO]]:
    with zipfile.ZipFile(source) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        found = [i for i in files if i.filename.lower().endswith(".onnx")]
        if not found:
            raise ModelError(f"{source.name} holds no models (.onnx files).")
        # The folder nearest to the top that has models; a zip may hold further packs below.
        home = min((PurePosixPath(i.filename).parent for i in found), key=lambda p: len(p.parts))
        for info in files:
            path = PurePosixPath(info.filename)
            if path.parent == home and _is_wanted(path.name, models):
                yield path.name, archive.open(info)  # pyright: ignore[reportReturnType]


@contextmanager
def _zip_problems(name: str) -> Iterator[None]:
    """Turn what zipfile raises, while opening and while reading, into sentences."""
    try:
        yield
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError) as error:
        raise ModelError(
            f"{name} is no zip file, or it is damaged or cut off. Download it again."
        ) from error
    except RuntimeError as error:  # a password is asked for, or a compression is not known
        raise ModelError(
            f"{name} is protected by a password or packed in an unusual way. Unpack it and import "
            "the folder."
        ) from error


def _is_wanted(name: str, models: Collection[str]) -> bool:
    lower = name.lower()
    if lower.startswith(".") or "\\" in name or ":" in name:
        return False
    is_model = lower.endswith(".onnx") and (not models or name in models)
    return is_model or lower in _KEPT_NAMES


def _settle(folder: Path, packs_dir: Path) -> Path:
    """Move a checked pack to its place, beside others of the same name unless it is the same."""
    for number in range(1, 1000):
        target = packs_dir / (folder.name if number == 1 else f"{folder.name}-{number}")
        if not target.exists():
            os.replace(folder, target)
            return target
        if _is_same(folder, target):
            return target
    raise ModelError(f"There are too many packs called {folder.name}. Remove some.")


def _is_same(folder: Path, other: Path) -> bool:
    names = sorted(path.name for path in folder.iterdir())
    if not other.is_dir() or names != sorted(path.name for path in other.iterdir()):
        return False
    return all(_same_bytes(folder / name, other / name) for name in names)


def _same_bytes(a: Path, b: Path) -> bool:
    if a.stat().st_size != b.stat().st_size:
        return False
    with a.open("rb") as first, b.open("rb") as second:
        while chunk := first.read(_CHUNK):
            if chunk != second.read(_CHUNK):
                return False
    return True
