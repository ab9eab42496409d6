from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.pack_data import KPS, drawn_face, labelled_pictures, take_pictures
from training.detector.pictures import JoinedPictures, LabelledPictures, joined, prepare
from training.detector.small_profiles import (
    coloured,
    eyes_share,
    laid_out,
    prepare_small_faces,
    prepare_small_profiles,
)
from training.detector.sources import TrainingPictures
from training.teacher import Teacher

RAMP = np.tile(np.arange(0, 240, 5, dtype=np.uint8), (48, 1))


def test_gray_gets_the_colours_of_the_same_lightness() -> None:
    like = np.zeros((40, 40, 3), np.uint8)
    like[:20] = (120, 20, 20)  # dark and blue above, light and red below
    like[20:] = (150, 150, 255)
    found = coloured(RAMP, like).astype(int)
    dark, light = found[:, 3:8].mean((0, 1)), found[:, -5:].mean((0, 1))
    assert dark[0] > dark[2] + 20
    assert light[2] > light[0] + 20
    lightness = cv2.cvtColor(found.astype(np.uint8), cv2.COLOR_BGR2LAB)[0, :, 0].astype(int)
    assert np.corrcoef(lightness, RAMP[0])[0, 1] > 0.99


def test_a_face_laid_out_covers_a_part_and_leaves_the_rest() -> None:
    under = np.full((190, 190, 3), 77, np.uint8)
    shown = laid_out(RAMP, drawn_face(1), under, np.random.default_rng(3))
    changed = (shown != 77).any(2)
    assert shown.shape == under.shape
    assert 80 * 80 * 0.8 < changed.sum() < 150 * 150
    assert (under == 77).all()
    again = laid_out(RAMP, drawn_face(1), under, np.random.default_rng(3))
    assert np.array_equal(shown, again)


def test_eyes_of_a_profile_are_close_in_its_box() -> None:
    boxes = np.array([[0, 0, 50, 60, 0.9]] * 2, np.float32)
    profile = KPS.copy()
    profile[0, 0] = 57.0
    assert eyes_share(boxes, np.stack([KPS, profile])).tolist() == pytest.approx([0.48, 0.1])


def test_joined_pictures_stand_in_their_order() -> None:
    first, second = labelled_pictures(3), labelled_pictures(2)
    second.pictures[:] = 9
    both = joined([first, second])
    assert both.pictures.shape == (5, 100, 100, 3)
    assert len(both) == 5
    assert np.array_equal(both.pictures[2], first.pictures[2])
    assert (both.pictures[3] == 9).all()
    assert both.owner.tolist() == [0, 1, 2, 3, 4]
    assert both.faces(4) == slice(4, 5)
    with pytest.raises(ValueError, match="one size"):
        JoinedPictures([first.pictures, np.zeros((1, 8, 8, 3), np.uint8)])


def test_turned_rows_name_true_profiles_several_times_and_nobody_kept_out() -> None:
    labelled = labelled_pictures(6)
    labelled.kps[1, 0] = labelled.kps[4, 0] = (57.0, 50.0)
    kept_out = np.array([False, False, True, False, True, True])
    plain = np.array([True, True, True, False, True, False])
    sources = TrainingPictures(labelled, kept_out, plain)
    assert sources.rows(kept_out=False).tolist() == [0, 1]
    turned = sources.turned_rows(kept_out=False)
    assert set(turned.tolist()) == {1, 3}
    assert (turned == 1).sum() > (turned == 3).sum() == 1
    assert set(sources.turned_rows(kept_out=True).tolist()) == {4, 5}


def test_profiles_of_fer2013_are_found_and_kept(shared_dir: Path, tmp_path: Path) -> None:
    data = shared_dir / "data"
    fer = take_pictures(data / "ferplus" / "FER2013Train.zip", tmp_path / "fer.zip", 120)
    lfw = take_pictures(data / "lfw_dev.zip", tmp_path / "lfw.zip", 8)
    pack = shared_dir / "models" / "scrfd_500m_mobilefacenet"
    plain = prepare(lfw, pack, tmp_path / "cache")
    teacher = Teacher(pack)
    about = (fer, plain, teacher, tmp_path / "cache")
    found = prepare_small_profiles(*about)
    assert found.pictures.shape[1:] == plain.pictures.shape[1:]
    assert 3 <= len(found) <= 60
    assert (np.diff(found.owner) >= 0).all()
    assert _is_same(prepare_small_profiles(*about), found)
    small = prepare_small_faces(fer, teacher, tmp_path / "cache")
    assert small.pictures.shape == (120, 96, 96, 3)
    assert len(set(small.owner.tolist())) == len(small.owner) > 100
    middles = small.kps.mean(1)
    assert (np.abs(middles - 48) < 24).all(1).mean() > 0.9


def _is_same(first: LabelledPictures, second: LabelledPictures) -> bool:
    return np.array_equal(first.boxes, second.boxes) and np.array_equal(
        first.pictures[0], second.pictures[0]
    )
