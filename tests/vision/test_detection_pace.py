"""When a frame is looked through, and how thoroughly."""

import cv2
import numpy as np
import pytest

from facemotion.core.types import FaceDetection, Frame
from facemotion.vision.detection_pace import DetectionPace


def face(side_px: float) -> FaceDetection:
    box = np.array([10.0, 10.0, 10.0 + side_px, 10.0 + side_px], np.float32)
    return FaceDetection(box, np.zeros((5, 2), np.float32), 0.9)


class Detector:
    """Says which look it was asked for; finds what it is told."""

    def __init__(self, *coarse_det_sizes: int) -> None:
        self.coarse_det_sizes = coarse_det_sizes
        self.looks: list[str] = []
        self.faces = [face(200.0)]
        self.coarse_faces: list[FaceDetection] | None = None

    def detect(self, frame_bgr: np.ndarray, max_faces: int = 0) -> list[FaceDetection]:
        self.looks.append("thorough")
        return self.faces

    def detect_coarsely(
        self, frame_bgr: np.ndarray, max_faces: int, det_size: int
    ) -> list[FaceDetection]:
        self.looks.append("coarse" if det_size == 320 else str(det_size))
        return self.faces if self.coarse_faces is None else self.coarse_faces


def frame(time_s: float, scene_id: int = 0, width_px: int = 640) -> Frame:
    return Frame(
        np.zeros((min(360, width_px), width_px, 3), np.uint8), time_s, 0, scene_id=scene_id
    )


def looks(
    detector: Detector, *frames: Frame, interval_s: float = 0.0, thorough_interval_s: float = 0.5
) -> list[str]:
    pace = DetectionPace()
    for each in frames:
        pace.detect(detector, each, 10, interval_s, thorough_interval_s)
    return detector.looks


def textured(time_s: float, shift_px: int = 0, seed: int = 0, scene_id: int = 0) -> Frame:
    coarse = np.random.default_rng(seed).integers(0, 256, (24, 40, 3)).astype(np.uint8)
    picture = cv2.resize(coarse, (640, 384), interpolation=cv2.INTER_CUBIC)
    return Frame(np.roll(picture, shift_px, axis=1), time_s, 0, scene_id=scene_id)


def test_large_faces_are_looked_at_thoroughly_now_and_then() -> None:
    found = looks(Detector(320), *(frame(step * 0.125) for step in range(9)))
    assert found == ["thorough", *["coarse"] * 3, "thorough", *["coarse"] * 3, "thorough"]


@pytest.mark.parametrize(
    "frames",
    [
        (frame(0.0), frame(0.1, scene_id=1)),
        (frame(5.0), frame(4.9)),
        (frame(0.0, width_px=320), frame(0.1, width_px=320)),
        (frame(0.0), frame(0.1, width_px=1920)),
    ],
    ids=["a cut", "back in time", "nothing to save", "faces too small for it"],
)
def test_what_asks_for_a_thorough_look(frames: tuple[Frame, ...]) -> None:
    assert looks(Detector(320), *frames) == ["thorough", "thorough"]


def test_small_faces_and_models_of_one_size_are_always_looked_at_thoroughly() -> None:
    for detector in (small := Detector(320), Detector()):
        small.faces = [face(200.0), face(80.0)]
        assert looks(detector, frame(0.0), frame(0.1)) == ["thorough", "thorough"]


def test_an_empty_scene_is_looked_at_coarsely_until_somebody_comes() -> None:
    detector = Detector(320)
    detector.faces = []
    assert looks(detector, frame(0.0), frame(0.1)) == ["thorough", "coarse"]
    detector.looks.clear()
    detector.coarse_faces = [face(200.0)]
    assert looks(detector, frame(0.0), frame(0.1)) == ["thorough", "coarse", "thorough"]


def test_another_number_of_faces_is_looked_at_again_at_once() -> None:
    detector = Detector(320)
    detector.coarse_faces = []
    assert looks(detector, frame(0.0), frame(0.1)) == ["thorough", "coarse", "thorough"]


def test_it_can_be_switched_off_and_forgets() -> None:
    assert looks(Detector(320), frame(0.0), frame(0.1), thorough_interval_s=0.0) == ["thorough"] * 2
    detector, pace = Detector(320), DetectionPace()
    pace.detect(detector, frame(0.0), 10, 0.0, 0.5)
    pace.reset()
    pace.detect(detector, frame(0.1), 10, 0.0, 0.5)
    assert detector.looks == ["thorough", "thorough"]


@pytest.mark.parametrize(
    ("side_px", "look"), [(120.0, "coarse"), (80.0, "480"), (60.0, "thorough")]
)
def test_the_size_follows_the_smallest_face(side_px: float, look: str) -> None:
    detector = Detector(320, 480)
    detector.faces = [face(300.0), face(side_px)]
    assert looks(detector, frame(0.0), frame(0.1)) == ["thorough", look]


def test_between_two_looks_faces_are_carried_along() -> None:
    detector, pace = Detector(320), DetectionPace()
    boxes = [
        pace.detect(detector, textured(0.1 * step, 5 * step), 10, 0.2, 0.5)[0].bbox_xyxy
        for step in range(4)
    ]
    assert detector.looks == ["thorough", "coarse"]
    assert boxes[1][0] - boxes[0][0] == pytest.approx(5.0, abs=0.5)


@pytest.mark.parametrize(
    "second",
    [textured(0.1, scene_id=1), textured(0.1, seed=9), textured(-0.1), frame(0.1, width_px=320)],
    ids=["a cut", "another picture", "back in time", "another size"],
)
def test_what_cannot_be_followed_is_looked_at(second: Frame) -> None:
    detector, pace = Detector(), DetectionPace()
    for each in (textured(0.0), second):
        pace.detect(detector, each, 10, 0.2, 0.5)
    assert detector.looks == ["thorough", "thorough"]


def test_fewer_faces_wished_for_are_chosen_at_once() -> None:
    detector, pace = Detector(), DetectionPace()
    detector.faces = [face(200.0), face(150.0)]
    pace.detect(detector, textured(0.0), 10, 0.2, 0.5)
    pace.detect(detector, textured(0.1), 1, 0.2, 0.5)
    assert detector.looks == ["thorough", "thorough"]


def test_an_empty_scene_rests_between_two_looks() -> None:
    detector, pace = Detector(320), DetectionPace()
    detector.faces = []
    for step in range(5):
        pace.detect(detector, textured(0.1 * step), 10, 0.2, 0.5)
    assert detector.looks == ["thorough", "coarse", "coarse"]
