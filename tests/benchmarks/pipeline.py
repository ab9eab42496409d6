"""Measure the whole pipeline: `python -m tests.benchmarks.pipeline`.

The original approach, with the threads it comes with and with its best setting, and ours with its
defaults, in turns over the same frames: ten a second of three clips at native resolution. Then the
cost of more faces and of larger galleries, and the real window while it plays. Ends with one line
of JSON.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np
import psutil
from tqdm import tqdm

from facemotion.analysis.tuning import pipeline_params
from facemotion.core.gallery_index import GalleryIndex
from facemotion.core.types import Frame
from facemotion.store.settings import Settings
from facemotion.vision.emotion import load_emotion_model
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.photos import examine_photo
from facemotion.vision.pipeline import FacePipeline
from facemotion.vision.scene_watch import SceneWatch
from facemotion.vision.sources.specs import open_source, path_source
from tests.benchmarks.original import OriginalApproach
from tests.benchmarks.window import CLIPS, open_window, play, run_for, watched_paints

REPOSITORY = Path(__file__).resolve().parent.parent.parent
RATE_HZ = 10.0
TURN_FRAMES = 10
REST_S = 0.1
FACE_COUNTS = (1, 2, 4, 6, 9, 12)
GALLERY_SIZES = (10, 100, 1000, 10_000, 100_000)


@dataclass(slots=True)
class Cost:
    """What an approach spent.

    Attributes:
        wall_s: Time by the clock.
        cpu_s: Time of all threads on the processor.
        frames: Frames processed.
        frame_ms: Wall time of each frame.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    frames: int = 0
    frame_ms: list[float] = field(default_factory=list)

    def spend(self, work: Callable[[Frame], object], frames: Sequence[Frame]) -> None:
        """Let an approach work on some frames and count what it takes."""
        begin_cpu = time.process_time()
        for frame in frames:
            begin = time.perf_counter()
            work(frame)
            taken = time.perf_counter() - begin
            self.wall_s += taken
            self.frame_ms.append(1000.0 * taken)
        self.cpu_s += time.process_time() - begin_cpu
        self.frames += len(frames)

    @property
    def per_s(self) -> float:
        """Frames a second."""
        return self.frames / self.wall_s

    @property
    def cpu_per_video_s(self) -> float:
        """Processor seconds a second of video read at `RATE_HZ`."""
        return self.cpu_s / self.frames * RATE_HZ


def clip_frames(clip: Path, limit_s: float) -> list[Frame]:
    """Frames at `RATE_HZ`, stamped with their scenes, until `limit_s`."""
    source, watch = open_source(path_source(clip)), SceneWatch()
    frames: list[Frame] = []
    try:
        while (frame := source.read()) is not None and frame.time_s < limit_s:
            stamped = watch.stamp(frame)
            if stamped.time_s >= len(frames) / RATE_HZ - 1e-6:
                frames.append(stamped)
    finally:
        source.close()
    return frames


def our_pipeline(pack: Path, model: Path, photos: Sequence[Path]) -> FacePipeline:
    """Ours with its defaults, and with the people of the photos enrolled."""
    faces = FaceModels(open_pack(pack))
    pipeline = FacePipeline(faces, load_emotion_model(model), pipeline_params(Settings()))
    index = GalleryIndex.empty(faces.model_id)
    for photo in photos:
        verdict = examine_photo(photo, faces)
        if verdict.embedding is not None:
            index = index.with_person(photo.stem, photo.stem, verdict.embedding[None])
    pipeline.set_gallery(index)
    return pipeline


def compare(
    approaches: dict[str, Callable[[Frame], object]], frames: Sequence[Frame], title: str
) -> dict[str, Cost]:
    """Every approach over the same frames, in turns of a second of video."""
    costs = {name: Cost() for name in approaches}
    for start in tqdm(range(0, len(frames), TURN_FRAMES), desc=title, unit="turn"):
        for name, work in approaches.items():
            costs[name].spend(work, frames[start : start + TURN_FRAMES])
            time.sleep(REST_S)  # waiting threads of one pool must not spin into the next turn
    return costs


def tiled(frame: Frame, count: int) -> Frame:
    """A picture of 1280×720 with so many copies of a frame side by side."""
    columns = int(np.ceil(np.sqrt(count)))
    rows = int(np.ceil(count / columns))
    size = (1280 // columns, 720 // rows)
    scale = min(size[0] / frame.frame_bgr.shape[1], size[1] / frame.frame_bgr.shape[0])
    small = cv2.resize(frame.frame_bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.zeros((720, 1280, 3), np.uint8)
    for number in range(count):
        x, y = number % columns * size[0], number // columns * size[1]
        canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
    return Frame(canvas, frame.time_s, frame.index)


def cost_by_faces(
    ours: FacePipeline, original: OriginalApproach, frames: Sequence[Frame]
) -> dict[int, tuple[float, float]]:
    """Median milliseconds a frame of ours and of the original approach, by number of faces."""
    ours.set_params(replace(ours.params, max_faces=max(FACE_COUNTS)))
    found: dict[int, tuple[float, float]] = {}
    for count in tqdm(FACE_COUNTS, desc="faces"):
        ours.reset()
        pictures = [tiled(frame, count) for frame in frames]
        costs = compare(
            {"ours": ours.process, "original": lambda f: original.process(f.frame_bgr)},
            pictures,
            f"{count} faces",
        )
        medians = [statistics.median(costs[name].frame_ms) for name in ("ours", "original")]
        found[count] = (medians[0], medians[1])
    return found


def cost_by_gallery() -> dict[int, float]:
    """Median milliseconds of a search, by number of embeddings, five a person."""
    random = np.random.default_rng(0)
    found: dict[int, float] = {}
    for size in tqdm(GALLERY_SIZES, desc="galleries"):
        rows = random.standard_normal((size, 128), dtype=np.float32)
        owners = [f"{row // 5:06d}" for row in range(size)]
        index = GalleryIndex(rows, owners, {owner: owner for owner in owners}, "")
        times = []
        for probe in random.standard_normal((30, 128), dtype=np.float32):
            begin = time.perf_counter()
            index.similarities((probe / np.linalg.norm(probe))[None])
            times.append(1000.0 * (time.perf_counter() - begin))
        found[size] = statistics.median(times)
    return found


def draw(faces: dict[int, tuple[float, float]], galleries: dict[int, float], path: Path) -> None:
    """Both costs as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4))
    left.plot(
        list(faces), [pair[0] for pair in faces.values()], "o-", color="#0072B2", label="ours"
    )
    left.plot(
        list(faces), [pair[1] for pair in faces.values()], "o-", color="#D55E00", label="original"
    )
    left.set_xlabel("faces in the picture")
    left.set_ylabel("ms a frame")
    left.set_ylim(bottom=0)
    left.legend()
    right.semilogx(list(galleries), list(galleries.values()), "o-", color="#0072B2")
    right.set_xlabel("embeddings in the gallery (128 numbers each)")
    right.set_ylabel("ms a search")
    right.set_ylim(bottom=0)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def in_the_window(media: Path, pack: Path, seconds: float) -> dict[str, float]:
    """Latency from capture to display, and pictures painted of those due, while inference runs."""
    latencies: list[float] = []
    shares: list[float] = []
    with (
        watched_paints() as paints,
        tempfile.TemporaryDirectory() as home,
        open_window(Path(home), pack) as window,
    ):
        for clip in CLIPS:
            play(window, media / clip)
            run_for(2.0)
            fps = window.session.source_info.fps if window.session.source_info else 0.0
            paints.clear()
            run_for(seconds)
            painted = len(paints.latencies_ms) / seconds
            latencies += paints.latencies_ms
            shares.append(painted / fps if fps else float("nan"))
            print(
                f"window, {clip}: {painted:.1f} of {fps:.1f} pictures a second, capture to display "
                f"median {statistics.median(paints.latencies_ms):.0f} ms, 95 % "
                f"{np.percentile(paints.latencies_ms, 95):.0f} ms"
            )
    return {
        "display_latency_median_ms": float(np.median(latencies)),
        "display_latency_p95_ms": float(np.percentile(latencies, 95)),
        "painted_share": float(np.nanmin(shares)),
    }


def original_name(threads: int) -> str:
    """What the original with so many threads is called in the output."""
    return f"original, {threads} thread(s)" if threads else "original, as it comes"


def stage_times(results: Sequence[dict[str, float]]) -> str:
    """Medians of our stages in words."""
    stages: defaultdict[str, list[float]] = defaultdict(list)
    for timings in results:
        for stage, value in timings.items():
            stages[stage].append(value)
    return ", ".join(f"{stage} {statistics.median(v):.1f}" for stage, v in stages.items())


def resident_mb() -> float:
    """Resident memory now."""
    return psutil.Process().memory_info().rss / 1e6


def main() -> None:
    """Parse the command line, measure, draw and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pipeline")
    shared = Path(os.environ.get("FACEMOTION_SHARED", str(REPOSITORY.parent / "shared")))
    parser.add_argument("--media", type=Path, default=shared / "media")
    parser.add_argument("--pack", type=Path, default=shared / "models" / "scrfd_500m_mobilefacenet")
    parser.add_argument("--model", type=Path, default=REPOSITORY / "models" / "emotion.onnx")
    parser.add_argument("--limit", type=float, default=1e9, help="seconds of each clip")
    parser.add_argument(
        "--original-threads",
        type=int,
        nargs="+",
        default=[0, 1, 2],
        help="threads a pool of the original; 0 as it comes, the best of all is compared with",
    )
    parser.add_argument("--window-seconds", type=float, default=10.0, help="a clip; 0 for none")
    picture = REPOSITORY / "resources" / "figures" / "pipeline_cost.png"
    parser.add_argument("--figure", type=Path, default=picture)
    args = parser.parse_args()
    photos = sorted((args.media / "people").glob("person_*.png"))
    before_mb = resident_mb()
    ours = our_pipeline(args.pack, args.model, photos)
    our_mb = resident_mb() - before_mb
    originals: dict[str, OriginalApproach] = {}
    for threads in args.original_threads:
        originals[original_name(threads)] = OriginalApproach(args.pack, threads)
    their_mb = (resident_mb() - before_mb - our_mb) / len(originals)
    timings: list[dict[str, float]] = []
    approaches: dict[str, Callable[[Frame], object]] = {
        name: lambda frame, it=it: it.process(frame.frame_bgr) for name, it in originals.items()
    }
    approaches["ours"] = lambda frame: timings.append(ours.process(frame).timings_ms)
    totals = {name: Cost() for name in approaches}
    for clip in CLIPS:
        ours.reset()
        frames = clip_frames(args.media / clip, args.limit)
        for work in approaches.values():
            work(frames[0])
        ours.reset()
        for name, cost in compare(approaches, frames, clip).items():
            print(
                f"{clip}, {name}: {cost.per_s:.1f} frames/s, "
                f"{cost.cpu_per_video_s:.2f} CPU s a video second"
            )
            total = totals[name]
            total.wall_s, total.cpu_s = total.wall_s + cost.wall_s, total.cpu_s + cost.cpu_s
            total.frames += cost.frames
    rates = {name: totals[name].per_s for name in originals}
    fastest = max(rates, key=lambda name: rates[name])
    thriftiest = min(originals, key=lambda name: totals[name].cpu_s)
    print(f"ours by stage (median ms): {stage_times(timings)}")
    print(f"memory of the models: ours {our_mb:.0f} MB, the original's {their_mb:.0f} MB")
    figures = {
        "speedup": totals["ours"].per_s / rates[fastest],
        "cpu_ratio": totals["ours"].cpu_s / totals[thriftiest].cpu_s,
        "frames_per_s": totals["ours"].per_s,
        "cpu_s_per_video_s": totals["ours"].cpu_per_video_s,
    }
    if original_name(0) in rates:
        figures["speedup_over_defaults"] = totals["ours"].per_s / rates[original_name(0)]
    faces = clip_frames(args.media / CLIPS[1], 2.0)
    by_faces = cost_by_faces(ours, originals[fastest], faces)
    by_gallery = cost_by_gallery()
    draw(by_faces, by_gallery, args.figure)
    print(
        "ms a frame by faces, ours and original: "
        + str({k: (round(a), round(b)) for k, (a, b) in by_faces.items()})
    )
    print("ms a search by embeddings: " + str({k: round(v, 2) for k, v in by_gallery.items()}))
    if args.window_seconds > 0.0:
        figures |= in_the_window(args.media, args.pack, args.window_seconds)
    print(f"compared with: {fastest} (speed), {thriftiest} (processor)")
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
