"""Made-up faces for the tests of core."""

import math

import numpy as np

from facemotion.core.alignment import ARCFACE_TEMPLATE_112
from facemotion.core.head_pose import FACE_MODEL
from facemotion.core.labels import EMOTIONS, emotion_index
from facemotion.core.types import FaceDetection, FloatArray


def face(
    x: float = 100.0, y: float = 100.0, size: float = 80.0, det_score: float = 0.9
) -> FaceDetection:
    """A frontal face whose square box has its upper left corner at (x, y)."""
    box = np.array([x, y, x + size, y + size], dtype=np.float32)
    kps = ARCFACE_TEMPLATE_112 * np.float32(size / 112.0) + box[:2]
    return FaceDetection(box, kps.astype(np.float32), det_score)


def turned_kps(
    yaw_deg: float = 0.0, pitch_deg: float = 0.0, roll_deg: float = 0.0, size: float = 60.0
) -> FloatArray:
    """Landmarks of the mean head turned: yaw to the picture's right, pitch up, roll clockwise."""
    yaw, pitch, roll = (math.radians(v) for v in (yaw_deg, pitch_deg, roll_deg))
    about_x = np.array(
        [
            [1, 0, 0],
            [0, math.cos(pitch), math.sin(pitch)],
            [0, -math.sin(pitch), math.cos(pitch)],
        ]
    )
    about_y = np.array(
        [[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]]
    )
    about_z = np.array(
        [[math.cos(roll), math.sin(roll), 0], [-math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    )
    turned = FACE_MODEL @ (about_z @ about_y @ about_x).T
    return (turned[:, :2] * (size, -size) + (300.0, 200.0)).astype(np.float32)


def turned_face(yaw_deg: float = 0.0, pitch_deg: float = 0.0, size: float = 160.0) -> FaceDetection:
    """A face with a turned head; the box stands around the head's centre."""
    kps = turned_kps(yaw_deg, pitch_deg, size=size * 0.4)
    box = np.array([300, 200, 300, 200], dtype=np.float32)
    box += np.float32(size / 2.0) * np.array([-1, -1, 1, 1], dtype=np.float32)
    return FaceDetection(box, kps, 0.9)


def unit(*values: float) -> FloatArray:
    """The unit vector along `values`."""
    vector = np.array(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def near(direction: FloatArray, similarity: float, towards: FloatArray) -> FloatArray:
    """The unit vector with a given cosine similarity to `direction`, leaning `towards`."""
    aside = towards - direction * float(direction @ towards)
    aside = aside / np.linalg.norm(aside)
    return (direction * similarity + aside * math.sqrt(1.0 - similarity**2)).astype(np.float32)


def probs_of(**parts: float) -> FloatArray:
    """Seven probabilities with the given ones; the rest is shared evenly."""
    rest = (1.0 - sum(parts.values())) / (len(EMOTIONS) - len(parts))
    probs = np.full(len(EMOTIONS), rest, dtype=np.float32)
    for name, value in parts.items():
        probs[emotion_index(name)] = value
    return probs
