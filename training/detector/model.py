"""The detector: a small single-shot network in SCRFD's form.

A plain backbone, a narrow feature pyramid over strides 8, 16 and 32, and for each place of each
level two anchors with a score, the distances to the box's four sides and the offsets of the five
landmarks, all in units of the stride. Plain 3×3 convolutions with channels in multiples of 16 are
what processors run best.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn

STRIDES: Final = (8, 16, 32)
ANCHORS: Final = 2
"""Anchors at each place; the first is for smaller faces than the second."""

VALUES: Final = 15
"""Score, four distances and ten offsets of each anchor."""


@dataclass(frozen=True, slots=True)
class DetectorShape:
    """Sizes of one detector.

    Attributes:
        stem: Channels at stride 4.
        widths: Channels at strides 8, 16 and 32.
        depths: Residual blocks at each of these strides.
        pyramid: Channels of the pyramid and of the heads at each of these strides.
        towers: 3×3 convolutions before the answers at each of these strides.
    """

    stem: int = 32
    widths: tuple[int, int, int] = (48, 64, 96)
    depths: tuple[int, int, int] = (0, 1, 1)
    pyramid: tuple[int, int, int] = (32, 64, 48)
    towers: tuple[int, int, int] = (1, 1, 2)


def _conv(channels_in: int, channels: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    )


class Residual(nn.Module):
    """Two 3×3 convolutions added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        last = nn.BatchNorm2d(channels)
        # At first it hands on what it gets, so that it can be added to a trained network.
        nn.init.zeros_(last.weight)
        self.body = nn.Sequential(
            _conv(channels, channels), nn.Conv2d(channels, channels, 3, 1, 1, bias=False), last
        )

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, C, H, W) of the same shape."""
        return torch.relu(features + self.body(features))


class Detector(nn.Module):
    """Float32 (N, 3, H, W) RGB, (x − 127.5) / 128, to one map (N, 30, H/s, W/s) a stride."""

    def __init__(self, shape: DetectorShape) -> None:
        super().__init__()
        # One large step to a quarter: maps at half the resolution would cost half of all time.
        self.stem = nn.Sequential(
            nn.Conv2d(3, shape.stem, 6, 4, 1, bias=False), nn.BatchNorm2d(shape.stem), nn.ReLU()
        )
        channels = shape.stem
        self.stages = nn.ModuleList()
        for width, depth in zip(shape.widths, shape.depths, strict=True):
            layers: list[nn.Module] = [_conv(channels, width, 3, 2)]
            layers += [Residual(width) for _ in range(depth)] or [_conv(width, width)]
            self.stages.append(nn.Sequential(*layers))
            channels = width
        self.laterals = nn.ModuleList(
            _conv(width, pyramid, 1)
            for width, pyramid in zip(shape.widths, shape.pyramid, strict=True)
        )
        # Between two levels of unlike width the upper one's channels are mixed first.
        self.descents = nn.ModuleList(
            nn.Identity() if above == below else _conv(above, below, 1)
            for below, above in pairwise(shape.pyramid)
        )
        self.towers = nn.ModuleList(
            nn.Sequential(*(_conv(pyramid, pyramid) for _ in range(depth)))
            for pyramid, depth in zip(shape.pyramid, shape.towers, strict=True)
        )
        self.outputs = nn.ModuleList(
            nn.Conv2d(pyramid, ANCHORS * VALUES, 1) for pyramid in shape.pyramid
        )
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is None:
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        for output in self.outputs:
            if isinstance(output, nn.Conv2d) and output.bias is not None:
                nn.init.normal_(output.weight, 0.0, 0.01)
                nn.init.zeros_(output.bias)
                # Faces are rare: a score of 0.01 to begin with keeps the first steps calm.
                output.bias.data[:ANCHORS].fill_(-4.6)
                output.bias.data[ANCHORS : ANCHORS * 5].fill_(2.0)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Maps (N, 30, h, w): two score logits, eight distances, twenty offsets."""
        features = self.stem(pictures)
        levels: list[Tensor] = []
        for stage, lateral in zip(self.stages, self.laterals, strict=True):
            features = stage(features)
            levels.append(lateral(features))
        for position in (1, 0):
            above = self.descents[position](levels[position + 1])
            levels[position] = levels[position] + doubled(above)
        return [
            output(tower(level))
            for output, tower, level in zip(self.outputs, self.towers, levels, strict=True)
        ]


def doubled(features: Tensor) -> Tensor:
    """Every place of (N, C, H, W) four times, (N, C, 2H, 2W).

    Written as copies of whole rows, which in eight bits take a fifth of what resizing takes.
    """
    count, channels, _, width = features.shape
    rows = features.permute(0, 2, 3, 1)
    wide = torch.cat([rows, rows], -1).flatten(2)
    both = torch.cat([wide, wide], -1).reshape(count, -1, 2 * width, channels)
    return both.permute(0, 3, 1, 2)


def flat(maps: list[Tensor]) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Maps as SCRFD's lists, one entry a stride, anchors of one place next to each other.

    Returns:
        Score logits (N, A, 1), distances (N, A, 4) and offsets (N, A, 10) for each stride.
    """
    scores, boxes, kps = [], [], []
    for level in maps:
        rows = level.permute(0, 2, 3, 1)
        scores.append(rows[..., :ANCHORS].reshape(len(level), -1, 1))
        boxes.append(rows[..., ANCHORS : ANCHORS * 5].reshape(len(level), -1, 4))
        kps.append(rows[..., ANCHORS * 5 :].reshape(len(level), -1, 10))
    return scores, boxes, kps


class ScrfdForm(nn.Module):
    """What is exported: nine outputs as InsightFace's SCRFD adapter reads them."""

    def __init__(self, detector: nn.Module) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Scores, distances and offsets of strides 8, 16 and 32."""
        scores, boxes, kps = flat(self.detector(pictures))
        return (*(torch.sigmoid(score) for score in scores), *boxes, *kps)
