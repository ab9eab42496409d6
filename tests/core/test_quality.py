import dataclasses

import numpy as np
import pytest

from facemotion.core.alignment import ARCFACE_TEMPLATE_112
from facemotion.core.quality import (
    QualityGates,
    cut_off_part,
    embedding_quality,
    face_px,
    gate,
    is_frontal,
    sharpness,
    yaw_pitch_roll_deg,
)
from facemotion.core.types import GateReason
from tests.core.faces import face, turned_face, turned_kps

FRAME = (640, 480)


@pytest.mark.parametrize("yaw", [-85.0, -40.0, 0.0, 15.0, 60.0])
@pytest.mark.parametrize("pitch", [-45.0, 0.0, 20.0])
@pytest.mark.parametrize("roll", [-100.0, 0.0, 35.0])
def test_the_angles_of_a_turned_head_come_back(yaw, pitch, roll):
    measured = yaw_pitch_roll_deg(turned_kps(yaw, pitch, roll))
    assert measured == pytest.approx((yaw, pitch, roll), abs=0.05)


def test_angles_do_not_depend_on_place_and_size():
    small, large = turned_kps(20, 10, 5, size=8.0), turned_kps(20, 10, 5, size=400.0) + 1000.0
    assert yaw_pitch_roll_deg(small) == pytest.approx(yaw_pitch_roll_deg(large), abs=0.05)


def test_a_head_turned_beyond_the_profile_has_a_yaw_beyond_90():
    assert yaw_pitch_roll_deg(turned_kps(110.0)) == pytest.approx((110.0, 0.0, 0.0), abs=0.1)
    assert yaw_pitch_roll_deg(turned_kps(-120.0))[0] == pytest.approx(-120.0, abs=0.1)


def test_signs_as_seen_in_the_picture():
    nose_right = ARCFACE_TEMPLATE_112 + np.array([[0, 0], [0, 0], [6, 0], [0, 0], [0, 0]])
    nose_up = ARCFACE_TEMPLATE_112 - np.array([[0, 0], [0, 0], [0, 6], [0, 0], [0, 0]])
    right_eye_low = ARCFACE_TEMPLATE_112 + np.array([[0, 0], [0, 9], [0, 0], [0, 0], [0, 0]])
    straight = yaw_pitch_roll_deg(ARCFACE_TEMPLATE_112)
    assert straight == pytest.approx((0, 0, 0), abs=6.0)
    assert yaw_pitch_roll_deg(nose_right)[0] > straight[0] + 5.0
    assert yaw_pitch_roll_deg(nose_up)[1] > straight[1] + 5.0
    assert yaw_pitch_roll_deg(right_eye_low)[2] > straight[2] + 3.0


@pytest.mark.parametrize(
    "kps",
    [
        np.full((5, 2), 50.0),
        np.stack([np.arange(5.0), np.arange(5.0)], axis=1),
        np.full((5, 2), np.nan),
    ],
)
def test_landmarks_that_show_no_face_count_as_turned_away(kps):
    assert yaw_pitch_roll_deg(kps) == (90.0, 90.0, 0.0)
    assert not is_frontal(kps)


@pytest.mark.parametrize("shape", [(4, 2), (5, 3), (10,), (0, 2)])
def test_other_landmark_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="landmarks"):
        yaw_pitch_roll_deg(np.zeros(shape))


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll", "expected"),
    [
        (0, 0, 0, True),
        (19.5, 0, 0, True),
        (20.5, 0, 0, False),
        (0, -19.5, 0, True),
        (0, 21, 0, False),
        (0, 0, 80, True),
    ],
)
def test_is_frontal(yaw, pitch, roll, expected):
    assert is_frontal(turned_kps(yaw, pitch, roll)) is expected


def test_sharpness_of_an_even_picture_and_of_a_slope_is_nothing():
    assert sharpness(np.full((48, 48), 128, dtype=np.uint8)) == 0.0
    slope = np.tile(np.arange(48, dtype=np.uint8) * 4, (48, 1))
    assert sharpness(slope) == pytest.approx(0.0)


def test_sharpness_of_a_single_dot_by_hand():
    dot = np.zeros((5, 5), dtype=np.uint8)
    dot[2, 2] = 9
    inner = np.array([[0, 9, 0], [9, -36, 9], [0, 9, 0]])
    assert sharpness(dot) == pytest.approx(inner.var())


def test_blur_lowers_sharpness():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (48, 48)).astype(np.float32)
    blurred = noise
    previous = sharpness(noise.astype(np.uint8))
    for _ in range(4):
        blurred = (blurred + np.roll(blurred, 1, 0) + np.roll(blurred, 1, 1)) / 3
        current = sharpness(blurred.astype(np.uint8))
        assert current < previous
        previous = current


def test_sharpness_of_a_view_equals_that_of_its_copy():
    picture = np.random.default_rng(1).integers(0, 256, (96, 96)).astype(np.uint8)
    assert sharpness(picture[::2, ::2]) == sharpness(picture[::2, ::2].copy())


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((48, 48), dtype=np.float32),
        np.zeros((48, 48, 3), dtype=np.uint8),
        np.zeros((2, 48), dtype=np.uint8),
        np.zeros((0, 0), dtype=np.uint8),
    ],
)
def test_sharpness_refuses_other_pictures(picture):
    with pytest.raises(ValueError, match="uint8"):
        sharpness(picture)


@pytest.mark.parametrize(
    ("box", "part"),
    [
        ((100, 100, 180, 200), 0.0),
        ((-50, 100, 50, 238), 0.5),
        ((-200, 100, -100, 200), 1.0),
        ((0, 100, 36, 200), 0.5),
        ((604, 100, 640, 200), 0.5),
        ((100, 0, 172, 50), 0.5),
        ((100, 430, 172, 480), 0.5),
        ((0, 100, 72, 200), 0.0),
        ((50, 50, 50, 90), 1.0),
        ((50, 50, 90, 50), 1.0),
    ],
)
def test_part_cut_off_by_the_edge(box, part):
    assert cut_off_part(np.array(box, dtype=np.float32), FRAME) == pytest.approx(part, abs=0.02)


def test_a_good_face_passes_every_gate():
    assert gate(face(), 500.0, FRAME, QualityGates()) is None


@pytest.mark.parametrize(
    ("detection", "blur", "reason"),
    [
        (face(det_score=0.64), 500.0, GateReason.LOW_DET_SCORE),
        (face(size=35.9), 500.0, GateReason.TOO_SMALL),
        (face(x=-40.0), 500.0, GateReason.CUT_OFF),
        (turned_face(yaw_deg=51.0), 500.0, GateReason.TURNED_AWAY),
        (turned_face(pitch_deg=-41.0), 500.0, GateReason.TURNED_AWAY),
        (dataclasses.replace(face(), kps=turned_kps(roll_deg=61.0)), 500.0, GateReason.TURNED_AWAY),
        (face(), 14.9, GateReason.TOO_BLURRED),
    ],
)
def test_each_gate_says_why(detection, blur, reason):
    assert gate(detection, blur, FRAME, QualityGates()) is reason


@pytest.mark.parametrize(
    ("detection", "blur"),
    [
        (face(det_score=0.65), 500.0),
        (face(size=36.0), 500.0),
        (turned_face(yaw_deg=49.9), 500.0),
        (face(), 15.0),
        (face(), None),
    ],
)
def test_a_value_on_the_limit_passes(detection, blur):
    assert gate(detection, blur, FRAME, QualityGates()) is None


def test_open_gates_let_everything_pass_that_is_in_the_picture():
    gates = QualityGates(12.0, 0.0, 0.0, 90.0, 90.0, 180.0, 1.0)
    poor = dataclasses.replace(face(x=-60.0, size=80.0, det_score=0.1), kps=turned_kps(80.0))
    assert gate(poor, 0.0, FRAME, gates) is None


@pytest.mark.parametrize(
    "change", [{"min_det_score": 1.1}, {"min_face_px": "36"}, {"max_yaw_deg": -1.0}]
)
def test_gates_are_checked(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        QualityGates(**change)


def test_face_size_is_the_mean_of_width_and_height():
    assert face_px(np.array([0, 0, 40, 60], dtype=np.float32)) == 50.0


def test_embedding_quality_is_full_for_a_large_sharp_frontal_face():
    large = face(size=200.0, det_score=1.0)
    assert embedding_quality(large, 1000.0, FRAME) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ((face(), 300.0), (face(det_score=0.5), 300.0)),
        ((face(), 300.0), (face(size=40.0), 300.0)),
        ((face(), 300.0), (face(), 20.0)),
        ((turned_face(10.0), 300.0), (turned_face(50.0), 300.0)),
        ((turned_face(), 300.0), (turned_face(0.0, 40.0), 300.0)),
        ((face(), 300.0), (face(x=-40.0), 300.0)),
        ((turned_face(60.0), 300.0), (turned_face(100.0), 300.0)),
    ],
)
def test_embedding_quality_falls_with_each_fault(better, worse):
    first, second = embedding_quality(*better, FRAME), embedding_quality(*worse, FRAME)
    assert 0.0 <= second < first <= 1.0


def test_embedding_quality_without_sharpness_and_frame():
    cut_off, whole = embedding_quality(face(x=-40.0), None), embedding_quality(face(), None)
    assert cut_off == pytest.approx(whole)
    assert embedding_quality(face(), None) > embedding_quality(face(), 10.0)
