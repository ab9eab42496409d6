import importlib.util
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from facemotion.core.errors import SourceError
from facemotion.core.types import Frame
from facemotion.vision.scene_watch import SceneWatch
from facemotion.vision.sources import demo
from facemotion.vision.sources.demo import (
    LENGTH_S,
    STORYBOARD,
    DemoSource,
    demo_photo_path,
    view_at,
)
from facemotion.vision.sources.pictures import read_picture


def test_film_is_the_same_every_time_and_moves_smoothly() -> None:
    with DemoSource() as first, DemoSource() as second:
        assert first.info.fps == 30.0
        assert first.info.duration_s is None
        assert not first.info.is_live
        last = None
        for index in range(40):
            a, b = first.read(), second.read()
            assert a is not None
            assert b is not None
            assert a.frame_bgr.shape == (720, 1280, 3)
            assert (a.index, a.time_s) == (index, index / 30.0)
            assert (a.frame_bgr == b.frame_bgr).all()
            if last is not None:
                change = np.abs(a.frame_bgr.astype(np.int16) - last).mean()
                assert change < 12.0
            last = a.frame_bgr.astype(np.int16)


def test_film_is_endless_and_stays_in_the_photo() -> None:
    for time_s in np.arange(0.0, 3 * LENGTH_S, 0.5):
        x, y, width = view_at(float(time_s))
        assert 0.25 <= width <= 1.0
        assert 0.0 <= x <= 1.0
        assert 0.0 <= y <= 0.7
        assert view_at(float(time_s) + LENGTH_S) == pytest.approx((x, y, width), abs=1e-6)
    assert view_at(0.0) == STORYBOARD[0].start


def test_cuts_are_seen_as_scenes_and_moves_are_not() -> None:
    breaks = [
        sum(shot.duration_s for shot in STORYBOARD[: number + 1])
        for number, (shot, following) in enumerate(pairwise(STORYBOARD))
        if shot.end != following.start
    ]
    assert len(breaks) >= 2
    photo = read_picture(demo_photo_path())
    begun = [sum(shot.duration_s for shot in STORYBOARD[:number]) for number in range(1, 8)]
    for at_s in begun:
        watch = SceneWatch()
        for index in range(10):
            time_s = at_s - 0.5 + index / 10.0
            picture = demo._seen(photo, view_at(time_s))
            stamped = watch.stamp(Frame(picture, time_s, index))
            is_after_cut = at_s in breaks and time_s >= at_s
            assert stamped.scene_id == int(is_after_cut), (at_s, time_s)


def test_opening_closing_and_opening_again() -> None:
    source = DemoSource()
    with pytest.raises(SourceError, match="before it was opened"):
        source.read()
    source.open()
    source.read()
    source.close()
    assert source.read() is None
    source.open()
    frame = source.read()
    assert frame is not None
    assert frame.index == 0


def test_missing_photo_has_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert demo_photo_path().is_file()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SourceError, match="Install it again"):
        demo_photo_path()
    empty = SimpleNamespace(submodule_search_locations=["nowhere"])
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: empty)
    with pytest.raises(SourceError, match="Install it again"):
        DemoSource().open()
