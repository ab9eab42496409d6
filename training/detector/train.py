"""Train the detector: `python -m training.detector.train --config FILE --data FOLDER --out FOLDER`.

The first run asks another pack's detector for the faces in LFW, which takes a few minutes and is
kept in `<out>/../cache`. After each epoch `last.pt` holds everything that the next one needs, and
every random number is drawn from (seed, epoch), so a run that is killed and started again with
the same command ends with the same weights.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset
from tqdm import tqdm

from training.detector.config import DetectorConfig, config_from, read_config
from training.detector.imitation import imitated
from training.detector.model import Detector, flat
from training.detector.mosaic import MosaicMaker
from training.detector.mosaic_drawing import load_textures
from training.detector.sources import TrainingPictures, prepare_pictures
from training.detector.targets import (
    Targets,
    anchor_centres,
    anchor_strides,
    assign,
    decode,
    detection_loss,
    overlaps,
)
from training.embedder.model import parameter_count
from training.resumable import (
    ResumableTrainer,
    add_arguments,
    read_checkpoint,
    take_up,
    train,
    with_epochs,
)
from training.shared_files import PACK_FOLDER
from training.teacher import Teacher

_CHECKED_PICTURES = 256


def to_input(pictures_bgr: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Network input (x − 127.5) / 128, RGB, from uint8 (N, H, W, 3) BGR."""
    pictures = torch.from_numpy(np.ascontiguousarray(pictures_bgr[..., ::-1])).to(device)
    scaled = (pictures.float() - 127.5) / 128.0
    return scaled.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True, slots=True, eq=False)
class Batches(IterableDataset[tuple[Tensor, Targets]]):
    """The batches of one epoch: pictures uint8 (B, S, S, 3) BGR and what is to be found in them."""

    maker: MosaicMaker
    seed: tuple[int, int]
    count: int
    size: int
    imitated: Teacher | None = None

    def __iter__(self) -> Iterator[tuple[Tensor, Targets]]:
        """All of them, drawn anew from the seed."""
        random = np.random.default_rng(self.seed)
        self.maker.begin()
        for _ in range(self.count):
            mosaics = [self.maker(random) for _ in range(self.size)]
            pictures = np.stack([mosaic.picture for mosaic in mosaics])
            if self.imitated is not None:
                yield torch.from_numpy(pictures), imitated(pictures, self.imitated)
            else:
                yield torch.from_numpy(pictures), assign(mosaics, self.maker.recipe.side_px)


class DetectorTrainer(ResumableTrainer[Detector, DetectorConfig]):
    """One run: network, optimiser, average and the epochs done."""

    def __init__(
        self,
        config: DetectorConfig,
        sources: TrainingPictures,
        textures: Path | None = None,
        teacher: Teacher | None = None,
        workers: int = 0,
    ) -> None:
        """Begin.

        Args:
            config: The experiment.
            sources: Where pictures are cut from.
            textures: Folder of pictures without faces.
            teacher: Looks at every composed picture again, when given; to be imitated it is needed.
            workers: Processes beside this one that compose pictures; 0 or 1.
        """
        super().__init__(config, lambda: Detector(config.shape))
        self.imitated = teacher if config.is_imitating else None
        self.labelled = sources.labelled
        self.workers = workers
        self.checked_rows = sources.rows(kept_out=True)[:_CHECKED_PICTURES]
        self.maker = MosaicMaker(
            config.recipe,
            sources.labelled,
            sources.rows(kept_out=False),
            load_textures(textures),
            sources.turned_rows(kept_out=False),
            None if config.is_imitating else teacher,
        )
        side = config.recipe.side_px
        self.centres = torch.from_numpy(anchor_centres(side)).to(self.device)
        self.strides = torch.from_numpy(anchor_strides(side)).to(self.device)

    def run_epoch(self, show: bool = False) -> dict[str, float]:
        """The next steps, then a look at kept-out people."""
        started = time.monotonic()
        self.model.train()
        sums: dict[str, float] = {}
        count, size = self.config.steps_per_epoch, self.config.optimisation.batch_size
        batches = DataLoader(
            Batches(self.maker, (self.config.seed, self.epoch), count, size, self.imitated),
            batch_size=None,
            num_workers=self.workers,
        )
        shown = tqdm(batches, f"epoch {self.epoch + 1}", count, disable=not show, mininterval=30)
        for step, (pictures, targets) in enumerate(shown):
            parts = self._step(pictures, targets, self.epoch * count + step)
            for name, value in parts.items():
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

    def _step(self, pictures: Tensor, targets: Targets, step: int) -> dict[str, float]:
        self.set_rate(step)
        targets = replace(
            targets, **{k: getattr(targets, k).to(self.device) for k in targets.__slots__}
        )
        inputs = to_input(pictures.numpy(), self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            maps = self.network(inputs)
        answers = joined([level.float() for level in maps])
        config = self.config
        weights = (config.focus, config.place_weight, config.contested_weight)
        loss, parts = detection_loss(answers, targets, self.centres, self.strides, *weights)
        self.descend(loss)
        return parts

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


def joined(maps: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Score logits (B, A, 1), distances (B, A, 4) and offsets (B, A, 10) of all strides."""
    scores, distances, offsets = flat(maps)
    return torch.cat(scores, 1), torch.cat(distances, 1), torch.cat(offsets, 1)


def load_checkpoint(path: Path) -> tuple[Detector, DetectorConfig, int]:
    """The averaged network of a checkpoint, its experiment and how many epochs it has seen.

    Raises:
        ValueError: The file is no checkpoint of this trainer.
    """
    content = read_checkpoint(path, "training.detector.train")
    config = config_from(content["config"])
    model = Detector(config.shape)
    model.load_state_dict(content["average"])
    return model.eval(), config, content["epoch"]


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(
        prog="python -m training.detector.train",
        description="Train the detector; started again with the same --out it resumes.",
        epilog="Example: python -m training.detector.train --config training/configs/detector.toml "
        "--data ../shared --out runs/detector",
    )
    add_arguments(parser)
    parser.add_argument("--textures", type=Path, help="folder of pictures without faces")
    parser.add_argument(
        "--workers",
        type=int,
        choices=(0, 1),
        default=0,
        help="1 composes the pictures in a process of its own; the weights are the same",
    )
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
        cv2.setNumThreads(args.threads)
    config = with_epochs(read_config(args.config), args.epochs)
    cache = args.cache or args.out.parent / "cache"
    sources = prepare_pictures(args.data, cache)
    teacher = Teacher(args.data / PACK_FOLDER)
    trainer = DetectorTrainer(config, sources, args.textures, teacher, args.workers)
    take_up(trainer, args.out, config_from, args.init)
    print(
        f"{config.name}: {parameter_count(trainer.model):,} parameters on {trainer.device}, "
        f"{len(trainer.maker.rows):,} pictures, from epoch {trainer.epoch + 1}",
        flush=True,
    )
    train(trainer, args.out)


if __name__ == "__main__":
    main()
