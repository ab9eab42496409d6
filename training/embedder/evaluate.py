"""How well embeddings tell people apart: verification, identification, false accepts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.lfw import LfwArchive, Pair

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""uint8 (N, 112, 112, 3) BGR to unit vectors float32 (N, D)."""

_FOLDS: Final = 10
ENROLLED_PEOPLE: Final = 100
ENROLLED_PICTURES: Final = 3


@dataclass(frozen=True, slots=True)
class Identification:
    """Open-set identification.

    Attributes:
        right_name: Share of the enrolled people's probes that got the right name.
        threshold: Similarity at which the wanted share of strangers is accepted.
        probes: How many probes of enrolled people there were.
        strangers: How many probes of people who are not enrolled.
    """

    right_name: float
    threshold: float
    probes: int
    strangers: int


def verification_accuracy(
    similarities: NDArray[np.float32], is_same: NDArray[np.bool_]
) -> tuple[float, float]:
    """Accuracy with the threshold chosen on the other nine tenths, and the mean threshold.

    Args:
        similarities: float32 (N,) cosine similarity of each pair.
        is_same: bool (N,) whether the pair shows one person.
    """
    order = np.random.default_rng(0).permutation(len(similarities))
    right, thresholds = 0, []
    for fold in np.array_split(order, _FOLDS):
        others = np.setdiff1d(order, fold)
        threshold = best_threshold(similarities[others], is_same[others])
        right += int(((similarities[fold] >= threshold) == is_same[fold]).sum())
        thresholds.append(threshold)
    return right / len(similarities), float(np.mean(thresholds))


def best_threshold(similarities: NDArray[np.float32], is_same: NDArray[np.bool_]) -> float:
    """The threshold with the most right answers, in the middle of its gap."""
    order = np.argsort(similarities)
    values, same = similarities[order], is_same[order]
    below = np.concatenate([[0], np.cumsum(~same)])
    above = same.sum() - np.concatenate([[0], np.cumsum(same)])
    cut = int(np.argmax(below + above))
    low = values[cut - 1] if cut > 0 else -1.0
    high = values[cut] if cut < len(values) else 1.0
    return float((low + high) / 2.0)


def accept_threshold(similarities: NDArray[np.float32], share: float) -> float:
    """The similarity that just this share of impostors reach."""
    return float(np.quantile(similarities, 1.0 - share))


def impostor_similarities(
    embeddings: NDArray[np.float32], people: NDArray[np.str_]
) -> NDArray[np.float32]:
    """Similarities of all pairs of different people."""
    is_other = np.triu(people[:, None] != people[None, :], 1)
    return (embeddings @ embeddings.T)[is_other]


def identify(
    embeddings: NDArray[np.float32], people: NDArray[np.str_], false_accepts: float = 0.01
) -> Identification:
    """Enrol people with three pictures each and ask who the others are.

    Those with four pictures and more are enrolled, a hundred at most; their further pictures are
    probes, and everybody else's pictures are strangers. A probe's similarity to a person is the
    best one to any of the three.

    Args:
        embeddings: float32 (N, D) unit rows.
        people: (N,) name of each row's person.
        false_accepts: Share of strangers who may be given a name.

    Raises:
        ValueError: Nobody can be enrolled, or there are no strangers.
    """
    names, counts = np.unique(people, return_counts=True)
    enrolled = names[counts > ENROLLED_PICTURES][:ENROLLED_PEOPLE]
    rows = [np.flatnonzero(people == name) for name in enrolled]
    strangers = embeddings[~np.isin(people, enrolled)]
    if not len(enrolled) or not len(strangers):
        raise ValueError("identification needs people with four pictures, and strangers")
    gallery = np.stack([embeddings[found[:ENROLLED_PICTURES]] for found in rows])
    probes = np.concatenate([found[ENROLLED_PICTURES:] for found in rows])
    owners = np.concatenate([np.full(len(r) - ENROLLED_PICTURES, i) for i, r in enumerate(rows)])
    threshold = accept_threshold(_to_people(strangers, gallery).max(1), false_accepts)
    found = _to_people(embeddings[probes], gallery)
    is_right = (found.argmax(1) == owners) & (found.max(1) >= threshold)
    return Identification(float(is_right.mean()), threshold, len(probes), len(strangers))


def _to_people(probes: NDArray[np.float32], gallery: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.einsum("nd,pkd->npk", probes, gallery).max(2)


def kept_out_pairs(archive: LfwArchive) -> list[Pair]:
    """The verification pairs of which both people were kept out of training."""
    kept_out = archive.kept_out()
    return [p for p in archive.pairs() if kept_out[p.first] and kept_out[p.second]]
