import numpy as np
import pytest

from facemotion.core.types import Decision, Frame
from facemotion.store.timeline_reading import read_timeline
from facemotion.ui.recorded_results import RecordedResults
from tests.sessions import BOX, face, write_timeline


def frame(time_s, name="clean.mp4"):
    return Frame(np.zeros((120, 160, 3), np.uint8), time_s, 0, name=name)


@pytest.fixture
def results(tmp_path):
    shifted = BOX + np.float32(10.0)
    moments = [
        (0.0, [face(1, "Ana", "happy", "sad"), face(2)]),
        (0.2, [face(1, "Ana", "neutral", None, box=shifted)]),
        (3.0, [face(3)]),
    ]
    return RecordedResults(read_timeline(write_timeline(tmp_path, moments)), "clean.mp4")


def test_the_faces_of_the_moment(results):
    found = results(frame(0.0))
    assert [f.track_id for f in found.faces] == [1, 2]
    ana, other = found.faces
    assert (ana.identity.decision, ana.identity.name) == (Decision.KNOWN, "Ana")
    assert ana.identity.cosine_similarity == pytest.approx(0.6)
    assert ana.emotion.emotion == "happy"
    assert int(ana.emotion.raw_probs.argmax()) == 5
    assert other.emotion.emotion is None
    assert other.emotion.probs is None
    np.testing.assert_allclose(ana.bbox_xyxy, BOX)


def test_boxes_move_evenly_to_the_next_update(results):
    found = results(frame(0.1)).faces[0]
    np.testing.assert_allclose(found.bbox_xyxy, BOX + 5.0, atol=0.1)
    np.testing.assert_allclose(found.velocity_xyxy, 50.0, atol=0.5)
    assert found.emotion.emotion == "happy"  # only where it was, not how it felt
    assert [f.track_id for f in results(frame(0.2)).faces] == [1]
    assert results(frame(0.185)).faces[0].emotion.emotion == "neutral"  # rounding of times
    assert results(frame(0.2)).faces[0].first_seen_s == 0.0


def test_nobody_where_nobody_was(results):
    assert results(frame(3.0)).faces[0].track_id == 3
    assert results(frame(9.0)).faces == ()
    assert results(frame(0.0, "another.mp4")).faces == ()


def test_a_recording_without_faces(tmp_path):
    timeline = read_timeline(write_timeline(tmp_path, []))
    assert RecordedResults(timeline, "clean.mp4")(frame(1.0)).faces == ()
