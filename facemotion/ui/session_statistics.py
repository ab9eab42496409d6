"""What the status bar tells about the live session."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionStatistics:
    """What the status bar tells.

    Attributes:
        capture_per_s: Pictures shown per second.
        inference_per_s: Results per second.
        latency_ms: From a picture's capture to its result; NaN before the first result.
        inference_ms: Wall time of the last inference; NaN before the first result.
        dropped_count: Pictures of this source that came too late to be shown.
        memory_mib: Memory of the process, or None where the system does not tell.
    """

    capture_per_s: float
    inference_per_s: float
    latency_ms: float
    inference_ms: float
    dropped_count: int
    memory_mib: float | None
