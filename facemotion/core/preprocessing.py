"""From a face in a picture to the emotion model's input: the crop rule and the normalisation.

The same rule runs in the application, in `training` and in the evaluation, and travels in the
metadata of every exported emotion model.
"""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

INPUT_SIZE_PX = 48
"""Side of the square gray picture that the emotion models read (FER2013's own size)."""


@dataclass(frozen=True, slots=True)
class EmotionCropRule:
    """How a square face crop is cut from a detection.

    The defaults were measured (`training/crop_study.py`): with them faces that the detector cuts
    from raw pictures have their eyes within 0.4 px of where FER+ has them, and the emotion model
    reads more of them right than with any other rule tried.

    Attributes:
        scale: Side of the crop as a multiple of the mean of the bounding box's width and height.
        shift_x: Shift of the crop's centre to the right, as a fraction of the crop's side.
        shift_y: Shift of the crop's centre downwards, as a fraction of the crop's side.
        is_aligned: Whether the crop is turned so that the line through the eyes is level.
    """

    scale: float = 1.04
    shift_x: float = 0.0
    shift_y: float = 0.0
    is_aligned: bool = True

    def matrix(
        self,
        bbox_xyxy: NDArray[np.float32],
        kps: NDArray[np.float32],
        size_px: int = INPUT_SIZE_PX,
    ) -> NDArray[np.float32]:
        """Affine map from image coordinates to the crop's pixels.

        Args:
            bbox_xyxy: float32 (4,) px, image coordinates.
            kps: float32 (5, 2) px: right eye, left eye, nose, right and left mouth corner, as
                seen in the picture from left to right.
            size_px: Side of the square crop.

        Returns:
            float32 (2, 3), to be given to an affine warp as the forward map.
        """
        x1, y1, x2, y2 = (float(v) for v in bbox_xyxy)
        side = max(self.scale * ((x2 - x1) + (y2 - y1)) / 2.0, 1.0)
        (left_x, left_y), (right_x, right_y) = kps[:2].tolist()
        angle = math.atan2(right_y - left_y, right_x - left_x) if self.is_aligned else 0.0
        zoom = size_px / side
        cos, sin = math.cos(angle) * zoom, math.sin(angle) * zoom
        x, y = (x1 + x2) / 2.0, (y1 + y2) / 2.0
        # Pixel centres stand at whole numbers, so the crop's middle is half a pixel lower.
        to_x = (0.5 - self.shift_x) * size_px - 0.5 - (cos * x + sin * y)
        to_y = (0.5 - self.shift_y) * size_px - 0.5 - (cos * y - sin * x)
        return np.array([[cos, sin, to_x], [-sin, cos, to_y]], np.float32)

    def to_metadata(self) -> dict[str, Any]:
        """The rule as plain values, for a model's metadata."""
        return asdict(self)

    @classmethod
    def from_metadata(cls, values: Any) -> "EmotionCropRule":
        """The rule read back from a model's metadata.

        Raises:
            ValueError: A field is missing, unknown or of the wrong type.
        """
        names = {field.name for field in fields(cls)}
        if not isinstance(values, dict):
            raise ValueError(f"crop rule must be a mapping, got {values!r}")
        entries = cast("dict[str, Any]", values)
        if entries.keys() != names:
            raise ValueError(f"crop rule must have the fields {sorted(names)}, got {entries!r}")
        if not isinstance(entries["is_aligned"], bool):
            raise ValueError(f"crop rule's is_aligned is no boolean: {entries!r}")
        scale = _number(entries, "scale")
        if scale <= 0.0:
            raise ValueError(f"crop rule's scale must be positive: {entries!r}")
        return cls(
            scale,
            _number(entries, "shift_x"),
            _number(entries, "shift_y"),
            is_aligned=entries["is_aligned"],
        )


def _number(entries: dict[str, Any], name: str) -> float:
    value = entries[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        raise ValueError(f"crop rule's {name} is no finite number: {entries!r}")
    return float(value)


def normalise(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Model input from gray crops: (x / 255 − 0.5) / 0.5.

    Args:
        gray: uint8 (N, H, W).

    Returns:
        float32 (N, 1, H, W), contiguous, in [−1, 1].

    Raises:
        ValueError: The array is not uint8 with three dimensions.
    """
    if gray.dtype != np.uint8 or gray.ndim != 3:
        raise ValueError(f"expected uint8 (N, H, W), got {gray.dtype} {gray.shape}")
    return (gray[:, None].astype(np.float32) / 255.0 - 0.5) / 0.5
