"""The picture as the window shows it: converted and scaled once, in the capture thread."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facemotion.core.types import Frame, FrameBgr
from facemotion.vision.sources.base import SourceKind

STILL_KINDS = (SourceKind.IMAGE, SourceKind.FOLDER)
"""Sources whose pictures have nothing to do with each other."""
LARGEST_SIDE_PX = 3840
"""No picture is scaled up beyond this: the screen does the rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A frame and its ready-to-paint form.

    Attributes:
        frame: The frame in full size.
        bgra: uint8 (h, w, 4), scaled to the size of the view; never written again, so that a
            QImage may share its memory.
        is_still: Whether the frame stands alone (a photo): nothing is carried over from others.
        is_mirrored: Whether `bgra` is turned left to right; the frame never is.
    """

    frame: Frame
    bgra: NDArray[np.uint8]
    is_still: bool = False
    is_mirrored: bool = False


def fitted_size(
    width_px: int, height_px: int, view_width_px: int, view_height_px: int
) -> tuple[int, int]:
    """Largest size of the picture's shape inside a view; at least 1×1.

    Args:
        width_px: Width of the picture.
        height_px: Height of the picture.
        view_width_px: Width of the view in device pixels; 0 when it is not known yet.
        view_height_px: Height of the view in device pixels; 0 when it is not known yet.
    """
    if view_width_px <= 0 or view_height_px <= 0:
        view_width_px, view_height_px = width_px, height_px
    zoom = min(view_width_px / width_px, view_height_px / height_px)
    zoom = min(zoom, max(LARGEST_SIDE_PX / max(width_px, height_px), 1.0))
    return max(round(width_px * zoom), 1), max(round(height_px * zoom), 1)


def render_bgra(
    frame_bgr: FrameBgr, size_px: tuple[int, int], is_mirrored: bool = False
) -> NDArray[np.uint8]:
    """The picture scaled and converted.

    Args:
        frame_bgr: uint8 (H, W, 3) BGR.
        size_px: Width and height wanted.
        is_mirrored: Whether to turn it left to right.

    Returns:
        uint8 (h, w, 4) BGRA, contiguous, own memory.
    """
    import cv2

    height_px, width_px = frame_bgr.shape[:2]
    if size_px != (width_px, height_px):
        is_shrinking = size_px[0] < width_px
        # INTER_AREA costs several times INTER_LINEAR and shows only in strong reductions.
        is_strong = is_shrinking and width_px > 1.8 * size_px[0]
        method = cv2.INTER_AREA if is_strong else cv2.INTER_LINEAR
        frame_bgr = cv2.resize(frame_bgr, size_px, interpolation=method)  # type: ignore[assignment]
    if is_mirrored:
        frame_bgr = cv2.flip(frame_bgr, 1)  # type: ignore[assignment]
    bgra: NDArray[np.uint8] = cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2BGRA)  # type: ignore[assignment]
    return np.ascontiguousarray(bgra)
