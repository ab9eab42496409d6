"""Face detection and recognition with the models of a pack.

InsightFace's models run through insightface's model zoo, YuNet and SFace through OpenCV.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.core.alignment import ARCFACE_TEMPLATE_112, similarity_transform
from facemotion.core.errors import ModelError
from facemotion.core.matching import PackThresholds
from facemotion.core.types import FaceDetection, FloatArray, FrameBgr
from facemotion.vision.crops import warp_square
from facemotion.vision.opencv_faces import SFaceRecogniser, YuNetDetector, opencv_provider
from facemotion.vision.packs import Pack
from facemotion.vision.providers import (
    CPU,
    PROVIDER_NAMES,
    SessionProvider,
    damaged,
    provider_chain,
    provider_of,
    session_options,
)
from facemotion.vision.second_look import SecondLook, least_score, without_doubles

DET_SIZES: Final = (320, 480, 640, 1024)
DEFAULT_DET_SIZE: Final = 640
DEFAULT_DET_THRESH: Final = 0.5
COARSE_DET_SIZES: Final = (320, 480)
_STRIDE_PX: Final = 32
_MOST_ENLARGED: Final = 2.0
_MIN_SIDE_PX: Final = 1.0
_TEMPLATE_SIDE_PX: Final = 112


class FaceFinder(Protocol):
    """What the pipeline needs of face models."""

    @property
    def model_id(self) -> str:
        """Recognition model, empty when there is none."""
        ...

    @property
    def embedding_dim(self) -> int:
        """Length D of an embedding; 0 without a recogniser."""
        ...

    @property
    def thresholds(self) -> PackThresholds:
        """Similarities that fit the recognition model."""
        ...

    def detect(self, frame_bgr: FrameBgr, max_faces: int = 0) -> list[FaceDetection]:
        """Faces of a frame, from left to right."""
        ...

    def detect_coarsely(
        self, frame_bgr: FrameBgr, max_faces: int, det_size: int
    ) -> list[FaceDetection]:
        """The same in a fraction of the time, when all faces are large."""
        ...

    @property
    def coarse_det_sizes(self) -> tuple[int, ...]:
        """Detection sizes that save time, the smallest first."""
        ...

    def embed(self, frame_bgr: FrameBgr, kps: Sequence[FloatArray]) -> FloatArray:
        """float32 (N, D) unit embeddings."""
        ...


class FaceModels:
    """The detection and recognition sessions of a pack.

    Made and used in one thread. Opening takes a second or two (insightface is imported then).

    Args:
        pack: The pack.
        det_size: Side of the square that the detector sees: 320, 480, 640 or 1024.
        provider: Short name, see `providers.PROVIDER_NAMES`.
        det_thresh: Score from which a detection counts.
        threads: Threads that one run may use.

    Raises:
        ModelError: A model is damaged or of another kind than its outline says, or a value is out
            of range.
    """

    def __init__(
        self,
        pack: Pack,
        det_size: int = DEFAULT_DET_SIZE,
        provider: str = CPU,
        det_thresh: float = DEFAULT_DET_THRESH,
        threads: int = 1,
    ) -> None:
        if det_size < 64 or det_size % 32:
            sizes = ", ".join(str(size) for size in DET_SIZES)
            raise ModelError(f"The detector cannot work at {det_size} px. Choose one of {sizes}.")
        self._pack = pack
        self._detector, detector_got = _open_detector(pack, provider, threads)
        self._recogniser: Any = None
        self._providers = {"detection": detector_got}
        self._second_look: SecondLook | None = None
        if pack.refiner_path is not None:
            self._second_look = SecondLook(pack.refiner_path, provider, threads)
            self._providers["second look"] = self._second_look.provider
        self.det_thresh = det_thresh
        if pack.recogniser_path is not None:
            self._recogniser, got = _open_recogniser(pack, provider, threads)
            self._providers["recognition"] = got
        self._fixed_size: tuple[int, int] | None = getattr(
            self._detector, "static_input_size", None
        )
        self._det_size = det_size

    @property
    def pack(self) -> Pack:
        """The pack in use."""
        return self._pack

    @property
    def model_id(self) -> str:
        """Recognition model, empty when the pack has none."""
        return self._pack.model_id

    @property
    def embedding_dim(self) -> int:
        """Length D of an embedding; 0 without a recogniser."""
        return self._pack.embedding_dim

    @property
    def thresholds(self) -> PackThresholds:
        """Similarities that fit the recognition model."""
        return self._pack.thresholds

    @property
    def providers(self) -> dict[str, SessionProvider]:
        """What each session ("detection", "recognition") was asked to run on and really got."""
        return dict(self._providers)

    @property
    def det_thresh(self) -> float:
        """Score from which a detection counts."""
        return self._det_thresh

    @det_thresh.setter
    def det_thresh(self, value: float) -> None:
        self._det_thresh = float(value)
        is_first = self._second_look is not None
        least = least_score(self._det_thresh) if is_first else self._det_thresh
        self._detector.det_thresh = least

    def detect(self, frame_bgr: FrameBgr, max_faces: int = 0) -> list[FaceDetection]:
        """Find the faces of a frame.

        Args:
            frame_bgr: uint8 (H, W, 3) BGR of any size.
            max_faces: Only so many, the largest; 0 for all.

        Returns:
            The faces from left to right; boxes may reach beyond the frame.
        """
        return self._detect(frame_bgr, self._det_size, max_faces)

    def detect_coarsely(
        self, frame_bgr: FrameBgr, max_faces: int, det_size: int
    ) -> list[FaceDetection]:
        """Find the faces of a frame at a smaller size, for frames whose faces are all large.

        Args:
            frame_bgr: uint8 (H, W, 3) BGR of any size.
            max_faces: Only so many, the largest; 0 for all.
            det_size: One of `coarse_det_sizes`.
        """
        return self._detect(frame_bgr, det_size, max_faces)

    @property
    def coarse_det_sizes(self) -> tuple[int, ...]:
        """Detection sizes that save time, the smallest first; none for a model of one size."""
        if self._fixed_size is not None:
            return ()
        return tuple(size for size in COARSE_DET_SIZES if size < self._det_size)

    def _detect(self, frame_bgr: FrameBgr, det_size: int, max_faces: int) -> list[FaceDetection]:
        if frame_bgr.size == 0:
            return []
        inner, outer = _canvas_sizes(frame_bgr, det_size, self._fixed_size)
        part = _halved(frame_bgr, inner)
        canvas = _letterbox(part, inner, outer)
        scale_xy = (inner[0] / frame_bgr.shape[1], inner[1] / frame_bgr.shape[0])
        boxes, kps = self._detector.detect(canvas, input_size=canvas.shape[1::-1])
        if kps is None:
            raise ModelError(
                f"{self._pack.detector_path.name} finds no landmarks, which are needed to align "
                "faces. Choose another pack."
            )
        faces = _detections(boxes, kps, scale_xy)
        if self._second_look is not None:
            faces = self._second_look.refine(frame_bgr, faces, self._det_thresh, part)
            faces = without_doubles(faces)
        if max_faces > 0:
            faces = sorted(faces, key=_by_size)[:max_faces]
        return sorted(faces, key=_from_left)

    def embed(self, frame_bgr: FrameBgr, kps: Sequence[FloatArray]) -> FloatArray:
        """Embed faces of a frame, all in one run where the model allows it.

        Args:
            frame_bgr: uint8 (H, W, 3) BGR.
            kps: For each face float32 (5, 2) px landmarks.

        Returns:
            float32 (N, D) unit L2 norm.

        Raises:
            ModelError: The pack has no recognition model.
        """
        if self._recogniser is None:
            raise ModelError(f"The pack {self._pack.name} has no recognition model.")
        if not kps:
            return np.zeros((0, self.embedding_dim), np.float32)
        aligned = [self._aligned(frame_bgr, points) for points in kps]
        if isinstance(self._recogniser.input_shape[0], int):
            features = np.concatenate([self._recogniser.get_feat(face) for face in aligned])
        else:
            features = self._recogniser.get_feat(aligned)
        features = features.astype(np.float32).reshape(len(kps), -1)
        norms = np.linalg.norm(features, axis=1, keepdims=True)
        return features / np.maximum(norms, np.float32(1e-9))

    def _aligned(self, frame_bgr: FrameBgr, points: FloatArray) -> NDArray[np.uint8]:
        side = int(self._recogniser.input_size[0])
        template = ARCFACE_TEMPLATE_112 * np.float32(side / _TEMPLATE_SIDE_PX)
        return warp_square(frame_bgr, similarity_transform(points, template), side)


def _open_detector(pack: Pack, provider: str, threads: int) -> tuple[Any, SessionProvider]:
    if pack.is_yunet:
        return YuNetDetector(pack.detector_path), opencv_provider(provider)
    return _open_model(pack.detector_path, provider, threads)


def _open_recogniser(pack: Pack, provider: str, threads: int) -> tuple[Any, SessionProvider]:
    assert pack.recogniser_path is not None
    if pack.is_sface:
        return SFaceRecogniser(pack.recogniser_path), opencv_provider(provider)
    return _open_model(pack.recogniser_path, provider, threads)


def _open_model(path: Path, provider: str, threads: int) -> tuple[Any, SessionProvider]:
    """A model of insightface's zoo on a session of our own making."""
    from insightface import model_zoo

    chain = provider_chain(provider)
    if not path.is_file():
        raise ModelError(f"The model {path} is missing. Install the pack again.")
    try:
        model: Any = model_zoo.get_model(
            str(path), providers=chain, sess_options=session_options(threads)
        )
    except Exception as error:
        if chain == [PROVIDER_NAMES[CPU]]:
            raise damaged(path, error) from error
        model, _ = _open_model(path, CPU, threads)
    if model is None:
        raise ModelError(f"{path.name} is no model that insightface knows. Choose another pack.")
    return model, provider_of(model.session, provider)


def _canvas_sizes(
    frame_bgr: FrameBgr, det_size: int, fixed_size: tuple[int, int] | None
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Width and height of the frame as the detector sees it, and of the picture it lies in.

    The picture is as flat or narrow as the frame allows, in steps of 32 px, unless the model takes
    one size only: a square would be black for almost half of a wide frame. The frame is enlarged
    twofold at most: of LFW's pictures of 190 px, enlarged to 640 px, 13 % lose their face.
    """
    height, width = frame_bgr.shape[:2]
    limit = fixed_size or (det_size, det_size)
    scale = min(limit[0] / width, limit[1] / height, _MOST_ENLARGED)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    return inner, fixed_size or (_in_strides(inner[0]), _in_strides(inner[1]))


def _letterbox(
    part: NDArray[np.uint8], inner: tuple[int, int], outer: tuple[int, int]
) -> NDArray[np.uint8]:
    """The frame at its inner size, in the upper left of a black picture of the outer one."""
    canvas = np.empty((outer[1], outer[0], 3), np.uint8)
    if part.shape[1::-1] != inner:
        how = cv2.INTER_AREA if inner[0] < part.shape[1] else cv2.INTER_LINEAR
        part = np.asarray(cv2.resize(part, inner, interpolation=how), np.uint8)
    canvas[: inner[1], : inner[0]] = part
    canvas[inner[1] :] = 0
    canvas[: inner[1], inner[0] :] = 0
    return canvas


def _halved(frame_bgr: FrameBgr, least: tuple[int, int]) -> NDArray[np.uint8]:
    """The frame halved as often as it stays at least so wide and high.

    Means of two by two pixels take a tenth of the time of means of any other area.
    """
    part: NDArray[np.uint8] = frame_bgr
    while _is_twice(part, least):
        half = (part.shape[1] // 2, part.shape[0] // 2)
        part = np.asarray(cv2.resize(part, half, interpolation=cv2.INTER_AREA), np.uint8)
    return part


def _is_twice(part: NDArray[np.uint8], least: tuple[int, int]) -> bool:
    """Whether a picture can be halved without a rest and stays large enough."""
    height, width = part.shape[:2]
    is_even = height % 2 == 0 and width % 2 == 0
    return is_even and width >= 2 * least[0] and height >= 2 * least[1]


def _in_strides(length_px: int) -> int:
    """The next length that the detector's coarsest stride divides."""
    return max(-(-length_px // _STRIDE_PX) * _STRIDE_PX, 2 * _STRIDE_PX)


def _detections(
    boxes: NDArray[np.floating], kps: NDArray[np.floating], scale_xy: tuple[float, float]
) -> list[FaceDetection]:
    """What a detector found, from the picture that it saw to the frame; nonsense is left out."""
    scale = np.array(scale_xy, np.float32)
    corners = (boxes[:, :4].reshape(-1, 2, 2) / scale).reshape(-1, 4).astype(np.float32)
    points = (kps / scale).astype(np.float32)
    is_finite = np.isfinite(corners).all(1) & np.isfinite(points).all((1, 2))
    is_large = (corners[:, 2:] - corners[:, :2]).min(1) >= _MIN_SIDE_PX
    is_large &= np.ptp(points, axis=1).max(1) >= _MIN_SIDE_PX
    scores = np.clip(boxes[:, 4], 0.0, 1.0).tolist()
    return [
        FaceDetection(corners[row], points[row], scores[row])
        for row in np.flatnonzero(is_finite & is_large).tolist()
    ]


def _by_size(face: FaceDetection) -> tuple[float, float, float]:
    x1, y1, x2, y2 = (float(value) for value in face.bbox_xyxy)
    return -math.fabs((x2 - x1) * (y2 - y1)), x1, y1


def _from_left(face: FaceDetection) -> tuple[float, float]:
    return float(face.bbox_xyxy[0]), float(face.bbox_xyxy[1])
