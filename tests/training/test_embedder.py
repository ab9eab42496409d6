from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from tests.training.pack_data import face_part, write_lfw
from training.config import OptimisationConfig
from training.embedder.augment import FaceAugmentation
from training.embedder.config import EmbedderConfig, FaceMixture, config_from, read_config
from training.embedder.evaluate import (
    best_threshold,
    identify,
    impostor_similarities,
    verification_accuracy,
)
from training.embedder.export import INT8_LIMIT, check_int8, export, stays_float, vectors
from training.embedder.faces import CANVAS_PX, FacePart, crops, mix
from training.embedder.model import Embedder, Shape, folded, parameter_count
from training.embedder.train import (
    EmbedderTrainer,
    FaceSource,
    distillation_loss,
    embed,
    load_checkpoint,
    to_input,
    towards_person,
    train,
)
from training.int8 import write_int8
from training.lfw import LfwArchive
from training.onnx_file import check_parity, run_file

SMALL = Shape(stem=8, widths=(8, 8, 8), depths=(1, 0, 0), head=16, dimension=128)
CONFIG = EmbedderConfig(
    "test",
    steps_per_epoch=2,
    mixture=FaceMixture(lfw=0.5, mixed=0.5, fer=0.0),
    shape=SMALL,
    optimisation=OptimisationConfig(epochs=2, batch_size=8, learning_rate=1e-2),
)
CPU = torch.device("cpu")


@pytest.fixture
def archive(tmp_path: Path) -> LfwArchive:
    return LfwArchive(write_lfw(tmp_path / "lfw.zip"))


def parts() -> dict[str, FacePart]:
    return {"lfw": face_part(32), "mixed": face_part(6)}


def trained_model() -> Embedder:
    """A network whose batch norms are not those of a fresh one."""
    torch.manual_seed(0)
    model = Embedder(SMALL).train()
    for _ in range(3):
        model(torch.randn(8, 3, 112, 112))
    return model.eval()


def test_augmentation_keeps_shape_and_depends_on_the_generator_only() -> None:
    canvas = face_part(1).canvases[0]
    everything = FaceAugmentation(
        light=1, gray=1, blur=1, low_resolution=1, jpeg=1, noise=1, occlusion=1
    )
    first, second, other = (everything(canvas, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (112, 112, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_without_changes_the_crop_is_the_recognisers() -> None:
    part = face_part(1)
    nothing = FaceAugmentation(*(0.0 for _ in range(12)))
    changed = nothing(part.canvases[0], np.random.default_rng(0))
    assert np.abs(changed.astype(int) - crops(part.canvases)[0].astype(int)).max() <= 1


def test_mixed_faces_lie_between_their_parents() -> None:
    canvases = face_part(2).canvases
    face = mix(canvases[0], canvases[1], np.random.default_rng(4))
    assert face.shape == (CANVAS_PX, CANVAS_PX, 3)
    low, high = canvases.min((0, 1, 2)).astype(int), canvases.max((0, 1, 2)).astype(int)
    assert (face >= low - 1).all()
    assert (face <= high + 1).all()
    again = mix(canvases[0], canvases[1], np.random.default_rng(4))
    assert np.array_equal(face, again)


def test_only_training_people_are_trained_on(archive: LfwArchive) -> None:
    source = FaceSource(CONFIG, parts(), archive)
    assert not archive.kept_out()[source.rows["lfw"]].any()
    faces, targets = source.batch(np.random.default_rng(0))
    assert faces.shape == (8, 112, 112, 3)
    assert torch.allclose(targets.norm(dim=1), torch.ones(8), atol=1e-5)


def test_targets_move_towards_their_person() -> None:
    targets = face_part(4).targets
    people = np.array(["a", "a", "b", "c"])
    moved = towards_person(targets, people, 0.5)
    assert moved[0] @ moved[1] > targets[0] @ targets[1] + 0.2
    assert np.allclose(moved[2:], targets[2:], atol=1e-6)
    assert np.allclose(towards_person(targets, people, 0.0), targets, atol=1e-6)


def test_loss_is_zero_for_the_target_and_grows_with_the_angle() -> None:
    targets = torch.from_numpy(face_part(6).targets)
    assert float(distillation_loss(3.0 * targets, targets, 4.0)) < 1e-5
    assert float(distillation_loss(-targets, targets, 0.0)) == pytest.approx(2.0, abs=1e-5)


def test_input_is_rgb_in_minus_one_to_one() -> None:
    face = np.zeros((1, 112, 112, 3), np.uint8)
    face[..., 0] = 255  # blue
    values = to_input(face, CPU)
    assert values[0, :, 0, 0].tolist() == [-1.0, -1.0, 1.0]


def test_folding_changes_nothing() -> None:
    model = trained_model()
    faces = torch.randn(4, 3, 112, 112)
    with torch.inference_mode():
        assert torch.allclose(model(faces), folded(model)(faces), atol=1e-4)
    assert parameter_count(folded(model)) < parameter_count(model)


def test_killed_training_ends_with_the_same_weights(
    archive: LfwArchive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = EmbedderTrainer(CONFIG, parts(), archive)
    train(whole, tmp_path)
    first = EmbedderTrainer(CONFIG, parts(), archive)
    first.run_epoch()
    second = EmbedderTrainer(CONFIG, parts(), archive)
    second.restore(first.state(), config_from)
    second.run_epoch()
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name
    model, config, epoch = load_checkpoint(tmp_path / "last.pt")
    assert (config, epoch) == (CONFIG, 2)
    faces = crops(face_part(2).canvases)
    assert np.allclose(embed(model, faces, CPU), embed(whole.averaged_model(), faces, CPU))
    assert "verification" in capsys.readouterr().out
    with pytest.raises(ValueError, match="another experiment"):
        EmbedderTrainer(replace(CONFIG, seed=5), parts(), archive).restore(
            first.state(), config_from
        )


def test_training_brings_the_answers_to_the_targets(archive: LfwArchive) -> None:
    optimisation = replace(CONFIG.optimisation, epochs=1, learning_rate=3e-3, batch_size=16)
    nothing = FaceAugmentation(*(0.0 for _ in range(12)))
    config = replace(
        CONFIG,
        steps_per_epoch=40,
        optimisation=optimisation,
        augmentation=nothing,
        mixture=FaceMixture(lfw=0.0, mixed=1.0, fer=0.0),
    )
    trainer = EmbedderTrainer(config, parts(), archive)
    random = np.random.default_rng(0)
    trainer.model.train()
    losses = [trainer._step(random, step) for step in range(40)]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])


def test_exported_file_answers_unit_vectors_through_insightface(tmp_path: Path) -> None:
    from insightface import model_zoo

    model = trained_model()
    path = tmp_path / "embedder.onnx"
    network = export(model, path, {"model": "test"})
    faces = crops(face_part(3).canvases)
    inputs = to_input(faces, CPU)
    assert check_parity(path, network, inputs, 1e-4) < 1e-4
    recogniser = model_zoo.get_model(str(path), providers=["CPUExecutionProvider"])
    assert recogniser.taskname == "recognition"
    assert (recogniser.input_mean, recogniser.input_std) == (127.5, 127.5)
    answers = recogniser.get_feat(list(faces))
    assert np.allclose(answers, run_file(path, inputs.contiguous().numpy())[0], atol=1e-5)
    assert np.allclose(np.linalg.norm(answers, axis=1), 1.0, atol=1e-5)


def test_eight_bits_keep_the_vectors_and_load_in_insightface(tmp_path: Path) -> None:
    from insightface import model_zoo

    path = tmp_path / "embedder.onnx"
    export(trained_model(), path, {"model": "float"})
    faces = crops(face_part(12).canvases)
    inputs = to_input(faces, CPU).contiguous()
    exact = vectors(path, inputs)
    write_int8(path, path, iter([inputs.numpy()]), stays_float, {"model": "test"})
    assert check_int8(exact, vectors(path, inputs)) > INT8_LIMIT
    kinds = {w.data_type for w in onnx.load(str(path)).graph.initializer if len(w.dims) == 4}
    assert kinds == {onnx.TensorProto.INT8, onnx.TensorProto.FLOAT}
    recogniser = model_zoo.get_model(str(path), providers=["CPUExecutionProvider"])
    assert recogniser.taskname == "recognition"
    assert (recogniser.input_mean, recogniser.input_std) == (127.5, 127.5)
    with pytest.raises(RuntimeError, match="eight bits turn the vectors"):
        check_int8(exact, exact[::-1].copy() * np.float32(0.5))


def test_a_file_that_differs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "embedder.onnx"
    export(trained_model(), path, {})
    torch.manual_seed(9)
    with pytest.raises(RuntimeError, match="differs from torch"):
        check_parity(path, Embedder(SMALL), torch.randn(2, 3, 112, 112), 1e-4)


def test_verification_and_thresholds() -> None:
    similarities = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1] * 10, np.float32)
    is_same = np.array([True, True, True, False, False, False] * 10)
    accuracy, threshold = verification_accuracy(similarities, is_same)
    assert accuracy == 1.0
    assert threshold == pytest.approx(0.5, abs=1e-6)
    assert best_threshold(similarities[:6], np.zeros(6, bool)) > 0.9
    assert best_threshold(similarities[:6], np.ones(6, bool)) < 0.1
    flipped, _ = verification_accuracy(similarities, np.resize([True, False], 60))
    assert flipped < 0.7


def test_identification_counts_right_names_and_refuses_strangers() -> None:
    random = np.random.default_rng(0)
    centres = np.eye(20, 32, dtype=np.float32)
    people = np.repeat(np.array([f"p{i:02d}" for i in range(20)]), [5] * 10 + [2] * 10)
    rows = np.repeat(centres, [5] * 10 + [2] * 10, axis=0)
    rows = rows + random.normal(0, 0.03, rows.shape).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = identify(rows, people)
    assert (found.right_name, found.probes, found.strangers) == (1.0, 20, 20)
    assert impostor_similarities(rows, people).max() < 0.6
    with pytest.raises(ValueError, match="four pictures"):
        identify(rows[-20:], people[-20:])


def test_experiments_are_read_strictly(tmp_path: Path) -> None:
    assert config_from(CONFIG.to_dict()) == CONFIG
    assert read_config(Path("training/configs/embedder.toml")).shape == Shape()
    (tmp_path / "wrong.toml").write_text("name = 'x'\n[shape]\nstm = 3\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"wrong\.toml.*unknown field 'stm'"):
        read_config(tmp_path / "wrong.toml")
    with pytest.raises(ValueError, match="add up to 1"):
        FaceMixture(lfw=0.5, mixed=0.1, fer=0.1)
