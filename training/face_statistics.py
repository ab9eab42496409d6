"""Measure what emotion crops look like when nothing is wrong, for `facemotion debug-report`.

`python -m training.face_statistics --ferplus ../shared/data/ferplus/FER2013Train.zip
--lfw ../shared/data/lfw_dev.zip --pack models/builtin ../shared/models/scrfd_500m_mobilefacenet
--out resources/face-statistics.npz`

Light, fineness, mean faces and the linear reader come from the training faces; light, fineness and
framing of what our own pipeline cuts come from Labeled Faces in the Wild, without the people whom
`LfwArchive.kept_out` keeps for checking the verdict. A band runs from the 1st to the 99th
percentile of single faces (of both collections where both were measured): the faces of one person
in one light are like one face drawn from a collection, so their median may lie anywhere in it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facemotion.analysis.face_reference import (
    DISTRIBUTIONS,
    MEASURES,
    READER_DIMENSIONS,
    FaceReference,
)
from facemotion.core.crop_measures import (
    APPEARANCE,
    appearance,
    gradient_features,
    likeness,
    sharpnesses,
)
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS
from facemotion.core.quality import QualityGates, gate, sharpness
from facemotion.vision.crop_framing import DET_SIZE, DET_THRESHOLD, find_framing
from facemotion.vision.crops import cut_crops
from facemotion.vision.emotion import EmotionClassifier, load_emotion_model
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import Pack, open_pack
from training.data import LabelledFaces, label_faces, read_faces
from training.lfw import LfwArchive

Crops = NDArray[np.uint8]
Float = NDArray[np.float64]

TAILS: Final = (1.0, 99.0)
BINS: Final = 32
RIDGE: Final = 300.0
SET_SIZE: Final = 20
"""Faces of the smallest set that is judged."""
SETS: Final = 2000
LFW_DET_SIZE: Final = 320
_MAX_HISTOGRAM: Final = 99.0


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    options = _parse(argv)
    cv2.setNumThreads(1)
    faces = label_faces(read_faces(options.ferplus), "strict", "majority")
    archive = LfwArchive(options.lfw)
    model = load_emotion_model(options.model)
    packs = [open_pack(folder) for folder in options.pack]
    positions = one_picture_each(archive, is_kept_out=False)[: options.people]
    cut = np.concatenate([cut_lfw(archive, positions, pack, model) for pack in packs])
    finder = FaceModels(packs[0], det_size=DET_SIZE, det_thresh=DET_THRESHOLD)
    reference = measure(faces, cut, find_framing(cut, finder), model.probs(cut))
    reference.save(options.out)
    for name, typical, (low, high) in zip(
        MEASURES, reference.typical, reference.bands, strict=True
    ):
        print(f"{name:12} {typical:7.2f}   {low:7.2f} … {high:7.2f}")
    print(f"least gap    {reference.least_gap[0]:7.2f}")
    print(f"{options.out}: {options.out.stat().st_size / 1024:.0f} KiB")


def one_picture_each(archive: LfwArchive, *, is_kept_out: bool) -> list[int]:
    """The first picture of everybody who is kept out of training, or of everybody else."""
    first: dict[str, int] = {}
    for position, (name, out) in enumerate(zip(archive.people, archive.kept_out(), strict=True)):
        if bool(out) == is_kept_out:
            first.setdefault(name, position)
    return list(first.values())


def cut_lfw(
    archive: LfwArchive, positions: Sequence[int], pack: Pack, model: EmotionClassifier
) -> Crops:
    """The faces in the middle of pictures as the pipeline cuts them, uint8 (N, 48, 48)."""
    models = FaceModels(pack, det_size=LFW_DET_SIZE)
    crops: list[Crops] = []
    for position in tqdm(positions, desc=pack.name, unit="picture", mininterval=5.0):
        picture = archive.picture(position)
        size = (picture.shape[1], picture.shape[0])
        middle = np.array(size) / 2.0
        found = models.detect(picture)
        if not found:
            continue
        face = min(
            found, key=lambda f: float(np.hypot(*(f.bbox_xyxy.reshape(2, 2).mean(0) - middle)))
        )
        crop = cut_crops(picture, [face], model.crop_rule)
        if gate(face, sharpness(crop[0]), size, QualityGates()) is None:
            crops.append(crop)
    return np.concatenate(crops)


def measure(
    faces: LabelledFaces, cut: Crops, framing: Float, probs: NDArray[np.float32]
) -> FaceReference:
    """All statistics.

    Args:
        faces: The training faces.
        cut: uint8 (N, 48, 48) faces that the pipeline cut.
        framing: float64 (N, 4) as `find_framing` sees them.
        probs: float32 (N, 7) what the emotion model says about them.
    """
    means = mean_faces(faces)
    both = [
        np.column_stack([appearance(crops), likeness(crops, means[0])])
        for crops in (faces.images, cut)
    ]
    tails = np.stack([np.percentile(part, TAILS, axis=0) for part in both])
    low, high = tails[:, 0].min(0), tails[:, 1].max(0)
    framing = framing[np.isfinite(framing[:, 0])]
    bands = np.column_stack([low, high])
    bands[-1, 1] = 1.0  # a face cannot be too much like a face
    bands = np.concatenate([bands, np.percentile(framing, TAILS, axis=0).T])
    typical = np.concatenate([np.median(both[0], axis=0), np.median(framing, axis=0)])
    edges, shares = histograms(faces.images)
    mean, reader, classes = linear_reader(faces)
    return FaceReference(
        faces=np.array([len(faces.images), len(cut)]),
        mean_faces=means.astype(np.float32),
        typical=typical.astype(np.float32),
        bands=bands.astype(np.float32),
        edges=edges.astype(np.float32),
        shares=shares.astype(np.float32),
        least_gap=np.array([least_gap(probs)], np.float32),
        reader_mean=mean.astype(np.float32),
        reader=reader.astype(np.float32),
        reader_classes=classes.astype(np.float32),
    )


def mean_faces(faces: LabelledFaces) -> Float:
    """Gray levels of the mean face and of each emotion's, float64 (8, 48, 48)."""
    groups = [faces.images, *(faces.images[faces.labels == k] for k in range(EMOTION_COUNT))]
    empty = [name for name, group in zip(("all", *EMOTIONS), groups, strict=True) if not len(group)]
    if empty:
        raise ValueError(f"no training face shows {', '.join(empty)}")
    return np.stack([group.mean(axis=0, dtype=np.float64) for group in groups])


def histograms(crops: Crops) -> tuple[Float, Float]:
    """Edges (D, B + 1) and shares (D, B) of the distributions that are drawn.

    The last bin takes everything beyond the 99th percentile.
    """
    looks = appearance(crops)
    columns = {name: looks[:, number] for number, name in enumerate(APPEARANCE)}
    columns["sharpness"] = sharpnesses(crops)
    edges, shares = [], []
    for name in DISTRIBUTIONS:
        bounds = np.linspace(0.0, float(np.percentile(columns[name], _MAX_HISTOGRAM)), BINS + 1)
        counts, _ = np.histogram(np.minimum(columns[name], bounds[-1]), bounds)
        edges.append(bounds)
        shares.append(counts / len(crops))
    return np.stack(edges), np.stack(shares)


def linear_reader(faces: LabelledFaces) -> tuple[Float, Float, Float]:
    """Linear discriminants of gradient features, every emotion weighing the same.

    Returns:
        The features' mean (F,), the projection (F, 6) after which faces of one emotion have the
        identity as covariance, and each emotion's mean there (7, 6).
    """
    features = gradient_features(faces.images)
    counts = np.bincount(faces.labels, minlength=EMOTION_COUNT)
    weights = 1.0 / (EMOTION_COUNT * counts[faces.labels])
    mean = weights @ features
    centred = (features - mean) * np.sqrt(weights * len(features))[:, None]
    wanted = np.eye(EMOTION_COUNT)[faces.labels] * np.sqrt(weights * len(features))[:, None]
    square = centred.T @ centred + RIDGE * np.eye(features.shape[1])
    solution = np.linalg.solve(square, centred.T @ wanted)
    scores = (features - mean) @ solution
    middles = np.stack([scores[faces.labels == k].mean(axis=0) for k in range(EMOTION_COUNT)])
    rest = scores - middles[faces.labels]
    values, vectors = np.linalg.eigh((rest * weights[:, None]).T @ rest)
    # The seven scores of a face add up to a constant, so one direction holds nothing.
    whiten = vectors[:, -READER_DIMENSIONS:] / np.sqrt(values[-READER_DIMENSIONS:])
    return mean, solution @ whiten, middles @ whiten


def least_gap(probs: NDArray[np.float32]) -> float:
    """Half the mean lead that the poorest of many small sets of right faces has.

    Args:
        probs: float32 (N, 7) of faces that are right.
    """
    ordered = np.sort(probs, axis=1)
    gaps = ordered[:, -1] - ordered[:, -2]
    rng = np.random.default_rng(0)
    sets = gaps[rng.integers(0, len(gaps), (SETS, SET_SIZE))].mean(axis=1)
    return float(sets.min()) / 2.0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.face_statistics",
        description=__doc__.partition("\n")[0] if __doc__ else None,
    )
    parser.add_argument("--ferplus", type=Path, required=True, help="the training faces")
    parser.add_argument("--lfw", type=Path, required=True, help="lfw_dev.zip")
    parser.add_argument("--pack", type=Path, required=True, nargs="+", help="packs that cut faces")
    parser.add_argument(
        "--model", type=Path, default=Path("models/emotion.onnx"), help="reads the faces"
    )
    parser.add_argument("--people", type=int, default=2000, help="people of LFW, at most")
    parser.add_argument(
        "--out", type=Path, default=Path("resources/face-statistics.npz"), help="file to write"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
