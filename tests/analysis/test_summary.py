import numpy as np
import pytest

from facemotion.analysis.summary import PresenceSummary
from facemotion.core.types import (
    Decision,
    EmotionReading,
    FaceResult,
    Frame,
    FrameResult,
    Identity,
)

ANA = Identity(Decision.KNOWN, "a" * 32, "Ana", 0.6)
MAYBE_ANA = Identity(Decision.UNCERTAIN, "a" * 32, "Ana", 0.3)
NOBODY = Identity()


def result(time_s, *faces):
    frame = Frame(np.zeros((4, 4, 3), np.uint8), time_s, 0)
    zeros = np.zeros(4, np.float32)
    entries = tuple(
        FaceResult(
            track_id,
            zeros,
            zeros,
            np.zeros((5, 2), np.float32),
            0.9,
            identity,
            EmotionReading(emotion=emotion),
            0.0,
        )
        for track_id, identity, emotion in faces
    )
    return FrameResult(frame, entries)


def test_seconds_last_until_the_next_reading():
    summary = PresenceSummary(is_stills=False, frame_interval_s=0.5)
    summary.add(result(0.0, (1, ANA, "happy")))
    summary.add(result(0.2, (1, ANA, "sad"), (2, NOBODY, None)))
    summary.add(result(0.3, (1, MAYBE_ANA, "sad"), (3, NOBODY, "fear")))
    summary.add(result(1.0))
    summary.add(result(1.1, (1, ANA, None)))
    found = summary.finish()
    (ana,) = found["people"]
    assert ana["name"] == "Ana"
    assert ana["seconds_seen"] == pytest.approx(0.2 + 0.1 + 0.5)
    assert ana["seconds_uncertain"] == pytest.approx(0.7)
    assert ana["first_seen_s"] == 0.0
    assert ana["last_seen_s"] == 1.1
    assert ana["emotion_shares"]["happy"] == pytest.approx(0.2)
    assert ana["emotion_shares"]["sad"] == pytest.approx(0.8)
    assert sum(ana["emotion_shares"].values()) == pytest.approx(1.0)
    assert found["unknown"]["tracks"] == 2
    assert found["unknown"]["seconds_seen"] == pytest.approx(0.8)
    assert found["unknown"]["emotion_shares"]["fear"] == 1.0
    assert (summary.frame_count, summary.face_frame_count) == (5, 4)


def test_pictures_are_counted_one_by_one():
    summary = PresenceSummary(is_stills=True, frame_interval_s=2.0)
    summary.add(result(0.0, (1, ANA, "happy"), (2, NOBODY, None)))
    summary.add(result(2.0, (1, NOBODY, None)))
    found = summary.finish()
    assert found["people"][0]["pictures_seen"] == 1
    assert "first_seen_s" not in found["people"][0]
    assert found["unknown"]["pictures_seen"] == 2
    assert "tracks" not in found["unknown"]


def test_nothing_at_all():
    summary = PresenceSummary(is_stills=False, frame_interval_s=0.1)
    found = summary.finish()
    assert found["people"] == []
    assert found["unknown"]["seconds_seen"] == 0.0
    assert set(found["unknown"]["emotion_shares"].values()) == {0.0}
