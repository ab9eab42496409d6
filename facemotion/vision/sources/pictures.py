"""Pictures of any depth and number of channels, read as upright 8-bit BGR."""

import struct
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.core.errors import SourceError
from facemotion.core.types import FrameBgr

PICTURE_SUFFIXES: Final = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".gif"),
        *(".avif", ".jp2", ".ppm", ".pgm", ".pnm", ".heic", ".heif"),
    )
)
"""Endings taken for pictures; .heic is among them so that it gets a sentence, not silence."""

MAX_PIXELS: Final = 120_000_000
"""Largest picture read; a BGR copy of it takes 360 MB."""

_UNDER_TRANSPARENT: Final = 255.0
_EXIF_ORIENTATION: Final = 0x0112


def read_picture(path: Path) -> FrameBgr:
    """Read a picture file.

    The bytes are read here and only decoded by OpenCV, whose own reading fails on non-ASCII paths
    on Windows.

    Args:
        path: Any path, in any script.

    Returns:
        uint8 (H, W, 3) BGR, contiguous, upright (the EXIF turn applied), 16 bits scaled to 8,
        transparent parts over white.

    Raises:
        SourceError: The file is missing, empty, unreadable, too large or no picture.
    """
    return decode_picture(read_bytes(path), path.name)


def read_bytes(path: Path) -> bytes:
    """The whole file.

    Raises:
        SourceError: It is missing, a folder, empty or may not be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SourceError(f"There is no file {path}. Check the name and the folder.") from None
    except IsADirectoryError:
        raise SourceError(f"{path} is a folder, not a file.") from None
    except PermissionError:
        raise SourceError(
            f"{path.name} may not be read. Change its permissions, or copy it to a folder of yours."
        ) from None
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    if not data:
        raise SourceError(f"{path.name} is empty. Choose another file, or copy it again.")
    return data


def decode_picture(data: bytes, name: str) -> FrameBgr:
    """Decode a picture held in memory, as `read_picture` does.

    Args:
        data: The file's bytes.
        name: File name for messages.

    Raises:
        SourceError: The bytes are no picture that can be read, or it is too large.
    """
    _check_size(_announced_size(data), name)
    try:
        picture, kinds, blocks = cv2.imdecodeWithMetadata(
            np.frombuffer(data, np.uint8), flags=cv2.IMREAD_UNCHANGED
        )
    except cv2.error:
        raise _unreadable(name) from None
    if picture is None or picture.size == 0:
        raise _unreadable(name)
    _check_size((picture.shape[1], picture.shape[0]), name)
    exif = [
        np.asarray(block, np.uint8).tobytes()
        for kind, block in zip(kinds, blocks, strict=True)
        if kind == cv2.IMAGE_METADATA_EXIF
    ]
    return _turned(to_bgr8(picture), exif_orientation(exif[0]) if exif else 1)


def to_bgr8(picture: NDArray[np.generic]) -> FrameBgr:
    """Any decoded picture as 8-bit BGR.

    Args:
        picture: (H, W), (H, W, 1), (H, W, 3) BGR or (H, W, 4) BGRA; uint8, uint16, float in
            [0, 1], or any other number type, which is stretched to its own range.

    Returns:
        uint8 (H, W, 3) BGR, contiguous.

    Raises:
        ValueError: The shape is none of these.
    """
    eight = _to_8_bit(picture)
    if eight.ndim == 2:
        eight = eight[:, :, None]
    channels = eight.shape[2] if eight.ndim == 3 else 0
    if channels in (1, 2):
        colour = np.repeat(eight[:, :, :1], 3, axis=2)
        return _over_white(colour, eight[:, :, 1]) if channels == 2 else colour
    if channels == 4:
        return _over_white(eight[:, :, :3], eight[:, :, 3])
    if channels != 3:
        raise ValueError(f"expected a picture with 1 to 4 channels, got shape {picture.shape}")
    return np.ascontiguousarray(eight)


def _to_8_bit(picture: NDArray[np.generic]) -> NDArray[np.uint8]:
    if picture.dtype == np.uint8:
        return picture.astype(np.uint8, copy=False)
    if picture.dtype == np.uint16:
        return (picture.astype(np.uint16, copy=False) >> 8).astype(np.uint8)
    values = np.nan_to_num(picture.astype(np.float32))
    low, high = float(values.min(initial=0.0)), float(values.max(initial=1.0))
    return ((values - low) * (255.0 / (high - low)) + 0.5).astype(np.uint8)


def _over_white(colour: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> FrameBgr:
    if alpha.min(initial=255) == 255:
        return np.ascontiguousarray(colour)
    share = alpha[:, :, None].astype(np.float32) / 255.0
    mixed = colour * share + _UNDER_TRANSPARENT * (1.0 - share)
    return (mixed + 0.5).astype(np.uint8)


def exif_orientation(exif: bytes) -> int:
    """The orientation tag of an EXIF block (TIFF 6.0 layout), from 1 to 8; 1 when there is none."""
    data = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, _kind, _count, value = struct.unpack_from(order + "HHIH", data, entry)
            if tag == _EXIF_ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _turned(picture: FrameBgr, orientation: int) -> FrameBgr:
    if orientation in (2, 4, 5, 7):
        picture = picture[:, ::-1]
    quarter_turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.ascontiguousarray(np.rot90(picture, quarter_turns))


def _announced_size(data: bytes) -> tuple[int, int]:
    """Width and height from the header of a PNG or BMP, else (0, 0): checked before decoding."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data.startswith(b"BM") and len(data) >= 26:
        width, height = struct.unpack_from("<ii", data, 18)
        return abs(width), abs(height)
    return 0, 0


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise SourceError(
            f"{name} has {width}×{height} pixels; at most {MAX_PIXELS // 1_000_000} million can "
            "be read. Save a smaller copy of it."
        )


def _unreadable(name: str) -> SourceError:
    if name.lower().endswith((".heic", ".heif")):
        return SourceError(f"{name} is a HEIC photo, which cannot be read. Save it as JPEG or PNG.")
    return SourceError(
        f"{name} is not a picture that can be read, or it is damaged. Save it as JPEG or PNG."
    )
