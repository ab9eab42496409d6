"""Plot what the application read in a clip: `python -m training.clip_plot --timeline FILE …`.

The timeline is the one that `facemotion analyze CLIP --out FOLDER` writes, so the curves have gone
through the application's own detection, crops, quality gates and temperature.
"""

import argparse
import csv
from collections import Counter
from pathlib import Path

import numpy as np

from facemotion.core.labels import EMOTIONS
from training.certainty import FloatArray


def read_timeline(path: Path, kind: str) -> tuple[FloatArray, FloatArray]:
    """Times (T,) in seconds and probabilities (T, 7) of the clip's longest track.

    A frame whose face was held back by a quality gate has a row of NaN.

    Args:
        path: `timeline.csv` of `facemotion analyze`.
        kind: `raw` or `smooth`.

    Raises:
        ValueError: A column is missing, or there is no face in the timeline.
    """
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for column in ("time_s", "track_id", *(f"{kind}_{name}" for name in EMOTIONS)):
            if column not in (reader.fieldnames or ()):
                raise ValueError(f"{path}, row 1: column {column!r} is missing")
        rows = list(reader)
    if not rows:
        raise ValueError(f"{path}: no face in the timeline")
    track, _ = Counter(row["track_id"] for row in rows).most_common(1)[0]
    own = [row for row in rows if row["track_id"] == track]
    times = np.array([float(row["time_s"]) for row in own])
    cells = [[row[f"{kind}_{name}"] for name in EMOTIONS] for row in own]
    return times, np.array([[float(cell) if cell else np.nan for cell in row] for row in cells])


def main() -> None:
    """Parse the command line, read and plot."""
    parser = argparse.ArgumentParser(prog="python -m training.clip_plot", description=__doc__)
    parser.add_argument("--timeline", type=Path, required=True, help="timeline.csv of analyze")
    parser.add_argument("--kind", choices=("raw", "smooth"), default="raw", help="which curves")
    parser.add_argument("--title", default="", help="above the picture")
    parser.add_argument("--out", type=Path, required=True, help="PNG to write")
    args = parser.parse_args()
    from training.plots import plot_curves

    times_s, probs = read_timeline(args.timeline, args.kind)
    plot_curves(times_s, probs, args.title, args.out)
    read = np.isfinite(probs[:, 0])
    print(f"{args.out}: {len(times_s)} frames of one face, {int(read.sum())} of them read")


if __name__ == "__main__":
    main()
