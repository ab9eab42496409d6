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


class IdentityReason(StrEnum):
    """Which step of recognition decided who a face is."""

    NO_RECOGNISER = "no recogniser"
    NOBODY_ENROLLED = "nobody enrolled"
    NOT_COMPARED = "not compared yet"
    UNLIKE_EVERYBODY = "unlike everybody"
    BELOW_THRESHOLD = "below the threshold"
    CLOSE_SECOND = "a second person is close"
    LITTLE_EVIDENCE = "little evidence"
    TAKEN = "another face has that name"
    LIKE_ENOUGH = "like enough"


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
class FaceQuality:
    """What is measured of a face before anything is read of it.

    Attributes:
        det_score: Detector's score in [0, 1].
        face_px: Mean of the box's width and height (px).
        cut_off: Part that the picture's edge cuts off, in [0, 1].
        yaw_deg: Turn to the side, positive when the nose points to the picture's right.
        pitch_deg: Turn up or down, positive upwards.
        roll_deg: Tilt towards a shoulder, positive clockwise as seen in the picture.
        sharpness: Variance of the Laplacian of the 48 px crop; NaN when it was not measured.
    """

    det_score: float
    face_px: float
    cut_off: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class GateFinding:
    """The gate that held a face back.

    Attributes:
        reason: What is wrong with the face.
        parameter: Field of `QualityGates` whose limit counted.
        value: What was measured, in the parameter's unit.
        limit: What was allowed at that moment.
    """

    reason: GateReason
    parameter: str
    value: float
    limit: float


@dataclass(frozen=True, slots=True)
class IdentityEvidence:
    """The numbers behind an identity.

    Attributes:
        reason: Which step decided.
        candidate: Name of the person it is about; empty when nobody was compared.
        cosine_similarity: Of the candidate, in [−1, 1]; NaN when nothing was compared.
        known_at: Similarity from which a face is known; NaN when nothing was compared.
        uncertain_at: Similarity from which a face is uncertain; NaN when nothing was compared.
        people: People enrolled.
        false_accept_percent: Strangers that may be taken for somebody, from which `known_at`
            follows; None when the user sets the threshold.
        rival: Name of the second-best person, where that decided.
        value: What was measured where not the similarity decided: the lead over the rival, the
            evidence gathered, the worth of an embedding; else NaN.
        needed: What `value` must reach.
    """

    reason: IdentityReason
    candidate: str = ""
    cosine_similarity: float = float("nan")
    known_at: float = float("nan")
    uncertain_at: float = float("nan")
    people: int = 0
    false_accept_percent: float | None = None
    rival: str = ""
    value: float = float("nan")
    needed: float = float("nan")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a face is, as far as the gallery tells.

    Attributes:
        decision: Known, uncertain or unknown.
        person_id: The best candidate, or None when the gallery is empty or the face unknown.
        name: The candidate's name; empty when there is none.
        cosine_similarity: Of the best candidate, in [−1, 1]; NaN when nothing was compared.
        evidence: The numbers behind the decision, or None when nobody tells; not compared.
    """

    decision: Decision = Decision.UNKNOWN
    person_id: str | None = None
    name: str = ""
    cosine_similarity: float = float("nan")
    evidence: IdentityEvidence | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class EmotionReading:
    """How a face feels.

    Attributes:
        raw_probs: float32 (7,) of this frame in `EMOTIONS` order, or None when a gate held it back.
        probs: float32 (7,) smoothed over the track, or None before the first accepted reading.
        emotion: The emotion shown, or None before the first one is settled.
        gate_reason: Why this frame was not read, or None when it was.
        gate: The same with its numbers.
        is_corrected: Whether the person's neutral baseline has corrected `probs`; `raw_probs`
            stay as the model gave them.
    """

    raw_probs: FloatArray | None = None
    probs: FloatArray | None = None
    emotion: str | None = None
    gate_reason: GateReason | None = None
    gate: GateFinding | None = None
    is_corrected: bool = False


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
        quality: What the gates measured, or None when nothing was measured.
        emotion_crop: uint8 (48, 48) gray as the emotion model reads it, never written; None when
            nothing was cut.
    """

    track_id: int
    bbox_xyxy: FloatArray
    velocity_xyxy: FloatArray
    kps: FloatArray
    det_score: float
    identity: Identity
    emotion: EmotionReading
    first_seen_s: float
    quality: FaceQuality | None = None
    emotion_crop: NDArray[np.uint8] | None = None


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
