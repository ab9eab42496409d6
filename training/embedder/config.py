"""One embedder experiment as one TOML file."""

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from training.config import OptimisationConfig
from training.embedder.augment import FaceAugmentation
from training.embedder.model import Shape


@dataclass(frozen=True, slots=True)
class FaceMixture:
    """What a batch is made of; the shares add up to 1.

    Attributes:
        lfw: Share of LFW's training people.
        mixed: Share of faces made of two of them.
        fer: Share of FER2013's faces, 0 when that data is not at hand.
        mixed_count: How many mixed faces are made.
        person_share: How far an LFW face's target moves to the mean of its person's embeddings.
    """

    lfw: float = 0.4
    mixed: float = 0.3
    fer: float = 0.3
    mixed_count: int = 30000
    person_share: float = 0.25

    def __post_init__(self) -> None:
        """Check the sum."""
        if abs(self.lfw + self.mixed + self.fer - 1.0) > 1e-6:
            raise ValueError("the shares of lfw, mixed and fer must add up to 1")


@dataclass(frozen=True, slots=True)
class EmbedderConfig:
    """One experiment.

    Attributes:
        name: Goes into the exported file.
        seed: Of every random number.
        steps_per_epoch: Steps between two checkpoints.
        relation_weight: Weight of the batch's similarity matrix in the loss.
        mixture: What is trained on.
        shape: The network.
        optimisation: How it is trained.
        augmentation: What is done to the faces.
    """

    name: str
    seed: int = 0
    steps_per_epoch: int = 200
    relation_weight: float = 4.0
    mixture: FaceMixture = field(default_factory=FaceMixture)
    shape: Shape = field(default_factory=Shape)
    optimisation: OptimisationConfig = field(default_factory=OptimisationConfig)
    augmentation: FaceAugmentation = field(default_factory=FaceAugmentation)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for checkpoints and metadata."""
        return asdict(self)


SECTIONS = {
    "mixture": FaceMixture,
    "shape": Shape,
    "optimisation": OptimisationConfig,
    "augmentation": FaceAugmentation,
}


def config_from(values: dict[str, Any]) -> EmbedderConfig:
    """The experiment from plain values.

    Raises:
        ValueError: A field is unknown or missing.
    """
    return build_config(EmbedderConfig, SECTIONS, values)


def read_config(path: Path) -> EmbedderConfig:
    """Read an experiment.

    Raises:
        ValueError: The file is no TOML or a field is unknown; the message names the file.
    """
    try:
        return config_from(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def build_config(kind: Any, sections: dict[str, Any], values: dict[str, Any]) -> Any:
    """A record with nested records from plain values.

    Raises:
        ValueError: A field is unknown or missing.
    """
    known: dict[str, Any] = {}
    for key, value in values.items():
        if key in sections:
            known[key] = build_config(sections[key], {}, value)
        elif key in {f.name for f in fields(kind)}:
            known[key] = tuple(value) if isinstance(value, list) else value
        else:
            raise ValueError(f"unknown field {key!r} of {kind.__name__}")
    try:
        return kind(**known)
    except TypeError as error:
        raise ValueError(str(error)) from error
