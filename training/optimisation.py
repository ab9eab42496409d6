"""How weights move: the optimiser, the schedule of its rate, and the average that is kept."""

import math

import torch
from torch import nn

from training.config import OptimisationConfig


class WeightAverage:
    """Exponential moving average of a model's weights and running statistics."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.values = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take one step towards the model; the first steps are larger."""
        self.updates += 1
        decay = min(self.decay, self.updates / (10.0 + self.updates))
        for name, value in model.state_dict().items():
            if value.dtype.is_floating_point and self.decay:
                self.values[name].lerp_(value, 1.0 - decay)
            else:
                self.values[name].copy_(value)


def one_cycle(step: int, step_count: int, config: OptimisationConfig) -> float:
    """Learning rate of a step: cosine rise from 1/25, cosine fall to 1/250,000 of that.

    The end points are those of torch's OneCycleLR; a function of the step needs no state.
    """
    peak = config.learning_rate
    start, end = peak / 25.0, peak / 25.0 / 1e4
    rise = max(config.warmup * step_count - 1.0, 1.0)
    if step <= rise:
        low, high, done = start, peak, step / rise
    else:
        low, high, done = peak, end, (step - rise) / max(step_count - 1.0 - rise, 1.0)
    return high + (low - high) * (1.0 + math.cos(math.pi * min(done, 1.0))) / 2.0


def optimiser_for(model: nn.Module, config: OptimisationConfig) -> torch.optim.AdamW:
    """AdamW with decay on weight matrices and kernels only, not on biases and norms."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    return torch.optim.AdamW(
        [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others}],
        lr=config.learning_rate,
        weight_decay=0.0,
    )
