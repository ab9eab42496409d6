"""Aligned faces with the teacher's embeddings, prepared once and kept on disk.

Three parts, each an array file that is written when it is complete, so that an interrupted
preparation continues with the missing ones:

* `lfw`: every picture of LFW, of which only training people are used for training;
* `mixed`: new faces made of two training faces, blended along a soft random line or evenly and
  bent by a smooth random warp. The teacher says where such a face, which nobody has, lies;
* `fer`: the small gray faces of FER2013, for their many further people.
"""

import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.lfw import LfwArchive
from training.teacher import Teacher, align, most_central, unit_rows

MARGIN_PX: Final = 16
"""Picture around the aligned 112×112 crop that is kept for shifted and turned crops."""

CANVAS_PX: Final = 112 + 2 * MARGIN_PX
_LABEL_SIDE_PX: Final = 320
_CHUNK: Final = 512


@dataclass(frozen=True, slots=True, eq=False)
class FacePart:
    """Faces and where the teacher puts them.

    Attributes:
        canvases: uint8 (N, 144, 144, 3) BGR, mapped from disk.
        targets: float32 (N, D), unit rows; zero where no face was found.
        rows: int64 (N,) position of each face's picture in its source.
    """

    canvases: NDArray[np.uint8]
    targets: NDArray[np.float32]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of faces."""
        return len(self.targets)


def crops(canvases: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The recogniser's 112×112 pictures in the middle of the canvases."""
    inner = slice(MARGIN_PX, CANVAS_PX - MARGIN_PX)
    return np.ascontiguousarray(canvases[:, inner, inner])


def prepare(
    lfw_zip: Path, pack: Path, folder: Path, mixed: int, fer_zip: Path | None = None
) -> dict[str, FacePart]:
    """Make the parts that are not there yet, and open all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = LfwArchive(lfw_zip)
    if not _is_there(folder, "lfw"):
        _write(folder, "lfw", Teacher(pack), _lfw_canvases(archive, Teacher(pack)), True)
    lfw = _read(folder, "lfw")
    parts = {"lfw": lfw}
    if mixed:
        if not _is_there(folder, "mixed"):
            training = np.flatnonzero(~archive.kept_out()[lfw.rows])
            sources = _mixed_canvases(lfw.canvases, training, mixed)
            _write(folder, "mixed", Teacher(pack), sources, False)
        parts["mixed"] = _read(folder, "mixed")
    if fer_zip is not None:
        if not _is_there(folder, "fer"):
            _write(folder, "fer", Teacher(pack), _fer_canvases(fer_zip, Teacher(pack)), False)
        parts["fer"] = _read(folder, "fer")
    return parts


def _lfw_canvases(archive: LfwArchive, teacher: Teacher) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for row in tqdm(range(len(archive)), "aligning LFW", mininterval=10.0):
        picture = archive.picture(row)
        canvas = _aligned(picture, teacher, 0.3)
        if canvas is not None:
            yield row, canvas


def _fer_canvases(path: Path, teacher: Teacher) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    with zipfile.ZipFile(path) as file:
        names = sorted(name for name in file.namelist() if name.endswith(".png"))
        for row, name in enumerate(tqdm(names, "aligning FER2013", mininterval=10.0)):
            data = np.frombuffer(io.BytesIO(file.read(name)).getbuffer(), np.uint8)
            small = cv2.imdecode(data, cv2.IMREAD_COLOR)
            if small is None:
                continue
            # The detector wants room around a face, and FER2013's crops have none.
            large = cv2.resize(small, (128, 128), interpolation=cv2.INTER_CUBIC)
            framed = cv2.copyMakeBorder(large, 32, 32, 32, 32, cv2.BORDER_REPLICATE)
            canvas = _aligned(framed.astype(np.uint8), teacher, 0.6, side_px=192)
            if canvas is not None:
                yield row, canvas


def _aligned(
    picture: NDArray[np.uint8], teacher: Teacher, threshold: float, side_px: int = _LABEL_SIDE_PX
) -> NDArray[np.uint8] | None:
    faces = teacher.faces(picture, side_px, threshold)
    chosen = most_central(faces, picture.shape)
    return None if chosen is None else align(picture, faces.kps[chosen], MARGIN_PX)


def _mixed_canvases(
    canvases: NDArray[np.uint8], training: NDArray[np.int64], count: int
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for row in tqdm(range(count), "mixing faces", mininterval=10.0):
        random = np.random.default_rng((7, row))
        first, second = random.choice(training, 2, replace=False)
        yield row, mix(canvases[first], canvases[second], random)


def mix(
    first: NDArray[np.uint8], second: NDArray[np.uint8], random: np.random.Generator
) -> NDArray[np.uint8]:
    """A face that nobody has, of two aligned ones; uint8 of the same shape."""
    side = first.shape[0]
    if random.random() < 0.5:
        share = np.full((side, side, 1), random.uniform(0.25, 0.75), np.float32)
    else:
        angle, offset = random.uniform(0.0, 2.0 * np.pi), random.uniform(-16.0, 16.0)
        y, x = np.mgrid[:side, :side].astype(np.float32) - side / 2
        distance = x * np.cos(angle) + y * np.sin(angle) - offset
        share = 1.0 / (1.0 + np.exp(-distance / random.uniform(3.0, 10.0)))[..., None]
    if random.random() < 0.5:
        second = second[:, ::-1]
    blended = first * share + second * (1.0 - share)
    return bend(blended.astype(np.uint8), random, 3.5)


def bend(
    picture: NDArray[np.uint8], random: np.random.Generator, strength_px: float
) -> NDArray[np.uint8]:
    """The picture through a smooth random warp of 5×5 control points."""
    side = picture.shape[0]
    field = random.normal(0.0, strength_px, (5, 5, 2)).astype(np.float32)
    shift = cv2.resize(field, (side, side), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    warped = cv2.remap(
        picture,
        x + shift[..., 0],
        y + shift[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return warped.astype(np.uint8)


def _write(
    folder: Path,
    name: str,
    teacher: Teacher,
    source: Iterator[tuple[int, NDArray[np.uint8]]],
    is_mirrored: bool,
) -> None:
    """Embed the faces and write the part: pictures chunk by chunk, the list last."""
    canvas_file = folder / f"{name}_canvases.raw"
    rows: list[int] = []
    targets: list[NDArray[np.float32]] = []
    with canvas_file.open("wb") as file:
        for chunk_rows, chunk in _chunks(source):
            file.write(chunk.tobytes())
            rows += chunk_rows
            pictures = crops(chunk)
            found = teacher.embeddings(pictures)
            if is_mirrored:
                found = unit_rows(found + teacher.embeddings(pictures[:, :, ::-1]))
            targets.append(found)
    temporary = folder / f"{name}.tmp"
    with temporary.open("wb") as file:
        np.savez(file, rows=np.array(rows, np.int64), targets=np.concatenate(targets))
    os.replace(temporary, folder / f"{name}.npz")


def _chunks(
    source: Iterator[tuple[int, NDArray[np.uint8]]],
) -> Iterator[tuple[list[int], NDArray[np.uint8]]]:
    rows: list[int] = []
    canvases: list[NDArray[np.uint8]] = []
    for row, canvas in source:
        rows.append(row)
        canvases.append(canvas)
        if len(rows) == _CHUNK:
            yield rows, np.stack(canvases)
            rows, canvases = [], []
    if rows:
        yield rows, np.stack(canvases)


def _is_there(folder: Path, name: str) -> bool:
    return (folder / f"{name}.npz").exists()


def _read(folder: Path, name: str) -> FacePart:
    with np.load(folder / f"{name}.npz") as file:
        rows, targets = file["rows"], file["targets"]
    shape = (len(rows), CANVAS_PX, CANVAS_PX, 3)
    canvases = np.memmap(folder / f"{name}_canvases.raw", np.uint8, "r", shape=shape)
    return FacePart(canvases, targets, rows)
