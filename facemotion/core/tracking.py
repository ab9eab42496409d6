"""Faces followed from frame to frame, lost, found again, and recognised after a cut."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from facemotion.core.assignment import assign
from facemotion.core.association import MAX_COST, association_cost
from facemotion.core.track import Track, TrackState
from facemotion.core.tracking_params import TrackingParams
from facemotion.core.types import FaceDetection, FloatArray

__all__ = ["FaceTracker", "Track", "TrackState", "TrackingParams"]


class FaceTracker:
    """Gives every face a number that it keeps.

    Call `update` with every frame's detections, add an embedding to each track that
    `needs_embedding`, then ask `reidentify` (or `reidentify_all`) which track it belongs to.

    Args:
        params: The limits.
    """

    def __init__(self, params: TrackingParams | None = None) -> None:
        self._params = params if params is not None else TrackingParams()
        self._tracks: list[Track] = []
        self._next_id = 1
        self._scene_id: int | None = None
        self._dropped_ids: set[int] = set()

    @property
    def params(self) -> TrackingParams:
        """The limits in use."""
        return self._params

    @property
    def active_ids(self) -> frozenset[int]:
        """Numbers of the tracks that are in sight or were a moment ago."""
        return frozenset(t.track_id for t in self._tracks if t.state is not TrackState.LOST)

    @property
    def lost_ids(self) -> frozenset[int]:
        """Numbers of the tracks that are remembered but out of sight."""
        return frozenset(t.track_id for t in self._tracks if t.state is TrackState.LOST)

    @property
    def dropped_ids(self) -> frozenset[int]:
        """Numbers that ended in the last `update` or in a `reidentify` since then."""
        return frozenset(self._dropped_ids)

    def set_params(self, params: TrackingParams) -> None:
        """Use other limits from the next call on; the tracks stay."""
        self._params = params

    def reset(self) -> None:
        """Forget every track; numbers start from 1 again."""
        self._tracks, self._next_id, self._scene_id = [], 1, None
        self._dropped_ids = set()

    def update(
        self,
        detections: Sequence[FaceDetection],
        time_s: float,
        scene_id: int = 0,
        embeddings: Sequence[FloatArray | None] | None = None,
    ) -> list[Track]:
        """Assign the faces of a frame to tracks.

        Args:
            detections: Faces of the frame.
            time_s: Source time of the frame.
            scene_id: Scene of the frame; when it changes, every track is lost and can only be
                taken over through `reidentify`.
            embeddings: Per detection a unit embedding where one is known already, to help the
                assignment; it is not added to the track.

        Returns:
            The tracks, in the order of `detections`.

        Raises:
            ValueError: `embeddings` has another length than `detections`.
        """
        known = _checked_embeddings(embeddings, len(detections))
        self._dropped_ids = set()
        if scene_id != self._scene_id:
            self._lose_all()
            self._scene_id = scene_id
        found = self._associate(detections, known, time_s, scene_id)
        self._age(time_s)
        for index, detection in enumerate(detections):
            if index not in found:
                found[index] = self._begin(detection, time_s, scene_id)
        return [found[index] for index in range(len(detections))]

    def reidentify(self, track: Track, time_s: float) -> Track:
        """The track that a face belongs to by its embedding; see `reidentify_all`."""
        return self.reidentify_all([track], time_s)[0]

    def reidentify_all(self, tracks: Sequence[Track], time_s: float) -> list[Track]:
        """The tracks that faces belong to by their embeddings.

        A new track that resembles a lost one is merged into it and the lost one's number goes on,
        one to one and best first over all tracks given. Only where a face of an earlier scene is
        recognised late, the number stays that it has had since the cut. A track whose embeddings
        say that another face has taken its place is lost, and the other face gets one of its own.

        Args:
            tracks: Tracks of this frame that have just got an embedding.
            time_s: Source time of the frame.

        Returns:
            For each track the one to go on with: itself, a former track, or a new one.
        """
        tracks = [self._split(track) for track in tracks]
        lost = [t for t in self._tracks if self._is_remembered(t, time_s)]
        asking = [row for row, track in enumerate(tracks) if self._may_take_over(track)]
        limit = 1.0 - self._params.reid_threshold + 1e-6
        distances = _distances([tracks[row] for row in asking], lost)
        for index, column in assign(distances, limit):
            row = asking[index]
            tracks[row] = self._merge(tracks[row], lost[column], time_s)
        return tracks

    def _lose_all(self) -> None:
        for track in self._tracks:
            track.state = TrackState.LOST
        self._drop(track for track in self._tracks if track.mean_embedding is None)

    def _age(self, time_s: float) -> None:
        for track in self._tracks:
            unseen_s = time_s - track.last_seen_s
            if track.state is TrackState.CONFIRMED and unseen_s > self._params.lost_after_s:
                track.state = TrackState.LOST
        self._drop(track for track in self._tracks if self._is_over(track, time_s))

    def _is_over(self, track: Track, time_s: float) -> bool:
        unseen_s = time_s - track.last_seen_s
        if track.state is TrackState.TENTATIVE:
            return unseen_s > self._params.tentative_memory_s
        if track.state is TrackState.CONFIRMED:
            return False
        memory_s = self._params.position_memory_s
        if track.mean_embedding is not None:
            memory_s = max(memory_s, self._params.reid_memory_s)
        return unseen_s > memory_s

    def _drop(self, tracks: Iterable[Track]) -> None:
        for track in list(tracks):
            track.state = TrackState.DROPPED
            self._tracks.remove(track)
            self._dropped_ids.add(track.track_id)

    def _associate(
        self,
        detections: Sequence[FaceDetection],
        embeddings: Sequence[FloatArray | None],
        time_s: float,
        scene_id: int,
    ) -> dict[int, Track]:
        """Tracks by index of their detection: first those in sight, then those lost near by."""
        placed = [t for t in self._tracks if self._is_placed(t, time_s, scene_id)]
        active = [t for t in placed if t.state is not TrackState.LOST]
        lost = [t for t in placed if t.state is TrackState.LOST]
        found: dict[int, Track] = {}
        for tracks in (active, lost):
            open_ = [index for index in range(len(detections)) if index not in found]
            if not tracks or not open_:
                continue
            faces = [detections[index] for index in open_]
            known = [embeddings[index] for index in open_]
            cost = association_cost(tracks, faces, known, time_s, self._params)
            for row, column in assign(cost, MAX_COST):
                found[open_[column]] = tracks[row]
                is_jump = float(cost[row, column]) > self._params.doubt_cost
                self._see(tracks[row], detections[open_[column]], time_s, scene_id, is_jump)
        return found

    def _is_placed(self, track: Track, time_s: float, scene_id: int) -> bool:
        is_recent = time_s - track.last_seen_s <= self._params.position_memory_s
        return is_recent and track.scene_id == scene_id

    def _see(
        self,
        track: Track,
        detection: FaceDetection,
        time_s: float,
        scene_id: int,
        is_jump: bool,
    ) -> None:
        was_lost = track.state is TrackState.LOST
        is_gap = time_s - track.last_seen_s > self._params.lost_after_s
        if was_lost or is_jump or is_gap:
            track.doubt(time_s)
        track.see(detection, time_s, scene_id)
        if was_lost or time_s - track.first_seen_s >= self._params.confirm_s - 1e-6:
            track.state = TrackState.CONFIRMED

    def _begin(self, detection: FaceDetection, time_s: float, scene_id: int) -> Track:
        track = Track(self._new_id(), detection, time_s, scene_id, self._params.split_similarity)
        self._tracks.append(track)
        return track

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _split(self, track: Track) -> Track:
        if track not in self._tracks or not track.is_other_face:
            return track
        new = track.split_off(self._new_id())
        self._tracks.append(new)
        return new

    def _is_remembered(self, track: Track, time_s: float) -> bool:
        is_recent = time_s - track.last_seen_s <= self._params.reid_memory_s
        return track.state is TrackState.LOST and is_recent and track.mean_embedding is not None

    def _may_take_over(self, track: Track) -> bool:
        is_new = 0 < track.embedding_count <= self._params.reid_tries
        return track in self._tracks and is_new and track.state is not TrackState.LOST

    def _merge(self, new: Track, lost: Track, time_s: float) -> Track:
        is_in_sight = new.first_seen_s < time_s
        is_over_cut = lost.scene_id != new.scene_id
        lost.take_over(new)
        if is_in_sight and is_over_cut:
            lost.track_id, new.track_id = new.track_id, lost.track_id
        self._drop([new])
        return lost


def _checked_embeddings(
    embeddings: Sequence[FloatArray | None] | None, count: int
) -> Sequence[FloatArray | None]:
    if embeddings is None:
        return [None] * count
    if len(embeddings) != count:
        raise ValueError(f"expected {count} embeddings, one a detection, got {len(embeddings)}")
    return embeddings


def _distances(tracks: Sequence[Track], lost: Sequence[Track]) -> NDArray[np.float64]:
    """1 − cosine similarity of the mean embeddings, (N, M); inf between different dimensions."""
    distances = np.full((len(tracks), len(lost)), np.inf)
    for row, track in enumerate(tracks):
        own = track.mean_embedding
        for column, former in enumerate(lost):
            mean = former.mean_embedding
            if own is not None and mean is not None and mean.shape == own.shape:
                distances[row, column] = 1.0 - float(mean @ own)
    return distances
