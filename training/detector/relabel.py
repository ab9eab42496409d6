"""Labels of a composed picture from the labeller itself, and pictures used more than once.

What a turned, narrowed, covered or cut face still is, the labeller says better than the map that
moved its box: it looks at the picture as the network will.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.boxes import iou_matrix
from training.detector.mosaic_drawing import transform_boxes, transform_points, warped
from training.detector.records import MIRRORED_KPS, Mosaic
from training.teacher import Faces, Teacher

_SAME_FACE_IOU: Final = 0.45
_TRUSTED_PX: Final = 36.0
"""From this size on the labeller's own box and landmarks replace the moved ones."""

_SEEN_PX: Final = 20.0
"""Smaller faces stay sure even when the labeller does not see them."""

_THRESHOLD: Final = 0.3

_FACE_SCORE: Final = 0.42
"""Score from which the labeller's word makes a face: what it is half sure of must be found too."""


def relabelled(mosaic: Mosaic, teacher: Teacher) -> Mosaic:
    """The picture with the labeller's faces instead of those that were laid on it.

    Faces that the labeller hardly sees (score below 0.42) are neither faces nor background.
    """
    return merged(mosaic, teacher.faces(mosaic.picture, mosaic.picture.shape[0], _THRESHOLD))


def merged(mosaic: Mosaic, found: Faces) -> Mosaic:
    """The laid faces and the labeller's in one list.

    Args:
        mosaic: The picture with the faces that were laid on it.
        found: What the labeller found in it.
    """
    boxes, kps, is_sure = mosaic.boxes.copy(), mosaic.kps.copy(), mosaic.is_sure.copy()
    overlap = iou_matrix(found.boxes[:, :4], boxes)
    size = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
    partner = np.full(len(boxes), -1)
    for row in np.argsort(-found.boxes[:, 4]):
        open_rows = np.flatnonzero((partner < 0) & (overlap[row] >= _SAME_FACE_IOU))
        if len(open_rows):
            partner[open_rows[int(overlap[row][open_rows].argmax())]] = row
    for row in np.flatnonzero(partner >= 0):
        score = found.boxes[partner[row], 4]
        if size[row] >= _TRUSTED_PX:
            boxes[row], kps[row] = found.boxes[partner[row], :4], found.kps[partner[row]]
            is_sure[row] = score >= _FACE_SCORE
    is_sure &= (partner >= 0) | (size < _SEEN_PX)
    new = np.setdiff1d(np.arange(len(found)), partner)
    return Mosaic(
        mosaic.picture,
        np.concatenate([boxes, found.boxes[new, :4]]),
        np.concatenate([kps, found.kps[new]]),
        np.concatenate([is_sure, found.boxes[new, 4] >= _FACE_SCORE]),
    )


@dataclass(slots=True)
class Replay:
    """The last pictures, each of which is used several times, moved and mirrored.

    Attributes:
        capacity: How many are kept.
        kept: The pictures.
    """

    capacity: int = 600
    kept: list[Mosaic] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        """Whether there are enough for none to come too often."""
        return len(self.kept) >= min(self.capacity, 100)

    def add(self, mosaic: Mosaic, random: np.random.Generator) -> None:
        """Keep a picture; when there is no room, in the place of any other."""
        if len(self.kept) < self.capacity:
            self.kept.append(mosaic)
        else:
            self.kept[int(random.integers(self.capacity))] = mosaic

    def draw(self, random: np.random.Generator) -> Mosaic:
        """Any of them at another size and place.

        Raises:
            IndexError: There is none.
        """
        return moved(self.kept[int(random.integers(len(self.kept)))], random)


def moved(mosaic: Mosaic, random: np.random.Generator) -> Mosaic:
    """The same picture somewhat larger or smaller, shifted and perhaps mirrored."""
    side = mosaic.picture.shape[0]
    zoom = float(np.exp(random.uniform(-0.3, 0.35)))
    across = -zoom if random.random() < 0.5 else zoom
    room = side * abs(1.0 - zoom) / 2.0
    middle = side / 2.0 + random.uniform(-room, room, 2)
    turn = np.diag([across, zoom])
    matrix = np.hstack([turn, (middle - turn @ np.full(2, side / 2.0))[:, None]])
    kps = transform_points(mosaic.kps, matrix)
    if across < 0:
        kps = kps[:, MIRRORED_KPS]
    picture = warped(mosaic.picture, matrix)
    return Mosaic(picture, transform_boxes(mosaic.boxes, matrix), kps, _visible(mosaic, matrix))


def _visible(mosaic: Mosaic, matrix: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which faces are sure still: those that the move did not push over the rim."""
    side = mosaic.picture.shape[0]
    before, after = mosaic.boxes, transform_boxes(mosaic.boxes, matrix)
    gain = float(abs(np.linalg.det(matrix[:, :2])))
    shown = [_area(np.clip(boxes, 0, side)) for boxes in (before, after)]
    return mosaic.is_sure & (shown[1] >= 0.75 * gain * shown[0])


def _area(boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
