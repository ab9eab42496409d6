"""The embedder: a plain residual network from an aligned 112×112 face to a unit vector.

Plain 3×3 convolutions instead of depthwise ones: they are what processors multiply fastest, in
training and in the application, and the resolution falls early so that they stay few.
"""

from copy import deepcopy
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

INPUT_PX: Final = 112


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of one embedder.

    Attributes:
        stem: Channels after the first convolution, at 56×56.
        widths: Channels of the stages at 28×28, 14×14 and 7×7.
        depths: Residual blocks of each stage behind its first, halving layer.
        head: Channels before the spatial weighting.
        dimension: Length of the embedding.
    """

    stem: int = 32
    widths: tuple[int, int, int] = (48, 96, 192)
    depths: tuple[int, int, int] = (1, 1, 1)
    head: int = 384
    dimension: int = 128


def _conv(channels_in: int, channels: int, kernel: int, stride: int) -> list[nn.Module]:
    padding = kernel // 2
    return [
        nn.Conv2d(channels_in, channels, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(channels),
    ]


class Block(nn.Module):
    """Two 3×3 convolutions added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_conv(channels, channels, 3, 1), nn.ReLU(), *_conv(channels, channels, 3, 1)
        )
        self.activation = nn.ReLU()
        # A block starts as its input, so a deep network trains from the first step.
        last = self.body[-1]
        if isinstance(last, nn.BatchNorm2d):
            nn.init.zeros_(last.weight)

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, C, H, W) of the same shape."""
        return self.activation(features + self.body(features))


class Embedder(nn.Module):
    """Float32 (N, 3, 112, 112) RGB in [−1, 1] to (N, dimension), not yet of unit length."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_conv(3, shape.stem, 3, 2), nn.ReLU())
        channels = shape.stem
        self.stages = nn.ModuleList()
        for width, depth in zip(shape.widths, shape.depths, strict=True):
            blocks = (Block(width) for _ in range(depth))
            self.stages.append(nn.Sequential(*_conv(channels, width, 3, 2), nn.ReLU(), *blocks))
            channels = width
        self.head = nn.Sequential(*_conv(channels, shape.head, 1, 1), nn.ReLU())
        # Where in the face a feature was seen matters: one weight a place and channel.
        self.place = nn.Conv2d(shape.head, shape.head, 7, groups=shape.head, bias=False)
        self.place_norm = nn.BatchNorm2d(shape.head)
        self.last = nn.Linear(shape.head, shape.dimension)
        for module in (*self.stem, *self.stages.modules(), *self.head):
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        nn.init.normal_(self.place.weight, 0.0, 1.0 / INPUT_PX * 16)

    def forward(self, faces: Tensor) -> Tensor:
        """Embeddings (N, dimension) before normalisation."""
        features = self.stem(faces)
        for stage in self.stages:
            features = stage(features)
        weighted = self.place_norm(self.place(self.head(features)))
        return self.last(weighted.flatten(1))


class UnitEmbedder(nn.Module):
    """What is exported: the embedder with unit vectors at its end."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self.embedder = embedder

    def forward(self, faces: Tensor) -> Tensor:
        """Unit vectors float32 (N, dimension)."""
        return functional.normalize(self.embedder(faces), dim=1)


def folded(model: nn.Module) -> nn.Module:
    """A copy for inference with every batch norm folded into the convolution before it."""
    copy = deepcopy(model).eval()
    for module in copy.modules():
        if isinstance(module, nn.Sequential):
            _fold_sequence(module)
    if isinstance(copy, Embedder):
        copy.place = fuse_conv_bn_eval(copy.place, copy.place_norm)
        copy.place_norm = nn.Identity()  # type: ignore[assignment]
    return copy


def _fold_sequence(layers: nn.Sequential) -> None:
    for position in range(len(layers) - 1):
        conv, norm = layers[position], layers[position + 1]
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            layers[position] = fuse_conv_bn_eval(conv, norm)
            layers[position + 1] = nn.Identity()


def parameter_count(model: nn.Module) -> int:
    """Number of trained values."""
    return sum(p.numel() for p in model.parameters())


@torch.no_grad()
def rounded_to_half(model: nn.Module) -> nn.Module:
    """The same network with every weight rounded to what float16 can hold, in place."""
    for parameter in model.parameters():
        parameter.copy_(parameter.half().float())
    return model
