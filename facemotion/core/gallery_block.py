"""People of a gallery in blocks: one mean face each, compared in one product a block."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from facemotion.core.errors import GalleryError
from facemotion.core.types import FloatArray

BLOCK_PEOPLE: Final = 1024
"""People of a block; adding or deleting somebody copies the mean faces of one block only."""


@dataclass(frozen=True, slots=True, eq=False)
class GalleryBlock:
    """Mean faces of some people. Shared between indexes, never written.

    Attributes:
        person_ids: Whose.
        means: float32 (P, D) unit: direction of the mean of each person's embeddings.
        unities: float32 (P,) in (0, 1]: length of that mean before it was brought to unit length;
            1 when all embeddings of the person are the same.
    """

    person_ids: tuple[str, ...]
    means: FloatArray
    unities: FloatArray

    @classmethod
    def of(cls, person_ids: Sequence[str], rows: Mapping[str, FloatArray]) -> "GalleryBlock":
        """The block of some people.

        Args:
            person_ids: At least one.
            rows: float32 (N, D) unit embeddings by person id.
        """
        means = np.stack([rows[person_id].mean(axis=0) for person_id in person_ids])
        unities = np.maximum(np.linalg.norm(means, axis=1), np.float32(1e-6))
        return cls(tuple(person_ids), means / unities[:, None], unities)

    def joined(self, other: "GalleryBlock") -> "GalleryBlock":
        """This block's people and then the other's."""
        return GalleryBlock(
            self.person_ids + other.person_ids,
            np.concatenate([self.means, other.means]),
            np.concatenate([self.unities, other.unities]),
        )

    def without(self, person_id: str) -> "GalleryBlock":
        """The others of this block; maybe nobody."""
        kept = [row for row, other in enumerate(self.person_ids) if other != person_id]
        ids = tuple(self.person_ids[row] for row in kept)
        return GalleryBlock(ids, self.means[kept], self.unities[kept])


def blocks_of(rows: Mapping[str, FloatArray]) -> tuple[GalleryBlock, ...]:
    """Everybody in blocks of `BLOCK_PEOPLE`."""
    ids = list(rows)
    parts = [ids[start : start + BLOCK_PEOPLE] for start in range(0, len(ids), BLOCK_PEOPLE)]
    return tuple(GalleryBlock.of(part, rows) for part in parts)


def with_block(blocks: Sequence[GalleryBlock], added: GalleryBlock) -> tuple[GalleryBlock, ...]:
    """Blocks and one more, merged into the last one when there is room."""
    if blocks and len(blocks[-1].person_ids) + len(added.person_ids) <= BLOCK_PEOPLE:
        return (*blocks[:-1], blocks[-1].joined(added))
    return (*blocks, added)


def without_person(blocks: Sequence[GalleryBlock], person_id: str) -> tuple[GalleryBlock, ...]:
    """Blocks without somebody; those that do not hold the person stay the same objects."""
    changed = [b.without(person_id) if person_id in b.person_ids else b for b in blocks]
    return tuple(block for block in changed if block.person_ids)


def unit_rows(embeddings: FloatArray) -> FloatArray:
    """float32 (N, D) rows of unit length, a copy.

    Raises:
        GalleryError: A row is zero or not finite.
    """
    rows = np.ascontiguousarray(embeddings, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or (norms < 1e-6).any():
        raise GalleryError("an embedding is zero or not finite: enrol this person again")
    return rows / norms
