"""One frame's tracks against the gallery: who claims whom, and what is said about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from facemotion.core.gallery_index import GalleryIndex
from facemotion.core.matching_params import MatchingParams
from facemotion.core.track import Track
from facemotion.core.types import (
    Decision,
    FloatArray,
    Identity,
    IdentityEvidence,
    IdentityReason,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Cosine similarities from which a face is known and uncertain.

    Attributes:
        known: From here on known.
        uncertain: From here on uncertain.
        false_accept_percent: Rate from which `known` follows; None when the user sets it.
    """

    known: float
    uncertain: float
    false_accept_percent: float | None = None


def _no_similarities() -> FloatArray:
    return np.zeros(0, dtype=np.float32)


@dataclass(slots=True, eq=False)
class TrackMemory:
    """What was found out and said about a track so far.

    Attributes:
        decision: Last answer.
        person_id: Person whose name the track has, for certain or maybe.
        was_known: Whether that name has ever been certain.
        challenger_id: Another person who is ahead now.
        challenged_at: The track's `embedding_count` when the challenger came first.
        similarities: float32 (P,) of the last comparison.
        compared_at: The track's `embedding_count` at the last comparison.
        index: Gallery of the last comparison.
    """

    decision: Decision = Decision.UNKNOWN
    person_id: str | None = None
    was_known: bool = False
    challenger_id: str | None = None
    challenged_at: int = 0
    similarities: FloatArray = field(default_factory=_no_similarities)
    compared_at: int = -1
    index: GalleryIndex | None = None

    def remember(self, identity: Identity) -> None:
        """Take in the answer just given."""
        if identity.person_id != self.person_id:
            self.was_known = False
            self.challenger_id = None
        self.decision, self.person_id = identity.decision, identity.person_id
        self.was_known = self.was_known or identity.decision is Decision.KNOWN


class FrameMatch:
    """The tracks of one frame, their similarities to everybody, and who claims whom.

    Args:
        tracks: T tracks with evidence.
        memories: Of each track.
        index: The gallery, not empty.
        similarities: float32 (T, P), people in the order of `index.person_ids`.
        limits: Similarities that count.
        params: Margins.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        memories: Sequence[TrackMemory],
        index: GalleryIndex,
        similarities: FloatArray,
        limits: Limits,
        params: MatchingParams,
    ) -> None:
        self._tracks = tracks
        self._memories = memories
        self._index = index
        self._similarities = similarities
        self._limits = limits
        self._params = params
        self._held = [self._held_column(memory) for memory in memories]
        self._claims = self._assigned()

    def identities(self) -> list[Identity]:
        """The answer for each track; the memories take it in."""
        answers = [self._identity(row) for row in range(len(self._tracks))]
        for memory, answer in zip(self._memories, answers, strict=True):
            memory.remember(answer)
        return answers

    def _held_column(self, memory: TrackMemory) -> int | None:
        return None if memory.person_id is None else self._index.column_of(memory.person_id)

    def _assigned(self) -> dict[int, int]:
        """Person's column by track's row: every track proposes, every person takes the likeliest.

        Deferred acceptance (Gale and Shapley 1962), so no track and person would both rather have
        each other than what they got.
        """
        wishes = [self._wishes(row) for row in range(len(self._tracks))]
        holders: dict[int, int] = {}
        waiting = list(range(len(self._tracks)))[::-1]
        while waiting:
            row = waiting.pop()
            if not wishes[row]:
                continue
            column = wishes[row].pop(0)
            rival = holders.get(column)
            if rival is None or self._claim(row, column) > self._claim(rival, column):
                holders[column] = row
                waiting += [] if rival is None else [rival]
            else:
                waiting.append(row)
        return {row: column for column, row in holders.items()}

    def _wishes(self, row: int) -> list[int]:
        """Columns that a track may claim, the likeliest first.

        The first may be uncertain; the others, should the first be taken, must be known.
        """
        similarities = self._similarities[row]
        count = min(len(self._tracks) + 1, len(similarities))
        best = np.argpartition(-similarities, count - 1)[:count]
        columns = sorted(best.tolist(), key=lambda c: (-similarities[c], c))
        held = self._held[row]
        if held is not None and not self._gives_way(row, held, columns):
            columns = [held, *(c for c in columns if c != held)]
        first = [c for c in columns[:1] if self._claim(row, c) >= self._limits.uncertain]
        return first + [c for c in columns[1:] if similarities[c] >= self._limits.known]

    def _claim(self, row: int, column: int) -> float:
        bonus = self._params.hysteresis if self._held[row] == column else 0.0
        return float(self._similarities[row, column]) + bonus

    def _gives_way(self, row: int, held: int, columns: Sequence[int]) -> bool:
        """Whether a track's name gives way to the likeliest other person."""
        memory, track = self._memories[row], self._tracks[row]
        rival = next((c for c in columns if c != held), None)
        if rival is None:
            return False
        lead = float(self._similarities[row, rival] - self._similarities[row, held])
        if not memory.was_known:
            return lead > self._params.hysteresis
        is_sure = float(self._similarities[row, rival]) >= self._limits.known
        if not is_sure or lead < self._params.switch_margin:
            memory.challenger_id = None
            return False
        rival_id = self._index.person_ids[rival]
        if memory.challenger_id != rival_id:
            memory.challenger_id, memory.challenged_at = rival_id, track.embedding_count
        return track.embedding_count > memory.challenged_at

    def _identity(self, row: int) -> Identity:
        column = self._claims.get(row)
        if column is None:
            best = int(self._similarities[row].argmax())
            is_like = float(self._similarities[row, best]) >= self._limits.uncertain
            is_taken = is_like and best in self._claims.values()
            reason = IdentityReason.TAKEN if is_taken else IdentityReason.UNLIKE_EVERYBODY
            evidence = self._evidence(row, best, reason)
            return Identity(Decision.UNKNOWN, None, "", evidence.cosine_similarity, evidence)
        person_id = self._index.person_ids[column]
        evidence = self._judge(row, column)
        is_known = evidence.reason is IdentityReason.LIKE_ENOUGH
        decision = Decision.KNOWN if is_known else Decision.UNCERTAIN
        similarity = evidence.cosine_similarity
        return Identity(decision, person_id, evidence.candidate, similarity, evidence)

    def _judge(self, row: int, column: int) -> IdentityEvidence:
        """Whether a claimed name is certain, and which limit decides when it is not."""
        is_held = self._held[row] == column
        if is_held and self._memories[row].decision is Decision.KNOWN:
            stays = self._claim(row, column) >= self._limits.known
            reason = IdentityReason.LIKE_ENOUGH if stays else IdentityReason.BELOW_THRESHOLD
            return self._evidence(row, column, reason)
        if float(self._similarities[row, column]) < self._limits.known:
            return self._evidence(row, column, IdentityReason.BELOW_THRESHOLD)
        lead, rival = self._lead(row, column)
        if lead < self._params.runner_up_margin:
            close = self._evidence(row, column, IdentityReason.CLOSE_SECOND)
            name = self._name_of(rival)
            return replace(close, rival=name, value=lead, needed=self._params.runner_up_margin)
        weight, needed = self._tracks[row].evidence_weight, self._params.min_evidence
        if weight < needed:
            little = self._evidence(row, column, IdentityReason.LITTLE_EVIDENCE)
            return replace(little, value=weight, needed=needed)
        return self._evidence(row, column, IdentityReason.LIKE_ENOUGH)

    def _evidence(self, row: int, column: int, reason: IdentityReason) -> IdentityEvidence:
        return IdentityEvidence(
            reason=reason,
            candidate=self._name_of(column),
            cosine_similarity=float(self._similarities[row, column]),
            known_at=self._limits.known,
            uncertain_at=self._limits.uncertain,
            people=self._index.size,
            false_accept_percent=self._limits.false_accept_percent,
        )

    def _name_of(self, column: int) -> str:
        return self._index.name_of(self._index.person_ids[column])

    def _lead(self, row: int, column: int) -> tuple[float, int]:
        """Lead over the likeliest person whom no other track of the frame has, and who that is."""
        others = self._similarities[row].copy()
        others[[column, *self._claims.values()]] = -np.inf
        rival = int(others.argmax())
        return float(self._similarities[row, column] - others[rival]), rival
