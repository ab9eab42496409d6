"""Small pictures of faces as Qt shows them."""

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter, QPainterPath, QPixmap

from facemotion.core.types import FrameBgr


def image_from_bgr(frame_bgr: FrameBgr) -> QImage:
    """A QImage with its own memory.

    Args:
        frame_bgr: uint8 (H, W, 3) BGR.
    """
    pixels = np.ascontiguousarray(frame_bgr)
    height_px, width_px = pixels.shape[:2]
    shared = QImage(pixels.data, width_px, height_px, 3 * width_px, QImage.Format.Format_BGR888)
    return shared.copy()


def square_thumbnail(image: QImage, side_px: int, pixel_ratio: float, radius_px: float) -> QPixmap:
    """The picture's middle square with round corners.

    Args:
        image: Any picture; an empty one gives a plain grey square.
        side_px: Side of the square in the window's own pixels.
        pixel_ratio: Device pixels for each of them.
        radius_px: Radius of the corners.
    """
    device_side = round(side_px * pixel_ratio)
    pixmap = QPixmap(device_side, device_side)
    pixmap.fill(Qt.GlobalColor.transparent)
    pixmap.setDevicePixelRatio(pixel_ratio)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    outline = QPainterPath()
    outline.addRoundedRect(QRectF(0, 0, side_px, side_px), radius_px, radius_px)
    painter.setClipPath(outline)
    painter.fillRect(QRectF(0, 0, side_px, side_px), QColor(128, 128, 128, 70))
    if not image.isNull():
        painter.drawImage(QRectF(0, 0, side_px, side_px), _middle_square(image, device_side))
    painter.end()
    return pixmap


def _middle_square(image: QImage, side_px: int) -> QImage:
    scaled = image.scaled(
        side_px,
        side_px,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    left_px = (scaled.width() - side_px) // 2
    top_px = (scaled.height() - side_px) // 2
    return scaled.copy(left_px, top_px, side_px, side_px)


def png_of_bgr(frame_bgr: FrameBgr) -> bytes:
    """A whole PNG file of a picture.

    Args:
        frame_bgr: uint8 (H, W, 3) BGR.
    """
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image_from_bgr(frame_bgr))
    buffer.close()
    return bytes(data.data())
