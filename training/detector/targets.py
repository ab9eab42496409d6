"""Which anchor answers for which face, and the loss.

A face belongs to the one or two anchors whose size is nearest to its own, and there to the places
around its middle. Scores learn how well their own box fits (quality focal loss, Li et al., 2020),
so that the best placed answer survives when overlapping ones are removed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.detector.model import ANCHORS, STRIDES
from training.detector.mosaic import Mosaic

ANCHOR_SIZES_PX: Final = (12.0, 24.0, 48.0, 96.0, 192.0, 384.0)
"""Face size that each anchor is for, two a stride, an octave apart."""

_OCTAVES: Final = 0.75
_EYE_SHARES: Final = (0.16, 0.4)
"""Distance of the eyes as a share of the box's size: of a profile, of a face seen from the front.

The landmark loss is in this unit, between these two; in a full profile the eyes lie on each other.
"""

_LOOSE_EYES_PX: Final = 8.0
"""Distance of the eyes at which landmarks count half."""

_FAINT_SCORE: Final = 0.2
"""Scores from here on are contested: near enough to the threshold to matter."""

_TURNED_EYES: Final = 0.3
"""Distance of the eyes in widths of the box below which a face is turned away …"""

_TURNED_WEIGHT: Final = 2.5
"""… and counts so many times: such faces are rare, and what a small network misses first."""


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What every anchor of a batch should answer, in SCRFD's order of anchors.

    Attributes:
        boxes: float32 (B, A, 4) px, of the face that the anchor answers for.
        kps: float32 (B, A, 10) px.
        is_face: bool (B, A).
        is_counted: bool (B, A), False where a wrong score is not punished.
        scores: float32 (B, A) to be answered; −1 where it is how well the answered box fits.
    """

    boxes: Tensor
    kps: Tensor
    is_face: Tensor
    is_counted: Tensor
    scores: Tensor


def anchor_centres(side_px: int) -> NDArray[np.float32]:
    """Centres of all anchors, float32 (A, 2) px, strides after each other."""
    parts = []
    for stride in STRIDES:
        y, x = np.mgrid[: side_px // stride, : side_px // stride].astype(np.float32) * stride
        parts.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), ANCHORS, axis=0))
    return np.concatenate(parts)


def anchor_strides(side_px: int) -> NDArray[np.float32]:
    """Stride of each anchor, float32 (A,)."""
    counts = [(side_px // stride) ** 2 * ANCHORS for stride in STRIDES]
    return np.repeat(np.array(STRIDES, np.float32), counts)


def assign(mosaics: list[Mosaic], side_px: int) -> Targets:
    """Targets of a batch of pictures."""
    centres, strides = anchor_centres(side_px), anchor_strides(side_px)
    slots = _slots(side_px)
    count, anchors = len(mosaics), len(centres)
    boxes = np.zeros((count, anchors, 4), np.float32)
    kps = np.zeros((count, anchors, 10), np.float32)
    is_face = np.zeros((count, anchors), bool)
    is_counted = np.ones((count, anchors), bool)
    for row, mosaic in enumerate(mosaics):
        owner = _owners(mosaic, centres, strides, slots)
        mine = owner >= 0
        boxes[row, mine] = mosaic.boxes[owner[mine]]
        kps[row, mine] = mosaic.kps[owner[mine]].reshape(-1, 10)
        is_face[row] = mine
        for box in mosaic.boxes[~mosaic.is_sure]:
            inside = ((centres >= box[:2]) & (centres <= box[2:])).all(1)
            is_counted[row, inside & ~mine] = False
    scores = np.where(is_face, np.float32(-1.0), np.float32(0.0))
    return Targets(*(torch.from_numpy(part) for part in (boxes, kps, is_face, is_counted, scores)))


def _slots(side_px: int) -> NDArray[np.int64]:
    """Which entry of `ANCHOR_SIZES_PX` each anchor is, int64 (A,)."""
    parts = []
    for level, stride in enumerate(STRIDES):
        places = (side_px // stride) ** 2
        parts.append(np.tile(np.arange(ANCHORS) + level * ANCHORS, places))
    return np.concatenate(parts)


def _owners(
    mosaic: Mosaic,
    centres: NDArray[np.float32],
    strides: NDArray[np.float32],
    slots: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Face that each anchor answers for, −1 for none; smaller faces are served last and win."""
    owner = np.full(len(centres), -1, np.int64)
    sizes = np.sqrt(np.prod(mosaic.boxes[:, 2:] - mosaic.boxes[:, :2], axis=1))
    octaves = np.log2(np.maximum(sizes, 1.0) / ANCHOR_SIZES_PX[0])
    for face in np.argsort(-sizes):
        if not mosaic.is_sure[face]:
            continue
        nearest = np.clip(octaves[face], 0.0, len(ANCHOR_SIZES_PX) - 1.0)
        able = np.flatnonzero(np.abs(slots - nearest) <= _OCTAVES)
        middle = (mosaic.boxes[face, :2] + mosaic.boxes[face, 2:]) / 2.0
        reach = np.clip(0.25 * sizes[face], 0.75 * strides[able], 1.75 * strides[able])
        near = (np.abs(centres[able] - middle) <= reach[:, None]).all(1)
        owner[able[near]] = face
    return owner


def decode(
    distances: Tensor, offsets: Tensor, centres: Tensor, strides: Tensor
) -> tuple[Tensor, Tensor]:
    """Boxes (…, A, 4) and landmarks (…, A, 10) in px from answers in strides."""
    scaled = distances * strides[:, None]
    boxes = torch.cat([centres - scaled[..., :2], centres + scaled[..., 2:]], -1)
    return boxes, centres.repeat(1, 5) + offsets * strides[:, None]


def overlaps(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU (Rezatofighi et al., 2019) of boxes (N, 4), row by row."""
    low, high = torch.max(first[:, :2], second[:, :2]), torch.min(first[:, 2:], second[:, 2:])
    shared = (high - low).clamp(min=0).prod(1)
    areas = [(b[:, 2:] - b[:, :2]).clamp(min=0).prod(1) for b in (first, second)]
    union = areas[0] + areas[1] - shared + 1e-6
    hull = (torch.max(first[:, 2:], second[:, 2:]) - torch.min(first[:, :2], second[:, :2])).prod(
        1
    ) + 1e-6
    iou = shared / union
    return iou, iou - (hull - union) / hull


def detection_loss(
    answers: tuple[Tensor, Tensor, Tensor],
    targets: Targets,
    centres: Tensor,
    strides: Tensor,
    focus: float = 2.0,
    place_weight: float = 2.0,
    contested_weight: float = 1.0,
) -> tuple[Tensor, dict[str, float]]:
    """Loss of a batch and its parts.

    Args:
        answers: Score logits (B, A, 1), distances (B, A, 4), offsets (B, A, 10).
        targets: What they should be.
        centres: (A, 2) px.
        strides: (A,) px.
        focus: Power of a score's error that its loss is weighed by; 0 weighs all alike.
        place_weight: How much boxes and landmarks count beside scores.
        contested_weight: How many times a score counts that is, or should be, no longer faint.
    """
    logits = answers[0][..., 0]
    boxes, kps = decode(answers[1], answers[2], centres, strides)
    face = targets.is_face
    iou, giou = overlaps(boxes[face], targets.boxes[face])
    quality = targets.scores.clone()
    quality[face] = torch.where(quality[face] < 0.0, iou.detach().clamp(0.0, 1.0), quality[face])
    emphasis = torch.ones_like(logits)
    emphasis[face] = _emphasis(targets.boxes[face], targets.kps[face])
    weight = quality[face].clamp(min=0.1) * emphasis[face]
    answered = torch.sigmoid(logits)
    error = (quality - answered).abs().pow(focus)
    score = functional.binary_cross_entropy_with_logits(logits, quality, reduction="none")
    is_contested = torch.maximum(answered.detach(), quality) >= _FAINT_SCORE
    counted = emphasis * targets.is_counted * torch.where(is_contested, contested_weight, 1.0)
    score_loss = (score * error * counted).sum() / weight.sum().clamp(min=1.0)
    box_loss = ((1.0 - giou) * weight).sum() / weight.sum().clamp(min=1.0)
    eye = _eye_distance(targets.boxes[face], targets.kps[face])
    miss = (kps[face] - targets.kps[face]) / eye.clamp(min=1.0)[:, None]
    kps_loss = functional.smooth_l1_loss(miss, torch.zeros_like(miss), reduction="none", beta=0.05)
    # Landmarks of faces of a few pixels cannot be exact; they would drown those that can.
    exact = weight * eye / (eye + _LOOSE_EYES_PX)
    kps_loss = (kps_loss.mean(1) * exact).sum() / exact.sum().clamp(min=1.0)
    parts = {
        "score": float(score_loss.detach()),
        "box": float(box_loss.detach()),
        "kps": float(kps_loss.detach()),
    }
    return score_loss + place_weight * (box_loss + kps_loss), parts


def _eye_distance(boxes: Tensor, kps: Tensor) -> Tensor:
    """Distance of the eyes in px, (N,), within `_EYE_SHARES` of the size of the box (N, 4)."""
    size = (boxes[:, 2:] - boxes[:, :2]).prod(1).sqrt()
    least, most = (share * size for share in _EYE_SHARES)
    return torch.minimum(torch.maximum((kps[:, 2:4] - kps[:, :2]).norm(dim=1), least), most)


def _emphasis(boxes: Tensor, kps: Tensor) -> Tensor:
    """How many times each face counts, (N,), from its box (N, 4) and landmarks (N, 10)."""
    eyes = (kps[:, 2:4] - kps[:, :2]).norm(dim=1)
    is_turned = eyes < _TURNED_EYES * (boxes[:, 2] - boxes[:, 0])
    return torch.where(is_turned, _TURNED_WEIGHT, 1.0)
