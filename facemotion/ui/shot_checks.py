"""What the shots of one enrolment say about each other and about the people known already."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facemotion.core.gallery_index import GalleryIndex
from facemotion.core.thresholds import match_percent
from facemotion.core.types import FloatArray, FrameBgr


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One accepted picture of the face that is being enrolled.

    Attributes:
        shot_id: Its number in the dialog.
        title: File name, or the pose it was taken in.
        crop_bgr: uint8 (h, w, 3) BGR, the face.
        embedding: float32 (D,) unit L2 norm.
    """

    shot_id: int
    title: str
    crop_bgr: FrameBgr
    embedding: FloatArray


@dataclass(frozen=True, slots=True)
class Lookalike:
    """Somebody enrolled whom the shots resemble.

    Attributes:
        person_id: Who.
        name: As enrolled.
        percent: How alike, as the rest of the program shows it.
    """

    person_id: str
    name: str
    percent: float


def find_lookalike(
    shots: Sequence[Shot], index: GalleryIndex, match_threshold: float
) -> Lookalike | None:
    """The enrolled person whom the shots' mean face resembles enough to be the same.

    Args:
        shots: Shots of one face.
        index: The people of the same model.
        match_threshold: Cosine similarity from which two faces are one person.
    """
    if not shots:
        return None
    mean = np.mean([shot.embedding for shot in shots], axis=0)
    norm = float(np.linalg.norm(mean))
    if norm < 1e-6:
        return None
    ids, similarities = index.person_similarities((mean / norm).astype(np.float32))
    if len(ids) == 0:
        return None
    best = int(np.argmax(similarities))
    similarity = float(similarities[best])
    if similarity < match_threshold:
        return None
    person_id = str(ids[best])
    percent = float(match_percent(similarity, match_threshold))
    return Lookalike(person_id, index.name_of(person_id), percent)


def find_strangers(shots: Sequence[Shot], same_threshold: float) -> list[Shot]:
    """Shots that do not look like the rest.

    Each shot is held against the mean of the others that agree with one another best; with two
    shots, both are strangers to each other.

    Args:
        shots: Shots of one enrolment.
        same_threshold: Cosine similarity below which two pictures are hardly one person.

    Returns:
        In the given order; empty when all go together.
    """
    if len(shots) < 2:
        return []
    embeddings = np.stack([shot.embedding for shot in shots])
    similarities = embeddings @ embeddings.T
    np.fill_diagonal(similarities, np.nan)
    if len(shots) == 2:
        return list(shots) if similarities[0, 1] < same_threshold else []
    # The shot that agrees with most others stands for the person who is meant.
    centre = int(
        np.argmax((similarities >= same_threshold).sum(axis=1) + _mean_agreement(similarities))
    )
    group = [
        i for i in range(len(shots)) if i == centre or similarities[centre, i] >= same_threshold
    ]
    return [
        shot
        for position, shot in enumerate(shots)
        if position not in group and _best_agreement(similarities, position, group) < same_threshold
    ]


def _mean_agreement(similarities: FloatArray) -> FloatArray:
    """Mean similarity to the others, scaled below one so that it only breaks ties."""
    return (np.nanmean(similarities, axis=1) * 0.49).astype(np.float32)


def _best_agreement(similarities: FloatArray, position: int, group: Sequence[int]) -> float:
    return float(max(similarities[position, member] for member in group))
