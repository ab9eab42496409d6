"""The models that label the pictures for the built-in pack: InsightFace's own adapters."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.core.alignment import ARCFACE_TEMPLATE_112, similarity_transform


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces found in one picture, best first.

    Attributes:
        boxes: float32 (N, 5): x1, y1, x2, y2 in px and the score.
        kps: float32 (N, 5, 2) px.
    """

    boxes: NDArray[np.float32]
    kps: NDArray[np.float32]

    def __len__(self) -> int:
        """Number of faces."""
        return len(self.boxes)


class Teacher:
    """Detector and recogniser of one folder in InsightFace's layout, one thread each."""

    def __init__(self, folder: Path) -> None:
        """Open both models.

        Raises:
            ValueError: The folder does not hold one detector and one recogniser.
        """
        models = [_open(path) for path in sorted(folder.glob("*.onnx"))]
        by_task = {model.taskname: model for model in models if model is not None}
        if not {"detection", "recognition"} <= by_task.keys():
            raise ValueError(f"{folder}: expected a detection and a recognition model")
        self.detector: Any = by_task["detection"]
        self.recogniser: Any = by_task["recognition"]

    def faces(self, picture_bgr: NDArray[np.uint8], side_px: int, threshold: float) -> Faces:
        """Faces of one picture, which is scaled into a square of `side_px` first."""
        boxes, kps = self.detector.detect(
            picture_bgr, input_size=(side_px, side_px), det_thresh=threshold
        )
        return Faces(boxes.astype(np.float32), kps.astype(np.float32))

    def answers(
        self, picture_bgr: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """All that the detector says of a picture whose sides are multiples of 32.

        Returns:
            Scores float32 (A,), distances (A, 4) and offsets (A, 10) in strides, of all anchors.
        """
        size = picture_bgr.shape[1::-1]
        blob = cv2.dnn.blobFromImage(picture_bgr, 1.0 / 128.0, size, (127.5,) * 3, swapRB=True)
        found = self.detector.session.run(None, {self.detector.input_name: blob})
        levels = self.detector.fmc
        parts = (found[k * levels : (k + 1) * levels] for k in range(3))
        scores, distances, offsets = (
            np.concatenate([level.reshape(-1, level.shape[-1]) for level in part]) for part in parts
        )
        return scores[:, 0], distances, offsets

    def embeddings(self, aligned_bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit vectors float32 (N, D) of uint8 (N, 112, 112, 3) BGR crops."""
        # Some recognisers, the shared MobileFaceNet among them, read one face at a time.
        found = [self.recogniser.get_feat(face) for face in aligned_bgr]
        return unit_rows(np.concatenate(found))


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every row divided by its length."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)


def align(
    picture_bgr: NDArray[np.uint8], kps: NDArray[np.float32], margin_px: int = 0
) -> NDArray[np.uint8]:
    """The face on the recogniser's template, uint8 (112 + 2 margin, same, 3) BGR."""
    matrix = similarity_transform(kps, ARCFACE_TEMPLATE_112 + np.float32(margin_px))
    side = 112 + 2 * margin_px
    border = cv2.BORDER_REPLICATE if margin_px else cv2.BORDER_CONSTANT
    return cv2.warpAffine(picture_bgr, matrix, (side, side), borderMode=border).astype(np.uint8)


def most_central(faces: Faces, shape: tuple[int, ...]) -> int | None:
    """The face that a portrait is about: large and near the middle; None without faces."""
    if not len(faces):
        return None
    boxes = faces.boxes
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    dx = (boxes[:, 0] + boxes[:, 2]) / 2 - shape[1] / 2
    dy = (boxes[:, 1] + boxes[:, 3]) / 2 - shape[0] / 2
    return int(np.argmax(width * height - 2.0 * (dx**2 + dy**2)))


def _open(path: Path) -> Any:
    import onnxruntime as ort
    from insightface import model_zoo

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # or it names every output whose size is not that of 640 px
    return model_zoo.get_model(str(path), providers=["CPUExecutionProvider"], sess_options=options)
