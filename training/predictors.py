"""One interface over the three forms of a trained model: checkpoint, ONNX and TorchScript."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from facemotion.core.labels import EMOTIONS
from facemotion.core.preprocessing import normalise
from training.checkpoint import load_checkpoint
from training.model import parameter_count

BATCH = 64


class Predictor(Protocol):
    """A model that answers uint8 (N, 48, 48) gray faces with logits float32 (N, 7)."""

    metadata: dict[str, str]

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits in `EMOTIONS` order, before temperature."""
        ...


def session_options(threads: int = 1) -> ort.SessionOptions:
    """Options that keep onnxruntime to a number of threads."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return options


class OnnxPredictor:
    """An exported `.onnx` in onnxruntime on the CPU."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        self.session = ort.InferenceSession(
            str(path), session_options(threads), providers=["CPUExecutionProvider"]
        )
        self.metadata: dict[str, str] = dict(self.session.get_modelmeta().custom_metadata_map)
        check_labels(self.metadata, path)

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits in `EMOTIONS` order, before temperature."""
        parts = [
            self.session.run(["logits"], {"input": normalise(images[i : i + BATCH])})[0]
            for i in range(0, len(images), BATCH)
        ]
        return np.concatenate([np.asarray(part, np.float32) for part in parts])


@dataclass
class TorchPredictor:
    """A torch module in float32 on the CPU."""

    module: torch.nn.Module
    metadata: dict[str, str]

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits in `EMOTIONS` order, before temperature."""
        self.module.eval()
        with torch.inference_mode():
            parts = [
                self.module(torch.from_numpy(normalise(images[i : i + BATCH])))
                for i in range(0, len(images), BATCH)
            ]
        return torch.cat(parts).numpy().astype(np.float32)


def open_predictor(path: Path) -> Predictor:
    """Open a checkpoint (`.pt`), an ONNX file (`.onnx`) or a TorchScript file (`.ts`).

    Raises:
        ValueError: The suffix is none of these, or the labels are not `EMOTIONS`.
    """
    if path.suffix == ".onnx":
        return OnnxPredictor(path)
    if path.suffix == ".ts":
        extra: dict[str, Any] = {"metadata.json": ""}
        with warnings.catch_warnings():
            # torch announces TorchScript's end; the format stays readable by every version so far.
            warnings.simplefilter("ignore", DeprecationWarning)
            module = torch.jit.load(str(path), map_location="cpu", _extra_files=extra)
        metadata = json.loads(extra["metadata.json"])
        check_labels(metadata, path)
        return TorchPredictor(module, metadata)
    if path.suffix == ".pt":
        model, config, _ = load_checkpoint(path)
        metadata = {"model_id": config.name, "parameters": str(parameter_count(model))}
        return TorchPredictor(model, metadata)
    raise ValueError(f"{path}: expected a .pt, .onnx or .ts file")


def check_labels(metadata: dict[str, str], path: Path) -> None:
    """Refuse a model whose class order is not ours.

    Raises:
        ValueError: The labels are missing or in another order.
    """
    labels = json.loads(metadata.get("labels", "[]"))
    if labels != list(EMOTIONS):
        raise ValueError(f"{path}: labels are {labels}, expected {list(EMOTIONS)}")
