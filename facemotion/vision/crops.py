"""Square face crops without aliasing, the same for training, the application and evaluation."""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.core.preprocessing import INPUT_SIZE_PX, EmotionCropRule
from facemotion.core.types import FaceDetection, FrameBgr

_MARGIN_PX: Final = 2


def cut_crops(
    frame_bgr: FrameBgr,
    detections: Sequence[FaceDetection],
    rule: EmotionCropRule,
    coarser_bgr: FrameBgr | None = None,
) -> NDArray[np.uint8]:
    """A small model's pictures of the faces of a frame.

    Args:
        frame_bgr: uint8 (H, W, 3) BGR.
        detections: The faces; beyond the frame's edge its border pixels are repeated.
        rule: The model's crop rule.
        coarser_bgr: The frame made smaller by a whole number, uint8 (H / n, W / n, 3). Faces that
            are large enough in it are cut from there, in a fraction of the time.

    Returns:
        uint8 (N, 48, 48) gray, contiguous.

    Raises:
        ValueError: The frame is empty or not uint8 (H, W, 3).
    """
    _check_frame(frame_bgr)
    crops = np.empty((len(detections), INPUT_SIZE_PX, INPUT_SIZE_PX), np.uint8)
    for crop, detection in zip(crops, detections, strict=True):
        matrix = rule.matrix(detection.bbox_xyxy, detection.kps)
        source = frame_bgr
        if coarser_bgr is not None:
            times = frame_bgr.shape[1] // coarser_bgr.shape[1]
            (a, b, x), (c, d, y) = matrix.tolist()
            if math.sqrt(abs(a * d - b * c)) * times <= 1.0:
                source = coarser_bgr
                # Pixel centres stand at whole numbers: x = (x' + 0.5) n - 0.5.
                half = 0.5 * times - 0.5
                x, y = x + (a + b) * half, y + (c + d) * half
                matrix = np.array(
                    ((a * times, b * times, x), (c * times, d * times, y)), np.float64
                )
        crop[:] = warp_square(source, matrix, INPUT_SIZE_PX, is_gray=True)
    return crops


def warp_square(
    frame_bgr: FrameBgr, matrix: NDArray[np.floating], size_px: int, *, is_gray: bool = False
) -> NDArray[np.uint8]:
    """Cut a square by an affine map, every pixel the mean of what it covers.

    A face larger than its crop is first warped several times as fine and then averaged down, so
    that fine texture does not turn into false patterns.

    Args:
        frame_bgr: uint8 (H, W, 3) BGR.
        matrix: float (2, 3), from image coordinates to the crop's pixels.
        size_px: Side of the square.
        is_gray: Whether to return gray.

    Returns:
        uint8 (S, S) gray or (S, S, 3) BGR, contiguous.
    """
    # Written out: numpy takes longer for a few numbers than OpenCV for a small crop's pixels.
    (a, b, x), (c, d, y) = matrix.tolist()
    zoom = math.sqrt(abs(a * d - b * c))
    fineness = max(1, math.ceil(1.0 / max(zoom, 1e-6) - 1e-6))
    a, b, c, d = (value * fineness for value in (a, b, c, d))
    # Pixel centres stand at whole numbers, hence the half pixel between the coarse and the fine.
    x, y = (value * fineness + (fineness - 1) / 2.0 for value in (x, y))
    left, top, right, bottom = _reach((a, b, x, c, d, y), size_px * fineness, frame_bgr.shape)
    part = frame_bgr[top:bottom, left:right]
    fine = np.array(((a, b, x + a * left + b * top), (c, d, y + c * left + d * top)), np.float64)
    if is_gray:
        part = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    side = (size_px * fineness, size_px * fineness)
    warped = cv2.warpAffine(
        part, fine, side, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if fineness > 1:
        warped = cv2.resize(warped, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return np.asarray(warped, np.uint8)


def _reach(
    matrix: tuple[float, float, float, float, float, float], side_px: int, shape: tuple[int, ...]
) -> tuple[int, int, int, int]:
    """The part of a frame under the square with some margin: left, top, right and bottom.

    At least one pixel, all inside the frame of the shape (H, W, …).
    """
    a, b, shift_x, c, d, shift_y = matrix
    determinant = a * d - b * c
    corners = [
        (x - shift_x, y - shift_y) for x, y in ((0, 0), (side_px, 0), (0, side_px), (side_px,) * 2)
    ]
    left, right = _limited([(d * x - b * y) / determinant for x, y in corners], shape[1])
    top, bottom = _limited([(a * y - c * x) / determinant for x, y in corners], shape[0])
    return left, top, right, bottom


def _limited(places: list[float], limit: int) -> tuple[int, int]:
    """First pixel and the one behind the last, of all places with some margin; at least one."""
    first = min(max(math.floor(min(places)) - _MARGIN_PX, 0), limit - 1)
    return first, max(min(math.ceil(max(places)) + _MARGIN_PX + 1, limit), first + 1)


def _check_frame(frame_bgr: FrameBgr) -> None:
    if frame_bgr.dtype != np.uint8 or frame_bgr.ndim != 3 or frame_bgr.shape[2] != 3:
        given = f"{frame_bgr.dtype} {frame_bgr.shape}"
        raise ValueError(f"expected a frame of uint8 (H, W, 3), got {given}")
    if frame_bgr.size == 0:
        raise ValueError(f"expected a frame with pixels, got {frame_bgr.shape}")
