"""Train the refiner: `python -m training.refiner.train --config FILE --data FOLDER --out FOLDER`.

Started again with the same `--out` it resumes after the last epoch, with the same result: every
random number is drawn from (seed, epoch). `--pack` names the pack whose detector's mistakes are
looked for in LFW first, so that the refiner learns to refuse them.
"""

import argparse
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from facemotion.core.preprocessing import normalise
from training.augment import Augmentation
from training.config import OptimisationConfig
from training.detector.faceless import FacelessPictures
from training.detector.mosaic import MosaicMaker, MosaicRecipe
from training.detector.mosaic_drawing import load_textures
from training.detector.small_profiles import prepare_small_faces
from training.detector.sources import prepare_pictures
from training.embedder.config import build_config
from training.embedder.model import parameter_count
from training.refiner.candidates import collect
from training.refiner.model import LANDMARK_VALUES, Refiner, RefinerShape
from training.refiner.samples import SampleMaker, SampleRecipe, Samples, mine, mine_textures
from training.resumable import (
    ResumableTrainer,
    add_arguments,
    read_checkpoint,
    take_up,
    train,
    with_epochs,
)
from training.shared_files import FER_FILE, PACK_FOLDER
from training.teacher import Teacher

EYES_SHARE = 0.33
"""Distance of the eyes in sides of the crop, about; the landmark loss is in its unit."""

MOST_WEIGHT = 2.5
"""How much more the landmarks of a turned face may count."""

_CLUTTERED = 1200
_PROPOSALS = 100_000
_SCENES = MosaicRecipe(rotation_deg=20.0, turned=0.6, cut=0.25, hair=0.35, grid=0.4, clutter=0.45)
_CHECKED = 2048
_STILL = {"flip": 0.0, "rotation_deg": 0.0, "scale": 0.0, "stretch": 0.0}
_LIGHT = Augmentation(**_STILL, translate=0.0, shear=0.0, erasing=0.2, low_resolution=0.0, jpeg=0.0)
"""Light and sensor only: geometry, resolution and JPEG's blocks are drawn with the crop."""


@dataclass(frozen=True, slots=True)
class RefinerConfig:
    """One experiment.

    Attributes:
        name: Goes into the exported file.
        seed: Of every random number.
        steps_per_epoch: Steps between two checkpoints.
        shape: The network.
        recipe: The crops.
        optimisation: How it is trained.
    """

    name: str
    seed: int = 0
    steps_per_epoch: int = 200
    shape: RefinerShape = field(default_factory=RefinerShape)
    recipe: SampleRecipe = field(default_factory=SampleRecipe)
    optimisation: OptimisationConfig = field(default_factory=OptimisationConfig)


SECTIONS = {"shape": RefinerShape, "recipe": SampleRecipe, "optimisation": OptimisationConfig}


def config_from(values: dict[str, Any]) -> RefinerConfig:
    """The experiment from plain values.

    Raises:
        ValueError: A field is unknown or missing.
    """
    return build_config(RefinerConfig, SECTIONS, values)


def refiner_loss(
    answers: Tensor, points: Tensor, is_face: Tensor, scores: Tensor
) -> tuple[Tensor, Tensor]:
    """Landmark loss over the faces and the loss of telling them from the rest.

    Args:
        answers: (N, 11) of the network.
        points: (N, 10) where the landmarks are; ignored where there is no face.
        is_face: bool (N,), whether there are landmarks.
        scores: (N,) probability of being a face.
    """
    found, wanted = answers[is_face, :LANDMARK_VALUES], points[is_face]
    eyes = (wanted[:, 0:2] - wanted[:, 2:4]).norm(dim=1, keepdim=True)
    # A turned face's eyes are close to each other, and errors are counted in their distance.
    miss = (found - wanted) / eyes.clamp(EYES_SHARE / MOST_WEIGHT, EYES_SHARE)
    landmarks = functional.smooth_l1_loss(miss, torch.zeros_like(miss), beta=0.02)
    told = functional.binary_cross_entropy_with_logits(answers[:, -1], scores)
    return landmarks, told


class RefinerTrainer(ResumableTrainer[Refiner, RefinerConfig]):
    """One run: network, optimiser, average and the epochs done."""

    def __init__(self, config: RefinerConfig, maker: SampleMaker, checked: Samples) -> None:
        super().__init__(config, lambda: Refiner(config.shape))
        self.maker, self.checked = maker, checked

    def run_epoch(self, show: bool = False) -> dict[str, float]:
        """The next steps, then a look at kept-out people."""
        started = time.monotonic()
        seed = self.config.seed * 1_000_003 + self.epoch
        random = np.random.default_rng(seed)
        generator = torch.Generator(self.device).manual_seed(seed)
        self.model.train()
        count = self.config.steps_per_epoch
        sums = np.zeros(2)
        for step in tqdm(range(count), f"epoch {self.epoch + 1}", disable=not show, mininterval=30):
            sums += self._step(random, generator, self.epoch * count + step)
        self.epoch += 1
        return {
            "epoch": self.epoch,
            "landmarks": sums[0] / count,
            "told": sums[1] / count,
            **self.check(),
            "seconds": time.monotonic() - started,
        }

    def _step(
        self, random: np.random.Generator, generator: torch.Generator, step: int
    ) -> NDArray[np.float64]:
        self.set_rate(step)
        samples = self.maker(self.config.optimisation.batch_size, random)
        crops = torch.from_numpy(samples.crops).to(self.device)[:, None].float() / 255.0
        inputs = (_LIGHT(crops, generator) - 0.5) / 0.5
        with torch.autocast(self.device.type, torch.bfloat16):
            answers = self.network(inputs.contiguous(memory_format=torch.channels_last))
        points = torch.from_numpy(samples.points).to(self.device)
        is_face = torch.from_numpy(samples.is_face).to(self.device)
        scores = torch.from_numpy(samples.scores).to(self.device)
        landmarks, told = refiner_loss(answers.float(), points, is_face, scores)
        self.descend(2.0 * landmarks + 0.5 * told)
        return np.array([float(landmarks.detach()), float(told.detach())])

    @torch.inference_mode()
    def check(self) -> dict[str, float]:
        """On kept-out people: landmark error in eye distances, and what is told rightly."""
        inputs = torch.from_numpy(normalise(self.checked.crops)).to(self.device)
        model = self.averaged_model()
        answers = torch.cat([model(part) for part in inputs.split(256)]).cpu().numpy()
        return check_record(answers, self.checked)


def check_record(answers: NDArray[np.float32], samples: Samples) -> dict[str, float]:
    """Landmark error in eye distances, share of faces kept and of other crops refused."""
    face = samples.is_face
    told = answers[:, -1] > 0.0
    points = samples.points[face].reshape(-1, 5, 2)
    own = answers[face, :LANDMARK_VALUES].reshape(-1, 5, 2)
    eyes = np.linalg.norm(points[:, 0] - points[:, 1], axis=1)
    miss = np.linalg.norm(own - points, axis=2).mean(1) / np.maximum(eyes, 0.05)
    return {
        "landmark_error": float(miss.mean()),
        "kept": float(told[face].mean()),
        "refused": float((~told[~face]).mean()),
    }


def load_checkpoint(path: Path) -> tuple[Refiner, RefinerConfig, int]:
    """The averaged network of a checkpoint, its experiment and how many epochs it has seen.

    Raises:
        ValueError: The file is no checkpoint of this trainer.
    """
    content = read_checkpoint(path, "training.refiner.train")
    config = config_from(content["config"])
    model = Refiner(config.shape)
    model.load_state_dict(content["average"])
    return model.eval(), config, content["epoch"]


def makers(
    recipe: SampleRecipe, data: Path, cache: Path, pack: Path | None, textures: Path | None
) -> tuple[SampleMaker, SampleMaker]:
    """Crops of the people that may be trained on, and of those that may not."""
    sources = prepare_pictures(data, cache)
    labelled = sources.labelled
    drawn = load_textures(textures)
    teacher = Teacher(data / PACK_FOLDER)
    found: list[SampleMaker] = []
    for kept_out in (False, True):
        rows, turned_rows = (
            take(kept_out=kept_out) for take in (sources.rows, sources.turned_rows)
        )
        mined = np.zeros((0, 5), np.float32) if pack is None else mine(pack, labelled, rows)
        things = FacelessPictures(labelled, rows, drawn)
        random = np.random.default_rng(len(found))
        full = [*drawn, *(things.cluttered(_SCENES.side_px, random) for _ in range(_CLUTTERED))]
        beside = None if pack is None else mine_textures(pack, teacher, full)
        print(
            f"{len(rows):,} pictures, {len(mined):,} mistakes of the detector in them and "
            f"{0 if beside is None else len(beside):,} in pictures without faces",
            flush=True,
        )
        small, proposals = None, None
        if recipe.little > 0.0 and not kept_out:
            small = prepare_small_faces(data / FER_FILE, teacher, cache)
        if pack is not None and recipe.proposed > 0.0 and not kept_out:
            scenes = MosaicMaker(_SCENES, labelled, rows, drawn, turned_rows)
            proposals = collect(pack, scenes, teacher, _PROPOSALS, random)
        found.append(
            SampleMaker(recipe, labelled, rows, full, mined, turned_rows, beside, small, proposals)
        )
    return found[0], found[1]


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(
        prog="python -m training.refiner.train",
        description="Train the refiner; started again with the same --out it resumes.",
        epilog="Example: python -m training.refiner.train --config training/configs/refiner.toml "
        "--data ../shared --pack models/builtin --out runs/refiner",
    )
    add_arguments(parser)
    parser.add_argument("--pack", type=Path, help="pack whose detector's mistakes are learnt from")
    parser.add_argument("--textures", type=Path, help="folder of pictures without faces")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
        cv2.setNumThreads(args.threads)
    config = with_epochs(
        config_from(tomllib.loads(args.config.read_text(encoding="utf-8"))), args.epochs
    )
    cache = args.cache or args.out.parent / "cache"
    maker, checked = makers(config.recipe, args.data, cache, args.pack, args.textures)
    trainer = RefinerTrainer(config, maker, checked(_CHECKED, np.random.default_rng(0)))
    take_up(trainer, args.out, config_from, args.init)
    print(f"{config.name}: {parameter_count(trainer.model):,} parameters", flush=True)
    train(trainer, args.out)


if __name__ == "__main__":
    main()
