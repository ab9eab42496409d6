"""The built-in detector beside another pack's: who finds what, how exactly and how fast."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from facemotion.core.boxes import iou_matrix
from facemotion.core.types import FaceDetection, FrameBgr
from facemotion.vision.faces import FaceModels
from facemotion.vision.sources.demo import demo_photo_path
from facemotion.vision.sources.pictures import read_picture
from facemotion.vision.sources.specs import open_source, path_source
from training.lfw import LfwArchive

CLIPS = (
    "scene_multi_person.mp4",
    "one_person_sad_then_happy.mp4",
    "neutral_smile_then_no_face.mov",
)
SMALLEST_PX = 24.0
SURE_SCORE, FAINT_SCORE = 0.5, 0.3
SAME_FACE_IOU, SOME_FACE_IOU = 0.5, 0.3
FRONTAL_EYES_SHARE = 0.35
"""Distance of the eyes in widths of the box from which a face counts as frontal."""
SMALLER = 0.97
"""Of this size is the picture in which the other detector is compared with itself."""


@dataclass(slots=True)
class Tally:
    """Counts over many pictures.

    Attributes:
        wanted: Faces that the other detector is sure of.
        found: Those of them that the built-in one found.
        answers: Faces that the built-in one gave.
        extra: Those of them that the other one does not even faintly see.
        landmark_errors: Mean distance of the five landmarks, in eye distances, of faces found.
        frontal_errors: Those of them whose face is frontal.
    """

    wanted: int = 0
    found: int = 0
    answers: int = 0
    extra: int = 0
    landmark_errors: list[float] = field(default_factory=list)
    frontal_errors: list[float] = field(default_factory=list)

    def add(self, ours: list[FaceDetection], theirs: list[FaceDetection]) -> None:
        """Count one picture.

        Args:
            ours: Faces of the built-in detector.
            theirs: Faces of the other one at its faint threshold.
        """
        overlap = iou_matrix(_boxes(theirs), _boxes(ours))
        sure = [i for i, f in enumerate(theirs) if f.det_score >= SURE_SCORE and _is_large(f)]
        for row in sure:
            self.wanted += 1
            best = int(overlap[row].argmax()) if ours else -1
            if best >= 0 and overlap[row, best] >= SAME_FACE_IOU:
                self.found += 1
                error = landmark_error(ours[best], theirs[row])
                self.landmark_errors.append(error)
                if looks_frontal(theirs[row]):
                    self.frontal_errors.append(error)
        large = [i for i, face in enumerate(ours) if _is_large(face)]
        self.answers += len(large)
        known = overlap.max(0) >= SOME_FACE_IOU if theirs else np.zeros(len(ours), bool)
        self.extra += sum(not known[i] for i in large)

    @property
    def recall(self) -> float:
        """Share of the wanted faces that were found."""
        return self.found / max(self.wanted, 1)

    @property
    def extra_share(self) -> float:
        """Share of the answers that nobody else sees."""
        return self.extra / max(self.answers, 1)


def together(tallies: Sequence[Tally]) -> Tally:
    """The sum of some tallies."""
    return Tally(
        sum(one.wanted for one in tallies),
        sum(one.found for one in tallies),
        sum(one.answers for one in tallies),
        sum(one.extra for one in tallies),
        [error for one in tallies for error in one.landmark_errors],
        [error for one in tallies for error in one.frontal_errors],
    )


def landmark_error(ours: FaceDetection, theirs: FaceDetection) -> float:
    """Mean distance of the landmarks in distances between the eyes."""
    eyes = float(np.linalg.norm(theirs.kps[0] - theirs.kps[1]))
    return float(np.linalg.norm(ours.kps - theirs.kps, axis=1).mean()) / max(eyes, 1e-6)


def looks_frontal(face: FaceDetection) -> bool:
    """Whether the eyes are as far apart as in a face that is not turned away."""
    eyes = float(np.linalg.norm(face.kps[0] - face.kps[1]))
    return eyes >= FRONTAL_EYES_SHARE * float(face.bbox_xyxy[2] - face.bbox_xyxy[0])


def detect_smaller(models: FaceModels, picture: FrameBgr) -> list[FaceDetection]:
    """Faces of the picture made smaller by `SMALLER`, enlarged again."""
    height, width = picture.shape[:2]
    smaller = cv2.resize(
        picture, (round(width * SMALLER), round(height * SMALLER)), interpolation=cv2.INTER_AREA
    )
    canvas = np.zeros_like(picture)
    canvas[: smaller.shape[0], : smaller.shape[1]] = smaller
    zoom = np.array([width / smaller.shape[1], height / smaller.shape[0]], np.float32)
    return [
        replace(face, bbox_xyxy=face.bbox_xyxy * np.tile(zoom, 2), kps=face.kps * zoom)
        for face in models.detect(canvas)
    ]


def frames(clip: Path, every: int) -> Iterator[FrameBgr]:
    """Every n-th picture of a clip."""
    source = open_source(path_source(clip))
    try:
        index = 0
        while (frame := source.read()) is not None:
            if index % every == 0:
                yield frame.frame_bgr
            index += 1
    finally:
        source.close()


def kept_out_tallies(
    ours: FaceModels, theirs: FaceModels, archive: LfwArchive, every: int = 1
) -> tuple[Tally, Tally]:
    """Portraits of people whom no training saw, one face each: the one in the middle.

    Returns:
        What the built-in detector finds, and what the other one does in a smaller picture.
    """
    tally, own = Tally(), Tally()
    rows = np.flatnonzero(archive.kept_out())[::every]
    theirs.det_thresh = SURE_SCORE
    for row in rows:
        picture = archive.picture(int(row))
        wanted = theirs.detect(picture)
        if wanted:
            middle = np.array(picture.shape[1::-1]) / 2.0
            central = [min(wanted, key=lambda f: _distance(f, middle))]
            tally.add(ours.detect(picture), central)
            own.add(detect_smaller(theirs, picture), central)
    return tally, own


def clip_tallies(
    ours: FaceModels, theirs: FaceModels, clip: Path, every: int
) -> tuple[Tally, Tally]:
    """All faces of a clip; what is given back is as for `kept_out_tallies`."""
    tally, own = Tally(), Tally()
    theirs.det_thresh = FAINT_SCORE
    for picture in frames(clip, every):
        wanted = theirs.detect(picture)
        tally.add(ours.detect(picture), wanted)
        again = detect_smaller(theirs, picture)
        own.add([face for face in again if face.det_score >= SURE_SCORE], wanted)
    return tally, own


def faces_of_demo_photo(ours: FaceModels) -> int:
    """Faces found in insightface's own photo of six people."""
    return len(ours.detect(read_picture(demo_photo_path())))


def time_ratio(ours: FaceModels, theirs: FaceModels, picture: FrameBgr, rounds: int = 60) -> float:
    """Our time for a picture by theirs, best of alternating rounds, decoding included."""
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for side, models in enumerate((ours, theirs)):
            begin = time.perf_counter()
            models.detect(picture)
            best[side] = min(best[side], time.perf_counter() - begin)
    return best[0] / best[1]


def _boxes(faces: list[FaceDetection]) -> np.ndarray:
    return np.array([f.bbox_xyxy for f in faces], np.float32).reshape(-1, 4)


def _is_large(face: FaceDetection) -> bool:
    width, height = face.bbox_xyxy[2:] - face.bbox_xyxy[:2]
    return float(np.sqrt(max(width, 0.0) * max(height, 0.0))) >= SMALLEST_PX


def _distance(face: FaceDetection, point: np.ndarray) -> float:
    middle = (face.bbox_xyxy[:2] + face.bbox_xyxy[2:]) / 2.0
    return float(np.linalg.norm(middle - point))
