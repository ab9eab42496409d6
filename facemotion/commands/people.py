"""`facemotion enroll`, `people` and `forget`."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facemotion.commands.console import EXIT_FAILED, EXIT_OK, EXIT_PARTLY, Console
from facemotion.commands.setup import Setup, choose_pack, open_faces, read_setup
from facemotion.core.errors import GalleryError, ModelError
from facemotion.core.matching import match_percent
from facemotion.store.gallery import GalleryStore
from facemotion.store.names import clean_name
from facemotion.store.person_files import Person

if TYPE_CHECKING:
    from facemotion.vision.faces import FaceModels
    from facemotion.vision.packs import Pack
    from facemotion.vision.photos import PhotoVerdict


@dataclass(frozen=True, slots=True, eq=False)
class _Shots:
    """The photos of one enrolment after they were examined."""

    accepted: "list[PhotoVerdict]"
    rejected: "list[PhotoVerdict]"
    warnings: list[str]

    @property
    def embeddings(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.stack([shot.embedding for shot in self.accepted if shot.embedding is not None])


def enroll(options: argparse.Namespace) -> int:
    """Enrol a person from photos, or add photos to somebody enrolled.

    Raises:
        FacemotionError: Nothing could be done; the message says why.
    """
    console = Console(options.json)
    setup = read_setup(options, console)
    name = clean_name(options.name)
    existing = _find(setup.gallery, name, console)
    pack = choose_pack(setup)
    if pack.recogniser_path is None:
        raise ModelError(
            f"The pack {pack.name} has no recognition model, so nobody can be enrolled with it. "
            "Choose another pack with --pack."
        )
    if existing is not None and not options.replace and existing.model_id != pack.model_id:
        raise GalleryError(
            f"{existing.name} was enrolled with {existing.model_id}, this pack is {pack.model_id}. "
            "Add --replace to enrol again with this pack."
        )
    shots = _examine(options.photos, setup, open_faces(setup, pack, console.note), console)
    person = _store(options, setup, name, existing, pack, shots) if shots.accepted else None
    _warn(shots, setup, pack, person)
    _report(console, shots, person, name)
    if person is None:
        return EXIT_FAILED
    return EXIT_PARTLY if shots.rejected else EXIT_OK


def people(options: argparse.Namespace) -> int:
    """List who is enrolled.

    Raises:
        GalleryError: The gallery cannot be read.
    """
    console = Console(options.json)
    setup = read_setup(options, console)
    contents = setup.gallery.load()
    for problem in contents.problems:
        console.note(problem)
    console.give({"people": [_as_json(person) for person in contents.people]})
    if not contents.people:
        console.say(f"Nobody is enrolled in {setup.gallery.folder}.")
    width = max((len(person.name) for person in contents.people), default=0)
    for person in contents.people:
        photos = ", photos kept" if person.has_photos else ""
        console.say(
            f"{person.name:<{width}}  {person.embedding_count:>3} embeddings, {person.model_id}, "
            f"{person.updated_at:%Y-%m-%d}{photos}"
        )
    return EXIT_PARTLY if contents.problems else EXIT_OK


def forget(options: argparse.Namespace) -> int:
    """Delete a person with everything that is kept.

    Raises:
        GalleryError: Nobody has that name, or something cannot be deleted.
    """
    console = Console(options.json)
    setup = read_setup(options, console)
    person = _find(setup.gallery, options.name, console)
    damaged_count = setup.gallery.delete_damaged(options.name)
    if person is not None:
        setup.gallery.delete(person.person_id)
    elif damaged_count == 0:
        raise GalleryError(
            f"Nobody called {options.name} is enrolled in {setup.gallery.folder}. "
            "“facemotion people” lists the names."
        )
    name = person.name if person is not None else options.name
    console.say(f"{name} is forgotten: embeddings, photos and damaged copies are deleted.")
    console.give({"forgotten": name, "damaged_copies": damaged_count})
    _note_unknown_damage(setup.gallery, console)
    return EXIT_OK


def _find(gallery: GalleryStore, name: str, console: Console) -> Person | None:
    contents = gallery.load()
    for problem in contents.problems:
        console.note(problem)
    return contents.find(name)


def _note_unknown_damage(gallery: GalleryStore, console: Console) -> None:
    left = gallery.damaged_entries()
    if left:
        console.note(
            f"{len(left)} damaged entries are still set aside in {gallery.folder}; whose they are "
            "may be unreadable. Delete them by hand if they should go too: "
            + ", ".join(path.name for path in left)
        )


def _examine(photos: list[str], setup: Setup, faces: "FaceModels", console: Console) -> _Shots:
    from facemotion.vision.photos import examine_photo

    shots = _Shots([], [], [])
    with console.progress("Photos") as bar:
        for number, photo in enumerate(photos):
            bar.show(number / len(photos), Path(photo).name)
            verdict = examine_photo(Path(photo).expanduser(), faces, setup.settings.enrolment_gates)
            (shots.accepted if verdict.accepted else shots.rejected).append(verdict)
        bar.show(1.0, "")
    return shots


def _store(
    options: argparse.Namespace,
    setup: Setup,
    name: str,
    existing: Person | None,
    pack: "Pack",
    shots: _Shots,
) -> Person:
    is_kept = options.keep_photos or setup.settings.privacy.keep_photos
    photos = [_encode(shot) for shot in shots.accepted] if is_kept else None
    gallery = setup.gallery
    if existing is None:
        return gallery.enrol(name, shots.embeddings, pack.model_id, photos)
    change = gallery.replace_embeddings if options.replace else gallery.add_embeddings
    return change(existing.person_id, shots.embeddings, pack.model_id, photos)


def _encode(shot: "PhotoVerdict") -> bytes:
    import cv2

    is_done, data = (False, None) if shot.crop_bgr is None else cv2.imencode(".png", shot.crop_bgr)
    if not is_done or data is None:
        raise GalleryError(f"The face of {shot.name} cannot be kept as a picture.")
    return data.tobytes()


def _warn(shots: _Shots, setup: Setup, pack: "Pack", person: Person | None) -> None:
    """Say so when photos show different people, or somebody who is enrolled under another name."""
    if person is None:
        return
    rows = shots.embeddings
    mean = rows.mean(axis=0)
    for shot, row in zip(shots.accepted, rows, strict=True):
        others = mean * len(rows) - row
        norm = float(np.linalg.norm(others))
        if len(rows) > 1 and float(row @ others) / max(norm, 1e-9) < pack.thresholds.uncertain:
            shots.warnings.append(f"{shot.name} does not look like the other photos.")
    if setup.settings.enrolment.is_duplicate_warned:
        shots.warnings.extend(_look_alikes(rows, setup, pack, person))


def _look_alikes(rows: np.ndarray, setup: Setup, pack: "Pack", person: Person) -> list[str]:
    index = setup.gallery.index(pack.model_id)
    best: dict[str, float] = {}
    for row in rows:
        ids, similarities = index.person_similarities(row)
        for person_id, similarity in zip(ids, similarities, strict=True):
            best[person_id] = max(best.get(person_id, -1.0), float(similarity))
    threshold = setup.settings.matching.threshold_for(
        pack.thresholds, max(index.size, 1), max(index.embedding_count, 1)
    )
    return [
        f"{person.name} looks like {index.name_of(person_id)}, who is enrolled already "
        f"({match_percent(similarity, threshold):.0f} %); are they one person?"
        for person_id, similarity in sorted(best.items(), key=lambda item: -item[1])
        if person_id != person.person_id and similarity >= threshold
    ]


def _report(console: Console, shots: _Shots, person: Person | None, name: str) -> None:
    for shot in shots.accepted:
        console.say(f"{shot.name}: accepted")
    for shot in shots.rejected:
        console.say(f"{shot.name}: rejected, {shot.reason}")
    for warning in shots.warnings:
        console.note(warning)
    if person is None:
        console.note(f"facemotion: {name} was not enrolled: no photo could be used.")
    else:
        console.say(f"{person.name} is enrolled with {person.embedding_count} embeddings.")
    console.give(
        {
            "person": _as_json(person) if person is not None else None,
            "accepted": [shot.name for shot in shots.accepted],
            "rejected": {shot.name: shot.reason for shot in shots.rejected},
            "warnings": shots.warnings,
        }
    )


def _as_json(person: Person) -> dict[str, Any]:
    return {
        "id": person.person_id,
        "name": person.name,
        "model_id": person.model_id,
        "embeddings": person.embedding_count,
        "has_photos": person.has_photos,
        "created_at": person.created_at.isoformat(),
        "updated_at": person.updated_at.isoformat(),
    }
