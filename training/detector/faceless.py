"""Pictures in which there is nobody: backgrounds, and what only looks as if it could be a face."""

import numpy as np
from numpy.typing import NDArray

from training.detector.clutter import clutter
from training.detector.mosaic_drawing import (
    SURE_SCORE,
    Picture,
    fingers,
    random_crop,
    shapes,
)
from training.detector.pictures import LabelledPictures
from training.embedder.augment import blurred, change_light


class FacelessPictures:
    """Draws them from what stands beside the faces of labelled pictures, and from textures.

    Args:
        labelled: Pictures and the faces in them.
        rows: Pictures of it that may be used; those without a sure face are left out.
        textures: Pictures without faces, uint8 (H, W, 3) BGR; may be empty.
    """

    def __init__(
        self, labelled: LabelledPictures, rows: NDArray[np.int64], textures: list[Picture]
    ) -> None:
        self.labelled, self.textures = labelled, textures
        self.rows = with_sure_face(labelled, rows)

    def background(self, side: int, clutter_share: float, random: np.random.Generator) -> Picture:
        """A square on which faces can be laid, uint8 (S, S, 3) BGR; in its share full of things."""
        if clutter_share > 0.0 and random.random() < clutter_share:
            return self.cluttered(side, random)
        kind = random.random()
        if self.textures and kind < 0.45:
            texture = self.textures[int(random.integers(len(self.textures)))]
            picture = random_crop(texture, side, random)
        elif kind < 0.7:
            picture = random_crop(self._beside(random), side, random)
        else:
            picture = shapes(side, random)
        return change_light(picture, random)

    def cluttered(self, side: int, random: np.random.Generator) -> Picture:
        """A background full of things, uint8 (S, S, 3) BGR."""
        return clutter(side, self._thing, random)

    def _thing(self, random: np.random.Generator) -> Picture:
        kind = random.random()
        if self.textures and kind < 0.35:
            return self.textures[int(random.integers(len(self.textures)))]
        return self._scrambled(random) if kind > 0.9 else self._beside(random)

    def _beside(self, random: np.random.Generator) -> Picture:
        """A piece of an LFW picture beside its faces; drawn shapes when none is large enough."""
        for _ in range(20):
            row = int(self.rows[random.integers(len(self.rows))])
            picture = self.labelled.pictures[row]
            boxes = self.labelled.boxes[self.labelled.faces(row)]
            top, left = boxes[:, 1].min() - 4, boxes[:, 0].min() - 4
            bottom, right = boxes[:, 3].max() + 6, boxes[:, 2].max() + 4
            pieces = [
                picture[: max(int(top), 0)],
                picture[int(bottom) :],
                picture[:, : max(int(left), 0)],
                picture[:, int(right) :],
            ]
            able = [piece for piece in pieces if min(piece.shape[:2]) >= 24]
            if able:
                return able[int(random.integers(len(able)))]
        return shapes(64, random)

    def decoy(self, random: np.random.Generator) -> Picture:
        """Something that only looks as if it could be a face, uint8 (H, W, 3) BGR."""
        kind = random.random()
        if kind < 0.4:
            return self._beside(random)
        if kind < 0.75:
            return self._scrambled(random)
        row = int(self.rows[random.integers(len(self.rows))])
        box = self.labelled.boxes[self.labelled.faces(row)][0]
        x, y = (box[:2] + (box[2:4] - box[:2]) * random.uniform(0.25, 0.75, 2)).astype(int)
        return fingers(self.labelled.pictures[row][max(y, 0), max(x, 0)], random)

    def _scrambled(self, random: np.random.Generator) -> Picture:
        """A face cut into squares and put together wrongly: skin and hair, but nobody.

        LFW shows no hands and little bare skin, so that skin alone would pass for a face.
        """
        row = int(self.rows[random.integers(len(self.rows))])
        lists = self.labelled.faces(row)
        box = self.labelled.boxes[lists][int(np.argmax(self.labelled.boxes[lists, 4])), :4]
        x1, y1, x2, y2 = np.clip(box, 0, self.labelled.pictures.shape[1]).astype(int)
        count = int(random.integers(2, 5))
        side = max(int(min(x2 - x1, y2 - y1)) // count, 2)
        face = self.labelled.pictures[row][y1 : y1 + side * count, x1 : x1 + side * count]
        cells = [
            face[side * i : side * (i + 1), side * j : side * (j + 1)]
            for i in range(count)
            for j in range(count)
        ]
        # A rotation of the order leaves no piece where it was.
        start = int(random.integers(1, count**2))
        cells = cells[start:] + cells[:start]
        cells = [np.rot90(cell, int(random.integers(4))) for cell in cells]
        rows = [np.hstack(cells[count * i : count * (i + 1)]) for i in range(count)]
        return blurred(np.ascontiguousarray(np.vstack(rows)), random.uniform(0.3, 2.5))


def with_sure_face(labelled: LabelledPictures, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the pictures in which the labeller is sure of a face; repeated ones stay so."""
    return rows[np.isin(rows, labelled.owner[labelled.boxes[:, 4] >= SURE_SCORE])]
