"""One face followed through time: where it is, and what its embeddings say."""

import math
from enum import StrEnum
from typing import Final

import numpy as np

from facemotion.core.boxes import extrapolate
from facemotion.core.types import FaceDetection, FloatArray

MAX_EVIDENCE: Final = 10.0
"""Evidence weight that a track keeps; older embeddings fade as newer ones come in."""

VELOCITY_MEMORY_S: Final = 0.25
"""Time over which the velocity is smoothed."""

COAST_S: Final = 0.30
"""Time constant with which an unseen track comes to rest."""

DOUBTED_SPLIT_S: Final = 0.3
"""How long embeddings must contradict a doubted track before it is split."""

STEADY_SPLIT_S: Final = 1.0
"""How long they must contradict a track that moved on steadily."""

STEADY_BONUS: Final = 0.10
"""How much less similar a face that moved on steadily may be."""

_TELLING_QUALITY: Final = 0.5
_DOUBT_S: Final = 3.0


class TrackState(StrEnum):
    """Life cycle of a track."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    LOST = "lost"
    DROPPED = "dropped"


class Track:
    """A face over time. Created, moved and ended by `FaceTracker` only.

    Attributes:
        track_id: Stable number, from 1.
        state: Tentative, confirmed, lost or dropped.
        scene_id: Scene in which it was last seen.
        bbox_xyxy: float32 (4,) px, where it was last seen.
        velocity_xyxy: float32 (4,) px/s of the box's edges, smoothed.
        first_seen_s: Source time of its first detection.
        last_seen_s: Source time of its last detection.
        last_embedded_s: Source time of the last embedding taken in, or None.
        best_quality: Best quality among the embeddings taken in.
        embedding_count: Number of embeddings taken in.
    """

    def __init__(
        self,
        track_id: int,
        detection: FaceDetection,
        time_s: float,
        scene_id: int = 0,
        split_similarity: float = 0.15,
    ) -> None:
        self.track_id = track_id
        self.state = TrackState.TENTATIVE
        self.scene_id = scene_id
        self.bbox_xyxy: FloatArray = detection.bbox_xyxy.astype(np.float32)
        self.velocity_xyxy: FloatArray = np.zeros(4, dtype=np.float32)
        self.first_seen_s = time_s
        self.last_seen_s = time_s
        self.last_embedded_s: float | None = None
        self.best_quality = 0.0
        self.embedding_count = 0
        self._doubted_at_s: float | None = None
        self._evidence: FloatArray | None = None
        self._weight = 0.0
        self._split_similarity = split_similarity
        self._contrary: list[tuple[FloatArray, float, float]] = []

    @property
    def evidence_weight(self) -> float:
        """Sum of the qualities of the embeddings taken in, at most `MAX_EVIDENCE`."""
        return self._weight

    @property
    def mean_embedding(self) -> FloatArray | None:
        """float32 (D,) unit: the quality-weighted mean of the embeddings, or None without any."""
        if self._evidence is None:
            return None
        norm = float(np.linalg.norm(self._evidence))
        return (self._evidence / norm).astype(np.float32) if norm > 0.0 else None

    @property
    def is_doubted(self) -> bool:
        """Whether the next embedding must show that it is still the same face."""
        return self._doubted_at_s is not None

    @property
    def needs_embedding(self) -> bool:
        """Whether an embedding is wanted at once: none yet, or doubt whether it is the same face.

        After giving one, ask `FaceTracker.reidentify` which track the face belongs to.
        """
        return self.embedding_count == 0 or self.is_doubted or bool(self._contrary)

    def add_embedding(self, embedding: FloatArray, quality: float, time_s: float) -> None:
        """Hand in an embedding of the face; `FaceTracker.reidentify` judges the doubtful ones.

        Args:
            embedding: float (D,) unit.
            quality: Its weight in [0, 1], see `core.quality.embedding_quality`.
            time_s: Source time of the frame.

        Raises:
            ValueError: The dimension differs from that of the earlier embeddings.
        """
        mean = self.mean_embedding
        if mean is not None and mean.shape != embedding.shape:
            raise ValueError(f"expected an embedding of {mean.shape}, got {embedding.shape}")
        if mean is None or float(mean @ embedding) >= self._least_similarity():
            self._settle()
            self._take(embedding, quality, time_s)
            return
        self.last_embedded_s = time_s
        if quality >= self.best_quality * _TELLING_QUALITY:
            self._contrary.append((embedding, quality, time_s))
        elif time_s - (self._doubted_at_s or time_s) > _DOUBT_S:
            self._doubted_at_s = None
        self._contrary = [entry for entry in self._contrary if time_s - entry[2] <= _DOUBT_S]

    @property
    def is_other_face(self) -> bool:
        """Whether the embeddings say that the box has passed to another face.

        They must contradict the track's mean for a while, without a break: briefly where the track
        is doubted, longer and more strongly where it moved on steadily. Embeddings of far lower
        quality than the track's best say nothing.
        """
        if not self._contrary:
            return False
        span_s = self._contrary[-1][2] - self._contrary[0][2]
        return span_s >= (DOUBTED_SPLIT_S if self.is_doubted else STEADY_SPLIT_S)

    def doubt(self, time_s: float) -> None:
        """Ask for an embedding, because the face was found by its place alone.

        Args:
            time_s: Source time.
        """
        if self._evidence is not None and self._doubted_at_s is None:
            self._doubted_at_s = time_s

    def predicted_box(self, time_s: float) -> FloatArray:
        """Where the face should be now: its velocity carried on, fading out while it is unseen.

        Args:
            time_s: Source time.

        Returns:
            float32 (4,) px.
        """
        dt_s = max(time_s - self.last_seen_s, 0.0)
        return extrapolate(
            self.bbox_xyxy, self.velocity_xyxy, -COAST_S * math.expm1(-dt_s / COAST_S)
        )

    def see(self, detection: FaceDetection, time_s: float, scene_id: int) -> None:
        """Move the track to a detection.

        Args:
            detection: The same face now.
            time_s: Source time, not earlier than `last_seen_s`.
            scene_id: Scene of the frame.
        """
        box = detection.bbox_xyxy.astype(np.float32)
        dt_s = time_s - self.last_seen_s
        if self.state is TrackState.LOST or scene_id != self.scene_id:
            self.velocity_xyxy = np.zeros(4, dtype=np.float32)
        elif dt_s > 0.0:
            weight = -math.expm1(-dt_s / VELOCITY_MEMORY_S)
            change = (box - self.bbox_xyxy) / dt_s - self.velocity_xyxy
            self.velocity_xyxy = (self.velocity_xyxy + weight * change).astype(np.float32)
        self.bbox_xyxy = box
        self.last_seen_s = time_s
        self.scene_id = scene_id

    def take_over(self, other: "Track") -> None:
        """Go on as `other`, a newer track of the same face: its place and evidence, this history.

        Args:
            other: The newer track; not to be used any more.
        """
        self.state = TrackState.CONFIRMED
        self.scene_id = other.scene_id
        self.bbox_xyxy, self.velocity_xyxy = other.bbox_xyxy, other.velocity_xyxy
        self.last_seen_s = other.last_seen_s
        self._settle()
        mean = other.mean_embedding
        if mean is not None and other.last_embedded_s is not None:
            self._take(mean, other.evidence_weight, other.last_embedded_s)

    def split_off(self, track_id: int) -> "Track":
        """A new track for the other face that has taken this track's place.

        Args:
            track_id: Number of the new track.

        Returns:
            A track with this one's place and the embeddings that contradicted it; this track keeps
            its own evidence and is lost.
        """
        first_seen_s = min(entry[2] for entry in self._contrary)
        detection = FaceDetection(self.bbox_xyxy, np.zeros((5, 2), dtype=np.float32), 1.0)
        new = Track(track_id, detection, first_seen_s, self.scene_id, self._split_similarity)
        new.state, new.velocity_xyxy = self.state, self.velocity_xyxy
        new.last_seen_s = self.last_seen_s
        for entry in self._contrary:
            new._take(*entry)
        self._settle()
        self.state = TrackState.LOST
        self.last_seen_s = min(self.last_seen_s, first_seen_s)
        return new

    def _settle(self) -> None:
        self._contrary.clear()
        self._doubted_at_s = None

    def _least_similarity(self) -> float:
        return self._split_similarity - (0.0 if self.is_doubted else STEADY_BONUS)

    def _take(self, embedding: FloatArray, quality: float, time_s: float) -> None:
        added = embedding.astype(np.float32) * np.float32(quality)
        self._evidence = added if self._evidence is None else self._evidence + added
        self._weight += quality
        if self._weight > MAX_EVIDENCE:
            self._evidence = self._evidence * np.float32(MAX_EVIDENCE / self._weight)
            self._weight = MAX_EVIDENCE
        self.best_quality = max(self.best_quality, quality)
        self.embedding_count += 1
        self.last_embedded_s = time_s
