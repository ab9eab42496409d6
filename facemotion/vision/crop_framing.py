"""How faces sit in their emotion crops: the detector looks at the crops once more."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.core.boxes import box_size
from facemotion.core.crop_measures import check_crops
from facemotion.core.preprocessing import INPUT_SIZE_PX
from facemotion.core.types import FaceDetection
from facemotion.vision.faces import FaceFinder

FRAMING: Final = ("across", "height", "size", "tilt")
"""Columns of `find_framing`: the middle of the face's box from the left and from the top (px), its
size (mean of width and height, px) and the tilt of the line through the eyes (degrees)."""

ENLARGEMENT: Final = 4
BORDER_PX: Final = 48
DET_SIZE: Final = 320
"""Detection size that fits the enlarged crop with its border."""
DET_THRESHOLD: Final = 0.3
"""Detection score that a crop needs; lower than usual, since its surroundings are missing."""


def find_framing(crops: NDArray[np.uint8], finder: FaceFinder) -> NDArray[np.float64]:
    """Where the detector finds the faces in their crops.

    Args:
        crops: uint8 (N, 48, 48) gray.
        finder: A detector that reads pictures of `DET_SIZE` with the threshold `DET_THRESHOLD`.

    Returns:
        float64 (N, 4) in the order of `FRAMING`; NaN where no face is found.

    Raises:
        ValueError: The crops are not uint8 (N, 48, 48).
    """
    check_crops(crops)
    found = np.full((len(crops), len(FRAMING)), np.nan)
    for row, crop in zip(found, crops, strict=True):
        detections = finder.detect(_enlarged(crop))
        if detections:
            row[:] = _framing(max(detections, key=lambda face: face.det_score))
    return found


def _enlarged(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    side = INPUT_SIZE_PX * ENLARGEMENT
    large = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)
    border = (BORDER_PX,) * 4
    large = cv2.copyMakeBorder(large, *border, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(large, cv2.COLOR_GRAY2BGR), np.uint8)


def _framing(face: FaceDetection) -> tuple[float, float, float, float]:
    # Pixel centres stand at whole numbers, in the crop as in the enlarged picture.
    x1, y1, x2, y2 = ((float(v) + 0.5 - BORDER_PX) / ENLARGEMENT - 0.5 for v in face.bbox_xyxy)
    size = float(box_size(face.bbox_xyxy).mean()) / ENLARGEMENT
    eyes = face.kps[1].astype(np.float64) - face.kps[0].astype(np.float64)
    tilt = math.degrees(math.atan2(float(eyes[1]), float(eyes[0])))
    return (x1 + x2) / 2.0, (y1 + y2) / 2.0, size, tilt
