"""What is drawn on the frames between two readings: the last faces, carried along."""

from dataclasses import replace

import numpy as np

from facemotion.core.boxes import extrapolate
from facemotion.core.types import FaceResult, Frame, FrameResult

MAX_CARRY_S = 0.5
"""Faces are not carried further than this, however rarely frames are read."""


def carry_along(last: FrameResult | None, frame: Frame) -> FrameResult:
    """The last result moved to a later frame.

    Args:
        last: Of the frame read last, or None before the first.
        frame: A later frame; when it shows another scene, nobody is carried into it.

    Returns:
        A result for `frame`; its emotions and names are those of `last`.
    """
    if last is None:
        return FrameResult(frame, ())
    dt_s = frame.time_s - last.frame.time_s
    is_too_late = not 0.0 <= dt_s <= MAX_CARRY_S
    if frame.scene_id != last.frame.scene_id or is_too_late:
        return FrameResult(frame, ())
    return FrameResult(frame, tuple(_moved(face, dt_s) for face in last.faces))


def _moved(face: FaceResult, dt_s: float) -> FaceResult:
    bbox_xyxy = extrapolate(face.bbox_xyxy, face.velocity_xyxy, dt_s)
    old, new = face.bbox_xyxy.reshape(2, 2), bbox_xyxy.reshape(2, 2)
    size = np.maximum(old[1] - old[0], np.float32(1e-3))
    kps = new[0] + (face.kps - old[0]) * ((new[1] - new[0]) / size)
    return replace(face, bbox_xyxy=bbox_xyxy, kps=kps.astype(np.float32))
