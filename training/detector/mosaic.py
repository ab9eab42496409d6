"""Training pictures for the detector: faces of all sizes on backgrounds of all kinds.

A picture starts as a background without faces, then pieces are laid on it: cut from LFW around a
face, or beside one (which must not be found), turned, mirrored, narrowed as a turned head is,
lit differently, with hard or soft rims so that a rim tells nothing. At last the whole picture
gets the light, blur, noise and compression of a bad camera.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.faceless import FacelessPictures, with_sure_face
from training.detector.mosaic_drawing import (
    SURE_SCORE,
    Picture,
    boxes_in_window,
    cover,
    free_place,
    hair,
    natural_window,
    paste,
    placement,
    transform_boxes,
    transform_points,
    warped,
)
from training.detector.pictures import LabelledPictures
from training.detector.records import MIRRORED_KPS, Mosaic
from training.detector.relabel import Replay, relabelled
from training.embedder.augment import blurred, change_light, compressed, without_colour
from training.teacher import Teacher

_TURNED_PX: Final = 24.0
"""Smaller faces show hardly whether they are turned."""


@dataclass(frozen=True, slots=True)
class MosaicRecipe:
    """How training pictures are composed.

    Attributes:
        side_px: Side of the square pictures.
        smallest_px: Smallest face that must be found.
        largest_px: Largest face.
        portrait: Probability of one large face instead of many of all sizes.
        empty: Probability of a picture without any face.
        most_pieces: Most pieces of a picture.
        decoys: Share of pieces that are cut beside a face.
        rotation_deg: Spread of the turns.
        narrow: Probability of a narrowed face.
        occlusion: Probability that something lies across a face.
        hair: Probability that a face gets long hair.
        camera: Probability of each of blur, noise, low resolution, gray and compression.
        turned: Share of faces that are taken from the turned pictures, when there are some.
        cut: Probability of faces that reach far over a picture's rim.
        replay: Share of pictures that are earlier ones, moved.
        grid: Share of pictures that show whole photographs beside each other, and nothing else.
        clutter: Share of backgrounds that are full of things.
    """

    side_px: int = 320
    smallest_px: float = 9.0
    largest_px: float = 290.0
    portrait: float = 0.25
    empty: float = 0.06
    most_pieces: int = 12
    decoys: float = 0.3
    rotation_deg: float = 18.0
    narrow: float = 0.3
    occlusion: float = 0.2
    hair: float = 0.0
    camera: float = 0.13
    turned: float = 0.0
    cut: float = 0.0
    replay: float = 0.0
    grid: float = 0.0
    clutter: float = 0.0


class MosaicMaker:
    """Composes pictures from labelled ones."""

    def __init__(
        self,
        recipe: MosaicRecipe,
        labelled: LabelledPictures,
        rows: NDArray[np.int64],
        textures: list[Picture],
        turned_rows: NDArray[np.int64] | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        """Remember the sources.

        Args:
            recipe: How to compose.
            labelled: Where faces are cut from.
            rows: Pictures of it that may be used.
            textures: Pictures without faces, uint8 (H, W, 3) BGR; may be empty.
            turned_rows: Pictures with turned faces that may be used.
            teacher: Looks at every composed picture again, when given.
        """
        self.recipe, self.labelled = recipe, labelled
        self.faceless = FacelessPictures(labelled, rows, textures)
        self.rows = self.faceless.rows
        turned_rows = np.zeros(0, np.int64) if turned_rows is None else turned_rows
        self.turned_rows = with_sure_face(labelled, turned_rows)
        self.teacher = teacher
        self._replay = Replay()

    def begin(self) -> None:
        """Forget earlier pictures, so that what follows depends on the generator alone."""
        self._replay = Replay()

    def __call__(self, random: np.random.Generator) -> Mosaic:
        """One picture; the same for the same state of the generator since `begin()`."""
        if self._replay.is_ready and random.random() < self.recipe.replay:
            mosaic = self._replay.draw(random)
        else:
            mosaic = self._composed(random)
            if self.teacher is not None:
                mosaic = relabelled(mosaic, self.teacher)
            if self.recipe.replay > 0.0:
                self._replay.add(mosaic, random)
        picture = self._camera(mosaic.picture, random)
        return self._finish(picture, mosaic.boxes, mosaic.kps, mosaic.is_sure)

    def _composed(self, random: np.random.Generator) -> Mosaic:
        """Background and pieces, with what is known of the faces on them."""
        recipe = self.recipe
        if recipe.grid > 0.0 and random.random() < recipe.grid:
            return self._grid(random)
        canvas = self.faceless.background(recipe.side_px, recipe.clutter, random)
        boxes: list[NDArray[np.float32]] = []
        kps: list[NDArray[np.float32]] = []
        sure: list[NDArray[np.bool_]] = []
        taken: list[tuple[float, float, float]] = []
        for size, is_decoy in self._sizes(random):
            rim = 0.02 if random.random() < recipe.cut else 0.35
            place = free_place(size, recipe.side_px, taken, random, rim)
            if place is None:
                continue
            taken.append((*place, size))
            found = self._lay(canvas, size, place, is_decoy, random)
            boxes.append(found[0])
            kps.append(found[1])
            sure.append(found[2])
        return _gathered(canvas, boxes, kps, sure)

    def _grid(self, random: np.random.Generator) -> Mosaic:
        """Photographs side by side, with heads on shoulders in rooms, as they were taken."""
        side = self.recipe.side_px
        rims = np.round(np.linspace(0, side, int(random.integers(1, 5)) + 1)).astype(int)
        canvas = np.zeros((side, side, 3), np.uint8)
        found = [
            self._photograph(canvas[top:bottom, left:right], (left, top), random)
            for top, bottom in pairwise(rims)
            for left, right in pairwise(rims)
        ]
        boxes, kps, sure = (list(part) for part in zip(*found, strict=True))
        return _gathered(canvas, boxes, kps, sure)

    def _photograph(
        self, cell: Picture, corner: tuple[int, int], random: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Fill a part of the canvas with most of a photograph; the faces in it."""
        row = self._face_row(max(cell.shape), random)
        lists = self.labelled.faces(row)
        picture = self.labelled.pictures[row]
        width, height = cell.shape[1::-1]
        side = max(width, height)
        is_cut = bool(random.random() < self.recipe.cut)
        zoom = side / min(picture.shape[:2]) * (random.uniform(1.0, 1.7) + (0.6 if is_cut else 0.0))
        is_mirrored = bool(random.random() < 0.5)
        turn = np.diag([-zoom if is_mirrored else zoom, zoom])
        middle = np.array(picture.shape[1::-1]) / 2.0
        room = 2.0 * middle * zoom - side
        at = side / 2.0 + random.uniform(-room, room) / 2.0 - turn @ middle
        matrix = np.hstack([turn, at[:, None]])
        if is_cut:
            face = transform_boxes(self._main_box(lists)[None, :4], matrix)[0]
            matrix[:, 2] += _over_rim(face, (width, height), random)
        part = warped(picture, matrix, side)
        if random.random() < 0.5:
            part = change_light(part, random)
        cell[:] = part[:height, :width]
        boxes = transform_boxes(self.labelled.boxes[lists, :4], matrix)
        kps = transform_points(self.labelled.kps[lists], matrix)
        shown = np.clip(boxes, 0.0, np.array([width, height] * 2, np.float32))
        is_seen = _areas(shown) >= 0.8 * _areas(boxes)
        sure = is_seen & (self.labelled.boxes[lists, 4] >= SURE_SCORE)
        kps = kps[:, MIRRORED_KPS] if is_mirrored else kps
        self._comb(cell, boxes, kps, random)
        shift = np.array(corner, np.float32)
        return boxes + np.tile(shift, 2), kps + shift, sure

    def _comb(
        self,
        canvas: Picture,
        boxes: NDArray[np.float32],
        kps: NDArray[np.float32],
        random: np.random.Generator,
    ) -> None:
        """Give the largest of the faces long hair, in its share."""
        if self.recipe.hair > 0.0 and random.random() < self.recipe.hair:
            face = int(np.argmax(_areas(boxes)))
            front = float(kps[face, :, 0].mean() - boxes[face, [0, 2]].mean())
            is_straight = random.random() < 0.1
            hair(canvas, boxes[face], (front > 0.0) ^ is_straight, random)

    def _face_row(self, size: float, random: np.random.Generator) -> int:
        """A picture with a face, turned in its share when it is to be large enough."""
        is_turned = len(self.turned_rows) > 0 and random.random() < self.recipe.turned
        is_turned &= size >= _TURNED_PX
        rows = self.turned_rows if is_turned else self.rows
        return int(rows[random.integers(len(rows))])

    def _main_box(self, lists: slice) -> NDArray[np.float32]:
        """The face that a picture is about, float32 (5,): large and sure."""
        boxes = self.labelled.boxes[lists]
        return boxes[int(np.argmax(boxes[:, 4] * (boxes[:, 2] - boxes[:, 0])))]

    def _sizes(self, random: np.random.Generator) -> list[tuple[float, bool]]:
        """Sizes of the pieces' faces, largest first, and which of them are decoys."""
        recipe = self.recipe
        kind = random.random()
        if kind < recipe.empty:
            sizes = np.exp(random.uniform(np.log(20), np.log(200), 5))
            return [(float(s), True) for s in sorted(sizes, reverse=True)]
        if kind < recipe.empty + recipe.portrait:
            large = float(np.exp(random.uniform(np.log(60), np.log(recipe.largest_px))))
            sizes = [large, *np.exp(random.uniform(np.log(10), np.log(50), random.integers(0, 5)))]
        else:
            count = int(random.integers(3, recipe.most_pieces + 1))
            sizes = list(np.exp(random.uniform(np.log(8), np.log(110), count)))
        rows = [(float(s), bool(random.random() < recipe.decoys)) for s in sizes]
        rows[0] = (rows[0][0], False)
        return sorted(rows, reverse=True)

    def _lay(
        self,
        canvas: Picture,
        size: float,
        place: tuple[float, float],
        is_decoy: bool,
        random: np.random.Generator,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Lay one piece on the canvas; boxes, landmarks and sureness of the faces in it."""
        nothing = (
            np.zeros((0, 4), np.float32),
            np.zeros((0, 5, 2), np.float32),
            np.zeros(0, bool),
        )
        if is_decoy:
            piece = self.faceless.decoy(random)
            room = np.array([size, size]) * random.uniform(1.2, 2.0)
            matrix = placement(piece.shape, room, place, random, self.recipe.rotation_deg)
            paste(canvas, piece, matrix, (0, 0, piece.shape[1], piece.shape[0]), random)
            return nothing
        row = self._face_row(size, random)
        lists = self.labelled.faces(row)
        boxes, kps = self.labelled.boxes[lists], self.labelled.kps[lists]
        is_mirrored = bool(random.random() < 0.5)
        main = self._main_box(lists)
        matrix = self._face_placement(main, size, place, is_mirrored, random)
        window = natural_window(main, self.labelled.pictures.shape[1:3], random)
        paste(canvas, self.labelled.pictures[row], matrix, window, random)
        boxes, sure = boxes_in_window(boxes, window)
        new_boxes = transform_boxes(boxes[:, :4], matrix)
        new_kps = transform_points(kps, matrix)
        if is_mirrored:
            new_kps = new_kps[:, MIRRORED_KPS]
        self._comb(canvas, new_boxes, new_kps, random)
        if random.random() < self.recipe.occlusion:
            cover(canvas, transform_boxes(main[None, :4], matrix)[0], random)
        return new_boxes, new_kps, sure

    def _face_placement(
        self,
        box: NDArray[np.float32],
        size: float,
        place: tuple[float, float],
        is_mirrored: bool,
        random: np.random.Generator,
    ) -> NDArray[np.float64]:
        width, height = box[2] - box[0], box[3] - box[1]
        zoom = size / float(np.sqrt(width * height))
        angle = np.deg2rad(np.clip(random.normal(0.0, self.recipe.rotation_deg), -60.0, 60.0))
        across = random.uniform(0.6, 0.95) if random.random() < self.recipe.narrow else 1.0
        across *= -1.0 if is_mirrored else 1.0
        cos, sin = np.cos(angle), np.sin(angle)
        turn = zoom * np.array([[cos, -sin], [sin, cos]]) @ np.diag([across, 1.0])
        centre = np.array([box[0] + box[2], box[1] + box[3]]) / 2.0
        return np.hstack([turn, (np.array(place) - turn @ centre)[:, None]])

    def _camera(self, picture: Picture, random: np.random.Generator) -> Picture:
        chance = self.recipe.camera
        if random.random() < 0.5:
            picture = change_light(picture, random)
        if random.random() < chance:
            picture = blurred(picture, random.uniform(0.5, 1.6))
        if random.random() < chance:
            small = cv2.resize(picture, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
            picture = cv2.resize(small, picture.shape[1::-1]).astype(np.uint8)
        if random.random() < chance:
            grain = random.standard_normal(picture.shape, np.float32) * random.uniform(2.0, 14.0)
            picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
        if random.random() < chance:
            picture = without_colour(picture)
        if random.random() < 2 * chance:
            picture = compressed(picture, int(random.uniform(20, 85)))
        return picture

    def _finish(
        self,
        picture: Picture,
        boxes: NDArray[np.float32],
        kps: NDArray[np.float32],
        is_sure: NDArray[np.bool_],
    ) -> Mosaic:
        """Faces too small, or cut by the picture's rim, are no longer sure."""
        side = self.recipe.side_px
        inside = np.clip(boxes, 0, side)
        area, visible = _areas(boxes), _areas(inside)
        is_large = np.sqrt(area) >= self.recipe.smallest_px
        least = 0.6 if self.teacher is None else 0.4
        is_sure = is_sure & is_large & (visible >= least * area)
        is_kept = visible > 0
        return Mosaic(picture, boxes[is_kept], kps[is_kept], is_sure[is_kept])


def _over_rim(
    box: NDArray[np.float32], extent: tuple[int, int], random: np.random.Generator
) -> NDArray[np.float32]:
    """How far to move a face, float32 (2,) px, so that a side of a picture cuts it."""
    axis = int(random.random() < 0.25)
    hidden = random.uniform(0.1, 0.6) * (box[2 + axis] - box[axis])
    shift = np.zeros(2, np.float32)
    is_far_side = random.random() < 0.5
    shift[axis] = extent[axis] + hidden - box[2 + axis] if is_far_side else -hidden - box[axis]
    return shift


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return (boxes[:, 2:4] - boxes[:, :2]).prod(1)


def _gathered(
    picture: Picture,
    boxes: list[NDArray[np.float32]],
    kps: list[NDArray[np.float32]],
    sure: list[NDArray[np.bool_]],
) -> Mosaic:
    return Mosaic(
        picture,
        np.concatenate([np.zeros((0, 4), np.float32), *boxes]),
        np.concatenate([np.zeros((0, 5, 2), np.float32), *kps]),
        np.concatenate([np.zeros(0, bool), *sure]),
    )
