"""Losses on logits: soft labels, focal, and distillation."""

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax


def soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy against distributions.

    Args:
        logits: float (N, C).
        targets: float (N, C), rows sum to 1.
    """
    return -(targets * log_softmax(logits, 1)).sum(1).mean()


def focal_loss(
    logits: Tensor,
    targets: Tensor,
    class_weights: Tensor,
    gamma: float = 2.0,
    label_smoothing: float = 0.1,
) -> Tensor:
    """Focal loss (Lin et al., 2017) with class weights and label smoothing.

    Each class's term is −w_c · q_c · (1 − p_c)^γ · log p_c, with q the smoothed target; for hard
    targets without smoothing this is the paper's form.

    Args:
        logits: float (N, C).
        targets: float (N, C), rows sum to 1.
        class_weights: float (C,).
        gamma: How strongly easy examples are turned down; 0 gives weighted cross-entropy.
        label_smoothing: Share of the target that is spread evenly over all classes.
    """
    log_probs = log_softmax(logits, 1)
    smoothed = targets * (1.0 - label_smoothing) + label_smoothing / targets.shape[1]
    focus = (1.0 - log_probs.exp()) ** gamma
    return -(class_weights * smoothed * focus * log_probs).sum(1).mean()


def balanced_class_weights(targets: Tensor) -> Tensor:
    """Weights float (C,) that turn up rare classes: 1/√frequency, mean 1."""
    weights = targets.sum(0).clamp(min=1.0).rsqrt()
    return weights / weights.mean()


def distillation_loss(logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """Kullback-Leibler divergence to a teacher at a temperature, times its square.

    Hinton et al. (2015); the square keeps the gradient's size independent of the temperature.

    Args:
        logits: float (N, C).
        teacher_logits: float (N, C), without gradient.
        temperature: Divides both before the softmax.
    """
    student = log_softmax(logits / temperature, 1)
    teacher = log_softmax(teacher_logits / temperature, 1)
    divergence = kl_div(student, teacher, reduction="batchmean", log_target=True)
    return divergence * temperature**2


def mixup(images: Tensor, targets: Tensor, share: Tensor, partner: Tensor) -> tuple[Tensor, Tensor]:
    """Blend every example with its partner (Zhang et al., 2018).

    Args:
        images: float (N, 1, H, W).
        targets: float (N, C).
        share: float scalar, the weight of the example itself.
        partner: int64 (N,), the row each example is blended with.
    """
    other = 1.0 - share
    return (
        torch.lerp(images[partner], images, share),
        targets * share + targets[partner] * other,
    )
