"""Emotion models as TorchScript: an optional back end, for those who have torch installed."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemotion.core.errors import ModelError
from facemotion.core.labels import EMOTION_COUNT
from facemotion.core.preprocessing import INPUT_SIZE_PX, EmotionCropRule
from facemotion.core.types import FloatArray
from facemotion.vision.emotion import calibrated_probs, checked_input, read_info
from facemotion.vision.providers import CPU, SessionProvider

_METADATA = "metadata.json"


class TorchScriptEmotionModel:
    """A scripted or traced module with the input and output of the ONNX models.

    Args:
        path: The file, with `metadata.json` among its extra files.
        provider: "CUDA" is used when torch has it; everything else runs on the CPU.

    Raises:
        ModelError: torch is not installed, or the file is damaged or no emotion model of ours.
    """

    def __init__(self, path: Path, provider: str = CPU) -> None:
        try:
            import torch  # pyright: ignore[reportMissingImports] - torch is optional
        except ImportError as error:
            raise ModelError(
                f"{path.name} is a TorchScript model, and torch is not installed. Install it with "
                "“pip install facemotion[training]”, or use the .onnx model."
            ) from error
        self._torch = torch
        self._provider = _device_of(torch, provider)
        self._device = torch.device("cuda" if self._provider.actual == "CUDA" else "cpu")
        self._module, metadata = _load(torch, path, self._device)
        self._info = read_info(metadata, path)
        self._check_output(path)

    @property
    def model_id(self) -> str:
        """Short name of the model's version."""
        return self._info.model_id

    @property
    def crop_rule(self) -> EmotionCropRule:
        """How its pictures are cut."""
        return self._info.crop_rule

    @property
    def provider(self) -> SessionProvider:
        """What the model was asked to run on and really runs on."""
        return self._provider

    def probs(self, crops: NDArray[np.uint8]) -> FloatArray:
        """Calibrated probabilities, see `EmotionClassifier.probs`.

        Raises:
            ValueError: The crops are not uint8 (N, 48, 48).
        """
        if len(crops) == 0:
            return np.zeros((0, EMOTION_COUNT), np.float32)
        return calibrated_probs(self._logits(crops), self._info.temperature)

    def _logits(self, crops: NDArray[np.uint8]) -> FloatArray:
        with self._torch.inference_mode():
            batch = self._torch.from_numpy(checked_input(crops)).to(self._device)
            return self._module(batch).float().cpu().numpy()

    def _check_output(self, path: Path) -> None:
        try:
            shape = self._logits(np.zeros((2, INPUT_SIZE_PX, INPUT_SIZE_PX), np.uint8)).shape
        except (RuntimeError, AttributeError) as error:
            raise ModelError(f"{path.name} is no emotion model: it cannot be run.") from error
        if shape != (2, EMOTION_COUNT):
            raise ModelError(
                f"{path.name} is no emotion model: expected logits (2, 7), got {shape}."
            )


def _device_of(torch: Any, provider: str) -> SessionProvider:
    if provider == "CUDA" and torch.cuda.is_available():
        return SessionProvider(provider, "CUDA")
    if provider == CPU:
        return SessionProvider(CPU, CPU)
    return SessionProvider(
        provider, CPU, f"The TorchScript emotion model cannot use {provider}; running on {CPU}."
    )


def _load(torch: Any, path: Path, device: Any) -> tuple[Any, dict[str, str]]:
    extra: dict[str, Any] = {_METADATA: ""}
    try:
        with warnings.catch_warnings():
            # torch announces TorchScript's end; the format is still read.
            warnings.simplefilter("ignore", DeprecationWarning)
            module = torch.jit.load(str(path), map_location=device, _extra_files=extra).eval()
        metadata = json.loads(extra[_METADATA] or "{}")
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelError(
            f"The emotion model {path.name} is damaged or no TorchScript. Export it again."
        ) from error
    return module, {str(key): str(value) for key, value in dict(metadata).items()}
