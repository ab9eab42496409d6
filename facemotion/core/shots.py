"""Guided enrolment from the camera: which picture to take, and what to tell the person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from facemotion.core.boxes import box_centre
from facemotion.core.quality import embedding_quality, face_px
from facemotion.core.shot_params import Pose, ShotParams, pose_of
from facemotion.core.types import FaceDetection, FloatArray

__all__ = [
    "POSE_HINTS",
    "Pose",
    "ShotAdvice",
    "ShotGuide",
    "ShotHint",
    "ShotParams",
    "pose_of",
]

_MIN_GAIN: Final = 0.02
_MAX_STEP_S: Final = 0.25


class ShotHint(StrEnum):
    """What to tell the person; the value is the sentence."""

    NO_FACE = "Come into the picture."
    SEVERAL_FACES = "Only one person may be in the picture."
    COME_CLOSER = "Come closer."
    MOVE_BACK = "Move back a little."
    MORE_LIGHT = "More light on your face, please."
    LESS_LIGHT = "Less light on your face, please."
    HOLD_STILL = "Hold still."
    LOOK_STRAIGHT = "Look straight into the camera."
    TURN_LEFT = "Turn your head slowly to your left."
    TURN_RIGHT = "Turn your head slowly to your right."
    LOOK_UP = "Raise your chin a little."
    LOOK_DOWN = "Lower your chin a little."
    KEEP_POSE = "Good, stay like this."
    DONE = "Done, thank you."


POSE_HINTS: Final[Mapping[Pose, ShotHint]] = {
    Pose.FRONTAL: ShotHint.LOOK_STRAIGHT,
    Pose.LEFT: ShotHint.TURN_LEFT,
    Pose.RIGHT: ShotHint.TURN_RIGHT,
    Pose.UP: ShotHint.LOOK_UP,
    Pose.DOWN: ShotHint.LOOK_DOWN,
}
"""What to say to bring about each pose, in the order in which they are asked for."""


@dataclass(frozen=True, slots=True)
class ShotAdvice:
    """What to do with a frame, and what to show.

    Attributes:
        hint: What to tell the person.
        progress: Per pose from 0 to 1, for the ring.
        is_shot_taken: Whether this frame is to be kept as the picture of `pose`, instead of one
            kept before.
        pose: The pose that the head is in, or None in between or without a usable face.
    """

    hint: ShotHint
    progress: Mapping[Pose, float] = field(default_factory=dict[Pose, float])
    is_shot_taken: bool = False
    pose: Pose | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every pose has its picture."""
        return self.hint is ShotHint.DONE


class ShotGuide:
    """Watches one person turn their head, and picks the best frame of each pose.

    Args:
        params: What a picture must be like.
    """

    def __init__(self, params: ShotParams | None = None) -> None:
        self._params = params if params is not None else ShotParams()
        self._held_s: dict[Pose, float] = dict.fromkeys(Pose, 0.0)
        self._best: dict[Pose, float] = {}
        self._last: tuple[FloatArray, float] | None = None

    def reset(self) -> None:
        """Begin anew."""
        self._held_s = dict.fromkeys(Pose, 0.0)
        self._best.clear()
        self._last = None

    def forget(self, pose: Pose) -> None:
        """Ask for one pose again, because its picture was not usable."""
        self._held_s[pose] = 0.0
        self._best.pop(pose, None)

    def offer(
        self,
        detections: Sequence[FaceDetection],
        sharpness: float,
        brightness: float,
        frame_size: tuple[int, int],
        time_s: float,
    ) -> ShotAdvice:
        """Look at a frame.

        Args:
            detections: Faces of the frame.
            sharpness: Of the face's 48 px crop; not looked at unless there is exactly one face.
            brightness: Mean gray level of that crop, in [0, 255].
            frame_size: Width and height of the picture (px).
            time_s: Time of the frame.

        Returns:
            What to tell the person, and whether to keep the frame.
        """
        if self._is_done():
            return self._advice(ShotHint.DONE)
        if len(detections) != 1:
            self._last = None
            return self._advice(ShotHint.SEVERAL_FACES if detections else ShotHint.NO_FACE)
        face = detections[0]
        speed, dt_s = self._motion(face, time_s)
        fault = self._fault(face, sharpness, brightness, speed, frame_size)
        if fault is not None:
            return self._advice(fault)
        return self._watch(face, sharpness, dt_s)

    def _motion(self, face: FaceDetection, time_s: float) -> tuple[float, float]:
        """Speed in face sizes a second, and the time since the last frame (0 for the first)."""
        centre = box_centre(face.bbox_xyxy)
        last, self._last = self._last, (centre, time_s)
        if last is None or not 0.0 < time_s - last[1] <= 1.0:
            return 0.0, 0.0
        dt_s = time_s - last[1]
        step = float(np.linalg.norm(centre - last[0])) / max(face_px(face.bbox_xyxy), 1.0)
        return step / dt_s, min(dt_s, _MAX_STEP_S)

    def _fault(
        self,
        face: FaceDetection,
        sharpness: float,
        brightness: float,
        speed: float,
        frame_size: tuple[int, int],
    ) -> ShotHint | None:
        height = float(face.bbox_xyxy[3] - face.bbox_xyxy[1])
        faults = {
            ShotHint.COME_CLOSER: face_px(face.bbox_xyxy) < self._params.min_face_px,
            ShotHint.MOVE_BACK: height > self._params.max_face_part * frame_size[1],
            ShotHint.MORE_LIGHT: brightness < self._params.min_brightness,
            ShotHint.LESS_LIGHT: brightness > self._params.max_brightness,
            ShotHint.HOLD_STILL: speed > self._params.max_speed
            or sharpness < self._params.min_sharpness,
        }
        return next((hint for hint, is_so in faults.items() if is_so), None)

    def _watch(self, face: FaceDetection, sharpness: float, dt_s: float) -> ShotAdvice:
        pose = pose_of(face.kps)
        if pose is None:
            return self._advice(self._wanted())
        quality = embedding_quality(face, sharpness)
        is_open = pose not in self._best or self._held_s[pose] < self._params.hold_s
        is_better = quality >= self._best.get(pose, -1.0) + _MIN_GAIN
        is_taken = is_open and is_better
        if is_taken:
            self._best[pose] = quality
        self._held_s[pose] += dt_s
        if self._is_done():
            hint = ShotHint.DONE
        else:
            hint = self._wanted() if self._progress(pose) >= 1.0 else ShotHint.KEEP_POSE
        return self._advice(hint, is_taken, pose)

    def _wanted(self) -> ShotHint:
        """What to say for the first pose that is not complete."""
        return next(hint for pose, hint in POSE_HINTS.items() if self._progress(pose) < 1.0)

    def _progress(self, pose: Pose) -> float:
        if pose not in self._best:
            return 0.0
        held_s, hold_s = self._held_s[pose], self._params.hold_s
        return 1.0 if held_s >= hold_s else held_s / hold_s

    def _is_done(self) -> bool:
        return all(self._progress(pose) >= 1.0 for pose in Pose)

    def _advice(
        self, hint: ShotHint, is_shot_taken: bool = False, pose: Pose | None = None
    ) -> ShotAdvice:
        progress = {each: self._progress(each) for each in Pose}
        return ShotAdvice(hint, progress, is_shot_taken, pose)
