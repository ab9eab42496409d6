import builtins
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facemotion.core.errors import ModelError
from facemotion.core.labels import EMOTIONS
from facemotion.core.preprocessing import EmotionCropRule
from facemotion.vision.emotion import calibrated_probs, load_emotion_model

METADATA = {
    "labels": json.dumps(list(EMOTIONS)),
    "temperature": "2.0",
    "crop_rule": json.dumps(EmotionCropRule(scale=1.1).to_metadata()),
    "model_id": "scripted",
}
CROPS = np.random.default_rng(0).integers(0, 255, (3, 48, 48), np.uint8)


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="needs torch: pip install facemotion[training]")


def save(torch: Any, path: Path, metadata: dict[str, str] | None, classes: int = 7) -> Any:
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(2 * 46 * 46, classes)
    ).eval()
    extra = {} if metadata is None else {"metadata.json": json.dumps(metadata)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.script(module), str(path), _extra_files=extra)
    return module


@pytest.mark.parametrize("suffix", [".pt", ".ts"])
def test_answers_as_the_module_does(torch: Any, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    module = save(torch, path, METADATA)
    model = load_emotion_model(path)
    assert (model.model_id, model.crop_rule.scale) == ("scripted", 1.1)
    assert model.provider.actual == "CPU"
    batch = torch.from_numpy((CROPS[:, None] / 255.0 - 0.5) / 0.5).float()
    with torch.inference_mode():
        expected = calibrated_probs(module(batch).numpy(), 2.0)
    assert model.probs(CROPS) == pytest.approx(expected, abs=1e-5)
    assert model.probs(CROPS[:0]).shape == (0, 7)
    with pytest.raises(ValueError, match="48, 48"):
        model.probs(CROPS[:, 1:])


def test_provider_that_it_cannot_use(torch: Any, tmp_path: Path) -> None:
    save(torch, tmp_path / "a.pt", METADATA)
    got = load_emotion_model(tmp_path / "a.pt", "CoreML").provider
    assert (got.actual, got.is_fallback) == ("CPU", True)
    assert "cannot use CoreML" in got.message


def test_damaged_or_foreign_modules(torch: Any, tmp_path: Path) -> None:
    text = tmp_path / "text.pt"
    text.write_text("text")
    save(torch, tmp_path / "bare.pt", None)
    save(torch, tmp_path / "eight.pt", METADATA, classes=8)
    save(torch, tmp_path / "other.pt", {**METADATA, "labels": "[]"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(
            torch.jit.script(torch.nn.Linear(3, 7)),
            str(tmp_path / "shape.pt"),
            _extra_files={"metadata.json": json.dumps(METADATA)},
        )
    for name, words in (
        ("text.pt", "is damaged or no TorchScript"),
        ("bare.pt", "does not say which emotions"),
        ("eight.pt", r"expected logits \(2, 7\), got \(2, 8\)"),
        ("other.pt", "has other emotions"),
        ("shape.pt", "cannot be run"),
    ):
        with pytest.raises(ModelError, match=words):
            load_emotion_model(tmp_path / name)


def test_without_torch_there_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pt"
    path.touch()
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "torch":
            raise ImportError("No module named 'torch'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ModelError, match=r"torch is not installed\. Install it with"):
        load_emotion_model(path)
