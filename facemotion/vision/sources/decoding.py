"""What video files and network streams share: opening with PyAV, and upright BGR pictures."""

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from facemotion.core.errors import SourceError
from facemotion.core.types import FrameBgr

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

ATTACHED_PICTURE: Final = "attached_pic"

_TEXT_CODECS: Final = ("ansi", "bintext", "xbin", "idf")
"""Codecs that paint text: FFmpeg would show any text file as a film."""


def open_container(
    address: str,
    name: str,
    *,
    options: dict[str, str],
    timeout_s: tuple[float, float] | None = None,
) -> "InputContainer":
    """Open a file or address with PyAV.

    Args:
        address: Path or URL.
        name: For messages.
        options: FFmpeg's options, the protocols that may be used among them.
        timeout_s: Longest wait for opening and for each read, or None to wait for ever.

    Raises:
        SourceError: With a sentence for each way in which this fails.
    """
    import av.error

    try:
        return av.open(address, options=options, timeout=timeout_s)
    except av.error.FFmpegError as error:
        raise SourceError(_sentence(error, name, is_stream=timeout_s is not None)) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{name} cannot be opened: {error}.") from error


def picture_stream(container: "InputContainer", name: str) -> "VideoStream":
    """The stream of moving pictures of a container, ready to be decoded on several threads.

    Raises:
        SourceError: There is none (sound only, a cover picture, subtitles, text).
    """
    streams = [s for s in container.streams.video if _is_film(s)]
    if not streams:
        what = "only sound" if container.streams.audio else "no pictures"
        raise SourceError(f"{name} holds {what}. Choose a video file with a picture.")
    stream = max(streams, key=lambda s: s.width * s.height)
    stream.thread_type = "AUTO"
    return stream


def _is_film(stream: "VideoStream") -> bool:
    if stream.codec_context is None or stream.codec_context.name in _TEXT_CODECS:
        return False
    return ATTACHED_PICTURE not in str(stream.disposition).lower()


def stream_rate(stream: "VideoStream") -> float:
    """Pictures per second that a stream announces; 25 when it says nothing usable."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate is not None and 0.1 <= float(rate) <= 1000.0:
            return float(rate)
    return 25.0


def upright_bgr(picture: "VideoFrame") -> FrameBgr:
    """A decoded picture with square pixels, turned as its metadata says.

    Args:
        picture: PyAV's frame in any pixel format.

    Returns:
        uint8 (H, W, 3) BGR, contiguous, owning its memory.
    """
    array: Any = picture.to_ndarray(format="bgr24")
    turns = round(picture.rotation / 90.0) % 4
    return np.ascontiguousarray(np.rot90(array, turns)) if turns else array


def square_pixels(picture_bgr: FrameBgr, aspect: float) -> FrameBgr:
    """Stretch a picture whose pixels are not square.

    Args:
        picture_bgr: uint8 (H, W, 3) BGR.
        aspect: Width of a pixel over its height; 0 means unknown, taken for square.

    Returns:
        The same array when the pixels are square, else a stretched copy.
    """
    if not 0.1 <= aspect <= 10.0 or abs(aspect - 1.0) < 0.01:
        return picture_bgr
    height, width = picture_bgr.shape[:2]
    size = (max(1, round(width * aspect)), height)
    stretched = cv2.resize(picture_bgr, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(stretched, np.uint8)


def _sentence(error: Exception, name: str, *, is_stream: bool) -> str:
    import av.error

    if is_stream:
        return _stream_sentence(error, name)
    if isinstance(error, av.error.FileNotFoundError):
        return f"There is no file {name}. Check the name and the folder."
    if isinstance(error, av.error.PermissionError):
        return f"{name} may not be read. Change its permissions, or copy it to a folder of yours."
    return (
        f"{name} is not a video that can be read, or it is damaged or cut off. "
        "If it plays elsewhere, convert it to MP4 (H.264)."
    )


def _stream_sentence(error: Exception, name: str) -> str:
    import av.error

    if isinstance(error, (av.error.ExitError, av.error.TimeoutError)):
        return f"{name} does not answer. Check the address and the network, then try again."
    if isinstance(error, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        return f"{name} asks for a user name and password: write rtsp://USER:PASSWORD@HOST/…"
    if isinstance(error, av.error.HTTPNotFoundError):
        return f"{name} answers, but has nothing at this path. Check the address."
    if isinstance(error, av.error.InvalidDataError):
        return f"{name} answers, but not with a video. Use the address of the stream itself."
    cause = getattr(error, "strerror", None) or type(error).__name__
    return f"{name} cannot be reached ({cause}). Check the address and the network."
