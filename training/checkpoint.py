"""Checkpoints: written atomically, read back as a model with its experiment."""

import os
from pathlib import Path
from typing import Any

import torch

from training.config import TrainingConfig
from training.model import SEResNet, build_model


def save_atomically(content: dict[str, Any], path: Path) -> None:
    """Write a checkpoint so that a kill leaves the old or the new one, never a half."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def load_checkpoint(path: Path) -> tuple[SEResNet, TrainingConfig, dict[str, Any]]:
    """The averaged model of a checkpoint, its experiment and everything else that it holds.

    Raises:
        ValueError: The file is no checkpoint of this trainer.
    """
    content = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(content, dict) or not {"config", "average", "epoch"} <= content.keys():
        raise ValueError(f"{path}: not a checkpoint of training.train")
    config = TrainingConfig.from_dict(content["config"])
    model = build_model(config.architecture)
    model.load_state_dict(content["average"])
    return model.eval(), config, content
