"""How fast a pack is on this machine."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from facemotion.core.alignment import ARCFACE_TEMPLATE_112
from facemotion.core.errors import ModelError
from facemotion.core.types import FrameBgr
from facemotion.vision.faces import DEFAULT_DET_SIZE, FaceModels
from facemotion.vision.packs import Pack
from facemotion.vision.providers import CPU
from facemotion.vision.sources.demo import DemoSource

_RUNS: Final = 5


@dataclass(frozen=True, slots=True)
class PackSpeed:
    """Medians of a few runs on the demo picture.

    Attributes:
        detect_ms: One look for faces.
        embed_ms: One face; None without a recogniser.
        provider: What it ran on.
    """

    detect_ms: float
    embed_ms: float | None
    provider: str


def measure_speed(
    pack: Pack, det_size: int = DEFAULT_DET_SIZE, provider: str = CPU, threads: int = 1
) -> PackSpeed:
    """Time a pack; blocks for some seconds.

    Args:
        pack: The pack.
        det_size: Side of the picture that the detector sees.
        provider: Short name of the provider to run on.
        threads: Threads that one run may use.

    Raises:
        ModelError: A model cannot be opened or run.
    """
    faces = FaceModels(pack, det_size=det_size, provider=provider, threads=threads)
    picture = _picture()
    embed_ms = None
    if pack.recogniser_path is not None:
        kps = [ARCFACE_TEMPLATE_112 + 40.0]
        embed_ms = _median_ms(lambda: faces.embed(picture, kps))
    return PackSpeed(
        detect_ms=_median_ms(lambda: faces.detect(picture)),
        embed_ms=embed_ms,
        provider=faces.providers["detection"].actual,
    )


def _picture() -> FrameBgr:
    with DemoSource() as source:
        frame = source.read()
    if frame is None:
        raise ModelError("The demo picture is missing, so nothing can be timed. Install it again.")
    return frame.frame_bgr


def _median_ms(work: Callable[[], object]) -> float:
    work()
    times: list[float] = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000.0)
    return statistics.median(times)
