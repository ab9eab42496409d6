"""What the benchmark of the scene counts, on made-up sightings and on the clip itself."""

from pathlib import Path

import pytest

from tests.benchmarks.scene import (
    CLIP,
    Sighting,
    figures_of,
    frames_at,
    id_switches,
    name_delays,
    renamed_tracks,
    watch_clip,
    wrong_names,
)
from tests.scene_truth import person_at, shot_at


def seen(time_s, *, person="person_1", track=1, name=None, shot=0, frontal=True):
    return Sighting(time_s, shot, person, track, name, frontal)


def test_the_truth_by_time_and_place():
    assert (shot_at(0.0), shot_at(5.0), shot_at(26.0)) == (0, 1, 5)
    assert [person_at(5.0, x) for x in (300, 800, 1279)] == ["person_3", "person_1", "person_4"]
    assert person_at(19.5, 30) == "person_1"
    assert person_at(19.5, 480, 590) is None


def test_a_name_is_wrong_when_it_is_somebody_elses_or_nobodys_face():
    right, other = seen(0.0, name="person_1"), seen(0.1, name="person_2")
    nobody = seen(0.2, person=None, name="person_1")
    assert wrong_names([right, other, nobody, seen(0.3)]) == [other, nobody]
    assert renamed_tracks([right, other]) == {1}
    assert renamed_tracks([right, seen(0.1), seen(0.2, track=2, name="person_2")]) == set()


def test_tracks_may_change_at_a_cut_only():
    before, after = seen(0.0, track=1), seen(0.1, track=2)
    assert id_switches([before, after]) == [after]
    assert id_switches([before, seen(0.1, track=2, shot=1)]) == []
    passed_on = seen(0.1, person="person_2", track=1)
    assert id_switches([before, passed_on]) == [passed_on]
    assert id_switches([before, seen(0.1, person=None, track=2)]) == []


def test_the_wait_begins_with_the_first_frontal_sighting():
    rows = [seen(0.0, frontal=False), seen(0.2), seen(0.4), seen(0.6, name="person_1")]
    (delay,) = name_delays(rows)
    assert (delay.delay_s, delay.frontal_s) == (pytest.approx(0.4), pytest.approx(0.4))
    (named_before,) = name_delays([seen(0.0, name="person_1", frontal=False), *rows[1:]])
    assert named_before.delay_s == 0.0
    assert name_delays([seen(0.0, frontal=False)]) == []


@pytest.mark.parametrize(
    ("frontal_until_s", "named_at_s", "worst_s", "short"),
    [(1.0, None, None, 0), (0.2, None, None, 1), (0.2, 0.4, 0.4, 0), (1.0, 0.8, 0.8, 0)],
)
def test_a_face_that_turns_away_too_soon_says_nothing(frontal_until_s, named_at_s, worst_s, short):
    rows = [
        seen(
            step / 10,
            frontal=step / 10 <= frontal_until_s,
            name="person_1" if named_at_s is not None and step / 10 >= named_at_s else None,
        )
        for step in range(15)
    ]
    figures = figures_of(rows, 0.5)
    assert (figures["name_delay_worst_s"], figures["too_short_to_tell"]) == (worst_s, short)
    assert figures["frontal_faces"] == 1 - short


def test_nothing_seen():
    figures = figures_of([], 0.5)
    assert (figures["known"], figures["name_delay_median_s"]) == (0, None)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_clip_itself(shared_pack: Path, shared_dir: Path):
    media = shared_dir / "media"
    photos = sorted((media / "people").glob("person_*.png"))
    figures = figures_of(watch_clip(shared_pack, photos, frames_at(media / CLIP, 10.0)), 0.5)
    assert [figures[name] for name in ("wrong_names", "renamed_tracks", "id_switches")] == [0] * 3
    assert figures["frontal_faces"] >= 6
    assert figures["name_delay_worst_s"] <= 0.5
