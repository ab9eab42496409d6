from pathlib import Path

import cv2
import insightface
import numpy as np
import pytest

from facemotion.core.alignment import ARCFACE_TEMPLATE_112, similarity_transform
from facemotion.core.errors import ModelError
from facemotion.core.matching import PackThresholds
from facemotion.vision.crops import warp_square
from facemotion.vision.faces import FaceModels
from facemotion.vision.opencv_faces import SFaceRecogniser, YuNetDetector
from facemotion.vision.packs import open_pack
from tests.vision.tiny_models import write_recogniser

SFACE = "face_recognition_sface_tiny.onnx"


@pytest.fixture(scope="module")
def yunet_file(shared_dir: Path) -> Path:
    return shared_dir / "models" / "yunet" / "face_detection_yunet_2026may.onnx"


@pytest.fixture(scope="module")
def opencv_pack(yunet_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real YuNet beside a tiny model with SFace's contract."""
    folder = tmp_path_factory.mktemp("packs") / "yunet_sface"
    folder.mkdir()
    (folder / yunet_file.name).write_bytes(yunet_file.read_bytes())
    write_recogniser(folder / SFACE, 128, 1)
    return folder


@pytest.fixture(scope="module")
def six_people() -> np.ndarray:
    picture = cv2.imread(str(Path(insightface.__file__).parent / "data" / "images" / "t1.jpg"))
    assert picture is not None
    return picture


def test_yunet_finds_what_scrfd_finds(
    yunet_file: Path, shared_faces: FaceModels, six_people: np.ndarray
) -> None:
    faces = FaceModels(open_pack(yunet_file.parent))
    found, wanted = faces.detect(six_people), shared_faces.detect(six_people)
    assert len(found) == len(wanted) == 6
    for ours, theirs in zip(found, wanted, strict=True):
        eyes_px = float(np.linalg.norm(theirs.kps[1] - theirs.kps[0]))
        # Were left and right exchanged, eyes would be off by the whole distance between them.
        assert np.linalg.norm(ours.kps - theirs.kps, axis=1).mean() < 0.3 * eyes_px
        assert 0.5 < ours.det_score <= 1.0
        x1, y1, x2, y2 = ours.bbox_xyxy
        assert (ours.kps[:, 0] > x1).all()
        assert (ours.kps[:, 0] < x2).all()
        assert (ours.kps[:, 1] > y1).all()
        assert (ours.kps[:, 1] < y2).all()


def test_landmarks_in_the_order_of_insightface(yunet_file: Path, six_people: np.ndarray) -> None:
    for face in FaceModels(open_pack(yunet_file.parent)).detect(six_people):
        left_eye, right_eye, nose, left_mouth, right_mouth = face.kps
        assert left_eye[0] < right_eye[0]
        assert left_mouth[0] < right_mouth[0]
        assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


def test_yunet_alone_detects_and_knows_nobody(yunet_file: Path, six_people: np.ndarray) -> None:
    pack = open_pack(yunet_file.parent)
    assert (pack.is_yunet, pack.is_sface, pack.recogniser_path) == (True, False, None)
    assert "MIT" in pack.licence
    faces = FaceModels(pack)
    assert (faces.model_id, faces.embedding_dim) == ("", 0)
    with pytest.raises(ModelError, match="has no recognition model"):
        faces.embed(six_people, [ARCFACE_TEMPLATE_112])


@pytest.mark.parametrize("size", [(320, 192), (333, 217), (64, 64), (1, 1)])
def test_any_size_without_faces(yunet_file: Path, size: tuple[int, int]) -> None:
    faces = FaceModels(open_pack(yunet_file.parent))
    assert faces.detect(np.zeros((size[1], size[0], 3), np.uint8)) == []
    assert faces.detect(np.zeros((0, 0, 3), np.uint8)) == []


def test_threshold_and_coarse_looks(yunet_file: Path, six_people: np.ndarray) -> None:
    faces = FaceModels(open_pack(yunet_file.parent))
    assert faces.coarse_det_sizes == (320, 480)
    assert len(faces.detect_coarsely(six_people, 3, 320)) == 3
    faces.det_thresh = 0.99
    assert faces.detect(six_people) == []


def test_asking_for_another_provider_says_so(yunet_file: Path) -> None:
    faces = FaceModels(open_pack(yunet_file.parent), provider="CUDA")
    assert faces.providers["detection"].actual == "CPU"
    assert "OpenCV" in faces.providers["detection"].message


def test_pack_with_sface(opencv_pack: Path, six_people: np.ndarray) -> None:
    pack = open_pack(opencv_pack)
    assert (pack.is_yunet, pack.is_sface, pack.embedding_dim) == (True, True, 128)
    assert pack.thresholds == PackThresholds(0.363, 0.263)
    assert pack.model_id.startswith("face_recognition_sface_tiny-")
    faces = FaceModels(pack)
    found = faces.detect(six_people)
    embeddings = faces.embed(six_people, [face.kps for face in found])
    assert embeddings.shape == (6, 128)
    assert embeddings.dtype == np.float32
    assert np.allclose(np.linalg.norm(embeddings, axis=1), 1.0, atol=1e-5)
    assert faces.embed(six_people, []).shape == (0, 128)


def test_sface_is_fed_as_opencv_feeds_it(opencv_pack: Path, six_people: np.ndarray) -> None:
    """Our alignment against OpenCV's, through the same model."""
    faces = FaceModels(open_pack(opencv_pack))
    face = faces.detect(six_people)[0]
    net = cv2.FaceRecognizerSF.create(str(opencv_pack / SFACE), "")
    x1, y1, x2, y2 = face.bbox_xyxy
    row = np.array([x1, y1, x2 - x1, y2 - y1, *face.kps.ravel(), face.det_score], np.float32)
    aligned = net.alignCrop(six_people, row)
    ours = warp_square(six_people, similarity_transform(face.kps, ARCFACE_TEMPLATE_112), 112)
    assert np.abs(ours.astype(int) - aligned).mean() < 2.0
    theirs = net.feature(aligned).ravel()
    similarity = float(faces.embed(six_people, [face.kps])[0] @ theirs / np.linalg.norm(theirs))
    assert similarity > 0.999


@pytest.mark.parametrize("model", [YuNetDetector, SFaceRecogniser])
@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_damaged_models(
    tmp_path: Path, model: type[YuNetDetector | SFaceRecogniser], content: bytes | None
) -> None:
    path = tmp_path / "damaged.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"damaged|missing"):
        model(path)


def test_a_model_that_cannot_take_the_face_is_a_sentence(tmp_path: Path) -> None:
    recogniser = SFaceRecogniser(write_recogniser(tmp_path / SFACE, 128, 1))
    with pytest.raises(ModelError, match="cannot run"):
        recogniser.get_feat(np.zeros((112, 112, 2), np.uint8))
