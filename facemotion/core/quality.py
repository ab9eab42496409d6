"""How well a face can be read: sharpness, gates, and the weight of an embedding."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.boxes import box_size, clip_box
from facemotion.core.head_pose import is_frontal, yaw_pitch_roll_deg
from facemotion.core.parameters import check_parameters, parameter
from facemotion.core.types import (
    FaceDetection,
    FaceQuality,
    FloatArray,
    GateFinding,
    GateReason,
)

__all__ = [
    "MIN_EMBEDDING_QUALITY",
    "QualityGates",
    "cut_off_part",
    "embedding_quality",
    "face_px",
    "find_gate",
    "gate",
    "is_frontal",
    "measure_quality",
    "sharpness",
    "yaw_pitch_roll_deg",
]

MIN_EMBEDDING_QUALITY: Final = 0.10
"""Quality below which an embedding says hardly anything."""

_FACE_ASPECT: Final = 0.72
_EDGE_PX: Final = 2.0
_FULL_SIZE_PX: Final = 112.0
_FULL_SHARPNESS: Final = 200.0


@dataclass(frozen=True, slots=True)
class QualityGates:
    """What a face must fulfil before its emotion is read.

    Raises:
        ValueError: A value is of the wrong type or out of range.
    """

    min_face_px: float = parameter(
        36.0,
        "Smallest face",
        "Mean of the box's width and height below which a face is not read.",
        unit="px",
        minimum=12.0,
        maximum=1000.0,
    )
    min_det_score: float = parameter(
        0.65,
        "Least detection score",
        "Score of the detector below which a face is not read.",
        minimum=0.0,
        maximum=1.0,
    )
    min_sharpness: float = parameter(
        15.0,
        "Least sharpness",
        "Variance of the Laplacian of the 48 px crop below which a face is too blurred.",
        minimum=0.0,
        maximum=10000.0,
    )
    max_yaw_deg: float = parameter(
        50.0,
        "Largest turn to the side",
        "Angle to the left or right beyond which a face is turned away.",
        unit="°",
        minimum=0.0,
        maximum=90.0,
    )
    max_pitch_deg: float = parameter(
        40.0,
        "Largest turn up or down",
        "Angle up or down beyond which a face is turned away.",
        unit="°",
        minimum=0.0,
        maximum=90.0,
    )
    max_roll_deg: float = parameter(
        60.0,
        "Largest tilt",
        "Tilt towards a shoulder beyond which a face is turned away.",
        unit="°",
        minimum=0.0,
        maximum=180.0,
    )
    max_cut_off: float = parameter(
        0.20,
        "Largest part outside",
        "Part of the box that may lie outside the picture.",
        minimum=0.0,
        maximum=1.0,
    )

    def __post_init__(self) -> None:
        check_parameters(self)


def sharpness(gray: NDArray[np.uint8]) -> float:
    """Variance of the four-neighbour Laplacian (Pech-Pacheco et al. 2000), border left out.

    Args:
        gray: uint8 (H, W), at least 3 by 3; the emotion crop of (48, 48).

    Returns:
        At least 0, in squared gray levels; 0 for an even picture.

    Raises:
        ValueError: The array is not uint8 with two dimensions of at least 3.
    """
    if gray.dtype != np.uint8 or gray.ndim != 2 or min(gray.shape) < 3:
        raise ValueError(f"expected uint8 (H, W) of at least 3x3, got {gray.dtype} {gray.shape}")
    x = gray.astype(np.float32)
    around = x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:]
    return float(np.var(around - 4.0 * x[1:-1, 1:-1]))


def face_px(bbox_xyxy: FloatArray) -> float:
    """Size of a face: the mean of its box's width and height (px)."""
    return float(box_size(bbox_xyxy).mean())


def measure_quality(
    detection: FaceDetection, sharpness: float | None, frame_size: tuple[int, int]
) -> FaceQuality:
    """Everything that the gates look at.

    Args:
        detection: The face.
        sharpness: Of its crop, or None when it was not measured.
        frame_size: Width and height of the picture (px).
    """
    yaw, pitch, roll = yaw_pitch_roll_deg(detection.kps)
    return FaceQuality(
        det_score=float(detection.det_score),
        face_px=face_px(detection.bbox_xyxy),
        cut_off=cut_off_part(detection.bbox_xyxy, frame_size),
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        sharpness=math.nan if sharpness is None else sharpness,
    )


def find_gate(quality: FaceQuality, gates: QualityGates) -> GateFinding | None:
    """The first gate that holds a face back, with what was measured and allowed, or None.

    Args:
        quality: What was measured; an unknown sharpness is left out of account.
        gates: The limits; a value on the limit passes.
    """
    least = (
        (GateReason.LOW_DET_SCORE, "min_det_score", quality.det_score),
        (GateReason.TOO_SMALL, "min_face_px", quality.face_px),
    )
    most = (
        (GateReason.CUT_OFF, "max_cut_off", quality.cut_off),
        (GateReason.TURNED_AWAY, "max_yaw_deg", abs(quality.yaw_deg)),
        (GateReason.TURNED_AWAY, "max_pitch_deg", abs(quality.pitch_deg)),
        (GateReason.TURNED_AWAY, "max_roll_deg", abs(quality.roll_deg)),
    )
    for reason, name, value in least:
        if value < getattr(gates, name):
            return GateFinding(reason, name, value, getattr(gates, name))
    for reason, name, value in most:
        if value > getattr(gates, name):
            return GateFinding(reason, name, value, getattr(gates, name))
    if quality.sharpness < gates.min_sharpness:
        limit = gates.min_sharpness
        return GateFinding(GateReason.TOO_BLURRED, "min_sharpness", quality.sharpness, limit)
    return None


def gate(
    detection: FaceDetection,
    sharpness: float | None,
    frame_size: tuple[int, int],
    gates: QualityGates,
) -> GateReason | None:
    """The first reason for which a face is not read, or None.

    Args:
        detection: The face.
        sharpness: Of its crop, or None to leave blur out of account.
        frame_size: Width and height of the picture (px).
        gates: The limits; a value on the limit passes.
    """
    finding = find_gate(measure_quality(detection, sharpness, frame_size), gates)
    return finding.reason if finding is not None else None


def embedding_quality(
    detection: FaceDetection,
    sharpness: float | None,
    frame_size: tuple[int, int] | None = None,
) -> float:
    """How much an embedding of this face is worth, in [0, 1].

    A product of detection score, size (112 px, a recogniser's input, is full), pose (the squared
    cosines of yaw and pitch) and, when given, sharpness and the part inside the picture. Below
    `MIN_EMBEDDING_QUALITY` it is not worth the time.

    Args:
        detection: The face.
        sharpness: Of its 48 px crop, or None to leave blur out of account.
        frame_size: Width and height of the picture (px), or None to leave its edges out of account.
    """
    yaw, pitch, _ = yaw_pitch_roll_deg(detection.kps)
    turned = max(math.cos(math.radians(yaw)), 0.0) * max(math.cos(math.radians(pitch)), 0.0)
    size = min(face_px(detection.bbox_xyxy) / _FULL_SIZE_PX, 1.0)
    clear = 1.0 if sharpness is None else min(sharpness / _FULL_SHARPNESS, 1.0)
    whole = 1.0 - cut_off_part(detection.bbox_xyxy, frame_size) if frame_size else 1.0
    score = min(max(detection.det_score, 0.0), 1.0)
    return score * size * turned**2 * whole**2 * (0.25 + 0.75 * clear)


def cut_off_part(bbox_xyxy: FloatArray, frame_size: tuple[int, int]) -> float:
    """Part of a face that the picture's edge cuts off, estimated, in [0, 1].

    Detectors clip the box of a half face to the picture, so a box that touches an edge and is
    narrower or flatter than a face's usual shape counts as cut as well.

    Args:
        bbox_xyxy: float32 (4,) px.
        frame_size: Width and height of the picture (px).
    """
    width, height = (float(v) for v in box_size(bbox_xyxy))
    if width <= 0.0 or height <= 0.0:
        return 1.0
    inside = clip_box(bbox_xyxy, frame_size)
    part = 1.0 - float(box_size(inside).prod()) / (width * height)
    at_side = inside[0] <= _EDGE_PX or inside[2] >= frame_size[0] - _EDGE_PX
    at_top = inside[1] <= _EDGE_PX or inside[3] >= frame_size[1] - _EDGE_PX
    narrow = 1.0 - width / (_FACE_ASPECT * height) if at_side else 0.0
    flat = 1.0 - height * _FACE_ASPECT / width if at_top else 0.0
    return max(part, narrow, flat)
