"""Measure smoothing: `python -m tests.benchmarks.steadiness`.

Streams of real FER+ Valid faces, jittered as by a webcam, through the real emotion model: a steady
face for a minute, and a change after five seconds. Every policy reads the same streams at 5, 10 and
30 readings a second, and the three clips as the pipeline reads them at these rates. Draws false
changes against delay and ends with one line of JSON.

The readings of a model are kept in the cache folder, so a second run takes only the smoothing's
time. Delays are given twice: of all changes drawn, and of those between faces that the model itself
reads rightly on the mean of their pictures, where there is something for smoothing to show.
"""

import argparse
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
from tqdm import tqdm

from facemotion.core.smoothing import PRESETS, SmoothingParams
from facemotion.store.settings import DEFAULT_SMOOTHING_PRESET
from facemotion.vision.emotion import EmotionClassifier, load_emotion_model
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from tests.benchmarks.clip_readings import TRUTH, ClipScore, clip_score, read_tracks
from tests.benchmarks.face_streams import Streams, read_streams
from tests.benchmarks.scene import frames_at
from tests.benchmarks.steadiness_scores import Score, score
from training.data import label_faces, read_faces

REPOSITORY = Path(__file__).resolve().parent.parent.parent
RATES_HZ = (5, 10, 30)
RATE_SHOWN_HZ = 10
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
    "full": PRESETS["FER2013"],
    "Adaptive": PRESETS["Adaptive"],
}
OTHER_PRESETS = {name: PRESETS[name] for name in ("FER+", "Steady", "Responsive")}
EVIDENCE_S = (0.1, 0.2, 0.3, 0.5, 0.8, 1.2)
STREAKS = (1, 2, 3, 4, 6, 9)
SEED = 7

Scores = dict[tuple[str, int], Score]
ClipScores = dict[tuple[str, int, str], ClipScore]


def score_policies(streams: Streams) -> Scores:
    """Every policy at every rate, and the other presets at the rate that is drawn."""
    wanted = [(name, rate) for name in POLICIES for rate in RATES_HZ]
    wanted += [(name, RATE_SHOWN_HZ) for name in OTHER_PRESETS]
    every = {**POLICIES, **OTHER_PRESETS}
    count = len(wanted) * (len(streams.steady) + len(streams.changes))
    with tqdm(total=count, desc="policies", mininterval=5.0) as bar:
        return {
            (name, rate): score(every[name], streams, rate, bar.update) for name, rate in wanted
        }


def score_clips(pack: Path, model: EmotionClassifier, media: Path) -> ClipScores:
    """Every policy on the clips at every rate, 30 being all frames of a clip."""
    faces = FaceModels(open_pack(pack))
    found: ClipScores = {}
    for clip in TRUTH:
        for rate in RATES_HZ:
            frames = frames_at(media / clip, rate)
            progress = tqdm(frames, desc=f"{clip}, {rate} Hz", mininterval=5.0)
            tracks = read_tracks(faces, model, progress)
            for name, params in POLICIES.items():
                found[name, rate, clip] = clip_score(params, clip, tracks)
    return found


def frontier(streams: Streams) -> dict[str, list[Score]]:
    """The two families of policies from quick to slow."""
    adaptive, tiers = PRESETS["Adaptive"], PRESETS["FER2013"]
    families: dict[str, list[SmoothingParams]] = {
        "Adaptive": [replace(adaptive, adaptive_needed_s=s) for s in EVIDENCE_S],
        "three tiers": [
            replace(tiers, min_streak_to_switch=n, snap_on_strong_new=False) for n in STREAKS
        ],
    }
    return {
        name: [score(params, streams, RATE_SHOWN_HZ) for params in tqdm(family, desc=name)]
        for name, family in families.items()
    }


def draw(curves: dict[str, list[Score]], points: dict[str, Score], path: Path) -> None:
    """False changes against delay at 10 readings a second."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5))
    for (name, found), colour in zip(curves.items(), ("#0072B2", "#D55E00"), strict=True):
        x = [s.readable.p95_s for s in found]
        y = [max(s.false_changes_per_min, 0.01) for s in found]
        axes.plot(x, y, "o-", color=colour, label=name)
    for name, found in points.items():
        place = (found.readable.p95_s, max(found.false_changes_per_min, 0.01))
        axes.plot(*place, "k*" if name == DEFAULT_SMOOTHING_PRESET else "kx")
        axes.annotate(name, place, textcoords="offset points", xytext=(6, 5))
    axes.axhline(1.0, color="#999999", linestyle=":")
    axes.set_yscale("log")
    axes.set_xlabel("time until 95 % of readable changes are shown, s")
    axes.set_ylabel("false changes a minute on a steady face (0.01: none)")
    axes.set_title("Emotion shown from 10 readings a second")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def print_scores(scores: Scores, clips: ClipScores) -> None:
    """Both tables."""
    print(
        f"{'policy':<14}{'Hz':>3}{'false/min':>11}{'≤ 1':>6}{'wrong':>7} |{'median':>7}{'95 %':>6}"
        f"{'missed':>8}   readable |{'median':>7}{'95 %':>6}{'missed':>8}   all drawn"
    )
    for (name, rate), row in scores.items():
        near, every = row.readable, row.drawn
        print(
            f"{name:<14}{rate:>3}{row.false_changes_per_min:>11.2f}{row.steady_share:>6.0%}"
            f"{row.wrong_share:>7.1%} |{near.median_s:>7.2f}{near.p95_s:>6.2f}{near.missed:>8.1%}"
            f"{'':>11} |{every.median_s:>7.2f}{every.p95_s:>6.2f}{every.missed:>8.1%}"
        )
    print(f"\n{'policy':<14}{'Hz':>3}  {'clip':<32}{'changes/min':>12}{'false':>6}{'wrong':>8}")
    for (name, rate, clip), row in clips.items():
        has_truth = bool(TRUTH[clip])
        false, wrong = (
            (str(row.false_changes), f"{row.wrong_share:.1%}") if has_truth else ("–", "–")
        )
        print(f"{name:<14}{rate:>3}  {clip:<32}{row.changes_per_min:>12.1f}{false:>6}{wrong:>8}")


def figures_of(found: Score) -> dict[str, float]:
    """What the last line says of a policy."""
    return {
        "false_changes_per_min": round(found.false_changes_per_min, 3),
        "change_delay_median_s": round(found.readable.median_s, 3),
        "change_delay_p95_s": round(found.readable.p95_s, 3),
        "missed": round(found.readable.missed, 3),
        "wrong_share": round(found.wrong_share, 3),
        "all_changes_median_s": round(found.drawn.median_s, 3),
        "all_changes_p95_s": round(found.drawn.p95_s, 3),
        "all_changes_missed": round(found.drawn.missed, 3),
    }


def clip_figures(clips: ClipScores, policy: str) -> dict[str, dict[str, float]]:
    """What the last line says of a policy on the clips."""
    figures: dict[str, dict[str, float]] = {}
    for clip, truth in TRUTH.items():
        found = clips[policy, RATE_SHOWN_HZ, clip]
        figures[clip] = {"changes_per_min": round(found.changes_per_min, 2)}
        if truth:
            figures[clip] |= {
                "false_changes": found.false_changes,
                "wrong_share": round(found.wrong_share, 3),
            }
    return figures


def main() -> None:
    """Parse the command line, measure, draw and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.steadiness",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shared = Path(os.environ.get("FACEMOTION_SHARED", str(REPOSITORY.parent / "shared")))
    faces = shared / "data" / "ferplus" / "FER2013Valid.zip"
    parser.add_argument("--data", type=Path, default=faces)
    parser.add_argument("--media", type=Path, default=shared / "media")
    parser.add_argument("--pack", type=Path, default=shared / "models" / "scrfd_500m_mobilefacenet")
    parser.add_argument("--model", type=Path, default=REPOSITORY / "models" / "emotion.onnx")
    parser.add_argument(
        "--streams", type=int, default=300, help="steady faces, and readable changes"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="which faces, and their jitter")
    default = Path(tempfile.gettempdir()) / "facemotion-benchmarks"
    parser.add_argument("--cache", type=Path, default=default, help="folder for readings")
    picture = REPOSITORY / "resources" / "figures" / "steadiness.png"
    parser.add_argument("--figure", type=Path, default=picture)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    model = load_emotion_model(args.model)
    labelled = label_faces(read_faces(args.data), "strict", "majority")
    streams = read_streams(labelled, model, args.streams, args.cache, args.seed)
    clips = score_clips(args.pack, model, args.media)
    scores = score_policies(streams)
    drawn, readable = len(streams.changes), int(streams.is_readable.sum())
    print(
        f"{len(streams.steady)} steady faces; {drawn} changes between faces drawn without a look "
        f"at the model, in {readable} of which its mean reading of both faces is right"
    )
    print_scores(scores, clips)
    points = {name: scores[name, RATE_SHOWN_HZ] for name in (*POLICIES, *OTHER_PRESETS)}
    del points["raw"]
    draw(frontier(streams), points, args.figure)
    default_scores = {rate: scores[DEFAULT_SMOOTHING_PRESET, rate] for rate in RATES_HZ}
    print(
        json.dumps(
            {
                "policy": DEFAULT_SMOOTHING_PRESET,
                **figures_of(default_scores[RATE_SHOWN_HZ]),
                "model": model.model_id,
                "streams": len(streams.steady),
                "changes_drawn": drawn,
                "changes_readable": readable,
                "raw": figures_of(scores["raw", RATE_SHOWN_HZ]),
                "by_rate": {str(rate): figures_of(row) for rate, row in default_scores.items()},
                "clips": clip_figures(clips, DEFAULT_SMOOTHING_PRESET),
                "clips_raw": clip_figures(clips, "raw"),
            }
        )
    )


if __name__ == "__main__":
    main()
