"""How like strangers look to a recogniser, fitted for the description of its pack."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from facemotion.core.impostors import ImpostorTail

SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
RATES: Final = (0.02, 0.01, 0.005, 0.002, 0.001)
PHOTOS: Final = 3
_STRANGERS_NEEDED: Final = 5.0
_LEAST_PER_COMPARISON: Final = 1e-5
"""Rarer likenesses are mostly wrong labels of LFW: one person under two names."""

_GRID: Final = np.arange(-0.2, 1.0, 0.002)


def fit_impostors(
    embeddings: NDArray[np.float32],
    people: NDArray[np.str_],
    photos: NDArray[np.float32] | None = None,
    seed: int = 0,
    draws: int = 3,
) -> ImpostorTail:
    """Fit the tail of strangers' similarities over gallery sizes, rates and photos a person.

    Args:
        embeddings: float32 (N, D) unit rows.
        people: (N,) name of each row's person; at least some hundred people.
        photos: float32 (N, D) unit rows: the same pictures as they are enrolled; None for alike.
        seed: Of the choice of pictures.
        draws: Choices of one picture a person.

    Raises:
        ValueError: There are too few people.
    """
    names = np.unique(people)
    if len(names) < 100:
        raise ValueError(f"need a hundred people to know how like strangers look, got {len(names)}")
    random = np.random.default_rng(seed)
    enrolled = embeddings if photos is None else photos
    rows = [np.flatnonzero(people == name) for name in names]
    points = _points(*_likenesses(embeddings, enrolled, rows, 1, random, draws), 1)
    if sum(len(found) >= PHOTOS for found in rows) >= 30:
        points = np.concatenate(
            [
                points,
                _points(*_likenesses(embeddings, enrolled, rows, PHOTOS, random, draws), PHOTOS),
            ]
        )
    return _fitted(points)


def person_similarities(
    probes: NDArray[np.float32], shots: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Similarity of probes with people, as `core.gallery_index.GalleryIndex` counts it.

    Args:
        probes: float32 (N, D) unit.
        shots: float32 (P, M, D) unit, M embeddings a person.

    Returns:
        float32 (N, P).
    """
    means = shots.mean(axis=1)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    best = np.max([probes @ shots[:, shot].T for shot in range(shots.shape[1])], axis=0)
    return 0.5 * (best + probes @ means.T)


def _likenesses(
    embeddings: NDArray[np.float32],
    photo_embeddings: NDArray[np.float32],
    rows: list[NDArray[np.intp]],
    photos: int,
    random: np.random.Generator,
    draws: int,
) -> tuple[NDArray[np.float64], int]:
    """How many of the others each stranger is at least so similar to.

    Returns:
        float64 (N, T) counts over `_GRID`, and the number of others.
    """
    found: list[NDArray[np.float64]] = []
    enrolled: list[int] = []
    for _ in range(draws):
        chosen = [random.permutation(each)[:photos] for each in rows]
        enrolled = [position for position, each in enumerate(chosen) if len(each) == photos]
        shots = photo_embeddings[np.stack([chosen[position] for position in enrolled])]
        probes = embeddings[[each[0] for each in chosen]]
        similarities = person_similarities(probes, shots)
        similarities[enrolled, np.arange(len(enrolled))] = -2.0  # nobody is a stranger to himself
        similarities.sort(axis=1)
        below = np.stack([np.searchsorted(row, _GRID) for row in similarities])
        found.append((len(enrolled) - below).astype(np.float64))
    return np.concatenate(found), len(enrolled) - 1


def _points(counts: NDArray[np.float64], others: int, photos: int) -> NDArray[np.float64]:
    """float64 (K, 4): people, rate of false accepts, photos, and the similarity that gives it.

    Of all galleries of `size` among the others, the share without any of `count` people is
    `(1 - size / others) ** count`.
    """
    points: list[tuple[float, float, float, float]] = []
    for size in (size for size in SIZES if size <= others / 2):
        accepted = np.maximum((1.0 - (1.0 - size / others) ** counts).mean(axis=0), 1e-12)
        for rate in RATES:
            is_seen = rate * len(counts) >= _STRANGERS_NEEDED
            if is_seen and rate / size >= _LEAST_PER_COMPARISON:
                similarity = float(np.interp(-np.log(rate), -np.log(accepted), _GRID))
                points.append((size, rate, photos, similarity))
    return np.array(points)


def _fitted(points: NDArray[np.float64]) -> ImpostorTail:
    def errors(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        tail = ImpostorTail(*(float(number) for number in numbers))
        given = [tail.similarity_at(rate, int(size), each) for size, rate, each, _ in points]
        return np.array(given) - points[:, 3]

    found = least_squares(
        errors,
        [0.0, 0.1, 0.001, 1.0, 0.4],
        bounds=([-0.5, 0.02, 0.0, 0.5, 0.0], [0.5, 0.5, 0.1, 1.2, 1.0]),
    )
    return ImpostorTail(*(round(float(number), 4) for number in found.x))
