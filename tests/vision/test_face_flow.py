"""Faces carried along by optical flow."""

import cv2
import numpy as np
import pytest

from facemotion.core.types import FaceDetection
from facemotion.vision.face_flow import carry_faces

SIZE = (480, 360)


def picture(seed: int = 0) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (27, 36, 3)).astype(np.uint8)
    return cv2.GaussianBlur(cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC), (0, 0), 2.0)


def face(x: float = 180.0, y: float = 120.0, side: float = 100.0) -> FaceDetection:
    box = np.array([x, y, x + side, y + side], np.float32)
    shares = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
    return FaceDetection(box, box[:2] + side * shares, 0.8)


def moved(frame: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.warpAffine(frame, matrix, SIZE, borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize(
    ("angle_deg", "zoom", "shift_px"),
    [(0.0, 1.0, (0.0, 0.0)), (0.0, 1.0, (7.0, -4.0)), (5.0, 1.0, (2.0, 1.0)), (0.0, 1.06, (0, 0))],
    ids=["still", "shifted", "turned", "nearer"],
)
def test_face_goes_where_its_pixels_go(angle_deg, zoom, shift_px) -> None:
    before, at = picture(), face()
    matrix = cv2.getRotationMatrix2D((230.0, 170.0), angle_deg, zoom)
    matrix[:, 2] += shift_px
    carried = carry_faces(before, moved(before, matrix), [at])
    assert carried is not None
    expected = at.kps @ matrix[:, :2].T + matrix[:, 2]
    assert np.abs(carried[0].kps - expected).max() < 1.0
    centre = matrix[:, :2] @ [230.0, 170.0] + matrix[:, 2]
    box = carried[0].bbox_xyxy
    assert np.abs((box[:2] + box[2:]) / 2.0 - centre).max() < 1.0
    assert box[2] - box[0] == pytest.approx(100.0 * zoom, abs=1.0)
    assert carried[0].det_score == at.det_score
    assert carried[0].kps.dtype == carried[0].bbox_xyxy.dtype == np.float32


def test_several_faces_keep_their_order_and_none_gives_none() -> None:
    frame = picture()
    carried = carry_faces(frame, frame, [face(20.0), face(300.0, side=60.0)])
    assert carried is not None
    assert [round(float(f.bbox_xyxy[0])) for f in carried] == [20, 300]
    assert carry_faces(frame, frame, []) == []


@pytest.mark.parametrize(
    ("now", "at"),
    [
        (picture(seed=1), face()),
        (np.full_like(picture(), 90), face()),
        (picture()[:, :400], face()),
        (picture(), face(x=470.0)),
    ],
    ids=["another picture", "covered", "another size", "almost outside"],
)
def test_what_cannot_be_followed_is_not_guessed(now: np.ndarray, at: FaceDetection) -> None:
    assert carry_faces(picture(), np.ascontiguousarray(now), [at]) is None


def test_one_lost_face_is_enough() -> None:
    before, now = picture(), picture()
    now[100:260, 280:460] = 0
    assert carry_faces(before, now, [face(20.0), face(320.0)]) is None
