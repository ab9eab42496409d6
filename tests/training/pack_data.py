"""A small LFW-like zip, and faces to train the pack's networks on."""

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np

from training.detector.pictures import LabelledPictures
from training.embedder.faces import CANVAS_PX, FacePart

KPS = np.array([[38, 50], [62, 50], [50, 64], [41, 78], [59, 78]], np.float32)
BOX = np.array([26, 20, 74, 92, 0.9], np.float32)


def drawn_face(seed: int, side: int = 100) -> np.ndarray:
    """A face of ellipses whose colours depend on the seed, uint8 BGR."""
    random = np.random.default_rng(seed)
    picture = np.full((side, side, 3), random.integers(0, 120, 3), np.uint8)
    zoom = side / 100.0
    skin = tuple(int(v) for v in random.integers(130, 256, 3))
    cv2.ellipse(
        picture,
        (int(50 * zoom), int(56 * zoom)),
        (int(24 * zoom), int(36 * zoom)),
        0,
        0,
        360,
        skin,
        -1,
    )
    for x, y in KPS * zoom:
        cv2.circle(picture, (int(x), int(y)), max(int(3 * zoom), 1), (20, 20, 20), -1)
    return picture


def write_lfw(path: Path, people: int = 16) -> Path:
    """A zip in LFW's layout: two pictures a person, eight folds of two people, one pair a kind."""
    names = [f"Person_{number:02d}" for number in range(people)]
    lines = ["8\t1"]
    for fold in range(8):
        first, second = names[2 * fold], names[2 * fold + 1]
        lines += [f"{first}\t1\t2", f"{first}\t1\t{second}\t2"]
    with zipfile.ZipFile(path, "w") as file:
        for number, name in enumerate(names):
            for picture in (1, 2):
                _, data = cv2.imencode(".jpg", drawn_face(10 * number + picture))
                target = f"lfw_dev/{name}/{name}_{picture:04d}.jpg"
                file.writestr(target, io.BytesIO(data.tobytes()).getvalue())
        file.writestr("lfw_dev/pairs_dev.txt", "\n".join(lines) + "\n")
    return path


def take_pictures(source: Path, target: Path, count: int) -> Path:
    """A zip with the first pictures of another, and with the rows of its list that name them."""
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(target, "w") as part:
        names = sorted(whole.namelist())
        chosen = [name for name in names if name.endswith((".jpg", ".png"))][:count]
        for name in chosen:
            part.writestr(name, whole.read(name))
        files = {Path(name).name for name in chosen}
        for listing in [name for name in names if name.endswith("label.csv")]:
            rows = whole.read(listing).decode().splitlines()
            part.writestr(listing, "\n".join(row for row in rows if row.split(",")[0] in files))
    return target


def face_part(count: int, dimension: int = 128) -> FacePart:
    """Drawn faces with random unit targets."""
    random = np.random.default_rng(3)
    canvases = np.stack([drawn_face(row, CANVAS_PX) for row in range(count)])
    targets = random.normal(size=(count, dimension)).astype(np.float32)
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    return FacePart(canvases, targets, np.arange(count))


def labelled_pictures(count: int) -> LabelledPictures:
    """Drawn faces with their true box and landmarks, one a picture."""
    return LabelledPictures(
        np.stack([drawn_face(row) for row in range(count)]),
        np.arange(count),
        np.tile(BOX, (count, 1)),
        np.tile(KPS, (count, 1, 1)),
    )
