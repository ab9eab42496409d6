"""Figures of a classifier from its logits and labels, in plain numpy."""

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


def confusion_matrix(predicted: Labels, labels: Labels, class_count: int) -> NDArray[np.int64]:
    """Counts (C, C): row true class, column predicted class."""
    flat = np.bincount(labels * class_count + predicted, minlength=class_count**2)
    return flat.reshape(class_count, class_count).astype(np.int64)


def recalls(confusion: NDArray[np.int64]) -> FloatArray:
    """Recall (C,) of each class; NaN for a class without examples."""
    rows = confusion.sum(1)
    return np.where(rows > 0, np.diag(confusion) / np.maximum(rows, 1), np.nan)


def f1_scores(confusion: NDArray[np.int64]) -> FloatArray:
    """F1 (C,) of each class; NaN for a class without examples, 0 when never predicted right."""
    rows, columns = confusion.sum(1), confusion.sum(0)
    scores = 2.0 * np.diag(confusion) / np.maximum(rows + columns, 1)
    return np.where(rows > 0, scores, np.nan)


def expected_calibration_error(probs: FloatArray, labels: Labels, bin_count: int = 15) -> float:
    """Mean distance between certainty and accuracy over even bins (Guo et al., 2017)."""
    return float(
        sum(abs(b.mean_certainty - b.accuracy) * b.share for b in bins(probs, labels, bin_count))
    )


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


def accuracy_record(logits: NDArray[Any], labels: Labels) -> dict[str, Any]:
    """Accuracy with its denominator and 95 % interval, as plain values."""
    correct = int((logits.argmax(1) == labels).sum())
    low, high = wilson_interval(correct, len(labels))
    return {
        "accuracy": round(correct / max(len(labels), 1), 5),
        "correct": correct,
        "of": len(labels),
        "interval_95": [round(low, 5), round(high, 5)],
    }


def classification_record(logits: NDArray[Any], labels: Labels) -> dict[str, Any]:
    """Accuracy, macro-F1, recalls and confusion as plain values.

    Macro-F1 is the mean over the classes that have examples; their number is given.
    """
    confusion = confusion_matrix(logits.argmax(1), labels, len(EMOTIONS))
    scores = f1_scores(confusion)
    return {
        **accuracy_record(logits, labels),
        "macro_f1": round(float(np.nanmean(scores)), 5),
        "classes_with_examples": int(np.isfinite(scores).sum()),
        "recall": _by_emotion(recalls(confusion)),
        "f1": _by_emotion(scores),
        "support": dict(zip(EMOTIONS, confusion.sum(1).tolist(), strict=True)),
        "confusion": confusion.tolist(),
    }


def calibration_record(
    logits: NDArray[Any], labels: Labels, temperature: float
) -> dict[str, float | int]:
    """ECE and NLL before and after a temperature, as plain values."""
    before, after = softmax(logits), softmax(logits, temperature)
    return {
        "of": len(labels),
        "temperature": round(temperature, 4),
        "ece_before": round(expected_calibration_error(before, labels), 5),
        "ece_after": round(expected_calibration_error(after, labels), 5),
        "nll_before": round(negative_log_likelihood(before, labels), 5),
        "nll_after": round(negative_log_likelihood(after, labels), 5),
    }


def _by_emotion(values: FloatArray) -> dict[str, float | None]:
    """Values by name; None where there were no examples."""
    return {
        name: round(float(value), 5) if np.isfinite(value) else None
        for name, value in zip(EMOTIONS, values, strict=True)
    }
