"""`facemotion packs`: list, download, import, remove and choose model packs."""

import argparse
import contextlib
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facemotion.commands.console import EXIT_FAILED, EXIT_OK, EXIT_PARTLY, Console
from facemotion.commands.setup import Setup, choose_pack, open_faces, read_setup
from facemotion.core.errors import FacemotionError, ModelError
from facemotion.store.licences import AcceptedLicences
from facemotion.store.pack_choice import PACK_VARIABLE, named_pack, pack_roots
from facemotion.store.settings import save_settings

if TYPE_CHECKING:
    from facemotion.vision.download import DownloadProgress
    from facemotion.vision.pack_catalogue import Licence, PackDescription
    from facemotion.vision.pack_shelf import ShelfPack
    from facemotion.vision.packs import Pack


def list_packs(options: argparse.Namespace) -> int:
    """List the packs that are installed and those that can be downloaded."""
    console = Console(options.json)
    setup = read_setup(options, console)
    shelf = _shelf(setup)
    width = max(len(entry.pack_id) for entry in shelf)
    for entry in shelf:
        console.say(f"{entry.pack_id:<{width}}  {_state(entry)}")
        console.say(f"{'':<{width}}  {_facts(entry)}")
        if entry.licence:
            console.say(f"{'':<{width}}  Licence: {entry.licence}")
        if entry.problem:
            console.note(entry.problem)
    console.give({"packs": [_as_json(entry) for entry in shelf]})
    return EXIT_PARTLY if any(entry.problem for entry in shelf) else EXIT_OK


def download(options: argparse.Namespace) -> int:
    """Download a pack and install it; its licence must be accepted.

    Raises:
        ModelError: There is no such pack, its licence was not accepted, or it cannot be had.
    """
    from facemotion.vision.pack_install import install_pack

    console = Console(options.json)
    setup = read_setup(options, console)
    description = _description(options.name)
    licences = AcceptedLicences(setup.paths.licences_file)
    if not _is_accepted(description.licence, licences, console, options.accept_licence):
        console.note(
            f"facemotion: {description.title} was not downloaded, because its licence was not "
            "accepted. Add --accept-licence to accept it."
        )
        return EXIT_FAILED
    with console.progress(f"Downloading {description.pack_id}") as bar:

        def show(progress: "DownloadProgress") -> None:
            detail = f"{progress.received_bytes / 1e6:.1f} MB {progress.note}".rstrip()
            bar.show(progress.received_bytes / max(progress.total_bytes, 1), detail)

        with _cancelling() as cancel:
            pack = install_pack(description, setup.paths.packs_dir, licences.keys(), show, cancel)
    return _installed(console, pack)


def import_(options: argparse.Namespace) -> int:
    """Install a pack from a folder or a zip.

    Raises:
        ModelError: It is no pack, damaged, or cannot be written.
    """
    from facemotion.vision.pack_import import import_pack

    console = Console(options.json)
    setup = read_setup(options, console)
    pack = import_pack(Path(options.source).expanduser(), setup.paths.packs_dir)
    return _installed(console, pack)


def remove(options: argparse.Namespace) -> int:
    """Delete an installed pack.

    Raises:
        ModelError: There is none of that name, it comes with the program, or it is in use.
    """
    from facemotion.vision.pack_install import remove_pack
    from facemotion.vision.pack_shelf import find_on_shelf

    console = Console(options.json)
    setup = read_setup(options, console)
    entry = find_on_shelf(_shelf(setup), options.name)
    if entry.is_builtin:
        raise ModelError(f"The pack {entry.pack_id} comes with the program and stays.")
    if entry.folder is None:
        raise ModelError(f"The pack {entry.pack_id} is not installed.")
    if entry.is_in_use:
        raise ModelError(
            f"The pack {entry.pack_id} is in use. Choose another one first, for example with "
            "“facemotion packs use builtin”."
        )
    remove_pack(entry.folder, setup.paths.packs_dir)
    console.say(f"{entry.title} is removed.")
    console.give({"removed": entry.pack_id})
    return EXIT_OK


def use(options: argparse.Namespace) -> int:
    """Choose the pack that facemotion works with.

    Raises:
        ModelError: There is none of that name, or it cannot be used.
    """
    console = Console(options.json)
    setup = read_setup(options, console)
    choice, pack = _chosen(options.name, setup)
    detection = dataclasses.replace(setup.settings.detection, pack=choice)
    save_settings(
        setup.paths.settings_file, dataclasses.replace(setup.settings, detection=detection)
    )
    if pack.problem:
        console.note(pack.problem)
    if named_pack(setup.paths, "", choice) != named_pack(setup.paths, "", choice, environment={}):
        console.note(
            f"The environment variable {PACK_VARIABLE} names another pack and counts first."
        )
    if pack.recogniser_path is None:
        console.note("This pack finds faces but cannot tell people apart: nobody gets a name.")
    elif options.reembed:
        _reembed(setup, pack, console)
    without = _people_without(setup, pack)
    if without and pack.recogniser_path is not None:
        console.note(
            f"{without} of the people enrolled are known to another pack only and need new photos "
            "with this one. --reembed takes the photos that are kept."
        )
    console.say(f"{pack.name} is used from now on; a window that is open keeps its own.")
    console.give({"in_use": choice, "model_id": pack.model_id, "people_without": without})
    return EXIT_OK


def _shelf(setup: Setup) -> "tuple[ShelfPack, ...]":
    from facemotion.vision.pack_shelf import read_shelf

    in_use: Path | None = None
    with contextlib.suppress(FacemotionError):
        in_use = choose_pack(setup).folder
    return read_shelf(setup.paths.packs_dir, pack_roots(setup.paths), in_use)


def _description(name: str) -> "PackDescription":
    from facemotion.vision.pack_catalogue import CATALOGUE

    found = next((entry for entry in CATALOGUE if entry.pack_id == name), None)
    if found is None:
        known = ", ".join(entry.pack_id for entry in CATALOGUE)
        raise ModelError(f"There is no pack called {name} to download. There are: {known}.")
    return found


def _is_accepted(
    licence: "Licence", licences: AcceptedLicences, console: Console, is_accepted_now: bool
) -> bool:
    """Show the licence; ask where somebody can answer."""
    accepted = licences.keys()
    if licence.key in accepted:
        return True
    console.note(f"Licence: {licence.title}\n\n{licence.text}\nIn full: {licence.url}\n")
    if not is_accepted_now and sys.stdin is not None and sys.stdin.isatty():
        console.note("Do you accept it? Type yes or no:")
        is_accepted_now = sys.stdin.readline().strip().casefold() in ("y", "yes")
    if is_accepted_now:
        licences.accept(licence.key, licence.title)
    return is_accepted_now


@contextlib.contextmanager
def _cancelling() -> Any:
    """What stops the download when Ctrl-C ends the command."""
    from facemotion.vision.http_reading import Cancel

    cancel = Cancel()
    try:
        yield cancel
    finally:
        cancel.ask()


def _installed(console: Console, pack: "Pack") -> int:
    console.say(f"{pack.name} is installed. “facemotion packs use {pack.folder.name}” chooses it.")
    console.give(
        {"installed": pack.folder.name, "folder": str(pack.folder), "model_id": pack.model_id}
    )
    return EXIT_OK


def _chosen(name: str, setup: Setup) -> "tuple[str, Pack]":
    """What to write into the settings, and the pack it stands for."""
    from facemotion.vision.pack_shelf import find_on_shelf
    from facemotion.vision.packs import open_pack

    path = Path(name).expanduser()
    if path.name != name and path.is_dir():
        folder = path.resolve()
        return str(folder), open_pack(folder)
    entry = find_on_shelf(_shelf(setup), name)
    if entry.folder is None:
        raise ModelError(
            f"The pack {entry.pack_id} is not installed. Get it with “facemotion packs download "
            f"{entry.pack_id}”."
        )
    if entry.pack is None:
        raise ModelError(entry.problem)
    is_by_name = named_pack(setup.paths, "", entry.pack_id, environment={}) == entry.folder
    return entry.pack_id if is_by_name else str(entry.folder), entry.pack


def _reembed(setup: Setup, pack: "Pack", console: Console) -> None:
    from facemotion.analysis.reembedding import of_another_pack, reembed

    people = of_another_pack(setup.gallery.load().people, pack.model_id)
    if not people:
        return
    faces = open_faces(setup, pack, console.note)
    with console.progress("People") as bar:
        outcomes = reembed(
            setup.gallery,
            people,
            faces,
            lambda done, person: bar.show(done / len(people), person.name),
        )
    for outcome in outcomes:
        if outcome.is_done:
            console.say(f"{outcome.person.name}: {outcome.used} photos read again.")
        else:
            console.note(outcome.problem)


def _people_without(setup: Setup, pack: "Pack") -> int:
    """How many people have no embeddings of this pack's recogniser."""
    return sum(person.model_id != pack.model_id for person in setup.gallery.load().people)


def _state(entry: "ShelfPack") -> str:
    if entry.is_in_use:
        return f"{entry.title} (in use)"
    if entry.is_installed:
        return f"{entry.title} (installed)"
    if entry.folder is not None:
        return f"{entry.title} (cannot be used)"
    if entry.partial_bytes:
        return f"{entry.title} (download begun: {entry.partial_bytes / 1e6:.1f} MB)"
    return f"{entry.title} (can be downloaded)"


def _facts(entry: "ShelfPack") -> str:
    names = f"{entry.embedding_dim} numbers a face" if entry.embedding_dim else "finds faces only"
    facts = (f"{entry.size_bytes / 1e6:.1f} MB", entry.speed, names, entry.accuracy)
    return ", ".join(fact for fact in facts if fact)


def _as_json(entry: "ShelfPack") -> dict[str, Any]:
    pack = entry.pack
    return {
        "id": entry.pack_id,
        "title": entry.title,
        "installed": entry.is_installed,
        "in_use": entry.is_in_use,
        "builtin": entry.is_builtin,
        "folder": str(entry.folder) if entry.folder is not None else None,
        "model_id": pack.model_id if pack is not None else None,
        "embedding_dim": entry.embedding_dim,
        "size_bytes": entry.size_bytes,
        "partial_bytes": entry.partial_bytes,
        "speed": entry.speed or None,
        "accuracy": entry.accuracy or None,
        "licence": entry.licence or None,
        "commercial_use": (
            entry.description.licence.is_commercial_use_allowed if entry.description else None
        ),
        "source": entry.source or None,
        "similarity_at_1_percent": pack.at_1_percent if pack is not None else None,
        "similarity_at_0_1_percent": pack.at_0_1_percent if pack is not None else None,
        "problem": entry.problem or None,
    }
