"""Crops for the refiner: faces as a loose detector frames them, and what only looks like faces."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facemotion.core.boxes import iou_matrix
from facemotion.core.preprocessing import INPUT_SIZE_PX
from facemotion.vision.crops import warp_square
from facemotion.vision.second_look import CROP_RULE
from training.detector.mosaic_drawing import SURE_SCORE, Picture, hair, random_crop, shapes
from training.detector.pictures import LabelledPictures
from training.detector.records import MIRRORED_KPS
from training.embedder.augment import compressed
from training.teacher import Teacher

_MOST_OVERLAP: Final = 0.25
_MINED_SIDE_PX: Final = 320


@dataclass(frozen=True, slots=True)
class SampleRecipe:
    """How crops are drawn.

    Attributes:
        faces: Share of crops that show a face.
        shift: Spread of the box's middle, in sides of the box.
        zoom: Spread of the logarithm of the box's size.
        rotation_deg: Spread of the turns; a tenth of the faces turn three times as far.
        narrow: Probability of a narrowed face, as a turned head is.
        small: Probability of a face of fewer pixels than the crop.
        smallest_px: The fewest of them.
        jpeg: Probability of JPEG block noise.
        loose: Probability of a box that is twice as far off.
        turned: Share of faces that are taken from the turned pictures, when there are some.
        little: Share of the others that are taken from the small pictures, when there are some.
        hair: Probability of long hair, of the faces in pictures of the usual size.
        cut: Probability of a face that the picture's rim cuts.
        proposed: Share of crops that a detector proposed, when there are some.
    """

    faces: float = 0.6
    shift: float = 0.07
    zoom: float = 0.12
    rotation_deg: float = 14.0
    narrow: float = 0.3
    small: float = 0.4
    smallest_px: int = 12
    jpeg: float = 0.1
    loose: float = 0.0
    turned: float = 0.0
    little: float = 0.0
    hair: float = 0.0
    cut: float = 0.0
    proposed: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A batch.

    Attributes:
        crops: uint8 (N, 48, 48) gray.
        points: float32 (N, 10) landmarks in sides of the crop from its middle; zeros elsewhere.
        is_face: bool (N,), whether landmarks are known.
        scores: float32 (N,) probability of being a face that is to be answered.
    """

    crops: NDArray[np.uint8]
    points: NDArray[np.float32]
    is_face: NDArray[np.bool_]
    scores: NDArray[np.float32]


class SampleMaker:
    """Draws crops from labelled pictures.

    Args:
        recipe: How.
        labelled: Pictures with faces.
        rows: Pictures of it that may be used.
        textures: Pictures without faces.
        mined: Boxes (M, 5) that a detector took for faces by mistake: picture, x1, y1, x2, y2.
        turned_rows: Pictures with turned faces that may be used.
        mined_textures: The same as `mined` in the pictures without faces.
        small: Pictures of another size with further faces.
        proposals: Crops that a detector proposed.
    """

    def __init__(
        self,
        recipe: SampleRecipe,
        labelled: LabelledPictures,
        rows: NDArray[np.int64],
        textures: list[Picture],
        mined: NDArray[np.float32],
        turned_rows: NDArray[np.int64] | None = None,
        mined_textures: NDArray[np.float32] | None = None,
        small: LabelledPictures | None = None,
        proposals: Samples | None = None,
    ) -> None:
        self.recipe, self.labelled, self.rows = recipe, labelled, rows
        self.textures, self.mined = textures, mined
        self.turned_rows = np.zeros(0, np.int64) if turned_rows is None else turned_rows
        none = np.zeros((0, 5), np.float32)
        self.mined_textures = none if mined_textures is None else mined_textures
        is_sure = labelled.boxes[:, 4] >= SURE_SCORE
        self.face_rows = np.flatnonzero(is_sure & np.isin(labelled.owner, rows))
        # A picture that stands several times among the turned ones is drawn as much more often.
        times = np.bincount(self.turned_rows, minlength=len(labelled))[labelled.owner] * is_sure
        self.turned_faces = np.repeat(np.arange(len(times)), times)
        self.proposals = proposals
        self.small = labelled if small is None else small
        self.small_faces = np.zeros(0, np.int64)
        if small is not None:
            self.small_faces = np.flatnonzero(small.boxes[:, 4] >= SURE_SCORE)

    def __call__(self, count: int, random: np.random.Generator) -> Samples:
        """A batch; the same for the same state of the generator."""
        crops = np.empty((count, INPUT_SIZE_PX, INPUT_SIZE_PX), np.uint8)
        points = np.zeros((count, 10), np.float32)
        is_face = random.random(count) < self.recipe.faces
        scores = is_face.astype(np.float32)
        for row in range(count):
            if self.proposals is not None and random.random() < self.recipe.proposed:
                chosen = int(random.integers(len(self.proposals.crops)))
                is_face[row], scores[row] = (
                    part[chosen] for part in (self.proposals.is_face, self.proposals.scores)
                )
                crops[row], points[row] = self._proposal(self.proposals, chosen, random)
                continue
            if is_face[row]:
                crops[row], points[row] = self._face(random)
            else:
                crops[row] = self._other(random)
            if random.random() < self.recipe.small:
                crops[row] = self._coarse(crops[row], random)
            if random.random() < self.recipe.jpeg:
                crops[row] = _gray(compressed(crops[row], int(random.uniform(25, 80))))
        return Samples(crops, points, is_face, scores)

    def _proposal(
        self, proposals: Samples, row: int, random: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A proposed crop as it is, or mirrored."""
        crop, points = proposals.crops[row], proposals.points[row]
        if random.random() < 0.5:
            return crop, points
        mirrored = points.reshape(5, 2)[list(MIRRORED_KPS)] * np.array([-1.0, 1.0], np.float32)
        return crop[:, ::-1], mirrored.ravel()

    def _face(self, random: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        source, rows = self.labelled, self.face_rows
        if len(self.turned_faces) and random.random() < self.recipe.turned:
            rows = self.turned_faces
        elif len(self.small_faces) and random.random() < self.recipe.little:
            source, rows = self.small, self.small_faces
        row = int(rows[random.integers(len(rows))])
        picture = source.pictures[source.owner[row]]
        box, kps = source.boxes[row, :4], source.kps[row]
        if source is self.labelled and random.random() < self.recipe.hair:
            picture = np.array(picture)
            looks_right = bool(kps[:, 0].mean() > (box[0] + box[2]) / 2.0)
            hair(picture, box, looks_right, random)
        if random.random() < self.recipe.cut:
            picture, corner = cut_through(picture, box, random)
            box, kps = box - np.tile(corner, 2), kps - corner
        matrix = self._placed(self._jittered(box, random), random, can_narrow=True)
        where = kps @ matrix[:, :2].T + matrix[:, 2]
        if np.linalg.det(matrix[:, :2]) < 0.0:
            where = where[list(MIRRORED_KPS)]
        points = (where + 0.5) / INPUT_SIZE_PX - 0.5
        crop = warp_square(picture, matrix, INPUT_SIZE_PX, is_gray=True)
        return crop, points.ravel().astype(np.float32)

    def _jittered(
        self, box: NDArray[np.float32], random: np.random.Generator
    ) -> NDArray[np.float32]:
        sides = box[2:] - box[:2]
        far = 2.0 if random.random() < self.recipe.loose else 1.0
        middle = (box[:2] + box[2:]) / 2.0 + sides * random.normal(0.0, far * self.recipe.shift, 2)
        half = sides / 2.0 * np.exp(random.normal(0.0, far * self.recipe.zoom, 2))
        return np.concatenate([middle - half, middle + half]).astype(np.float32)

    def _placed(
        self, box: NDArray[np.float32], random: np.random.Generator, *, can_narrow: bool
    ) -> NDArray[np.float64]:
        """From the picture to the crop of a box, turned, mirrored and narrowed about its middle."""
        recipe = self.recipe
        matrix = CROP_RULE.matrix(box, np.zeros((5, 2), np.float32)).astype(np.float64)
        spread = recipe.rotation_deg * (3.0 if random.random() < 0.1 else 1.0)
        angle = np.deg2rad(random.normal(0.0, spread))
        is_narrow = can_narrow and random.random() < recipe.narrow
        across = random.uniform(0.6, 1.0) if is_narrow else 1.0
        across *= -1.0 if random.random() < 0.5 else 1.0
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, -sin], [sin, cos]]) @ np.diag([across, 1.0])
        middle = np.full(2, (INPUT_SIZE_PX - 1) / 2.0)
        return np.hstack([turn @ matrix[:, :2], (turn @ (matrix[:, 2] - middle) + middle)[:, None]])

    def _other(self, random: np.random.Generator) -> NDArray[np.uint8]:
        kind = random.random()
        if kind < 0.25 and len(self.mined_textures):
            row = self.mined_textures[int(random.integers(len(self.mined_textures)))]
            picture, box = self.textures[int(row[0])], self._jittered(row[1:], random)
        elif kind < 0.45 and len(self.mined):
            row = self.mined[int(random.integers(len(self.mined)))]
            picture, box = self.labelled.pictures[int(row[0])], self._jittered(row[1:], random)
        elif kind < 0.6 and self.textures:
            texture = self.textures[int(random.integers(len(self.textures)))]
            return _resized(_gray(random_crop(texture, 96, random)), INPUT_SIZE_PX)
        elif kind < 0.65:
            return _resized(_gray(shapes(64, random)), INPUT_SIZE_PX)
        else:
            is_turned = len(self.turned_rows) > 0 and random.random() < self.recipe.turned
            rows = self.turned_rows if is_turned else self.rows
            number = int(rows[random.integers(len(rows))])
            picture, box = self.labelled.pictures[number], self._beside(number, random)
        matrix = self._placed(box, random, can_narrow=False)
        return warp_square(picture, matrix, INPUT_SIZE_PX, is_gray=True)

    def _beside(self, number: int, random: np.random.Generator) -> NDArray[np.float32]:
        """A square of a picture that hardly overlaps with any face in it."""
        faces = self.labelled.boxes[self.labelled.faces(number), :4]
        height, width = self.labelled.pictures.shape[1:3]
        for _ in range(30):
            side = float(np.exp(random.uniform(np.log(16.0), np.log(0.7 * min(height, width)))))
            x, y = random.uniform(-0.1 * side, [width - 0.9 * side, height - 0.9 * side])
            box = np.array([x, y, x + side, y + side], np.float32)
            if not len(faces) or float(iou_matrix(box[None], faces).max()) < _MOST_OVERLAP:
                return box
        return np.array([0.0, 0.0, 16.0, 16.0], np.float32)

    def _coarse(self, crop: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
        side = int(random.integers(self.recipe.smallest_px, INPUT_SIZE_PX))
        return _resized(_resized(crop, side), INPUT_SIZE_PX)


def cut_through(
    picture: Picture, box: NDArray[np.float32], random: np.random.Generator
) -> tuple[Picture, NDArray[np.float32]]:
    """The picture without what lies beyond a line through the face, as a frame's rim cuts it.

    Returns:
        At least half of the face with all that is on its side, and the part's upper left corner,
        float32 (2,) px.
    """
    height, width = picture.shape[:2]
    share = random.uniform(0.1, 0.5)
    x1, y1, x2, y2 = box[:4]
    left, top, right, bottom = 0, 0, width, height
    kind = int(random.integers(4))
    if kind == 0:
        left = int(np.clip(x1 + share * (x2 - x1), 0, width - 8))
    elif kind == 1:
        right = int(np.clip(x2 - share * (x2 - x1), 8, width))
    elif kind == 2:
        top = int(np.clip(y1 + 0.7 * share * (y2 - y1), 0, height - 8))
    else:
        bottom = int(np.clip(y2 - 0.7 * share * (y2 - y1), 8, height))
    return picture[top:bottom, left:right], np.array([left, top], np.float32)


def _gray(picture_bgr: Picture) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2GRAY), np.uint8)


def _resized(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    how = cv2.INTER_AREA if side < picture.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (side, side), interpolation=how), np.uint8)


def mine(
    pack: Path, labelled: LabelledPictures, rows: NDArray[np.int64], threshold: float = 0.15
) -> NDArray[np.float32]:
    """What a pack's detector takes for faces by mistake: float32 (M, 5), picture and box."""
    detector = Teacher(pack)
    found: list[NDArray[np.float32]] = []
    for number in tqdm(rows, "mining", mininterval=10.0):
        answers = detector.faces(labelled.pictures[number], _MINED_SIDE_PX, threshold).boxes
        faces = labelled.boxes[labelled.faces(int(number)), :4]
        found += _mistakes(int(number), answers, faces)
    return np.stack(found) if found else np.zeros((0, 5), np.float32)


def mine_textures(
    pack: Path, teacher: Teacher, textures: list[Picture], threshold: float = 0.15
) -> NDArray[np.float32]:
    """The same in pictures without faces, of which the labeller has the last word."""
    detector = Teacher(pack)
    found: list[NDArray[np.float32]] = []
    for number, picture in enumerate(tqdm(textures, "mining", mininterval=10.0)):
        answers = detector.faces(picture, _MINED_SIDE_PX, threshold).boxes
        if len(answers):
            faces = teacher.faces(picture, _MINED_SIDE_PX, threshold).boxes[:, :4]
            found += _mistakes(number, answers, faces)
    return np.stack(found) if found else np.zeros((0, 5), np.float32)


def _mistakes(
    number: int, answers: NDArray[np.float32], faces: NDArray[np.float32]
) -> list[NDArray[np.float32]]:
    return [
        np.concatenate([[number], box]).astype(np.float32)
        for box in answers[:, :4]
        if not len(faces) or float(iou_matrix(box[None], faces).max()) < _MOST_OVERLAP
    ]
