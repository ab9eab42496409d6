"""A second look at what a detector found: is it a face, and where exactly are its landmarks?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.preprocessing import INPUT_SIZE_PX, EmotionCropRule, normalise
from facemotion.core.types import FaceDetection, FloatArray, FrameBgr
from facemotion.vision.crops import cut_crops
from facemotion.vision.providers import CPU, make_session

CROP_PX: Final = INPUT_SIZE_PX
CROP_RULE: Final = EmotionCropRule(scale=1.35, is_aligned=False)
"""What a refiner sees of a face: the square around the box, in training as in the application."""


class SecondLook:
    """A pack's refiner, which some small packs have beside their detector.

    Args:
        path: ONNX file: `input` float32 (N, 1, 48, 48) to landmarks float32 (N, 5, 2), in sides of
            the crop from its middle, and probabilities float32 (N,).
        provider: Short name, see `providers.PROVIDER_NAMES`.
        threads: Threads that one run may use.

    Raises:
        ModelError: The file is missing or damaged.
    """

    def __init__(self, path: Path, provider: str = CPU, threads: int = 1) -> None:
        self._session, self.provider = make_session(path, provider, threads)

    def refine(
        self, frame_bgr: FrameBgr, candidates: Sequence[FaceDetection], threshold: float
    ) -> list[FaceDetection]:
        """Faces among the candidates, with exact landmarks.

        A face's score becomes the geometric mean of the detector's and of the refiner's own.

        Args:
            frame_bgr: uint8 (H, W, 3) BGR.
            candidates: What the detector found.
            threshold: Candidates with a lower score are dropped.
        """
        if not candidates:
            return []
        inputs = normalise(cut_crops(frame_bgr, candidates, CROP_RULE))
        points, probabilities = (
            np.asarray(answer, np.float32) for answer in self._session.run(None, {"input": inputs})
        )
        faces: list[FaceDetection] = []
        for face, own, probability in zip(candidates, points, probabilities, strict=True):
            score = float(np.sqrt(face.det_score * float(probability)))
            if score >= threshold:
                faces.append(replace(face, kps=in_image(own, face), det_score=score))
        return faces


def in_image(points: NDArray[np.float32], face: FaceDetection) -> FloatArray:
    """Landmarks float32 (5, 2) px from points in sides of the face's crop from its middle."""
    matrix = CROP_RULE.matrix(face.bbox_xyxy, face.kps).astype(np.float64)
    pixels = (points.astype(np.float64) + 0.5) * CROP_PX - 0.5
    return ((pixels - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T).astype(np.float32)
