"""Faces for the training tests; without torch the whole folder is left out."""

import csv
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

# `training` needs torch, which the application does not: tests.check says so when it is missing.
if importlib.util.find_spec("torch") is None:
    collect_ignore_glob = ["test_*.py"]

VOTE_ROWS = (
    (9, 0, 0, 1, 0, 0, 0, 0, 0, 0),  # neutral
    (0, 10, 0, 0, 0, 0, 0, 0, 0, 0),  # happy
    (0, 0, 6, 0, 0, 0, 4, 0, 0, 0),  # surprise, fear second
    (2, 0, 0, 4, 4, 0, 0, 0, 0, 0),  # sad and angry tie: no majority
    (0, 0, 0, 0, 2, 0, 0, 8, 0, 0),  # contempt
    (0, 0, 0, 0, 1, 7, 1, 0, 1, 0),  # disgust
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 10),  # not a face
)
"""Votes in FER+'s column order."""


def random_faces(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 48, 48)).astype(np.uint8)


@pytest.fixture
def ferplus_folder(tmp_path: Path) -> Path:
    """A folder in the layout of FER+'s tool, seven pictures."""
    folder = tmp_path / "FER2013Train"
    folder.mkdir()
    with (folder / "label.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for row, (votes, face) in enumerate(
            zip(VOTE_ROWS, random_faces(len(VOTE_ROWS)), strict=True)
        ):
            cv2.imwrite(str(folder / f"fer{row:07d}.png"), face)
            writer.writerow([f"fer{row:07d}.png", "(0, 0, 48, 48)", *votes])
    return folder


@pytest.fixture(scope="session")
def ferplus_valid(shared_dir: Path) -> Path:
    """The real validation part."""
    return shared_dir / "data" / "ferplus" / "FER2013Valid.zip"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: several wait for each other on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def no_progress_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The progress bar starts a thread of its own unless told not to."""
    from tqdm import tqdm

    monkeypatch.setattr(tqdm, "monitor_interval", 0)
