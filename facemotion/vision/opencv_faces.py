"""OpenCV's own face models, YuNet and SFace, behind the surface of insightface's model zoo.

YuNet's landmarks come as the person's right eye, left eye, nose, right and left corner of the
mouth, which from the picture's side is InsightFace's order: left to right. SFace aligns to the same
five points as ArcFace and reads RGB in 0 to 255, which `cv2.FaceRecognizerSF` sees to.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.core.errors import ModelError
from facemotion.vision.onnx_header import read_header
from facemotion.vision.providers import CPU, SessionProvider

SFACE_SIDE_PX: Final = 112
_ANY_SIZE: Final = (320, 320)
_NMS_IOU: Final = 0.4
_MOST_CANDIDATES: Final = 5000


class YuNetDetector:
    """YuNet through `cv2.FaceDetectorYN`.

    Args:
        path: The `.onnx` file.

    Attributes:
        det_thresh: Score from which a detection counts.
        static_input_size: The only size that it takes, or None for any.

    Raises:
        ModelError: OpenCV cannot open the file.
    """

    def __init__(self, path: Path) -> None:
        self.det_thresh = 0.5
        self._path = path
        with _opening(path):
            height, width = read_header(path).inputs[0][-2:]
            size = (width or 0, height or 0)
            self.static_input_size = size if all(size) else None
            self._net: Any = cv2.FaceDetectorYN.create(
                str(path),
                "",
                self.static_input_size or _ANY_SIZE,
                self.det_thresh,
                _NMS_IOU,
                _MOST_CANDIDATES,
            )

    def detect(
        self, picture_bgr: NDArray[np.uint8], input_size: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Find the faces of a picture.

        Args:
            picture_bgr: uint8 (H, W, 3) BGR.
            input_size: Its width and height in px.

        Returns:
            float32 (N, 5) corners and score, and float32 (N, 5, 2) landmarks in px.

        Raises:
            ModelError: OpenCV cannot run the model.
        """
        self._net.setScoreThreshold(self.det_thresh)
        try:
            self._net.setInputSize((int(input_size[0]), int(input_size[1])))
            _, rows = self._net.detect(picture_bgr)
        except cv2.error as error:
            raise _unusable(self._path, error) from error
        if rows is None:
            return np.zeros((0, 5), np.float32), np.zeros((0, 5, 2), np.float32)
        boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4], rows[:, 14:15]], axis=1)
        return boxes.astype(np.float32), rows[:, 4:14].reshape(-1, 5, 2).astype(np.float32)


class SFaceRecogniser:
    """SFace through `cv2.FaceRecognizerSF`.

    Args:
        path: The `.onnx` file.

    Attributes:
        input_shape: One face at a time.
        input_size: Width and height of an aligned face in px.

    Raises:
        ModelError: OpenCV cannot open the file.
    """

    input_shape: tuple[int, ...] = (1, 3, SFACE_SIDE_PX, SFACE_SIDE_PX)
    input_size: tuple[int, int] = (SFACE_SIDE_PX, SFACE_SIDE_PX)

    def __init__(self, path: Path) -> None:
        self._path = path
        with _opening(path):
            self._net: Any = cv2.FaceRecognizerSF.create(str(path), "")

    def get_feat(
        self, aligned_bgr: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]
    ) -> NDArray[np.float32]:
        """Embed aligned faces.

        Args:
            aligned_bgr: One uint8 (112, 112, 3) BGR face, or several.

        Returns:
            float32 (N, D), as the model gives them: not of unit length.

        Raises:
            ModelError: OpenCV cannot run the model.
        """
        faces = [aligned_bgr] if isinstance(aligned_bgr, np.ndarray) else aligned_bgr
        try:
            rows = [self._net.feature(face).reshape(1, -1) for face in faces]
        except cv2.error as error:
            raise _unusable(self._path, error) from error
        return np.concatenate(rows).astype(np.float32)


def opencv_provider(requested: str) -> SessionProvider:
    """What OpenCV's models run on: always the CPU.

    Args:
        requested: Short name that was asked for.
    """
    if requested == CPU:
        return SessionProvider(CPU, CPU)
    return SessionProvider(
        requested,
        CPU,
        f"OpenCV's face models run on the {CPU} only. Choose another pack to use {requested}.",
    )


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    """Turn OpenCV's errors into sentences, and keep it from writing to the console meanwhile."""
    if not path.is_file():
        raise ModelError(f"The model {path} is missing. Install the pack again.")
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    except cv2.error as error:
        raise _unusable(path, error) from error
    finally:
        cv2.utils.logging.setLogLevel(level)


def _unusable(path: Path, error: cv2.error) -> ModelError:
    lines = [line for line in str(error).splitlines() if line.strip()]
    cause = lines[0] if lines else type(error).__name__
    return ModelError(
        f"The model {path.name} is damaged or of a kind that OpenCV cannot run. Install it again. "
        f"({cause[:200]})"
    )
