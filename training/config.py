"""One experiment as one TOML file: every field, its default, and a strict reader."""

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from training.augment import Augmentation


@dataclass(frozen=True, slots=True)
class DataConfig:
    """What is trained on.

    Attributes:
        train: Path of the training part inside the folder given by `--data`.
        valid: Path of the part that models are chosen on.
        train_usage: Part of a `fer2013.csv` to train on (`Training`), else empty.
        valid_usage: Part of a `fer2013.csv` to choose on (`PublicTest`), else empty.
        selection: Rows for training, `strict` or `plain` (see `label_faces`).
        targets: `distribution`, `majority`, or `original` (FER2013's own single label).
        limit: Only the first rows, 0 for all (for trials).
    """

    train: str = "FER2013Train.zip"
    valid: str = "FER2013Valid.zip"
    train_usage: str = ""
    valid_usage: str = ""
    selection: str = "plain"
    targets: str = "distribution"
    limit: int = 0


@dataclass(frozen=True, slots=True)
class LossConfig:
    """What is minimised.

    Attributes:
        kind: `soft` (cross-entropy against distributions) or `focal`.
        gamma: Focus of the focal loss.
        label_smoothing: Share of the target spread over all classes (focal loss).
        has_class_weights: Whether rare classes weigh more (focal loss).
        mixup_alpha: Parameter of the Beta distribution of mixup; 0 for none.
        distillation: Weight of the teacher's part in the loss, 0 for none.
        distillation_temperature: Softening of teacher and student.
        teachers: Checkpoints whose mean logits are the teacher.
    """

    kind: str = "soft"
    gamma: float = 2.0
    label_smoothing: float = 0.1
    has_class_weights: bool = True
    mixup_alpha: float = 0.0
    distillation: float = 0.0
    distillation_temperature: float = 2.0
    teachers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the kind."""
        if self.kind not in ("soft", "focal"):
            raise ValueError(f"loss kind {self.kind!r}; expected 'soft' or 'focal'")
        if self.distillation and not self.teachers:
            raise ValueError("distillation needs at least one teacher checkpoint")


@dataclass(frozen=True, slots=True)
class OptimisationConfig:
    """How it is minimised.

    Attributes:
        epochs: Passes over the training rows.
        batch_size: Pictures a step on each process.
        learning_rate: Peak of the one-cycle schedule.
        weight_decay: AdamW's, on weights of convolutions and linear layers only.
        warmup: Share of the steps in which the rate rises.
        clip_norm: Largest gradient norm.
        ema_decay: Of the averaged weights; 0 for none.
        is_compiled: Whether torch.compile fuses the training step (a C++ compiler is needed).
    """

    epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup: float = 0.1
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    is_compiled: bool = False


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """One experiment.

    Attributes:
        name: Of the run and, with its epochs, of the model.
        architecture: A name in `ARCHITECTURES`.
        seed: Of every random number.
        start: Checkpoint whose averaged weights the run starts from; empty for fresh ones.
        data: What is trained on.
        loss: What is minimised.
        optimisation: How.
        augmentation: How training faces are changed.
    """

    name: str
    architecture: str = "compact"
    seed: int = 0
    start: str = ""
    data: DataConfig = field(default_factory=DataConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optimisation: OptimisationConfig = field(default_factory=OptimisationConfig)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for checkpoints and metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingConfig":
        """The experiment from plain values.

        Raises:
            ValueError: A field is unknown, missing or of a wrong value.
        """
        sections = {
            "data": DataConfig,
            "loss": LossConfig,
            "optimisation": OptimisationConfig,
            "augmentation": Augmentation,
        }
        if "name" not in values:
            raise ValueError("the experiment has no name")
        known: dict[str, Any] = {}
        for key, value in values.items():
            if key in sections:
                known[key] = _section(sections[key], key, value)
            elif key in {f.name for f in fields(cls)}:
                known[key] = value
            else:
                raise ValueError(f"unknown field {key!r} in the experiment")
        return cls(**known)


def read_config(path: Path) -> TrainingConfig:
    """Read an experiment.

    Raises:
        ValueError: The file is not TOML, or a field is unknown; the message names file and field.
    """
    try:
        return TrainingConfig.from_dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _section(kind: type, name: str, values: dict[str, Any]) -> Any:
    known = {f.name for f in fields(kind)}
    for key in values:
        if key not in known:
            raise ValueError(f"unknown field {name}.{key}; expected one of {sorted(known)}")
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
