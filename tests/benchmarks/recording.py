"""Record looped clips in the real window: `python -m tests.benchmarks.recording --minutes 10`.

Offscreen. The clips play one after the other, each looped for a while, and are recorded as both
videos. Afterwards every frame of both videos is decoded: each row of the timeline must have a frame
at its time, which must be the frame of the clip that the row names and not a neighbour. Before
recording, the same clips are watched for a while to see whether recording slows the picture.
Ends with one line of JSON.
"""

import argparse
import csv
import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np
from tqdm import tqdm

from facemotion.store.session_folder import ANNOTATED_NAME, CLEAN_NAME, CSV_NAME, read_session
from facemotion.ui.main_window import MainWindow
from facemotion.vision.sources.specs import open_source, parse_source
from tests.benchmarks.soak import growth
from tests.benchmarks.window import (
    CLIPS,
    Footprint,
    Paints,
    footprint,
    open_window,
    play,
    run_for,
    wait_until,
    watched_paints,
)

REPOSITORY = Path(__file__).resolve().parent.parent.parent
CLIP_S = 60.0
NOTE_S = 2.0
THUMB = (96, 54)
NEIGHBOURS = (-2, -1, 0, 1, 2)
DISTINCT = 1.0
"""Mean grey levels by which neighbours must differ for their order to be seen in a video."""


@dataclass(slots=True)
class Agreement:
    """How the frames of a video and the rows of its timeline fit.

    Attributes:
        rows: Moments of the timeline with a reading.
        without_frame: Of these, moments at which the video has no frame.
        seen: Frames that differ enough from their neighbours to be told from them.
        right: Of these, frames that are the one that the row names.
        off_by_one: Frames that are the one before or after it.
        frames: Frames of the video.
        longest_gap_s: Longest time from one frame to the next.
        wrong: Which frames are not the ones named, and how near those on both sides are.
    """

    rows: int = 0
    without_frame: int = 0
    seen: int = 0
    right: int = 0
    off_by_one: int = 0
    frames: int = 0
    longest_gap_s: float = 0.0
    wrong: list[str] = field(default_factory=list)


def thumb(picture_bgr: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A small grey picture, float32, as the video has it: with bars where the shape differs."""
    height, width = picture_bgr.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = (max(round(width * scale), 1), max(round(height * scale), 1))
    grey = cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2GRAY)
    canvas = np.zeros((size[1], size[0]), np.uint8)
    x, y = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    canvas[y : y + inner[1], x : x + inner[0]] = cv2.resize(
        grey, inner, interpolation=cv2.INTER_AREA
    )
    return canvas.astype(np.float32)


def clip_thumbs(path: Path) -> list[np.ndarray]:
    """Every frame of a clip, small."""
    thumbs: list[np.ndarray] = []
    with open_source(parse_source(str(path))) as source:
        while (frame := source.read()) is not None:
            thumbs.append(thumb(frame.frame_bgr, THUMB))
    return thumbs


def decoded(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    """Times and small pictures of a video."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.pts is not None and frame.time_base is not None:
                yield (
                    float(frame.pts * frame.time_base),
                    thumb(frame.to_ndarray(format="bgr24"), THUMB),
                )


def named_frames(timeline: Path) -> dict[float, tuple[str, int]]:
    """Source and frame number by time, for every moment of the timeline."""
    with timeline.open(newline="", encoding="utf-8") as file:
        return {
            float(row["time_s"]): (row["source"], int(row["frame"])) for row in csv.DictReader(file)
        }


def compare(
    video: Path, named: dict[float, tuple[str, int]], clips: dict[str, list[np.ndarray]]
) -> Agreement:
    """Look for each row's frame in a video."""
    found = Agreement(rows=len(named))
    left = dict(named)
    last_s = 0.0
    for time_s, picture in decoded(video):
        found.frames += 1
        found.longest_gap_s = max(found.longest_gap_s, time_s - last_s)
        last_s = time_s
        row = left.pop(round(time_s, 3), None)  # both are whole milliseconds
        if row is not None:
            judge(picture, clips[row[0]], row[1], found)
    found.without_frame = len(left)
    return found


def judge(picture: np.ndarray, thumbs: list[np.ndarray], index: int, found: Agreement) -> None:
    """Whether a picture is the frame of that number, where that can be seen."""
    near = [i for i in (index + d for d in NEIGHBOURS) if 0 <= i < len(thumbs)]
    others = [i for i in near if i != index]
    if min(float(np.abs(thumbs[i] - thumbs[index]).mean()) for i in others) < DISTINCT:
        return
    found.seen += 1
    best = min(near, key=lambda i: float(np.abs(thumbs[i] - picture).mean()))
    found.right += best == index
    found.off_by_one += abs(best - index) == 1
    if best != index:
        near_by = {i - index: round(float(np.abs(thumbs[i] - picture).mean()), 2) for i in near}
        found.wrong.append(f"frame {index}: {near_by}")


def record(
    window: MainWindow, media: Path, seconds: float
) -> tuple[list[Footprint], Path, int, float]:
    """Record the clips in turn.

    Returns:
        Footprints, the session's folder, frames not shown in time, processor time of the recorder.
    """
    notes: list[Footprint] = []
    late = 0
    window.record.start()
    started_s, clip = time.monotonic(), 0
    with tqdm(total=round(seconds), unit="s", mininterval=10.0) as bar:
        while time.monotonic() - started_s < seconds:
            if time.monotonic() - started_s >= (clip + 1) * CLIP_S:
                late += window.session.statistics().dropped_count
                clip += 1
                play(window, media / CLIPS[clip % len(CLIPS)])
            run_for(NOTE_S)
            notes.append(footprint(started_s, window))
            bar.update(round(notes[-1].time_s) - bar.n)
    late += window.session.statistics().dropped_count
    folder = window.record.folder
    if folder is None:
        raise RuntimeError("nothing is being recorded")
    spent_s = processor_s("recorder")
    window.record.stop()
    wait_until(lambda: not window.record.is_busy, 60.0)
    return notes, folder, late, spent_s


def processor_s(thread_name: str) -> float:
    """Processor time of this process's threads of a name; NaN where the system does not tell."""
    ticks = 0
    for task in Path("/proc/self/task").glob("*"):
        try:
            if (task / "comm").read_text().strip() == thread_name:
                fields = (task / "stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        except OSError:
            continue  # it has just ended
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else float("nan")


def shown(paints: Paints) -> dict[str, float]:
    """How well the picture moved."""
    return {
        "interval_p95_ms": round(float(np.percentile(paints.intervals_ms, 95)), 1),
        "latency_p95_ms": round(float(np.percentile(paints.latencies_ms, 95)), 1),
        "per_s": round(1000.0 / float(np.mean(paints.intervals_ms)), 2),
    }


def main() -> None:
    """Parse the command line, record, decode and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.recording")
    shared = Path(os.environ.get("FACEMOTION_SHARED", str(REPOSITORY.parent / "shared")))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--watch", type=float, default=30.0, help="seconds without recording first")
    parser.add_argument("--videos", default="both", choices=("both", "annotated", "clean"))
    parser.add_argument("--media", type=Path, default=shared / "media")
    parser.add_argument("--pack", type=Path, default=shared / "models" / "scrfd_500m_mobilefacenet")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        with open_window(Path(home), args.pack) as window, watched_paints() as paints:
            window._keeper.update("recording", videos=args.videos)
            play(window, args.media / CLIPS[0])
            wait_until(lambda: window.session.latest_result() is not None, 60.0)
            run_for(args.watch)
            before = shown(paints)
            paints.clear()
            notes, folder, late, spent_s = record(window, args.media, 60.0 * args.minutes)
            during = shown(paints)
        info = read_session(folder)
        clips = {name: clip_thumbs(args.media / name) for name in CLIPS}
        named = named_frames(folder / CSV_NAME)
        names = {"annotated": ANNOTATED_NAME, "clean": CLEAN_NAME}
        kinds = [kind for kind in names if args.videos in (kind, "both")]
        fits = {kind: compare(folder / names[kind], named, clips) for kind in kinds}
        sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    times_s = np.array([note.time_s for note in notes])
    rss = np.array([note.rss_mb for note in notes])
    warm_up_s = float(times_s[-1]) / 3.0
    for kind, fit in fits.items():
        print(f"{kind}: {fit}")
    print(f"without recording: {before}; while recording: {during}; files: {sizes}")
    print(
        json.dumps(
            {
                "dropped": info.frames_dropped,
                "minutes": args.minutes,
                "recorded": info.frames_recorded,
                "not_shown_in_time": late,
                "rss_growth_mb": round(growth(times_s, rss, warm_up_s), 2),
                "rss_end_mb": round(float(rss[-1]), 1),
                "duration_s": info.duration_s,
                "processor_ms_a_frame": round(1000.0 * spent_s / max(info.frames_recorded, 1), 2),
                "before": before,
                "during": during,
                "fits": {kind: dataclasses.asdict(fit) for kind, fit in fits.items()},
                "load": round(os.getloadavg()[0], 1),
            }
        )
    )


if __name__ == "__main__":
    main()
