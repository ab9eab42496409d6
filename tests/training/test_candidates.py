from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.vision.second_look import CROP_RULE
from tests.training.pack_data import labelled_pictures
from training.detector.records import Mosaic
from training.lfw import LfwArchive
from training.refiner.candidates import collect, judged
from training.refiner.samples import SampleMaker, SampleRecipe, Samples
from training.teacher import Teacher


@pytest.fixture(scope="module")
def pack(shared_dir: Path) -> Path:
    return shared_dir / "models" / "scrfd_500m_mobilefacenet"


@pytest.fixture(scope="module")
def picture(shared_dir: Path) -> np.ndarray:
    canvas = np.zeros((224, 224, 3), np.uint8)
    canvas[10:200, 20:210] = LfwArchive(shared_dir / "data" / "lfw_dev.zip").picture(3)
    return canvas


def test_proposals_get_the_labellers_score_and_landmarks(pack: Path, picture: np.ndarray) -> None:
    teacher = Teacher(pack)
    face = teacher.faces(picture, 224, 0.5)
    box = face.boxes[0, :4]
    width = box[2] - box[0]
    beside, loose = box + np.float32(0.8) * width, box + np.float32(0.1) * width
    told = judged(picture, np.stack([box, loose, beside]), teacher)
    assert told.scores[:2] == pytest.approx([face.boxes[0, 4]] * 2, abs=0.02)
    assert told.scores[2] < 0.1
    assert told.is_face.tolist() == [True, True, False]
    for row, own in enumerate((box, loose)):
        matrix = CROP_RULE.matrix(own, np.zeros((5, 2), np.float32))
        where = (told.points[row].reshape(5, 2) + 0.5) * 48 - 0.5
        back = (where - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        assert np.abs(back - face.kps[0]).max() < 0.05 * width
    assert not told.points[2].any()


def test_as_many_proposals_as_wanted_are_collected(pack: Path, picture: np.ndarray) -> None:
    def compose(random: np.random.Generator) -> Mosaic:
        shown = cv2.flip(picture, 1) if random.random() < 0.5 else picture
        return Mosaic(
            np.asarray(shown, np.uint8), np.zeros((0, 4)), np.zeros((0, 5, 2)), np.zeros(0, bool)
        )

    found = collect(pack, compose, Teacher(pack), 6, np.random.default_rng(0))
    assert len(found.crops) == len(found.points) == len(found.is_face) == len(found.scores) >= 6
    assert found.scores.max() > 0.5


def test_a_detector_that_proposes_nothing_is_refused(pack: Path) -> None:
    nothing = Mosaic(
        np.zeros((64, 64, 3), np.uint8), np.zeros((0, 4)), np.zeros((0, 5, 2)), np.zeros(0, bool)
    )
    with pytest.raises(ValueError, match="proposes 0 places in 5 pictures"):
        collect(pack, lambda _: nothing, Teacher(pack), 5, np.random.default_rng(0))


def test_proposals_are_drawn_in_their_share_and_mirrored_with_their_landmarks() -> None:
    crops = np.zeros((1, 48, 48), np.uint8)
    points = np.array([[-0.2, -0.1, 0.2, -0.1, 0.1, 0.0, -0.15, 0.2, 0.15, 0.2]], np.float32)
    crops[0, :, 24:] = 200
    proposals = Samples(crops, points, np.array([True]), np.array([0.6], np.float32))
    recipe = SampleRecipe(proposed=1.0, jpeg=0.0)
    none = np.zeros((0, 5), np.float32)
    make = SampleMaker(recipe, labelled_pictures(2), np.arange(2), [], none, proposals=proposals)
    found = make(40, np.random.default_rng(0))
    assert found.is_face.all()
    assert found.scores == pytest.approx(np.full(40, 0.6))
    is_mirrored = found.crops[:, 0, 0] == 200
    assert 8 < is_mirrored.sum() < 32
    nose = found.points.reshape(-1, 5, 2)[:, 2, 0]
    assert nose[is_mirrored] == pytest.approx(np.full(is_mirrored.sum(), -0.1))
    eyes = found.points.reshape(-1, 5, 2)[:, :2, 0]
    assert (eyes[:, 0] < eyes[:, 1]).all()
    half = SampleMaker(
        replace(recipe, proposed=0.5),
        labelled_pictures(2),
        np.arange(2),
        [],
        none,
        proposals=proposals,
    )
    assert 0.35 < (half(200, np.random.default_rng(1)).scores == np.float32(0.6)).mean() < 0.65
