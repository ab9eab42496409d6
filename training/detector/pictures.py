"""LFW's pictures with the faces that another pack's detector finds in them, kept on disk."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.lfw import LfwArchive
from training.teacher import Teacher

LABEL_SIDE_PX: Final = 320
LABEL_THRESHOLD: Final = 0.3


class Pictures(Protocol):
    """What is needed of uint8 (N, H, W, 3) BGR pictures that need not be in memory."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, 3)."""
        ...

    def __len__(self) -> int:
        """Number of pictures."""
        ...

    def __getitem__(self, number: int, /) -> NDArray[np.uint8]:
        """One of them, uint8 (H, W, 3)."""
        ...


class JoinedPictures:
    """Pictures of several arrays one after another, which stay where they are."""

    def __init__(self, parts: Sequence[Pictures]) -> None:
        """Remember the parts.

        Raises:
            ValueError: Their pictures are not of one size.
        """
        if len({part.shape[1:] for part in parts}) != 1:
            raise ValueError("pictures of one size are needed")
        self._parts = list(parts)
        self._starts = np.cumsum([0, *(len(part) for part in parts)])

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, 3)."""
        return (len(self), *self._parts[0].shape[1:])

    def __len__(self) -> int:
        """Number of pictures."""
        return int(self._starts[-1])

    def __getitem__(self, number: int, /) -> NDArray[np.uint8]:
        """One of them, uint8 (H, W, 3)."""
        part = int(np.searchsorted(self._starts, number, side="right")) - 1
        return self._parts[part][int(number - self._starts[part])]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPictures:
    """Pictures of one size and the faces in them.

    Attributes:
        pictures: uint8 (N, H, W, 3) BGR, mapped from disk.
        owner: int64 (M,) picture of each face, rising.
        boxes: float32 (M, 5): x1, y1, x2, y2 in px and the labeller's score.
        kps: float32 (M, 5, 2) px.
    """

    pictures: Pictures
    owner: NDArray[np.int64]
    boxes: NDArray[np.float32]
    kps: NDArray[np.float32]

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.pictures)

    def faces(self, picture: int) -> slice:
        """Where the faces of one picture stand in the lists."""
        start, stop = np.searchsorted(self.owner, [picture, picture + 1])
        return slice(int(start), int(stop))


def joined(parts: Sequence[LabelledPictures]) -> LabelledPictures:
    """Several sets of pictures as one, in their order."""
    starts = np.cumsum([0, *(len(part) for part in parts)])
    return LabelledPictures(
        JoinedPictures([part.pictures for part in parts]),
        np.concatenate([part.owner + start for part, start in zip(parts, starts, strict=False)]),
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.kps for part in parts]),
    )


def prepare(lfw_zip: Path, pack: Path, folder: Path) -> LabelledPictures:
    """Open the labelled pictures, made first when they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "pictures.npz").exists():
        _label(LfwArchive(lfw_zip), Teacher(pack), folder)
    with np.load(folder / "pictures.npz") as file:
        shape = tuple(int(v) for v in file["shape"])
        lists = {name: file[name] for name in ("owner", "boxes", "kps")}
    return LabelledPictures(np.memmap(folder / "pictures.raw", np.uint8, "r", shape=shape), **lists)


def _label(archive: LfwArchive, teacher: Teacher, folder: Path) -> None:
    shape = archive.picture(0).shape
    owner: list[int] = []
    boxes: list[NDArray[np.float32]] = []
    kps: list[NDArray[np.float32]] = []
    with (folder / "pictures.raw").open("wb") as file:
        for row in tqdm(range(len(archive)), "labelling LFW", mininterval=10.0):
            picture = archive.picture(row)
            if picture.shape != shape:
                raise ValueError(f"{archive.names[row]} is {picture.shape}, expected {shape}")
            file.write(picture.tobytes())
            faces = teacher.faces(picture, LABEL_SIDE_PX, LABEL_THRESHOLD)
            owner += [row] * len(faces)
            boxes.append(faces.boxes)
            kps.append(faces.kps)
    temporary = folder / "pictures.tmp"
    with temporary.open("wb") as out:
        np.savez(
            out,
            owner=np.array(owner, np.int64),
            boxes=np.concatenate(boxes),
            kps=np.concatenate(kps),
            shape=np.array((len(archive), *shape)),
        )
    os.replace(temporary, folder / "pictures.npz")
