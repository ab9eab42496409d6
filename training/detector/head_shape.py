"""A head in three dimensions, simple enough to be written down, and how it looks from any side.

LFW was collected with a detector of frontal faces and shows no profiles. Wrapping its pictures
around a head and turning that, as 300W-LP does with a morphable model (Zhu et al., 2016), gives
them. Lengths are in distances between the pupils; x goes to the right of the picture, y down, z
towards the camera; the origin lies between the eyes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ROWS: Final = 360
COLUMNS: Final = 720
"""Points of the surface from the crown to the neck, and around the head."""

VIEW_UNIT_PX: Final = 56
VIEW_PX: Final = 336
"""Pixels of a distance between the pupils in a view, and side of the view."""

TOP, BOTTOM = -1.9, 2.7
_AXIS_Z: Final = -1.35
"""Where the vertical axis through the ears stands; every cross-section is drawn about it."""

_Y: Final = np.array(
    [
        -1.9,
        -1.87,
        -1.75,
        -1.5,
        -1.2,
        -0.9,
        -0.45,
        -0.1,
        0.3,
        0.7,
        0.95,
        1.06,
        1.15,
        1.25,
        1.4,
        1.6,
        1.75,
        1.87,
        1.97,
        2.1,
        2.7,
    ]
)
_FRONT: Final = np.array(
    [
        -1.35,
        -0.9,
        -0.5,
        -0.2,
        0.02,
        0.16,
        0.24,
        0.1,
        0.08,
        0.1,
        0.22,
        0.31,
        0.22,
        0.28,
        0.12,
        0.2,
        0.1,
        -0.15,
        -0.6,
        -0.8,
        -0.85,
    ]
)
_BACK: Final = np.array(
    [
        -1.35,
        -1.9,
        -2.3,
        -2.7,
        -2.9,
        -3.0,
        -3.05,
        -3.0,
        -2.9,
        -2.7,
        -2.5,
        -2.42,
        -2.36,
        -2.3,
        -2.2,
        -2.12,
        -2.1,
        -2.1,
        -2.1,
        -2.12,
        -2.25,
    ]
)
_HALF_WIDTH: Final = np.array(
    [
        0.0,
        0.35,
        0.62,
        0.9,
        1.06,
        1.15,
        1.21,
        1.2,
        1.16,
        1.1,
        1.06,
        1.04,
        1.02,
        1.0,
        0.95,
        0.88,
        0.84,
        0.81,
        0.79,
        0.78,
        0.85,
    ]
)
_NOSE_Y: Final = np.array([-0.15, 0.2, 0.5, 0.66, 0.76, 0.84, 0.92])
_NOSE_HEIGHT: Final = np.array([0.0, 0.16, 0.34, 0.46, 0.46, 0.2, 0.0])
_NOSE_WIDTH: Final = np.array([0.1, 0.11, 0.16, 0.19, 0.21, 0.2, 0.2])

LANDMARKS: Final = np.array(
    [[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.7, 0.56], [-0.4, 1.15, 0.12], [0.4, 1.15, 0.12]],
    np.float32,
)
"""Eyes, tip of the nose and corners of the mouth, float32 (5, 3)."""


@dataclass(frozen=True, slots=True)
class HeadShape:
    """How one head differs from another; all about 1.

    Attributes:
        width: Of the whole head.
        depth: Of its back.
        nose: How far the nose stands out.
        chin: Length from the nose down.
        hair: How far the hair stands off the skull.
    """

    width: float = 1.0
    depth: float = 1.0
    nose: float = 1.0
    chin: float = 1.0
    hair: float = 1.05


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The skin of a head.

    Attributes:
        points: float32 (ROWS, COLUMNS, 3).
        normals: float32 (ROWS, COLUMNS, 3), outwards, unit length.
    """

    points: Floats
    normals: Floats


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Which point of the surface every pixel of a picture of the head shows.

    Attributes:
        columns: float32 (V, V) column of the surface, −1 outside the head.
        rows: float32 (V, V) row of the surface, −1 outside.
        normals: float32 (V, V, 3) in the camera's directions.
        landmarks: float32 (5, 2) px.
    """

    columns: Floats
    rows: Floats
    normals: Floats
    landmarks: Floats


def angles() -> Floats:
    """Angle of each column about the axis, float32 (COLUMNS,) radians; 0 is the face's middle."""
    return ((np.arange(COLUMNS) + 0.5) / COLUMNS * 2.0 * np.pi - np.pi).astype(np.float32)


def heights() -> Floats:
    """Height of each row, float32 (ROWS,); the crown has more rows, because it is flat there."""
    return (TOP + (BOTTOM - TOP) * np.linspace(0.0, 1.0, ROWS) ** 1.5).astype(np.float32)


def surface(shape: HeadShape) -> Surface:
    """The head's surface."""
    angle, y = angles()[None, :], heights()[:, None]
    source = np.where(y > 0.7, 0.7 + (y - 0.7) / shape.chin, y)[:, 0]
    front, back, half = (_smooth(source, curve) for curve in (_FRONT, _BACK, _HALF_WIDTH))
    half = half * shape.width
    back = _AXIS_Z + (back - _AXIS_Z) * shape.depth
    sin, cos = np.sin(angle), np.cos(angle)
    reach = np.where(cos > 0, (front - _AXIS_Z)[:, None], (_AXIS_Z - back)[:, None])
    x, z = half[:, None] * sin, _AXIS_Z + reach * cos
    # The hair covers the crown and, behind the temples, the back.
    crown = np.clip((-0.75 - y) / 0.5, 0.0, 1.0)
    behind = np.clip((np.abs(angle) - 1.5) / 0.4, 0.0, 1.0) * np.clip((1.3 - y) / 0.6, 0.0, 1.0)
    covered = 1.0 + (shape.hair - 1.0) * np.maximum(crown, behind)
    x, z = x * covered, _AXIS_Z + (z - _AXIS_Z) * covered
    y_out = np.where(y < 0.0, y * (1.0 + (shape.hair - 1.0) * crown), y) + 0.0 * x
    is_front = np.clip(cos * 4.0, 0.0, 1.0)
    height = np.interp(source, _NOSE_Y, _NOSE_HEIGHT, 0.0, 0.0)[:, None] * shape.nose
    breadth = np.interp(source, _NOSE_Y, _NOSE_WIDTH)[:, None]
    z = z + height * np.exp(-((x / breadth) ** 2) / 2.0) * is_front
    sockets = np.exp(-((np.abs(x) - 0.5) ** 2) / 0.05 - (y - 0.02) ** 2 / 0.025)
    z = z - 0.07 * sockets * is_front
    points = np.stack([x, y_out, z], -1).astype(np.float32)
    return Surface(points, _normals(points))


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Rotation float32 (3, 3) from the head to the camera, radians.

    A positive pitch nods the head down, then a positive yaw turns the nose to the picture's right,
    then a positive roll turns it clockwise.
    """
    sy, cy, sp, cp, sr, cr = (f(a) for a in (yaw, pitch, roll) for f in (np.sin, np.cos))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return (about_z @ about_y @ about_x).astype(np.float32)


def view(head: Surface, turn: Floats) -> View:
    """The head as it looks after a rotation, its middle in the picture's middle.

    Args:
        head: The surface.
        turn: float32 (3, 3).
    """
    middle = np.array([0.0, 0.1, _AXIS_Z], np.float32)
    turned = (head.points.reshape(-1, 3) - middle) @ turn.T
    # A little perspective, as at a metre and a half.
    near = 1.0 / (1.0 - turned[:, 2] / 24.0)
    pixels = turned[:, :2] * (near * VIEW_UNIT_PX)[:, None] + VIEW_PX / 2.0
    cells = np.round(pixels).astype(np.int64)
    able = np.flatnonzero(((cells >= 0) & (cells < VIEW_PX)).all(1))
    able = able[np.argsort(turned[able, 2])]
    owner = np.full((VIEW_PX, VIEW_PX), -1, np.int64)
    owner[cells[able, 1], cells[able, 0]] = able
    owner = _without_holes(owner)
    seen = owner >= 0
    rows = np.where(seen, owner // COLUMNS, -1).astype(np.float32)
    columns = np.where(seen, owner % COLUMNS, -1).astype(np.float32)
    normals = (head.normals.reshape(-1, 3)[np.maximum(owner, 0)]) @ turn.T
    marks = (LANDMARKS - middle) @ turn.T
    marks = marks[:, :2] / (1.0 - marks[:, 2:] / 24.0) * VIEW_UNIT_PX + VIEW_PX / 2.0
    return View(columns, rows, normals.astype(np.float32), marks.astype(np.float32))


def pose_of(kps: Floats) -> tuple[Floats, float, Floats]:
    """How a face in a picture is turned, from its landmarks.

    Scaled orthographic projection, fitted by Gauss-Newton with a pull towards a straight pose.

    Args:
        kps: float32 (5, 2) px.

    Returns:
        Rotation float32 (3, 3), pixels of a distance between the pupils, and the origin's place
        float32 (2,) px.
    """
    eyes = kps[1] - kps[0]
    size = float(np.linalg.norm(kps[:2].mean(0) - kps[3:].mean(0))) / 1.17
    first = max(size, float(np.linalg.norm(eyes)))
    state = np.array([0.0, 0.1, np.arctan2(eyes[1], eyes[0]), 0.0, *kps[:2].mean(0) / first])
    weights = np.array([0.3, 0.5, 0.0, 0.0, 0.0, 0.0])

    def errors(s: NDArray[np.floating]) -> NDArray[np.floating]:
        points = LANDMARKS @ rotation(s[0], s[1], s[2])[:2].T * np.exp(s[3]) + s[4:]
        pull = weights * (s - [0.0, 0.1, 0.0, 0.0, 0.0, 0.0])
        return np.concatenate([(points - kps / first).ravel() * 3.0, pull])

    for _ in range(8):
        now = errors(state)
        slope = np.stack([(errors(state + 1e-3 * e) - now) / 1e-3 for e in np.eye(6)], 1)
        state = state - np.linalg.lstsq(slope, now, rcond=None)[0]
    turn = rotation(state[0], state[1], state[2])
    return turn, float(first * np.exp(state[3])), (state[4:] * first).astype(np.float32)


def _smooth(y: Floats, curve: NDArray[np.float64]) -> NDArray[np.float64]:
    values = np.interp(y, _Y, curve)
    width = 5
    padded = np.pad(values, width, mode="edge")
    return np.convolve(padded, np.ones(2 * width + 1) / (2 * width + 1), "valid")


def _normals(points: Floats) -> Floats:
    down = np.gradient(points, axis=0)
    around = np.roll(points, -1, 1) - np.roll(points, 1, 1)
    normals = np.cross(around, down)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return (normals / np.maximum(length, 1e-9)).astype(np.float32)


def _without_holes(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Single pixels that no point fell on get a neighbour's."""
    for shift, axis in ((1, 0), (1, 1), (1, 0), (1, 1)):
        neighbour = np.roll(owner, shift, axis)
        opposite = np.roll(owner, -shift, axis)
        is_hole = (owner < 0) & (neighbour >= 0) & (opposite >= 0)
        owner = np.where(is_hole, neighbour, owner)
    return owner
