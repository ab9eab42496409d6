"""Neutral baselines in the pipeline: raw readings stay raw, smoothing sees corrected ones."""

from dataclasses import replace

import numpy as np
import pytest

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.labels import EMOTIONS
from facemotion.core.types import EmotionReading, FloatArray, FrameResult
from facemotion.vision.emotion import OnnxEmotionModel
from facemotion.vision.faces import FaceModels
from facemotion.vision.pipeline import FacePipeline
from tests.vision.test_pipeline import PARAMS, frame, gallery

FACE = {(2, 2): 1}


@pytest.fixture
def pipeline(tiny_faces: FaceModels, tiny_emotion: OnnxEmotionModel) -> FacePipeline:
    pipeline = FacePipeline(tiny_faces, tiny_emotion, PARAMS)
    pipeline.set_gallery(gallery(tiny_faces, (1,)))
    return pipeline


def angry_at_rest(model_id: str) -> NeutralBaseline:
    probs = np.full((30, len(EMOTIONS)), 0.01, np.float32)
    probs[:, EMOTIONS.index("angry")] = 0.94
    return NeutralBaseline.of(probs, model_id)


def play(pipeline: FacePipeline, seconds: float = 1.0) -> list[FrameResult]:
    return [pipeline.process(frame(step / 10, FACE)) for step in range(round(seconds * 10))]


def readings(results: list[FrameResult]) -> list[EmotionReading]:
    return [face.emotion for result in results for face in result.faces]


def as_rows(results: list[FrameResult]) -> list[tuple[FloatArray | None, FloatArray | None]]:
    return [(reading.raw_probs, reading.probs) for reading in readings(results)]


def test_without_baselines_nothing_changes_by_a_bit(
    pipeline: FacePipeline, tiny_faces: FaceModels, tiny_emotion: OnnxEmotionModel
) -> None:
    off = FacePipeline(tiny_faces, tiny_emotion, replace(PARAMS, is_baseline_used=False))
    off.set_gallery(gallery(tiny_faces, (1,)))
    off.baselines.set_people({"id-1": angry_at_rest(tiny_emotion.model_id)})
    for one, other in zip(as_rows(play(pipeline)), as_rows(play(off)), strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(other))
    assert not any(reading.is_corrected for reading in readings(play(off)))


def test_a_known_persons_reading_is_corrected_before_smoothing(
    pipeline: FacePipeline, tiny_emotion: OnnxEmotionModel
) -> None:
    plain = readings(play(pipeline))
    pipeline.reset()
    baseline = angry_at_rest(tiny_emotion.model_id)
    pipeline.baselines.set_people({"id-1": baseline})
    corrected = readings(play(pipeline))
    assert all(reading.is_corrected for reading in corrected)
    for before, after in zip(plain, corrected, strict=True):
        assert before.raw_probs is not None
        np.testing.assert_array_equal(before.raw_probs, after.raw_probs)
    first = corrected[0]
    assert first.raw_probs is not None
    assert first.probs is not None
    np.testing.assert_allclose(first.probs, baseline.correct(first.raw_probs), atol=1e-5)


def test_another_emotion_models_baseline_is_not_used(pipeline: FacePipeline) -> None:
    pipeline.baselines.set_people({"id-1": angry_at_rest("another")})
    assert not any(reading.is_corrected for reading in readings(play(pipeline)))


def test_a_tracks_own_baseline_ends_with_it(
    pipeline: FacePipeline, tiny_emotion: OnnxEmotionModel
) -> None:
    play(pipeline)
    pipeline.baselines.set_track(1, angry_at_rest(tiny_emotion.model_id))
    assert pipeline.process(frame(1.0, FACE)).faces[0].emotion.is_corrected
    pipeline.reset()
    assert not any(reading.is_corrected for reading in readings(play(pipeline)))


def test_it_can_be_switched_off_while_it_runs(
    pipeline: FacePipeline, tiny_emotion: OnnxEmotionModel
) -> None:
    pipeline.baselines.set_people({"id-1": angry_at_rest(tiny_emotion.model_id)})
    play(pipeline)
    pipeline.set_params(replace(PARAMS, is_baseline_used=False))
    assert not pipeline.process(frame(1.0, FACE)).faces[0].emotion.is_corrected
    pipeline.set_params(PARAMS)
    assert pipeline.process(frame(1.1, FACE)).faces[0].emotion.is_corrected


def test_a_photo_is_corrected_too(pipeline: FacePipeline, tiny_emotion: OnnxEmotionModel) -> None:
    baseline = angry_at_rest(tiny_emotion.model_id)
    plain = pipeline.process_still(frame(0.0, FACE)).faces[0].emotion
    pipeline.baselines.set_people({"id-1": baseline})
    pipeline.baselines.set_track(1, None)
    corrected = pipeline.process_still(frame(0.0, FACE)).faces[0].emotion
    assert not plain.is_corrected
    assert corrected.is_corrected
    assert plain.raw_probs is not None
    assert corrected.probs is not None
    np.testing.assert_array_equal(plain.raw_probs, corrected.raw_probs)
    np.testing.assert_allclose(corrected.probs, baseline.correct(plain.raw_probs), atol=1e-6)
