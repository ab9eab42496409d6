"""The enrolled people's embeddings, laid out for fast comparison."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from facemotion.core.errors import GalleryError
from facemotion.core.types import FloatArray


class GalleryIndex:
    """Compares probes with everybody enrolled; a person counts with the best of their embeddings.

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
        order = sorted(range(len(owners)), key=lambda row: owners[row])
        self.model_id = model_id
        self._names = {owner: names[owner] for owner in sorted(set(owners))}
        self._person_ids = tuple(self._names)
        self._columns = {person_id: column for column, person_id in enumerate(self._person_ids)}
        self._rows = _unit_rows(embeddings)[order]
        self._starts = _first_rows([owners[row] for row in order])

    @classmethod
    def empty(cls, model_id: str = "") -> "GalleryIndex":
        """A gallery without anybody."""
        return cls(np.zeros((0, 0), dtype=np.float32), (), {}, model_id)

    @property
    def person_ids(self) -> tuple[str, ...]:
        """Ids of the people, sorted."""
        return self._person_ids

    @property
    def size(self) -> int:
        """Number of people."""
        return len(self._person_ids)

    @property
    def dimension(self) -> int | None:
        """Length of an embedding, or None in an empty gallery."""
        return self._rows.shape[1] if self.size else None

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
        """Best similarity of a probe with each person.

        Args:
            probe: float (D,) unit.

        Returns:
            The person ids, sorted, and float32 (P,) cosine similarities in the same order.

        Raises:
            GalleryError: The probe has another dimension than the gallery.
        """
        if probe.ndim != 1:
            raise GalleryError(f"expected one embedding (D,), got shape {probe.shape}")
        return self._person_ids, self.similarities(probe[None])[0]

    def similarities(self, probes: FloatArray) -> FloatArray:
        """Best similarity of each probe with each person.

        Args:
            probes: float (T, D), unit rows.

        Returns:
            float32 (T, P) cosine similarities, people in the order of `person_ids`.

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
        rows = self._rows @ probes.astype(np.float32, copy=False).T
        return np.maximum.reduceat(rows, self._starts, axis=0).T


def _check(embeddings: FloatArray, owners: Sequence[str], names: Mapping[str, str]) -> None:
    if embeddings.ndim != 2:
        raise GalleryError(f"expected embeddings (N, D), got shape {embeddings.shape}")
    if len(embeddings) != len(owners):
        raise GalleryError(f"{len(embeddings)} embeddings but {len(owners)} owners")
    missing = sorted(set(owners) - set(names))
    if missing:
        raise GalleryError(f"no name for the person ids {', '.join(missing)}")


def _unit_rows(embeddings: FloatArray) -> FloatArray:
    rows = np.ascontiguousarray(embeddings, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or (norms < 1e-6).any():
        raise GalleryError("an embedding is zero or not finite: enrol this person again")
    return rows / norms


def _first_rows(sorted_owners: Sequence[str]) -> NDArray[np.intp]:
    """Where each person's rows begin."""
    rows = range(len(sorted_owners))
    starts = [row for row in rows if row == 0 or sorted_owners[row] != sorted_owners[row - 1]]
    return np.array(starts, dtype=np.intp)
