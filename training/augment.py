"""Random changes to a batch of faces, as a webcam and a detector would make them.

Plain tensor code instead of one library call per step: the geometric changes are composed into a
single resampling, so a face is interpolated once, and a batch of 128 costs a few milliseconds
beside the training step. All randomness comes from the generator that is given.
"""

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, conv2d, grid_sample, interpolate, pad


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
        sharpness: Probability of blurring or sharpening.
        low_resolution: Probability of losing detail as a small, distant face does.
        noise: Probability of Gaussian sensor noise.
        jpeg: Probability of JPEG block noise.
        erasing: Probability of a covered rectangle.
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
        """Changed copies of the faces.

        Args:
            images: float32 (N, 1, H, W) in [0, 1].
            generator: On the images' device.

        Returns:
            float32 (N, 1, H, W) in [0, 1].
        """
        out = self._geometry(images, generator)
        draw = _Draw(out, generator)
        out = torch.where(draw.chance(self.light), _light(out, draw), out)
        out = torch.where(draw.chance(self.autocontrast), _autocontrast(out), out)
        out = torch.where(draw.chance(self.low_light), _low_light(out, draw), out)
        out = torch.where(draw.chance(self.sharpness), _sharpness(out, draw), out)
        out = torch.where(draw.chance(self.low_resolution), _low_resolution(out), out)
        out = torch.where(draw.chance(self.noise), _noise(out, draw), out)
        if self.jpeg:
            out = torch.where(draw.chance(self.jpeg), _jpeg(out, draw), out)
        return torch.where(draw.chance(self.erasing), _erasing(out, draw), out).clamp(0.0, 1.0)

    def _geometry(self, images: Tensor, generator: Generator) -> Tensor:
        draw = _Draw(images, generator)
        mirror = torch.where(draw.chance(self.flip), -1.0, 1.0).flatten()
        angle = draw.spread(math.radians(self.rotation_deg)).flatten()
        size = 1.0 / (1.0 + draw.spread(self.scale).flatten())
        stretch = draw.spread(self.stretch).flatten()
        shear = draw.spread(self.shear).flatten()
        cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
        theta = torch.stack(
            (
                mirror * cos * (1.0 + stretch),
                shear - sin,
                2.0 * draw.spread(self.translate).flatten(),
                mirror * sin,
                cos * (1.0 - stretch),
                2.0 * draw.spread(self.translate).flatten(),
            ),
            dim=1,
        ).view(-1, 2, 3)
        grid = affine_grid(theta, list(images.shape), align_corners=False)
        return grid_sample(images, grid, padding_mode="border", align_corners=False)


class _Draw:
    """One random number per picture, shaped (N, 1, 1, 1)."""

    def __init__(self, images: Tensor, generator: Generator) -> None:
        self.count = len(images)
        self.generator = generator
        self.device = images.device

    def uniform(self, low: float, high: float) -> Tensor:
        """Values in [low, high)."""
        shape = (self.count, 1, 1, 1)
        values = torch.rand(shape, generator=self.generator, device=self.device)
        return low + (high - low) * values

    def spread(self, limit: float) -> Tensor:
        """Values in [−limit, limit)."""
        return self.uniform(-limit, limit)

    def chance(self, probability: float) -> Tensor:
        """True with the probability."""
        return self.uniform(0.0, 1.0) < probability

    def gaussian(self, like: Tensor) -> Tensor:
        """Standard normal values in the shape of a batch."""
        return torch.randn(like.shape, generator=self.generator, device=self.device)


def _light(images: Tensor, draw: _Draw) -> Tensor:
    contrast = 1.0 + draw.spread(0.35)
    mean = images.mean((2, 3), keepdim=True)
    lit = (images - mean) * contrast + mean + draw.spread(0.2)
    return lit.clamp(1e-4, 1.0) ** torch.exp(draw.spread(0.4))


def _autocontrast(images: Tensor) -> Tensor:
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    return (images - low) / (high - low).clamp(min=0.05)


def _low_light(images: Tensor, draw: _Draw) -> Tensor:
    return images * draw.uniform(0.2, 0.5) + 0.03 * draw.gaussian(images)


def _sharpness(images: Tensor, draw: _Draw) -> Tensor:
    """From fully blurred to sharpened by the same amount (binomial 5×5)."""
    row = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=images.device) / 16.0
    padded = pad(images, (2, 2, 2, 2), mode="replicate")
    blurred = conv2d(conv2d(padded, row.view(1, 1, 1, 5)), row.view(1, 1, 5, 1))
    return torch.lerp(images, blurred, draw.spread(1.0))


def _low_resolution(images: Tensor) -> Tensor:
    side = images.shape[-1]
    small = interpolate(images, size=side // 2, mode="area")
    return interpolate(small, size=side, mode="bilinear", align_corners=False)


def _noise(images: Tensor, draw: _Draw) -> Tensor:
    return images + draw.uniform(0.005, 0.06) * draw.gaussian(images)


_LUMINANCE: Final = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""Quantisation of luminance at quality 50 (ITU-T T.81, annex K)."""


def _jpeg(images: Tensor, draw: _Draw) -> Tensor:
    """Quantise each 8×8 block's cosine transform as a JPEG of quality 25–75 would."""
    n, _, height, width = images.shape
    k = torch.arange(8, device=images.device, dtype=torch.float32)
    basis = torch.cos((2.0 * k[None] + 1.0) * k[:, None] * math.pi / 16.0) / 2.0
    basis[0] /= math.sqrt(2.0)
    table = torch.tensor(_LUMINANCE, device=images.device, dtype=torch.float32)
    step = (table * draw.uniform(0.5, 2.0)).view(n, 1, 1, 8, 8)
    blocks = (images * 255.0 - 128.0).view(n, height // 8, 8, width // 8, 8).transpose(2, 3)
    coefficients = torch.round(basis @ blocks @ basis.T / step) * step
    blocks = basis.T @ coefficients @ basis
    return (blocks.transpose(2, 3).reshape(n, 1, height, width) + 128.0) / 255.0


def _erasing(images: Tensor, draw: _Draw) -> Tensor:
    """Cover one rectangle of 2–15 % of the picture with an even gray or with noise."""
    side = images.shape[-1]
    area, aspect = draw.uniform(0.02, 0.15), torch.exp(draw.spread(0.9))
    half_height, half_width = torch.sqrt(area * aspect) / 2, torch.sqrt(area / aspect) / 2
    centre_y, centre_x = draw.uniform(0.0, 1.0), draw.uniform(0.0, 1.0)
    axis = (torch.arange(side, device=images.device) + 0.5) / side
    inside = (torch.abs(axis.view(1, 1, -1, 1) - centre_y) < half_height) & (
        torch.abs(axis.view(1, 1, 1, -1) - centre_x) < half_width
    )
    grain = torch.where(draw.chance(0.3), 0.25, 0.0) * draw.gaussian(images)
    return torch.where(inside, draw.uniform(0.0, 1.0) + grain, images)
