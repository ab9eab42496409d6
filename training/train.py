"""Train one emotion model: `python -m training.train --config FILE --data FOLDER --out FOLDER`.

Reads from top to bottom: data, model, schedule, then epochs. After each epoch `last.pt` holds
everything that the next epoch needs, written atomically, and every random number is drawn from
(seed, epoch, process), so a run that is killed and started again with the same command ends with
the same weights. `best.pt` is the averaged model with the highest accuracy on the validation rows.
"""

import argparse
import csv
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from training.checkpoint import load_checkpoint, save_atomically
from training.config import TrainingConfig, read_config
from training.data import LabelledFaces, label_faces, read_faces
from training.losses import (
    balanced_class_weights,
    distillation_loss,
    focal_loss,
    mixup,
    soft_cross_entropy,
)
from training.model import SEResNet, build_model, parameter_count
from training.optimisation import WeightAverage, one_cycle, optimiser_for

LOG_COLUMNS = ("epoch", "learning_rate", "train_loss", "valid_loss", "valid_accuracy", "seconds")


@dataclass(frozen=True, slots=True)
class Process:
    """This process among those that torchrun started (one, when it did not)."""

    rank: int
    count: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and prints."""
        return self.rank == 0


def to_input(images: Tensor) -> Tensor:
    """Network input from float32 [0, 1] pictures: the same map as `normalise`."""
    return ((images - 0.5) / 0.5).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def logits_of(model: nn.Module, images: np.ndarray, device: torch.device) -> Tensor:
    """Logits float32 (N, 7) on the CPU for uint8 (N, 48, 48), in float32 arithmetic."""
    model.eval()
    parts = []
    for start in range(0, len(images), 256):
        batch = torch.from_numpy(images[start : start + 256]).to(device)[:, None].float() / 255.0
        parts.append(model(to_input(batch)).float().cpu())
    return torch.cat(parts)


def loss_for(config: TrainingConfig, class_weights: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """The configured loss of (logits, targets)."""
    if config.loss.kind == "soft":
        return soft_cross_entropy
    weights = class_weights if config.loss.has_class_weights else torch.ones_like(class_weights)

    def focal(logits: Tensor, targets: Tensor) -> Tensor:
        return focal_loss(logits, targets, weights, config.loss.gamma, config.loss.label_smoothing)

    return focal


class Trainer:
    """One run: its data on the device, model, optimiser, average, and the epochs done."""

    def __init__(
        self, config: TrainingConfig, train: LabelledFaces, valid: LabelledFaces, process: Process
    ) -> None:
        self.config, self.valid, self.process = config, valid, process
        device = process.device
        self.images = torch.from_numpy(train.images).to(device)
        self.targets = torch.from_numpy(train.targets).to(device)
        self.steps_per_epoch = len(train) // (config.optimisation.batch_size * process.count)
        if self.steps_per_epoch == 0:
            raise ValueError(f"{len(train)} training rows are fewer than one batch")
        torch.manual_seed(config.seed)
        self.model = self._build()
        if config.start:
            self.model.load_state_dict(load_checkpoint(Path(config.start))[0].state_dict())
        self.optimiser = optimiser_for(self.model, config.optimisation)
        self.precision = precision_for(device)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.precision == torch.float16)
        self.average = WeightAverage(self.model, config.optimisation.ema_decay)
        self.loss = loss_for(config, balanced_class_weights(self.targets))
        self.teachers = [load_checkpoint(Path(p))[0].to(device) for p in config.loss.teachers]
        self.epoch = 0
        self.best_accuracy = 0.0
        self.is_best = False
        network: nn.Module = self.model
        if process.count > 1:
            network = DistributedDataParallel(
                network, device_ids=[device.index] if device.type == "cuda" else None
            )
        self.network = torch.compile(network) if config.optimisation.is_compiled else network

    def _build(self) -> SEResNet:
        model = build_model(self.config.architecture).to(self.process.device)
        # Channels last is what the convolutions of CPUs and GPUs are fastest on.
        return model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def run_epoch(self, show: bool = False) -> dict[str, float]:
        """One pass over the training rows, then the validation of the averaged model."""
        started = time.monotonic()
        config, process = self.config, self.process
        shared = Generator().manual_seed(config.seed * 1_000_003 + self.epoch)
        own_seed = (config.seed * 1_000_003 + self.epoch) * 1_009 + process.rank
        torch.manual_seed(own_seed)
        generator = Generator(process.device).manual_seed(own_seed)
        order = torch.randperm(len(self.images), generator=shared).to(process.device)
        order = order[process.rank :: process.count]
        size = config.optimisation.batch_size
        self.model.train()
        losses = torch.zeros((), device=process.device)
        steps = range(self.steps_per_epoch)
        for step in tqdm(steps, f"epoch {self.epoch + 1}", disable=not show, mininterval=5.0):
            losses += self._step(order[step * size : (step + 1) * size], step, generator)
        self.epoch += 1
        row = self._validate() if process.is_first else {}
        row["train_loss"] = float(losses) / self.steps_per_epoch
        row["seconds"] = time.monotonic() - started
        return row

    def _step(self, rows: Tensor, step: int, generator: Generator) -> Tensor:
        optimisation = self.config.optimisation
        total = self.steps_per_epoch * optimisation.epochs
        rate = one_cycle(self.epoch * self.steps_per_epoch + step, total, optimisation)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        images, targets = self._batch(rows, generator)
        with self._autocast():
            logits = self.network(images)
        loss = self._loss(logits.float(), images, targets)
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimiser)
        nn.utils.clip_grad_norm_(self.model.parameters(), optimisation.clip_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.average.update(self.model)
        return loss.detach()

    def _batch(self, rows: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        images = self.images[rows][:, None].float() / 255.0
        images, targets = self.config.augmentation(images, generator), self.targets[rows]
        alpha = self.config.loss.mixup_alpha
        if alpha:
            device = images.device
            partner = torch.randperm(len(rows), generator=generator, device=device)
            share = beta_sample(alpha, generator, device)
            images, targets = mixup(images, targets, share, partner)
        return to_input(images), targets

    def _loss(self, logits: Tensor, images: Tensor, targets: Tensor) -> Tensor:
        loss = self.loss(logits, targets)
        weight = self.config.loss.distillation
        if not weight:
            return loss
        with torch.no_grad(), self._autocast():
            answers = torch.stack([teacher(images) for teacher in self.teachers]).mean(0)
        temperature = self.config.loss.distillation_temperature
        taught = distillation_loss(logits, answers.float(), temperature)
        return (1.0 - weight) * loss + weight * taught

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.process.device.type, self.precision)

    def averaged_model(self) -> SEResNet:
        """A copy of the network with the averaged weights."""
        model = self._build()
        model.load_state_dict(self.average.values)
        return model

    def _validate(self) -> dict[str, float]:
        logits = logits_of(self.averaged_model(), self.valid.images, self.process.device)
        labels = torch.from_numpy(self.valid.labels)
        accuracy = float((logits.argmax(1) == labels).double().mean())
        self.is_best = accuracy > self.best_accuracy
        self.best_accuracy = max(accuracy, self.best_accuracy)
        return {
            "epoch": float(self.epoch),
            "learning_rate": self.optimiser.param_groups[0]["lr"],
            "valid_accuracy": accuracy,
            "valid_loss": float(nn.functional.cross_entropy(logits, labels)),
        }

    def state(self) -> dict[str, Any]:
        """Everything the next epoch needs, with the experiment."""
        return {
            "config": self.config.to_dict(),
            "epoch": self.epoch,
            "best_accuracy": self.best_accuracy,
            "model": self.model.state_dict(),
            "average": self.average.values,
            "average_updates": self.average.updates,
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from `state()`.

        Raises:
            ValueError: The checkpoint belongs to another experiment.
        """
        if TrainingConfig.from_dict(state["config"]) != self.config:
            raise ValueError("the checkpoint was made by another experiment; choose another --out")
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state.get("scaler", {}))
        self.average.values = {k: v.to(self.process.device) for k, v in state["average"].items()}
        self.average.updates = state["average_updates"]
        self.epoch, self.best_accuracy = state["epoch"], state["best_accuracy"]


def precision_for(device: torch.device) -> torch.dtype:
    """Bfloat16, or float16 (with a scaled loss) on GPUs that are too old for it."""
    if device.type == "cpu" or torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16
    return torch.float16


def beta_sample(alpha: float, generator: Generator, device: torch.device) -> Tensor:
    """One draw of Beta(α, α), by Jöhnk's method, from a generator that can be seeded."""
    while True:
        u = torch.rand(2, generator=generator, device=device) ** (1.0 / alpha)
        if 0.0 < float(u.sum()) <= 1.0:
            return u[0] / u.sum()


def train(trainer: Trainer, out: Path, log: Any = None) -> None:
    """Run the remaining epochs, writing checkpoints and the CSV log into `out`."""
    is_first = trainer.process.is_first
    while trainer.epoch < trainer.config.optimisation.epochs:
        row = trainer.run_epoch(show=is_first)
        if not is_first:
            continue
        save_atomically(trainer.state(), out / "last.pt")
        if trainer.is_best:
            save_atomically(trainer.state(), out / "best.pt")
        append_log(row, out / "log.csv")
        for name in LOG_COLUMNS[1:]:
            if log is not None:
                log.add_scalar(name, row[name], trainer.epoch)
        print("  ".join(f"{name} {row[name]:.6g}" for name in LOG_COLUMNS), flush=True)


def append_log(row: dict[str, float], path: Path) -> None:
    """Add one epoch to the CSV log."""
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, LOG_COLUMNS)
        if is_new:
            writer.writeheader()
        writer.writerow({name: f"{row[name]:.8g}" for name in LOG_COLUMNS})


def start_process() -> Process:
    """Join the processes that torchrun started, or stand alone."""
    count, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    has_gpu = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if has_gpu else torch.device("cpu")
    if count > 1:
        dist.init_process_group("nccl" if has_gpu else "gloo")
    return Process(rank, count, device)


def load_data(config: TrainingConfig, folder: Path) -> tuple[LabelledFaces, LabelledFaces]:
    """Training rows as configured, and strict validation rows."""
    data = config.data
    has_votes = data.targets != "original"
    faces = read_faces(folder / data.train, data.train_usage or None, has_votes=has_votes)
    if data.limit:
        faces = faces.take(np.arange(min(data.limit, len(faces))))
    targets = data.targets if has_votes else "majority"
    train_rows = label_faces(faces, data.selection, targets)
    valid = read_faces(folder / data.valid, data.valid_usage or None)
    valid_rows = label_faces(valid, "strict", "majority")
    return train_rows, valid_rows


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(
        prog="python -m training.train",
        description="Train an emotion model (TOML: training/config.py); given again, it resumes.",
        epilog="Example: python -m training.train --config training/configs/emotion_compact.toml "
        "--data ../shared/data/ferplus --out runs/compact. Several GPUs: "
        "torchrun --nproc-per-node 4 -m training.train …",
    )
    parser.add_argument("--config", type=Path, required=True, help="TOML file of the experiment")
    parser.add_argument("--data", type=Path, required=True, help="folder of the parts it names")
    parser.add_argument("--out", type=Path, required=True, help="for last.pt, best.pt, log.csv")
    parser.add_argument("--seed", type=int, help="instead of the experiment's own")
    parser.add_argument("--epochs", type=int, help="instead of the experiment's own")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (0: all)")
    parser.add_argument("--tensorboard", action="store_true", help="write a TensorBoard log too")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    config = read_config(args.config)
    if args.seed is not None:
        config = replace(config, seed=args.seed)
    if args.epochs is not None:
        config = replace(config, optimisation=replace(config.optimisation, epochs=args.epochs))
    process = start_process()
    train_rows, valid_rows = load_data(config, args.data)
    trainer = Trainer(config, train_rows, valid_rows, process)
    args.out.mkdir(parents=True, exist_ok=True)
    if (args.out / "last.pt").is_file():
        trainer.restore(torch.load(args.out / "last.pt", map_location="cpu", weights_only=True))
    if process.is_first:
        print(
            f"{config.name}: {parameter_count(trainer.model):,} parameters on {process.device}, "
            f"{len(train_rows):,} training rows (dropped: {train_rows.dropped}), "
            f"{len(valid_rows):,} validation rows, from epoch {trainer.epoch + 1}",
            flush=True,
        )
    log = None
    if args.tensorboard and process.is_first:
        from torch.utils.tensorboard import SummaryWriter

        log = SummaryWriter(str(args.out / "tensorboard"))
    train(trainer, args.out, log)
    if process.count > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
