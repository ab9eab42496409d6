"""The refiner: a second look at what the detector takes for a face.

A gray crop of 48×48 around the detector's box goes in; whether it is a face at all, and where its
five landmarks are, comes out. On a crop that is centred already both are far easier than in a
whole picture, so a small network is sure and exact.
"""

from dataclasses import dataclass
from typing import Final

from torch import Tensor, nn

from facemotion.vision.second_look import CROP_PX
from training.detector.model import Residual

LANDMARK_VALUES: Final = 10


@dataclass(frozen=True, slots=True)
class RefinerShape:
    """Sizes of one refiner.

    Attributes:
        widths: Channels at 24, 12 and 6 pixels.
        depth: Residual blocks at 12 and at 6 pixels.
        head: Channels of the last map, before its places are weighed.
        hidden: Width of the layer before the answers.
    """

    widths: tuple[int, int, int] = (32, 64, 88)
    depth: int = 1
    head: int = 24
    hidden: int = 96


def _conv(channels_in: int, channels: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    ]


class Refiner(nn.Module):
    """Float32 (N, 1, 48, 48) in [−1, 1] to (N, 11): landmarks and the logit of being a face.

    Landmarks are in sides of the crop from its middle: x and y of the five points in turn.
    """

    def __init__(self, shape: RefinerShape) -> None:
        super().__init__()
        # One large step at once: maps of 48×48 would cost more than all the rest.
        layers = _conv(1, shape.widths[0], kernel=5, stride=2)
        channels = shape.widths[0]
        for width in shape.widths[1:]:
            layers += _conv(channels, width, stride=2)
            layers += [Residual(width) for _ in range(shape.depth)]
            channels = width
        layers += _conv(channels, shape.head, kernel=1)
        places = (CROP_PX // 8) ** 2
        self.features = nn.Sequential(*layers)
        self.answer = nn.Sequential(
            nn.Flatten(),
            nn.Linear(shape.head * places, shape.hidden),
            nn.ReLU(),
            nn.Linear(shape.hidden, LANDMARK_VALUES + 1),
        )

    def forward(self, crops: Tensor) -> Tensor:
        """Landmarks and logit (N, 11)."""
        return self.answer(self.features(crops))


class ProbabilityRefiner(nn.Module):
    """What is exported: landmarks (N, 5, 2) and the probability (N,) of being a face.

    Args:
        refiner: The trained network.
        shift: Is added to the logit of being a face.
    """

    def __init__(self, refiner: nn.Module, shift: float = 0.0) -> None:
        super().__init__()
        self.refiner, self.shift = refiner, shift

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Landmarks (N, 5, 2) and probabilities (N,)."""
        answers = self.refiner(crops)
        return answers[:, :LANDMARK_VALUES].reshape(-1, 5, 2), (
            answers[:, -1] + self.shift
        ).sigmoid()
