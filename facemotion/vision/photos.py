"""Photos for enrolment: is there one face, good enough to recognise somebody by?"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from facemotion.core.errors import ModelError, SourceError
from facemotion.core.preprocessing import EmotionCropRule
from facemotion.core.quality import QualityGates, embedding_quality, face_px, gate, sharpness
from facemotion.core.types import FaceDetection, FloatArray, FrameBgr, GateReason
from facemotion.vision.crops import cut_crops, warp_square
from facemotion.vision.faces import FaceFinder
from facemotion.vision.sources.pictures import read_picture

THUMBNAIL_PX: Final = 160
_THUMBNAIL_RULE: Final = EmotionCropRule(scale=1.7, is_aligned=False)
_BYSTANDER_SHARE: Final = 0.35
"""A second face is a bystander when it is smaller than this part of the first, side by side."""

_TIGHT_CROP_PAD: Final = 0.5
_MIRRORED_KPS: Final = (1, 0, 2, 4, 3)
"""Landmarks of a mirrored face: left and right eye and corner of the mouth change places."""

_SENTENCES: Final = {
    GateReason.TOO_SMALL: "the face is too small ({size:.0f} px, at least {least:.0f} needed)",
    GateReason.LOW_DET_SCORE: "the face is hardly to be seen; choose a clearer photo",
    GateReason.TOO_BLURRED: "the face is too blurred",
    GateReason.TURNED_AWAY: "the face is turned too far away",
    GateReason.CUT_OFF: "the face is cut off by the picture's edge",
}


@dataclass(frozen=True, slots=True, eq=False)
class PhotoVerdict:
    """What was found in a photo.

    Attributes:
        name: File name, or empty.
        accepted: Whether it can be used.
        reason: Why not, in a few words; empty when accepted.
        detection: The face meant, or None.
        faces: All faces found, from left to right.
        crop_bgr: uint8 (160, 160, 3) BGR around the face meant, or None.
        embedding: float32 (D,) unit, when accepted.
        quality: What the embedding is worth, in [0, 1].
    """

    name: str
    accepted: bool
    reason: str
    detection: FaceDetection | None = None
    faces: tuple[FaceDetection, ...] = ()
    crop_bgr: FrameBgr | None = None
    embedding: FloatArray | None = None
    quality: float = 0.0


def examine_photo(
    photo: Path | str | FrameBgr,
    faces: FaceFinder,
    gates: QualityGates | None = None,
    name: str = "",
) -> PhotoVerdict:
    """Look at a photo of one person.

    A much smaller second face counts as a bystander and does no harm.

    Args:
        photo: A file, or a picture, uint8 (H, W, 3) BGR.
        faces: Detection and recognition.
        gates: What the face must fulfil.
        name: What to call a picture that is no file.

    Raises:
        ModelError: The pack has no recognition model.
    """
    if faces.embedding_dim == 0:
        raise ModelError("This pack has no recognition model, so nobody can be enrolled with it.")
    if isinstance(photo, np.ndarray):
        return _examine(photo, faces, gates or QualityGates(), name)
    path = Path(photo)
    try:
        picture = read_picture(path)
    except SourceError as error:
        return PhotoVerdict(name or path.name, accepted=False, reason=str(error).rstrip("."))
    return _examine(picture, faces, gates or QualityGates(), name or path.name)


def embed_photo(picture: FrameBgr, kps: FloatArray, faces: FaceFinder) -> FloatArray:
    """Embedding of a photo: of the face and of its mirror image together.

    The two halves of a face are never alike, nor is the light on them; the mean of both ways is
    nearer to other pictures of the same person (measured in ARCHITECTURE.md).

    Args:
        picture: uint8 (H, W, 3) BGR.
        kps: float32 (5, 2) px landmarks of the face.
        faces: The recogniser.

    Returns:
        float32 (D,) unit L2 norm.
    """
    mirrored_kps = kps[list(_MIRRORED_KPS)]
    mirrored_kps[:, 0] = picture.shape[1] - 1 - mirrored_kps[:, 0]
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    both = faces.embed(picture, [kps])[0] + faces.embed(mirrored, [mirrored_kps])[0]
    return both / max(float(np.linalg.norm(both)), 1e-9)


def _examine(picture: FrameBgr, faces: FaceFinder, gates: QualityGates, name: str) -> PhotoVerdict:
    found = tuple(_find(picture, faces))
    if not found:
        return PhotoVerdict(name, accepted=False, reason="no face was found")
    face = max(found, key=lambda other: face_px(other.bbox_xyxy))
    crop = _thumbnail(picture, face)
    verdict = PhotoVerdict(name, False, "", face, found, crop)
    if any(_is_rival(other, face) for other in found):
        return replace(verdict, reason=f"several faces ({len(found)}); choose a photo of one")
    clear = sharpness(cut_crops(picture, [face], EmotionCropRule())[0])
    reason = gate(face, clear, (picture.shape[1], picture.shape[0]), gates)
    if reason is not None:
        size = face_px(face.bbox_xyxy)
        words = _SENTENCES[reason].format(size=size, least=gates.min_face_px)
        return replace(verdict, reason=words)
    embedding = embed_photo(picture, face.kps, faces)
    quality = embedding_quality(face, clear)
    return replace(verdict, accepted=True, embedding=embedding, quality=quality)


def _find(picture: FrameBgr, faces: FaceFinder) -> list[FaceDetection]:
    """The faces; when there is none, once more with room around a face that fills the photo."""
    found = faces.detect(picture)
    if found:
        return found
    height, width = picture.shape[:2]
    pad = max(1, round(_TIGHT_CROP_PAD * max(height, width)))
    wide = cv2.copyMakeBorder(picture, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    return [
        FaceDetection(face.bbox_xyxy - np.float32(pad), face.kps - np.float32(pad), face.det_score)
        for face in faces.detect(np.asarray(wide, np.uint8))
    ]


def _is_rival(other: FaceDetection, face: FaceDetection) -> bool:
    share = face_px(other.bbox_xyxy) / max(face_px(face.bbox_xyxy), 1.0)
    return other is not face and share >= _BYSTANDER_SHARE


def _thumbnail(picture: FrameBgr, face: FaceDetection) -> FrameBgr:
    matrix = _THUMBNAIL_RULE.matrix(face.bbox_xyxy, face.kps, THUMBNAIL_PX)
    return warp_square(picture, matrix, THUMBNAIL_PX)
