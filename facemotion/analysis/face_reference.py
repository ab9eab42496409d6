"""What emotion crops look like when nothing is wrong: statistics of the training faces.

`python -m training.face_statistics` measures them; they travel as one file of arrays. Means and
quantiles over thousands of people are statistics: nobody's picture can be had back from them.
"""

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from facemotion.core.crop_measures import APPEARANCE, FEATURE_COUNT
from facemotion.core.errors import ModelError
from facemotion.core.labels import EMOTION_COUNT
from facemotion.core.preprocessing import INPUT_SIZE_PX
from facemotion.vision.crop_framing import FRAMING

MEASURES: Final = (*APPEARANCE, "likeness", *FRAMING)
"""Every measure that has a band, in the order of the arrays."""

DISTRIBUTIONS: Final = ("brightness", "contrast", "sharpness")
"""Measures whose whole distribution is kept, to be drawn."""

READER_DIMENSIONS: Final = EMOTION_COUNT - 1
RESOURCE: Final = "face-statistics.npz"

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FaceReference:
    """Statistics of faces that are known to be right.

    Attributes:
        faces: int64 (2,) how many training faces, and faces cut by the pipeline, were measured.
        mean_faces: float32 (8, 48, 48) gray levels: of all training faces, then of each emotion.
        typical: float32 (M,) median of each measure.
        bands: float32 (M, 2) lowest and highest median that a set of faces may have.
        edges: float32 (D, B + 1) of the histograms of `DISTRIBUTIONS`.
        shares: float32 (D, B) share of the training faces in each bin.
        least_gap: float32 (1,) mean lead of the likeliest emotion below which a model is lost.
        reader_mean: float32 (F,) mean gradient features of the training faces.
        reader: float32 (F, 6) a linear reader of emotions: within an emotion its six numbers have
            the identity as covariance.
        reader_classes: float32 (7, 6) their mean for each emotion.
    """

    faces: NDArray[np.int64]
    mean_faces: NDArray[np.float32]
    typical: NDArray[np.float32]
    bands: NDArray[np.float32]
    edges: NDArray[np.float32]
    shares: NDArray[np.float32]
    least_gap: NDArray[np.float32]
    reader_mean: NDArray[np.float32]
    reader: NDArray[np.float32]
    reader_classes: NDArray[np.float32]

    def __post_init__(self) -> None:
        size, count = INPUT_SIZE_PX, EMOTION_COUNT
        expected = {
            "faces": (2,),
            "mean_faces": (count + 1, size, size),
            "typical": (len(MEASURES),),
            "bands": (len(MEASURES), 2),
            "least_gap": (1,),
            "reader_mean": (FEATURE_COUNT,),
            "reader": (FEATURE_COUNT, READER_DIMENSIONS),
            "reader_classes": (count, READER_DIMENSIONS),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} must be {shape}, got {getattr(self, name).shape}")

    def scores(self, features: Float) -> Float:
        """What the linear reader makes of gradient features, float64 (N, 6)."""
        return (features - self.reader_mean) @ self.reader.astype(np.float64)

    def save(self, path: Path) -> None:
        """Write the file; the same statistics give the same bytes."""
        half = {"mean_faces", "reader", "reader_mean"}
        arrays = {
            entry.name: getattr(self, entry.name).astype(np.float16)
            if entry.name in half
            else getattr(self, entry.name)
            for entry in fields(self)
        }
        np.savez_compressed(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file.

        Raises:
            ModelError: It is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {entry.name: stored[entry.name] for entry in fields(cls)}
            single = {
                name: array.astype(np.float32) if array.dtype == np.float16 else array
                for name, array in arrays.items()
            }
            return cls(**single)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ModelError(
                f"The statistics of the training faces in {path} cannot be read ({error}). Install "
                "facemotion again."
            ) from error
