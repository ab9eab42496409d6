"""Geometry of axis-aligned boxes `(x1, y1, x2, y2)` in image coordinates (px)."""

import numpy as np
from numpy.typing import NDArray

from facemotion.core.types import FloatArray


def box_size(boxes_xyxy: NDArray[np.floating]) -> FloatArray:
    """Width and height of boxes.

    Args:
        boxes_xyxy: float (..., 4) px.

    Returns:
        float32 (..., 2) px: width, height; never negative.

    Raises:
        ValueError: The last axis is not 4 long.
    """
    boxes = _checked(boxes_xyxy)
    return np.maximum(boxes[..., 2:] - boxes[..., :2], 0.0)


def box_centre(boxes_xyxy: NDArray[np.floating]) -> FloatArray:
    """Centres of boxes.

    Args:
        boxes_xyxy: float (..., 4) px.

    Returns:
        float32 (..., 2) px: x, y.

    Raises:
        ValueError: The last axis is not 4 long.
    """
    boxes = _checked(boxes_xyxy)
    return (boxes[..., :2] + boxes[..., 2:]) / np.float32(2.0)


def iou_matrix(a_xyxy: NDArray[np.floating], b_xyxy: NDArray[np.floating]) -> FloatArray:
    """Intersection over union of every box of `a` with every box of `b`.

    Args:
        a_xyxy: float (N, 4) px.
        b_xyxy: float (M, 4) px.

    Returns:
        float32 (N, M) in [0, 1]; 0 where both boxes are empty.

    Raises:
        ValueError: An argument is not (N, 4).
    """
    a, b = _checked_table(a_xyxy), _checked_table(b_xyxy)
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    intersection = np.maximum(bottom_right - top_left, 0.0).prod(axis=-1)
    union = box_size(a).prod(axis=-1)[:, None] + box_size(b).prod(axis=-1)[None] - intersection
    iou = np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0.0)
    return iou.astype(np.float32)


def clip_box(bbox_xyxy: NDArray[np.floating], frame_size: tuple[int, int]) -> FloatArray:
    """The part of a box that lies inside the picture.

    Args:
        bbox_xyxy: float (4,) px.
        frame_size: Width and height of the picture (px).

    Returns:
        float32 (4,) px, a copy; empty (on the border) when the box lies outside.

    Raises:
        ValueError: The last axis is not 4 long.
    """
    width, height = frame_size
    limits = np.array([width, height, width, height], dtype=np.float32)
    return np.clip(_checked(bbox_xyxy), np.float32(0.0), limits)


def extrapolate(
    bbox_xyxy: NDArray[np.floating], velocity_xyxy: NDArray[np.floating], dt_s: float
) -> FloatArray:
    """A box carried along by the velocity of its edges.

    Args:
        bbox_xyxy: float (4,) px.
        velocity_xyxy: float (4,) px/s.
        dt_s: Seconds since the box was seen.

    Returns:
        float32 (4,) px, a copy. Edges that would cross meet in their middle instead.

    Raises:
        ValueError: The last axis is not 4 long.
    """
    moved = _checked(bbox_xyxy) + _checked(velocity_xyxy) * np.float32(dt_s)
    centre = box_centre(moved)
    return np.concatenate(
        [np.minimum(moved[..., :2], centre), np.maximum(moved[..., 2:], centre)], axis=-1
    )


def _checked(boxes: NDArray[np.floating]) -> FloatArray:
    if boxes.ndim == 0 or boxes.shape[-1] != 4:
        raise ValueError(f"expected boxes of shape (..., 4), got {boxes.shape}")
    return boxes.astype(np.float32, copy=False)


def _checked_table(boxes: NDArray[np.floating]) -> FloatArray:
    if boxes.ndim != 2:
        raise ValueError(f"expected boxes of shape (N, 4), got {boxes.shape}")
    return _checked(boxes)
