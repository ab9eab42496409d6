import csv
import io
from datetime import datetime

import numpy as np
import pytest

from facemotion.core.types import GateReason
from facemotion.ui.change_log import CHANGE_COLUMNS, ChangeLog, MarkedMoment, changes_to_csv
from facemotion.ui.history import LONGEST_BRIDGE_S, EmotionHistory, HistoryBook
from facemotion.ui.presence import LEAVE_S, Presence, cut_thumbnail
from facemotion.ui.words import (
    duration_words,
    emotion_word,
    gate_words,
    person_words,
    shown_probability,
    similarity_words,
)
from tests.ui.results import face, frame, known, probs_of, result, uncertain

NOON = datetime(2026, 1, 2, 12, 0, 0)


def test_history_gives_the_window_relative_to_its_end():
    history = EmotionHistory()
    for second in range(40):
        history.add(float(second), probs_of("sad"), probs_of("happy"))
    times_s, raw, smooth = history.window(39.0, 30.0)
    assert times_s[0] == -30.0
    assert times_s[-1] == 0.0
    assert raw.shape == smooth.shape == (31, 7)
    assert smooth[0, 3] == pytest.approx(0.9)


def test_history_is_a_ring_of_fixed_size():
    history = EmotionHistory(capacity=8)
    for second in range(20):
        history.add(float(second), None, probs_of("happy"))
    times_s, raw, _ = history.window(19.0, 100.0)
    assert times_s.tolist() == [-7.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0]
    assert np.isnan(raw).all()


def test_empty_history():
    times_s, raw, smooth = EmotionHistory().window(0.0, 30.0)
    assert len(times_s) == len(raw) == len(smooth) == 0


def test_a_long_silence_breaks_the_curve():
    book = HistoryBook()
    book.add(result(face(), time_s=1.0))
    book.add(result(face(), time_s=1.2))
    book.add(result(face(), time_s=1.4 + LONGEST_BRIDGE_S))
    _, _, smooth = book.of(1).window(10.0, 30.0)
    assert np.isnan(smooth[:, 0]).tolist() == [False, False, True, False]


def test_history_book_forgets_the_tracks_seen_longest_ago():
    book = HistoryBook(most_tracks=2)
    book.add(result(face(1), face(2)))
    book.add(result(face(1), time_s=1.0))
    book.add(result(face(3), time_s=2.0))
    assert book.of(1) is not None
    assert book.of(2) is None
    assert book.of(3) is not None
    book.clear()
    assert book.of(1) is None


def test_presence_keeps_a_face_that_is_missed_for_a_moment():
    presence = Presence()
    presence.update(result(face(1, identity=known("Ana")), face(2), time_s=1.0))
    presence.update(result(face(2), time_s=1.5))
    assert [f.track_id for f in presence.faces] == [1, 2]
    presence.update(result(face(2), time_s=1.6 + LEAVE_S))
    assert [f.track_id for f in presence.faces] == [2]
    assert presence.faces[0].duration_s == pytest.approx(1.6 + LEAVE_S)


def test_presence_drops_what_lies_in_the_future_after_going_back():
    presence = Presence()
    presence.update(result(face(1), time_s=9.0))
    presence.update(result(face(2), time_s=2.0))
    assert [f.track_id for f in presence.faces] == [2]


def test_titles_tell_strangers_apart():
    presence = Presence()
    presence.update(result(face(1, identity=known("Ana")), face(2), face(3, identity=uncertain())))
    assert [f.title for f in presence.faces] == ["Ana", "unknown #2", "maybe Ana #3"]


@pytest.mark.parametrize("box", [(-20, -20, 20, 20), (150, 110, 200, 190), (5, 5, 5, 5)])
def test_thumbnails_stay_inside_the_picture(box):
    picture = frame().frame_bgr
    cut = cut_thumbnail(picture, face(box=box))
    assert cut.size > 0
    assert cut.base is None or not np.shares_memory(cut, picture)


def test_changes_are_found_per_track():
    log, presence = ChangeLog(), Presence()

    def feed(time_s, *faces):
        newest = result(*faces, time_s=time_s)
        presence.update(newest)
        return log.update(newest, presence.faces, "clip.mp4", False, NOON)

    assert feed(0.0, face(1, emotion=None)) == []
    assert feed(0.1, face(1, emotion="neutral"), face(2, emotion="sad")) == []
    assert feed(0.2, face(1, emotion="neutral"), face(2, emotion="sad")) == []
    found = feed(0.3, face(1, emotion="happy", identity=known("Ana")), face(2, emotion="sad"))
    assert [(c.person, c.before, c.after, c.time_s) for c in found] == [
        ("Ana", "neutral", "happy", 0.3)
    ]
    assert found[0].probability == pytest.approx(0.9)
    assert list(log.changes) == found
    log.begin_source()
    assert feed(0.4, face(1, emotion="angry")) == []
    log.clear()
    assert list(log.changes) == []


def test_a_marker_is_a_row_of_the_table():
    moment = MarkedMoment(datetime(2026, 1, 2, 12), 1.5, "a.mp4", False, "a,“b” 🙂", "note")
    rows = list(csv.reader(io.StringIO(changes_to_csv([moment]).decode("utf-8-sig"))))
    assert rows[1] == ["2026-01-02T12:00:00", "1.500", "a.mp4", "", "", "", "", "", "a,“b” 🙂"]


def test_changes_become_a_table_that_spreadsheets_read():
    log, presence = ChangeLog(), Presence()
    for time_s, emotion in ((0.0, "neutral"), (1.0, "happy")):
        newest = result(face(1, emotion=emotion, identity=known("Zoë, “Z”")), time_s=time_s)
        presence.update(newest)
        log.update(newest, presence.faces, "a.mp4", True, NOON)
    data = changes_to_csv(list(log.changes))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert tuple(rows[0]) == CHANGE_COLUMNS
    assert rows[1] == [
        "2026-01-02T12:00:00",
        "1.000",
        "a.mp4",
        "1",
        "Zoë, “Z”",
        "neutral",
        "happy",
        "0.9000",
        "",
    ]


def test_words():
    assert emotion_word("surprise") == "surprise"
    assert gate_words(GateReason.TOO_SMALL) == "too small to read"
    assert person_words(known("Ana")) == "Ana"
    assert person_words(uncertain("Ana")) == "maybe Ana"
    assert similarity_words(known(similarity=0.4), 0.4) == "50 %"
    assert similarity_words(face().identity, 0.4) == ""
    assert shown_probability(face(emotion="sad").emotion) == pytest.approx(0.9)
    assert shown_probability(face(emotion=None).emotion) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(-1, "0:00"), (12.9, "0:12"), (724, "12:04"), (3723, "1:02:03")]
)
def test_duration_words(seconds, words):
    assert duration_words(seconds) == words


def test_every_emotion_and_every_reason_has_words():
    from facemotion.core.labels import EMOTIONS

    assert len({emotion_word(name) for name in EMOTIONS}) == len(EMOTIONS)
    assert len({gate_words(reason) for reason in GateReason}) == len(GateReason)
