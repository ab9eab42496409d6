import json

import numpy as np
import pytest

from facemotion.analysis.report.people import gather_people
from facemotion.analysis.report.recording import read_recording
from facemotion.core.labels import EMOTIONS
from tests.sessions import BOX, EVIL, face, make_session, write_timeline

HAPPY, NEUTRAL, SAD = (EMOTIONS.index(name) for name in ("happy", "neutral", "sad"))


def cast_of(folder):
    return gather_people(read_recording(folder))


def test_presence_emotions_and_changes_of_a_session(tmp_path):
    cast = cast_of(make_session(tmp_path).folder)
    assert [person.label for person in cast.people] == [EVIL]
    assert [person.label for person in cast.others] == ["Face 2"]
    person = cast.people[0]
    assert person.is_named
    assert person.present == pytest.approx(4.0, abs=0.01)
    assert person.visits == ((0.0, pytest.approx(4.0)),)
    assert person.emotion_totals[NEUTRAL] == pytest.approx(2.0, abs=0.01)
    assert person.emotion_totals[HAPPY] == pytest.approx(2.0, abs=0.01)
    assert [(c.time_s, c.old, c.new) for c in person.changes] == [(2.0, NEUTRAL, HAPPY)]
    assert person.changes[0].probability == pytest.approx(0.7, abs=1e-4)
    assert person.raw_change_count == 1
    assert np.trace(person.confusion) == person.confusion.sum() == 40
    assert person.mean_similarity == pytest.approx(0.6)
    assert person.readability.unsure_share == 0.0
    small = cast.others[0].readability
    assert small.unsure_share == 1.0
    assert small.reasons == (("too small", 40),)


def test_an_absence_ends_a_stay_and_a_short_gap_does_not(tmp_path):
    times = [0.0, 0.1, 0.2, 0.6, 0.7, 5.0, 5.1]
    moods = ["happy", "happy", "happy", "happy", "happy", "sad", "sad"]
    moments = [(t, [face(1, "Ana", m, m)]) for t, m in zip(times, moods, strict=True)]
    person = cast_of(write_timeline(tmp_path, moments)).people[0]
    assert person.visits == ((0.0, pytest.approx(0.8)), (5.0, pytest.approx(5.2)))
    assert person.present == pytest.approx(1.0)
    assert person.changes == ()  # the first emotion of a stay changes nothing
    assert [span.emotion for span in person.spans] == [HAPPY, SAD]


def test_a_track_counts_for_the_person_it_is_named_for_later(tmp_path):
    moments = [(i / 10, [face(3, "Ana" if i > 5 else "", "happy", "sad")]) for i in range(20)]
    cast = cast_of(write_timeline(tmp_path, moments))
    assert len(cast.everybody) == 1
    person = cast.people[0]
    assert (person.label, person.track_ids) == ("Ana", (3,))
    assert person.present == pytest.approx(2.0)
    assert person.confusion[SAD, HAPPY] == 20
    assert person.decisions == {"unknown": 6, "known": 14}


def test_two_tracks_of_one_person_are_one_person(tmp_path):
    moments = [(i / 10, [face(1 + i // 10, "Ana", "happy", "happy")]) for i in range(20)]
    person = cast_of(write_timeline(tmp_path, moments)).people[0]
    assert person.track_ids == (1, 2)
    assert len(person.visits) == 1


def test_unsettled_moments_are_passed_over_by_changes(tmp_path):
    moods = ["happy", None, None, "sad", None, "sad", "happy"]
    moments = [(i / 10, [face(1, "Ana", mood, mood)]) for i, mood in enumerate(moods)]
    person = cast_of(write_timeline(tmp_path, moments)).people[0]
    found = [(round(c.time_s, 1), c.old, c.new) for c in person.changes]
    assert found == [(0.3, HAPPY, SAD), (0.6, SAD, HAPPY)]
    assert person.readability.unsure_count == 3


def test_brief_unnamed_faces_get_no_chart(tmp_path):
    moments = [
        (i / 10, [face(1, "", "happy", "happy"), *([face(2, "", "sad", "sad")] if i < 5 else [])])
        for i in range(30)
    ]
    cast = cast_of(write_timeline(tmp_path, moments))
    assert [person.label for person in cast.people] == ["Face 1"]
    assert [person.label for person in cast.others] == ["Face 2"]


def test_reasons_are_told_as_far_as_the_timeline_knows(tmp_path):
    faces = [
        face(1, score=0.3),
        face(2, box=BOX * np.float32(0.2)),
        face(3),
    ]
    write_timeline(tmp_path, [(0.0, faces)])
    unknown = [person.readability.reasons for person in cast_of(tmp_path).others]
    assert unknown == [(("not recorded", 1),)] * 3
    settings = {"quality": {"min_face_px": 36.0, "min_det_score": 0.65}}
    (tmp_path / "summary.json").write_text(json.dumps({"settings": settings}))
    known = {person.label: person.readability.reasons[0][0] for person in cast_of(tmp_path).others}
    assert known == {
        "Face 1": "hardly a face",
        "Face 2": "too small",
        "Face 3": "blurred, turned away or cut off",
    }


def test_pictures_are_counted_one_by_one(tmp_path):
    moments = [
        (0.0, [face(1, "Ana", "happy", "happy"), face(2, "", "sad", "sad")]),
        (0.0, [face(1, "", None, None)]),
    ]
    write_timeline(tmp_path, moments)
    (tmp_path / "summary.json").write_text('{"source": {"kind": "folder", "name": "photos"}}')
    recording = read_recording(tmp_path)
    assert recording.is_stills
    assert recording.length_s == 0.0
    cast = gather_people(recording)
    assert [(p.label, p.present) for p in cast.everybody] == [("Ana", 1.0), ("Unknown faces", 2.0)]
    assert cast.others == ()


def test_an_empty_timeline_has_nobody(tmp_path):
    cast = cast_of(write_timeline(tmp_path, []))
    assert cast.everybody == ()
