import math
from pathlib import Path

import numpy as np
import pytest

from tests.training.pack_data import KPS, drawn_face, take_pictures
from training.detector.head_shape import (
    COLUMNS,
    LANDMARKS,
    ROWS,
    VIEW_PX,
    VIEW_UNIT_PX,
    HeadShape,
    pose_of,
    rotation,
    surface,
    view,
)
from training.detector.turned_heads import STEP, Turned, draw_head, turned_picture, wrapped
from training.detector.turned_pictures import prepare_turned

HEAD = surface(HeadShape())


def test_the_surface_is_a_head() -> None:
    points = HEAD.points
    assert points.shape == (ROWS, COLUMNS, 3)
    assert np.isfinite(points).all()
    assert np.allclose(np.linalg.norm(HEAD.normals, axis=-1), 1.0, atol=1e-3)
    # The nose's tip is what stands out furthest; the two halves are alike.
    row, column = np.unravel_index(int(points[..., 2].argmax()), points.shape[:2])
    assert abs(float(points[row, column, 0])) < 0.05
    assert 0.6 < float(points[row, column, 1]) < 0.85
    assert np.allclose(points[:, ::-1] * [-1, 1, 1], points, atol=1e-4)
    outwards = (points - points.mean((0, 1))) * HEAD.normals
    assert (outwards.sum(-1) > 0).mean() > 0.95


def test_turns_by_their_signs() -> None:
    front = np.array([0.0, 0.0, 1.0])
    assert (rotation(0.5, 0.0, 0.0) @ front)[0] > 0.4
    assert (rotation(0.0, 0.5, 0.0) @ front)[1] > 0.4
    assert (rotation(0.0, 0.0, 0.5) @ [1.0, 0.0, 0.0])[1] > 0.4
    turn = rotation(0.4, -0.3, 0.2)
    assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("yaw", [-0.6, 0.0, 0.5])
@pytest.mark.parametrize("roll", [-0.4, 0.3])
def test_the_pose_of_projected_landmarks_is_found_again(yaw: float, roll: float) -> None:
    turn = rotation(yaw, 0.15, roll)
    kps = (LANDMARKS @ turn[:2].T * 40.0 + [90.0, 80.0]).astype(np.float32)
    found, unit_px, origin = pose_of(kps)
    assert np.arccos(np.clip((np.trace(found.T @ turn) - 1) / 2, -1, 1)) < 0.15
    assert unit_px == pytest.approx(40.0, rel=0.06)
    assert np.abs(origin - [90.0, 80.0]).max() < 3.0


def test_a_profile_shows_one_half_and_covers_the_eyes_of_the_other() -> None:
    frontal, profile = (view(HEAD, rotation(yaw, 0.0, 0.0)) for yaw in (0.0, math.pi / 2))
    for seen in (frontal, profile):
        assert seen.columns.shape == seen.rows.shape == (VIEW_PX, VIEW_PX)
        assert 0.15 < (seen.rows >= 0).mean() < 0.7
        # No holes inside: around every pixel of the head's middle there is head.
        assert (seen.rows[120:200, 140:190] >= 0).all()
    columns = profile.columns[profile.columns >= 0]
    assert ((columns < COLUMNS / 2).mean() < 0.05) or ((columns < COLUMNS / 2).mean() > 0.95)
    eyes = frontal.landmarks[1, 0] - frontal.landmarks[0, 0]
    assert eyes == pytest.approx(VIEW_UNIT_PX, rel=0.1)
    assert abs(profile.landmarks[1, 0] - profile.landmarks[0, 0]) < 0.1 * VIEW_UNIT_PX


def test_the_picture_lies_on_the_face_and_elsewhere_hair_and_skin() -> None:
    texture = wrapped(drawn_face(3), KPS, HEAD, np.random.default_rng(0))
    assert texture.shape == (ROWS // STEP, COLUMNS // STEP, 3)
    middle = COLUMNS // STEP // 2
    cheek = texture[90, middle + 10]
    skin = drawn_face(3)[60, 50]
    assert np.abs(cheek.astype(int) - skin).max() < 30


def test_turned_pictures_depend_on_the_generator_only() -> None:
    head = Turned(HEAD, (view(HEAD, rotation(1.2, 0.1, 0.0)),))
    picture, under = drawn_face(2), np.zeros((100, 100, 3), np.uint8)
    first, again = (
        turned_picture(picture, KPS, head, under, np.random.default_rng(7)) for _ in range(2)
    )
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert first[0].shape == picture.shape
    assert first[0].dtype == np.uint8
    # Nose and mouth went to the right of the head's middle, and the head is drawn there.
    assert (first[1][2:, 0] > 55.0).all()
    assert first[0].any(-1).mean() > 0.2
    assert not np.array_equal(
        draw_head(2, np.random.default_rng(0)).views[0].rows,
        draw_head(2, np.random.default_rng(1)).views[0].rows,
    )


def test_the_labeller_knows_real_faces_still_when_they_are_turned(
    shared_dir: Path, tmp_path: Path
) -> None:
    small = take_pictures(shared_dir / "data" / "lfw_dev.zip", tmp_path / "lfw.zip", 24)
    pack = shared_dir / "models" / "scrfd_500m_mobilefacenet"
    pictures, shows = prepare_turned(small, pack, tmp_path / "cache")
    assert shows[:24].tolist() == list(range(24))
    assert 15 <= len(pictures) - 24 <= 24
    assert len(pictures) == len(shows)
    turned = pictures.owner >= 24
    assert turned.sum() >= 0.7 * (len(pictures) - 24)
    again, _ = prepare_turned(small, pack, tmp_path / "cache")
    assert np.array_equal(again.boxes, pictures.boxes)
    assert np.array_equal(again.pictures[-1], pictures.pictures[-1])
