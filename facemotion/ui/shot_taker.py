"""Takes the shots of a guided enrolment from the results of the running source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facemotion.core.preprocessing import EmotionCropRule
from facemotion.core.quality import sharpness
from facemotion.core.shots import Pose, ShotAdvice, ShotGuide, ShotHint
from facemotion.core.types import FaceDetection, FaceResult, FrameBgr, FrameResult
from facemotion.ui.face_chooser import cut_alone
from facemotion.vision.crops import cut_crops

LOST_AFTER_S = 3.0
"""A chosen face that was not seen for so long has to be chosen again."""


@dataclass(frozen=True, slots=True, eq=False)
class TakenShot:
    """A picture to be examined.

    Attributes:
        pose: The pose it was taken in, or None when the user took it.
        crop_bgr: uint8 (h, w, 3) BGR, the face with its surroundings, other faces painted over.
    """

    pose: Pose | None
    crop_bgr: FrameBgr


@dataclass(frozen=True, slots=True, eq=False)
class TakerState:
    """What to show after a result.

    Attributes:
        hint: What to tell the person.
        progress: Per pose from 0 to 1.
        wanted: The pose asked for next, or None when all are there.
        followed_id: Track id of the face that is enrolled, or None.
        shots: Pictures taken now.
    """

    hint: ShotHint
    progress: Mapping[Pose, float]
    wanted: Pose | None
    followed_id: int | None
    shots: tuple[TakenShot, ...] = ()


class ShotTaker:
    """Follows one face, asks the guide about it, and cuts out the best picture of every pose."""

    def __init__(self) -> None:
        self._guide = ShotGuide()
        self._best: dict[Pose, FrameBgr] = {}
        self._taken: set[Pose] = set()
        self._chosen_id: int | None = None
        self._chosen_seen_s = 0.0
        self._result: FrameResult | None = None

    def reset(self) -> None:
        """Begin anew, with whoever is in view."""
        self._guide.reset()
        self._best.clear()
        self._taken.clear()
        self._chosen_id = None
        self._result = None

    def choose(self, track_id: int) -> None:
        """Follow this face, whoever else is in view; shots taken of another one are forgotten."""
        if track_id != self._chosen_id:
            self.reset()
            self._chosen_id = track_id
            self._chosen_seen_s = float("inf")

    def release(self) -> None:
        """Follow nobody: the source is another one, and numbers its faces anew."""
        self._chosen_id = None
        self._result = None

    def is_chosen(self, track_id: int) -> bool:
        """Whether this is the face that is followed."""
        return self._chosen_id == track_id

    def retake(self, pose: Pose) -> None:
        """Ask for a pose again: its picture was removed, or could not be used."""
        self._guide.forget(pose)
        self._best.pop(pose, None)
        self._taken.discard(pose)

    def offer(self, result: FrameResult) -> TakerState:
        """Look at a result.

        Returns:
            What to show, and the pictures of the poses that this result completed.
        """
        self._result = result
        faces = self._offered_faces(result)
        advice = self._ask_guide(result, faces)
        face = faces[0] if len(faces) == 1 else None
        if advice.is_shot_taken and advice.pose is not None and face is not None:
            self._best[advice.pose] = _cut(result, face)
        return TakerState(
            hint=advice.hint,
            progress=advice.progress,
            wanted=_wanted(advice),
            followed_id=face.track_id if face is not None else None,
            shots=self._completed(advice),
        )

    def take_now(self) -> TakenShot | None:
        """The newest picture of the face as it is, or None when no single face is in view."""
        if self._result is None:
            return None
        faces = self._offered_faces(self._result)
        return TakenShot(None, _cut(self._result, faces[0])) if len(faces) == 1 else None

    def _offered_faces(self, result: FrameResult) -> Sequence[FaceResult]:
        """The chosen face alone while there is one, otherwise all."""
        if self._chosen_id is None:
            return result.faces
        chosen = [face for face in result.faces if face.track_id == self._chosen_id]
        now_s = result.frame.time_s
        if chosen or now_s < self._chosen_seen_s:
            self._chosen_seen_s = now_s
        elif now_s - self._chosen_seen_s > LOST_AFTER_S:
            self._chosen_id = None
            return result.faces
        return chosen

    def _ask_guide(self, result: FrameResult, faces: Sequence[FaceResult]) -> ShotAdvice:
        frame_bgr = result.frame.frame_bgr
        detections = [as_detection(face) for face in faces]
        focus, brightness = 0.0, 0.0
        if len(detections) == 1:
            crop = cut_crops(frame_bgr, detections, EmotionCropRule())[0]
            focus, brightness = sharpness(crop), float(crop.mean())
        height_px, width_px = frame_bgr.shape[:2]
        return self._guide.offer(
            detections, focus, brightness, (width_px, height_px), result.frame.time_s
        )

    def _completed(self, advice: ShotAdvice) -> tuple[TakenShot, ...]:
        done = [
            pose
            for pose, part in advice.progress.items()
            if part >= 1.0 and pose in self._best and pose not in self._taken
        ]
        self._taken.update(done)
        return tuple(TakenShot(pose, self._best.pop(pose)) for pose in done)


def as_detection(face: FaceResult) -> FaceDetection:
    """A face of a result as the detector found it."""
    return FaceDetection(face.bbox_xyxy, face.kps, face.det_score)


def _wanted(advice: ShotAdvice) -> Pose | None:
    return next((pose for pose, done in advice.progress.items() if done < 1.0), None)


def _cut(result: FrameResult, face: FaceResult) -> FrameBgr:
    """The face's surroundings; others are painted over, so that the shot shows one person."""
    position = [each.track_id for each in result.faces].index(face.track_id)
    detections = [as_detection(each) for each in result.faces]
    return cut_alone(result.frame.frame_bgr, detections, position)
