import numpy as np
import pytest

from tests.training.pack_data import BOX, KPS, drawn_face, labelled_pictures
from training.detector.clutter import clutter
from training.detector.mosaic import MosaicMaker, MosaicRecipe
from training.detector.mosaic_drawing import fingers, free_place, hair
from training.detector.records import Mosaic
from training.detector.relabel import Replay, merged, moved
from training.teacher import Faces

LARGE, SMALL = [20.0, 20.0, 70.0, 80.0], [80.0, 80.0, 95.0, 95.0]


def mosaic(boxes: list[list[float]], sure: list[bool] | None = None) -> Mosaic:
    found = np.array(boxes, np.float32).reshape(-1, 4)
    kps = np.tile(KPS, (len(found), 1, 1))
    is_sure = np.array([True] * len(found) if sure is None else sure, bool)
    return Mosaic(drawn_face(0), found, kps, is_sure)


def faces(*boxes: list[float]) -> Faces:
    rows = np.array(boxes, np.float32).reshape(-1, 5)
    return Faces(rows, np.tile(KPS + 1, (len(rows), 1, 1)))


def test_large_faces_get_the_labellers_box_and_small_ones_keep_theirs() -> None:
    seen = faces([22.0, 21.0, 71.0, 82.0, 0.8], [81.0, 81.0, 95.0, 95.0, 0.4])
    result = merged(mosaic([LARGE, SMALL]), seen)
    assert result.boxes.tolist() == [[22.0, 21.0, 71.0, 82.0], SMALL]
    assert np.array_equal(result.kps[0], KPS + 1)
    assert np.array_equal(result.kps[1], KPS)
    assert result.is_sure.tolist() == [True, True]


def test_what_the_labeller_hardly_sees_is_not_sure() -> None:
    assert merged(mosaic([LARGE]), faces()).is_sure.tolist() == [False]
    assert merged(mosaic([SMALL]), faces()).is_sure.tolist() == [True]
    assert merged(mosaic([LARGE]), faces([*LARGE, 0.4])).is_sure.tolist() == [False]
    # A face that was not sure before may become so.
    assert merged(mosaic([LARGE], [False]), faces([*LARGE, 0.7])).is_sure.tolist() == [True]


def test_what_only_the_labeller_sees_is_added() -> None:
    elsewhere = faces([0.0, 0.0, 12.0, 12.0, 0.9], [88.0, 0.0, 99.0, 12.0, 0.35])
    result = merged(mosaic([LARGE]), elsewhere)
    assert len(result.boxes) == len(result.kps) == 3
    assert result.is_sure.tolist() == [False, True, False]
    nothing = merged(mosaic([]), faces())
    assert nothing.boxes.shape == (0, 4)
    assert nothing.kps.shape == (0, 5, 2)


def test_two_answers_on_one_face_are_not_two_faces_of_it() -> None:
    result = merged(mosaic([LARGE]), faces([*LARGE, 0.9], [21.0, 20.0, 70.0, 80.0, 0.6]))
    assert result.boxes[0].tolist() == LARGE
    assert len(result.boxes) == 2


def test_moved_pictures_keep_landmarks_on_their_dots() -> None:
    before = mosaic([BOX[:4].tolist()])
    for seed in range(8):
        after = moved(before, np.random.default_rng(seed))
        assert after.picture.shape == before.picture.shape
        assert after.kps[0, 0, 0] < after.kps[0, 1, 0]
        gray = after.picture.min(-1).astype(int)
        for x, y in np.rint(after.kps[0]).astype(int):
            if 3 <= x < 97 and 3 <= y < 97:
                assert gray[y - 1 : y + 2, x - 1 : x + 2].min() < 60


def test_faces_pushed_over_the_rim_are_no_longer_sure() -> None:
    rim = mosaic([[0.0, 0.0, 30.0, 30.0], [40.0, 40.0, 60.0, 60.0]])
    found = [moved(rim, np.random.default_rng(seed)).is_sure for seed in range(30)]
    assert all(sure[1] for sure in found)
    assert not all(sure[0] for sure in found)


def test_replay_forgets_and_never_draws_from_nothing() -> None:
    replay, random = Replay(capacity=3), np.random.default_rng(0)
    assert not replay.is_ready
    with pytest.raises((IndexError, ValueError)):
        replay.draw(random)
    for row in range(9):
        replay.add(mosaic([[float(row), 0.0, 40.0, 40.0]]), random)
    assert replay.is_ready
    assert len(replay.kept) == 3
    assert replay.draw(random).picture.shape == (100, 100, 3)


def test_fingers_are_of_the_given_colour() -> None:
    piece = fingers(np.array([80, 120, 200], np.uint8), np.random.default_rng(0))
    assert piece.shape == (64, 64, 3)
    blue, green, red = piece.reshape(-1, 3).astype(int).mean(0)
    assert blue < green < red


def test_places_may_reach_over_the_rim() -> None:
    random = np.random.default_rng(0)
    near = [free_place(40.0, 100, [], random, 0.02) for _ in range(60)]
    assert min(min(place) for place in near if place is not None) < 5.0
    usual = [free_place(40.0, 100, [], random) for _ in range(60)]
    assert min(min(place) for place in usual if place is not None) >= 14.0


def test_clutter_is_full_of_pieces_and_shows_no_face() -> None:
    gray = np.full((30, 40, 3), 128, np.uint8)
    plain = clutter(120, lambda _: gray, np.random.default_rng(0))
    assert plain.shape == (120, 120, 3)
    assert len(np.unique(plain)) > 5  # other light on some of the pieces
    recipe = MosaicRecipe(side_px=128, clutter=1.0, empty=1.0, camera=0.0)
    maker = MosaicMaker(recipe, labelled_pictures(4), np.arange(4), [])
    first, again = (maker(np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first.picture, again.picture)
    assert first.picture.std() > 10.0
    assert not len(first.boxes)


def test_replayed_pictures_depend_on_what_came_since_the_beginning() -> None:
    recipe = MosaicRecipe(side_px=96, replay=0.9)
    maker = MosaicMaker(recipe, labelled_pictures(4), np.arange(4), [])
    runs = []
    for _ in range(2):
        maker.begin()
        random = np.random.default_rng(1)
        runs.append([maker(random) for _ in range(130)])
    assert all(np.array_equal(one.picture, other.picture) for one, other in zip(*runs, strict=True))


@pytest.mark.parametrize("looks_right", [True, False])
def test_long_hair_hangs_behind_a_face_and_leaves_its_front(looks_right: bool) -> None:
    box = np.array([60, 50, 110, 110], np.float32)
    behind, front = [], []
    for seed in range(20):
        picture = np.full((180, 170, 3), 90, np.uint8)
        hair(picture, box, looks_right, np.random.default_rng(seed))
        changed = (picture != 90).any(2)
        halves = changed[:, :60].mean(), changed[:, 110:].mean()
        behind.append(halves[0] if looks_right else halves[1])
        front.append(changed[50:110, 90:110] if looks_right else changed[50:110, 60:80])
    assert np.mean(behind) > 0.15
    assert np.mean(front) < 0.35
    assert min(np.mean(part) for part in front) == 0.0


def test_photographs_side_by_side_keep_their_faces() -> None:
    recipe = MosaicRecipe(side_px=160, grid=1.0, camera=0.0)
    make = MosaicMaker(recipe, labelled_pictures(6), np.arange(6), [])
    contrasts = []
    for seed in range(10):
        found = make(np.random.default_rng(seed))
        assert found.picture.shape == (160, 160, 3)
        assert len(found.boxes) >= 1
        gray = found.picture.mean(2)
        for face in np.flatnonzero(found.is_sure):
            assert found.kps[face, 0, 0] < found.kps[face, 1, 0]
            points = np.clip(np.round(found.kps[face]), 0, 159).astype(int)
            beside = np.clip(np.round(found.kps[face].mean(0) * 0.4 + points * 0.6), 0, 159)
            at, near = (gray[p[:, 1], p[:, 0]] for p in (points, beside.astype(int)))
            contrasts += (near - at).tolist()
    assert len(contrasts) > 50
    assert np.median(contrasts) > 30
