"""Real faces seen from the side: FER2013's small gray ones, coloured and laid into pictures.

LFW was collected with a detector of frontal faces, FER2013 by searching for words of emotion, so
that it shows what LFW lacks: profiles with their own hair, ears and light. Its pictures are of
48×48 px and cut close; they get the colours of another picture and surroundings.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.data import read_faces
from training.detector.mosaic_drawing import Picture
from training.detector.pictures import LABEL_SIDE_PX, LABEL_THRESHOLD, LabelledPictures
from training.teacher import Faces, Teacher

OBLIQUE_EYES_SHARE: Final = 0.36
"""Distance of the eyes in widths of the box up to which a face is clearly turned …"""

PROFILE_EYES_SHARE: Final = 0.26
"""… and up to which it is nearly a profile."""

_UNSURE_SCORE: Final = 0.65
_VARIANTS: Final = (6, 3, 1)
"""How often a profile, a turned face and one that the labeller is unsure of are laid out."""

_LARGEST_PX: Final = 150
_SMALLEST_PX: Final = 80
_ENLARGED_PX: Final = 96
_FRAME_PX: Final = 48
_BINS: Final = 16
_STAYS_GRAY: Final = 0.12


def eyes_share(boxes: NDArray[np.float32], kps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distance of the eyes in widths of the box, float32 (N,); small for faces turned away.

    Args:
        boxes: float32 (N, 4 or more) px.
        kps: float32 (N, 5, 2) px.
    """
    apart = np.linalg.norm(kps[:, 0] - kps[:, 1], axis=1)
    return np.asarray(apart / np.maximum(boxes[:, 2] - boxes[:, 0], 1e-6), np.float32)


def coloured(gray: NDArray[np.uint8], like: Picture) -> Picture:
    """A gray picture in the colours that another one has at the same lightness.

    Args:
        gray: uint8 (H, W).
        like: uint8 (h, w, 3) BGR.

    Returns:
        uint8 (H, W, 3) BGR.
    """
    lab = cv2.cvtColor(like, cv2.COLOR_BGR2LAB).reshape(-1, 3).astype(np.float64)
    which = np.minimum(lab[:, 0].astype(int) * _BINS // 256, _BINS - 1)
    counts = np.bincount(which, minlength=_BINS)
    is_seen = counts > 0
    middles = (np.arange(_BINS) + 0.5) * 256.0 / _BINS
    result = np.empty((*gray.shape, 3), np.uint8)
    result[..., 0] = gray
    for channel in (1, 2):
        means = np.bincount(which, lab[:, channel], _BINS)[is_seen] / counts[is_seen]
        table = np.interp(np.arange(256), middles[is_seen], means)
        result[..., channel] = np.clip(table, 0, 255).astype(np.uint8)[gray]
    return np.asarray(cv2.cvtColor(result, cv2.COLOR_LAB2BGR), np.uint8)


def laid_out(
    face: NDArray[np.uint8], like: Picture, under: Picture, random: np.random.Generator
) -> Picture:
    """A small gray face, enlarged and coloured, on a picture in which there is nobody.

    Args:
        face: uint8 (48, 48) gray.
        like: Whose colours it gets, uint8 (h, w, 3) BGR.
        under: What surrounds it, uint8 (H, W, 3) BGR; at least as large as the face will be.
        random: Draws size, place and rim.

    Returns:
        uint8 (H, W, 3) BGR.
    """
    side = int(random.integers(_SMALLEST_PX, min(_LARGEST_PX, *under.shape[:2]) + 1))
    large = np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
    is_gray = random.random() < _STAYS_GRAY
    piece = cv2.cvtColor(large, cv2.COLOR_GRAY2BGR) if is_gray else coloured(large, like)
    x = int(random.integers(0, under.shape[1] - side + 1))
    y = int(random.integers(0, under.shape[0] - side + 1))
    share = np.zeros((side, side), np.float32)
    rim = int(random.integers(0, 5))
    share[rim : side - rim, rim : side - rim] = 1.0
    if rim:
        share = cv2.GaussianBlur(share, (0, 0), rim)
    result = under.copy()
    part = result[y : y + side, x : x + side]
    part[:] = cv2.blendLinear(
        np.asarray(piece, np.uint8), np.ascontiguousarray(part), share, 1.0 - share
    )
    return result


def prepare_small_faces(fer_file: Path, teacher: Teacher, folder: Path) -> LabelledPictures:
    """Open all faces of FER2013 at twice their size, made first when they are not there.

    Args:
        fer_file: FER2013's pictures, see `training.data.read_faces`.
        teacher: Says where a face is; pictures in which it sees none have none.
        folder: Where the pictures are kept.

    Returns:
        Pictures of 96×96 px in three equal channels, with at most one face each.
    """
    if not (folder / "small.npz").exists():
        images = read_faces(fer_file).images
        shown = tqdm(images, "labelling FER2013", mininterval=10.0)
        _write((_enlarged(face, teacher) for face in shown), folder, "small")
    return _read(folder, "small", (_ENLARGED_PX, _ENLARGED_PX, 3))


def _enlarged(face: NDArray[np.uint8], teacher: Teacher) -> tuple[Picture, Faces]:
    side = (_ENLARGED_PX, _ENLARGED_PX)
    large = cv2.cvtColor(cv2.resize(face, side, interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2BGR)
    # The detector wants room around a face, and FER2013's pictures have none.
    room = _FRAME_PX
    framed = cv2.copyMakeBorder(large, room, room, room, room, cv2.BORDER_REPLICATE)
    found = teacher.faces(np.asarray(framed, np.uint8), LABEL_SIDE_PX, LABEL_THRESHOLD)
    boxes, kps = found.boxes[:1].copy(), found.kps[:1] - np.float32(room)
    boxes[:, :4] -= room
    return np.asarray(large, np.uint8), Faces(boxes, kps)


def prepare_small_profiles(
    fer_file: Path, plain: LabelledPictures, teacher: Teacher, folder: Path
) -> LabelledPictures:
    """Open the pictures with turned faces of FER2013, made first when they are not there.

    Args:
        fer_file: FER2013's pictures, see `training.data.read_faces`.
        plain: Gives colours and surroundings, and the size of the pictures.
        teacher: Says where a face is.
        folder: Where the pictures are kept.
    """
    if not (folder / "profiles.npz").exists():
        _write(_turned(fer_file, plain, teacher), folder, "profiles")
    return _read(folder, "profiles", plain.pictures.shape[1:])


def _read(folder: Path, name: str, shape: tuple[int, ...]) -> LabelledPictures:
    with np.load(folder / f"{name}.npz") as file:
        count = int(file["count"])
        lists = {key: file[key] for key in ("owner", "boxes", "kps")}
    pictures = np.memmap(folder / f"{name}.raw", np.uint8, "r", shape=(count, *shape))
    return LabelledPictures(pictures, **lists)


def _write(source: Iterator[tuple[Picture, Faces]], folder: Path, name: str) -> None:
    """Pictures as they come, the list of their faces last."""
    owner: list[NDArray[np.int64]] = []
    boxes: list[NDArray[np.float32]] = []
    kps: list[NDArray[np.float32]] = []
    count = 0
    with (folder / f"{name}.raw").open("wb") as file:
        for picture, found in source:
            file.write(picture.tobytes())
            owner.append(np.full(len(found), count, np.int64))
            boxes.append(found.boxes)
            kps.append(found.kps)
            count += 1
    temporary = folder / f"{name}.tmp"
    with temporary.open("wb") as out:
        np.savez(
            out,
            owner=np.concatenate([np.zeros(0, np.int64), *owner]),
            boxes=np.concatenate([np.zeros((0, 5), np.float32), *boxes]),
            kps=np.concatenate([np.zeros((0, 5, 2), np.float32), *kps]),
            count=count,
        )
    os.replace(temporary, folder / f"{name}.npz")


def _turned(
    fer_file: Path, plain: LabelledPictures, teacher: Teacher
) -> Iterator[tuple[Picture, Faces]]:
    """Every picture that shows a turned face, once or several times, with the labeller's word."""
    random = np.random.default_rng(0)
    for face in tqdm(read_faces(fer_file).images, "looking for profiles", mininterval=10.0):
        picture, found = _labelled(face, plain, teacher, random)
        times = _variants(found)
        if times:
            yield picture, found
            for _ in range(times - 1):
                yield _labelled(face, plain, teacher, random)


def _labelled(
    face: NDArray[np.uint8],
    plain: LabelledPictures,
    teacher: Teacher,
    random: np.random.Generator,
) -> tuple[Picture, Faces]:
    like, other = (
        np.asarray(plain.pictures[int(row)]) for row in random.integers(len(plain), size=2)
    )
    under = cv2.GaussianBlur(other, (0, 0), random.uniform(9.0, 16.0)).astype(np.uint8)
    picture = laid_out(face, like, under, random)
    return picture, teacher.faces(picture, LABEL_SIDE_PX, LABEL_THRESHOLD)


def _variants(found: Faces) -> int:
    if not len(found):
        return 0
    share = float(eyes_share(found.boxes[:1], found.kps[:1])[0])
    if share <= PROFILE_EYES_SHARE:
        return _VARIANTS[0]
    if share <= OBLIQUE_EYES_SHARE:
        return _VARIANTS[1]
    return _VARIANTS[2] if found.boxes[0, 4] < _UNSURE_SCORE else 0
