import numpy as np
import pytest

from facemotion.core import crop_measures
from facemotion.core.crop_measures import (
    APPEARANCE,
    FEATURE_COUNT,
    appearance,
    gradient_features,
    likeness,
    sharpnesses,
)
from facemotion.core.quality import sharpness


@pytest.fixture
def crops():
    return np.random.default_rng(0).integers(0, 256, (5, 48, 48)).astype(np.uint8)


def test_sharpness_is_that_of_the_gate(crops):
    assert sharpnesses(crops) == pytest.approx([sharpness(crop) for crop in crops], rel=1e-4)


def test_appearance_of_a_known_picture():
    crop = np.full((1, 48, 48), 100, np.uint8)
    crop[0, :, 24:] = 200
    values = dict(zip(APPEARANCE, appearance(crop)[0], strict=True))
    assert values["brightness"] == 150.0
    assert values["contrast"] == 50.0
    assert values["white"] == 200.0
    assert values["detail"] == pytest.approx(100.0 * sharpness(crop[0]) / 2500.0)


def test_halving_halves_light_and_contrast_but_not_the_fineness(crops):
    full, half = appearance(crops), appearance(crops // 2)
    assert half[:, :2] == pytest.approx(full[:, :2] / 2.0, rel=0.02)
    assert half[:, 3] == pytest.approx(full[:, 3], rel=0.02)


def test_an_even_picture_has_no_contrast_and_no_likeness():
    even = np.full((1, 48, 48), 77, np.uint8)
    assert appearance(even)[0].tolist() == [77.0, 0.0, 77.0, 0.0]
    assert likeness(even, np.random.default_rng(1).random((48, 48))).tolist() == [0.0]
    assert np.isfinite(gradient_features(even)).all()


def test_likeness_knows_neither_light_nor_contrast(crops):
    mean = crops[0].astype(np.float64)
    assert likeness(crops[:1] // 2 + 60, mean)[0] == pytest.approx(1.0, abs=0.01)
    assert likeness(255 - crops[:1], mean)[0] == pytest.approx(-1.0)
    assert abs(likeness(crops[1:], mean)).max() < 0.1


def test_gradients_of_an_edge_lie_in_one_direction():
    crop = np.zeros((1, 48, 48), np.uint8)
    crop[0, :, 24:] = 255
    blocks = gradient_features(crop).reshape(25, 4, 8)
    assert blocks[..., 0].sum() > 0.0
    assert blocks[..., 1:].sum() == pytest.approx(0.0, abs=1e-9)
    assert gradient_features(crop.transpose(0, 2, 1)).reshape(25, 4, 8)[..., 4].sum() > 0.0


def test_many_crops_are_measured_as_one_by_one(monkeypatch):
    monkeypatch.setattr(crop_measures, "_CHUNK", 8)
    crops = np.random.default_rng(2).integers(0, 256, (19, 48, 48)).astype(np.uint8)
    together = gradient_features(crops)
    assert together.shape == (19, FEATURE_COUNT)
    assert np.array_equal(
        together, np.concatenate([gradient_features(crop[None]) for crop in crops])
    )


def test_no_crops():
    nothing = np.zeros((0, 48, 48), np.uint8)
    assert appearance(nothing).shape == (0, len(APPEARANCE))
    assert likeness(nothing, np.eye(48)).shape == (0,)
    assert gradient_features(nothing).shape == (0, FEATURE_COUNT)


def test_crops_need_not_be_contiguous(crops):
    turned = crops.transpose(0, 2, 1)
    assert appearance(turned) == pytest.approx(appearance(np.ascontiguousarray(turned)))


@pytest.mark.parametrize("measure", [appearance, sharpnesses, gradient_features])
@pytest.mark.parametrize("wrong", [np.zeros((2, 48, 47), np.uint8), np.zeros((1, 48, 48))])
def test_other_pictures_are_refused(measure, wrong):
    with pytest.raises(ValueError, match="48, 48"):
        measure(wrong)
