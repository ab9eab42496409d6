"""What a picture for enrolment must be like, and the poses that are asked for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from facemotion.core.head_pose import yaw_pitch_roll_deg
from facemotion.core.parameters import check_parameters, parameter
from facemotion.core.types import FloatArray

_MAX_FRONTAL_DEG: Final = 10.0
_MIN_TURN_DEG: Final = 15.0
_MIN_NOD_DEG: Final = 12.0
_MAX_TURN_DEG: Final = 45.0


class Pose(StrEnum):
    """Where the head is turned, as the person in front of the camera says it."""

    FRONTAL = "frontal"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ShotParams:
    """What a picture for enrolment must be like.

    Raises:
        ValueError: A value is of the wrong type or out of range.
    """

    min_face_px: float = parameter(
        80.0,
        "Smallest face",
        "Mean of the box's width and height below which the person is asked to come closer.",
        unit="px",
        minimum=20.0,
        maximum=1000.0,
    )
    max_face_part: float = parameter(
        0.80,
        "Largest face",
        "Part of the picture's height that a face may fill.",
        minimum=0.1,
        maximum=1.0,
    )
    min_brightness: float = parameter(
        50.0,
        "Least light",
        "Mean gray level of the face below which more light is asked for.",
        minimum=0.0,
        maximum=255.0,
    )
    max_brightness: float = parameter(
        215.0,
        "Most light",
        "Mean gray level of the face above which less light is asked for.",
        minimum=0.0,
        maximum=255.0,
    )
    min_sharpness: float = parameter(
        60.0,
        "Least sharpness",
        "Variance of the Laplacian of the 48 px crop below which the person must hold still.",
        minimum=0.0,
        maximum=10000.0,
    )
    max_speed: float = parameter(
        1.0,
        "Largest speed",
        "Face sizes a second above which the person must hold still.",
        minimum=0.0,
        maximum=100.0,
    )
    hold_s: float = parameter(
        0.6,
        "Time in a pose",
        "How long a pose is watched for its best picture.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    )

    def __post_init__(self) -> None:
        check_parameters(self)


def pose_of(kps: FloatArray) -> Pose | None:
    """The pose that a head is in, or None in between.

    Args:
        kps: float32 (5, 2) px, image coordinates of a picture that is not mirrored.
    """
    yaw, pitch, _ = yaw_pitch_roll_deg(kps)
    if abs(yaw) <= _MAX_FRONTAL_DEG and abs(pitch) <= _MAX_FRONTAL_DEG:
        return Pose.FRONTAL
    if abs(yaw) >= abs(pitch):
        sideways = Pose.LEFT if yaw > 0.0 else Pose.RIGHT
        return sideways if _MIN_TURN_DEG <= abs(yaw) <= _MAX_TURN_DEG else None
    upwards = Pose.UP if pitch > 0.0 else Pose.DOWN
    return upwards if _MIN_NOD_DEG <= abs(pitch) <= _MAX_TURN_DEG else None
