"""The shipped emotion model beside the original design's network: time a face on one thread.

`python -m tests.benchmarks.emotion [--rounds 200]` needs the `training` extra, which builds the
design's SE-ResNet (its weights do not matter for the time). Both run in onnxruntime in the same
process, in turns, so that whatever else the machine does falls on both.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession

from facemotion.core.preprocessing import normalise
from training.export import export_onnx, rounded_to_half
from training.model import build_model, folded, parameter_count
from training.predictors import session_options

ROOT = Path(__file__).resolve().parents[2]
BATCHES = (1, 4)
LIMITS_MS = {1: 4.0, 4: 2.5}


def design_session(folder: Path) -> InferenceSession:
    """The design's SE-ResNet with fresh weights, exported as the shipped model is."""
    path = folder / "se_resnet.onnx"
    export_onnx(rounded_to_half(folded(build_model("se_resnet"))), path, {})
    return open_session(path)


def open_session(path: Path) -> InferenceSession:
    """A session on one thread of the CPU."""
    return InferenceSession(str(path), session_options(1), providers=["CPUExecutionProvider"])


def times_ms(
    sessions: dict[str, InferenceSession], batch: int, rounds: int
) -> dict[str, list[float]]:
    """Wall time a face of every call, the models taking turns."""
    faces = np.random.default_rng(0).integers(0, 256, (batch, 48, 48)).astype(np.uint8)
    given = {"input": normalise(faces)}
    found: dict[str, list[float]] = {name: [] for name in sessions}
    for position in range(rounds + 5):
        for name, session in sessions.items():
            started = time.perf_counter()
            session.run(None, given)
            if position >= 5:
                found[name].append(1000.0 * (time.perf_counter() - started) / batch)
    return found


def main() -> int:
    """Measure, print a table and JSON, and return 1 when a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.emotion")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "emotion.onnx")
    parser.add_argument("--rounds", type=int, default=200, help="calls of each model and batch")
    args = parser.parse_args()
    record: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        sessions = {"shipped": open_session(args.model), "design": design_session(Path(folder))}
        for batch in BATCHES:
            found = times_ms(sessions, batch, args.rounds)
            median = {name: statistics.median(times) for name, times in found.items()}
            record[f"batch {batch}"] = {
                "shipped_median_ms": round(median["shipped"], 3),
                "shipped_fastest_ms": round(min(found["shipped"]), 3),
                "design_median_ms": round(median["design"], 3),
                "design_fastest_ms": round(min(found["design"]), 3),
                "ratio": round(median["design"] / median["shipped"], 2),
                "limit_ms": LIMITS_MS[batch],
            }
    for name, row in record.items():
        print(
            f"{name}: shipped {row['shipped_median_ms']:.2f} ms a face (limit "
            f"{row['limit_ms']}), design {row['design_median_ms']:.2f} ms, "
            f"{row['ratio']:.1f} times as fast"
        )
    size_mb = args.model.stat().st_size / 1e6
    print(f"file {size_mb:.2f} MB; design {parameter_count(build_model('se_resnet')):,} parameters")
    print(json.dumps(record))
    return int(any(row["shipped_median_ms"] > row["limit_ms"] for row in record.values()))


if __name__ == "__main__":
    raise SystemExit(main())
