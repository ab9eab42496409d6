"""Evaluate a model: `python -m training.evaluate --model FILE --data FILE-OR-FOLDER`.

Any form of data that `training.data` reads, any form of model that `training.predictors` opens.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemotion.core.labels import EMOTIONS
from training.certainty import fit_temperature, gap_quantiles, halves, softmax
from training.data import FaceData, label_faces, read_faces
from training.metrics import (
    accuracy_record,
    calibration_record,
    classification_record,
    confusion_matrix,
    expected_calibration_error,
)
from training.predictors import Predictor, open_predictor

SPLITS = 100


def evaluate(predictor: Predictor, data: FaceData, batches: tuple[int, ...] = ()) -> dict[str, Any]:
    """Every figure of a model on a data set, as plain values.

    Args:
        predictor: The model.
        data: Faces with votes.
        batches: Batch sizes to time on this machine.
    """
    logits = predictor.logits(data.images)
    strict_rows, plain_rows = winner_rows(data, "strict"), winner_rows(data, "plain")
    strict = label_faces(data, "strict", "majority")
    plain = label_faces(data, "plain", "majority")
    temperature = float(predictor.metadata.get("temperature", "1"))
    record: dict[str, Any] = {
        "strict": classification_record(logits[strict_rows], strict.labels),
        "plain": accuracy_record(logits[plain_rows], plain.labels),
        "dropped_strict": strict.dropped,
        "dropped_plain": plain.dropped,
        "calibration_own_temperature": calibration_record(
            logits[strict_rows], strict.labels, temperature
        ),
        "calibration_refitted": refitted_calibration(logits[strict_rows], strict.labels),
        "ece_other_half": other_half_errors(logits[strict_rows], strict.labels),
        "ece_cross_fitted": round(cross_fitted_error(logits[strict_rows], strict.labels), 5),
        "gaps": gap_quantiles(softmax(logits[strict_rows], temperature), strict.labels),
        "data_sha256": data.sha256(),
        "rows_read": len(data),
    }
    record["parameters"] = int(predictor.metadata.get("parameters", "0")) or None
    record["gmacs"] = float(predictor.metadata.get("gmacs", "0")) or None
    record["latency_ms_per_face"] = {
        f"batch {size}": round(latency_ms(predictor, size) / size, 3) for size in batches
    }
    return record


def winner_rows(data: FaceData, selection: str) -> NDArray[np.int64]:
    """The row numbers that `label_faces` keeps for a selection."""
    return label_faces(data, selection, "majority").rows


def refitted_calibration(
    logits: NDArray[np.float32], labels: NDArray[np.int64]
) -> dict[str, float | int]:
    """Calibration with a temperature fitted on one half, reported on the other."""
    fit, report = halves(len(labels))
    temperature = fit_temperature(logits[fit], labels[fit])
    return calibration_record(logits[report], labels[report], temperature)


def cross_fitted_error(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """ECE over all rows, each half calibrated with the temperature fitted on the other."""
    probs = np.empty(logits.shape)
    for fit, report in (halves(len(labels)), halves(len(labels))[::-1]):
        probs[report] = softmax(logits[report], fit_temperature(logits[fit], labels[fit]))
    return expected_calibration_error(probs, labels)


def other_half_errors(
    logits: NDArray[np.float32], labels: NDArray[np.int64], splits: int = SPLITS
) -> dict[str, float | int]:
    """ECE of one half at the temperature fitted on the other, over many random splits.

    A single split is mostly luck: halves of 1,600 rows differ by a point of accuracy and more.
    """
    errors: list[float] = []
    for seed in range(splits):
        fit, report = halves(len(labels), seed)
        probs = softmax(logits[report], fit_temperature(logits[fit], labels[fit]))
        errors.append(expected_calibration_error(probs, labels[report]))
    return {
        "splits": splits,
        "median": round(float(np.median(errors)), 5),
        "quantile_95": round(float(np.quantile(errors, 0.95)), 5),
    }


def latency_ms(predictor: Predictor, batch: int, repeats: int = 100) -> float:
    """Median wall time of one call on a batch."""
    faces = np.random.default_rng(0).integers(0, 256, (batch, 48, 48)).astype(np.uint8)
    for _ in range(5):
        predictor.logits(faces)
    times: list[float] = []
    for _ in range(repeats):
        started = time.perf_counter()
        predictor.logits(faces)
        times.append(time.perf_counter() - started)
    return 1000.0 * statistics.median(times)


def report_text(record: dict[str, Any]) -> str:
    """The figures as a short text for people."""
    strict, plain = record["strict"], record["plain"]
    low, high = strict["interval_95"]
    own, refitted = record["calibration_own_temperature"], record["calibration_refitted"]
    lines = [
        f"strict majority: {100 * strict['accuracy']:.2f} % of {strict['of']:,} "
        f"(95 %: {100 * low:.2f}–{100 * high:.2f})",
        f"plain argmax:    {100 * plain['accuracy']:.2f} % of {plain['of']:,}",
        f"macro-F1:        {strict['macro_f1']:.4f} over {strict['classes_with_examples']} classes",
        "recall:          "
        + ", ".join(f"{k} {v:.3f}" for k, v in strict["recall"].items() if v is not None),
        f"ECE (15 bins):   {own['ece_before']:.4f} raw, {own['ece_after']:.4f} at the model's "
        f"temperature {own['temperature']:.3f}",
        f"ECE, refitted on one half, on the other {refitted['of']:,}: "
        f"{refitted['ece_before']:.4f} raw, {refitted['ece_after']:.4f} at "
        f"{refitted['temperature']:.3f}",
        f"ECE of the other half, {record['ece_other_half']['splits']} random splits: median "
        f"{record['ece_other_half']['median']:.4f}, 95 % below "
        f"{record['ece_other_half']['quantile_95']:.4f}",
        f"ECE, each half at the temperature of the other: {record['ece_cross_fitted']:.4f}",
        f"parameters:      {record['parameters'] or 'unknown'}, "
        f"GMACs {record['gmacs'] or 'unknown'}",
    ]
    lines += [f"{k}: {v} ms a face" for k, v in record["latency_ms_per_face"].items()]
    return "\n".join(lines)


def write_plots(predictor: Predictor, data: FaceData, log: Path | None, out: Path) -> None:
    """Confusion, reliability, gaps and, with a training log, its curves as PNG."""
    from training import plots

    strict = label_faces(data, "strict", "majority")
    logits = predictor.logits(strict.images)
    temperature = float(predictor.metadata.get("temperature", "1"))
    raw, calibrated = softmax(logits), softmax(logits, temperature)
    confusion = confusion_matrix(logits.argmax(1), strict.labels, len(EMOTIONS))
    plots.plot_confusion(confusion, out / "confusion.png")
    curves = {"raw": raw, f"temperature {temperature:.3f}": calibrated}
    plots.plot_reliability(curves, strict.labels, out / "reliability.png")
    plots.plot_gaps(calibrated, strict.labels, out / "gaps.png")
    if log is not None:
        plots.plot_training(log, out / "training.png")


def main() -> None:
    """Parse the command line, evaluate, print and write."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate",
        description="Accuracy with its interval and denominator, calibration, recalls, confusion.",
        epilog="Example: python -m training.evaluate --model models/emotion.onnx "
        "--data ../shared/data/ferplus/FER2013Valid.zip --out results/emotion",
    )
    parser.add_argument("--model", type=Path, required=True, help=".onnx, .ts or checkpoint .pt")
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="FER+ zip or folder, fer2013.csv (fer2013new.csv beside it), or class folders",
    )
    parser.add_argument("--usage", help="rows of a fer2013.csv: Training, PublicTest, PrivateTest")
    parser.add_argument(
        "--original-labels", action="store_true", help="FER2013's own labels instead of votes"
    )
    parser.add_argument("--log", type=Path, help="log.csv of the training, for its curves")
    parser.add_argument("--out", type=Path, help="folder for evaluation.json and plots")
    args = parser.parse_args()
    predictor = open_predictor(args.model)
    data = read_faces(args.data, args.usage, has_votes=not args.original_labels)
    record = evaluate(predictor, data, batches=(1, 4))
    print(report_text(record))
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
        (args.out / "evaluation.json").write_text(text, encoding="utf-8")
        write_plots(predictor, data, args.log, args.out)
        print(f"written: {args.out}")


if __name__ == "__main__":
    main()
