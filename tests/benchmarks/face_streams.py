"""Streams of readings as a webcam would give them: real faces, jittered, through the real model."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from facemotion.core.preprocessing import INPUT_SIZE_PX
from facemotion.vision.emotion import EmotionClassifier
from training.data import LabelledFaces

RATE_HZ = 30
STEADY_S = 60.0
PHASE_S = 5.0
_BATCH = 16
"""Pictures that the model reads at once: of 1 to 240, this takes the least time a picture."""

_MIDDLE = (INPUT_SIZE_PX - 1) / 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """Readings at `RATE_HZ`.

    Attributes:
        steady: float32 (S, T, 7): one face each.
        steady_labels: (S,) class of each.
        changes: float32 (C, U, 7): one face for `PHASE_S` seconds, then another.
        labels: (C, 2) class before and after.
        is_readable: bool (C,): whether the model's mean reading of either face is its label.
    """

    steady: np.ndarray
    steady_labels: np.ndarray
    changes: np.ndarray
    labels: np.ndarray
    is_readable: np.ndarray


class Webcam:
    """What a webcam and a detector do to a still face.

    The crop's place and size wander (a detector's box is never quite still), brightness drifts,
    every picture has noise of its own and is compressed.

    Args:
        random: Source of all of it.
    """

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._quality = int(random.integers(70, 95))
        self._noise = float(random.uniform(1.5, 5.0))
        self._step = np.array([0.30, 0.30, 0.006, 0.4, 0.006])
        self._state = 3.0 * self._step * random.standard_normal(5)

    def pictures(self, face: np.ndarray, count: int) -> np.ndarray:
        """uint8 (count, 48, 48): the face from one picture to the next, at `RATE_HZ`."""
        return np.stack([self._picture(face) for _ in range(count)])

    def _picture(self, face: np.ndarray) -> np.ndarray:
        # An Ornstein–Uhlenbeck walk with a memory of half a second.
        self._state += self._step * self._random.standard_normal(5) - self._state / 15.0
        dx, dy, log_scale, degrees, brightness = self._state
        matrix = cv2.getRotationMatrix2D((_MIDDLE, _MIDDLE), degrees, float(np.exp(log_scale)))
        matrix[:, 2] += dx, dy
        moved = cv2.warpAffine(
            face.astype(np.float32), matrix, face.shape[::-1], borderMode=cv2.BORDER_REFLECT_101
        )
        noise = self._random.normal(0.0, self._noise, face.shape)
        lit = np.clip(moved * np.exp(3.0 * brightness) + noise, 0, 255).astype(np.uint8)
        _, packed = cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        return cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)


class StreamReader:
    """Readings of streams by one model, each kept in a file of its own for the next run.

    Args:
        faces: Where the faces come from.
        model: The emotion model.
        cache_dir: Folder for the files; those of another model lie beside them.
    """

    def __init__(self, faces: LabelledFaces, model: EmotionClassifier, cache_dir: Path) -> None:
        self._faces = faces
        self._model = model
        digest = hashlib.sha256(_probs(faces.images, model).tobytes())
        self._dir = cache_dir / f"streams-{digest.hexdigest()[:12]}"
        self._dir.mkdir(parents=True, exist_ok=True)

    def read(self, kind: str, seed: int, rows: tuple[int, ...], seconds: float) -> np.ndarray:
        """float32 (T, 7): each of the faces for so long, one after the other."""
        path = self._dir / f"{kind}-{seed}-{'-'.join(str(row) for row in rows)}.npy"
        if not path.is_file():
            webcam = Webcam(np.random.default_rng((seed, *rows)))
            count = round(seconds * RATE_HZ)
            pictures = [webcam.pictures(self._faces.images[row], count) for row in rows]
            with path.with_suffix(".part").open("wb") as file:
                np.save(file, _probs(np.concatenate(pictures), self._model))
            path.with_suffix(".part").replace(path)
        return np.load(path)


def read_streams(
    faces: LabelledFaces, model: EmotionClassifier, count: int, cache_dir: Path, seed: int
) -> Streams:
    """Readings of `count` steady faces, and of changes until `count` of them are readable.

    Faces are drawn without a look at the model from those whose label is clear; a change is between
    two classes, each as likely as any other. Where the model's mean reading of a face is wrong
    there is no right moment to show it: such changes are kept, and marked.
    """
    reader = StreamReader(faces, model, cache_dir)
    random = np.random.default_rng(seed)
    rows = random.permutation(len(faces))[:count]
    steady = [
        reader.read("steady", seed, (int(row),), STEADY_S)
        for row in tqdm(rows, desc="steady faces", mininterval=5.0)
    ]
    changes: list[np.ndarray] = []
    pairs: list[tuple[int, int]] = []
    is_readable: list[bool] = []
    with tqdm(total=count, desc="readable changes", mininterval=5.0) as bar:
        for pair in _pairs(faces.labels, random):
            if sum(is_readable) == count:
                break
            readings = reader.read("change", seed, pair, PHASE_S)
            means = readings.reshape(2, -1, readings.shape[1]).mean(axis=1)
            changes.append(readings)
            pairs.append(pair)
            is_readable.append(bool((means.argmax(axis=1) == faces.labels[list(pair)]).all()))
            bar.update(int(is_readable[-1]))
    return Streams(
        np.stack(steady),
        faces.labels[rows],
        np.stack(changes),
        faces.labels[np.array(pairs)],
        np.array(is_readable),
    )


def _probs(pictures: np.ndarray, model: EmotionClassifier) -> np.ndarray:
    starts = range(0, len(pictures), _BATCH)
    return np.concatenate([model.probs(pictures[at : at + _BATCH]) for at in starts])


def _pairs(classes: np.ndarray, random: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Pairs of faces of different classes, every class as often as every other; endless."""
    by_class = [np.flatnonzero(classes == c) for c in np.unique(classes)]
    while True:
        first, second = random.choice(len(by_class), 2, replace=False)
        yield int(random.choice(by_class[first])), int(random.choice(by_class[second]))
