"""What the trainings of the pack's networks share: averages, checkpoints, going on."""

import argparse
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from training.checkpoint import save_atomically
from training.config import OptimisationConfig
from training.optimisation import WeightAverage, one_cycle, optimiser_for


class Experiment(Protocol):
    """The part of an experiment that every training needs; a frozen dataclass."""

    @property
    def name(self) -> str:
        """What the run is called."""
        ...

    @property
    def seed(self) -> int:
        """Of every random number."""
        ...

    @property
    def steps_per_epoch(self) -> int:
        """Steps between two checkpoints."""
        ...

    @property
    def optimisation(self) -> OptimisationConfig:
        """How it is trained."""
        ...


ModelT = TypeVar("ModelT", bound=nn.Module)
ConfigT = TypeVar("ConfigT", bound=Experiment)


class ResumableTrainer(ABC, Generic[ModelT, ConfigT]):
    """Network, optimiser and average of one run, and how many epochs it has done.

    Args:
        config: The experiment.
        build: Makes its network with fresh weights.
    """

    def __init__(self, config: ConfigT, build: Callable[[], ModelT]) -> None:
        self.config = config
        self._build = build
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(config.seed)
        self.model = self._new_model()
        self.optimiser = optimiser_for(self.model, config.optimisation)
        self.average = WeightAverage(self.model, config.optimisation.ema_decay)
        compiled = config.optimisation.is_compiled
        self.network: Callable[[Tensor], Any] = (
            torch.compile(self.model) if compiled else self.model
        )
        self.epoch = 0

    @abstractmethod
    def run_epoch(self, show: bool = False) -> dict[str, float]:
        """The next steps, then a look at kept-out people; figures by name."""

    def _new_model(self) -> ModelT:
        model = self._build().to(self.device)
        # Channels last is what the convolutions of CPUs and GPUs are fastest on.
        return model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def averaged_model(self) -> ModelT:
        """A copy of the network with the averaged weights."""
        model = self._new_model()
        model.load_state_dict(self.average.values)
        return model.eval()

    def set_rate(self, step: int) -> None:
        """The learning rate of a step counted over all epochs."""
        optimisation = self.config.optimisation
        total = optimisation.epochs * self.config.steps_per_epoch
        for group in self.optimiser.param_groups:
            group["lr"] = one_cycle(step, total, optimisation)

    def descend(self, loss: Tensor) -> None:
        """One step of the optimiser, and of the average behind it."""
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.optimisation.clip_norm)
        self.optimiser.step()
        self.average.update(self.model)

    def state(self) -> dict[str, Any]:
        """Everything the next epoch needs, with the experiment."""
        return {
            "config": asdict(self.config),  # pyright: ignore[reportArgumentType]
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "average": self.average.values,
            "average_updates": self.average.updates,
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any], config_from: Callable[[dict[str, Any]], Any]) -> None:
        """Continue from `state()`; the optimisation may have been changed in between.

        Raises:
            ValueError: The checkpoint belongs to another experiment.
        """
        made_by = config_from(state["config"])
        if replace(made_by, optimisation=self.config.optimisation) != self.config:
            raise ValueError("the checkpoint was made by another experiment; choose another --out")
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average.values = {k: v.to(self.device) for k, v in state["average"].items()}
        self.average.updates, self.epoch = state["average_updates"], state["epoch"]

    def start_from(self, state: dict[str, Any]) -> None:
        """Begin with another run's averaged weights, as far as its network has such parts.

        A part that is larger here answers at first as the other one did.

        Raises:
            ValueError: It has none of them.
        """
        own = self.model.state_dict()
        fitting = {k: grown(v, own[k]) for k, v in state["average"].items() if k in own}
        same = {k: v for k, v in fitting.items() if v is not None}
        if not same:
            raise ValueError("the checkpoint's network shares no part with this experiment's")
        self.model.load_state_dict({**own, **same})
        self.average.values = {k: v.clone() for k, v in self.model.state_dict().items()}


def grown(small: Tensor, fresh: Tensor) -> Tensor | None:
    """Weights in the corner of a larger tensor; None when they do not fit.

    Additional outputs keep their fresh weights, and the old outputs do not listen to additional
    inputs yet, so that what was learnt is kept.
    """
    is_fitting = small.ndim == fresh.ndim and all(
        a <= b for a, b in zip(small.shape, fresh.shape, strict=True)
    )
    if not is_fitting:
        return None
    result = fresh.clone()
    if small.ndim > 1:
        result[: len(small)] = 0.0
    result[tuple(slice(length) for length in small.shape)] = small
    return result


def take_up(
    trainer: ResumableTrainer[Any, Any],
    out: Path,
    config_from: Callable[[dict[str, Any]], Any],
    init: Path | None = None,
) -> None:
    """Go on from the run's own checkpoint, or begin with another's weights when there is none.

    Raises:
        ValueError: The checkpoint belongs to another experiment.
    """
    out.mkdir(parents=True, exist_ok=True)
    if (out / "last.pt").is_file():
        state = torch.load(out / "last.pt", map_location="cpu", weights_only=True)
        trainer.restore(state, config_from)
    elif init is not None:
        trainer.start_from(torch.load(init, map_location="cpu", weights_only=True))


def train(trainer: ResumableTrainer[Any, Any], out: Path) -> None:
    """Run the remaining epochs, writing a checkpoint and a line of the log after each."""
    while trainer.epoch < trainer.config.optimisation.epochs:
        row = trainer.run_epoch(show=True)
        save_atomically(trainer.state(), out / "last.pt")
        line = "  ".join(f"{name} {value:.6g}" for name, value in row.items())
        with (out / "log.txt").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(line, flush=True)


def read_checkpoint(path: Path, trainer_name: str) -> dict[str, Any]:
    """A checkpoint's content, on the CPU.

    Raises:
        ValueError: The file is no checkpoint.
    """
    content = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(content, dict) or not {"config", "average", "epoch"} <= content.keys():
        raise ValueError(f"{path}: not a checkpoint of {trainer_name}")
    return content


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that every training has."""
    parser.add_argument("--config", type=Path, required=True, help="TOML file of the experiment")
    parser.add_argument("--data", type=Path, required=True, help="folder with data/ and models/")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints and log")
    parser.add_argument("--cache", type=Path, help="what is prepared once (default: beside --out)")
    parser.add_argument("--init", type=Path, help="checkpoint whose averaged weights are the start")
    parser.add_argument("--epochs", type=int, help="instead of the experiment's own")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (0: all)")


def with_epochs(config: ConfigT, epochs: int | None) -> ConfigT:
    """The experiment, shorter or longer when that was asked for."""
    if epochs is None:
        return config
    optimisation = replace(config.optimisation, epochs=epochs)
    return replace(config, optimisation=optimisation)  # pyright: ignore[reportArgumentType]
