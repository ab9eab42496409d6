"""What a result tells beside its answers: the crop read, what was measured, what decided."""

from dataclasses import replace

import numpy as np
import pytest

from facemotion.core.types import IdentityReason
from facemotion.vision.emotion import OnnxEmotionModel
from facemotion.vision.faces import FaceModels
from facemotion.vision.pipeline import FacePipeline
from tests.vision.test_pipeline import PARAMS, frame, gallery

PICTURE = {(2, 2): 1}


def test_the_crop_is_what_the_model_read(
    tiny_faces: FaceModels, tiny_emotion: OnnxEmotionModel
) -> None:
    (face,) = FacePipeline(tiny_faces, tiny_emotion, PARAMS).process(frame(0.0, PICTURE)).faces
    assert face.emotion_crop is not None
    assert face.quality is not None
    again = tiny_emotion.probs(face.emotion_crop[None])[0]
    assert face.emotion.raw_probs == pytest.approx(again, abs=1e-5)
    assert face.quality.det_score == pytest.approx(face.det_score)
    assert face.quality.face_px > 0.0
    assert face.emotion.gate is None


def test_a_gate_comes_with_its_numbers(
    tiny_faces: FaceModels, tiny_emotion: OnnxEmotionModel
) -> None:
    strict = replace(PARAMS, gates=replace(PARAMS.gates, min_face_px=900.0))
    (face,) = FacePipeline(tiny_faces, tiny_emotion, strict).process(frame(0.0, PICTURE)).faces
    assert face.emotion.gate is not None
    assert face.emotion.gate.reason is face.emotion.gate_reason
    assert face.emotion.gate.parameter == "min_face_px"
    assert face.emotion.gate.value < face.emotion.gate.limit == 900.0


def test_without_an_emotion_model_there_is_no_crop(tiny_faces: FaceModels) -> None:
    (face,) = FacePipeline(tiny_faces, None, PARAMS).process(frame(0.0, PICTURE)).faces
    assert face.emotion_crop is None
    assert face.quality is not None


def test_a_face_not_worth_comparing_says_what_was_needed(
    tiny_faces: FaceModels, tiny_emotion: OnnxEmotionModel
) -> None:
    pipeline = FacePipeline(tiny_faces, tiny_emotion, replace(PARAMS, min_embedding_quality=1.0))
    pipeline.set_gallery(gallery(tiny_faces, (1,)))
    (face,) = pipeline.process(frame(0.0, PICTURE)).faces
    evidence = face.identity.evidence
    assert evidence is not None
    assert evidence.reason is IdentityReason.NOT_COMPARED
    assert evidence.value < evidence.needed == 1.0


def test_a_known_face_names_its_numbers(
    tiny_faces: FaceModels, tiny_emotion: OnnxEmotionModel
) -> None:
    pipeline = FacePipeline(tiny_faces, tiny_emotion, PARAMS)
    pipeline.set_gallery(gallery(tiny_faces, (1, 2)))
    (face,) = pipeline.process(frame(0.0, PICTURE)).faces
    evidence = face.identity.evidence
    assert evidence is not None
    assert evidence.reason is IdentityReason.LIKE_ENOUGH
    assert evidence.candidate == "Person 1"
    assert evidence.people == 2
    assert np.isfinite(evidence.known_at)
