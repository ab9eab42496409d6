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
_BATCH = 60
_MIDDLE = (INPUT_SIZE_PX - 1) / 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """Readings at `RATE_HZ`.

    Attributes:
        steady: float32 (S, T, 7): one face each.
        steady_labels: (S,) class of each.
        changes: float32 (C, U, 7): one face for `PHASE_S` seconds, then another.
        labels: (C, 2) class before and after.
        left_out: Changes that were made but not kept, see `read_streams`.
    """

    steady: np.ndarray
    steady_labels: np.ndarray
    changes: np.ndarray
    labels: np.ndarray
    left_out: int


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


def read_streams(
    faces: LabelledFaces, model: EmotionClassifier, count: int, cache_dir: Path
) -> Streams:
    """Readings of `count` steady faces and of `count` changes, or those of an earlier run.

    Steady faces are any faces with a clear label. For a change both faces are ones that the model
    reads rightly, as they are and on the mean of their stream, because otherwise there is no right
    moment to show it.
    """
    random = np.random.default_rng(7)
    order = random.permutation(len(faces))
    sample = np.concatenate(list(_probs(faces.images, model)))
    key = hashlib.sha256(sample.tobytes()).hexdigest()[:12]
    read = sample.argmax(axis=1)
    steady = order[:count]
    pairs = _pairs(faces.labels, order[read[order] == faces.labels[order]], count)
    phase = int(PHASE_S * RATE_HZ)
    found: dict[str, list[np.ndarray]] = {"steady": [], "change": []}
    jobs = [("steady", (row,), int(STEADY_S * RATE_HZ)) for row in steady]
    jobs += [("change", pair, phase) for pair in pairs]
    for number, (kind, rows, length) in enumerate(tqdm(jobs, desc="streams", mininterval=5.0)):
        path = cache_dir / f"streams-{key}" / f"{kind}-{'-'.join(str(row) for row in rows)}.npy"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            webcam = Webcam(np.random.default_rng((number, *rows)))
            pictures = [webcam.pictures(faces.images[row], length) for row in rows]
            np.save(path, np.concatenate(list(_probs(np.concatenate(pictures), model))))
        found[kind].append(np.load(path))
    changes, labels = np.stack(found["change"]), faces.labels[np.array(pairs)]
    means = changes.reshape(len(changes), 2, phase, -1).mean(axis=2)
    is_read = (means.argmax(axis=2) == labels).all(axis=1)
    return Streams(
        np.stack(found["steady"]),
        faces.labels[steady],
        changes[is_read],
        labels[is_read],
        int((~is_read).sum()),
    )


def _probs(pictures: np.ndarray, model: EmotionClassifier) -> Iterator[np.ndarray]:
    for start in range(0, len(pictures), _BATCH):
        yield model.probs(pictures[start : start + _BATCH])


def _pairs(classes: np.ndarray, rows: np.ndarray, count: int) -> list[tuple[int, int]]:
    """Pairs of faces of different classes, every class as often as every other."""
    random = np.random.default_rng(11)
    by_class = [rows[classes[rows] == c] for c in range(7)]
    present = [c for c in range(7) if len(by_class[c])]
    pairs: list[tuple[int, int]] = []
    while len(pairs) < count:
        first, second = random.choice(present, 2, replace=False)
        pairs.append((int(random.choice(by_class[first])), int(random.choice(by_class[second]))))
    return pairs
