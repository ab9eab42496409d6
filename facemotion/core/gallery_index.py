"""The enrolled people's embeddings, laid out for fast comparison."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.errors import GalleryError
from facemotion.core.gallery_block import (
    GalleryBlock,
    blocks_of,
    unit_rows,
    with_block,
    without_person,
)
from facemotion.core.types import FloatArray

CANDIDATES: Final = 128
"""People who are compared exactly, embedding by embedding; in smaller galleries, all."""


class GalleryIndex:
    """Compares probes with everybody enrolled. Never changed: a change gives another index.

    A person's similarity is the mean of two: of the likeliest embedding, and of the direction of
    the mean of all embeddings. On LFW that names more people rightly than either alone, and the
    chance likeness of strangers grows less with the number of photos. With one embedding it is the
    cosine similarity.

    The mean faces come first. The `CANDIDATES` likeliest people are then compared with every
    embedding; the others keep a value that is at most their similarity.

    Args:
        embeddings: float32 (N, D); rows are brought to unit length. May be empty.
        owners: The person id of each row.
        names: Name of each person id.
        model_id: Recognition model that made the embeddings.

    Raises:
        GalleryError: The arguments do not fit together, or a row is zero or not finite.
    """

    def __init__(
        self,
        embeddings: FloatArray,
        owners: Sequence[str],
        names: Mapping[str, str],
        model_id: str,
    ) -> None:
        _check(embeddings, owners, names)
        self.model_id = model_id
        rows = _rows_by_owner(unit_rows(embeddings), owners)
        self._arrange(rows, {owner: names[owner] for owner in rows}, blocks_of(rows))

    @classmethod
    def empty(cls, model_id: str = "") -> "GalleryIndex":
        """A gallery without anybody."""
        return cls(np.zeros((0, 0), dtype=np.float32), (), {}, model_id)

    def with_person(self, person_id: str, name: str, embeddings: FloatArray) -> "GalleryIndex":
        """An index with somebody more, or with other embeddings of somebody; it shares the rest.

        Args:
            person_id: Whose.
            name: Of the person.
            embeddings: float (N, D), at least one; rows are brought to unit length.

        Raises:
            GalleryError: The embeddings do not fit, or a row is zero or not finite.
        """
        if embeddings.ndim != 2 or len(embeddings) == 0:
            raise GalleryError(f"expected embeddings (N, D), got shape {embeddings.shape}")
        if self.size and embeddings.shape[1] != self.dimension:
            raise GalleryError(f"expected {self.dimension} numbers, got {embeddings.shape[1]}")
        added = {person_id: unit_rows(embeddings)}
        others = without_person(self._blocks, person_id)
        blocks = with_block(others, GalleryBlock.of([person_id], added))
        return self._changed(self._rows | added, self._names | {person_id: name}, blocks)

    def without_person(self, person_id: str) -> "GalleryIndex":
        """An index without somebody; it shares the rest.

        Raises:
            KeyError: Nobody has this id.
        """
        rows, names = dict(self._rows), dict(self._names)
        del rows[person_id], names[person_id]
        return self._changed(rows, names, without_person(self._blocks, person_id))

    @property
    def person_ids(self) -> tuple[str, ...]:
        """Ids of the people, sorted."""
        return self._person_ids

    @property
    def size(self) -> int:
        """Number of people."""
        return len(self._person_ids)

    @property
    def embedding_count(self) -> int:
        """Number of embeddings of all people together."""
        return int(self._counts.sum())

    @property
    def dimension(self) -> int | None:
        """Length of an embedding, or None in an empty gallery."""
        return self._blocks[0].means.shape[1] if self._blocks else None

    def name_of(self, person_id: str) -> str:
        """Name of a person.

        Raises:
            KeyError: Nobody has this id.
        """
        return self._names[person_id]

    def column_of(self, person_id: str) -> int | None:
        """Position of a person in `person_ids`, or None when nobody has this id."""
        return self._columns.get(person_id)

    def person_similarities(self, probe: FloatArray) -> tuple[tuple[str, ...], FloatArray]:
        """Similarity of a probe with each person.

        Args:
            probe: float (D,) unit.

        Returns:
            The person ids, sorted, and float32 (P,) similarities in the same order.

        Raises:
            GalleryError: The probe has another dimension than the gallery.
        """
        if probe.ndim != 1:
            raise GalleryError(f"expected one embedding (D,), got shape {probe.shape}")
        return self._person_ids, self.similarities(probe[None])[0]

    def similarities(self, probes: FloatArray) -> FloatArray:
        """Similarity of each probe with each person.

        Args:
            probes: float (T, D), unit rows.

        Returns:
            float32 (T, P) similarities, people in the order of `person_ids`.

        Raises:
            GalleryError: The probes have another dimension than the gallery.
        """
        if self.size == 0 or len(probes) == 0:
            return np.zeros((len(probes), self.size), dtype=np.float32)
        if probes.ndim != 2 or probes.shape[1] != self.dimension:
            raise GalleryError(
                f"the people were enrolled with embeddings of {self.dimension} numbers, this "
                f"model gives {probes.shape[-1]}: enrol them again with the model in use"
            )
        given = np.ascontiguousarray(probes, dtype=np.float32)
        to_means = np.concatenate([given @ block.means.T for block in self._blocks], axis=1)
        to_means = to_means[:, self._order]
        similarities = to_means * self._least_shares
        for probe, to_mean, row in zip(given, to_means, similarities, strict=True):
            columns = _largest(to_mean, CANDIDATES)
            row[columns] = 0.5 * (self._to_likeliest(probe, columns) + to_mean[columns])
        return similarities

    def _to_likeliest(self, probe: FloatArray, columns: NDArray[np.intp]) -> FloatArray:
        """float32 (C,): similarity of a probe with the likeliest embedding of some people."""
        rows = np.concatenate([self._rows[self._person_ids[column]] for column in columns])
        counts = self._counts[columns]
        starts = np.cumsum(counts) - counts
        return np.maximum.reduceat(rows @ probe, starts)

    def _changed(
        self,
        rows: Mapping[str, FloatArray],
        names: Mapping[str, str],
        blocks: tuple[GalleryBlock, ...],
    ) -> "GalleryIndex":
        other = GalleryIndex.empty(self.model_id)
        other._arrange(rows, names, blocks)  # noqa: SLF001 (an index of the same class)
        return other

    def _arrange(
        self,
        rows: Mapping[str, FloatArray],
        names: Mapping[str, str],
        blocks: tuple[GalleryBlock, ...],
    ) -> None:
        """Take in the people; columns are sorted by id, whatever block somebody is in."""
        stored = [person_id for block in blocks for person_id in block.person_ids]
        unities = [block.unities for block in blocks]
        self._rows, self._names, self._blocks = dict(rows), dict(names), blocks
        order = sorted(range(len(stored)), key=stored.__getitem__)
        self._order: NDArray[np.intp] = np.array(order, dtype=np.intp)
        self._person_ids = tuple(stored[position] for position in order)
        self._columns = {person_id: column for column, person_id in enumerate(self._person_ids)}
        self._counts: NDArray[np.intp] = np.array(
            [len(self._rows[p]) for p in self._person_ids], dtype=np.intp
        )
        # The likeliest embedding is at least as like as the mean before it is made longer.
        unity = np.concatenate(unities) if unities else np.zeros(0, np.float32)
        self._least_shares: FloatArray = 0.5 * (1.0 + unity[self._order])


def _largest(values: FloatArray, count: int) -> NDArray[np.intp]:
    """Positions of the largest values, in no order."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.argpartition(values, len(values) - count)[-count:]


def _rows_by_owner(rows: FloatArray, owners: Sequence[str]) -> dict[str, FloatArray]:
    """Each person's embeddings in an array of their own, so that deleting frees them."""
    positions: dict[str, list[int]] = {}
    for position, owner in enumerate(owners):
        positions.setdefault(owner, []).append(position)
    return {owner: rows[positions[owner]] for owner in sorted(positions)}


def _check(embeddings: FloatArray, owners: Sequence[str], names: Mapping[str, str]) -> None:
    if embeddings.ndim != 2:
        raise GalleryError(f"expected embeddings (N, D), got shape {embeddings.shape}")
    if len(embeddings) != len(owners):
        raise GalleryError(f"{len(embeddings)} embeddings but {len(owners)} owners")
    missing = sorted(set(owners) - set(names))
    if missing:
        raise GalleryError(f"no name for the person ids {', '.join(missing)}")
