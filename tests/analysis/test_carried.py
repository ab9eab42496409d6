import numpy as np
import pytest

from facemotion.analysis.carried import MAX_CARRY_S, carry_along
from facemotion.core.types import EmotionReading, FaceResult, Frame, FrameResult, Identity


def frame(time_s, scene_id=0):
    return Frame(np.zeros((8, 8, 3), np.uint8), time_s, 0, scene_id=scene_id)


def result(time_s=1.0):
    face = FaceResult(
        track_id=3,
        bbox_xyxy=np.array([10, 20, 30, 60], np.float32),
        velocity_xyxy=np.array([10, 0, 20, 40], np.float32),
        kps=np.array([[10, 20], [30, 60], [20, 40], [15, 30], [25, 50]], np.float32),
        det_score=0.9,
        identity=Identity(),
        emotion=EmotionReading(),
        first_seen_s=0.0,
    )
    return FrameResult(frame(time_s), (face,))


def test_boxes_and_landmarks_move_with_the_edges():
    later = frame(1.2)
    moved = carry_along(result(), later)
    assert moved.frame is later
    np.testing.assert_allclose(moved.faces[0].bbox_xyxy, [12, 20, 34, 68], atol=1e-4)
    np.testing.assert_allclose(
        moved.faces[0].kps, [[12, 20], [34, 68], [23, 44], [17.5, 32], [28.5, 56]], atol=1e-4
    )
    assert moved.faces[0].kps.dtype == np.float32
    assert moved.faces[0].track_id == 3


@pytest.mark.parametrize(
    ("last", "later"),
    [
        (None, frame(1.0)),
        (result(), frame(1.1, scene_id=1)),
        (result(), frame(0.9)),
        (result(), frame(1.0 + MAX_CARRY_S + 0.01)),
        (FrameResult(frame(1.0), ()), frame(1.1)),
    ],
)
def test_nobody_is_carried_where_nobody_belongs(last, later):
    moved = carry_along(last, later)
    assert moved.frame is later
    assert moved.faces == ()


def test_the_original_is_not_written():
    last = result()
    before = last.faces[0].bbox_xyxy.copy()
    carry_along(last, frame(1.3))
    np.testing.assert_array_equal(last.faces[0].bbox_xyxy, before)


def test_a_box_without_size_is_carried():
    face = result().faces[0]
    flat = FaceResult(
        3,
        np.zeros(4, np.float32),
        np.zeros(4, np.float32),
        np.zeros((5, 2), np.float32),
        0.9,
        face.identity,
        face.emotion,
        0.0,
    )
    moved = carry_along(FrameResult(frame(1.0), (flat,)), frame(1.1))
    assert np.isfinite(moved.faces[0].kps).all()
