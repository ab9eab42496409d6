"""Emotion models behind one interface."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from facemotion.core.errors import ModelError
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS
from facemotion.core.preprocessing import INPUT_SIZE_PX, EmotionCropRule, normalise
from facemotion.core.types import FloatArray
from facemotion.vision.crops import cut_crops
from facemotion.vision.providers import CPU, SessionProvider, make_session

__all__ = [
    "EmotionClassifier",
    "EmotionModelInfo",
    "OnnxEmotionModel",
    "calibrated_probs",
    "cut_crops",
    "load_emotion_model",
    "read_info",
]

_INPUT: Final = "input"
_OUTPUT: Final = "logits"
_TORCH_SUFFIXES: Final = (".pt", ".ts", ".pth")


class EmotionClassifier(Protocol):
    """What the pipeline needs of an emotion model."""

    @property
    def model_id(self) -> str:
        """Short name of the model's version."""
        ...

    @property
    def crop_rule(self) -> EmotionCropRule:
        """How its pictures are cut."""
        ...

    @property
    def provider(self) -> SessionProvider:
        """What the model was asked to run on and really runs on."""
        ...

    def probs(self, crops: NDArray[np.uint8]) -> FloatArray:
        """Calibrated probabilities.

        Args:
            crops: uint8 (N, 48, 48) gray.

        Returns:
            float32 (N, 7) in `EMOTIONS` order, each row summing to 1.
        """
        ...


@dataclass(frozen=True, slots=True)
class EmotionModelInfo:
    """What an emotion model says about itself.

    Attributes:
        model_id: Short name of its version.
        crop_rule: How its pictures are cut.
        temperature: Its logits are divided by this before the softmax.
    """

    model_id: str
    crop_rule: EmotionCropRule
    temperature: float


def load_emotion_model(path: Path, provider: str = CPU) -> EmotionClassifier:
    """Open an emotion model.

    Args:
        path: `.onnx`, or TorchScript (`.pt`, `.ts`) when torch is installed.
        provider: Short name, see `providers.PROVIDER_NAMES`.

    Raises:
        ModelError: It is missing, damaged, of another kind, or has other classes; or it is
            TorchScript and torch is not installed.
    """
    if not path.is_file():
        raise ModelError(f"The emotion model {path} is missing. Install facemotion again.")
    if path.suffix.lower() in _TORCH_SUFFIXES:
        from facemotion.vision.torchscript_emotion import TorchScriptEmotionModel

        return TorchScriptEmotionModel(path, provider)
    return OnnxEmotionModel(path, provider)


class OnnxEmotionModel:
    """An emotion model in onnxruntime.

    Args:
        path: The `.onnx` file, with input `input` float32 (N, 1, 48, 48) and output `logits`.
        provider: Short name of the provider to run on.

    Raises:
        ModelError: The file is missing, damaged, or no emotion model of ours.
    """

    def __init__(self, path: Path, provider: str = CPU) -> None:
        self._session, self._provider = make_session(path, provider)
        inputs = {entry.name: entry.shape for entry in self._session.get_inputs()}
        outputs = {entry.name: entry.shape for entry in self._session.get_outputs()}
        expected = ([1, INPUT_SIZE_PX, INPUT_SIZE_PX], [EMOTION_COUNT])
        if (inputs.get(_INPUT, [0])[1:], outputs.get(_OUTPUT, [0])[1:]) != expected:
            raise ModelError(
                f"{path.name} is no emotion model: expected input (N, 1, 48, 48) and logits "
                f"(N, 7), found {inputs} and {outputs}."
            )
        self._info = read_info(self._session.get_modelmeta().custom_metadata_map, path)

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
        """What the session was asked to run on and really runs on."""
        return self._provider

    def probs(self, crops: NDArray[np.uint8]) -> FloatArray:
        """Calibrated probabilities, see `EmotionClassifier.probs`.

        Raises:
            ValueError: The crops are not uint8 (N, 48, 48).
        """
        if len(crops) == 0:
            return np.zeros((0, EMOTION_COUNT), np.float32)
        (logits,) = self._session.run([_OUTPUT], {_INPUT: checked_input(crops)})
        return calibrated_probs(np.asarray(logits), self._info.temperature)


def checked_input(crops: NDArray[np.uint8]) -> FloatArray:
    """The model's input from crops.

    Raises:
        ValueError: The crops are not uint8 (N, 48, 48).
    """
    if crops.shape[1:] != (INPUT_SIZE_PX, INPUT_SIZE_PX):
        raise ValueError(f"expected crops of shape (N, 48, 48), got {crops.shape}")
    return normalise(crops)


def calibrated_probs(logits: NDArray[np.floating], temperature: float) -> FloatArray:
    """Softmax of logits divided by a temperature.

    Args:
        logits: float (N, 7).
        temperature: Above 0; above 1 makes the model less sure of itself.

    Returns:
        float32 (N, 7), each row summing to 1.
    """
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def read_info(metadata: Mapping[str, str], path: Path) -> EmotionModelInfo:
    """Read and check a model's metadata.

    Args:
        metadata: Text by key: `labels` and `crop_rule` as JSON, `temperature`, `model_id`.
        path: The model, for messages.

    Raises:
        ModelError: An entry is missing or unreadable, or the classes are not `EMOTIONS` in order.
    """
    try:
        labels = json.loads(metadata["labels"])
        temperature = float(metadata["temperature"])
        rule = EmotionCropRule.from_metadata(json.loads(metadata["crop_rule"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path.name} does not say which emotions it tells apart and how its pictures are cut "
            f"({error}). Use a model made by facemotion's training."
        ) from error
    if labels != list(EMOTIONS):
        raise ModelError(
            f"{path.name} has other emotions than expected: {labels} instead of {list(EMOTIONS)}. "
            "Use a model made by facemotion's training."
        )
    if not 0.01 <= temperature <= 100.0:
        raise ModelError(f"{path.name} has the temperature {temperature}, expected 0.01 to 100.")
    return EmotionModelInfo(metadata.get("model_id", "") or path.stem, rule, temperature)
