from pathlib import Path

import numpy as np
import pytest

from facemotion.core.preprocessing import EmotionCropRule
from tests.training.conftest import random_faces
from training.crop_study import (
    FaceFinder,
    FoundFaces,
    clip_pictures,
    crop_px,
    cut,
    enlarge,
    fit_rule,
    frechet_distance,
    landmark_summary,
    mean_face_correlation,
    roll_deg,
    to_face_px,
)
from training.data import read_faces

KPS = np.array([[-20.0, -15.0], [20.0, -15.0], [0.0, 5.0], [-15.0, 25.0], [15.0, 25.0]])


def synthetic_faces(count: int, roll_sd_deg: float) -> FoundFaces:
    """Faces of one shape at random places, sizes and turns; the box is 100 px at size 1."""
    rng = np.random.default_rng(0)
    boxes, kps = [], []
    for _ in range(count):
        middle, size = rng.uniform(80, 120, 2), rng.uniform(0.5, 1.5)
        turn = np.radians(rng.normal(0.0, roll_sd_deg))
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        boxes.append(np.concatenate([middle - 50.0 * size, middle + 50.0 * size]))
        kps.append((KPS + rng.normal(0.0, 1.0, KPS.shape)) @ rotation.T * size + middle)
    images = [np.zeros((200, 200), np.uint8)] * count
    return FoundFaces(images, np.array(boxes), np.array(kps), np.arange(count))


def test_frechet_distance_of_known_gaussians() -> None:
    rng = np.random.default_rng(0)
    cloud = rng.normal(0.0, 1.0, (200_000, 2))
    assert frechet_distance(cloud, cloud) == pytest.approx(0.0, abs=1e-3)
    # A shift of (3, 4) alone: 5. Twice the spread in two dimensions: √(1 + 1).
    assert frechet_distance(cloud, cloud + np.array([3.0, 4.0])) == pytest.approx(5.0, abs=1e-6)
    assert frechet_distance(cloud, 2.0 * cloud) == pytest.approx(2.0**0.5, abs=0.02)


@pytest.mark.parametrize("is_aligned", [False, True])
def test_fitted_rule_is_the_one_that_made_the_target(is_aligned: bool) -> None:
    faces = synthetic_faces(300, roll_sd_deg=10.0)
    wanted = EmotionCropRule(1.23, 0.0, 0.05, is_aligned=is_aligned)
    assert fit_rule(crop_px(faces, wanted), faces, is_aligned=is_aligned) == wanted


def test_alignment_costs_distance_when_the_target_is_not_level() -> None:
    faces = synthetic_faces(300, roll_sd_deg=10.0)
    target = crop_px(faces, EmotionCropRule(1.1, 0.0, 0.0, is_aligned=False))
    flat = target.reshape(len(target), -1)
    distances = [
        frechet_distance(flat, crop_px(faces, EmotionCropRule(1.1, is_aligned=a)).reshape(300, -1))
        for a in (False, True)
    ]
    assert distances[0] == pytest.approx(0.0, abs=1e-3)
    assert distances[1] > 0.5


def test_aligned_crops_have_level_eyes() -> None:
    faces = synthetic_faces(50, roll_sd_deg=20.0)
    assert roll_deg(faces.kps).std() > 10.0
    level = crop_px(faces, EmotionCropRule(is_aligned=True))
    assert np.abs(roll_deg(level)).max() < 0.01
    assert landmark_summary(level)["faces"] == 50


def test_enlarged_face_maps_back_to_its_own_pixels() -> None:
    face = np.zeros((48, 48), np.uint8)
    face[10, 30] = 255
    y, x = np.unravel_index(enlarge(face).argmax(), (288, 288))
    np.testing.assert_allclose(to_face_px(np.array([x, y], float)), [30.0, 10.0], atol=0.5)


def test_cut_finds_the_box_without_aliasing() -> None:
    image = np.zeros((200, 200), np.uint8)
    image[52:148, 52:148] = np.indices((96, 96)).sum(0) % 2 * 255  # averages to mid gray
    found = FoundFaces(
        [image],
        np.array([[52.0, 52.0, 148.0, 148.0]]),
        (KPS + 100.0)[None],
        np.arange(1),
    )
    crop = cut(found, EmotionCropRule(1.0, is_aligned=False))[0]
    assert crop.shape == (48, 48)
    assert np.abs(crop[2:-2, 2:-2].astype(int) - 127).max() < 20


def test_mean_face_correlation_is_one_for_the_same_and_lower_for_others() -> None:
    faces = random_faces(20)
    brighter = (faces // 2 + 60).astype(np.uint8)
    assert mean_face_correlation(faces, brighter) == pytest.approx(1.0, abs=0.01)
    assert mean_face_correlation(faces, faces[:, ::-1]) < 0.5


def test_detector_finds_ferplus_faces_where_eyes_belong(
    ferplus_valid: Path, shared_pack: Path
) -> None:
    images = read_faces(ferplus_valid).images[:30]
    found = FaceFinder(shared_pack).find([enlarge(face) for face in images])
    assert len(found) > 20
    points = to_face_px(found.kps)
    left, right = points[:, 0].mean(0), points[:, 1].mean(0)
    assert left[0] < 24.0 < right[0]
    assert max(left[1], right[1]) < 24.0


def test_clip_gives_every_twelfth_frame(shared_dir: Path) -> None:
    pictures = clip_pictures(shared_dir / "media" / "neutral_smile_then_no_face.mov")
    assert len(pictures) > 5
    assert pictures[0].shape == (540, 960)
