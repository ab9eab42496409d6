import json
from pathlib import Path

import numpy as np
import pytest

from facemotion.core.preprocessing import EmotionCropRule
from training.data import read_faces
from training.evaluate import evaluate
from training.predictors import OnnxPredictor

MODEL = Path(__file__).resolve().parents[2] / "models" / "emotion.onnx"


@pytest.fixture(scope="module")
def shipped() -> OnnxPredictor:
    return OnnxPredictor(MODEL)


def test_shipped_model_is_within_its_limits(shipped: OnnxPredictor) -> None:
    assert MODEL.stat().st_size <= 8_000_000
    assert 0 < int(shipped.metadata["parameters"]) <= 3_000_000


def test_shipped_model_names_the_measured_crop_rule(shipped: OnnxPredictor) -> None:
    rule = EmotionCropRule.from_metadata(json.loads(shipped.metadata["crop_rule"]))
    assert rule == EmotionCropRule()


def test_shipped_model_card_names_the_version(shipped: OnnxPredictor) -> None:
    card = MODEL.with_name("README.md").read_text(encoding="utf-8")
    assert f"`{shipped.metadata['model_id']}`" in card


@pytest.mark.slow
def test_shipped_model_keeps_its_promises_on_the_validation_part(
    shipped: OnnxPredictor, ferplus_valid: Path
) -> None:
    record = evaluate(shipped, read_faces(ferplus_valid))
    strict = record["strict"]
    assert strict["of"] == 3175
    assert strict["accuracy"] >= 0.875
    assert strict["macro_f1"] >= 0.75
    assert strict["recall"]["neutral"] >= 0.85
    assert strict["recall"]["sad"] >= 0.75
    assert strict["recall"]["angry"] >= 0.75
    assert record["ece_other_half"]["median"] <= 0.03
    # The figures in the file are those of the file, on every kind of processor.
    told = json.loads(shipped.metadata["metrics"])["strict"]["accuracy"]
    assert strict["accuracy"] == pytest.approx(told, abs=0.003)


def test_answers_do_not_depend_on_the_batch(shipped: OnnxPredictor) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (5, 48, 48)).astype(np.uint8)
    alone = np.concatenate([shipped.logits(face[None]) for face in faces])
    np.testing.assert_allclose(shipped.logits(faces), alone, atol=1e-4)
