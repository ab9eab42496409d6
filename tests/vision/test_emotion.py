import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from facemotion.core.errors import ModelError
from facemotion.core.labels import EMOTIONS
from facemotion.core.preprocessing import EmotionCropRule, normalise
from facemotion.vision.emotion import (
    OnnxEmotionModel,
    calibrated_probs,
    load_emotion_model,
)
from tests.conftest import REPOSITORY
from tests.vision.tiny_models import write_emotion_model, write_recogniser

CROPS = np.random.default_rng(0).integers(0, 255, (5, 48, 48), np.uint8)


def test_probabilities_are_the_softmax_of_scaled_logits(tmp_path: Path) -> None:
    path = write_emotion_model(tmp_path / "a.onnx", temperature="2.5")
    model = load_emotion_model(path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], {"input": normalise(CROPS)})
    powers = np.exp(np.asarray(logits, np.float64) / 2.5)
    expected = powers / powers.sum(axis=1, keepdims=True)
    probs = model.probs(CROPS)
    assert probs.dtype == np.float32
    assert probs == pytest.approx(expected, abs=1e-5)
    assert probs.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-6)


def test_what_a_model_says_about_itself(tmp_path: Path) -> None:
    rule = EmotionCropRule(scale=1.2, shift_y=0.05, is_aligned=False)
    path = write_emotion_model(tmp_path / "a.onnx", rule=json.dumps(rule.to_metadata()))
    model = load_emotion_model(path)
    assert (model.model_id, model.crop_rule, model.provider.actual) == ("tiny", rule, "CPU")
    nameless = load_emotion_model(write_emotion_model(tmp_path / "b.onnx", model_id=""))
    assert nameless.model_id == "b"


def test_no_crops_and_wrong_crops(tiny_emotion: OnnxEmotionModel) -> None:
    assert tiny_emotion.probs(CROPS[:0]).shape == (0, 7)
    with pytest.raises(ValueError, match=r"shape \(N, 48, 48\)"):
        tiny_emotion.probs(CROPS[:, :40])
    with pytest.raises(ValueError, match="uint8"):
        tiny_emotion.probs(CROPS.astype(np.float32))


def test_batch_answers_as_single_faces_do(tiny_emotion: OnnxEmotionModel) -> None:
    alone = np.concatenate([tiny_emotion.probs(CROPS[i : i + 1]) for i in range(5)])
    assert tiny_emotion.probs(CROPS) == pytest.approx(alone, abs=1e-6)


def test_extreme_logits_stay_finite() -> None:
    probs = calibrated_probs(np.array([[1e4, -1e4, 0, 0, 0, 0, 0]], np.float32), 0.5)
    assert probs[0].tolist() == [1.0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labels": list(reversed(EMOTIONS))}, "has other emotions than expected"),
        ({"temperature": ""}, "does not say"),
        ({"temperature": "warm"}, "does not say"),
        ({"temperature": "0"}, "has the temperature 0.0"),
        ({"temperature": "nan"}, "has the temperature nan"),
        ({"rule": "{}"}, "does not say"),
        ({"rule": "[1]"}, "does not say"),
        ({"rule": "{"}, "does not say"),
        ({"classes": 8}, "is no emotion model"),
        ({"side": 64}, "is no emotion model"),
    ],
)
def test_models_of_another_kind(tmp_path: Path, changes: dict, words: str) -> None:
    path = write_emotion_model(tmp_path / "a.onnx", **changes)
    with pytest.raises(ModelError, match=words):
        load_emotion_model(path)


def test_missing_damaged_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is missing"):
        load_emotion_model(tmp_path / "none.onnx")
    path = write_emotion_model(tmp_path / "a.onnx")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ModelError, match="is damaged"):
        load_emotion_model(path)
    with pytest.raises(ModelError, match="is no emotion model"):
        load_emotion_model(write_recogniser(tmp_path / "rec.onnx"))


def test_model_that_ships() -> None:
    model = load_emotion_model(REPOSITORY / "models" / "emotion.onnx")
    probs = model.probs(CROPS)
    assert probs.shape == (5, 7)
    assert probs.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    alone = np.concatenate([model.probs(CROPS[i : i + 1]) for i in range(5)])
    assert probs == pytest.approx(alone, abs=1e-4)
