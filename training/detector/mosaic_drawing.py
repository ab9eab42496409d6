"""What a mosaic is drawn with: placing, cutting, pasting, covering, and pictures without faces."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.embedder.augment import change_light

Picture = NDArray[np.uint8]

SURE_SCORE: Final = 0.5
"""Faces that the labeller scores lower are neither to be found nor to be left alone."""


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


def free_place(
    size: float,
    side: int,
    taken: list[tuple[float, float, float]],
    random: np.random.Generator,
    inside: float = 0.35,
) -> tuple[float, float] | None:
    """A centre at which a face covers no other; None when none was found.

    It is at least this share of the face's size away from the rim.
    """
    rim = min(inside * size, side / 2 - 1)
    for _ in range(12):
        x, y = random.uniform(rim, side - rim, 2)
        apart = [abs(x - a) + abs(y - b) > 0.75 * (size + s) for a, b, s in taken]
        if all(apart):
            return float(x), float(y)
    return None


def natural_window(
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


def boxes_in_window(
    boxes: NDArray[np.float32], window: tuple[float, float, float, float]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The boxes, and which of them lie in the window and were scored high."""
    x1, y1, x2, y2 = window
    width = np.minimum(boxes[:, 2], x2) - np.maximum(boxes[:, 0], x1)
    height = np.minimum(boxes[:, 3], y2) - np.maximum(boxes[:, 1], y1)
    seen = np.clip(width, 0, None) * np.clip(height, 0, None)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return boxes, (seen >= 0.8 * area) & (boxes[:, 4] >= SURE_SCORE)


def placement(
    shape: tuple[int, ...],
    room: NDArray[np.float64],
    place: tuple[float, float],
    random: np.random.Generator,
    rotation_deg: float,
) -> NDArray[np.float64]:
    """Affine map (2, 3) of a picture of this shape, scaled to the room and turned, to the place."""
    angle = np.deg2rad(random.normal(0.0, rotation_deg))
    cos, sin = np.cos(angle), np.sin(angle)
    zoom = room / np.array([shape[1], shape[0]])
    turn = np.array([[cos, -sin], [sin, cos]]) @ np.diag(zoom)
    centre = np.array([shape[1], shape[0]]) / 2.0
    return np.hstack([turn, (np.array(place) - turn @ centre)[:, None]])


def paste(
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


def warped(picture: Picture, matrix: NDArray[np.float64], side: int | None = None) -> Picture:
    """The picture through an affine map, at the same size or in a square, with black around."""
    size = (picture.shape[1], picture.shape[0]) if side is None else (side, side)
    picture, matrix = _shrunk(picture, matrix)
    return cv2.warpAffine(
        picture, matrix, size, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0)
    ).astype(np.uint8)


def fingers(colour: NDArray[np.uint8], random: np.random.Generator) -> Picture:
    """Rounded bars of skin beside each other, as a fist or a hand shows them."""
    side = 64
    picture = np.empty((side, side, 3), np.uint8)
    picture[:] = colour * random.uniform(0.5, 1.0)
    count = int(random.integers(2, 6))
    width = side / (count + 0.5)
    slant, first = random.uniform(-14, 14), random.uniform(0.05, 0.4) * side
    for number in range(count):
        x = (number + 0.75) * width
        top = first + random.normal(0.0, 4.0)
        ends = ((int(x), int(top)), (int(x + slant), side + 8))
        shade = random.uniform(0.8, 1.1)
        for breadth, light in ((width, 0.6), (width * 0.85, 0.85), (width * 0.5, 1.0)):
            tone = tuple(int(v) for v in np.clip(colour * (shade * light), 0, 255))
            cv2.line(picture, *ends, tone, max(int(breadth), 1), cv2.LINE_AA)
    for _ in range(int(random.integers(0, 4))):
        x, y = random.integers(4, side - 4, 2)
        tone = tuple(int(v) for v in colour * random.uniform(0.3, 0.7))
        axes = (int(random.integers(3, 9)), 2)
        cv2.ellipse(picture, (int(x), int(y)), axes, 0, 0, 360, tone, -1)
    return cv2.GaussianBlur(picture, (0, 0), random.uniform(0.8, 2.0)).astype(np.uint8)


def cover(canvas: Picture, box: NDArray[np.float32], random: np.random.Generator) -> None:
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


def hair(
    canvas: Picture, box: NDArray[np.float32], looks_right: bool, random: np.random.Generator
) -> None:
    """Give a face long hair that hides its temple and hangs behind it, in place.

    Args:
        canvas: Picture to draw on.
        box: The face, float32 (4,) px.
        looks_right: Which side of the box is the face's front.
        random: Draws cut and colour, which is often what lies above the face already.
    """
    size, limit = box[2:] - box[:2], np.array(canvas.shape[1::-1])
    end, back = random.uniform(0.5, 1.7), -random.uniform(0.3, 1.4)
    edge = random.uniform(0.05, 0.55) + np.cumsum(random.normal(0.0, 0.07, 5))
    # Widths from the back of the box and heights from its top: down the temple, up the back.
    outline = np.array(
        [
            *zip(edge, np.linspace(-0.15, end, 5), strict=True),
            (0.5 * back, end + random.uniform(0.0, 0.2)),
            (back, 0.75 * end),
            (back * random.uniform(0.8, 1.1), 0.1),
            (0.6 * back, -0.3),
            (0.25, -random.uniform(0.35, 0.55)),
            (max(float(edge[0]), 0.3) + 0.25, -0.3),
        ]
    )
    if not looks_right:
        outline[:, 0] = 1.0 - outline[:, 0]
    outline = box[:2] + outline * size
    low = np.clip(np.floor(outline.min(0)) - 2, 0, limit).astype(int)
    high = np.clip(np.ceil(outline.max(0)) + 2, 0, limit).astype(int)
    if (high - low < 4).any():
        return
    extent = (int(high[0] - low[0]), int(high[1] - low[1]))
    mask = np.zeros(extent[::-1], np.uint8)
    cv2.fillPoly(mask, [np.round(outline - low).astype(np.int32)], 255)
    # Blurred widely and sharpened again, corners become round.
    width = max(float(size[0]), 8.0)
    share = cv2.GaussianBlur(mask, (0, 0), 0.07 * width).astype(np.float32) / 255.0
    share = np.clip((share - 0.5) * width * random.uniform(0.1, 0.5) + 0.5, 0.0, 1.0)
    strands = random.normal(0.0, random.uniform(0.05, 0.3), (3, max(extent[0] // 2, 2)))
    light = random.normal(0.0, 0.25, (4, 3))
    shade = 1.0 + sum(
        cv2.resize(part.astype(np.float32), extent, interpolation=cv2.INTER_CUBIC)
        for part in (strands, light)
    )
    tone = _hair_colour(canvas, box, random) * np.clip(shade, 0.2, 2.0)[..., None]
    part = canvas[low[1] : high[1], low[0] : high[0]]
    drawn = np.clip(tone, 0, 255).astype(np.uint8)
    part[:] = cv2.blendLinear(drawn, np.ascontiguousarray(part), share, 1.0 - share)


def _hair_colour(
    canvas: Picture, box: NDArray[np.float32], random: np.random.Generator
) -> NDArray[np.float32]:
    """The colour above a face, or black, brown or fair; float32 (3,) BGR."""
    if random.random() < 0.4:
        x, y = (box[0] + box[2]) / 2.0, 1.1 * box[1] - 0.1 * box[3]
        row, column = np.clip([y, x], 0, np.array(canvas.shape[:2]) - 1).astype(int)
        return canvas[row, column].astype(np.float32)
    lightness = random.uniform(5, 60) if random.random() < 0.6 else random.uniform(60, 200)
    return (lightness * np.array([random.uniform(0.4, 0.9), 0.8, 1.0])).astype(np.float32)


def random_crop(picture: Picture, side: int, random: np.random.Generator) -> Picture:
    """A square of the picture, a quarter of it to all of it, scaled to the side."""
    height, width = picture.shape[:2]
    cut = max(int(min(height, width) * random.uniform(0.25, 1.0)), 8)
    x = int(random.integers(0, width - cut + 1))
    y = int(random.integers(0, height - cut + 1))
    part = picture[y : y + cut, x : x + cut]
    part = part[:, ::-1] if random.random() < 0.5 else part
    return cv2.resize(np.ascontiguousarray(part), (side, side)).astype(np.uint8)


def shapes(side: int, random: np.random.Generator) -> Picture:
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
