"""Small videos, encoded on the spot."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

SIZE = (96, 64)


def shade(index: int) -> int:
    """Gray level of the frame with a number, far enough apart to survive the encoder."""
    return 20 + 7 * (index % 30)


def gray_frame(index: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """An even frame whose gray level tells its number."""
    return np.full((size[1], size[0], 3), shade(index), np.uint8)


def write_video(
    path: Path,
    times_s: Sequence[float],
    codec: str = "libx264",
    size: tuple[int, int] = SIZE,
    options: dict[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    aspect: Fraction | None = None,
) -> Path:
    """Write gray frames at given times."""
    base = Fraction(1, 12800)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.codec_context.time_base = base
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for index, time_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray(gray_frame(index, size), format="bgr24")
            frame = frame.reformat(format=pix_fmt)
            frame.pts, frame.time_base = round(time_s / base), base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    """Write half a second of silence without a picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def even_times(count: int, fps: float = 25.0) -> list[float]:
    """Times of frames at a fixed rate."""
    return [index / fps for index in range(count)]
