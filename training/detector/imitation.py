"""Targets from every answer of the labeller, not only from the faces that it is sure of.

How much it takes a half hidden profile, the back of a head or a fist for a face tells a small
network more than yes and no do (Hinton et al., 2015), above all about pictures unlike those that it
is trained on.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from training.detector.model import STRIDES
from training.detector.targets import Targets, anchor_centres, anchor_strides
from training.teacher import Teacher

_PLACED_SCORE: Final = 0.1
"""From this score on the labeller's box and landmarks are learnt too."""


def imitated(pictures_bgr: NDArray[np.uint8], teacher: Teacher) -> Targets:
    """What the labeller answers at every anchor.

    Args:
        pictures_bgr: uint8 (B, S, S, 3) BGR, S a multiple of 32.
        teacher: The labeller; a detector of SCRFD's form with two anchors a place.
    """
    side = pictures_bgr.shape[1]
    centres, strides = anchor_centres(side), anchor_strides(side)
    found = [teacher.answers(picture) for picture in pictures_bgr]
    scores, distances, offsets = (np.stack(parts) for parts in zip(*found, strict=True))
    if scores.shape[1] != len(centres):
        raise ValueError(
            f"the labeller answers at {scores.shape[1]} anchors, expected {len(centres)} "
            f"(two at each place of strides {STRIDES})"
        )
    reach = distances * strides[:, None]
    boxes = np.concatenate([centres - reach[..., :2], centres + reach[..., 2:]], -1)
    kps = np.tile(centres, 5) + offsets * strides[:, None]
    return Targets(
        torch.from_numpy(boxes.astype(np.float32)),
        torch.from_numpy(kps.astype(np.float32)),
        torch.from_numpy(scores >= _PLACED_SCORE),
        torch.ones(scores.shape, dtype=torch.bool),
        torch.from_numpy(scores),
    )
