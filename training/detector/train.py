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

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from training.detector.config import DetectorConfig, config_from, read_config
from training.detector.model import Detector, flat
from training.detector.mosaic import MosaicMaker
from training.detector.mosaic_drawing import load_textures
from training.detector.pictures import LabelledPictures
from training.detector.targets import (
    anchor_centres,
    anchor_strides,
    assign,
    decode,
    detection_loss,
    overlaps,
)
from training.detector.turned_pictures import prepare_turned
from training.embedder.model import parameter_count
from training.lfw import LfwArchive
from training.resumable import (
    ResumableTrainer,
    add_arguments,
    read_checkpoint,
    take_up,
    train,
    with_epochs,
)
from training.teacher import Teacher

PACK_FOLDER = Path("models/scrfd_500m_mobilefacenet")
LFW_FILE = Path("data/lfw_dev.zip")
_CHECKED_PICTURES = 256


def to_input(pictures_bgr: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Network input (x − 127.5) / 128, RGB, from uint8 (N, H, W, 3) BGR."""
    pictures = torch.from_numpy(np.ascontiguousarray(pictures_bgr[..., ::-1])).to(device)
    scaled = (pictures.float() - 127.5) / 128.0
    return scaled.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


class DetectorTrainer(ResumableTrainer[Detector, DetectorConfig]):
    """One run: network, optimiser, average and the epochs done."""

    def __init__(
        self,
        config: DetectorConfig,
        labelled: LabelledPictures,
        kept_out: NDArray[np.bool_],
        textures: Path | None = None,
        turned_rows: NDArray[np.int64] | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        super().__init__(config, lambda: Detector(config.shape))
        self.labelled = labelled
        training_rows = np.flatnonzero(~kept_out)
        self.checked_rows = np.flatnonzero(kept_out)[:_CHECKED_PICTURES]
        drawn = load_textures(textures)
        self.maker = MosaicMaker(
            config.recipe, labelled, training_rows, drawn, turned_rows, teacher
        )
        side = config.recipe.side_px
        self.centres = torch.from_numpy(anchor_centres(side)).to(self.device)
        self.strides = torch.from_numpy(anchor_strides(side)).to(self.device)

    def run_epoch(self, show: bool = False) -> dict[str, float]:
        """The next steps, then a look at kept-out people."""
        started = time.monotonic()
        random = np.random.default_rng((self.config.seed, self.epoch))
        self.maker.begin()
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
        self.set_rate(step)
        mosaics = [self.maker(random) for _ in range(self.config.optimisation.batch_size)]
        targets = assign(mosaics, self.config.recipe.side_px)
        targets = replace(
            targets, **{k: getattr(targets, k).to(self.device) for k in targets.__slots__}
        )
        inputs = to_input(np.stack([m.picture for m in mosaics]), self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            maps = self.network(inputs)
        answers = joined([level.float() for level in maps])
        loss, parts = detection_loss(answers, targets, self.centres, self.strides)
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
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
        cv2.setNumThreads(args.threads)
    config = with_epochs(read_config(args.config), args.epochs)
    cache = args.cache or args.out.parent / "cache"
    pack = args.data / PACK_FOLDER
    labelled, source = prepare_turned(args.data / LFW_FILE, pack, cache)
    kept_out = LfwArchive(args.data / LFW_FILE).kept_out()
    turned_rows = np.flatnonzero((np.arange(len(source)) >= len(kept_out)) & ~kept_out[source])
    trainer = DetectorTrainer(config, labelled, kept_out, args.textures, turned_rows, Teacher(pack))
    take_up(trainer, args.out, config_from, args.init)
    print(
        f"{config.name}: {parameter_count(trainer.model):,} parameters on {trainer.device}, "
        f"{len(trainer.maker.rows):,} pictures, from epoch {trainer.epoch + 1}",
        flush=True,
    )
    train(trainer, args.out)


if __name__ == "__main__":
    main()
