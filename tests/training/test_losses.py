import math

import pytest
import torch

from training.losses import (
    balanced_class_weights,
    distillation_loss,
    focal_loss,
    mixup,
    soft_cross_entropy,
)

LOG3 = math.log(3.0)


def test_soft_cross_entropy_by_hand() -> None:
    # softmax of (ln 3, 0) is (3/4, 1/4)
    logits = torch.tensor([[LOG3, 0.0]])
    targets = torch.tensor([[0.5, 0.5]])
    expected = -(0.5 * math.log(0.75) + 0.5 * math.log(0.25))
    assert soft_cross_entropy(logits, targets).item() == pytest.approx(expected, rel=1e-6)


def test_soft_cross_entropy_is_the_mean_over_rows() -> None:
    logits = torch.tensor([[LOG3, 0.0], [0.0, 0.0]])
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    expected = (-math.log(0.75) - math.log(0.5)) / 2.0
    assert soft_cross_entropy(logits, targets).item() == pytest.approx(expected, rel=1e-6)


def test_focal_loss_by_hand() -> None:
    logits = torch.tensor([[LOG3, 0.0]])
    targets = torch.tensor([[1.0, 0.0]])
    weights = torch.tensor([2.0, 1.0])
    expected = 2.0 * 0.25**2 * -math.log(0.75)
    loss = focal_loss(logits, targets, weights, gamma=2.0, label_smoothing=0.0)
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_focal_loss_with_smoothing_by_hand() -> None:
    logits = torch.tensor([[LOG3, 0.0]])
    targets = torch.tensor([[1.0, 0.0]])
    first = 0.95 * 0.25**2 * -math.log(0.75)
    second = 0.05 * 0.75**2 * -math.log(0.25)
    loss = focal_loss(logits, targets, torch.ones(2), gamma=2.0, label_smoothing=0.1)
    assert loss.item() == pytest.approx(first + second, rel=1e-6)


def test_focal_loss_without_focus_and_weights_is_cross_entropy() -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(8, 7), torch.softmax(torch.randn(8, 7), 1)
    focal = focal_loss(logits, targets, torch.ones(7), gamma=0.0, label_smoothing=0.0)
    assert focal.item() == pytest.approx(soft_cross_entropy(logits, targets).item(), rel=1e-6)


def test_class_weights_are_larger_for_rarer_classes() -> None:
    targets = torch.zeros(20, 2)
    targets[:16, 0] = 1.0
    targets[16:, 1] = 1.0
    weights = balanced_class_weights(targets)
    assert (weights[1] / weights[0]).item() == pytest.approx(2.0)
    assert weights.mean().item() == pytest.approx(1.0)


def test_distillation_by_hand_and_zero_for_the_teacher_itself() -> None:
    teacher = torch.tensor([[2.0 * LOG3, 0.0]])
    assert distillation_loss(teacher, teacher, 2.0).item() == pytest.approx(0.0, abs=1e-7)
    # At temperature 2 the teacher is (3/4, 1/4), the even student (1/2, 1/2).
    expected = 4.0 * (0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5))
    student = torch.zeros(1, 2)
    assert distillation_loss(student, teacher, 2.0).item() == pytest.approx(expected, rel=1e-6)


def test_mixup_blends_pictures_and_targets_alike() -> None:
    images = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1)
    targets = torch.eye(2)
    mixed, labels = mixup(images, targets, torch.tensor(0.75), torch.tensor([1, 0]))
    torch.testing.assert_close(mixed.flatten(), torch.tensor([0.25, 0.75]))
    torch.testing.assert_close(labels, torch.tensor([[0.75, 0.25], [0.25, 0.75]]))
