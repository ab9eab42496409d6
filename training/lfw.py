"""Labeled Faces in the Wild as one zip, with the people split into training and kept-out ones.

Both networks of the built-in pack are trained on it and use the same split, so that a figure on
kept-out people is never touched by either of them.
"""

import hashlib
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

KEPT_OUT_FOLD: Final = 8
"""The fold of `pairs_dev.txt` whose people are kept out of training."""

GALLERY_PEOPLE: Final = 100
"""People with enough pictures for enrolment and probes that are kept out as well."""

_GALLERY_PICTURES: Final = range(4, 11)
_PAIRS_FILE: Final = "pairs_dev.txt"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures to be verified, by their positions in the archive."""

    first: int
    second: int
    is_same: bool
    fold: int


class LfwArchive:
    """Pictures of the zip, in the order of their names.

    Attributes:
        path: The zip file.
        names: One `Person_Name_0001` a picture.
        people: The person of each picture.
    """

    def __init__(self, path: Path) -> None:
        """Read the zip's list.

        Raises:
            ValueError: It holds no pictures in LFW's layout.
        """
        self.path = path
        self._zip = zipfile.ZipFile(path)
        files = sorted(name for name in self._zip.namelist() if name.endswith(".jpg"))
        if not files:
            raise ValueError(f"{path}: no pictures in LFW's layout (Name/Name_0001.jpg)")
        self._files = files
        self.names = tuple(Path(file).stem for file in files)
        self.people = tuple(Path(file).parent.name for file in files)

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self._files)

    def picture(self, position: int) -> NDArray[np.uint8]:
        """One picture, uint8 (H, W, 3) BGR."""
        data = np.frombuffer(self._zip.read(self._files[position]), np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
        if picture is None:
            raise ValueError(f"{self.path}: {self._files[position]} is not a readable picture")
        return picture.astype(np.uint8, copy=False)

    def pairs(self) -> list[Pair]:
        """The verification pairs, folds numbered from 1.

        Raises:
            ValueError: The file is not in LFW's format.
        """
        inside = [name for name in self._zip.namelist() if name.endswith(_PAIRS_FILE)]
        if not inside:
            raise ValueError(f"{self.path}: {_PAIRS_FILE} is missing")
        header, *lines = self._zip.read(inside[0]).decode("utf-8").splitlines()
        per_kind = int(header.split()[1])
        positions = {name: i for i, name in enumerate(self.names)}
        return [
            _read_pair(line, positions, 1 + row // (2 * per_kind))
            for row, line in enumerate(lines)
            if line.strip()
        ]

    def kept_out(self) -> NDArray[np.bool_]:
        """Which pictures show a person that no training may see, bool (N,).

        These are the people of one fold of pairs, and, so that identification can be measured
        with a gallery, people with four to ten pictures in the order of their names' hashes.
        """
        people = {
            self.people[position]
            for pair in self.pairs()
            if pair.fold == KEPT_OUT_FOLD
            for position in (pair.first, pair.second)
        }
        pictures = self.pictures_of()
        able = [name for name, rows in pictures.items() if len(rows) in _GALLERY_PICTURES]
        able.sort(key=lambda name: (name not in people, _name_hash(name)))
        people.update(able[:GALLERY_PEOPLE])
        return np.array([name in people for name in self.people])

    def pictures_of(self) -> dict[str, list[int]]:
        """Positions of every person's pictures."""
        pictures: defaultdict[str, list[int]] = defaultdict(list)
        for position, name in enumerate(self.people):
            pictures[name].append(position)
        return dict(pictures)


def _name_hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8")).hexdigest()


def _read_pair(line: str, positions: dict[str, int], fold: int) -> Pair:
    match line.split():
        case [name, first, second]:
            left, right, is_same = f"{name}_{int(first):04d}", f"{name}_{int(second):04d}", True
        case [name, first, other, second]:
            left, right, is_same = f"{name}_{int(first):04d}", f"{other}_{int(second):04d}", False
        case _:
            raise ValueError(f"{_PAIRS_FILE}: expected three or four columns, got {line!r}")
    return Pair(positions[left], positions[right], is_same, fold)
