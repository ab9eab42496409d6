import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.core.alignment import similarity_transform
from facemotion.core.errors import ModelError
from facemotion.vision.faces import DET_SIZES, FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.sources.demo import demo_photo_path
from facemotion.vision.sources.pictures import read_picture
from tests.vision.tiny_models import blank, put_face, write_pack, write_recogniser


@pytest.fixture(scope="module")
def group() -> np.ndarray:
    return read_picture(demo_photo_path())


def test_tiny_detector_finds_faces_from_left_to_right(tiny_faces: FaceModels) -> None:
    picture = put_face(put_face(blank(), 7, 2, person=1), 2, 6, person=2)
    first, second = tiny_faces.detect(picture)
    assert first.bbox_xyxy.tolist() == [48, 176, 112, 240]
    assert second.bbox_xyxy.tolist() == [208, 48, 272, 112]
    assert first.kps.shape == (5, 2)
    assert first.kps.dtype == first.bbox_xyxy.dtype == np.float32
    assert 0.99 < first.det_score <= 1.0


def test_boxes_are_in_the_pixels_of_the_frame(tiny_faces: FaceModels) -> None:
    picture = put_face(blank(), 4, 3, person=1)
    for factor in (2.0, 3.5, 4.0, 6.0):
        large = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
        (face,) = tiny_faces.detect(large)
        assert face.bbox_xyxy / factor == pytest.approx([112, 80, 176, 144], abs=1e-3)
    wide = put_face(blank(320, 160), 7, 2, person=1)
    (face,) = tiny_faces.detect(cv2.resize(wide, (640, 320), interpolation=cv2.INTER_NEAREST))
    assert face.bbox_xyxy / 2.0 == pytest.approx([208, 48, 272, 112], abs=1e-3)


def test_only_the_largest_faces(
    tiny_faces: FaceModels, shared_faces: FaceModels, group: np.ndarray
) -> None:
    everybody = shared_faces.detect(group)
    largest = shared_faces.detect(group, max_faces=2)
    assert len(everybody) == 6
    sizes = sorted(
        (float(np.prod(f.bbox_xyxy[2:] - f.bbox_xyxy[:2])) for f in everybody), reverse=True
    )
    assert (
        sorted((float(np.prod(f.bbox_xyxy[2:] - f.bbox_xyxy[:2])) for f in largest), reverse=True)
        == sizes[:2]
    )
    assert largest[0].bbox_xyxy[0] < largest[1].bbox_xyxy[0]


def test_threshold_can_be_changed(tiny_pack: Path) -> None:
    faces = FaceModels(open_pack(tiny_pack), 320, det_thresh=0.5)
    picture = put_face(blank(), 4, 3, person=1)
    picture[96:104, 128:160, 2] = 0
    assert len(faces.detect(picture)) == 0
    faces.det_thresh = 0.3
    assert faces.det_thresh == pytest.approx(0.3)
    assert len(faces.detect(picture)) == 1


@pytest.mark.parametrize("det_size", DET_SIZES)
def test_every_detector_size(shared_pack: Path, group: np.ndarray, det_size: int) -> None:
    found = FaceModels(open_pack(shared_pack), det_size).detect(group)
    assert len(found) == 6
    assert all(face.det_score > 0.6 for face in found)


def test_size_that_no_detector_takes(tiny_pack: Path) -> None:
    for size in (0, 100, -320):
        with pytest.raises(ModelError, match=r"cannot work at .* Choose one of 320, 480"):
            FaceModels(open_pack(tiny_pack), size)


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (1, 3000), (3000, 1), (2, 7), (6000, 8000)])
def test_pictures_of_any_size(tiny_faces: FaceModels, shape: tuple[int, int]) -> None:
    assert tiny_faces.detect(np.zeros((*shape, 3), np.uint8)) == []


def test_noise_does_no_harm(shared_faces: FaceModels) -> None:
    for shape in ((1, 1), (3, 50), (6000, 8000)):
        noise = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
        assert shared_faces.detect(noise) == []


def test_detection_is_repeatable(shared_faces: FaceModels, group: np.ndarray) -> None:
    first, second = shared_faces.detect(group), shared_faces.detect(group)
    assert all((a.kps == b.kps).all() for a, b in zip(first, second, strict=True))


def test_embeddings_are_unit_and_tell_people_apart(
    shared_faces: FaceModels, group: np.ndarray
) -> None:
    found = shared_faces.detect(group)
    rows = shared_faces.embed(group, [face.kps for face in found])
    assert rows.shape == (6, 128)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(6), abs=1e-5)
    mirrored = np.ascontiguousarray(group[:, ::-1])
    again = shared_faces.embed(mirrored, [face.kps for face in shared_faces.detect(mirrored)])[::-1]
    same, other = np.diag(rows @ again.T), (rows @ rows.T)[~np.eye(6, dtype=bool)]
    assert same.min() > 0.6
    assert other.max() < 0.4


def test_embedding_equals_insightface_on_small_faces(
    shared_faces: FaceModels, group: np.ndarray
) -> None:
    """Faces of the recogniser's own size need no averaging, so only rounding may differ."""
    face = shared_faces.detect(group)[0]
    zoom = 0.9 * np.linalg.norm(similarity_transform(face.kps)[0, :2])
    small = cv2.resize(group, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    kps = face.kps * np.float32(zoom)
    aligned = cv2.warpAffine(small, similarity_transform(kps), (112, 112))
    expected = shared_faces._recogniser.get_feat(aligned)[0]
    expected /= np.linalg.norm(expected)
    assert float(shared_faces.embed(small, [kps])[0] @ expected) > 0.999


def test_batch_answers_as_single_faces_do(tiny_pack: Path, tmp_path: Path) -> None:
    fixed = tmp_path / "fixed"
    shutil.copytree(tiny_pack, fixed)
    write_recogniser(fixed / "rec_tiny.onnx", batch=1)
    picture = put_face(put_face(blank(), 7, 2, person=1), 2, 6, person=2)
    results = []
    for folder in (tiny_pack, fixed):
        faces = FaceModels(open_pack(folder), 320)
        kps = [face.kps for face in faces.detect(picture)]
        together = faces.embed(picture, kps)
        alone = np.concatenate([faces.embed(picture, [points]) for points in kps])
        assert together == pytest.approx(alone, abs=1e-5)
        results.append(together)
    assert results[0] == pytest.approx(results[1], abs=1e-5)


def test_nobody_to_embed_and_no_recogniser(tiny_faces: FaceModels, tmp_path: Path) -> None:
    assert tiny_faces.embed(blank(), []).shape == (0, 16)
    bare = FaceModels(open_pack(write_pack(tmp_path / "bare", has_recogniser=False)), 320)
    assert (bare.model_id, bare.embedding_dim, list(bare.providers)) == ("", 0, ["detection"])
    with pytest.raises(ModelError, match="no recognition model"):
        bare.embed(blank(), [])


def test_providers_and_pack(tiny_faces: FaceModels, tiny_pack: Path) -> None:
    assert tiny_faces.pack == open_pack(tiny_pack)
    assert tiny_faces.thresholds == tiny_faces.pack.thresholds
    assert {name: got.actual for name, got in tiny_faces.providers.items()} == {
        "detection": "CPU",
        "recognition": "CPU",
    }


def test_provider_that_is_not_installed_is_said_aloud(tiny_pack: Path) -> None:
    faces = FaceModels(open_pack(tiny_pack), 320, provider="CoreML")
    got = faces.providers["detection"]
    assert got.requested == "CoreML"
    assert got.is_fallback == (got.actual != "CoreML")
    assert bool(got.message) == got.is_fallback


def test_damaged_missing_and_foreign_models(tiny_pack: Path, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    shutil.copytree(tiny_pack, folder)
    pack = open_pack(folder)
    detector = folder / "det_tiny.onnx"
    data = detector.read_bytes()
    detector.write_bytes(data.replace(b"AveragePool", b"AveragePoop"))
    with pytest.raises(ModelError, match=r"det_tiny\.onnx is damaged or of a kind"):
        FaceModels(pack, 320)
    detector.unlink()
    with pytest.raises(ModelError, match="is missing"):
        FaceModels(pack, 320)
