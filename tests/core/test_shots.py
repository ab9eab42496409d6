import dataclasses

import numpy as np
import pytest

from facemotion.core.shots import Pose, ShotGuide, ShotHint, ShotParams, pose_of
from tests.core.faces import face, turned_face, turned_kps

FRAME = (640, 480)
GOOD = {"sharpness": 300.0, "brightness": 128.0, "frame_size": FRAME}
HEADS = {
    Pose.FRONTAL: turned_face(),
    Pose.LEFT: turned_face(yaw_deg=28.0),
    Pose.RIGHT: turned_face(yaw_deg=-28.0),
    Pose.UP: turned_face(pitch_deg=20.0),
    Pose.DOWN: turned_face(pitch_deg=-20.0),
}


class Sitting:
    """A person in front of the guide, ten frames a second."""

    def __init__(self, params=None):
        self.guide = ShotGuide(params)
        self.time_s = 0.0

    def offer(self, *detections, **changes):
        self.time_s += 0.1
        return self.guide.offer(detections, **(GOOD | changes), time_s=self.time_s)

    def hold(self, head, frames=10, **changes):
        return [self.offer(head, **changes) for _ in range(frames)]


@pytest.mark.parametrize(
    ("yaw", "pitch", "pose"),
    [
        (0, 0, Pose.FRONTAL),
        (9, -9, Pose.FRONTAL),
        (12, 0, None),
        (16, 0, Pose.LEFT),
        (44, 0, Pose.LEFT),
        (46, 0, None),
        (-20, 5, Pose.RIGHT),
        (0, 11, None),
        (0, 13, Pose.UP),
        (5, -20, Pose.DOWN),
        (0, 50, None),
    ],
)
def test_poses(yaw, pitch, pose):
    assert pose_of(turned_kps(yaw, pitch)) is pose


def test_the_persons_left_is_the_pictures_right():
    assert pose_of(turned_kps(yaw_deg=25.0)) is Pose.LEFT


def test_the_first_good_frame_is_taken_and_the_ring_fills_with_time():
    sitting = Sitting()
    advice = sitting.hold(HEADS[Pose.FRONTAL], 8)
    assert [a.is_shot_taken for a in advice] == [True] + [False] * 7
    assert advice[0].pose is Pose.FRONTAL
    assert [round(a.progress[Pose.FRONTAL], 2) for a in advice[:4]] == [0.0, 0.17, 0.33, 0.5]
    assert advice[7].progress[Pose.FRONTAL] == 1.0
    assert advice[1].hint is ShotHint.KEEP_POSE
    assert advice[7].hint is ShotHint.TURN_LEFT


def test_a_better_frame_of_the_pose_replaces_the_one_before():
    sitting = Sitting()
    faint = dataclasses.replace(HEADS[Pose.FRONTAL], det_score=0.6)
    taken = [sitting.offer(head).is_shot_taken for head in (faint, HEADS[Pose.FRONTAL], faint)]
    assert taken == [True, True, False]


def test_a_complete_pose_takes_no_further_shot():
    sitting = Sitting()
    sitting.hold(dataclasses.replace(HEADS[Pose.FRONTAL], det_score=0.6))
    assert not sitting.offer(HEADS[Pose.FRONTAL]).is_shot_taken


def test_all_poses_in_any_order_complete_the_enrolment():
    sitting = Sitting()
    order = (Pose.DOWN, Pose.FRONTAL, Pose.RIGHT, Pose.UP, Pose.LEFT)
    hints, taken = [], []
    for pose in order:
        advice = sitting.hold(HEADS[pose])
        taken += [a.pose for a in advice if a.is_shot_taken]
        hints.append(advice[-1].hint)
    assert taken == list(order)
    assert hints == [
        ShotHint.LOOK_STRAIGHT,
        ShotHint.TURN_LEFT,
        ShotHint.TURN_LEFT,
        ShotHint.TURN_LEFT,
        ShotHint.DONE,
    ]
    last = sitting.offer()
    assert last.is_complete
    assert set(last.progress.values()) == {1.0}


def test_in_between_poses_the_missing_one_is_asked_for():
    sitting = Sitting()
    advice = sitting.offer(turned_face(yaw_deg=12.0))
    assert (advice.hint, advice.pose, advice.is_shot_taken) == (
        ShotHint.LOOK_STRAIGHT,
        None,
        False,
    )


@pytest.mark.parametrize(
    ("head", "changes", "hint"),
    [
        (turned_face(size=79.0), {}, ShotHint.COME_CLOSER),
        (turned_face(size=390.0), {}, ShotHint.MOVE_BACK),
        (turned_face(), {"brightness": 49.0}, ShotHint.MORE_LIGHT),
        (turned_face(), {"brightness": 216.0}, ShotHint.LESS_LIGHT),
        (turned_face(), {"sharpness": 59.0}, ShotHint.HOLD_STILL),
        (turned_face(size=79.0), {"brightness": 0.0}, ShotHint.COME_CLOSER),
    ],
)
def test_each_fault_has_its_hint_and_no_shot(head, changes, hint):
    advice = Sitting().offer(head, **changes)
    assert (advice.hint, advice.is_shot_taken, advice.pose) == (hint, False, None)


@pytest.mark.parametrize(
    ("head", "changes"),
    [
        (turned_face(size=80.0), {}),
        (turned_face(size=384.0), {}),
        (turned_face(), {"brightness": 50.0}),
        (turned_face(), {"brightness": 215.0}),
        (turned_face(), {"sharpness": 60.0}),
    ],
)
def test_a_value_on_the_limit_is_good_enough(head, changes):
    assert Sitting().offer(head, **changes).is_shot_taken


def test_nobody_and_several_people():
    sitting = Sitting()
    assert sitting.offer().hint is ShotHint.NO_FACE
    assert sitting.offer(face(), face(300)).hint is ShotHint.SEVERAL_FACES


def moved(head, dx):
    shift = np.array([dx, 0], dtype=np.float32)
    return dataclasses.replace(
        head, bbox_xyxy=head.bbox_xyxy + np.tile(shift, 2), kps=head.kps + shift
    )


def test_a_face_that_moves_is_asked_to_hold_still():
    sitting = Sitting()
    head = HEADS[Pose.FRONTAL]
    sitting.offer(head)
    assert sitting.offer(moved(head, 20.0)).hint is ShotHint.HOLD_STILL
    assert sitting.offer(moved(head, 22.0)).hint is ShotHint.KEEP_POSE


def test_speed_is_not_measured_over_a_gap():
    sitting = Sitting()
    head = HEADS[Pose.FRONTAL]
    sitting.offer(head)
    sitting.offer()
    assert sitting.offer(moved(head, 100.0)).hint is ShotHint.KEEP_POSE
    sitting.time_s += 5.0
    assert sitting.offer(head).hint is ShotHint.KEEP_POSE


def test_a_slow_camera_does_not_fill_the_ring_with_one_frame():
    sitting = Sitting()
    sitting.offer(HEADS[Pose.FRONTAL])
    sitting.time_s += 0.8
    assert sitting.offer(HEADS[Pose.FRONTAL]).progress[Pose.FRONTAL] < 0.5


def test_without_a_holding_time_one_frame_a_pose_is_enough():
    sitting = Sitting(ShotParams(hold_s=0.0))
    for head in HEADS.values():
        advice = sitting.offer(head, sharpness=1000.0)
        assert advice.is_shot_taken or advice.hint is ShotHint.HOLD_STILL
    assert advice.is_complete


def test_reset_begins_anew():
    sitting = Sitting()
    sitting.hold(HEADS[Pose.FRONTAL])
    sitting.guide.reset()
    advice = sitting.offer(HEADS[Pose.FRONTAL])
    assert advice.is_shot_taken
    assert advice.progress[Pose.FRONTAL] == 0.0


def test_a_shot_that_was_of_no_use_can_be_asked_for_again():
    sitting = Sitting()
    sitting.hold(HEADS[Pose.FRONTAL])
    sitting.guide.forget(Pose.FRONTAL)
    advice = sitting.offer(HEADS[Pose.FRONTAL])
    assert advice.is_shot_taken
    assert advice.progress[Pose.FRONTAL] < 0.2


def test_hints_are_sentences():
    assert all(str(hint).endswith(".") for hint in ShotHint)
