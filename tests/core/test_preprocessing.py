import math

import numpy as np
import pytest

from facemotion.core.preprocessing import INPUT_SIZE_PX, EmotionCropRule, normalise

BOX = np.array([100.0, 40.0, 160.0, 120.0], np.float32)  # 60 × 80 px, middle (130, 80)
LEVEL = np.array([[118, 70], [142, 70], [130, 85], [120, 100], [140, 100]], np.float32)


def turned(kps: np.ndarray, degrees: float) -> np.ndarray:
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return ((kps - [130.0, 80.0]) @ turn.T + [130.0, 80.0]).astype(np.float32)


def place(rule: EmotionCropRule, point: tuple[float, float], kps: np.ndarray = LEVEL) -> np.ndarray:
    matrix = rule.matrix(BOX, kps)
    return matrix[:, :2] @ np.array(point) + matrix[:, 2]


def test_middle_of_the_box_becomes_the_middle_of_the_crop() -> None:
    # Pixel centres stand at whole numbers: the middle of 48 pixels is 23.5.
    middle = place(EmotionCropRule(1.0, 0.0, 0.0, is_aligned=False), (130.0, 80.0))
    np.testing.assert_allclose(middle, [23.5, 23.5], atol=1e-4)


@pytest.mark.parametrize("scale", [1.0, 1.3])
def test_side_is_the_scaled_mean_of_width_and_height(scale: float) -> None:
    rule = EmotionCropRule(scale, 0.0, 0.0, is_aligned=False)
    half = scale * 70.0 / 2.0
    np.testing.assert_allclose(place(rule, (130.0 - half, 80.0 - half)), [-0.5, -0.5], atol=1e-4)
    np.testing.assert_allclose(place(rule, (130.0 + half, 80.0 + half)), [47.5, 47.5], atol=1e-4)


def test_shift_moves_the_crop_and_so_the_face_the_other_way() -> None:
    rule = EmotionCropRule(1.0, 0.25, -0.125, is_aligned=False)
    np.testing.assert_allclose(place(rule, (130.0, 80.0)), [23.5 - 12.0, 23.5 + 6.0], atol=1e-4)


@pytest.mark.parametrize("degrees", [-40.0, 0.0, 25.0])
def test_alignment_makes_the_eyes_level(degrees: float) -> None:
    kps, rule = turned(LEVEL, degrees), EmotionCropRule(1.0, 0.0, 0.0, is_aligned=True)
    right, left = place(rule, tuple(kps[0]), kps), place(rule, tuple(kps[1]), kps)
    assert right[1] == pytest.approx(left[1], abs=1e-3)
    assert left[0] - right[0] == pytest.approx(24.0 * 48.0 / 70.0, abs=1e-3)
    nose = place(rule, tuple(kps[2]), kps)
    assert nose[1] > right[1]


def test_without_alignment_the_turn_stays() -> None:
    kps, rule = turned(LEVEL, 25.0), EmotionCropRule(1.0, 0.0, 0.0, is_aligned=False)
    right, left = place(rule, tuple(kps[0]), kps), place(rule, tuple(kps[1]), kps)
    assert math.degrees(math.atan2(*(left - right)[::-1])) == pytest.approx(25.0, abs=0.01)


def test_larger_crop_is_the_same_crop_in_finer_pixels() -> None:
    rule = EmotionCropRule()
    small, large = rule.matrix(BOX, LEVEL), rule.matrix(BOX, LEVEL, 2 * INPUT_SIZE_PX)
    np.testing.assert_allclose(large[:, :2], 2.0 * small[:, :2], rtol=1e-6)
    np.testing.assert_allclose(large[:, 2] + 0.5, 2.0 * (small[:, 2] + 0.5), rtol=1e-5)


def test_box_without_size_gives_a_finite_map() -> None:
    empty = np.array([5.0, 5.0, 5.0, 5.0], np.float32)
    assert np.isfinite(EmotionCropRule().matrix(empty, np.full((5, 2), 5.0, np.float32))).all()


def test_map_is_float32() -> None:
    matrix = EmotionCropRule().matrix(BOX, LEVEL)
    assert (matrix.dtype, matrix.shape) == (np.float32, (2, 3))


def test_rule_survives_metadata() -> None:
    rule = EmotionCropRule(1.2, 0.1, -0.2, is_aligned=False)
    assert EmotionCropRule.from_metadata(rule.to_metadata()) == rule


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"scale": 1.0, "shift_x": 0.0, "shift_y": 0.0},
        {"scale": "wide", "shift_x": 0.0, "shift_y": 0.0, "is_aligned": True},
        {"scale": None, "shift_x": 0.0, "shift_y": 0.0, "is_aligned": True},
        {"scale": 1.0, "shift_x": 0.0, "shift_y": 0.0, "is_aligned": "no"},
        {"scale": 0.0, "shift_x": 0.0, "shift_y": 0.0, "is_aligned": True},
        {"scale": float("nan"), "shift_x": 0.0, "shift_y": 0.0, "is_aligned": True},
        {"scale": 1.0, "shift_x": 0.0, "shift_y": 0.0, "is_aligned": True, "margin": 1.0},
        None,
    ],
)
def test_unreadable_metadata_is_refused(values: object) -> None:
    with pytest.raises(ValueError, match="crop rule"):
        EmotionCropRule.from_metadata(values)


def test_normalise_by_hand() -> None:
    gray = np.array([0, 255, 51], np.uint8).reshape(3, 1, 1)
    out = normalise(gray)
    assert (out.shape, out.dtype) == ((3, 1, 1, 1), np.float32)
    np.testing.assert_allclose(out.ravel(), [-1.0, 1.0, -0.6], atol=1e-6)


def test_normalise_takes_nothing_and_strided_arrays() -> None:
    assert normalise(np.zeros((0, 48, 48), np.uint8)).shape == (0, 1, 48, 48)
    wide = np.arange(96 * 48, dtype=np.uint64).reshape(1, 48, 96).astype(np.uint8)
    out = normalise(wide[:, :, ::2])
    assert out.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(out, normalise(wide[:, :, ::2].copy()))


@pytest.mark.parametrize(
    "gray",
    [np.zeros((48, 48), np.uint8), np.zeros((1, 48, 48), np.float32), np.zeros((1, 1, 2, 2), int)],
)
def test_normalise_refuses_other_arrays_and_says_what_it_got(gray: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected uint8 \(N, H, W\), got"):
        normalise(gray)
