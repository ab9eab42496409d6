from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from facemotion.core.preprocessing import normalise
from facemotion.core.types import FaceDetection
from facemotion.vision.second_look import SecondLook
from tests.training.pack_data import BOX, KPS, drawn_face, labelled_pictures
from training.config import OptimisationConfig
from training.onnx_file import check_parity
from training.refiner.export import PARITY_LIMIT, check_int8, export
from training.refiner.model import Refiner, RefinerShape
from training.refiner.samples import SampleMaker, SampleRecipe, Samples, cut_through
from training.refiner.train import (
    EYES_SHARE,
    MOST_WEIGHT,
    RefinerConfig,
    RefinerTrainer,
    check_record,
    config_from,
    load_checkpoint,
    refiner_loss,
)

SHAPE = RefinerShape(widths=(8, 8, 8), head=4, hidden=8)
CONFIG = RefinerConfig(
    "test",
    steps_per_epoch=2,
    shape=SHAPE,
    optimisation=OptimisationConfig(epochs=2, batch_size=8, learning_rate=1e-2),
)


def maker(mined: int = 0, **changes: float) -> SampleMaker:
    boxes = np.array([[row, 2.0, 2.0, 20.0, 20.0] for row in range(mined)], np.float32)
    recipe = replace(SampleRecipe(), **changes)
    return SampleMaker(
        recipe, labelled_pictures(6), np.arange(6), [], boxes.reshape(-1, 5).astype(np.float32)
    )


CHECKED = maker()(32, np.random.default_rng(0))


def trained(tmp_path: Path) -> Refiner:
    trainer = RefinerTrainer(CONFIG, maker(), CHECKED)
    trainer.run_epoch()
    torch.save(trainer.state(), tmp_path / "last.pt")
    return load_checkpoint(tmp_path / "last.pt")[0]


def test_samples_depend_on_the_generator_only() -> None:
    first, again = (maker(mined=2)(16, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first.crops, again.crops)
    assert np.array_equal(first.points, again.points)
    assert first.crops.shape == (16, 48, 48)
    assert first.crops.dtype == np.uint8
    assert 0 < first.is_face.sum() < 16
    assert (first.points[~first.is_face] == 0.0).all()


def test_landmarks_lie_on_the_dots_of_turned_and_mirrored_faces() -> None:
    samples = maker(faces=1.0, small=0.0, narrow=0.0)(40, np.random.default_rng(1))
    for crop, points in zip(samples.crops, samples.points.reshape(-1, 5, 2), strict=True):
        pixels = np.rint((points + 0.5) * 48 - 0.5).astype(int)
        for x, y in pixels:
            if 2 <= x < 46 and 2 <= y < 46:
                near = crop[y - 2 : y + 3, x - 2 : x + 3]
                assert int(near.min()) < int(near.max()) - 40  # a dark dot on skin
        # Whichever way it is mirrored, the first eye stands left of the second one.
        assert points[0, 0] < points[1, 0]


def test_crops_beside_a_face_hardly_overlap_with_it() -> None:
    make = maker()
    random = np.random.default_rng(2)
    face = BOX[:4]
    for _ in range(50):
        box = make._beside(0, random)
        low, high = np.maximum(box[:2], face[:2]), np.minimum(box[2:], face[2:])
        shared = float(np.prod(np.maximum(high - low, 0.0)))
        both = float(np.prod(box[2:] - box[:2]) + np.prod(face[2:] - face[:2])) - shared
        assert shared / both < 0.25


def test_loss_by_hand() -> None:
    answers, points = torch.zeros(2, 11), torch.zeros(2, 10)
    points[0] = 0.1 * EYES_SHARE
    points[1] = 9.0
    is_face = torch.tensor([True, False])
    landmarks, told = refiner_loss(answers, points, is_face, is_face.float())
    # Eyes on one place count the most that they may.
    assert float(landmarks) == pytest.approx(MOST_WEIGHT * 0.1 - 0.02 / 2, abs=1e-6)
    assert float(told) == pytest.approx(np.log(2.0), abs=1e-6)
    points[0, 2] += EYES_SHARE
    answers[0, 2] = EYES_SHARE
    landmarks, _ = refiner_loss(answers, points, is_face, is_face.float())
    assert float(landmarks) == pytest.approx(0.1 - 0.02 / 2, abs=1e-6)


def test_record_by_hand() -> None:
    points = np.zeros((3, 10), np.float32)
    points[0, 2] = 0.4  # the eyes are 0.4 of the crop apart
    samples = Samples(
        np.zeros((3, 48, 48), np.uint8),
        points,
        np.array([True, False, False]),
        np.float32([1, 0, 0]),
    )
    answers = np.zeros((3, 11), np.float32)
    answers[0, :10] = points[0] + np.tile([0.0, 0.04], 5)
    answers[:, -1] = [1.0, -1.0, 1.0]
    record = check_record(answers, samples)
    assert record["landmark_error"] == pytest.approx(0.1, abs=1e-4)
    assert record["kept"] == 1.0
    assert record["refused"] == 0.5


def test_killed_training_ends_with_the_same_weights() -> None:
    whole = RefinerTrainer(CONFIG, maker(), CHECKED)
    for _ in range(2):
        whole.run_epoch()
    killed = RefinerTrainer(CONFIG, maker(), CHECKED)
    killed.run_epoch()
    torch.manual_seed(99)
    resumed = RefinerTrainer(CONFIG, maker(), CHECKED)
    resumed.restore(killed.state(), config_from)
    resumed.run_epoch()
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
    other = replace(CONFIG, seed=7)
    with pytest.raises(ValueError, match="another experiment"):
        RefinerTrainer(other, maker(), CHECKED).restore(killed.state(), config_from)


def test_exported_file_answers_as_the_network_and_as_the_program_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "refiner.onnx"
    network = export(trained(tmp_path), path, {"model": "test"})
    crops = maker()(9, np.random.default_rng(0)).crops
    assert check_parity(path, network, torch.from_numpy(normalise(crops)), PARITY_LIMIT) < 1e-4
    face = FaceDetection(BOX[:4], KPS, 0.9)
    (refined,) = SecondLook(path).refine(drawn_face(0), [face], 0.0)
    assert refined.kps.shape == (5, 2)
    assert 0.0 < refined.det_score < 0.95
    assert np.array_equal(refined.bbox_xyxy, face.bbox_xyxy)
    export(trained(tmp_path), path, {}, shift=0.7)
    (surer,) = SecondLook(path).refine(drawn_face(0), [face], 0.0)
    # A score is detector's ** 0.7 · refiner's ** 0.3.
    before, after = (
        (score / 0.9**0.7) ** (1.0 / 0.3) for score in (refined.det_score, surer.det_score)
    )
    assert np.log(after / (1 - after)) - np.log(before / (1 - before)) == pytest.approx(
        0.7, abs=1e-3
    )
    assert np.allclose(surer.kps, refined.kps, atol=1e-3)


def test_experiments_are_read_strictly() -> None:
    assert config_from({"name": "a", "shape": {"head": 16}}).shape.head == 16
    with pytest.raises(ValueError, match="unknown field"):
        config_from({"name": "a", "heads": 3})


def test_turned_faces_come_from_their_own_pictures() -> None:
    pictures = labelled_pictures(6)
    black = replace(pictures, pictures=pictures.pictures.copy())
    black.pictures[3:] = 0
    recipe = SampleRecipe(faces=1.0, turned=1.0, small=0.0)
    none = np.zeros((0, 5), np.float32)
    make = SampleMaker(recipe, black, np.arange(3), [], none, np.arange(3, 6))
    assert not make(8, np.random.default_rng(0)).crops.any()
    without = SampleMaker(recipe, black, np.arange(3), [], none)
    assert without(8, np.random.default_rng(0)).crops.any(axis=(1, 2)).all()


def test_pictures_named_twice_are_drawn_twice_as_often() -> None:
    none = np.zeros((0, 5), np.float32)
    rows = np.array([3, 4, 4])
    make = SampleMaker(SampleRecipe(), labelled_pictures(6), np.arange(3), [], none, rows)
    assert make.turned_faces.tolist() == [3, 4, 4]


def test_small_pictures_give_their_share_of_the_faces() -> None:
    none, small = np.zeros((0, 5), np.float32), labelled_pictures(4)
    small.pictures[:] = 0
    small.boxes[3, 4] = 0.4
    recipe = SampleRecipe(faces=1.0, little=0.5, small=0.0, jpeg=0.0)
    make = SampleMaker(recipe, labelled_pictures(3), np.arange(3), [], none, small=small)
    assert make.small_faces.tolist() == [0, 1, 2]
    crops = make(200, np.random.default_rng(0)).crops
    assert 0.35 < (~crops.any(axis=(1, 2))).mean() < 0.65


def test_long_hair_changes_the_crop_and_not_the_picture() -> None:
    pictures, none = labelled_pictures(3), np.zeros((0, 5), np.float32)
    before = pictures.pictures[0].copy()
    crops = []
    for share in (0.0, 1.0):
        recipe = SampleRecipe(faces=1.0, small=0.0, jpeg=0.0, hair=share)
        make = SampleMaker(recipe, pictures, np.arange(1), [], none)
        crops.append(make(40, np.random.default_rng(0)).crops.astype(int))
    assert np.array_equal(pictures.pictures[0], before)
    assert np.abs(crops[0] - crops[1]).mean() > 10


def test_mistakes_in_pictures_without_faces_are_shown() -> None:
    white, none = np.full((60, 60, 3), 255, np.uint8), np.zeros((0, 5), np.float32)
    recipe = SampleRecipe(faces=0.0, small=0.0)
    mined = np.array([[0, 10, 10, 40, 40]], np.float32)
    make = SampleMaker(recipe, labelled_pictures(3), np.arange(3), [white], none, None, mined)
    shown = [bool((crop == 255).all()) for crop in make(60, np.random.default_rng(0)).crops]
    # A quarter are the mistake itself, an eighth or so any part of the white picture.
    assert 0.2 < np.mean(shown) < 0.7


def test_a_face_cut_by_the_rim_keeps_at_least_half() -> None:
    picture = drawn_face(0)
    sides = set()
    for seed in range(40):
        part, corner = cut_through(picture, BOX, np.random.default_rng(seed))
        assert part.size > 0
        box = BOX[:4] - np.tile(corner, 2)
        limit = np.array([part.shape[1], part.shape[0]] * 2)
        inside = np.clip(box, 0, limit)
        shown = np.prod(inside[2:] - inside[:2]) / np.prod(box[2:] - box[:2])
        assert 0.45 <= shown <= 0.95
        assert np.array_equal(part[0, 0], picture[int(corner[1]), int(corner[0])])
        sides.add((bool(corner[0]), bool(corner[1]), part.shape[0] < 100, part.shape[1] < 100))
    assert len(sides) == 4


def test_eight_bits_that_change_too_much_are_refused() -> None:
    exact = [np.zeros((4, 5, 2), np.float32), np.full(4, 0.5, np.float32)]
    near = [exact[0] + np.float32(0.001), exact[1] + np.float32(0.01)]
    assert check_int8(exact, near) == pytest.approx((0.001, 0.01), abs=1e-6)
    with pytest.raises(RuntimeError, match="move landmarks"):
        check_int8(exact, [exact[0] + np.float32(0.1), exact[1]])


def test_a_wider_network_answers_at_first_as_the_narrow_one() -> None:
    narrow = RefinerTrainer(CONFIG, maker(), CHECKED)
    narrow.run_epoch()
    wide_config = replace(CONFIG, shape=RefinerShape(widths=(12, 16, 16), head=6, hidden=12))
    wide = RefinerTrainer(wide_config, maker(), CHECKED)
    wide.start_from(narrow.state())
    crops = torch.from_numpy(normalise(CHECKED.crops))
    with torch.inference_mode():
        expected, got = (t.averaged_model()(crops) for t in (narrow, wide))
    assert torch.allclose(got, expected, atol=1e-4)
    with pytest.raises(ValueError, match="shares no part"):
        narrow.start_from({"average": {"other": torch.zeros(3)}})
