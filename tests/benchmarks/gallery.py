"""Measure the gallery's search: `python -m tests.benchmarks.gallery`.

Made-up people whose photos resemble one another as real ones do, probes of people enrolled and of
strangers. The search is compared with comparing everything, and ends with one line of JSON.
"""

import argparse
import gc
import json
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import psutil

from facemotion.core.gallery_index import GalleryIndex

SAME_PERSON = 0.6
"""Cosine similarity of two photos of one person, the mean on LFW with the shared pack."""


def directions(random: np.random.Generator, *shape: int) -> np.ndarray:
    """float32 unit vectors along the last axis."""
    drawn = random.standard_normal(shape, dtype=np.float32)
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


def photos_of(random: np.random.Generator, faces: np.ndarray, count: int) -> np.ndarray:
    """float32 (P, count, D): photos of people whose true faces are given as (P, D)."""
    noise = directions(random, len(faces), count, faces.shape[1])
    shots = np.sqrt(SAME_PERSON) * faces[:, None] + np.sqrt(1.0 - SAME_PERSON) * noise
    return (shots / np.linalg.norm(shots, axis=2, keepdims=True)).astype(np.float32)


def resident_mb() -> float:
    """Resident memory of this process."""
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


def brute_force(shots: np.ndarray, probe: np.ndarray) -> np.ndarray:
    """Similarity with everybody, every embedding compared."""
    means = shots.mean(axis=1)
    to_mean = means @ probe / np.linalg.norm(means, axis=1)
    return 0.5 * ((shots @ probe).max(axis=1) + to_mean)


def agreement(index: GalleryIndex, shots: np.ndarray, probes: np.ndarray) -> dict[str, float]:
    """Share of probes with the same likeliest person, and the largest error of its similarity."""
    same, error = 0, 0.0
    for probe in probes:
        found, truth = index.similarities(probe[None])[0], brute_force(shots, probe)
        same += int(found.argmax() == truth.argmax())
        error = max(error, abs(float(found.max() - truth.max())))
    return {"agreement": same / len(probes), "largest_error": error}


def times_ms(call, arguments) -> tuple[list[float], list[float]]:
    """Wall and processor time of each call (ms)."""
    wall, processor = [], []
    for argument in arguments:
        begin, begin_cpu = time.perf_counter(), time.thread_time()
        call(argument)
        processor.append(1000.0 * (time.thread_time() - begin_cpu))
        wall.append(1000.0 * (time.perf_counter() - begin))
    return wall, processor


def percentiles(values: list[float]) -> str:
    """Median and 95 % in words."""
    return f"median {np.median(values):.2f}, 95 % {np.percentile(values, 95):.2f}"


def main() -> None:
    """Parse the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gallery")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--photos", type=int, default=5)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--probes", type=int, default=300, help="of people and of strangers, each")
    args = parser.parse_args()
    random = np.random.default_rng(0)
    faces = directions(random, args.people, args.dimension)
    shots = photos_of(random, faces, args.photos)
    owners = [f"{person:06d}" for person in range(args.people) for _ in range(args.photos)]
    names = {owner: owner for owner in owners}
    before_mb = resident_mb()
    index = GalleryIndex(shots.reshape(-1, args.dimension), owners, names, "benchmark")
    size_mb = resident_mb() - before_mb
    enrolled = photos_of(random, faces[random.integers(0, args.people, args.probes)], 1)[:, 0]
    strangers = directions(random, args.probes, args.dimension)
    own, other = agreement(index, shots, enrolled), agreement(index, shots, strangers)
    both = np.concatenate([enrolled, strangers])
    wall, processor = times_ms(lambda probe: index.similarities(probe[None]), both)
    whole, _ = times_ms(lambda probe: brute_force(shots, probe), both[:20])
    added, _ = times_ms(lambda k: index.with_person(f"new {k}", "New", shots[0]), range(50))
    gone, _ = times_ms(lambda k: index.without_person(owners[k]), range(50))
    print(f"{args.people} people of {args.photos} embeddings, {args.dimension} numbers each")
    print(f"index: {size_mb:.0f} MB resident")
    print(f"a face: {percentiles(wall)} ms; processor {percentiles(processor)} ms")
    print(f"comparing everything: {percentiles(whole)} ms")
    print(f"likeliest person as by comparing everything: {own['agreement']:.2%} of people enrolled")
    print(
        f"and {other['agreement']:.2%} of strangers; similarity off by {other['largest_error']:.1e}"
    )
    print(f"adding somebody: {percentiles(added)} ms; deleting: {percentiles(gone)} ms")
    figures = {
        "search_p95_ms": float(np.percentile(wall, 95)),
        "search_median_ms": float(np.median(wall)),
        "search_cpu_p95_ms": float(np.percentile(processor, 95)),
        "memory_mb": size_mb,
        "agreement": min(own["agreement"], other["agreement"]),
        "add_median_ms": float(np.median(added)),
        "delete_median_ms": float(np.median(gone)),
    }
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
