"""Installing packs from the network, and removing them; nothing is ever half there."""

import os
import shutil
import time
import uuid
from collections.abc import Container
from pathlib import Path
from typing import Final

from facemotion.core.errors import ModelError
from facemotion.vision.download import DownloadProgress, Report, download
from facemotion.vision.http_reading import Cancel, Patience
from facemotion.vision.pack_catalogue import PackDescription
from facemotion.vision.pack_import import import_pack
from facemotion.vision.packs import Pack, file_sha256, open_pack
from facemotion.vision.partial_file import partial_size

PARTIAL_FOLDER: Final = ".partial"
_REMOVED: Final = ".removed-"
_IMPORTING: Final = ".import-"
_SPARE_BYTES: Final = 64 * 1024**2
_STALE_S: Final = 30 * 24 * 3600.0
_CRASHED_S: Final = 24 * 3600.0


class LicenceNotAcceptedError(ModelError):
    """A pack's licence has to be accepted before its download."""


def install_pack(
    description: PackDescription,
    packs_dir: Path,
    accepted: Container[str],
    report: Report | None = None,
    cancel: Cancel | None = None,
    patience: Patience | None = None,
) -> Pack:
    """Download a pack and install it.

    Blocks; run it in a thread of its own. What was received is kept in `packs_dir/.partial` until
    the pack is installed, so that a later call goes on where this one ended.

    Args:
        description: The pack.
        packs_dir: Where packs are kept; made when missing.
        accepted: Keys of the licences accepted (`Licence.key`).
        report: Called in this thread with the progress of the whole pack.
        cancel: Stops it from another thread.
        patience: Time-outs and attempts.

    Returns:
        The installed pack; the one that is there already, when it is right.

    Raises:
        LicenceNotAcceptedError: The licence was not accepted.
        DownloadCancelledError: `cancel` was asked.
        ModelError: There is no room, a file cannot be had or is not the one that we know, or the
            pack cannot be written. Nothing is installed then.
    """
    if description.licence.key not in accepted:
        raise LicenceNotAcceptedError(
            f"{description.title} is under a licence that has to be accepted first: "
            f"{description.licence.title}."
        )
    clean_up(packs_dir)
    installed = _installed(description, packs_dir)
    if installed is None:
        _check_room(description, packs_dir)
        folder = _fetch(description, packs_dir, report, cancel, patience)
        source = folder / description.downloads[0].name if description.is_zip else folder
        _drop_damaged(packs_dir / description.pack_id)
        installed = import_pack(source, packs_dir, description=description)
    discard_download(description, packs_dir)
    return installed


def partial_bytes(description: PackDescription, packs_dir: Path) -> int:
    """What an unfinished download of a pack has left."""
    folder = _partial_folder(description, packs_dir)
    return sum(
        file.size_bytes if (folder / file.name).is_file() else partial_size(folder, file.name)
        for file in description.downloads
    )


def discard_download(description: PackDescription, packs_dir: Path) -> None:
    """Delete what an unfinished download of a pack has left."""
    shutil.rmtree(_partial_folder(description, packs_dir), ignore_errors=True)


def is_removable(folder: Path, packs_dir: Path) -> bool:
    """Whether a pack lies where packs are installed, so that it may be deleted."""
    is_inside = folder.parent.resolve() == packs_dir.resolve()
    return is_inside and not folder.name.startswith(".") and folder.is_dir()


def remove_pack(folder: Path, packs_dir: Path, in_use: Path | None = None) -> None:
    """Delete an installed pack; of a link to a folder only the link.

    Args:
        folder: Its folder, which must lie right inside `packs_dir`.
        packs_dir: Where packs are kept.
        in_use: Folder of the pack in use, which is not removed.

    Raises:
        ModelError: It is not an installed pack, it is in use, or it cannot be deleted.
    """
    if not is_removable(folder, packs_dir):
        raise ModelError(
            f"{folder.name} is no pack that was installed in {packs_dir}, so it is not deleted."
        )
    if in_use is not None and folder.resolve() == in_use.resolve():
        raise ModelError(f"The pack {folder.name} is in use. Choose another one first.")
    _delete(folder)


def _delete(folder: Path) -> None:
    """Delete a pack, out of sight in one step: half of one would look like a damaged one."""
    hidden = folder.parent / f"{_REMOVED}{uuid.uuid4().hex}"
    try:
        if folder.is_symlink():
            folder.unlink()
            return
        os.replace(folder, hidden)
        shutil.rmtree(hidden)
    except OSError as error:
        raise ModelError(
            f"The pack {folder.name} cannot be deleted whole: {error.strerror or error}. Close "
            "other programs that use it and try again."
        ) from error


def clean_up(packs_dir: Path) -> None:
    """Delete what ended programs and forgotten downloads have left; never fails."""
    now = time.time()
    for pattern, age_s in ((f"{_REMOVED}*", 0.0), (f"{_IMPORTING}*", _CRASHED_S)):
        for path in packs_dir.glob(pattern):
            if _age_s(path, now) >= age_s:
                shutil.rmtree(path, ignore_errors=True)
    for folder in (packs_dir / PARTIAL_FOLDER).glob("*"):
        ages = [_age_s(path, now) for path in (folder, *folder.glob("*"))]
        if min(ages) >= _STALE_S:
            shutil.rmtree(folder, ignore_errors=True)


def _age_s(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except OSError:
        return 0.0


def _installed(description: PackDescription, packs_dir: Path) -> Pack | None:
    folder = packs_dir / description.pack_id
    if not all(_is_same(folder / file.name, file.sha256) for file in description.files):
        return None
    return open_pack(folder)


def _drop_damaged(folder: Path) -> None:
    """Make way for a pack that is installed again; another pack of that name stays."""
    if not folder.is_dir():
        return
    try:
        is_damaged = bool(open_pack(folder).problem)
    except ModelError:
        is_damaged = True
    if is_damaged:
        _delete(folder)


def _is_same(path: Path, sha256: str) -> bool:
    return path.is_file() and file_sha256(path) == sha256


def _check_room(description: PackDescription, packs_dir: Path) -> None:
    existing = next(path for path in (packs_dir, *packs_dir.parents) if path.exists())
    left = max(description.download_bytes - partial_bytes(description, packs_dir), 0)
    needed = left + description.installed_bytes + _SPARE_BYTES
    try:
        free = shutil.disk_usage(existing).free
    except OSError:
        return  # a disk that does not tell; a full one is noticed when it is written
    if free < needed:
        raise ModelError(
            f"{description.title} needs {needed / 1e6:,.0f} MB on the disk of {packs_dir}, which "
            f"has {free / 1e6:,.0f} MB left. Make room and try again."
        )


def _fetch(
    description: PackDescription,
    packs_dir: Path,
    report: Report | None,
    cancel: Cancel | None,
    patience: Patience | None,
) -> Path:
    """Download what is missing; the folder with the whole files."""
    folder = _partial_folder(description, packs_dir)
    done = 0
    for remote in description.downloads:
        whole = folder / remote.name
        if not _is_same(whole, remote.sha256):
            part = download(remote, folder, _shifted(report, description, done), cancel, patience)
            _rename(part, whole)
        done += remote.size_bytes
    return folder


def _rename(part: Path, whole: Path) -> None:
    try:
        os.replace(part, whole)
    except OSError as error:
        raise ModelError(
            f"{whole} cannot be written: {error.strerror or error}. Try again."
        ) from error


def _shifted(report: Report | None, description: PackDescription, done: int) -> Report | None:
    """Tell about the whole pack instead of one file."""
    if report is None:
        return None
    tell = report

    def shifted(part: DownloadProgress) -> None:
        received = done + part.received_bytes
        tell(DownloadProgress(part.name, received, description.download_bytes, part.note))

    return shifted


def _partial_folder(description: PackDescription, packs_dir: Path) -> Path:
    return packs_dir / PARTIAL_FOLDER / description.pack_id
