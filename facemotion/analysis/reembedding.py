"""Enrolling people again from the photos that are kept of them, after a change of pack."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from facemotion.core.errors import FacemotionError
from facemotion.core.quality import QualityGates
from facemotion.store.gallery import GalleryStore
from facemotion.store.person_files import Person
from facemotion.vision.faces import FaceFinder
from facemotion.vision.photos import examine_photo

_WERE_ACCEPTED: Final = QualityGates(
    min_face_px=20.0,
    min_det_score=0.3,
    min_sharpness=0.0,
    max_yaw_deg=90.0,
    max_pitch_deg=90.0,
    max_roll_deg=180.0,
    max_cut_off=1.0,
)
"""The photos passed the gates when they were taken; here a face only has to be found again."""


@dataclass(frozen=True, slots=True)
class Reembedded:
    """What became of a person.

    Attributes:
        person: The person, as enrolled now.
        used: Photos that gave an embedding.
        unused: Photos in which no single face was found; they are kept all the same.
        problem: Why the person still needs new photos; empty when all is well.
    """

    person: Person
    used: int
    unused: int
    problem: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the person is known to the pack now."""
        return not self.problem


def of_another_pack(people: Iterable[Person], model_id: str) -> list[Person]:
    """Who has no embeddings of a recogniser, and so cannot be told apart with it.

    Args:
        people: Everybody enrolled.
        model_id: The recogniser in use.
    """
    return [person for person in people if person.model_id != model_id]


def reembed(
    gallery: GalleryStore,
    people: Iterable[Person],
    faces: FaceFinder,
    report: Callable[[int, Person], None] | None = None,
    is_stopped: Callable[[], bool] | None = None,
) -> list[Reembedded]:
    """Give people embeddings of the pack in use, from the photos kept of them.

    Blocks; run it in a thread of its own. A person changes as a whole or not at all: somebody
    whose photos show no face any more stays enrolled with the other pack.

    Args:
        gallery: Where they are kept.
        people: Who; see `of_another_pack`.
        faces: The models of the pack in use, with a recogniser.
        report: Called in this thread before each person, with the number done so far.
        is_stopped: Whether the user wants it to end; asked before each person.

    Returns:
        What became of each person that was tried.

    Raises:
        ModelError: The pack has no recogniser, or a model fails.
    """
    outcomes: list[Reembedded] = []
    for number, person in enumerate(people):
        if is_stopped is not None and is_stopped():
            break
        if report is not None:
            report(number, person)
        outcomes.append(_reembed_one(gallery, person, faces))
    return outcomes


def _reembed_one(gallery: GalleryStore, person: Person, faces: FaceFinder) -> Reembedded:
    photos = gallery.photos(person.person_id)
    if not photos:
        return Reembedded(
            person, 0, 0, f"No photos of {person.name} are kept; add new ones with this pack."
        )
    verdicts = [examine_photo(photo, faces, _WERE_ACCEPTED) for photo in photos]
    rows = [verdict.embedding for verdict in verdicts if verdict.embedding is not None]
    unused = len(photos) - len(rows)
    if not rows:
        return Reembedded(
            person,
            0,
            unused,
            f"This pack finds no face in the photos kept of {person.name}; add new ones.",
        )
    try:
        changed = gallery.replace_embeddings(person.person_id, np.stack(rows), faces.model_id)
    except FacemotionError as error:
        return Reembedded(person, 0, unused, str(error))
    return Reembedded(changed, len(rows), unused)
