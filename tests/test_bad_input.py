"""The bad-input table: what a person can hand to the program, and the sentence each thing gets."""

import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.__main__ import main
from facemotion.core.errors import SourceError
from facemotion.store.gallery import GalleryStore
from facemotion.store.paths import AppPaths
from facemotion.vision.sources.specs import open_source, parse_source

Maker = Callable[[Path], Path]


def group_photo() -> np.ndarray:
    """uint8 (H, W, 3) BGR: the group photo of insightface's own package data."""
    spec = importlib.util.find_spec("insightface")
    assert spec is not None
    assert spec.origin is not None
    return cv2.imread(str(Path(spec.origin).parent / "data" / "images" / "t1.jpg"))


def written(name: str, picture: np.ndarray) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(path.suffix, picture)[1].tobytes())
        return path

    return make


def with_bytes(name: str, content: bytes) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return make


def folder_without_images(folder: Path) -> Path:
    return with_bytes("papers/notes.txt", b"no picture")(folder).parent


REFUSED = {
    "missing": (lambda folder: folder / "missing.mp4", "There is no file"),
    "empty video": (with_bytes("empty.mp4", b""), "empty.mp4 is empty"),
    "empty picture": (with_bytes("empty.png", b""), "empty.png is empty"),
    "text as mp4": (with_bytes("text.mp4", b"words " * 400), "not a video that can be read"),
    "damaged picture": (with_bytes("bad.jpg", b"\xff\xd8\xff broken"), "not a picture that can be"),
    "folder without images": (folder_without_images, "holds no pictures"),
}

PHOTO = group_photo()
ACCEPTED = {
    "1×1": (written("tiny.png", PHOTO[:1, :1]), 0),
    "8000×6000": (written("large.jpg", cv2.resize(PHOTO, (8000, 6000))), 6),
    "grayscale": (written("gray.png", cv2.cvtColor(PHOTO, cv2.COLOR_BGR2GRAY)), 6),
    "RGBA": (written("rgba.png", cv2.cvtColor(PHOTO, cv2.COLOR_BGR2BGRA)), 6),
    "16-bit": (written("deep.png", PHOTO.astype(np.uint16) * 257), 6),
    "odd sizes": (written("odd.png", PHOTO[:-1, :-1]), 6),
    "non-ASCII path": (written("Zoë 李明/fête.png", PHOTO), 6),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_gets_a_sentence(
    case: str, tmp_path: Path, shared_pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, sentence = REFUSED[case]
    out = tmp_path / "out"
    code = main(["analyze", str(make(tmp_path)), "--out", str(out), "--pack", str(shared_pack)])
    said = capsys.readouterr().err
    assert code == 1
    assert sentence in said
    assert "Traceback" not in said
    assert not list(out.glob("*.csv"))


@pytest.mark.parametrize("case", ACCEPTED)
def test_unusual_pictures_are_read(
    case: str, tmp_path: Path, shared_pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, face_count = ACCEPTED[case]
    out = tmp_path / "out"
    code = main(["analyze", str(make(tmp_path)), "--out", str(out), "--pack", str(shared_pack)])
    assert code == 0, capsys.readouterr().err
    rows = (out / "timeline.csv").read_text("utf-8").splitlines()[1:]
    assert len(rows) == face_count
    assert json.loads((out / "summary.json").read_text("utf-8"))


def test_a_truncated_video_is_read_as_far_as_it_goes(
    tmp_path: Path, shared_dir: Path, shared_pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (shared_dir / "media" / "one_person_sad_then_happy.mp4").read_bytes()
    clip = with_bytes("cut.mp4", whole[: len(whole) // 4])(tmp_path)
    options = ["--out", str(tmp_path / "out"), "--pack", str(shared_pack), "--fps", "2"]
    code = main(["analyze", str(clip), *options])
    said = capsys.readouterr().err
    assert code == 3
    assert "cut.mp4 ends at" in said
    assert len((tmp_path / "out" / "timeline.csv").read_text("utf-8").splitlines()) > 3


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no file permissions of this kind")
def test_an_unreadable_file() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        photo = written("locked.png", PHOTO)(folder)
        photo.chmod(0)
        with as_ordinary_user(), pytest.raises(SourceError, match="permission"):
            open_source(parse_source(str(photo)))


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Root may read everything: be nobody for a while."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


PACKS = {
    "missing folder": (lambda folder: None, "There is no"),
    "no detection model": (lambda folder: (folder / "det_500m.onnx").unlink(), "detection model"),
    "corrupt onnx": (
        lambda folder: (folder / "det_500m.onnx").write_bytes(b"not a model"),
        "det_500m.onnx",
    ),
    "empty recogniser": (lambda folder: (folder / "mobilefacenet.onnx").write_bytes(b""), "empty"),
}


@pytest.mark.parametrize("case", PACKS)
def test_a_pack_that_cannot_be_used_is_named(
    case: str, tmp_path: Path, shared_pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, sentence = PACKS[case]
    pack = tmp_path / "pack"
    if case != "missing folder":
        shutil.copytree(shared_pack, pack)
        for path in (pack, *pack.iterdir()):
            path.chmod(0o755)
    spoil(pack)
    photo = written("photo.png", PHOTO)(tmp_path)
    code = main(["analyze", str(photo), "--out", str(tmp_path / "out"), "--pack", str(pack)])
    said = capsys.readouterr().err
    assert code == 1
    assert sentence in said
    assert "Traceback" not in said


PEOPLE_DAMAGE = {
    "corrupt npy": ("embeddings.npy", b"damaged"),
    "corrupt json": ("person.json", b"{"),
    "wrong dimension": ("embeddings.npy", None),
}


@pytest.mark.parametrize("case", PEOPLE_DAMAGE)
def test_a_damaged_person_is_set_aside_and_named(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = GalleryStore(tmp_path / "people")
    ana = store.enrol("Ana", np.eye(3, 8, dtype=np.float32), "model-01234567")
    store.enrol("Zoë", np.eye(2, 8, dtype=np.float32)[::-1].copy(), "model-01234567")
    name, content = PEOPLE_DAMAGE[case]
    path = store.folder / ana.person_id / name
    if content is None:
        np.save(path, np.eye(3, 5, dtype=np.float32))
    else:
        path.write_bytes(content)
    code = main(["people", "--gallery", str(store.folder)])
    said = capsys.readouterr()
    assert code == 3
    assert "Zoë" in said.out
    assert "set aside" in said.err


def test_damaged_settings_are_set_aside_and_the_work_is_done(
    tmp_path: Path, shared_pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = AppPaths.default()
    paths.create()
    paths.settings_file.write_text("theme = = broken", "utf-8")
    photo = written("photo.png", PHOTO)(tmp_path)
    out = tmp_path / "out"
    code = main(["analyze", str(photo), "--out", str(out), "--pack", str(shared_pack)])
    said = capsys.readouterr().err
    assert code in (0, 3)
    assert "set aside" in said
    assert (out / "timeline.csv").exists()
    assert list(paths.settings_file.parent.glob("*damaged*"))
