import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from facemotion.core.labels import EMOTIONS
from facemotion.core.preprocessing import EmotionCropRule, normalise
from tests.training.conftest import random_faces
from tests.training.test_model import with_lived_in_norms
from training import evaluate as evaluation
from training import export
from training.checkpoint import save_atomically
from training.config import DataConfig, TrainingConfig
from training.data import FaceData, label_faces, read_faces
from training.export import (
    check_folding,
    check_loss,
    check_parity,
    describe,
    export_int8,
    export_onnx,
    export_torchscript,
    largest_difference,
    rounded_to_half,
)
from training.model import SEResNet, folded
from training.predictors import OnnxPredictor, TorchPredictor, open_predictor

LABELS = {"labels": json.dumps(list(EMOTIONS)), "temperature": "1.0"}


@pytest.fixture(scope="module")
def network() -> SEResNet:
    return rounded_to_half(folded(with_lived_in_norms("tiny")))


@pytest.fixture(scope="module")
def onnx_file(network: SEResNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "tiny.onnx"
    export_onnx(network, path, LABELS)
    return path


@pytest.fixture(scope="session")
def real_faces(ferplus_valid: Path) -> FaceData:
    return read_faces(ferplus_valid)


def test_onnx_answers_like_torch_on_real_faces(
    network: SEResNet, onnx_file: Path, real_faces: FaceData
) -> None:
    faces = real_faces.images[:256]
    assert check_parity(onnx_file, network, faces) <= 1e-4
    # The faces must spread the answers, or the comparison could not fail.
    assert TorchPredictor(network, {}).logits(faces).std(0).max() > 0.01


def test_torchscript_answers_like_torch_and_carries_its_metadata(
    network: SEResNet, tmp_path: Path, real_faces: FaceData
) -> None:
    path = tmp_path / "tiny.ts"
    export_torchscript(network, path, LABELS)
    assert check_parity(path, network, real_faces.images[:256]) <= 1e-4
    assert open_predictor(path).metadata == LABELS


def test_onnx_contract(onnx_file: Path) -> None:
    session = ort.InferenceSession(str(onnx_file), providers=["CPUExecutionProvider"])
    (given,), (answer,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape) == ("input", "tensor(float)", ["N", 1, 48, 48])
    assert (answer.name, answer.type, answer.shape) == ("logits", "tensor(float)", ["N", 7])
    assert session.get_modelmeta().custom_metadata_map == LABELS
    for count in (1, 5):
        logits = session.run(None, {"input": normalise(random_faces(count))})[0]
        assert np.asarray(logits).shape == (count, 7)


def test_onnx_has_no_batch_norm_and_stores_half_weights(onnx_file: Path) -> None:
    graph = onnx.load(str(onnx_file)).graph
    assert "BatchNormalization" not in {node.op_type for node in graph.node}
    large = [w for w in graph.initializer if np.prod(w.dims) >= 64]
    assert large
    assert {w.data_type for w in large} == {onnx.TensorProto.FLOAT16}


def test_other_weights_fail_the_parity_check(onnx_file: Path) -> None:
    other = with_lived_in_norms("tiny")
    with torch.no_grad():
        other.head[-1].weight.mul_(1.1)
    with pytest.raises(RuntimeError, match="differ from torch"):
        check_parity(onnx_file, folded(other), random_faces(16))


def test_wrong_folding_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = with_lived_in_norms("tiny")
    assert check_folding(model, random_faces(8)) <= 1e-4
    monkeypatch.setattr(export, "folded", lambda _: folded(with_lived_in_norms("tiny").train()))
    broken = with_lived_in_norms("tiny")
    with torch.no_grad():
        broken.stem[1].running_var.mul_(4.0)
    with pytest.raises(RuntimeError, match="folding"):
        check_folding(broken, random_faces(8))


def test_int8_stays_near_the_float_model(
    onnx_file: Path, tmp_path: Path, real_faces: FaceData
) -> None:
    path = tmp_path / "tiny8.onnx"
    export_int8(onnx_file, path, real_faces.images[:128], LABELS)
    assert path.stat().st_size < onnx_file.stat().st_size
    faces = real_faces.images[128:256]
    float_model, int8_model = OnnxPredictor(onnx_file), OnnxPredictor(path)
    assert 0.0 < largest_difference(float_model, int8_model, faces) < 0.2
    assert int8_model.metadata == LABELS
    assert not list(tmp_path.glob("*.prepared*"))


def test_metadata_holds_what_the_application_needs(network: SEResNet, real_faces: FaceData) -> None:
    part = real_faces.take(np.arange(400))
    config = TrainingConfig("a", architecture="tiny")
    metadata = describe(TorchPredictor(network, {}), network, config, "id-1", part, "abc")
    assert json.loads(metadata["labels"]) == list(EMOTIONS)
    assert (metadata["input_size"], metadata["normalisation"]) == ("48", "(x/255-0.5)/0.5")
    assert 0.25 <= float(metadata["temperature"]) <= 4.0
    assert EmotionCropRule.from_metadata(json.loads(metadata["crop_rule"])) == EmotionCropRule()
    assert json.loads(metadata["training_config"])["name"] == "a"
    strict = len(label_faces(part, "strict", "majority"))
    assert json.loads(metadata["metrics"])["strict"]["of"] == strict
    assert (metadata["model_id"], metadata["data_sha256"]) == ("id-1", "abc")


def test_int8_may_lose_three_tenths_of_a_point_and_no_more() -> None:
    def metadata(accuracy: float) -> dict[str, str]:
        return {"metrics": json.dumps({"strict": {"accuracy": accuracy}})}

    check_loss(metadata(0.87), metadata(0.8675))
    check_loss(metadata(0.87), metadata(0.88))
    with pytest.raises(RuntimeError, match=r"from 0\.8700 to 0\.8665"):
        check_loss(metadata(0.87), metadata(0.8665))


def test_model_with_another_class_order_is_refused(network: SEResNet, tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    export_onnx(network, path, {"labels": json.dumps(sorted(EMOTIONS, reverse=True))})
    with pytest.raises(ValueError, match=r"other\.onnx: labels are"):
        open_predictor(path)


def test_unknown_form_of_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected a \.pt, \.onnx or \.ts"):
        open_predictor(tmp_path / "model.h5")


def test_command_lines_export_and_evaluate_a_checkpoint(
    ferplus_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = DataConfig(train=ferplus_folder.name, valid=ferplus_folder.name)
    config = TrainingConfig("cli", architecture="tiny", data=data)
    content = {
        "config": config.to_dict(),
        "average": with_lived_in_norms("tiny").state_dict(),
        "epoch": 7,
    }
    save_atomically(content, tmp_path / "last.pt")
    out, small = tmp_path / "models" / "cli.onnx", tmp_path / "cli8.onnx"
    arguments = ["--checkpoint", tmp_path / "last.pt", "--data", ferplus_folder.parent]
    arguments += ["--out", out, "--int8", small]
    monkeypatch.setattr(sys, "argv", ["export", *map(str, arguments)])
    export.main()
    assert OnnxPredictor(out).metadata["model_id"] == "emotion-cli-7"
    assert json.loads(OnnxPredictor(small).metadata["metrics"])["strict"]["of"] == 4
    results = tmp_path / "results"
    monkeypatch.setattr(
        sys,
        "argv",
        ["evaluate", "--model", str(out), "--data", str(ferplus_folder), "--out", str(results)],
    )
    evaluation.main()
    assert "of 4" in capsys.readouterr().out
    record = json.loads((results / "evaluation.json").read_text())
    assert (record["strict"]["of"], record["rows_read"]) == (4, 7)
    assert set(record["latency_ms_per_face"]) == {"batch 1", "batch 4"}
    assert {p.name for p in results.glob("*.png")} == {
        "confusion.png",
        "gaps.png",
        "reliability.png",
    }
