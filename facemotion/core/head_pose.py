"""Where a head is turned, from five landmarks."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

FACE_MODEL: Final[NDArray[np.float64]] = np.array(
    [
        [-0.50, 0.42, 0.55],
        [0.50, 0.42, 0.55],
        [0.00, -0.18, 1.19],
        [-0.39, -0.69, 0.68],
        [0.39, -0.69, 0.68],
    ]
)
"""A mean head's eyes, nose tip and mouth corners: x right, y up, z towards the viewer, in eye
distances; from the canonical face model of MediaPipe (an eye lies midway between its corners)."""

_MIN_FLATNESS: Final = 0.05


def yaw_pitch_roll_deg(kps: NDArray[np.floating]) -> tuple[float, float, float]:
    """Head pose from five landmarks.

    The landmarks are taken as a scaled orthographic view of `FACE_MODEL`: the linear fit of the
    view is brought to the nearest rotation (the pose-from-orthography step of DeMenthon and Davis,
    "Model-based object pose in 25 lines of code", 1995).

    Args:
        kps: float (5, 2) px, image coordinates, in the order of `FaceDetection`.

    Returns:
        Yaw, positive when the nose points to the picture's right; pitch, positive when it points
        up; roll, positive when the head is tilted clockwise as seen in the picture. Degrees.
        Landmarks that are not finite or lie on one line show no face: yaw and pitch are then 90.

    Raises:
        ValueError: The shape is not (5, 2).
    """
    if kps.shape != (5, 2):
        raise ValueError(f"expected landmarks of shape (5, 2), got {kps.shape}")
    if not np.isfinite(kps).all():
        return 90.0, 90.0, 0.0
    points = kps.astype(np.float64)
    model: NDArray[np.float64] = FACE_MODEL - FACE_MODEL.mean(axis=0)
    view: NDArray[np.float64] = points - points.mean(axis=0)
    fit = np.linalg.solve(model.T @ model, model.T @ view).astype(np.float64)
    u, scales, vt = np.linalg.svd(fit.T, full_matrices=False)
    if not scales[1] > _MIN_FLATNESS * scales[0]:
        return 90.0, 90.0, 0.0
    right, down = u @ vt
    return _angles_deg(right, -down)


def _angles_deg(right: NDArray[np.float64], up: NDArray[np.float64]) -> tuple[float, float, float]:
    """Yaw, pitch and roll of the rotation with these first two rows."""
    forward = np.cross(right, up)
    yaw = math.degrees(math.asin(float(np.clip(-forward[0], -1.0, 1.0))))
    pitch = math.degrees(math.atan2(-forward[1], forward[2]))
    roll = math.degrees(math.atan2(-up[0], right[0]))
    if abs(pitch) > 90.0:  # the head looks away: the same rotation, told as a turn beyond 90°
        yaw = math.copysign(180.0, yaw) - yaw
        pitch -= math.copysign(180.0, pitch)
        roll -= math.copysign(180.0, roll)
    return yaw, pitch, roll


def is_frontal(
    kps: NDArray[np.floating], max_yaw_deg: float = 20.0, max_pitch_deg: float = 20.0
) -> bool:
    """Whether a face looks roughly into the camera, whatever its tilt.

    Args:
        kps: float (5, 2) px, image coordinates.
        max_yaw_deg: Largest turn to either side.
        max_pitch_deg: Largest turn up or down.

    Raises:
        ValueError: The shape is not (5, 2).
    """
    yaw, pitch, _ = yaw_pitch_roll_deg(kps)
    return abs(yaw) <= max_yaw_deg and abs(pitch) <= max_pitch_deg
