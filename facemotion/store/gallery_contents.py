"""What a gallery holds, and which additions to it are refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from facemotion.core.errors import GalleryError
from facemotion.core.matching import GalleryIndex
from facemotion.core.types import FloatArray
from facemotion.store.names import clean_name, name_key
from facemotion.store.person_files import Person, PersonRecord


@dataclass(frozen=True, slots=True, eq=False)
class GalleryContents:
    """What a gallery holds at one moment.

    Attributes:
        people: Ordered by name.
        problems: A sentence for everything that could not be read and was set aside.
        embeddings: float32 (N, D) unit rows of each person, by person id.
        unusable_ids: People whose embeddings have another length than the others'; they are never
            matched.
        neutral_ids: People whose neutral face is kept.
    """

    people: tuple[Person, ...]
    problems: tuple[str, ...]
    embeddings: Mapping[str, FloatArray]
    unusable_ids: frozenset[str] = frozenset()
    neutral_ids: frozenset[str] = frozenset()

    def index(self, model_id: str) -> GalleryIndex:
        """Everybody whose embeddings come from one recogniser, ready to be matched."""
        matching = [
            person
            for person in self.people
            if person.model_id == model_id and person.person_id not in self.unusable_ids
        ]
        rows = [self.embeddings[person.person_id] for person in matching]
        owners = [person.person_id for person in matching for _ in range(person.embedding_count)]
        names = {person.person_id: person.name for person in matching}
        stacked = np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)
        return GalleryIndex(stacked, owners, names, model_id)

    def other_model_people(self, model_id: str) -> tuple[Person, ...]:
        """Everybody who was enrolled with another recogniser and has to be enrolled again."""
        return tuple(person for person in self.people if person.model_id != model_id)

    def find(self, name: str) -> Person | None:
        """The person of that name, letter case aside."""
        key = name_key(clean_name(name))
        return next((person for person in self.people if name_key(person.name) == key), None)

    def by_id(self, person_id: str) -> Person | None:
        """The person of that id."""
        return next((person for person in self.people if person.person_id == person_id), None)


def odd_dimensions(
    people: Sequence[Person], embeddings: Mapping[str, FloatArray]
) -> dict[str, str]:
    """Whose embeddings have another length than most of the same recogniser's.

    Returns:
        A sentence by person id.
    """
    lengths: dict[str, list[int]] = {}
    for person in people:
        lengths.setdefault(person.model_id, []).append(embeddings[person.person_id].shape[1])
    usual = {model: max(sorted(set(all_)), key=all_.count) for model, all_ in lengths.items()}
    found: dict[str, str] = {}
    for person in people:
        length = embeddings[person.person_id].shape[1]
        if length != usual[person.model_id]:
            found[person.person_id] = (
                f"{person.name} cannot be recognised: the embeddings have {length} numbers, those "
                f"of {person.model_id} have {usual[person.model_id]}. Enrol {person.name} again."
            )
    return found


def refuse_taken_name(contents: GalleryContents, name: str, own_id: str | None) -> None:
    """Refuse a name that somebody else has, letter case aside.

    Raises:
        GalleryError: Somebody else has it.
    """
    other = contents.find(name)
    if other is not None and other.person_id != own_id:
        raise GalleryError(
            f"Somebody called {other.name} is enrolled already; choose another name, or add "
            f"photos to {other.name}."
        )


def refuse_other_dimension(
    contents: GalleryContents, model_id: str, rows: FloatArray, except_id: str = ""
) -> None:
    """Refuse embeddings of another length than the gallery has of the same recogniser.

    Raises:
        GalleryError: They have another length.
    """
    for person in contents.people:
        is_other = person.person_id not in (except_id, *contents.unusable_ids)
        if person.model_id == model_id and is_other:
            expected = contents.embeddings[person.person_id].shape[1]
            if rows.shape[1] != expected:
                raise GalleryError(
                    f"Embeddings of {model_id} have {expected} numbers in this gallery, these have "
                    f"{rows.shape[1]}: they come from another model."
                )
            return


def refuse_dimension_change(record: PersonRecord, rows: FloatArray) -> None:
    """Refuse embeddings of another length than the person's.

    Raises:
        GalleryError: They have another length.
    """
    if rows.shape[1] != record.embeddings.shape[1]:
        raise GalleryError(
            f"{record.person.name} has embeddings of {record.embeddings.shape[1]} numbers, the new "
            f"ones have {rows.shape[1]}: they come from another model."
        )
