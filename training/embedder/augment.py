"""Random changes to aligned faces, as detectors, cameras, distance and hands make them.

Plain OpenCV on single pictures: one processor thread changes some 3,000 faces a second.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.embedder.faces import CANVAS_PX

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FaceAugmentation:
    """Strength of each change; 0 switches it off.

    Attributes:
        flip: Probability of mirroring.
        rotation_deg: Largest turn to either side.
        scale: Largest change of size.
        stretch: Largest change of width against height.
        shift_px: Largest shift of the crop.
        light: Probability of other brightness, contrast, gamma and colour.
        gray: Probability of losing colour.
        blur: Probability of blur.
        low_resolution: Probability of losing detail as a small face does.
        jpeg: Probability of JPEG block noise.
        noise: Probability of sensor noise.
        occlusion: Probability of a covered rectangle.
    """

    flip: float = 0.5
    rotation_deg: float = 6.0
    scale: float = 0.06
    stretch: float = 0.04
    shift_px: float = 3.0
    light: float = 0.6
    gray: float = 0.1
    blur: float = 0.1
    low_resolution: float = 0.15
    jpeg: float = 0.15
    noise: float = 0.1
    occlusion: float = 0.2

    def __call__(self, canvas: Picture, random: np.random.Generator) -> Picture:
        """A changed 112×112 crop of one 144×144 canvas, uint8 (112, 112, 3)."""
        face = self._crop(canvas, random)
        if random.random() < self.light:
            face = change_light(face, random)
        if random.random() < self.gray:
            face = without_colour(face)
        if random.random() < self.occlusion:
            face = _occlude(face, random)
        if random.random() < self.blur:
            face = blurred(face, random.uniform(0.5, 2.0))
        if random.random() < self.low_resolution:
            face = _low_resolution(face, random)
        if random.random() < self.noise:
            grain = random.normal(0.0, random.uniform(2.0, 12.0), face.shape)
            face = np.clip(face + grain, 0, 255).astype(np.uint8)
        if random.random() < self.jpeg:
            face = compressed(face, int(random.uniform(20, 80)))
        return face

    def _crop(self, canvas: Picture, random: np.random.Generator) -> Picture:
        angle = np.deg2rad(random.uniform(-self.rotation_deg, self.rotation_deg))
        size = 1.0 + random.uniform(-self.scale, self.scale)
        stretch = random.uniform(-self.stretch, self.stretch)
        mirror = -1.0 if random.random() < self.flip else 1.0
        cos, sin = np.cos(angle) * size, np.sin(angle) * size
        turn = np.array([[cos * mirror * (1 + stretch), -sin], [sin * mirror, cos * (1 - stretch)]])
        middle = (CANVAS_PX - 1) / 2.0
        target = (112 - 1) / 2.0 + random.uniform(-self.shift_px, self.shift_px, 2)
        offset = target - turn @ np.array([middle, middle])
        matrix = np.hstack([turn, offset[:, None]])
        # Replicating the border hides no face: turned crops leave the canvas at corners only.
        return cv2.warpAffine(canvas, matrix, (112, 112), borderMode=cv2.BORDER_REPLICATE).astype(
            np.uint8, copy=False
        )


def change_light(face: Picture, random: np.random.Generator) -> Picture:
    """Another gamma, contrast, brightness and tint, uint8 (H, W, 3)."""
    levels = np.arange(256, dtype=np.float32)[:, None] / 255.0
    gamma = np.exp(random.uniform(-0.5, 0.5))
    contrast, brightness = random.uniform(0.6, 1.35), random.uniform(-0.15, 0.15)
    tint = 1.0 + random.uniform(-0.12, 0.12, 3)
    table = ((levels**gamma - 0.5) * contrast + 0.5 + brightness) * tint
    lut = np.clip(table * 255.0, 0, 255).astype(np.uint8).reshape(256, 1, 3)
    return cv2.LUT(face, lut).astype(np.uint8, copy=False)


def _low_resolution(face: Picture, random: np.random.Generator) -> Picture:
    side = int(random.uniform(24, 80))
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    how = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(random.integers(2))]
    return cv2.resize(small, face.shape[1::-1], interpolation=how).astype(np.uint8, copy=False)


def without_colour(picture: Picture) -> Picture:
    """The picture in gray, still with three channels."""
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)


def blurred(picture: Picture, sigma_px: float) -> Picture:
    """The picture out of focus."""
    return cv2.GaussianBlur(picture, (0, 0), sigma_px).astype(np.uint8, copy=False)


def compressed(picture: Picture, quality: int) -> Picture:
    """The picture as a JPEG of this quality shows it."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise RuntimeError("OpenCV cannot read the JPEG that it wrote")
    return decoded.astype(np.uint8, copy=False)


def _occlude(face: Picture, random: np.random.Generator) -> Picture:
    """Cover one rectangle of up to a sixth of the picture."""
    side = face.shape[0]
    width, height = (random.uniform(0.15, 0.42, 2) * side).astype(int)
    x, y = int(random.integers(0, side - width)), int(random.integers(0, side - height))
    covered = face.copy()
    if random.random() < 0.5:
        covered[y : y + height, x : x + width] = random.integers(0, 256, 3, dtype=np.uint8)
    else:
        grain = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        covered[y : y + height, x : x + width] = grain
    return covered
