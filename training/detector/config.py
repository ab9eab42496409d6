"""One detector experiment as one TOML file."""

import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from training.config import OptimisationConfig
from training.detector.model import DetectorShape
from training.detector.mosaic import MosaicRecipe
from training.embedder.config import build_config


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """One experiment.

    Attributes:
        name: Goes into the exported file.
        seed: Of every random number.
        steps_per_epoch: Steps between two checkpoints.
        is_imitating: Whether every answer of the labeller is learnt, or its sure faces only.
        focus: Power of a score's error that its loss is weighed by: the higher, the less small
            errors count.
        place_weight: How much boxes and landmarks count beside scores.
        contested_weight: How many times a score counts that is, or should be, no longer faint.
        shape: The network.
        recipe: The training pictures.
        optimisation: How it is trained.
    """

    name: str
    seed: int = 0
    steps_per_epoch: int = 200
    is_imitating: bool = False
    focus: float = 2.0
    place_weight: float = 2.0
    contested_weight: float = 1.0
    shape: DetectorShape = field(default_factory=DetectorShape)
    recipe: MosaicRecipe = field(default_factory=MosaicRecipe)
    optimisation: OptimisationConfig = field(default_factory=OptimisationConfig)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for checkpoints and metadata."""
        return asdict(self)


SECTIONS = {"shape": DetectorShape, "recipe": MosaicRecipe, "optimisation": OptimisationConfig}


def config_from(values: dict[str, Any]) -> DetectorConfig:
    """The experiment from plain values.

    Raises:
        ValueError: A field is unknown or missing.
    """
    return build_config(DetectorConfig, SECTIONS, values)


def read_config(path: Path) -> DetectorConfig:
    """Read an experiment.

    Raises:
        ValueError: The file is no TOML or a field is unknown; the message names the file.
    """
    try:
        return config_from(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
