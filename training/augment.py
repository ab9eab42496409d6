"""Random changes to a batch of faces, as a webcam and a detector would make them, with kornia.

The geometric changes are composed into one matrix and one resampling, so a face is interpolated
once. What covers a face comes before light and camera, which change it too.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from kornia.augmentation import (
    IntensityAugmentationBase2D,
    RandomAffine,
    RandomAutoContrast,
    RandomBrightness,
    RandomContrast,
    RandomErasing,
    RandomGamma,
    RandomGaussianBlur,
    RandomGaussianNoise,
    RandomJPEG,
    RandomSharpness,
    Resize,
)
from kornia.color import GrayscaleToRgb, RgbToGrayscale
from torch import Generator, Tensor, nn


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Strength of each change; 0 switches it off.

    Attributes:
        flip: Probability of mirroring.
        rotation_deg: Largest turn to either side.
        scale: Largest change of size (0.1 is 0.9–1.1).
        stretch: Largest change of width against height.
        translate: Largest shift as a fraction of the picture's side.
        shear: Largest horizontal shear.
        light: Probability of changed brightness, contrast and gamma.
        low_light: Probability of a dark picture with noise.
        autocontrast: Probability of stretching the values to the full range.
        sharpness: Probability of blurring, sharpening or both.
        low_resolution: Probability of losing detail as a small, distant face does.
        noise: Probability of Gaussian sensor noise.
        jpeg: Probability of JPEG block noise.
        erasing: Probability of a rectangle covered with an even gray.
    """

    flip: float = 0.5
    rotation_deg: float = 15.0
    scale: float = 0.1
    stretch: float = 0.06
    translate: float = 0.1
    shear: float = 0.08
    light: float = 0.4
    low_light: float = 0.05
    autocontrast: float = 0.1
    sharpness: float = 0.3
    low_resolution: float = 0.1
    noise: float = 0.1
    jpeg: float = 0.1
    erasing: float = 0.25

    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        """Changed copies of the faces, as the generator alone decides.

        Args:
            images: float32 (N, 1, H, W) in [0, 1].
            generator: On any device; moved on by one number.

        Returns:
            float32 (N, 1, H, W) in [0, 1].
        """
        seed = torch.randint(2**62, (1,), generator=generator, device=generator.device)
        # kornia draws from torch's global generators, which are left as they were.
        with torch.random.fork_rng([images.device] if images.is_cuda else []):
            torch.manual_seed(int(seed))
            return self.changes(images.shape[-1])(images).clamp(0.0, 1.0)

    @property
    def is_moving(self) -> bool:
        """Whether any change is geometric, so that pictures have to be resampled."""
        moves = (self.flip, self.rotation_deg, self.scale, self.stretch, self.translate, self.shear)
        return any(moves)

    def changes(self, side: int) -> nn.Sequential:
        """The changes in their order, for pictures of `side` pixels."""
        # Blurring and sharpening are drawn apart so that one of the two happens in this share.
        either = 1.0 - math.sqrt(1.0 - self.sharpness)
        changes = (
            _RandomCover((0.02, 0.15), (0.4, 2.5), p=self.erasing),
            _Together(
                RandomContrast((0.65, 1.35)),
                RandomBrightness((0.9, 1.1)),
                RandomGamma((0.7, 1.45), p=1.0),
                p=self.light,
            ),
            RandomAutoContrast(p=self.autocontrast),
            _Together(
                RandomContrast((0.2, 0.5)), RandomGaussianNoise(std=0.03, p=1.0), p=self.low_light
            ),
            RandomGaussianBlur((5, 5), (0.4, 1.0), border_type="replicate", p=either),
            RandomSharpness((1.0, 2.6), p=either),
            _Together(
                Resize((side // 2, side // 2), antialias=True),
                Resize((side, side)),
                p=self.low_resolution,
            ),
            _RandomGrain(0.005, 0.06, p=self.noise),
            _Together(GrayscaleToRgb(), RandomJPEG((25.0, 75.0)), RgbToGrayscale(), p=self.jpeg),
        )
        # kornia computes a change that never happens too; it costs as much as one that does.
        wanted = [change for change in changes if change.p > 0.0]
        return nn.Sequential(*([_RandomPlacement(self)] if self.is_moving else []), *wanted)


class _Together(IntensityAugmentationBase2D):
    """Changes that a picture undergoes all in turn, with the probability `p`, or not at all."""

    def __init__(self, *changes: nn.Module, p: float) -> None:
        super().__init__(p=p)
        self.changes = nn.Sequential(*changes)

    def apply_transform(self, input: Tensor, *_: Any, **__: Any) -> Tensor:
        return self.changes(input)


class _RandomPlacement(RandomAffine):
    """Everything geometric as one matrix: kornia's affine change, mirrored and stretched."""

    def __init__(self, strength: Augmentation) -> None:
        super().__init__(
            strength.rotation_deg,
            (strength.translate, strength.translate),
            (1.0 - strength.scale, 1.0 + strength.scale),
            math.degrees(math.atan(strength.shear)),
            padding_mode="border",
            p=1.0,
        )
        self.flip, self.stretch = strength.flip, strength.stretch

    def generate_parameters(self, batch_shape: tuple[int, ...]) -> dict[str, Tensor]:
        params = super().generate_parameters(batch_shape)
        count = batch_shape[0]
        mirror = torch.where(torch.rand(count) < self.flip, -1.0, 1.0)
        stretch = torch.empty(count).uniform_(-self.stretch, self.stretch)
        own = torch.stack((mirror * (1.0 + stretch), 1.0 - stretch), dim=1)
        return {**params, "scale": params["scale"] * own}


class _RandomCover(RandomErasing):
    """kornia's covered rectangle, its gray drawn too."""

    def generate_parameters(self, batch_shape: tuple[int, ...]) -> dict[str, Tensor]:
        params = super().generate_parameters(batch_shape)
        return {**params, "values": torch.rand(batch_shape[0])}


class _RandomGrain(RandomGaussianNoise):
    """kornia's Gaussian noise, its standard deviation drawn in [low, high) for each picture."""

    def __init__(self, low: float, high: float, p: float) -> None:
        super().__init__(std=1.0, p=p)
        self.low, self.high = low, high

    def generate_parameters(self, batch_shape: tuple[int, ...]) -> dict[str, Tensor]:
        params = super().generate_parameters(batch_shape)
        deviation = torch.empty(batch_shape[0], 1, 1, 1).uniform_(self.low, self.high)
        return {"gaussian_noise": params["gaussian_noise"] * deviation}
