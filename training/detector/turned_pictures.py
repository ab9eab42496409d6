"""LFW's labelled pictures with as many again in which the face is turned, kept on disk."""

import os
import shutil
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.detector.mosaic_drawing import Picture
from training.detector.pictures import LABEL_SIDE_PX, LABEL_THRESHOLD, LabelledPictures, prepare
from training.detector.turned_heads import draw_head, turned_picture
from training.teacher import Teacher

_PICTURES_A_HEAD: Final = 100
_VIEWS_A_HEAD: Final = 14
_LEAST_PX: Final = 60.0
_LEAST_SCORE: Final = 0.6
_ELSEWHERE: Final = 0.3
"""Share of turned heads that are laid on another picture's blurred background."""


def prepare_turned(
    lfw_zip: Path, pack: Path, folder: Path
) -> tuple[LabelledPictures, NDArray[np.int64]]:
    """Open the labelled pictures and the turned ones, made first when they are not there.

    The labeller looks at the turned pictures anew: only what it takes for a face is one.

    Returns:
        All pictures, and for each the archive's picture that it shows, int64 (N,).
    """
    plain = prepare(lfw_zip, pack, folder)
    if not (folder / "turned.npz").exists():
        _make(plain, Teacher(pack), folder)
    with np.load(folder / "turned.npz") as file:
        lists = {name: file[name] for name in ("owner", "boxes", "kps")}
        source = file["source"]
    shape = (len(source), *plain.pictures.shape[1:])
    pictures = np.memmap(folder / "turned.raw", np.uint8, "r", shape=shape)
    return LabelledPictures(pictures, **lists), source


def _make(plain: LabelledPictures, teacher: Teacher, folder: Path) -> None:
    random = np.random.default_rng(0)
    owner, boxes, kps = [plain.owner], [plain.boxes], [plain.kps]
    source = list(range(len(plain)))
    head = draw_head(_VIEWS_A_HEAD, random)
    shutil.copyfile(folder / "pictures.raw", folder / "turned.raw")
    with (folder / "turned.raw").open("ab") as file:
        for row in tqdm(random.permutation(len(plain)), "turning heads", mininterval=10.0):
            face = _best_face(plain, int(row))
            if face is None:
                continue
            if len(source) % _PICTURES_A_HEAD == 0:
                head = draw_head(_VIEWS_A_HEAD, random)
            picture = np.ascontiguousarray(plain.pictures[row])
            under = picture if random.random() >= _ELSEWHERE else _background(plain, random)
            turned, _ = turned_picture(picture, plain.kps[face], head, under, random)
            found = teacher.faces(turned, LABEL_SIDE_PX, LABEL_THRESHOLD)
            file.write(turned.tobytes())
            owner.append(np.full(len(found), len(source), np.int64))
            boxes.append(found.boxes)
            kps.append(found.kps)
            source.append(int(row))
    temporary = folder / "turned.tmp"
    with temporary.open("wb") as out:
        np.savez(
            out,
            owner=np.concatenate(owner),
            boxes=np.concatenate(boxes),
            kps=np.concatenate(kps),
            source=np.array(source, np.int64),
        )
    os.replace(temporary, folder / "turned.npz")


def _best_face(plain: LabelledPictures, row: int) -> int | None:
    """The face to turn: the surest one, when it is sure and large; its place in the lists."""
    faces = plain.faces(row)
    if faces.start == faces.stop:
        return None
    best = faces.start + int(np.argmax(plain.boxes[faces, 4]))
    box = plain.boxes[best]
    is_able = box[4] >= _LEAST_SCORE and box[2] - box[0] >= _LEAST_PX
    return best if is_able else None


def _background(plain: LabelledPictures, random: np.random.Generator) -> Picture:
    """Another picture, so blurred that nobody is left in it."""
    other = plain.pictures[int(random.integers(len(plain)))]
    return cv2.GaussianBlur(other, (0, 0), random.uniform(9.0, 16.0)).astype(np.uint8)
