"""Faces of LFW turned to profiles and bent down: their pictures wrapped around a head.

What a picture does not show of a head is taken from its other half; the back gets the hair above
the forehead, the neck the skin of the cheeks, and the side an ear is drawn on.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.head_shape import (
    COLUMNS,
    VIEW_PX,
    VIEW_UNIT_PX,
    Floats,
    HeadShape,
    Surface,
    View,
    angles,
    heights,
    pose_of,
    rotation,
    surface,
    view,
)

Picture = NDArray[np.uint8]

STEP: Final = 2
"""Points of the surface from one colour of it to the next."""

_EAR_MIDDLE: Final = (1.72, 0.22)
_EAR_HALF: Final = (0.15, 0.42)
"""Angle in radians and height of the ear, and half its extent."""


@dataclass(frozen=True, slots=True, eq=False)
class Turned:
    """One head ready to be turned: its surface, and views of it.

    Attributes:
        head: The surface.
        views: How it looks from several sides.
    """

    head: Surface
    views: tuple[View, ...]


def draw_head(views: int, random: np.random.Generator) -> Turned:
    """A head of some shape from several sides.

    Half of the views are near profiles, a third are bent heads, the others lie between.
    """
    width, depth, nose, chin = np.clip(random.normal(1.0, [0.06, 0.06, 0.2, 0.06]), 0.6, 1.4)
    shape = HeadShape(width, depth, nose, chin, float(random.uniform(1.0, 1.18)))
    head = surface(shape)
    return Turned(head, tuple(view(head, _turn(random)) for _ in range(views)))


def _turn(random: np.random.Generator) -> Floats:
    kind = random.random()
    side = 1.0 if random.random() < 0.5 else -1.0
    if kind < 0.5:
        yaw, pitch = random.uniform(55.0, 105.0), random.normal(0.0, 13.0)
    elif kind < 0.8:
        yaw, pitch = random.uniform(0.0, 75.0), random.uniform(15.0, 50.0)
    else:
        yaw, pitch = random.uniform(25.0, 60.0), random.normal(0.0, 18.0)
    roll, above = random.normal(0.0, 11.0), random.normal(4.0, 9.0)
    own = rotation(*np.deg2rad([side * yaw, pitch, roll]))
    return rotation(0.0, float(np.deg2rad(above)), 0.0) @ own


def wrapped(picture: Picture, kps: Floats, head: Surface, random: np.random.Generator) -> Picture:
    """The picture's face around the head.

    Args:
        picture: uint8 (H, W, 3) BGR.
        kps: float32 (5, 2) px landmarks of the face.
        head: Whose surface.
        random: For hair and ear.

    Returns:
        uint8 (ROWS / STEP, COLUMNS / STEP, 3) BGR, a colour for every other point of the surface.
    """
    turn, unit_px, origin = pose_of(kps)
    where = (head.points[::STEP, ::STEP] @ turn[:2].T) * unit_px + origin
    facing = cv2.GaussianBlur(head.normals[::STEP, ::STEP] @ turn[2], (0, 0), 1.5)
    own = _remap(picture, where)
    other = own[:, ::-1]
    own_weight = np.clip((facing - 0.12) / 0.25, 0.0, 1.0)
    other_weight = (1.0 - own_weight) * own_weight[:, ::-1]
    rest = _unseen(picture, own, (turn, unit_px, origin), random)
    rest_weight = 1.0 - own_weight - other_weight
    mixed = sum(
        part.astype(np.float32) * weight[..., None]
        for part, weight in ((own, own_weight), (other, other_weight), (rest, rest_weight))
    )
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _unseen(
    picture: Picture,
    own: Picture,
    pose: tuple[Floats, float, Floats],
    random: np.random.Generator,
) -> Picture:
    """Hair on the back, skin on the sides and the neck, with an ear in between."""
    turn, unit_px, origin = pose
    across, down = angles()[::STEP], heights()[::STEP]
    angle, y = np.broadcast_arrays(across[None, :], down[:, None])
    wave = _waves(y.shape, 4.0, random)
    # A patch of hair above the forehead, smeared all over.
    strand = np.stack([0.6 * _waves(y.shape, 5.0, random), -1.3 + 0.12 * wave, 0.0 * y - 0.1], -1)
    hair = _remap(picture, (strand @ turn[:2].T) * unit_px + origin).astype(np.float32)
    usual = np.median(hair.reshape(-1, 3), 0)
    hair = (usual + (hair - usual) * 0.3) * random.uniform(0.7, 1.05)
    spots = own[np.ix_(np.abs(down - 0.6) < 0.15, np.abs(np.abs(across) - 0.55) < 0.1)]
    skin = np.median(spots.reshape(-1, 3), 0) * np.where(y > 1.5, 0.75, 0.92)[..., None]
    skin = skin + 4.0 * _waves(y.shape, 1.0, random)[..., None]
    line = 1.45 + random.normal(0.0, 0.12)
    end = random.uniform(1.0, 2.4)
    # In front of the ears and below the hair's end there is skin.
    is_hair = np.clip((np.abs(angle) - line + 0.06 * wave) / 0.12, 0.0, 1.0)
    is_hair = is_hair * np.clip((end + 0.08 * wave - y) / 0.15, 0.0, 1.0)
    is_hair = np.maximum(is_hair, np.clip((-1.0 - y + 0.05 * wave) / 0.2, 0.0, 1.0))
    mixed = skin * (1.0 - is_hair[..., None]) + hair * is_hair[..., None]
    if random.random() < 0.8:
        mixed = _with_ear(mixed, skin, np.abs(angle), y)
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _with_ear(
    mixed: NDArray[np.floating], skin: NDArray[np.floating], angle: Floats, y: Floats
) -> NDArray[np.floating]:
    """An oval of skin with a dark rim and a dark hollow."""
    across = (angle - _EAR_MIDDLE[0] - 0.12 * (y - _EAR_MIDDLE[1])) / _EAR_HALF[0]
    along = (y - _EAR_MIDDLE[1]) / _EAR_HALF[1]
    reach = np.sqrt(across**2 + along**2)
    hollow = np.sqrt((across + 0.25) ** 2 * 3.0 + (along - 0.05) ** 2 * 2.6)
    shade = 1.05 - 0.45 * np.exp(-((reach - 0.98) ** 2) / 0.02) - 0.4 * np.exp(-(hollow**2) / 0.25)
    shade = shade - 0.15 * np.exp(-((reach - 0.75) ** 2) / 0.01)
    share = np.clip((1.1 - reach) / 0.1, 0.0, 1.0)[..., None]
    return mixed * (1.0 - share) + skin * shade[..., None] * share


def rendered(
    texture: Picture, seen: View, random: np.random.Generator
) -> tuple[Picture, NDArray[np.float32]]:
    """The head as the view shows it, and how much of each pixel it covers.

    Returns:
        uint8 (V, V, 3) BGR and float32 (V, V) in [0, 1].
    """
    columns, rows = seen.columns, seen.rows
    colours = cv2.remap(
        texture,
        np.clip(columns, 0, COLUMNS - 1) / STEP,
        np.maximum(rows, 0) / STEP,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    light = np.array([random.uniform(-0.9, 0.9), random.uniform(-0.9, 0.2), 1.0])
    shade = seen.normals @ (light / np.linalg.norm(light))
    strength = random.uniform(0.0, 0.5)
    lit = colours * (1.0 - strength + 1.25 * strength * np.clip(shade, 0.0, 1.0))[..., None]
    mask = cv2.GaussianBlur((rows >= 0).astype(np.float32), (0, 0), 1.0)
    mask = np.clip((mask - 0.4) * 3.0, 0.0, 1.0).astype(np.float32)
    return np.clip(cv2.GaussianBlur(lit, (0, 0), 0.8), 0, 255).astype(np.uint8), mask


def turned_picture(
    picture: Picture,
    kps: Floats,
    head: Turned,
    background: Picture,
    random: np.random.Generator,
) -> tuple[Picture, Floats]:
    """The picture with its face turned.

    Args:
        picture: uint8 (H, W, 3) BGR.
        kps: float32 (5, 2) px landmarks of the face.
        head: What to wrap the face around; one of its views is drawn.
        background: uint8 (H, W, 3) BGR, what the head is laid on.
        random: Draws view, place, light.

    Returns:
        uint8 (H, W, 3) BGR and landmarks float32 (5, 2) px.
    """
    texture = wrapped(picture, kps, head.head, random)
    seen = head.views[int(random.integers(len(head.views)))]
    colours, mask = rendered(texture, seen, random)
    turn, unit_px, origin = pose_of(kps)
    zoom = unit_px / VIEW_UNIT_PX * random.uniform(0.9, 1.1)
    middle = origin + (turn @ np.array([0.0, 0.1, -1.35], np.float32))[:2] * unit_px
    shift = middle + random.normal(0.0, 0.12, 2) * unit_px - zoom * VIEW_PX / 2.0
    matrix = np.array([[zoom, 0.0, shift[0]], [0.0, zoom, shift[1]]])
    size = (picture.shape[1], picture.shape[0])
    if zoom < 0.75:
        soft = 0.4 / zoom
        colours, mask = (cv2.GaussianBlur(part, (0, 0), soft) for part in (colours, mask))
    piece = cv2.warpAffine(colours, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    share = cv2.warpAffine(mask, matrix, size)
    laid = cv2.blendLinear(piece, background, share, 1.0 - share)
    return laid.astype(np.uint8), seen.landmarks * np.float32(zoom) + shift.astype(np.float32)


def _waves(shape: tuple[int, ...], sigma: float, random: np.random.Generator) -> Floats:
    """Smooth noise float32 of spread 1."""
    size = (max(int(shape[1] / sigma), 4), max(int(shape[0] / sigma), 4))
    noise = random.standard_normal(size[::-1], np.float32)
    return cv2.resize(noise, shape[1::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32)


def _remap(picture: Picture, where: NDArray[np.floating]) -> Picture:
    xy = where.astype(np.float32)
    return cv2.remap(
        picture, xy[..., 0], xy[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    ).astype(np.uint8)
