"""The program's icon in the formats of each system, drawn from `resources/icons/app.svg`."""

import os
import struct
import sys
from pathlib import Path
from typing import Final

from facemotion.store.paths import resource_path

ICO_SIZES_PX: Final = (16, 24, 32, 48, 64, 128, 256)
ICNS_KINDS: Final = dict(
    zip((16, 32, 64, 128, 256, 512), b"icp4 icp5 icp6 ic07 ic08 ic09".split(), strict=True)
)


def program_icon(folder: Path) -> Path | None:
    """The icon inside the executable, written into a folder; None where the system has none."""
    if sys.platform == "win32":
        return write_ico(folder / "facemotion.ico")
    if sys.platform == "darwin":
        return write_icns(folder / "facemotion.icns")
    return None


def write_ico(path: Path) -> Path:
    """Windows' format: a table of sizes, then pictures."""
    pictures = {size: png(size) for size in ICO_SIZES_PX}
    offset = 6 + 16 * len(pictures)
    table = struct.pack("<HHH", 0, 1, len(pictures))
    for size, data in pictures.items():
        table += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(data), offset)
        offset += len(data)
    return _write(path, table + b"".join(pictures.values()))


def write_icns(path: Path) -> Path:
    """The format of macOS: pictures, each with its kind and length."""
    blocks = b"".join(
        kind + struct.pack(">I", 8 + len(data)) + data
        for kind, data in ((kind, png(size)) for size, kind in ICNS_KINDS.items())
    )
    return _write(path, b"icns" + struct.pack(">I", 8 + len(blocks)) + blocks)


def png(size_px: int) -> bytes:
    """The icon as a square PNG."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice
    from PySide6.QtGui import QImage, QImageWriter, QPainter
    from PySide6.QtSvg import QSvgRenderer

    picture = QImage(size_px, size_px, QImage.Format.Format_ARGB32)
    picture.fill(0)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(resource_path("icons/app.svg").read_bytes())).render(painter)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(picture)
    return bytes(data.data())


def _write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
