"""The built-in embedder beside another pack's: people it never saw, and a scene of six."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facemotion.core.gallery_index import GalleryIndex
from facemotion.core.quality import is_frontal
from facemotion.core.types import Decision, FaceDetection, FrameBgr
from facemotion.vision.faces import FaceModels
from facemotion.vision.photos import examine_photo
from facemotion.vision.pipeline import FacePipeline
from facemotion.vision.scene_watch import SceneWatch
from facemotion.vision.sources.specs import open_source, path_source
from tests.scene_truth import person_at
from training.embedder.evaluate import (
    Identification,
    identify,
    impostor_similarities,
    kept_out_pairs,
    verification_accuracy,
)
from training.lfw import LfwArchive

_TALL_PX = 80.0


@dataclass(frozen=True, slots=True, eq=False)
class KeptOutFaces:
    """Embeddings of the people whom no training saw.

    Attributes:
        rows: Positions in the archive of the pictures in which a face was found.
        embeddings: float32 (N, D) unit rows.
        missed: Pictures in which the detector found nobody.
    """

    rows: np.ndarray
    embeddings: np.ndarray
    missed: int


def embed_kept_out(
    detector: FaceModels, recogniser: FaceModels, archive: LfwArchive
) -> KeptOutFaces:
    """The face in the middle of every kept-out picture."""
    rows, found, missed = [], [], 0
    for row in np.flatnonzero(archive.kept_out()):
        picture = archive.picture(int(row))
        faces = detector.detect(picture)
        if not faces:
            missed += 1
            continue
        middle = np.array(picture.shape[1::-1]) / 2.0
        face = min(faces, key=lambda f: _offset(f, middle))
        rows.append(int(row))
        found.append(recogniser.embed(picture, [face.kps])[0])
    return KeptOutFaces(np.array(rows), np.stack(found), missed)


def verification(faces: KeptOutFaces, archive: LfwArchive) -> tuple[float, float, int]:
    """Accuracy on kept-out pairs, its threshold, and the number of pairs.

    A pair of which one face was not found is answered wrongly.
    """
    place = {int(row): i for i, row in enumerate(faces.rows)}
    pairs = kept_out_pairs(archive)
    able = [p for p in pairs if p.first in place and p.second in place]
    similarities = np.array(
        [faces.embeddings[place[p.first]] @ faces.embeddings[place[p.second]] for p in able]
    )
    accuracy, threshold = verification_accuracy(similarities, np.array([p.is_same for p in able]))
    return accuracy * len(able) / len(pairs), threshold, len(pairs)


def identification(faces: KeptOutFaces, archive: LfwArchive) -> Identification:
    """Right names at 1 % false accepts."""
    return identify(faces.embeddings, np.array(archive.people)[faces.rows])


def accept_thresholds(faces: KeptOutFaces, archive: LfwArchive) -> tuple[float, float]:
    """Similarities that 1 % and 0.1 % of pairs of strangers reach."""
    people = np.array(archive.people)[faces.rows]
    strangers = impostor_similarities(faces.embeddings, people)
    return float(np.quantile(strangers, 0.99)), float(np.quantile(strangers, 0.999))


def time_ratio(ours: FaceModels, theirs: FaceModels, picture: FrameBgr, rounds: int = 60) -> float:
    """Our time for one face by theirs, best of alternating rounds, alignment included."""
    kps = [theirs.detect(picture)[0].kps]
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for side, models in enumerate((ours, theirs)):
            begin = time.perf_counter()
            models.embed(picture, kps)
            best[side] = min(best[side], time.perf_counter() - begin)
    return best[0] / best[1]


@dataclass(slots=True)
class SceneTally:
    """What was said about the faces of the scene.

    Attributes:
        known: Faces with a name.
        wrong: Names of somebody else than who sits there.
        frontal: Faces that look into the camera and are tall enough.
        frontal_known: Those of them with a name.
    """

    known: int = 0
    wrong: int = 0
    frontal: int = 0
    frontal_known: int = 0


def scene(models: FaceModels, clip: Path, photos: list[Path]) -> SceneTally:
    """Six people enrolled with one photo each, then the clip through the whole pipeline."""
    pipeline = FacePipeline(models, None)
    pipeline.set_gallery(enrol(models, photos))
    watch, tally = SceneWatch(), SceneTally()
    source = open_source(path_source(clip))
    try:
        while (frame := source.read()) is not None:
            result = pipeline.process(watch.stamp(frame))
            for face in result.faces:
                is_known = face.identity.decision is Decision.KNOWN
                tall = float(face.bbox_xyxy[3] - face.bbox_xyxy[1]) >= _TALL_PX
                if tall and is_frontal(face.kps):
                    tally.frontal += 1
                    tally.frontal_known += is_known
                if is_known:
                    tally.known += 1
                    middle = (face.bbox_xyxy[:2] + face.bbox_xyxy[2:]) / 2.0
                    tally.wrong += face.identity.name != person_at(frame.time_s, *middle.tolist())
    finally:
        source.close()
    return tally


def enrol(models: FaceModels, photos: Sequence[Path]) -> GalleryIndex:
    """Everybody's one photo, enrolled as a user would.

    Raises:
        ValueError: A photo is refused; the message says which and why.
    """
    verdicts = [examine_photo(photo, models) for photo in photos]
    refused = [f"{v.name}: {v.reason}" for v in verdicts if not v.accepted]
    if refused:
        raise ValueError(f"photos that cannot be enrolled: {'; '.join(refused)}")
    names = [photo.stem for photo in photos]
    embeddings = np.stack([v.embedding for v in verdicts if v.embedding is not None])
    return GalleryIndex(embeddings, names, dict(zip(names, names, strict=True)), models.model_id)


def _offset(face: FaceDetection, point: np.ndarray) -> float:
    middle = (face.bbox_xyxy[:2] + face.bbox_xyxy[2:]) / 2.0
    return float(np.linalg.norm(middle - point))
