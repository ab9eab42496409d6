"""How certain a classifier is, and we of its figures: in plain numpy, what no library has ready."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemotion.core.labels import EMOTIONS

FloatArray = NDArray[np.float64]
Labels = NDArray[np.int64]


def softmax(logits: NDArray[Any], temperature: float = 1.0) -> FloatArray:
    """Probabilities (N, C) from logits (N, C) divided by the temperature."""
    scaled = logits.astype(np.float64) / temperature
    exp = np.exp(scaled - scaled.max(1, keepdims=True))
    return exp / exp.sum(1, keepdims=True)


def wilson_interval(correct: int, count: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson, 1927); (0, 1) for no data."""
    if count == 0:
        return 0.0, 1.0
    z = 1.959964
    share = correct / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    spread = share * (1 - share) / count + z * z / (4 * count * count)
    half = z * float(np.sqrt(spread)) / (1 + z * z / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The examples whose top probability lies in one interval."""

    low: float
    high: float
    mean_certainty: float
    accuracy: float
    share: float


def bins(probs: FloatArray, labels: Labels, bin_count: int = 15) -> list[CalibrationBin]:
    """The bins of a reliability diagram that hold examples."""
    top, is_right = probs.max(1), probs.argmax(1) == labels
    number = np.minimum((top * bin_count).astype(np.int64), bin_count - 1)
    found: list[CalibrationBin] = []
    for position in range(bin_count):
        inside = number == position
        if inside.any():
            found.append(
                CalibrationBin(
                    position / bin_count,
                    (position + 1) / bin_count,
                    float(top[inside].mean()),
                    float(is_right[inside].mean()),
                    float(inside.mean()),
                )
            )
    return found


def negative_log_likelihood(probs: FloatArray, labels: Labels) -> float:
    """Mean −log of the true class's probability."""
    true = probs[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(true, 1e-12)).mean())


def fit_temperature(logits: NDArray[Any], labels: Labels) -> float:
    """The temperature in [0.25, 4] with the least NLL, by golden-section search on its logarithm.

    NLL is convex in 1/T, so its one minimum over log T is found whatever the data.
    """
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    low, high = np.log(0.25), np.log(4.0)

    def cost(log_temperature: float) -> float:
        return negative_log_likelihood(softmax(logits, float(np.exp(log_temperature))), labels)

    left, right = high - ratio * (high - low), low + ratio * (high - low)
    left_cost, right_cost = cost(left), cost(right)
    while high - low > 1e-5:
        if left_cost < right_cost:
            high, right, right_cost = right, left, left_cost
            left = high - ratio * (high - low)
            left_cost = cost(left)
        else:
            low, left, left_cost = left, right, right_cost
            right = low + ratio * (high - low)
            right_cost = cost(right)
    return float(np.exp((low + high) / 2.0))


def halves(count: int, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two random, disjoint halves of the rows, always the same for the same count and seed."""
    order = np.random.default_rng(seed).permutation(count)
    return np.sort(order[: count // 2]), np.sort(order[count // 2 :])


def gap_quantiles(probs: FloatArray, labels: Labels) -> dict[str, dict[str, float]]:
    """Quantiles of top1 − top2 for each true class, as the original design analyses it."""
    ordered = np.sort(probs, 1)
    gaps = ordered[:, -1] - ordered[:, -2]
    found: dict[str, dict[str, float]] = {}
    for position, name in enumerate(EMOTIONS):
        own = gaps[labels == position]
        if own.size:
            found[name] = {
                f"q{round(100 * q):02d}": round(float(np.quantile(own, q)), 4)
                for q in (0.05, 0.25, 0.5, 0.75, 0.95)
            }
    return found
