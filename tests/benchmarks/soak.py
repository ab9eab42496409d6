"""Play clips in the real window for a long time: `python -m tests.benchmarks.soak --minutes 60`.

Offscreen, one clip after the other, each looped for a while. Resident memory, threads, handles and
waiting frames are noted every few seconds and drawn; ends with one line of JSON.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from tests.benchmarks.window import CLIPS, Footprint, footprint, open_window, play, run_for

REPOSITORY = Path(__file__).resolve().parent.parent.parent
CLIP_S = 20.0
NOTE_S = 5.0


def growth(times_s: np.ndarray, values: np.ndarray, warm_up_s: float) -> float:
    """How much a value grew after the warm-up: the mean of its last fifth less that of the first.

    Means, because memory goes up and down with what the clips show.
    """
    kept = values[times_s >= warm_up_s]
    part = max(len(kept) // 5, 1)
    return float(kept[-part:].mean() - kept[:part].mean())


def draw(notes: list[Footprint], warm_up_s: float, path: Path) -> None:
    """Memory, and what else the process holds, over time as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    minutes = [note.time_s / 60.0 for note in notes]
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(8, 5))
    memory_mb = [note.rss_mb for note in notes]
    above.plot(minutes, memory_mb, color="#0072B2")
    above.axvline(warm_up_s / 60.0, color="#999999", linestyle=":", label="end of warm-up")
    above.set_ylabel("resident memory, MB")
    above.set_ylim(0, 1.15 * max(memory_mb))
    above.legend(loc="lower right")
    columns = {"threads": "#D55E00", "handles": "#009E73", "queued": "#CC79A7"}
    for name, colour in columns.items():
        below.plot(minutes, [getattr(note, name) for note in notes], label=name, color=colour)
    below.set_xlabel("minutes")
    below.set_ylim(0, 1.15 * max(max(note.threads, note.handles) for note in notes))
    below.legend(loc="center right")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main() -> None:
    """Parse the command line, play, note and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.soak")
    shared = Path(os.environ.get("FACEMOTION_SHARED", str(REPOSITORY.parent / "shared")))
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--warm-up", type=float, default=3.0, help="minutes that do not count")
    parser.add_argument("--media", type=Path, default=shared / "media")
    parser.add_argument("--pack", type=Path, default=shared / "models" / "scrfd_500m_mobilefacenet")
    default = REPOSITORY / "resources" / "figures" / "soak.png"
    parser.add_argument("--figure", type=Path, default=default)
    args = parser.parse_args()
    notes: list[Footprint] = []
    with tempfile.TemporaryDirectory() as home, open_window(Path(home), args.pack) as window:
        started_s, clip = time.monotonic(), 0
        with tqdm(total=round(60.0 * args.minutes), unit="s", mininterval=10.0) as bar:
            while time.monotonic() - started_s < 60.0 * args.minutes:
                if time.monotonic() - started_s >= clip * CLIP_S:
                    play(window, args.media / CLIPS[clip % len(CLIPS)])
                    clip += 1
                run_for(NOTE_S)
                notes.append(footprint(started_s, window))
                bar.update(round(notes[-1].time_s) - bar.n)
    times_s = np.array([note.time_s for note in notes])
    warm_up_s = min(60.0 * args.warm_up, float(times_s[-1]) / 2.0)
    draw(notes, warm_up_s, args.figure)
    columns = {
        name: np.array([getattr(note, name) for note in notes], float)
        for name in ("rss_mb", "threads", "handles", "queued")
    }
    print(
        f"{args.minutes:g} minutes, {clip} clips; after {warm_up_s / 60.0:.1f} minutes of warm-up"
    )
    for name, values in columns.items():
        print(f"{name}: {growth(times_s, values, warm_up_s):+.2f}, at the end {values[-1]:.0f}")
    print(
        json.dumps(
            {
                "rss_growth_mb": round(growth(times_s, columns["rss_mb"], warm_up_s), 2),
                "minutes": args.minutes,
                "thread_growth": round(growth(times_s, columns["threads"], warm_up_s), 2),
                "handle_growth": round(growth(times_s, columns["handles"], warm_up_s), 2),
                "queue_growth": round(growth(times_s, columns["queued"], warm_up_s), 2),
                "most_queued": int(columns["queued"].max()),
            }
        )
    )


if __name__ == "__main__":
    main()
