"""What a detector proposes in composed pictures, with what the labeller thinks of each proposal.

This is what the refiner meets in use: faces as the detector frames them, half hidden ones, fists
and shelves. The labeller's score is learnt: what it is half sure of is half a face here too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facemotion.core.boxes import iou_matrix
from facemotion.core.preprocessing import INPUT_SIZE_PX
from facemotion.core.types import FaceDetection
from facemotion.vision.crops import cut_crops
from facemotion.vision.second_look import CROP_RULE
from training.detector.imitation import imitated
from training.detector.records import Mosaic
from training.refiner.samples import Samples
from training.teacher import Teacher

_PROPOSED_SCORE: Final = 0.1
_FAINT_SCORE: Final = 0.02
_SAME_FACE_IOU: Final = 0.5
_PLACED_SCORE: Final = 0.4
"""From this score on the labeller's landmarks are learnt too."""


def collect(
    pack: Path,
    compose: Callable[[np.random.Generator], Mosaic],
    teacher: Teacher,
    count: int,
    random: np.random.Generator,
) -> Samples:
    """At least so many proposals.

    Args:
        pack: Folder with the detector that proposes.
        compose: Makes pictures of one size, a multiple of 32.
        teacher: The labeller.
        count: How many proposals are wanted.
        random: Draws the pictures.

    Raises:
        ValueError: The detector proposes less than one place a picture.
    """
    detector = Teacher(pack)
    parts: list[Samples] = []
    with tqdm(total=count, desc="collecting proposals", mininterval=10.0) as progress:
        for _ in range(count):
            if progress.n >= count:
                break
            picture = compose(random).picture
            boxes = detector.faces(picture, picture.shape[0], _PROPOSED_SCORE).boxes[:, :4]
            if len(boxes):
                parts.append(judged(picture, boxes, teacher))
                progress.update(len(boxes))
    found = sum(len(part.crops) for part in parts)
    if found < count:
        raise ValueError(
            f"{pack}: its detector proposes {found} places in {count} pictures. Train it further, "
            "or train the refiner without `proposed`."
        )
    return Samples(
        np.concatenate([part.crops for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.is_face for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def judged(picture: NDArray[np.uint8], boxes: NDArray[np.float32], teacher: Teacher) -> Samples:
    """The crops of boxes (N, 4) in a picture with the labeller's word on them."""
    targets = imitated(picture[None], teacher)
    is_faint = targets.scores[0] >= _FAINT_SCORE
    scores, places, kps = (
        part[0][is_faint].numpy() for part in (targets.scores, targets.boxes, targets.kps)
    )
    fits = iou_matrix(boxes, places) >= _SAME_FACE_IOU
    told = np.where(fits, scores, np.float32(0.0))
    best = told.argmax(1) if len(scores) else np.zeros(len(boxes), np.int64)
    answers = told.max(1, initial=0.0).astype(np.float32)
    is_face = answers >= _PLACED_SCORE
    points = np.zeros((len(boxes), 10), np.float32)
    nowhere = np.zeros((5, 2), np.float32)
    for row in np.flatnonzero(is_face):
        matrix = CROP_RULE.matrix(boxes[row], nowhere)
        where = kps[best[row]].reshape(5, 2) @ matrix[:, :2].T + matrix[:, 2]
        points[row] = ((where + 0.5) / INPUT_SIZE_PX - 0.5).ravel()
    faces = [FaceDetection(box, nowhere, 1.0) for box in boxes]
    return Samples(cut_crops(picture, faces, CROP_RULE), points, is_face, answers)
