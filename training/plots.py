"""Pictures of an evaluation: confusion, reliability, confidence gaps, training curves."""

import csv
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray

from facemotion.core.labels import EMOTIONS
from training.certainty import FloatArray, Labels, bins

matplotlib.use("Agg")
from matplotlib import pyplot as plt

COLOURS = ("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#7f7f7f", "#0072b2", "#56b4e9")
"""One colour-blind-safe colour an emotion (Okabe and Ito, 2008), in `EMOTIONS` order."""


def plot_confusion(confusion: NDArray[np.int64], path: Path) -> None:
    """Confusion matrix (C, C) with counts, coloured by the share of the true class."""
    share = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    figure, axes = plt.subplots(figsize=(5.5, 5))
    axes.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=45, ha="right")
    axes.set_yticks(range(len(EMOTIONS)), EMOTIONS)
    axes.set(xlabel="predicted", ylabel="true (majority)")
    for row, column in np.ndindex(confusion.shape):
        colour = "white" if share[row, column] > 0.5 else "black"
        text = str(confusion[row, column])
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    _save(figure, path)


def plot_reliability(probs: dict[str, FloatArray], labels: Labels, path: Path) -> None:
    """Accuracy against certainty for each named set of probabilities (N, C)."""
    figure, axes = plt.subplots(figsize=(5, 4.5))
    axes.plot([0, 1], [0, 1], color="gray", linewidth=1, linestyle="--")
    for name, values in probs.items():
        found = bins(values, labels)
        certainty, accuracy = [b.mean_certainty for b in found], [b.accuracy for b in found]
        axes.plot(certainty, accuracy, marker="o", label=name)
    axes.set(xlabel="top probability", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    _save(figure, path)


def plot_gaps(probs: FloatArray, labels: Labels, path: Path) -> None:
    """Distribution of top1 − top2 for each true class, as boxes."""
    ordered = np.sort(probs, 1)
    gaps = ordered[:, -1] - ordered[:, -2]
    present = [i for i in range(len(EMOTIONS)) if (labels == i).any()]
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.boxplot([gaps[labels == i] for i in present], showfliers=False)
    axes.set_xticks(range(1, len(present) + 1), [EMOTIONS[i] for i in present])
    axes.set(ylabel="top1 − top2", ylim=(0, 1))
    _save(figure, path)


def plot_training(log: Path, path: Path) -> None:
    """Loss and validation accuracy over the epochs of a training log (CSV)."""
    with log.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    epochs = [int(float(row["epoch"])) for row in rows]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5))
    for name in ("train_loss", "valid_loss"):
        left.plot(epochs, [float(row[name]) for row in rows], label=name.replace("_", " "))
    left.set(xlabel="epoch", ylabel="loss")
    left.legend()
    right.plot(epochs, [100 * float(row["valid_accuracy"]) for row in rows])
    right.set(xlabel="epoch", ylabel="strict validation accuracy, %")
    right.grid(alpha=0.3)
    _save(figure, path)


def plot_curves(times_s: FloatArray, probs: FloatArray, title: str, path: Path) -> None:
    """Seven probability curves (T, 7) over the time of a clip; NaN rows leave a gap."""
    figure, axes = plt.subplots(figsize=(9, 3.2))
    for position, name in enumerate(EMOTIONS):
        axes.plot(times_s, probs[:, position], color=COLOURS[position], label=name, linewidth=1.2)
    axes.set(xlabel="time, s", ylabel="probability", ylim=(0, 1), title=title)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
