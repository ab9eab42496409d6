from dataclasses import replace

import numpy as np

from facemotion.core.types import Frame
from facemotion.vision.scene_watch import SceneWatch

RNG = np.random.default_rng(1)
SHOTS = [
    np.kron(RNG.integers(0, 255, (9, 16, 3)), np.ones((20, 20, 1))).astype(np.uint8)
    for _ in range(2)
]


def frame(shot: int, index: int, name: str = "clip", scene_id: int = 0) -> Frame:
    return Frame(SHOTS[shot], index / 25.0, index, name, scene_id)


def test_cut_begins_a_scene_and_the_picture_is_shared() -> None:
    watch = SceneWatch()
    scenes = [watch.stamp(frame(index >= 10, index)) for index in range(20)]
    assert [f.scene_id for f in scenes] == [0] * 10 + [1] * 10
    assert scenes[0].frame_bgr is SHOTS[0]


def test_going_back_in_time_begins_a_scene() -> None:
    watch = SceneWatch()
    watch.stamp(frame(0, 10))
    assert watch.stamp(frame(0, 3)).scene_id == 1
    assert watch.stamp(frame(0, 4)).scene_id == 1


def test_scene_can_be_begun_from_outside() -> None:
    watch = SceneWatch()
    watch.stamp(frame(0, 1))
    watch.begin_scene()
    assert watch.stamp(frame(1, 2)).scene_id == 1


def test_other_names_and_the_source_own_scenes_count() -> None:
    watch = SceneWatch()
    assert watch.stamp(frame(0, 0, "a.png", 0)).scene_id == 0
    assert watch.stamp(frame(0, 1, "b.png", 0)).scene_id == 1
    assert watch.stamp(frame(0, 2, "b.png", 7)).scene_id == 2
    assert watch.stamp(frame(0, 3, "b.png", 7)).scene_id == 2


def test_any_size_of_picture() -> None:
    watch = SceneWatch()
    for side in (1, 3, 40):
        tiny = replace(frame(0, side), frame_bgr=np.zeros((side, side, 3), np.uint8))
        assert watch.stamp(tiny).scene_id == 0
