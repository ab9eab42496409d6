"""Faces with emotion labels, read from every form in which they are found.

Three forms are told apart by what lies at the path:

* a FER+ folder or zip: PNG pictures and `label.csv` (picture, box, ten vote counts, no header), as
  Microsoft's FER+ tool writes it (https://github.com/microsoft/FERPlus);
* Kaggle's `fer2013.csv` (emotion, pixels, Usage), with `fer2013new.csv` beside it for votes;
* a folder with one sub-folder of pictures per emotion (`angry/0001.jpg`).

All become one `FaceData`. Columns are found by name, never by position: FER2013 numbers the
emotions angry, disgust, fear, happy, sad, surprise, neutral, FER+ writes neutral, happiness,
surprise, sadness, anger, disgust, fear, contempt, and `EMOTIONS` is a third order.
"""

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.core.labels import EMOTION_COUNT, EMOTIONS, emotion_index
from facemotion.core.preprocessing import INPUT_SIZE_PX

VOTE_COLUMNS: Final = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
"""Vote columns of FER+ in the order of its headerless `label.csv`."""

EMOTION_OF_COLUMN: Final = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
}
"""The emotion that a FER+ vote column stands for; the other three columns are none of ours."""

FER2013_LABELS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Emotion of each number in `fer2013.csv` (Goodfellow et al., 2013)."""

_PICTURES: Final = (".png", ".jpg", ".jpeg", ".bmp")
_FACE_SHAPE: Final = (INPUT_SIZE_PX, INPUT_SIZE_PX)


class DataError(ValueError):
    """Data that cannot be read; the message names the file and the row."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceData:
    """Faces and everything that was said about them.

    Attributes:
        images: uint8 (N, 48, 48) gray.
        votes: int32 (N, 10) in `VOTE_COLUMNS` order.
        names: One name for each picture, for messages and listings.
    """

    images: NDArray[np.uint8]
    votes: NDArray[np.int32]
    names: tuple[str, ...]

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.images)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "FaceData":
        """The chosen rows, copied."""
        numbers = np.arange(len(self))[rows]
        return FaceData(self.images[rows], self.votes[rows], tuple(self.names[i] for i in numbers))

    def sha256(self) -> str:
        """Hash of pictures and votes, for a model's metadata."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).tobytes())
        digest.update(np.ascontiguousarray(self.votes).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFaces:
    """Faces with the targets chosen for training or evaluation.

    Attributes:
        images: uint8 (N, 48, 48) gray.
        targets: float32 (N, 7) in `EMOTIONS` order, each row a distribution.
        labels: int64 (N,) positions in `EMOTIONS` of the row's largest vote.
        dropped: How many rows were left out, by reason.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.float32]
    labels: NDArray[np.int64]
    dropped: dict[str, int]

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.images)


def emotion_votes(votes: NDArray[np.int32]) -> NDArray[np.int32]:
    """FER+ votes rearranged to `EMOTIONS`, the columns found by name.

    Args:
        votes: int32 (N, 10) in `VOTE_COLUMNS` order.

    Returns:
        int32 (N, 7) in `EMOTIONS` order; contempt, unknown and NF are left out.
    """
    ours = np.zeros((len(votes), EMOTION_COUNT), np.int32)
    for position, column in enumerate(VOTE_COLUMNS):
        if column in EMOTION_OF_COLUMN:
            ours[:, emotion_index(EMOTION_OF_COLUMN[column])] = votes[:, position]
    return ours


def label_faces(data: FaceData, selection: str, targets: str) -> LabelledFaces:
    """Choose rows and targets.

    Votes of a single person are dropped first, as FER+'s own reader does, unless a row has only
    such votes.

    Args:
        data: What was read.
        selection: `strict`, the winner has more than half of the remaining votes and is one of
            the seven; `plain`, the largest of all ten counts is one of the seven.
        targets: `majority`, all weight on the winner; `distribution`, the remaining votes for the
            seven, renormalised.

    Raises:
        ValueError: Unknown selection or targets.
    """
    if selection not in ("strict", "plain"):
        raise ValueError(f"unknown selection {selection!r}; expected 'strict' or 'plain'")
    if targets not in ("majority", "distribution"):
        raise ValueError(f"unknown targets {targets!r}; expected 'majority' or 'distribution'")
    several = np.where(data.votes > 1, data.votes, 0)
    votes = np.where(several.sum(1, keepdims=True) > 0, several, data.votes)
    winner = votes.argmax(1)
    ours = np.array([column in EMOTION_OF_COLUMN for column in VOTE_COLUMNS])
    is_emotion = ours[winner] & (votes.sum(1) > 0)
    is_clear = 2 * votes.max(1) > votes.sum(1)
    keep = is_emotion & is_clear if selection == "strict" else is_emotion
    dropped = {"winner is not one of the seven": int((~is_emotion).sum())}
    if selection == "strict":
        dropped["no majority"] = int((is_emotion & ~is_clear).sum())
    chosen = emotion_votes(votes[keep]).astype(np.float32)
    labels = chosen.argmax(1)
    if targets == "majority":
        chosen = np.eye(EMOTION_COUNT, dtype=np.float32)[labels]
    chosen /= np.maximum(chosen.sum(1, keepdims=True), 1.0)
    return LabelledFaces(data.images[keep], chosen, labels, dropped)
