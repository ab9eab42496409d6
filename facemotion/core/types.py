"""The records that travel between the layers. Arrays in them are never written again."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
FrameBgr = NDArray[np.uint8]
"""uint8 (H, W, 3) BGR."""


class Decision(StrEnum):
    """What is known about who a face is."""

    KNOWN = "known"
    UNCERTAIN = "uncertain"
    UNKNOWN = "unknown"


class GateReason(StrEnum):
    """Why a face is not read for emotion; the value is shown to the user."""

    TOO_SMALL = "too small"
    LOW_DET_SCORE = "hardly a face"
    TOO_BLURRED = "too blurred"
    TURNED_AWAY = "turned away"
    CUT_OFF = "cut off by the picture's edge"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a source.

    Attributes:
        frame_bgr: uint8 (H, W, 3) BGR, contiguous.
        time_s: Position in the source's own time, from 0; for live sources the time since opening.
        index: Number of the frame in its source, from 0.
        name: File name for pictures of a folder, else the source's name.
        scene_id: Grows with every camera cut, seek, loop or change of source.
        captured_at_s: Monotonic clock when the frame was taken.
    """

    frame_bgr: FrameBgr
    time_s: float
    index: int
    name: str = ""
    scene_id: int = 0
    captured_at_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class FaceDetection:
    """A face as the detector found it.

    Attributes:
        bbox_xyxy: float32 (4,) px, image coordinates.
        kps: float32 (5, 2) px: the two eyes, the nose, the two mouth corners, left to right as
            seen in the picture.
        det_score: Detector's score in [0, 1].
    """

    bbox_xyxy: FloatArray
    kps: FloatArray
    det_score: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a face is, as far as the gallery tells.

    Attributes:
        decision: Known, uncertain or unknown.
        person_id: The best candidate, or None when the gallery is empty or the face unknown.
        name: The candidate's name; empty when there is none.
        cosine_similarity: Of the best candidate, in [−1, 1]; NaN when nothing was compared.
    """

    decision: Decision = Decision.UNKNOWN
    person_id: str | None = None
    name: str = ""
    cosine_similarity: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class EmotionReading:
    """How a face feels.

    Attributes:
        raw_probs: float32 (7,) of this frame in `EMOTIONS` order, or None when a gate held it back.
        probs: float32 (7,) smoothed over the track, or None before the first accepted reading.
        emotion: The emotion shown, or None before the first one is settled.
        gate_reason: Why this frame was not read, or None when it was.
    """

    raw_probs: FloatArray | None = None
    probs: FloatArray | None = None
    emotion: str | None = None
    gate_reason: GateReason | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FaceResult:
    """Everything known about one face in one frame.

    Attributes:
        track_id: Stable number of the track, from 1.
        bbox_xyxy: float32 (4,) px, image coordinates.
        velocity_xyxy: float32 (4,) px/s of the box's edges, to carry the box along.
        kps: float32 (5, 2) px.
        det_score: Detector's score in [0, 1].
        identity: Who.
        emotion: How.
        first_seen_s: Source time at which the track began.
    """

    track_id: int
    bbox_xyxy: FloatArray
    velocity_xyxy: FloatArray
    kps: FloatArray
    det_score: float
    identity: Identity
    emotion: EmotionReading
    first_seen_s: float


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """What was found in one frame.

    Attributes:
        frame: The frame itself, shared, never written.
        faces: One entry a face, ordered by track_id.
        timings_ms: Wall time a stage took: detect, track, recognise, emotion, total.
    """

    frame: Frame
    faces: tuple[FaceResult, ...]
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])
