"""The pack that comes with the program, as a fresh clone has it: no shared data, no network."""

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest

from facemotion.core.boxes import iou_matrix
from facemotion.store.paths import model_path
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.sources.demo import demo_photo_path
from facemotion.vision.sources.pictures import read_picture


@pytest.fixture(scope="module")
def folder() -> Path:
    return model_path("builtin")


@pytest.fixture(scope="module")
def models(folder: Path) -> FaceModels:
    return FaceModels(open_pack(folder), det_size=640)


def test_description_fits_the_files(folder: Path) -> None:
    written = tomllib.loads((folder / "pack.toml").read_text(encoding="utf-8"))
    for entry in written["files"]:
        data = (folder / entry["name"]).read_bytes()
        assert len(data) == entry["size_bytes"]
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
    pack = open_pack(folder)
    assert pack.embedding_dim == written["embedding_dim"] == 128
    assert pack.thresholds.threshold_for(100) > pack.thresholds.threshold_for(1) > 0.0
    assert "research" in pack.licence


def test_files_are_small(folder: Path) -> None:
    assert (folder / "detector.onnx").stat().st_size <= 1_000_000
    assert (folder / "embedder.onnx").stat().st_size <= 5_000_000
    assert (folder / "refiner.onnx").stat().st_size <= 500_000


def test_all_six_faces_of_the_demo_photo_are_found(models: FaceModels) -> None:
    faces = models.detect(read_picture(demo_photo_path()))
    assert len(faces) == 6
    for face in faces:
        right_eye, left_eye, nose, right_mouth, left_mouth = face.kps
        assert right_eye[0] < left_eye[0]
        assert right_mouth[0] < left_mouth[0]
        assert right_eye[1] < nose[1] < left_mouth[1]


def test_a_picture_without_faces_gives_none(models: FaceModels) -> None:
    grain = np.random.default_rng(0).integers(0, 256, (480, 640, 3)).astype(np.uint8)
    assert models.detect(np.zeros((480, 640, 3), np.uint8)) == []
    assert models.detect(grain) == []


def test_the_same_faces_are_found_at_every_size(folder: Path, models: FaceModels) -> None:
    photo = read_picture(demo_photo_path())
    wanted = np.stack([face.bbox_xyxy for face in models.detect(photo)])
    small = FaceModels(open_pack(folder), det_size=480)
    found = np.stack([face.bbox_xyxy for face in small.detect(photo)])
    assert (iou_matrix(wanted, found).max(1) > 0.6).all()


def test_people_of_the_photo_are_told_apart_and_recognised_in_worse_light(
    models: FaceModels,
) -> None:
    photo = read_picture(demo_photo_path())
    first = models.detect(photo)
    dark = (photo[:, ::-1].astype(np.float32) * 0.6 + 10.0).astype(np.uint8)
    second = models.detect(dark)
    assert len(second) == len(first)
    enrolled = models.embed(photo, [face.kps for face in first])
    probes = models.embed(dark, [face.kps for face in second])[::-1]
    assert np.allclose(np.linalg.norm(enrolled, axis=1), 1.0, atol=1e-4)
    similarities = probes @ enrolled.T
    assert (similarities.argmax(1) == np.arange(len(first))).all()
    assert np.diag(similarities).min() > models.thresholds.threshold_for(len(first))
