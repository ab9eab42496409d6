"""Who a track is: its evidence against the enrolled people, with thresholds and hysteresis."""

from collections.abc import Iterable, Sequence

import numpy as np

from facemotion.core.frame_match import FrameMatch, Limits, TrackMemory
from facemotion.core.gallery_index import GalleryIndex
from facemotion.core.matching_params import MatchingParams
from facemotion.core.thresholds import PackThresholds, match_percent, similarity_at
from facemotion.core.track import Track
from facemotion.core.types import FloatArray, Identity, IdentityEvidence, IdentityReason

__all__ = [
    "GalleryIndex",
    "IdentityResolver",
    "MatchingParams",
    "PackThresholds",
    "match_percent",
]


class IdentityResolver:
    """Names tracks by their evidence: per track steady, per frame nobody twice.

    A track's quality-weighted mean embedding is compared with everybody. Tracks then choose, each
    its likeliest person first; a person whom several choose goes to the likeliest track, and the
    others may only fall back on somebody of whom they are sure. A name that a track has had gives
    way to another one only when two embeddings in a row say so.

    Args:
        params: The limits.
        thresholds: Those of the model pack.
    """

    def __init__(
        self, params: MatchingParams | None = None, thresholds: PackThresholds | None = None
    ) -> None:
        self._params = params if params is not None else MatchingParams()
        self._thresholds = thresholds if thresholds is not None else PackThresholds()
        self._memories: dict[int, TrackMemory] = {}

    def set_params(self, params: MatchingParams, thresholds: PackThresholds | None = None) -> None:
        """Use other limits from the next frame on; the names given so far stay remembered."""
        self._params = params
        self._thresholds = thresholds if thresholds is not None else self._thresholds

    def reset(self) -> None:
        """Forget every track."""
        self._memories.clear()

    def forget(self, track_ids: Iterable[int]) -> None:
        """Forget tracks that have ended; unknown numbers are passed over."""
        for track_id in track_ids:
            self._memories.pop(track_id, None)

    def threshold_for(self, people: int, embeddings: int | None = None) -> float:
        """Similarity from which a face is known among so many people.

        Args:
            people: People enrolled.
            embeddings: Embeddings of all of them together; as many as people, when not given.
        """
        return self._params.threshold_for(self._thresholds, people, embeddings)

    def resolve(self, tracks: Sequence[Track], index: GalleryIndex) -> dict[int, Identity]:
        """Who the faces of one frame are.

        Args:
            tracks: The tracks seen in the frame.
            index: The people enrolled with the model that made the tracks' embeddings.

        Returns:
            An identity for every track, by its number.

        Raises:
            GalleryError: The embeddings have another dimension than the gallery.
        """
        reason = IdentityReason.NOT_COMPARED if index.size else IdentityReason.NOBODY_ENROLLED
        nobody = Identity(evidence=IdentityEvidence(reason, people=index.size))
        identities = {track.track_id: nobody for track in tracks}
        compared = [track for track in tracks if track.mean_embedding is not None]
        if index.size == 0 or not compared:
            return identities
        memories = [self._memories.setdefault(t.track_id, TrackMemory()) for t in compared]
        similarities = self._similarities(compared, memories, index)
        limits = self._limits(index)
        match = FrameMatch(compared, memories, index, similarities, limits, self._params)
        for track, identity in zip(compared, match.identities(), strict=True):
            identities[track.track_id] = identity
        return identities

    def _similarities(
        self, tracks: Sequence[Track], memories: Sequence[TrackMemory], index: GalleryIndex
    ) -> FloatArray:
        """float32 (T, P); only tracks with new evidence are compared anew."""
        for track, memory in zip(tracks, memories, strict=True):
            mean = track.mean_embedding
            is_stale = memory.compared_at != track.embedding_count or memory.index is not index
            if mean is not None and is_stale:
                memory.similarities = index.similarities(mean[None])[0]
                memory.compared_at, memory.index = track.embedding_count, index
        return np.stack([memory.similarities for memory in memories])

    def _limits(self, index: GalleryIndex) -> Limits:
        known = self.threshold_for(index.size, index.embedding_count)
        cutoff = similarity_at(self._params.unknown_cutoff_percent, known)
        if not self._params.is_threshold_from_pack:
            return Limits(known, max(known - self._params.uncertain_margin, cutoff))
        uncertain = max(known - self._thresholds.uncertain_margin, cutoff)
        return Limits(known, uncertain, self._params.false_accept_percent)
