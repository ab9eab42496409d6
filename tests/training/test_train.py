import math
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from training.augment import Augmentation
from training.checkpoint import load_checkpoint, save_atomically
from training.config import DataConfig, LossConfig, OptimisationConfig, TrainingConfig
from training.data import LabelledFaces, label_faces, read_faces
from training.optimisation import WeightAverage, one_cycle, optimiser_for
from training.train import (
    Process,
    Trainer,
    beta_sample,
    load_data,
    logits_of,
    train,
)

NAMES = [field.name for field in fields(Augmentation)]
CPU = Process(0, 1, torch.device("cpu"))


def few_faces(count: int = 40) -> LabelledFaces:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, count)
    images = rng.integers(0, 256, (count, 48, 48)).astype(np.uint8)
    targets = np.eye(7, dtype=np.float32)[labels]
    return LabelledFaces(images, targets, labels, np.arange(count), {})


def small_run(epochs: int = 3, **loss: object) -> TrainingConfig:
    return TrainingConfig(
        name="small",
        architecture="tiny",
        loss=LossConfig(**loss),
        optimisation=OptimisationConfig(epochs=epochs, batch_size=16),
    )


def test_schedule_has_the_end_points_of_one_cycle() -> None:
    config = OptimisationConfig(learning_rate=1e-3, warmup=0.1)
    rates = [one_cycle(step, 200, config) for step in range(200)]
    assert rates[0] == pytest.approx(1e-3 / 25.0)
    assert max(rates) == pytest.approx(1e-3)
    assert rates.index(max(rates)) == 19
    assert rates[-1] == pytest.approx(1e-3 / 25.0 / 1e4)
    assert all(a < b for a, b in pairwise(rates[:20]))
    assert all(a > b for a, b in pairwise(rates[19:]))


def test_schedule_is_torchs_one_cycle() -> None:
    config = OptimisationConfig(learning_rate=2e-3, warmup=0.1)
    optimiser = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=2e-3, total_steps=100, pct_start=0.1, cycle_momentum=False
    )
    for step in range(100):
        assert one_cycle(step, 100, config) == pytest.approx(reference.get_last_lr()[0], rel=1e-9)
        optimiser.step()
        if step < 99:
            reference.step()


def test_decay_falls_on_kernels_only() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    decayed, others = optimiser_for(model, OptimisationConfig(weight_decay=0.05)).param_groups
    assert decayed["weight_decay"] == 0.05
    assert others["weight_decay"] == 0.0
    assert [p.ndim for p in decayed["params"]] == [4]
    assert len(others["params"]) == 3


def test_weight_average_by_hand() -> None:
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(0.0)
    average = WeightAverage(model, decay=0.5)
    with torch.no_grad():
        model.weight.fill_(11.0)
    average.update(model)  # the first step's decay is 1 / 11
    assert average.values["weight"].item() == pytest.approx(10.0)
    for _ in range(20):
        average.update(model)
    assert average.values["weight"].item() == pytest.approx(11.0, abs=1e-3)


def test_weight_average_can_be_switched_off() -> None:
    model = nn.Linear(1, 1)
    average = WeightAverage(model, decay=0.0)
    with torch.no_grad():
        model.weight.fill_(3.0)
    average.update(model)
    assert average.values["weight"].item() == 3.0


def test_beta_sample_has_the_moments_of_beta() -> None:
    generator = torch.Generator().manual_seed(0)
    alpha = 0.4
    draws = torch.stack([beta_sample(alpha, generator, CPU.device) for _ in range(3000)])
    assert draws.mean().item() == pytest.approx(0.5, abs=0.02)
    assert draws.var().item() == pytest.approx(1.0 / (4.0 * (2.0 * alpha + 1.0)), rel=0.08)


@pytest.mark.parametrize(
    "loss",
    [{}, {"kind": "focal"}, {"mixup_alpha": 0.2}],
    ids=["soft", "focal", "mixup"],
)
def test_resumed_run_ends_with_the_same_weights(tmp_path: Path, loss: dict[str, object]) -> None:
    config, faces = small_run(3, **loss), few_faces()
    whole = Trainer(config, faces, faces, CPU)
    for _ in range(3):
        whole.run_epoch()
    killed = Trainer(config, faces, faces, CPU)
    killed.run_epoch()
    save_atomically(killed.state(), tmp_path / "last.pt")
    killed.run_epoch()  # lost with the process
    torch.manual_seed(99)  # another process has other random numbers
    resumed = Trainer(config, faces, faces, CPU)
    resumed.restore(torch.load(tmp_path / "last.pt", weights_only=True))
    for _ in range(2):
        resumed.run_epoch()
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
    for name, value in whole.average.values.items():
        assert torch.equal(value, resumed.average.values[name]), name
    assert resumed.best_accuracy == whole.best_accuracy


def test_float16_trains_with_a_scaled_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.train.precision_for", lambda _: torch.float16)
    faces = few_faces()
    trainer = Trainer(small_run(2), faces, faces, CPU)
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    assert math.isfinite(trainer.run_epoch()["train_loss"])
    assert trainer.state()["scaler"]["scale"] > 1.0
    weight = "head.1.weight"
    change = (trainer.model.state_dict()[weight] - before[weight]).abs().max()
    assert 0.0 < change < 0.1
    assert trainer.model.state_dict()[weight].dtype == torch.float32


def test_checkpoint_of_another_experiment_is_refused() -> None:
    faces = few_faces()
    state = Trainer(small_run(3), faces, faces, CPU).state()
    other = Trainer(small_run(4), faces, faces, CPU)
    with pytest.raises(ValueError, match="another experiment"):
        other.restore(state)


def test_training_writes_checkpoints_and_log_and_stops(tmp_path: Path) -> None:
    faces = few_faces()
    trainer = Trainer(small_run(2), faces, faces, CPU)
    train(trainer, tmp_path)
    assert trainer.epoch == 2
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3
    assert not list(tmp_path.glob("*.tmp"))
    model, config, content = load_checkpoint(tmp_path / "last.pt")
    assert (config, content["epoch"]) == (trainer.config, 2)
    expected = logits_of(trainer.averaged_model(), faces.images, CPU.device)
    torch.testing.assert_close(logits_of(model, faces.images, CPU.device), expected)


def test_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(ValueError, match=r"other\.pt: not a checkpoint"):
        load_checkpoint(tmp_path / "other.pt")


def test_student_learns_from_its_teacher_alone(tmp_path: Path) -> None:
    faces = few_faces()
    teacher = Trainer(small_run(1), faces, faces, CPU)
    teacher.run_epoch()
    save_atomically(teacher.state(), tmp_path / "teacher.pt")
    config = small_run(1, distillation=1.0, teachers=(str(tmp_path / "teacher.pt"),))
    student = Trainer(config, faces, faces, CPU)
    logits = logits_of(teacher.averaged_model(), faces.images[:4], CPU.device)
    images = torch.from_numpy(faces.images[:4])[:, None].float() / 127.5 - 1.0
    with torch.autocast("cpu", enabled=False):
        loss = student._loss(logits, images, student.targets[:4])
    assert loss.item() == pytest.approx(0.0, abs=1e-3)


def test_run_can_start_from_the_averaged_weights_of_another(tmp_path: Path) -> None:
    faces = few_faces()
    first = Trainer(small_run(1), faces, faces, CPU)
    first.run_epoch()
    save_atomically(first.state(), tmp_path / "first.pt")
    second = Trainer(replace(small_run(2), start=str(tmp_path / "first.pt")), faces, faces, CPU)
    assert second.epoch == 0
    for name, value in first.average.values.items():
        assert torch.equal(second.model.state_dict()[name], value), name
        assert torch.equal(second.average.values[name], value), name


def test_fewer_rows_than_a_batch_are_refused() -> None:
    with pytest.raises(ValueError, match="fewer than one batch"):
        Trainer(small_run(), few_faces(8), few_faces(8), CPU)


def test_configured_data_is_read(ferplus_folder: Path) -> None:
    data = DataConfig(ferplus_folder.name, ferplus_folder.name, selection="strict", limit=3)
    config = replace(small_run(), data=data)
    train_rows, valid_rows = load_data(config, ferplus_folder.parent)
    assert (len(train_rows), len(valid_rows)) == (3, 4)


@pytest.mark.slow
def test_half_a_minute_of_training_lowers_the_loss_on_real_faces(ferplus_valid: Path) -> None:
    data = read_faces(ferplus_valid).take(np.arange(1600))
    faces = label_faces(data, "strict", "distribution")
    config = TrainingConfig(
        name="smoke",
        architecture="tiny",
        optimisation=OptimisationConfig(epochs=4, batch_size=32, learning_rate=3e-3),
        augmentation=Augmentation(**{**dict.fromkeys(NAMES, 0.0), "flip": 0.5}),
    )
    trainer = Trainer(config, faces, faces, CPU)
    losses = [trainer.run_epoch()["train_loss"] for _ in range(4)]
    assert losses[0] < math.log(7.0)
    assert losses[3] < losses[0] - 0.08
    assert losses[3] < frequency_cost(faces) - 0.02


def frequency_cost(faces: LabelledFaces) -> float:
    """Cross-entropy of answering with the classes' frequencies whatever the face."""
    frequency = faces.targets.mean(0)
    return float(-(frequency * np.log(frequency)).sum())
