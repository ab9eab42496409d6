"""The second look at a detector's faces, with the refiner that comes with the program."""

from dataclasses import replace

import numpy as np
import pytest

from facemotion.core.errors import ModelError
from facemotion.core.types import FaceDetection
from facemotion.store.paths import model_path
from facemotion.vision.crops import cut_crops
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.second_look import (
    CROP_PX,
    CROP_RULE,
    SecondLook,
    in_image,
    least_score,
    without_doubles,
)
from facemotion.vision.sources.demo import demo_photo_path
from facemotion.vision.sources.pictures import read_picture


@pytest.fixture(scope="module")
def look() -> SecondLook:
    return SecondLook(model_path("builtin/refiner.onnx"))


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return read_picture(demo_photo_path())


@pytest.fixture(scope="module")
def faces(photo: np.ndarray) -> list[FaceDetection]:
    return FaceModels(open_pack(model_path("builtin"))).detect(photo)


def shifted(face: FaceDetection, shift_px: float) -> FaceDetection:
    """What a detector says that is off altogether."""
    shift = np.float32(shift_px)
    return FaceDetection(face.bbox_xyxy + shift, face.kps + shift, 0.8)


def eye_distance(face: FaceDetection) -> float:
    return float(np.linalg.norm(face.kps[0] - face.kps[1]))


def side_of(face: FaceDetection) -> float:
    return float(face.bbox_xyxy[2] - face.bbox_xyxy[0])


def test_points_of_the_crop_are_those_of_the_picture() -> None:
    face = FaceDetection(np.array([40, 30, 100, 110], np.float32), np.zeros((5, 2)), 0.9)
    middle = in_image(np.zeros((5, 2), np.float32), face)
    assert np.allclose(middle, [70.0, 70.0], atol=0.6)
    corner = in_image(np.full((5, 2), -0.5, np.float32), face)
    matrix = CROP_RULE.matrix(face.bbox_xyxy, face.kps)
    assert np.allclose(corner @ matrix[:, :2].T + matrix[:, 2], -0.5, atol=1e-3)
    assert cut_crops(np.zeros((150, 150, 3), np.uint8), [face], CROP_RULE).shape[1] == CROP_PX


def test_landmarks_of_straight_faces_do_not_depend_on_how_the_box_lies(
    look: SecondLook, photo: np.ndarray, faces: list[FaceDetection]
) -> None:
    straight = [face for face in faces if eye_distance(face) >= 0.4 * side_of(face)]
    assert len(straight) >= 4
    for face in straight:
        moved = look.refine(photo, [shifted(face, 0.08 * side_of(face))], 0.0)[0]
        eyes = eye_distance(face)
        assert np.linalg.norm(moved.kps - face.kps, axis=1).mean() < 0.2 * eyes


def test_the_detectors_landmarks_count_a_quarter(
    look: SecondLook, photo: np.ndarray, faces: list[FaceDetection]
) -> None:
    elsewhere = FaceDetection(faces[0].bbox_xyxy, faces[0].kps + np.float32(20.0), 0.8)
    first = look.refine(photo, [faces[0]], 0.0)[0]
    second = look.refine(photo, [elsewhere], 0.0)[0]
    assert np.allclose(second.kps - first.kps, 5.0, atol=1e-2)


def test_a_profiles_landmarks_are_the_detectors(
    look: SecondLook, photo: np.ndarray, faces: list[FaceDetection]
) -> None:
    narrow = faces[0].kps.copy()
    narrow[:, 0] = narrow[2, 0]
    lower = narrow + np.float32([0.0, 20.0])
    first, second = (
        look.refine(photo, [FaceDetection(faces[0].bbox_xyxy, kps, 0.8)], 0.0)[0]
        for kps in (narrow, lower)
    )
    assert np.all(second.kps[:, 1] - first.kps[:, 1] > 10.0)


def test_what_is_no_face_is_dropped(
    look: SecondLook, photo: np.ndarray, faces: list[FaceDetection]
) -> None:
    grain = np.random.default_rng(0).integers(0, 256, photo.shape).astype(np.uint8)
    doubtful = [replace(face, det_score=0.5) for face in faces]
    assert look.refine(grain, doubtful, 0.5) == []
    kept = look.refine(photo, doubtful, 0.5)
    assert len(kept) == len(faces)
    assert all(face.kps.dtype == np.float32 and face.kps.shape == (5, 2) for face in kept)
    assert look.refine(photo, [], 0.5) == []


def test_the_score_is_of_both_looks(
    look: SecondLook, photo: np.ndarray, faces: list[FaceDetection]
) -> None:
    sure, unsure = (
        FaceDetection(faces[0].bbox_xyxy, faces[0].kps, score) for score in (0.81, 0.36)
    )
    first, second = look.refine(photo, [sure, unsure], 0.0)
    assert second.det_score == pytest.approx(first.det_score * (0.36 / 0.81) ** 0.7, rel=1e-4)


def test_no_face_below_the_detectors_least_score_is_kept(
    look: SecondLook, photo: np.ndarray, faces: list[FaceDetection]
) -> None:
    scores = np.linspace(0.2, 0.6, 41)
    offered = [FaceDetection(faces[0].bbox_xyxy, faces[0].kps, float(s)) for s in scores]
    kept = len(look.refine(photo, offered, 0.5))
    able = int((scores >= least_score(0.5)).sum())
    # The photo's face is sure, so that hardly more is asked of the detector.
    assert able - 6 <= kept <= able


def boxed(score: float, *box: float) -> FaceDetection:
    return FaceDetection(np.array(box, np.float32), np.zeros((5, 2), np.float32), score)


def test_a_face_half_of_which_lies_on_a_surer_one_is_dropped() -> None:
    face = boxed(0.8, 145, 81, 289, 272)
    chin = boxed(0.58, 159, 200, 269, 345)
    beside = boxed(0.9, 280, 80, 400, 270)
    assert without_doubles([chin, face, beside]) == [beside, face]
    assert without_doubles([face, chin]) == [face]
    # The surer one stays, whichever of them is larger.
    assert without_doubles([boxed(0.9, 159, 200, 269, 345), face])[0].det_score == 0.9
    assert len(without_doubles([face, boxed(0.5, 159, 215, 269, 345)])) == 2
    inside = boxed(0.6, 150, 100, 200, 150)
    assert without_doubles([inside, face]) == [face]
    assert without_doubles([]) == []
    nothing = boxed(0.5, 10, 10, 10, 10)
    assert without_doubles([nothing]) == [nothing]


def test_a_pack_without_its_refiner_is_named(tmp_path) -> None:
    with pytest.raises(ModelError, match="is missing"):
        SecondLook(tmp_path / "refiner.onnx")
