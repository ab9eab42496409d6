"""Train the detector: `python -m training.detector.train --config FILE --data FOLDER --out FOLDER`.

The first run asks another pack's detector for the faces in LFW, which takes a few minutes and is
kept in `<out>/../cache`. After each epoch `last.pt` holds everything that the next one needs, and
every random number is drawn from (seed, epoch), so a run that is killed and started again with
the same command ends with the same weights.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from training.checkpoint import save_atomically
from training.detector.config import DetectorConfig, config_from, read_config
from training.detector.model import Detector, flat
from training.detector.mosaic import MosaicMaker
from training.detector.mosaic_drawing import load_textures
from training.detector.pictures import LabelledPictures, prepare
from training.detector.targets import (
    anchor_centres,
    anchor_strides,
    assign,
    decode,
    detection_loss,
    overlaps,
)
from training.embedder.model import parameter_count
from training.lfw import LfwArchive
from training.train import WeightAverage, one_cycle, optimiser_for

PACK_FOLDER = Path("models/scrfd_500m_mobilefacenet")
LFW_FILE = Path("data/lfw_dev.zip")
_CHECKED_PICTURES = 256


def to_input(pictures_bgr: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Network input (x − 127.5) / 128, RGB, from uint8 (N, H, W, 3) BGR."""
    pictures = torch.from_numpy(np.ascontiguousarray(pictures_bgr[..., ::-1])).to(device)
    scaled = (pictures.float() - 127.5) / 128.0
    return scaled.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


class DetectorTrainer:
    """One run: network, optimiser, average and the epochs done."""

    def __init__(
        self,
        config: DetectorConfig,
        labelled: LabelledPictures,
        kept_out: NDArray[np.bool_],
        textures: Path | None = None,
    ) -> None:
        self.config, self.labelled = config, labelled
        training_rows = np.flatnonzero(~kept_out)
        self.checked_rows = np.flatnonzero(kept_out)[:_CHECKED_PICTURES]
        self.maker = MosaicMaker(config.recipe, labelled, training_rows, load_textures(textures))
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        side = config.recipe.side_px
        self.centres = torch.from_numpy(anchor_centres(side)).to(self.device)
        self.strides = torch.from_numpy(anchor_strides(side)).to(self.device)
        torch.manual_seed(config.seed)
        self.model = self._new_model()
        self.optimiser = optimiser_for(self.model, config.optimisation)
        self.average = WeightAverage(self.model, config.optimisation.ema_decay)
        compiled = config.optimisation.is_compiled
        self.network = torch.compile(self.model) if compiled else self.model
        self.epoch = 0

    def run_epoch(self, show: bool = False) -> dict[str, float]:
        """The next steps, then a look at kept-out people."""
        started = time.monotonic()
        random = np.random.default_rng((self.config.seed, self.epoch))
        self.model.train()
        sums: dict[str, float] = {}
        count = self.config.steps_per_epoch
        for step in tqdm(range(count), f"epoch {self.epoch + 1}", disable=not show, mininterval=30):
            for name, value in self._step(random, self.epoch * count + step).items():
                sums[name] = sums.get(name, 0.0) + value / count
        self.epoch += 1
        recall, miss = self.check()
        seconds = time.monotonic() - started
        return {
            "epoch": self.epoch,
            **sums,
            "recall": recall,
            "landmark_error": miss,
            "seconds": seconds,
        }

    def _step(self, random: np.random.Generator, step: int) -> dict[str, float]:
        optimisation = self.config.optimisation
        total = optimisation.epochs * self.config.steps_per_epoch
        for group in self.optimiser.param_groups:
            group["lr"] = one_cycle(step, total, optimisation)
        mosaics = [self.maker(random) for _ in range(optimisation.batch_size)]
        targets = assign(mosaics, self.config.recipe.side_px)
        targets = replace(
            targets, **{k: getattr(targets, k).to(self.device) for k in targets.__slots__}
        )
        inputs = to_input(np.stack([m.picture for m in mosaics]), self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            maps = self.network(inputs)
        answers = joined([level.float() for level in maps])
        loss, parts = detection_loss(answers, targets, self.centres, self.strides)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), optimisation.clip_norm)
        self.optimiser.step()
        self.average.update(self.model)
        return parts

    def _new_model(self) -> Detector:
        model = Detector(self.config.shape).to(self.device)
        return model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def averaged_model(self) -> Detector:
        """A copy of the network with the averaged weights."""
        model = self._new_model()
        model.load_state_dict(self.average.values)
        return model.eval()

    @torch.inference_mode()
    def check(self) -> tuple[float, float]:
        """On kept-out people: share of faces that the best answer meets, and landmark error.

        The best-scored answer of each picture is compared with the labeller's best-scored face;
        the error is in distances between the eyes.
        """
        model, side = self.averaged_model(), self.config.recipe.side_px
        found, errors = [], []
        for row in self.checked_rows:
            lists = self.labelled.faces(int(row))
            if lists.start == lists.stop:
                continue
            picture = self.labelled.pictures[row]
            zoom = side / max(picture.shape[:2])
            canvas = np.zeros((1, side, side, 3), np.uint8)
            scaled = cv2.resize(picture, None, fx=zoom, fy=zoom)
            canvas[0, : scaled.shape[0], : scaled.shape[1]] = scaled
            scores, distances, offsets = joined(model(to_input(canvas, self.device)))
            best = int(scores[0, :, 0].argmax())
            boxes, kps = decode(distances, offsets, self.centres, self.strides)
            truth = lists.start + int(np.argmax(self.labelled.boxes[lists, 4]))
            box = torch.from_numpy(self.labelled.boxes[truth, :4] * zoom)[None].to(self.device)
            iou, _ = overlaps(boxes[0, best : best + 1], box)
            found.append(float(iou) >= 0.5 and float(scores[0, best, 0]) > 0.0)
            points = self.labelled.kps[truth] * zoom
            miss = np.linalg.norm(kps[0, best].cpu().numpy().reshape(5, 2) - points, axis=1)
            errors.append(miss.mean() / max(np.linalg.norm(points[0] - points[1]), 1e-3))
        return float(np.mean(found)), float(np.mean(errors))

    def state(self) -> dict[str, Any]:
        """Everything the next epoch needs, with the experiment."""
        return {
            "config": self.config.to_dict(),
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "average": self.average.values,
            "average_updates": self.average.updates,
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
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
        """Begin with another run's averaged weights, as far as its network has the same parts.

        Raises:
            ValueError: It has none of them.
        """
        own = self.model.state_dict()
        same = {k: v for k, v in state["average"].items() if k in own and v.shape == own[k].shape}
        if not same:
            raise ValueError("the checkpoint's network shares no part with this experiment's")
        self.model.load_state_dict({**own, **same})
        self.average.values = {k: v.clone() for k, v in self.model.state_dict().items()}


def joined(maps: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Score logits (B, A, 1), distances (B, A, 4) and offsets (B, A, 10) of all strides."""
    scores, distances, offsets = flat(maps)
    return torch.cat(scores, 1), torch.cat(distances, 1), torch.cat(offsets, 1)


def load_checkpoint(path: Path) -> tuple[Detector, DetectorConfig, int]:
    """The averaged network of a checkpoint, its experiment and how many epochs it has seen.

    Raises:
        ValueError: The file is no checkpoint of this trainer.
    """
    content = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(content, dict) or not {"config", "average", "epoch"} <= content.keys():
        raise ValueError(f"{path}: not a checkpoint of training.detector.train")
    config = config_from(content["config"])
    model = Detector(config.shape)
    model.load_state_dict(content["average"])
    return model.eval(), config, content["epoch"]


def train(trainer: DetectorTrainer, out: Path) -> None:
    """Run the remaining epochs, writing a checkpoint after each."""
    while trainer.epoch < trainer.config.optimisation.epochs:
        row = trainer.run_epoch(show=True)
        save_atomically(trainer.state(), out / "last.pt")
        line = "  ".join(f"{name} {value:.6g}" for name, value in row.items())
        with (out / "log.txt").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(line, flush=True)


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(
        prog="python -m training.detector.train",
        description="Train the detector; started again with the same --out it resumes.",
        epilog="Example: python -m training.detector.train --config training/configs/detector.toml "
        "--data ../shared --out runs/detector",
    )
    parser.add_argument("--config", type=Path, required=True, help="TOML file of the experiment")
    parser.add_argument("--data", type=Path, required=True, help="folder with data/ and models/")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints and log")
    parser.add_argument("--cache", type=Path, help="labelled pictures (default: beside --out)")
    parser.add_argument("--textures", type=Path, help="folder of pictures without faces")
    parser.add_argument("--init", type=Path, help="checkpoint whose averaged weights are the start")
    parser.add_argument("--epochs", type=int, help="instead of the experiment's own")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (0: all)")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
        cv2.setNumThreads(args.threads)
    config = read_config(args.config)
    if args.epochs is not None:
        config = replace(config, optimisation=replace(config.optimisation, epochs=args.epochs))
    cache = args.cache or args.out.parent / "cache"
    labelled = prepare(args.data / LFW_FILE, args.data / PACK_FOLDER, cache)
    kept_out = LfwArchive(args.data / LFW_FILE).kept_out()
    trainer = DetectorTrainer(config, labelled, kept_out, args.textures)
    args.out.mkdir(parents=True, exist_ok=True)
    if (args.out / "last.pt").is_file():
        trainer.restore(torch.load(args.out / "last.pt", map_location="cpu", weights_only=True))
    elif args.init is not None:
        trainer.start_from(torch.load(args.init, map_location="cpu", weights_only=True))
    print(
        f"{config.name}: {parameter_count(trainer.model):,} parameters on {trainer.device}, "
        f"{len(trainer.maker.rows):,} pictures, from epoch {trainer.epoch + 1}",
        flush=True,
    )
    train(trainer, args.out)


if __name__ == "__main__":
    main()
