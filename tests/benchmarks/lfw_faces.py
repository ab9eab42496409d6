"""Embeddings of all of Labeled Faces in the Wild with one pack, kept in a file between runs."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import Pack
from facemotion.vision.photos import embed_photo
from training.lfw import LfwArchive

DET_SIZE = 192
"""The size of LFW's pictures: enlarged, their faces are found less exactly."""


@dataclass(frozen=True, slots=True, eq=False)
class LfwFaces:
    """The face in the middle of every picture.

    Attributes:
        embeddings: float32 (N, D) unit rows as of a live picture; NaN where no face was found.
        photos: The same as of a photo for enrolment.
        people: The person of each picture.
    """

    embeddings: np.ndarray
    photos: np.ndarray
    people: np.ndarray

    @property
    def is_found(self) -> np.ndarray:
        """Which pictures have a face, bool (N,)."""
        return np.isfinite(self.embeddings[:, 0])


def embed_all(archive: LfwArchive, pack: Pack, cache_dir: Path) -> LfwFaces:
    """Embed every picture, or read what an earlier run embedded.

    Args:
        archive: The pictures.
        pack: Its detector finds the faces, its recogniser embeds them.
        cache_dir: Where the embeddings are kept, by model and archive.
    """
    digest = hashlib.sha256(f"{pack.detector_path.name} {DET_SIZE} {len(archive)} 4".encode())
    cache = cache_dir / f"lfw-{pack.model_id}-{digest.hexdigest()[:8]}.npy"
    if cache.is_file():
        return LfwFaces(*np.load(cache), np.array(archive.people))
    models = FaceModels(pack, det_size=DET_SIZE)
    both = np.full((2, len(archive), pack.embedding_dim), np.nan, np.float32)
    for row in tqdm(range(len(archive)), desc="LFW", unit="picture", mininterval=5.0):
        picture = archive.picture(row)
        kps = _middle_face(picture, models)
        if kps is not None:
            both[0, row] = models.embed(picture, [kps])[0]
            both[1, row] = embed_photo(picture, kps, models)
    cache_dir.mkdir(parents=True, exist_ok=True)
    np.save(cache, both)
    return LfwFaces(*both, np.array(archive.people))


def _middle_face(picture: np.ndarray, models: FaceModels) -> np.ndarray | None:
    faces = models.detect(picture)
    if not faces:
        return None
    middle = np.array(picture.shape[1::-1]) / 2.0
    nearest = min(
        faces,
        key=lambda f: float(np.linalg.norm((f.bbox_xyxy[:2] + f.bbox_xyxy[2:]) / 2.0 - middle)),
    )
    return nearest.kps
