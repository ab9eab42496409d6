"""The emotion networks: the published design's SE-ResNet and the compact family that ships.

Every network reads float32 (N, 1, 48, 48) from `facemotion.core.preprocessing.normalise` and
answers float32 (N, 7) logits in `EMOTIONS` order.
"""

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.nn.utils.fusion import fuse_conv_bn_eval

from facemotion.core.labels import EMOTION_COUNT
from facemotion.core.preprocessing import INPUT_SIZE_PX


@dataclass(frozen=True, slots=True)
class Architecture:
    """The shape of one SE-ResNet.

    Attributes:
        stem: Output channels of the 3×3 convolutions before the first stage.
        stem_strides: Stride of each of them.
        widths: Channels of each stage.
        depths: Residual blocks of each stage.
        strides: Stride of each stage's first block.
        se_reduction: Channels divided by this give the squeeze's width (never under 4).
        hidden: Width of the layer between pooling and logits; 0 for none.
        dropout: Dropout after pooling.
        hidden_dropout: Dropout after the hidden layer.
        enlarged_px: Side to which faces are enlarged first; 0 for as they are. A network that
            halves the resolution at once sees more in a larger picture.
    """

    stem: tuple[int, ...]
    stem_strides: tuple[int, ...]
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    strides: tuple[int, ...]
    se_reduction: int = 16
    hidden: int = 0
    dropout: float = 0.2
    hidden_dropout: float = 0.0
    enlarged_px: int = 0


# Halves the resolution at once and spends the parameters on depth there.
_COMPACT: Final = Architecture(
    stem=(64,),
    stem_strides=(2,),
    widths=(64, 128, 256),
    depths=(1, 2, 2),
    strides=(1, 2, 2),
)

ARCHITECTURES: Final[dict[str, Architecture]] = {
    # The original design: two 3×3 convolutions, four stages of two blocks, reduction 32.
    "se_resnet": Architecture(
        stem=(64, 64),
        stem_strides=(1, 1),
        widths=(64, 128, 256, 512),
        depths=(2, 2, 2, 2),
        strides=(1, 2, 2, 2),
        se_reduction=32,
        hidden=256,
        dropout=0.5,
        hidden_dropout=0.3,
    ),
    # The same at half width, full resolution in the first stage.
    "se_resnet_half": Architecture(
        stem=(32, 32),
        stem_strides=(1, 1),
        widths=(32, 64, 128, 256),
        depths=(2, 2, 2, 2),
        strides=(1, 2, 2, 2),
    ),
    "compact": _COMPACT,
    # The same weights on enlarged faces: the second and third cycle's, and what ships.
    "compact_56": replace(_COMPACT, enlarged_px=56),
    "compact_64": replace(_COMPACT, enlarged_px=64),
    # The first one at half the width, for machines without vector units.
    "tiny": Architecture(
        stem=(32,),
        stem_strides=(2,),
        widths=(32, 64, 128),
        depths=(1, 1, 1),
        strides=(1, 2, 2),
        dropout=0.1,
    ),
}


class SqueezeExcite(nn.Module):
    """Channel attention from the feature map's mean (Hu et al., 2018)."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        squeezed = max(channels // reduction, 4)
        self.reduce = nn.Conv2d(channels, squeezed, 1)
        self.expand = nn.Conv2d(squeezed, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, C, H, W), each channel scaled by its gate in [0, 1]."""
        gate = features.mean((2, 3), keepdim=True)
        gate = torch.sigmoid(self.expand(torch.relu(self.reduce(gate))))
        return features * gate


class SEBlock(nn.Module):
    """Two 3×3 convolutions with channel attention, added to the (projected) input."""

    def __init__(self, channels_in: int, channels: int, stride: int, se_reduction: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1: nn.Module = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2: nn.Module = nn.BatchNorm2d(channels)
        self.se = SqueezeExcite(channels, se_reduction)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, C_in, H, W) to (N, C, H / stride, W / stride)."""
        out = torch.relu(self.bn1(self.conv1(features)))
        out = self.se(self.bn2(self.conv2(out)))
        return torch.relu(out + self.shortcut(features))


class SEResNet(nn.Module):
    """Residual network with channel attention for 48×48 gray faces."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = architecture
        self.enlarged_px = a.enlarged_px
        layers: list[nn.Module] = []
        channels = 1
        for width, stride in zip(a.stem, a.stem_strides, strict=True):
            layers += [
                nn.Conv2d(channels, width, 3, stride, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            channels = width
        self.stem = nn.Sequential(*layers)
        blocks: list[nn.Module] = []
        for width, depth, stride in zip(a.widths, a.depths, a.strides, strict=True):
            for position in range(depth):
                first = stride if position == 0 else 1
                blocks.append(SEBlock(channels, width, first, a.se_reduction))
                channels = width
        self.stages = nn.Sequential(*blocks)
        head: list[nn.Module] = [nn.Dropout(a.dropout)]
        if a.hidden:
            head += [nn.Linear(channels, a.hidden), nn.ReLU(), nn.Dropout(a.hidden_dropout)]
            channels = a.hidden
        head.append(nn.Linear(channels, EMOTION_COUNT))
        self.head = nn.Sequential(*head)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for module in self.modules():
            # A block starts as its shortcut, so a deep network trains from the first step.
            if isinstance(module, SEBlock) and isinstance(module.bn2, nn.BatchNorm2d):
                nn.init.zeros_(module.bn2.weight)

    def forward(self, faces: Tensor) -> Tensor:
        """Logits (N, 7) in `EMOTIONS` order from float32 (N, 1, 48, 48) in [−1, 1]."""
        if self.enlarged_px:
            side = (self.enlarged_px, self.enlarged_px)
            faces = interpolate(faces, side, mode="bilinear", align_corners=False)
        features = self.stages(self.stem(faces))
        return self.head(features.mean((2, 3)))


def build_model(name: str) -> SEResNet:
    """A freshly initialised network.

    Raises:
        ValueError: No architecture has this name.
    """
    if name not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {name!r}; expected one of {sorted(ARCHITECTURES)}")
    return SEResNet(ARCHITECTURES[name])


def parameter_count(model: nn.Module) -> int:
    """Number of trained values (running statistics not counted)."""
    return sum(p.numel() for p in model.parameters())


def multiply_accumulates(model: nn.Module, side_px: int = INPUT_SIZE_PX) -> int:
    """Multiplications of one face through all convolutions and linear layers."""
    total = 0

    def count(module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            kernel = module.weight[0].numel()
            total += output[0].numel() * kernel
        elif isinstance(module, nn.Linear):
            total += module.weight.numel()

    hooks = [m.register_forward_hook(count) for m in model.modules()]
    was_training = model.training
    with torch.inference_mode():
        model.eval()(torch.zeros(1, 1, side_px, side_px))
    model.train(was_training)
    for hook in hooks:
        hook.remove()
    return total


def folded(model: SEResNet) -> SEResNet:
    """A copy for inference with every batch norm folded into the convolution before it."""
    copy = deepcopy(model).eval()
    _fold_sequence(copy.stem)
    for module in copy.modules():
        if isinstance(module, SEBlock):
            _fold_pair(module, "conv1", "bn1")
            _fold_pair(module, "conv2", "bn2")
            if isinstance(module.shortcut, nn.Sequential):
                _fold_sequence(module.shortcut)
    return copy


def _fold_sequence(layers: nn.Sequential) -> None:
    for position in range(len(layers) - 1):
        if isinstance(layers[position + 1], nn.BatchNorm2d):
            _fold_pair(layers, str(position), str(position + 1))


def _fold_pair(owner: nn.Module, conv_name: str, norm_name: str) -> None:
    conv, norm = owner.get_submodule(conv_name), owner.get_submodule(norm_name)
    if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
        setattr(owner, conv_name, fuse_conv_bn_eval(conv, norm))
        setattr(owner, norm_name, nn.Identity())
