"""Measure smoothing: `python -m tests.benchmarks.steadiness`.

Streams of real FER+ Valid faces, jittered as by a webcam, through the real emotion model: a steady
face for a minute, and a change after five seconds. Every policy reads the same streams at 5, 10 and
30 readings a second. Draws false changes against delay and ends with one line of JSON.
"""

import argparse
import json
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from tqdm import tqdm

from facemotion.core.labels import EMOTIONS
from facemotion.core.smoothing import PRESETS, EmotionSmoother, SmoothingParams
from facemotion.store.settings import DEFAULT_SMOOTHING_PRESET
from facemotion.vision.emotion import load_emotion_model
from tests.benchmarks.face_streams import PHASE_S, RATE_HZ, Streams, read_streams
from training.data import label_faces, read_faces

REPOSITORY = Path(__file__).resolve().parent.parent.parent
RATES_HZ = (5, 10, 30)
RAW = SmoothingParams(
    is_buffer_enabled=False,
    is_ema_enabled=False,
    is_state_machine_enabled=False,
    min_confidence=0.0,
)
POLICIES = {
    "raw": RAW,
    "buffer": replace(RAW, is_buffer_enabled=True),
    "buffer + EMA": replace(RAW, is_buffer_enabled=True, is_ema_enabled=True),
    **PRESETS,
}
EVIDENCE_S = (0.1, 0.2, 0.35, 0.5, 0.8, 1.2)
STREAKS = (1, 2, 3, 4, 6, 9)


@dataclass(frozen=True, slots=True)
class Score:
    """How a policy does at one rate.

    Attributes:
        false_changes_per_min: Changes of the emotion shown for a steady face.
        steady_share: Share of the steady faces with at most one such change in their minute.
        delay_median_s: From the last reading of the old face to the new face's emotion.
        delay_p95_s: The same, 95 %; a change that is never shown counts with `PHASE_S`.
        missed: Share of the changes that are never shown.
        wrong_share: Share of the time for which a face whose label is known shows another emotion.
    """

    false_changes_per_min: float
    steady_share: float
    delay_median_s: float
    delay_p95_s: float
    missed: float
    wrong_share: float


def shown(params: SmoothingParams, readings: np.ndarray, rate_hz: float) -> np.ndarray:
    """int (T,): the emotion shown after each reading, −1 for none."""
    smoother = EmotionSmoother(params)
    found = np.empty(len(readings), int)
    for step, probs in enumerate(readings):
        emotion = smoother.update(probs, step / rate_hz).emotion
        found[step] = -1 if emotion is None else EMOTIONS.index(emotion)
    return found


def score(params: SmoothingParams, streams: Streams, rate_hz: int) -> Score:
    """A policy on all streams at one rate."""
    every = RATE_HZ // rate_hz
    steady = [shown(params, stream[::every], rate_hz) for stream in streams.steady]
    changes = np.array([int(((o[1:] != o[:-1]) & (o[:-1] >= 0)).sum()) for o in steady])
    wrong = [
        float(np.mean(o[o >= 0] != label)) if (o >= 0).any() else 0.0
        for o, label in zip(steady, streams.steady_labels, strict=True)
    ]
    delays = np.array(
        [
            _delay_s(shown(params, stream[::every], rate_hz), after, rate_hz)
            for stream, (_, after) in zip(streams.changes, streams.labels, strict=True)
        ]
    )
    minutes = len(steady) * streams.steady.shape[1] / RATE_HZ / 60.0
    return Score(
        float(changes.sum() / minutes),
        float((changes <= 1).mean()),
        float(np.median(delays)),
        float(np.percentile(delays, 95)),
        float((delays >= PHASE_S).mean()),
        float(np.mean(wrong)),
    )


def _delay_s(found: np.ndarray, after: int, rate_hz: int) -> float:
    """Counted from the last reading of the face before, so that the wait for a reading counts."""
    begin = int(PHASE_S * rate_hz)
    hits = np.flatnonzero(found[begin:] == after)
    return min((hits[0] + 1) / rate_hz, PHASE_S) if len(hits) else PHASE_S


def frontier(streams: Streams, rate_hz: int) -> dict[str, list[Score]]:
    """The two families of policies from quick to slow."""
    adaptive, tiers = PRESETS["Adaptive"], PRESETS["FER2013"]
    families: dict[str, list[SmoothingParams]] = {
        "Adaptive": [replace(adaptive, adaptive_needed_s=s) for s in EVIDENCE_S],
        "three tiers": [
            replace(tiers, min_streak_to_switch=n, snap_on_strong_new=False) for n in STREAKS
        ],
    }
    return {
        name: [score(params, streams, rate_hz) for params in tqdm(family, desc=name)]
        for name, family in families.items()
    }


def draw(curves: dict[str, list[Score]], points: dict[str, Score], path: Path) -> None:
    """False changes against delay at 10 readings a second."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5))
    for (name, found), colour in zip(curves.items(), ("#0072B2", "#D55E00"), strict=True):
        x, y = [s.delay_p95_s for s in found], [max(s.false_changes_per_min, 0.01) for s in found]
        axes.plot(x, y, "o-", color=colour, label=name)
    for name, found in points.items():
        place = (found.delay_p95_s, max(found.false_changes_per_min, 0.01))
        axes.plot(*place, "k*" if name == DEFAULT_SMOOTHING_PRESET else "kx")
        axes.annotate(name, place, textcoords="offset points", xytext=(6, 5))
    axes.axhline(1.0, color="#999999", linestyle=":")
    axes.set_yscale("log")
    axes.set_xlabel("time until 95 % of changes are shown, s")
    axes.set_ylabel("false changes a minute on a steady face (0.01: none)")
    axes.set_title("Emotion shown from 10 readings a second")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def figures_of(found: Score) -> dict[str, float]:
    """What the last line says of a policy."""
    return {
        "false_changes_per_min": round(found.false_changes_per_min, 3),
        "change_delay_median_s": round(found.delay_median_s, 3),
        "change_delay_p95_s": round(found.delay_p95_s, 3),
    }


def main() -> None:
    """Parse the command line, measure, draw and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.steadiness")
    shared = Path(os.environ.get("FACEMOTION_SHARED", str(REPOSITORY.parent / "shared")))
    faces = shared / "data" / "ferplus" / "FER2013Valid.zip"
    parser.add_argument("--data", type=Path, default=faces)
    parser.add_argument("--model", type=Path, default=REPOSITORY / "models" / "emotion.onnx")
    parser.add_argument("--streams", type=int, default=300, help="steady faces, and changes")
    default = Path(tempfile.gettempdir()) / "facemotion-benchmarks"
    parser.add_argument("--cache", type=Path, default=default, help="folder for readings")
    picture = REPOSITORY / "resources" / "figures" / "steadiness.png"
    parser.add_argument("--figure", type=Path, default=picture)
    args = parser.parse_args()
    labelled = label_faces(read_faces(args.data), "strict", "majority")
    streams = read_streams(labelled, load_emotion_model(args.model), args.streams, args.cache)
    print(
        f"{len(streams.steady)} steady faces, {len(streams.changes)} changes; {streams.left_out} "
        "more are left out, because the model's mean reading of one of their faces is wrong"
    )
    found = {
        (name, rate): score(params, streams, rate)
        for name, params in tqdm(POLICIES.items(), desc="policies")
        for rate in RATES_HZ
    }
    print(
        f"{'policy':<14}{'Hz':>4}{'false/min':>11}{'≤ 1':>7}{'median':>8}"
        f"{'95 %':>7}{'missed':>8}{'wrong':>8}"
    )
    for (name, rate), row in found.items():
        print(
            f"{name:<14}{rate:>4}{row.false_changes_per_min:>11.2f}{row.steady_share:>7.0%}"
            f"{row.delay_median_s:>8.2f}{row.delay_p95_s:>7.2f}{row.missed:>8.1%}"
            f"{row.wrong_share:>8.1%}"
        )
    points = {name: found[name, 10] for name in POLICIES if name != "raw"}
    draw(frontier(streams, 10), points, args.figure)
    print(
        json.dumps(
            {
                "policy": DEFAULT_SMOOTHING_PRESET,
                **figures_of(found[DEFAULT_SMOOTHING_PRESET, 10]),
                "streams": len(streams.steady),
                "raw": figures_of(found["raw", 10]),
                "by_rate": {
                    str(rate): figures_of(found[DEFAULT_SMOOTHING_PRESET, rate])
                    for rate in RATES_HZ
                },
            }
        )
    )


if __name__ == "__main__":
    main()
