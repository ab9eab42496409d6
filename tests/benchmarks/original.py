"""The original design's approach to a frame: everything for every face of every frame."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facemotion.core.preprocessing import normalise
from facemotion.core.types import FrameBgr
from training.model import build_model

DET_SIZE = 640
MARGIN = 0.35


class OriginalApproach:
    """`FaceAnalysis.get` and the 11 M SE-ResNet as frozen TorchScript, face by face.

    Its weights do not matter for the time and are fresh.

    Args:
        pack: Folder of the models.
        threads: Threads of each of the two pools; 0 leaves both as they come.
    """

    def __init__(self, pack: Path, threads: int = 0) -> None:
        import torch
        from insightface.app import FaceAnalysis

        self._torch = torch
        self._threads = threads or torch.get_num_threads()
        options: dict[str, Any] = {"providers": ["CPUExecutionProvider"]}
        if threads:
            import onnxruntime

            options["sess_options"] = onnxruntime.SessionOptions()
            options["sess_options"].intra_op_num_threads = threads
        self._faces = FaceAnalysis(
            name=str(pack), allowed_modules=["detection", "recognition"], **options
        )
        self._faces.prepare(ctx_id=-1, det_size=(DET_SIZE, DET_SIZE))
        network = build_model("se_resnet").eval()
        example = torch.zeros(1, 1, 48, 48)
        self._network = torch.jit.freeze(torch.jit.trace(network, example).eval())

    def process(self, frame_bgr: FrameBgr) -> int:
        """Find, embed and read every face; returns how many there were."""
        self._torch.set_num_threads(self._threads)
        faces = self._faces.get(frame_bgr)
        for face in faces:
            crop = _crop(frame_bgr, face.bbox)
            with self._torch.inference_mode():
                logits = self._network(self._torch.from_numpy(normalise(crop[None])))
                self._torch.softmax(logits, dim=1).numpy()
        return len(faces)


def _crop(frame_bgr: FrameBgr, box: np.ndarray) -> np.ndarray:
    """uint8 (48, 48): the box with a margin of 0.35, squeezed."""
    margin = MARGIN * (box[2:] - box[:2]) / 2.0
    x1, y1 = np.maximum(box[:2] - margin, 0).astype(int)
    x2, y2 = np.maximum(box[2:] + margin, (x1 + 2, y1 + 2)).astype(int)
    gray = cv2.cvtColor(frame_bgr[y1:y2, x1:x2], cv2.COLOR_BGR2GRAY)
    return cv2.resize(gray, (48, 48))
