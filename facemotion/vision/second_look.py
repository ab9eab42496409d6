"""A second look at what a detector found: is it a face, and where exactly are its landmarks?"""

import math
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

_DETECTOR_SHARES: Final = (1.0, 0.25)
"""How much of a landmark is the detector's own, in a profile and in a face seen from the front.

Two looks err less than the better one alone; of a profile the crop shows less than the picture.
"""

_EYES_SHARES: Final = (0.2, 0.4)
"""Distance of the eyes in widths of the box, in a profile and from the front."""

_DETECTOR_WEIGHT: Final = 0.7
"""How much of a score is the detector's, which sees what is around the face."""

_MOST_SHARED: Final = 0.45
"""Share of the smaller of two boxes from which they are taken for one face."""


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
        self,
        frame_bgr: FrameBgr,
        candidates: Sequence[FaceDetection],
        threshold: float,
        coarser_bgr: FrameBgr | None = None,
    ) -> list[FaceDetection]:
        """Faces among the candidates, with exact landmarks.

        A face's score becomes a geometric mean of the detector's and of the refiner's own, its
        landmarks a mean of both, either with weights; the more a face is turned away, the more
        they are the detector's.

        Args:
            frame_bgr: uint8 (H, W, 3) BGR.
            candidates: What the detector found.
            threshold: Candidates with a lower score are dropped.
            coarser_bgr: The frame made smaller by a whole number, when there is one; it saves time.
        """
        if not candidates:
            return []
        inputs = normalise(cut_crops(frame_bgr, candidates, CROP_RULE, coarser_bgr))
        points, probabilities = (
            np.asarray(answer, np.float32) for answer in self._session.run(None, {"input": inputs})
        )
        faces: list[FaceDetection] = []
        for face, own, probability in zip(candidates, points, probabilities, strict=True):
            own_part = float(probability) ** (1.0 - _DETECTOR_WEIGHT)
            score = face.det_score**_DETECTOR_WEIGHT * own_part
            if score >= threshold:
                kps = _shared_kps(in_image(own, face), face)
                faces.append(replace(face, kps=kps, det_score=score))
        return faces


def _shared_kps(own: FloatArray, face: FaceDetection) -> FloatArray:
    """Landmarks float32 (5, 2) px between the refiner's own and the detector's."""
    both = (own + face.kps) / 2.0
    eyes = math.dist(both[0], both[1]) / max(float(face.bbox_xyxy[2] - face.bbox_xyxy[0]), 1.0)
    detectors = float(np.interp(eyes, _EYES_SHARES, _DETECTOR_SHARES))
    return (own + detectors * (face.kps - own)).astype(np.float32)


def least_score(threshold: float) -> float:
    """The lowest score of a detector's with which a face can still reach the threshold."""
    return threshold ** (1.0 / _DETECTOR_WEIGHT)


def without_doubles(faces: Sequence[FaceDetection]) -> list[FaceDetection]:
    """The faces without those of which half lies on a surer one: its chin and neck, or its hair.

    Boxes that are nearly equal the detector has thinned out already. The surest face comes first.
    """
    kept: list[FaceDetection] = []
    for face in sorted(faces, key=lambda one: -one.det_score):
        if all(_shared(face, surer) < _MOST_SHARED for surer in kept):
            kept.append(face)
    return kept


def _shared(face: FaceDetection, other: FaceDetection) -> float:
    """What both boxes cover, as a share of the smaller one."""
    left, top, right, bottom = face.bbox_xyxy.tolist()
    x1, y1, x2, y2 = other.bbox_xyxy.tolist()
    both = max(min(right, x2) - max(left, x1), 0.0) * max(min(bottom, y2) - max(top, y1), 0.0)
    return both / max(min((right - left) * (bottom - top), (x2 - x1) * (y2 - y1)), 1e-6)


def in_image(points: NDArray[np.float32], face: FaceDetection) -> FloatArray:
    """Landmarks float32 (5, 2) px from points in sides of the face's crop from its middle."""
    # Written out, because numpy's inverse alone takes a tenth of a whole second look.
    (a, b, shift_x), (c, d, shift_y) = CROP_RULE.matrix(face.bbox_xyxy, face.kps).tolist()
    determinant = a * d - b * c
    return np.array(
        [
            ((d * u - b * v) / determinant, (a * v - c * u) / determinant)
            for u, v in (
                ((x + 0.5) * CROP_PX - 0.5 - shift_x, (y + 0.5) * CROP_PX - 0.5 - shift_y)
                for x, y in points.tolist()
            )
        ],
        np.float32,
    )
