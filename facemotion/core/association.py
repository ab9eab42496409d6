"""How well the faces of a frame continue the tracks so far."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.boxes import box_centre, box_size, iou_matrix
from facemotion.core.track import Track, TrackState
from facemotion.core.tracking_params import TrackingParams
from facemotion.core.types import FaceDetection, FloatArray

MAX_COST: Final = 1.0
"""Cost of a pair that is out of reach."""

_WANDER_PER_S: Final = 1.0
"""By how much of itself the reach grows in a second, see `_reach`."""


def association_cost(
    tracks: Sequence[Track],
    detections: Sequence[FaceDetection],
    embeddings: Sequence[FloatArray | None],
    time_s: float,
    params: TrackingParams,
) -> FloatArray:
    """How little each detection looks like the continuation of each track.

    Overlap with the predicted box, distance from it in face sizes and change of size are mixed;
    where both embeddings are known they count for half.

    Args:
        tracks: N tracks.
        detections: M faces of the frame.
        embeddings: Unit embedding of each face, or None.
        time_s: Source time of the frame.
        params: Limits of a step.

    Returns:
        float32 (N, M) in [0, `MAX_COST`]; `MAX_COST` where the pair is out of reach.
    """
    predicted = _table([track.predicted_box(time_s) for track in tracks])
    boxes = _table([detection.bbox_xyxy for detection in detections])
    iou = iou_matrix(predicted, boxes)
    shift, ratio = _shifts_and_ratios(predicted, boxes)
    reach = np.array([_reach(track, time_s, params) for track in tracks])
    is_near = (iou >= params.min_iou) | (shift <= reach.reshape(-1, 1))
    is_possible = is_near & (ratio <= params.max_size_ratio)
    cost = 0.5 * (1.0 - iou) + 0.3 * np.tanh(shift) + 0.2 * np.tanh(np.log(ratio))
    cost = _with_likeness(cost, tracks, embeddings, params.split_similarity)
    return np.where(is_possible, cost, MAX_COST).astype(np.float32)


def _reach(track: Track, time_s: float, params: TrackingParams) -> float:
    """How far from its predicted place a face may be, in face sizes.

    It grows with the time unseen where nothing is known of the face but its place: there is no
    name that could pass to somebody else.
    """
    is_nameless = track.state is TrackState.LOST and track.embedding_count == 0
    unseen_s = time_s - track.last_seen_s if is_nameless else 0.0
    return params.max_shift * (1.0 + _WANDER_PER_S * unseen_s)


def _table(boxes: Sequence[FloatArray]) -> FloatArray:
    return np.array(boxes, dtype=np.float32).reshape(-1, 4)


def _shifts_and_ratios(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distances of centres in face sizes, and ratios of sizes (at least 1), each (N, M)."""
    sizes_a = np.maximum(box_size(a).mean(axis=1), 1.0)
    sizes_b = np.maximum(box_size(b).mean(axis=1), 1.0)
    size = np.sqrt(sizes_a[:, None] * sizes_b[None])
    offset = np.linalg.norm(box_centre(a)[:, None] - box_centre(b)[None], axis=-1)
    ratio = np.exp(np.abs(np.log(sizes_a[:, None] / sizes_b[None])))
    return (offset / size).astype(np.float32), ratio.astype(np.float32)


def _with_likeness(
    cost: NDArray[np.floating],
    tracks: Sequence[Track],
    embeddings: Sequence[FloatArray | None],
    split_similarity: float,
) -> NDArray[np.floating]:
    """The cost mixed half and half with unlikeness where both embeddings are known."""
    mixed = cost.copy()
    for column, embedding in enumerate(embeddings):
        for row, track in enumerate(tracks):
            mean = track.mean_embedding
            if embedding is None or mean is None or mean.shape != embedding.shape:
                continue
            likeness = float(mean @ embedding)
            unlike = min(max(1.0 - likeness, 0.0), 1.0)
            mixed[row, column] = 0.5 * cost[row, column] + 0.5 * unlike
            if likeness < split_similarity:
                mixed[row, column] = MAX_COST
    return mixed
