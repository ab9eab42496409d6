"""Training pictures for the detector: faces of all sizes on backgrounds of all kinds.

A picture starts as a background without faces, then pieces are laid on it: cut from LFW around a
face, or beside one (which must not be found), turned, mirrored, narrowed as a turned head is,
lit differently, with hard or soft rims so that a rim tells nothing. At last the whole picture
gets the light, blur, noise and compression of a bad camera.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.pictures import LabelledPictures
from training.embedder.augment import blurred, change_light, compressed, without_colour

Picture = NDArray[np.uint8]

_SURE_SCORE: Final = 0.5
"""Faces that the labeller scores lower are neither to be found nor to be left alone."""

_MIRRORED_KPS: Final = (1, 0, 2, 4, 3)


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
        camera: Probability of each of blur, noise, low resolution, gray and compression.
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
    camera: float = 0.13


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """One training picture.

    Attributes:
        picture: uint8 (S, S, 3) BGR.
        boxes: float32 (N, 4) px.
        kps: float32 (N, 5, 2) px.
        is_sure: bool (N,); the others are neither faces nor background.
    """

    picture: Picture
    boxes: NDArray[np.float32]
    kps: NDArray[np.float32]
    is_sure: NDArray[np.bool_]


class MosaicMaker:
    """Composes pictures from labelled ones."""

    def __init__(
        self,
        recipe: MosaicRecipe,
        labelled: LabelledPictures,
        rows: NDArray[np.int64],
        textures: list[Picture],
    ) -> None:
        """Remember the sources.

        Args:
            recipe: How to compose.
            labelled: Where faces are cut from.
            rows: Pictures of it that may be used.
            textures: Pictures without faces, uint8 (H, W, 3) BGR; may be empty.
        """
        self.recipe, self.labelled, self.textures = recipe, labelled, textures
        owners = labelled.owner[labelled.boxes[:, 4] >= _SURE_SCORE]
        self.rows = rows[np.isin(rows, owners)]

    def __call__(self, random: np.random.Generator) -> Mosaic:
        """One picture; the same for the same state of the generator."""
        recipe = self.recipe
        canvas = self._background(random)
        boxes: list[NDArray[np.float32]] = []
        kps: list[NDArray[np.float32]] = []
        sure: list[NDArray[np.bool_]] = []
        taken: list[tuple[float, float, float]] = []
        for size, is_decoy in self._sizes(random):
            place = _free_place(size, recipe.side_px, taken, random)
            if place is None:
                continue
            taken.append((*place, size))
            found = self._lay(canvas, size, place, is_decoy, random)
            boxes.append(found[0])
            kps.append(found[1])
            sure.append(found[2])
        picture = self._camera(canvas, random)
        if not boxes:
            nothing = np.zeros((0, 4), np.float32)
            return Mosaic(picture, nothing, np.zeros((0, 5, 2), np.float32), np.zeros(0, bool))
        return self._finish(
            picture, np.concatenate(boxes), np.concatenate(kps), np.concatenate(sure)
        )

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

    def _background(self, random: np.random.Generator) -> Picture:
        side = self.recipe.side_px
        kind = random.random()
        if self.textures and kind < 0.45:
            texture = self.textures[int(random.integers(len(self.textures)))]
            picture = _random_crop(texture, side, random)
        elif kind < 0.7:
            picture = _random_crop(self._faceless(random), side, random)
        else:
            picture = _shapes(side, random)
        return change_light(picture, random)

    def _faceless(self, random: np.random.Generator) -> Picture:
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
        return _shapes(64, random)

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
            piece = self._faceless(random) if random.random() < 0.5 else self._scrambled(random)
            room = np.array([size, size]) * random.uniform(1.2, 2.0)
            matrix = _placement(piece.shape, room, place, random, self.recipe.rotation_deg)
            _paste(canvas, piece, matrix, (0, 0, piece.shape[1], piece.shape[0]), random)
            return nothing
        row = int(self.rows[random.integers(len(self.rows))])
        lists = self.labelled.faces(row)
        boxes, kps = self.labelled.boxes[lists], self.labelled.kps[lists]
        is_mirrored = bool(random.random() < 0.5)
        main = boxes[int(np.argmax(boxes[:, 4] * (boxes[:, 2] - boxes[:, 0])))]
        matrix = self._face_placement(main, size, place, is_mirrored, random)
        window = _window(main, self.labelled.pictures.shape[1:3], random)
        _paste(canvas, self.labelled.pictures[row], matrix, window, random)
        boxes, sure = _boxes_in_window(boxes, window)
        new_boxes = transform_boxes(boxes[:, :4], matrix)
        new_kps = transform_points(kps, matrix)
        if is_mirrored:
            new_kps = new_kps[:, _MIRRORED_KPS]
        if random.random() < self.recipe.occlusion:
            _cover(canvas, transform_boxes(main[None, :4], matrix)[0], random)
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
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        visible = (inside[:, 2] - inside[:, 0]) * (inside[:, 3] - inside[:, 1])
        is_large = np.sqrt(area) >= self.recipe.smallest_px
        is_sure = is_sure & is_large & (visible >= 0.6 * area)
        is_kept = visible > 0
        return Mosaic(picture, boxes[is_kept], kps[is_kept], is_sure[is_kept])


def transform_points(
    points: NDArray[np.float32], matrix: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Points (..., 2) through an affine map (2, 3)."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def transform_boxes(boxes: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Bounding boxes of the ellipses in the boxes (N, 4), as a head turns inside its box."""
    centres = transform_points((boxes[:, :2] + boxes[:, 2:]) / 2.0, matrix)
    half = (boxes[:, 2:] - boxes[:, :2]) / 2.0
    reach = np.sqrt((half**2) @ (matrix[:, :2] ** 2).T)
    return np.hstack([centres - reach, centres + reach]).astype(np.float32)


def load_textures(folder: Path | None) -> list[Picture]:
    """Pictures without faces from a folder, at most 640 px wide; none without a folder."""
    if folder is None:
        return []
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg"))
    pictures = [cv2.imread(str(file), cv2.IMREAD_COLOR) for file in files]
    return [_at_most(p.astype(np.uint8), 640) for p in pictures if p is not None]


def _at_most(picture: Picture, side: int) -> Picture:
    zoom = side / max(picture.shape[:2])
    if zoom >= 1.0:
        return picture
    size = (int(picture.shape[1] * zoom), int(picture.shape[0] * zoom))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _free_place(
    size: float, side: int, taken: list[tuple[float, float, float]], random: np.random.Generator
) -> tuple[float, float] | None:
    """A centre at which a face covers no other; None when none was found."""
    rim = min(0.35 * size, side / 2 - 1)
    for _ in range(12):
        x, y = random.uniform(rim, side - rim, 2)
        apart = [abs(x - a) + abs(y - b) > 0.75 * (size + s) for a, b, s in taken]
        if all(apart):
            return float(x), float(y)
    return None


def _window(
    box: NDArray[np.float32], shape: tuple[int, ...], random: np.random.Generator
) -> tuple[float, float, float, float]:
    """The part of the source picture that is cut out: around the face, with random room."""
    # Sometimes nearly all of it, so that shoulders and rooms are learnt as they are.
    most = 0.8 if random.random() < 0.7 else 1.6
    room = (box[2] - box[0]) * random.uniform(0.08, most, 4)
    return (
        max(float(box[0] - room[0]), 0.0),
        max(float(box[1] - room[1]), 0.0),
        min(float(box[2] + room[2]), float(shape[1])),
        min(float(box[3] + room[3]), float(shape[0])),
    )


def _boxes_in_window(
    boxes: NDArray[np.float32], window: tuple[float, float, float, float]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The boxes, and which of them lie in the window and were scored high."""
    x1, y1, x2, y2 = window
    width = np.minimum(boxes[:, 2], x2) - np.maximum(boxes[:, 0], x1)
    height = np.minimum(boxes[:, 3], y2) - np.maximum(boxes[:, 1], y1)
    seen = np.clip(width, 0, None) * np.clip(height, 0, None)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return boxes, (seen >= 0.8 * area) & (boxes[:, 4] >= _SURE_SCORE)


def _placement(
    shape: tuple[int, ...],
    room: NDArray[np.float64],
    place: tuple[float, float],
    random: np.random.Generator,
    rotation_deg: float,
) -> NDArray[np.float64]:
    angle = np.deg2rad(random.normal(0.0, rotation_deg))
    cos, sin = np.cos(angle), np.sin(angle)
    zoom = room / np.array([shape[1], shape[0]])
    turn = np.array([[cos, -sin], [sin, cos]]) @ np.diag(zoom)
    centre = np.array([shape[1], shape[0]]) / 2.0
    return np.hstack([turn, (np.array(place) - turn @ centre)[:, None]])


def _paste(
    canvas: Picture,
    source: Picture,
    matrix: NDArray[np.float64],
    window: tuple[float, float, float, float],
    random: np.random.Generator,
) -> None:
    """Draw the window of the source through the map, in place, with a hard or a soft rim."""
    x1, y1, x2, y2 = window
    corners = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)
    outline = transform_points(corners, matrix)
    side = canvas.shape[0]
    left, top = np.clip(np.floor(outline.min(0)), 0, side).astype(int)
    right, bottom = np.clip(np.ceil(outline.max(0)), 0, side).astype(int)
    if right - left < 2 or bottom - top < 2:
        return
    size = (int(right - left), int(bottom - top))
    shifted = matrix - np.array([[0.0, 0.0, left], [0.0, 0.0, top]])
    source, shifted = _shrunk(source, shifted)
    piece = cv2.warpAffine(source, shifted, size, borderMode=cv2.BORDER_REPLICATE)
    piece = change_light(piece.astype(np.uint8), random) if random.random() < 0.5 else piece
    mask = np.zeros(size[::-1], np.uint8)
    cv2.fillConvexPoly(mask, np.round(outline - [left, top]).astype(np.int32), 255)
    if random.random() < 0.6:
        soft = float(np.clip(0.04 * min(size) * random.uniform(0.5, 2.0), 1.0, 4.0))
        mask = cv2.GaussianBlur(mask, (0, 0), soft)
    share = mask.astype(np.float32) / 255.0
    part = canvas[top:bottom, left:right]
    part[:] = cv2.blendLinear(piece.astype(np.uint8), part, share, 1.0 - share)


def _shrunk(source: Picture, matrix: NDArray[np.float64]) -> tuple[Picture, NDArray[np.float64]]:
    """The source at about the scale at which it is drawn, with the map that fits.

    Without this, small faces are made of single pixels of large ones, which no camera does.
    """
    zoom = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    factor = int(0.9 / zoom)
    if factor < 2:
        return source, matrix
    size = (max(source.shape[1] // factor, 4), max(source.shape[0] // factor, 4))
    small = cv2.resize(source, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    ratio = np.array([source.shape[1] / size[0], source.shape[0] / size[1]])
    # Pixel centres stand at whole numbers: x = (x' + 0.5) ratio - 0.5.
    turn = matrix[:, :2] * ratio
    offset = matrix[:, 2] + matrix[:, :2] @ (0.5 * ratio - 0.5)
    return small, np.hstack([turn, offset[:, None]])


def _cover(canvas: Picture, box: NDArray[np.float32], random: np.random.Generator) -> None:
    """Lay a bar or a disc across up to a third of a face, in place."""
    size = box[2:] - box[:2]
    colour = tuple(int(v) for v in random.integers(0, 256, 3))
    centre = box[:2] + size * random.uniform(0.0, 1.0, 2)
    if random.random() < 0.5:
        radius = int(max(1.0, float(size.min()) * random.uniform(0.1, 0.28)))
        cv2.circle(canvas, (int(centre[0]), int(centre[1])), radius, colour, -1)
        return
    reach = size * random.uniform(0.1, 0.3, 2)
    first, last = np.round(centre - reach).astype(int), np.round(centre + reach).astype(int)
    cv2.rectangle(canvas, tuple(map(int, first)), tuple(map(int, last)), colour, -1)


def _random_crop(picture: Picture, side: int, random: np.random.Generator) -> Picture:
    """A square of the picture, a quarter of it to all of it, scaled to the side."""
    height, width = picture.shape[:2]
    cut = max(int(min(height, width) * random.uniform(0.25, 1.0)), 8)
    x = int(random.integers(0, width - cut + 1))
    y = int(random.integers(0, height - cut + 1))
    part = picture[y : y + cut, x : x + cut]
    part = part[:, ::-1] if random.random() < 0.5 else part
    return cv2.resize(np.ascontiguousarray(part), (side, side)).astype(np.uint8)


def _shapes(side: int, random: np.random.Generator) -> Picture:
    """Soft colours with lines, boxes and discs, as rooms and screens have them."""
    patch = random.integers(0, 256, (int(random.integers(2, 7)), int(random.integers(2, 7)), 3))
    picture = cv2.resize(patch.astype(np.uint8), (side, side), interpolation=cv2.INTER_CUBIC)
    picture = picture.astype(np.uint8)
    for _ in range(int(random.integers(0, 14))):
        colour = tuple(int(v) for v in random.integers(0, 256, 3))
        x1, y1, x2, y2 = (int(v) for v in random.integers(0, side, 4))
        kind = int(random.integers(3))
        if kind == 0:
            cv2.line(picture, (x1, y1), (x2, y2), colour, int(random.integers(1, 9)))
        elif kind == 1:
            cv2.rectangle(picture, (x1, y1), (x2, y2), colour, int(random.choice([-1, 2, 5])))
        else:
            axes = (max(abs(x2 - x1) // 3, 2), max(abs(y2 - y1) // 3, 2))
            cv2.ellipse(picture, (x1, y1), axes, x2, 0, 360, colour, int(random.choice([-1, 2])))
    return picture
