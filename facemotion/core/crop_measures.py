"""What can be measured of emotion crops without knowing anything about the emotion model."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.preprocessing import INPUT_SIZE_PX

Float = NDArray[np.float64]

APPEARANCE: Final = ("brightness", "contrast", "white", "detail")
"""Columns of `appearance`: mean and standard deviation of the gray levels, the level that one
pixel in a hundred exceeds, and the fineness (sharpness as a percentage of the variance)."""

DIRECTIONS: Final = 8
CELL_PX: Final = 8
FEATURE_COUNT: Final = 4 * DIRECTIONS * (INPUT_SIZE_PX // CELL_PX - 1) ** 2

_CHUNK: Final = 500
_TINY: Final = 1e-6


def check_crops(crops: NDArray[np.uint8]) -> None:
    """Check that these are emotion crops.

    Raises:
        ValueError: They are not uint8 (N, 48, 48).
    """
    if crops.dtype != np.uint8 or crops.shape[1:] != (INPUT_SIZE_PX, INPUT_SIZE_PX):
        raise ValueError(f"expected crops of uint8 (N, 48, 48), got {crops.dtype} {crops.shape}")


def sharpnesses(crops: NDArray[np.uint8]) -> Float:
    """Variance of the Laplacian of each crop, as `core.quality.sharpness` measures it.

    Args:
        crops: uint8 (N, 48, 48) gray.

    Returns:
        float64 (N,), at least 0.
    """
    check_crops(crops)
    x = crops.astype(np.float64)
    around = x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]
    return np.asarray((around - 4.0 * x[:, 1:-1, 1:-1]).var(axis=(1, 2)), np.float64)


def appearance(crops: NDArray[np.uint8]) -> Float:
    """Light and fineness of each crop.

    Args:
        crops: uint8 (N, 48, 48) gray.

    Returns:
        float64 (N, 4) in the order of `APPEARANCE`.
    """
    check_crops(crops)
    flat = crops.reshape(len(crops), INPUT_SIZE_PX**2)
    if not len(flat):
        return np.zeros((0, len(APPEARANCE)))
    variance = np.asarray(flat.var(axis=1, dtype=np.float64), np.float64)
    fineness = 100.0 * sharpnesses(crops) / np.maximum(variance, 1.0)
    white = np.percentile(flat, 99.0, axis=1)
    columns = (flat.mean(axis=1, dtype=np.float64), np.sqrt(variance), white, fineness)
    return np.stack([np.asarray(column, np.float64) for column in columns], axis=1)


def likeness(crops: NDArray[np.uint8], mean_face: Float) -> Float:
    """Correlation of the middle of each crop with that of a mean face, in [−1, 1].

    The margin is left out: hair and background differ more than faces do.

    Args:
        crops: uint8 (N, 48, 48) gray.
        mean_face: float64 (48, 48); brightness and contrast do not matter.

    Returns:
        float64 (N,); 0 for an even crop.
    """
    check_crops(crops)
    middle = np.s_[..., 8:42, 8:40]
    parts = crops[middle].astype(np.float64)
    pattern = mean_face[middle] - mean_face[middle].mean()
    parts -= parts.mean(axis=(1, 2), keepdims=True)
    lengths = np.sqrt((parts**2).sum(axis=(1, 2)) * (pattern**2).sum())
    return np.asarray((parts * pattern).sum(axis=(1, 2)) / np.maximum(lengths, _TINY), np.float64)


def gradient_features(crops: NDArray[np.uint8]) -> Float:
    """Histograms of oriented gradients (Dalal and Triggs 2005), in blocks of two by two cells.

    Args:
        crops: uint8 (N, 48, 48) gray.

    Returns:
        float64 (N, `FEATURE_COUNT`).
    """
    check_crops(crops)
    chunks = [_features(crops[i : i + _CHUNK]) for i in range(0, len(crops), _CHUNK)]
    return np.concatenate([np.zeros((0, FEATURE_COUNT)), *chunks])


def _features(crops: NDArray[np.uint8]) -> Float:
    x = crops.astype(np.float64)
    across, down = np.zeros_like(x), np.zeros_like(x)
    across[:, :, 1:-1] = x[:, :, 2:] - x[:, :, :-2]
    down[:, 1:-1] = x[:, 2:] - x[:, :-2]
    strength = np.hypot(across, down)
    direction = (np.arctan2(down, across) % np.pi) * (DIRECTIONS / np.pi)
    lower = np.floor(direction)
    share = direction - lower
    side = INPUT_SIZE_PX // CELL_PX
    cells = np.empty((len(x), side, side, DIRECTIONS))
    for number in range(DIRECTIONS):
        weight = np.where(lower % DIRECTIONS == number, 1.0 - share, 0.0)
        weight += np.where((lower + 1.0) % DIRECTIONS == number, share, 0.0)
        parts = (strength * weight).reshape(len(x), side, CELL_PX, side, CELL_PX)
        cells[..., number] = parts.sum(axis=(2, 4))
    corners = (cells[:, :-1, :-1], cells[:, 1:, :-1], cells[:, :-1, 1:], cells[:, 1:, 1:])
    blocks = np.concatenate(corners, axis=-1)
    blocks /= np.linalg.norm(blocks, axis=-1, keepdims=True) + 1.0
    return np.asarray(blocks.reshape(len(x), FEATURE_COUNT), np.float64)
