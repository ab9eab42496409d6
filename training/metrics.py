"""Figures of a classifier from its logits and labels, counted by torchmetrics."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.functional.classification import (
    multiclass_calibration_error,
    multiclass_confusion_matrix,
    multiclass_f1_score,
    multiclass_recall,
)

from facemotion.core.labels import EMOTIONS
from training.certainty import (
    FloatArray,
    Labels,
    negative_log_likelihood,
    softmax,
    wilson_interval,
)


def confusion_matrix(predicted: Labels, labels: Labels, class_count: int) -> NDArray[np.int64]:
    """Counts (C, C): row true class, column predicted class."""
    counts = multiclass_confusion_matrix(
        torch.from_numpy(predicted), torch.from_numpy(labels), class_count
    )
    return counts.numpy()


def recalls(predicted: Labels, labels: Labels, class_count: int) -> FloatArray:
    """Recall (C,) of each class; NaN for a class without examples."""
    values = multiclass_recall(
        torch.from_numpy(predicted), torch.from_numpy(labels), class_count, average="none"
    )
    return _where_examples(values, labels)


def f1_scores(predicted: Labels, labels: Labels, class_count: int) -> FloatArray:
    """F1 (C,) of each class; NaN for a class without examples, 0 when never predicted right."""
    values = multiclass_f1_score(
        torch.from_numpy(predicted), torch.from_numpy(labels), class_count, average="none"
    )
    return _where_examples(values, labels)


def expected_calibration_error(probs: FloatArray, labels: Labels, bin_count: int = 15) -> float:
    """Mean distance between certainty and accuracy over even bins (Guo et al., 2017)."""
    error = multiclass_calibration_error(
        torch.from_numpy(probs), torch.from_numpy(labels), probs.shape[1], bin_count
    )
    return float(error)


def accuracy_record(logits: NDArray[Any], labels: Labels) -> dict[str, Any]:
    """Accuracy with its denominator and 95 % interval, as plain values."""
    # A whole count for the interval, and of no rows, which torchmetrics refuses.
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
    predicted = logits.argmax(1)
    confusion = confusion_matrix(predicted, labels, len(EMOTIONS))
    scores = f1_scores(predicted, labels, len(EMOTIONS))
    return {
        **accuracy_record(logits, labels),
        "macro_f1": round(float(np.nanmean(scores)), 5),
        "classes_with_examples": int(np.isfinite(scores).sum()),
        "recall": _by_emotion(recalls(predicted, labels, len(EMOTIONS))),
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


def _where_examples(values: torch.Tensor, labels: Labels) -> FloatArray:
    """Values (C,) of the classes, NaN for one that no label names (torchmetrics says 0)."""
    support = np.bincount(labels, minlength=len(values))
    return np.where(support > 0, values.double().numpy(), np.nan)
