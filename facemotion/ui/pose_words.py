"""Poses and hints of the guided enrolment, in the user's language."""

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from facemotion.core.shots import Pose, ShotHint

_POSES = {
    Pose.FRONTAL: QT_TRANSLATE_NOOP("pose_words", "Front"),
    Pose.LEFT: QT_TRANSLATE_NOOP("pose_words", "Left"),
    Pose.RIGHT: QT_TRANSLATE_NOOP("pose_words", "Right"),
    Pose.UP: QT_TRANSLATE_NOOP("pose_words", "Up"),
    Pose.DOWN: QT_TRANSLATE_NOOP("pose_words", "Down"),
}
_HINTS = {
    ShotHint.NO_FACE: QT_TRANSLATE_NOOP("pose_words", "Come into the picture."),
    ShotHint.SEVERAL_FACES: QT_TRANSLATE_NOOP(
        "pose_words", "Several people: click on one, or type its number."
    ),
    ShotHint.COME_CLOSER: QT_TRANSLATE_NOOP("pose_words", "Come closer."),
    ShotHint.MOVE_BACK: QT_TRANSLATE_NOOP("pose_words", "Move back a little."),
    ShotHint.MORE_LIGHT: QT_TRANSLATE_NOOP("pose_words", "More light on your face, please."),
    ShotHint.LESS_LIGHT: QT_TRANSLATE_NOOP("pose_words", "Less light on your face, please."),
    ShotHint.HOLD_STILL: QT_TRANSLATE_NOOP("pose_words", "Hold still."),
    ShotHint.LOOK_STRAIGHT: QT_TRANSLATE_NOOP("pose_words", "Look straight into the camera."),
    ShotHint.TURN_LEFT: QT_TRANSLATE_NOOP("pose_words", "Turn your head slowly to your left."),
    ShotHint.TURN_RIGHT: QT_TRANSLATE_NOOP("pose_words", "Turn your head slowly to your right."),
    ShotHint.LOOK_UP: QT_TRANSLATE_NOOP("pose_words", "Raise your chin a little."),
    ShotHint.LOOK_DOWN: QT_TRANSLATE_NOOP("pose_words", "Lower your chin a little."),
    ShotHint.KEEP_POSE: QT_TRANSLATE_NOOP("pose_words", "Good, stay like this."),
    ShotHint.DONE: QT_TRANSLATE_NOOP("pose_words", "Done. Type the name below."),
}


def pose_word(pose: Pose) -> str:
    """Where the head is turned, in one word."""
    return QCoreApplication.translate("pose_words", str(_POSES[pose]))


def hint_words(hint: ShotHint) -> str:
    """What to tell the person in front of the camera."""
    return QCoreApplication.translate("pose_words", str(_HINTS[hint]))
