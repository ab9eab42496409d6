"""Carries faces from one frame to the next by optical flow, between two looks of the detector."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.core.types import FaceDetection, FloatArray, FrameBgr

PATCH_PX: Final = 64
_REACH: Final = 1.5
"""Side of the region that is looked at, in sides of the face's box."""
_GRID: Final = 4
_GRID_SHARE: Final = 0.8
_MOST_RETURN_ERROR_PX: Final = 1.0
_MOST_FIT_ERROR_PX: Final = 2.0
_LEAST_SHARE: Final = 0.6
_MOST_ZOOM: Final = 1.25
_LEAST_LIKENESS: Final = 0.7
"""Correlation of the patch before, moved, with the patch now."""

_FLOW: Final = {"winSize": (11, 11), "maxLevel": 2}


@dataclass(frozen=True, slots=True)
class _Region:
    """A part of both frames, and how much it is scaled to become a patch."""

    x1: int
    y1: int
    x2: int
    y2: int
    scale: float

    def patch(self, frame_bgr: FrameBgr) -> NDArray[np.uint8]:
        """Gray picture of the region, `PATCH_PX` long on its longer side."""
        gray = cv2.cvtColor(frame_bgr[self.y1 : self.y2, self.x1 : self.x2], cv2.COLOR_BGR2GRAY)
        how = cv2.INTER_AREA if self.scale < 1.0 else cv2.INTER_LINEAR
        size = (
            max(round((self.x2 - self.x1) * self.scale), 1),
            max(round((self.y2 - self.y1) * self.scale), 1),
        )
        return np.asarray(cv2.resize(gray, size, interpolation=how), np.uint8)


def carry_faces(
    before_bgr: FrameBgr, now_bgr: FrameBgr, faces: Sequence[FaceDetection]
) -> list[FaceDetection] | None:
    """Where the faces of one frame are in the next one.

    A grid of points over each face is followed forward and back again (pyramidal Lucas-Kanade,
    Bouguet 2001; the way back as a check after Kalal et al., "Forward-backward error", 2010). The
    points that return give one shift, turn and zoom (RANSAC), which moves box and landmarks.

    Args:
        before_bgr: uint8 (H, W, 3) BGR.
        now_bgr: The same size.
        faces: Faces of the former.

    Returns:
        The faces, with the scores that they had; None when one of them cannot be followed surely,
        because it turned, was covered or moved too far.
    """
    if before_bgr.shape != now_bgr.shape:
        return None
    carried: list[FaceDetection] = []
    for face in faces:
        motion = _motion(before_bgr, now_bgr, face.bbox_xyxy)
        if motion is None:
            return None
        carried.append(_moved(face, motion))
    return carried


def _motion(before_bgr: FrameBgr, now_bgr: FrameBgr, box: FloatArray) -> NDArray[np.float64] | None:
    """Similarity (2, 3) in image coordinates, or None."""
    region = _region(box, before_bgr.shape[1], before_bgr.shape[0])
    if region is None:
        return None
    before, now = region.patch(before_bgr), region.patch(now_bgr)
    points = _grid(box, region)
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, now, points, points.copy(), **_FLOW)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(now, before, there, there.copy(), **_FLOW)
    error = np.linalg.norm(back - points, axis=1)
    is_good = (found[:, 0] > 0) & (returned[:, 0] > 0) & (error <= _MOST_RETURN_ERROR_PX)
    if is_good.sum() < _LEAST_SHARE * len(points):
        return None
    found_fit, _ = cv2.estimateAffinePartial2D(
        points[is_good], there[is_good], ransacReprojThreshold=_MOST_FIT_ERROR_PX
    )
    if found_fit is None:
        return None
    fit = np.asarray(found_fit, np.float64)
    if not _is_plausible(fit, points[is_good], np.asarray(there, np.float32)[is_good]):
        return None
    return _in_image(fit, region) if _is_alike(before, now, fit) else None


def _region(box: FloatArray, width: int, height: int) -> _Region | None:
    """The surroundings of a box inside the frame; None when hardly anything is inside."""
    x1, y1, x2, y2 = (float(value) for value in box)
    half = _REACH * max(x2 - x1, y2 - y1) / 2.0
    centre_x, centre_y = (x1 + x2) / 2.0, (y1 + y2) / 2.0
    left, top = max(int(centre_x - half), 0), max(int(centre_y - half), 0)
    right, bottom = min(int(centre_x + half) + 1, width), min(int(centre_y + half) + 1, height)
    if min(right - left, bottom - top) < half:
        return None
    return _Region(left, top, right, bottom, PATCH_PX / max(right - left, bottom - top))


def _grid(box: FloatArray, region: _Region) -> NDArray[np.float32]:
    """Points over the inner part of a box, float32 (N, 2) in patch coordinates."""
    x1, y1, x2, y2 = (float(value) for value in box)
    margin = (1.0 - _GRID_SHARE) / 2.0
    steps = np.linspace(margin, 1.0 - margin, _GRID)
    xs, ys = np.meshgrid(x1 + steps * (x2 - x1), y1 + steps * (y2 - y1))
    points = np.stack([xs.ravel() - region.x1, ys.ravel() - region.y1], axis=1)
    return (points * region.scale).astype(np.float32)


def _is_plausible(
    fit: NDArray[np.float64], points: NDArray[np.float32], there: NDArray[np.float32]
) -> bool:
    zoom = float(np.hypot(fit[0, 0], fit[1, 0]))
    if not 1.0 / _MOST_ZOOM <= zoom <= _MOST_ZOOM:
        return False
    miss = np.linalg.norm(points @ fit[:, :2].T + fit[:, 2] - there, axis=1)
    return float(np.median(miss)) <= _MOST_RETURN_ERROR_PX


def _is_alike(before: NDArray[np.uint8], now: NDArray[np.uint8], fit: NDArray[np.float64]) -> bool:
    moved = cv2.warpAffine(before, fit, before.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    inner = tuple(slice(side // 6, side - side // 6) for side in now.shape)
    likeness = cv2.matchTemplate(moved[inner], now[inner], cv2.TM_CCOEFF_NORMED)
    return float(likeness[0, 0]) >= _LEAST_LIKENESS


def _in_image(fit: NDArray[np.float64], region: _Region) -> NDArray[np.float64]:
    """The patch's similarity as one of image coordinates."""
    corner = np.array([region.x1, region.y1], np.float64)
    turn = fit[:, :2]
    shift = fit[:, 2] / region.scale + corner - turn @ corner
    return np.hstack([turn, shift[:, None]])


def _moved(face: FaceDetection, motion: NDArray[np.float64]) -> FaceDetection:
    """Box upright, its centre and size moved; landmarks moved and turned."""
    turn, shift = motion[:, :2], motion[:, 2]
    box = face.bbox_xyxy.astype(np.float64)
    centre = turn @ ((box[:2] + box[2:]) / 2.0) + shift
    half = float(np.hypot(turn[0, 0], turn[1, 0])) * (box[2:] - box[:2]) / 2.0
    kps = face.kps @ turn.T + shift
    bbox = np.concatenate([centre - half, centre + half])
    return replace(face, bbox_xyxy=bbox.astype(np.float32), kps=kps.astype(np.float32))
