"""Measures what the status bar shows: rates and the process's memory."""

import ctypes
import sys
import threading
from collections import deque
from pathlib import Path

BYTES_PER_MIB = 1024 * 1024


class RateMeter:
    """Events per second over the last few seconds; thread-safe, time passed in.

    Args:
        window_s: How far back events count.
    """

    def __init__(self, window_s: float = 2.0) -> None:
        self._window_s = window_s
        self._times_s: deque[float] = deque(maxlen=512)
        self._lock = threading.Lock()

    def tick(self, now_s: float) -> None:
        """Count one event at `now_s` (monotonic clock)."""
        with self._lock:
            self._times_s.append(now_s)

    def per_s(self, now_s: float) -> float:
        """Events per second at `now_s`; 0 when fewer than two fell into the window."""
        with self._lock:
            while self._times_s and self._times_s[0] < now_s - self._window_s:
                self._times_s.popleft()
            if len(self._times_s) < 2:
                return 0.0
            # The time since the last event counts once it is longer than a usual gap, so that a
            # source that stops reads as slowing down instead of standing still at its old rate.
            spans = len(self._times_s) - 1
            covered_s = self._times_s[-1] - self._times_s[0]
            silent_s = now_s - self._times_s[-1]
            usual_gap_s = covered_s / spans
            return spans / max(covered_s + max(silent_s - usual_gap_s, 0.0), 1e-6)

    def clear(self) -> None:
        """Forget every event."""
        with self._lock:
            self._times_s.clear()


def memory_mib() -> float | None:
    """Memory this process holds now in MiB, or None where the system does not tell."""
    if sys.platform.startswith("linux"):
        return _linux_memory_mib()
    if sys.platform == "win32":
        return _windows_memory_mib()
    return _peak_memory_mib()


def _linux_memory_mib() -> float | None:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    import resource

    return pages * resource.getpagesize() / BYTES_PER_MIB


def _peak_memory_mib() -> float | None:
    """Largest memory so far: macOS tells no current value without private interfaces."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / BYTES_PER_MIB


class _ProcessMemoryCounters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS of the Windows API."""

    _fields_ = (
        ("cb", ctypes.c_uint32),
        ("page_fault_count", ctypes.c_uint32),
        ("peak_working_set_size", ctypes.c_size_t),
        ("working_set_size", ctypes.c_size_t),
        ("quota_peak_paged_pool_usage", ctypes.c_size_t),
        ("quota_paged_pool_usage", ctypes.c_size_t),
        ("quota_peak_non_paged_pool_usage", ctypes.c_size_t),
        ("quota_non_paged_pool_usage", ctypes.c_size_t),
        ("pagefile_usage", ctypes.c_size_t),
        ("peak_pagefile_usage", ctypes.c_size_t),
    )


def _windows_memory_mib() -> float | None:
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - the attribute exists on Windows only
    counters = _ProcessMemoryCounters(cb=ctypes.sizeof(_ProcessMemoryCounters))
    process = ctypes.c_void_p(-1)  # the pseudo handle of the process itself
    if not kernel.K32GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb):
        return None
    return counters.working_set_size / BYTES_PER_MIB
