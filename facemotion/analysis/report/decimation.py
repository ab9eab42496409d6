"""Curves thinned out for drawing: of each stretch of time the least and the largest value stay."""

import base64
from typing import Final

import numpy as np
from numpy.typing import NDArray

FULL_SCALE: Final = 250
"""Byte that stands for a probability of 1."""
NO_VALUE: Final = 255
"""Byte that stands where nothing was read."""


def thin_out(
    times_s: NDArray[np.float64],
    values: NDArray[np.float32],
    stays: NDArray[np.int64],
    most_points: int,
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """At most about `most_points` points that keep every peak, with a gap between two stays.

    Args:
        times_s: float64 (N,), ascending.
        values: float32 (N, K); NaN where nothing was read.
        stays: int64 (N,) number of the stay that each point belongs to, ascending.
        most_points: What the drawing may hold; all points stay when they are no more.

    Returns:
        Times float64 (M,) and values float32 (M, K); a row of NaN stands between two stays.
    """
    if len(times_s) > most_points:
        times_s, values, stays = _envelopes(times_s, values, stays, most_points // 2)
    if not len(times_s):
        return times_s, values
    breaks = np.flatnonzero(np.diff(stays)) + 1
    gap_times = times_s[breaks - 1] + 0.001  # a gap needs a moment of its own
    return np.insert(times_s, breaks, gap_times), np.insert(values, breaks, np.nan, axis=0)


def bucket_s(times_s: NDArray[np.float64], most_points: int) -> float:
    """Length of the stretches that `thin_out` makes; 0 when every point stays."""
    if len(times_s) <= most_points:
        return 0.0
    return float(times_s[-1] - times_s[0]) / (most_points // 2)


def pack_times(times_s: NDArray[np.float64]) -> str:
    """Times in whole milliseconds as base64 of little-endian uint32."""
    return _base64(np.round(times_s * 1000.0).astype("<u4").tobytes())


def pack_probs(values: NDArray[np.float32]) -> str:
    """Probabilities (M,) as base64, a byte each: 0 to `FULL_SCALE`, or `NO_VALUE`."""
    scaled = np.round(np.clip(np.nan_to_num(values), 0.0, 1.0) * FULL_SCALE)
    return _base64(np.where(np.isfinite(values), scaled, NO_VALUE).astype(np.uint8).tobytes())


def _envelopes(
    times_s: NDArray[np.float64],
    values: NDArray[np.float32],
    stays: NDArray[np.int64],
    bucket_count: int,
) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.int64]]:
    """Two points a bucket: the least and the largest value, in the order they lie nearer to."""
    width_s = max(float(times_s[-1] - times_s[0]), 1e-9) / bucket_count
    buckets = np.minimum(((times_s - times_s[0]) / width_s).astype(np.int64), bucket_count - 1)
    is_first = np.append(True, (np.diff(buckets) != 0) | (np.diff(stays) != 0))
    firsts = np.flatnonzero(is_first)
    lasts = np.append(firsts[1:], len(times_s)) - 1
    least = np.fmin.reduceat(values, firsts, axis=0)
    largest = np.fmax.reduceat(values, firsts, axis=0)
    begin = np.where(np.isfinite(values[firsts]), values[firsts], least)
    is_rising = begin - least <= largest - begin
    pairs = np.stack(
        [np.where(is_rising, least, largest), np.where(is_rising, largest, least)], axis=1
    ).reshape(-1, values.shape[1])
    both_times = np.stack([times_s[firsts], times_s[lasts]], axis=1).ravel()
    both_stays = np.repeat(stays[firsts], 2)
    keep = np.append(True, (np.diff(both_times) > 0.0) | (np.diff(both_stays) != 0))
    return both_times[keep], pairs[keep], both_stays[keep]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
