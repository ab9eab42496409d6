"""Train the embedder: `python -m training.embedder.train --config FILE --data FOLDER --out FOLDER`.

The first run aligns the faces and asks the teacher about them, which takes some minutes and is
kept in `<out>/../cache`. After each epoch `last.pt` holds everything that the next one needs, and
every random number is drawn from (seed, epoch), so a run that is killed and started again with
the same command ends with the same weights.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from training.embedder.config import EmbedderConfig, config_from, read_config
from training.embedder.evaluate import kept_out_pairs, verification_accuracy
from training.embedder.faces import FacePart, crops, prepare
from training.embedder.model import Embedder, parameter_count
from training.lfw import LfwArchive
from training.resumable import (
    ResumableTrainer,
    add_arguments,
    read_checkpoint,
    take_up,
    train,
    with_epochs,
)
from training.shared_files import FER_FILE, LFW_FILE, PACK_FOLDER
from training.teacher import unit_rows


def to_input(faces_bgr: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Network input (x − 127.5) / 127.5, RGB, from uint8 (N, 112, 112, 3) BGR."""
    pictures = torch.from_numpy(np.ascontiguousarray(faces_bgr[..., ::-1])).to(device)
    scaled = (pictures.float() - 127.5) / 127.5
    return scaled.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def embed(model: nn.Module, faces_bgr: NDArray[np.uint8], device: torch.device) -> np.ndarray:
    """Unit vectors float32 (N, D), in float32 arithmetic."""
    model.eval()
    parts = [
        functional.normalize(model(to_input(faces_bgr[start : start + 64], device)), dim=1)
        .cpu()
        .numpy()
        for start in range(0, len(faces_bgr), 64)
    ]
    return np.concatenate(parts)


def distillation_loss(embeddings: Tensor, targets: Tensor, relation_weight: float) -> Tensor:
    """One minus the cosine to the target, and the squared error of the batch's similarities."""
    unit = functional.normalize(embeddings, dim=1)
    own = 1.0 - (unit * targets).sum(1)
    difference = unit @ unit.T - targets @ targets.T
    return own.mean() + relation_weight * difference.square().mean()


class FaceSource:
    """Batches of changed faces, drawn from the parts in the configured shares."""

    def __init__(self, config: EmbedderConfig, parts: dict[str, FacePart], lfw: LfwArchive) -> None:
        self.config = config
        shares = config.mixture
        self.parts = {k: v for k, v in parts.items() if getattr(shares, k) > 0}
        self.rows = {name: np.arange(len(part)) for name, part in self.parts.items()}
        self.targets = {name: part.targets for name, part in self.parts.items()}
        if "lfw" in self.parts:
            kept_out = lfw.kept_out()[parts["lfw"].rows]
            self.rows["lfw"] = np.flatnonzero(~kept_out)
            people = np.array(lfw.people)[parts["lfw"].rows]
            self.targets["lfw"] = towards_person(parts["lfw"].targets, people, shares.person_share)

    def batch(self, random: np.random.Generator) -> tuple[NDArray[np.uint8], Tensor]:
        """Faces uint8 (B, 112, 112, 3) BGR and their targets float32 (B, D)."""
        size, shares = self.config.optimisation.batch_size, self.config.mixture
        names = list(self.parts)
        weights = np.array([getattr(shares, name) for name in names])
        counts = random.multinomial(size, weights / weights.sum())
        faces, targets = [], []
        for name, count in zip(names, counts, strict=True):
            for row in random.choice(self.rows[name], count):
                faces.append(self.config.augmentation(self.parts[name].canvases[row], random))
                targets.append(self.targets[name][row])
        return np.stack(faces), torch.from_numpy(np.stack(targets))


def towards_person(
    targets: NDArray[np.float32], people: NDArray[np.str_], share: float
) -> NDArray[np.float32]:
    """Each target moved by a share to the mean of its person's, and brought to unit length."""
    _, person = np.unique(people, return_inverse=True)
    sums = np.zeros((person.max() + 1, targets.shape[1]), np.float32)
    np.add.at(sums, person, targets)
    moved = np.float32(1.0 - share) * targets + np.float32(share) * unit_rows(sums)[person]
    return unit_rows(moved.astype(np.float32))


class EmbedderTrainer(ResumableTrainer[Embedder, EmbedderConfig]):
    """One run: network, optimiser, average and the epochs done."""

    def __init__(self, config: EmbedderConfig, parts: dict[str, FacePart], lfw: LfwArchive) -> None:
        super().__init__(config, lambda: Embedder(config.shape))
        self.lfw, self.part = lfw, parts["lfw"]
        self.source = FaceSource(config, parts, lfw)

    def run_epoch(self, show: bool = False) -> dict[str, float]:
        """The next steps, then the verification of kept-out people."""
        started = time.monotonic()
        random = np.random.default_rng((self.config.seed, self.epoch))
        self.model.train()
        total = 0.0
        count = self.config.steps_per_epoch
        for step in tqdm(range(count), f"epoch {self.epoch + 1}", disable=not show, mininterval=30):
            total += self._step(random, self.epoch * count + step)
        self.epoch += 1
        accuracy, teacher = self.verify()
        return {
            "epoch": self.epoch,
            "loss": total / count,
            "verification": accuracy,
            "cosine_to_teacher": teacher,
            "seconds": time.monotonic() - started,
        }

    def _step(self, random: np.random.Generator, step: int) -> float:
        self.set_rate(step)
        faces, targets = self.source.batch(random)
        inputs, targets = to_input(faces, self.device), targets.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            embeddings = self.network(inputs)
        loss = distillation_loss(embeddings.float(), targets, self.config.relation_weight)
        self.descend(loss)
        return float(loss.detach())

    def verify(self) -> tuple[float, float]:
        """Accuracy on kept-out people's pairs, and the mean cosine to the teacher on them."""
        place = {int(row): i for i, row in enumerate(self.part.rows)}
        pairs = [p for p in kept_out_pairs(self.lfw) if p.first in place and p.second in place]
        used = sorted({place[row] for p in pairs for row in (p.first, p.second)})
        found = embed(self.averaged_model(), crops(self.part.canvases[used]), self.device)
        vectors = dict(zip(used, found, strict=True))
        similarities = [float(vectors[place[p.first]] @ vectors[place[p.second]]) for p in pairs]
        is_same = np.array([p.is_same for p in pairs])
        accuracy, _ = verification_accuracy(np.array(similarities, np.float32), is_same)
        return accuracy, float((found * self.part.targets[used]).sum(1).mean())


def load_checkpoint(path: Path) -> tuple[Embedder, EmbedderConfig, int]:
    """The averaged network of a checkpoint, its experiment and how many epochs it has seen.

    Raises:
        ValueError: The file is no checkpoint of this trainer.
    """
    content = read_checkpoint(path, "training.embedder.train")
    config = config_from(content["config"])
    model = Embedder(config.shape)
    model.load_state_dict(content["average"])
    return model.eval(), config, content["epoch"]


def open_parts(config: EmbedderConfig, shared: Path, cache: Path) -> dict[str, FacePart]:
    """The prepared faces, made first where they are missing."""
    fer = shared / FER_FILE if config.mixture.fer else None
    mixed = config.mixture.mixed_count if config.mixture.mixed else 0
    return prepare(shared / LFW_FILE, shared / PACK_FOLDER, cache, mixed, fer)


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(
        prog="python -m training.embedder.train",
        description="Train the embedder; started again with the same --out it resumes.",
        epilog="Example: python -m training.embedder.train --config training/configs/embedder.toml "
        "--data ../shared --out runs/embedder",
    )
    add_arguments(parser)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    config = with_epochs(read_config(args.config), args.epochs)
    parts = open_parts(config, args.data, args.cache or args.out.parent / "cache")
    trainer = EmbedderTrainer(config, parts, LfwArchive(args.data / LFW_FILE))
    take_up(trainer, args.out, config_from, args.init)
    print(
        f"{config.name}: {parameter_count(trainer.model):,} parameters on {trainer.device}, "
        f"from epoch {trainer.epoch + 1}",
        flush=True,
    )
    train(trainer, args.out)


if __name__ == "__main__":
    main()
