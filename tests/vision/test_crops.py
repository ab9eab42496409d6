import cv2
import numpy as np
import pytest

from facemotion.core.preprocessing import EmotionCropRule
from facemotion.core.types import FaceDetection
from facemotion.vision.crops import cut_crops, warp_square

RULE = EmotionCropRule(scale=1.0)


def detection(x: float, y: float, side: float, angle: float = 0.0) -> FaceDetection:
    centre = np.array([x + side / 2, y + side / 2])
    points = np.array([[0.3, 0.35], [0.7, 0.35], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]]) - 0.5
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    kps = (points @ turn.T * side + centre).astype(np.float32)
    return FaceDetection(np.array([x, y, x + side, y + side], np.float32), kps, 0.9)


def smooth_picture(height: int = 400, width: int = 500) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    values = 127 + 80 * np.sin(x / 40.0) + 40 * np.cos(y / 25.0)
    return np.repeat(values[:, :, None], 3, axis=2).astype(np.uint8)


def test_no_faces() -> None:
    crops = cut_crops(smooth_picture(), [], RULE)
    assert crops.shape == (0, 48, 48)
    assert crops.dtype == np.uint8


def test_crop_at_its_own_size_is_the_picture_itself() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)
    (crop,) = cut_crops(picture, [detection(19.5, 29.5, 48)], RULE)
    assert (crop == cv2.cvtColor(picture[30:78, 20:68], cv2.COLOR_BGR2GRAY)).all()


@pytest.mark.parametrize("factor", [2, 3, 6])
def test_whole_factors_are_the_mean_of_what_a_pixel_covers(factor: int) -> None:
    side = 48 * factor
    picture = np.random.default_rng(1).integers(0, 255, (side + 20, side + 30, 3), np.uint8)
    (crop,) = cut_crops(picture, [detection(9.5, 4.5, side)], RULE)
    gray = cv2.cvtColor(picture[5 : 5 + side, 10 : 10 + side], cv2.COLOR_BGR2GRAY)
    mean = gray.reshape(48, factor, 48, factor).mean(axis=(1, 3))
    assert np.abs(crop - mean).max() <= 1.0


def test_fine_texture_does_not_alias() -> None:
    picture = np.zeros((360, 360, 3), np.uint8)
    picture[::2] = 255
    for side in (300.0, 287.3, 263.0):
        (crop,) = cut_crops(picture, [detection(30, 30, side)], RULE)
        face = detection(30, 30, side)
        naive = cv2.warpAffine(picture, RULE.matrix(face.bbox_xyxy, face.kps), (48, 48))
        assert naive.std() > 40.0
        assert crop.std() < 0.2 * naive.std()
        assert crop.mean() == pytest.approx(127.5, abs=3.0)


@pytest.mark.parametrize("side", [24.0, 48.0, 97.0, 190.0, 600.0])
def test_size_of_the_face_changes_nothing_but_detail(side: float) -> None:
    """The same smooth scene at several sizes gives the same crop."""
    scene = smooth_picture(480, 480)
    zoom = round(side * 1.6) / 480.0
    how = cv2.INTER_AREA if zoom < 1.0 else cv2.INTER_LINEAR
    picture = cv2.resize(scene, None, fx=zoom, fy=zoom, interpolation=how)
    (reference,) = cut_crops(scene, [detection(89.5, 89.5, 300)], RULE)
    corner = 90 * zoom - 0.5
    (crop,) = cut_crops(picture, [detection(corner, corner, 300 * zoom)], RULE)
    assert np.abs(crop.astype(int) - reference).mean() < 2.0


@pytest.mark.parametrize("times", [2, 4])
def test_large_faces_look_the_same_from_a_coarser_picture(times: int) -> None:
    picture = smooth_picture()
    coarser = cv2.resize(picture, None, fx=1 / times, fy=1 / times, interpolation=cv2.INTER_AREA)
    large, small = detection(60, 50, 48.0 * times), detection(200, 150, 45.0 * times)
    grain = np.random.default_rng(0).integers(0, 256, coarser.shape).astype(np.uint8)
    whole = cut_crops(picture, [large, small], RULE)
    quick = cut_crops(picture, [large, small], RULE, coarser)
    assert np.abs(quick[0].astype(int) - whole[0]).max() <= 2
    # The small face has too few pixels there and is cut from the frame itself.
    assert np.array_equal(cut_crops(picture, [small], RULE, grain), whole[1:])


def test_tilted_head_is_levelled() -> None:
    picture = np.zeros((300, 300, 3), np.uint8)
    face = detection(100, 100, 100, angle=0.5)
    for point in face.kps[:2]:
        cv2.circle(picture, tuple(int(v) for v in np.rint(point)), 6, (255, 255, 255), -1)
    (crop,) = cut_crops(picture, [face], RULE)
    left, right = crop[:, :24], crop[:, 24:]
    rows = [float((np.arange(48) @ half.sum(axis=1)) / half.sum()) for half in (left, right)]
    assert rows[0] == pytest.approx(rows[1], abs=0.7)
    (flat,) = cut_crops(picture, [face], EmotionCropRule(scale=1.0, is_aligned=False))
    rows = [float((np.arange(48) @ h.sum(axis=1)) / h.sum()) for h in (flat[:, :24], flat[:, 24:])]
    assert abs(rows[0] - rows[1]) > 5.0


@pytest.mark.parametrize(
    "face",
    [
        detection(-40, -40, 90),
        detection(470, 380, 60),
        detection(-500, 900, 60),
        detection(10, 10, 0.5),
        detection(-1000, -1000, 5000),
    ],
)
def test_faces_over_or_beyond_the_edge(face: FaceDetection) -> None:
    crops = cut_crops(smooth_picture(), [face], RULE)
    assert crops.shape == (1, 48, 48)


def test_border_is_repeated() -> None:
    picture = np.full((100, 100, 3), 200, np.uint8)
    (crop,) = cut_crops(picture, [detection(-30, -30, 60)], RULE)
    assert (crop == 200).all()


def test_tiny_and_non_contiguous_frames() -> None:
    face = detection(0, 0, 30)
    assert cut_crops(np.full((1, 1, 3), 9, np.uint8), [face], RULE)[0].mean() == 9.0
    picture = smooth_picture()
    assert (
        cut_crops(picture[:, ::-1], [face], RULE)
        == cut_crops(picture[:, ::-1].copy(), [face], RULE)
    ).all()


@pytest.mark.parametrize(
    "frame",
    [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3), np.float32), np.zeros((0, 5, 3), np.uint8)],
)
def test_wrong_frames(frame: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected a frame"):
        cut_crops(frame, [], RULE)


def test_colour_squares_keep_their_colours() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[..., 2] = 250
    square = warp_square(
        picture, RULE.matrix(detection(20, 20, 150).bbox_xyxy, detection(20, 20, 150).kps), 48
    )
    assert square.shape == (48, 48, 3)
    assert square[24, 24].tolist() == [0, 0, 250]
