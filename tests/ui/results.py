"""Results as the pipeline gives them, made by hand for tests of what shows them."""

import numpy as np

from facemotion.core.labels import EMOTIONS
from facemotion.core.types import (
    Decision,
    EmotionReading,
    FaceResult,
    Frame,
    FrameResult,
    Identity,
)


def probs_of(emotion, value=0.9):
    probs = np.full(len(EMOTIONS), (1.0 - value) / (len(EMOTIONS) - 1), np.float32)
    probs[EMOTIONS.index(emotion)] = value
    return probs


def face(
    track_id=1,
    box=(40, 30, 80, 80),
    emotion="happy",
    identity=None,
    gate=None,
    velocity=(0, 0, 0, 0),
    first_seen_s=0.0,
):
    x1, y1, x2, y2 = box
    kps = [[x1 + 10, y1 + 15], [x2 - 10, y1 + 15], [(x1 + x2) / 2, (y1 + y2) / 2]]
    kps += [[x1 + 12, y2 - 12], [x2 - 12, y2 - 12]]
    probs = probs_of(emotion) if emotion is not None else None
    reading = EmotionReading(probs if gate is None else None, probs, emotion, gate)
    return FaceResult(
        track_id=track_id,
        bbox_xyxy=np.array(box, np.float32),
        velocity_xyxy=np.array(velocity, np.float32),
        kps=np.array(kps, np.float32),
        det_score=0.9,
        identity=identity or Identity(),
        emotion=reading,
        first_seen_s=first_seen_s,
    )


def known(name="Ana", similarity=0.6):
    return Identity(Decision.KNOWN, "id-" + name, name, similarity)


def uncertain(name="Ana", similarity=0.35):
    return Identity(Decision.UNCERTAIN, "id-" + name, name, similarity)


def frame(time_s=0.0, scene_id=0, size=(160, 120)):
    picture = np.full((size[1], size[0], 3), 80, np.uint8)
    return Frame(picture, time_s, round(time_s * 25), "clip", scene_id)


def result(*faces, time_s=0.0, scene_id=0, size=(160, 120)):
    return FrameResult(frame(time_s, scene_id, size), tuple(faces), {"total": 20.0})
