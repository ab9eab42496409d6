import dataclasses
import math

import numpy as np
import pytest

from facemotion.core.types import (
    Decision,
    EmotionReading,
    FaceResult,
    Frame,
    FrameResult,
    GateReason,
    Identity,
)
from tests.core.faces import face


def frame():
    return Frame(np.zeros((4, 6, 3), dtype=np.uint8), 1.5, 3)


def test_decisions_and_reasons_are_the_words_that_files_and_screens_use():
    assert [str(decision) for decision in Decision] == ["known", "uncertain", "unknown"]
    assert len({str(reason) for reason in GateReason}) == len(GateReason)


def test_an_identity_without_a_gallery_compares_nothing():
    nobody = Identity()
    assert nobody.decision is Decision.UNKNOWN
    assert nobody.person_id is None
    assert nobody.name == ""
    assert math.isnan(nobody.cosine_similarity)


def test_records_cannot_be_changed():
    for record, name in (
        (frame(), "time_s"),
        (face(), "det_score"),
        (Identity(), "name"),
        (EmotionReading(), "emotion"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, None)


def test_records_with_arrays_compare_by_identity():
    one = frame()
    assert one == one
    assert one != frame()
    assert face() != face()


def test_a_result_shares_its_frame_and_has_timings_of_its_own():
    one, other = FrameResult(frame(), ()), FrameResult(frame(), ())
    one.timings_ms["detect"] = 3.0
    assert other.timings_ms == {}
    shown = face()
    result = FaceResult(
        1, shown.bbox_xyxy, np.zeros(4, np.float32), shown.kps, 0.9, Identity(), EmotionReading(), 0
    )
    assert result.bbox_xyxy is shown.bbox_xyxy
