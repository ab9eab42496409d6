"""A camera of this computer as a source, through OpenCV."""

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from facemotion.core.errors import CameraError
from facemotion.core.types import Frame, FrameBgr
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind, not_open

OpenCapture = Callable[[int], cv2.VideoCapture]

_SILENCE_S: Final = 2.0
"""Without a picture for so long, a camera counts as unplugged."""

_WARM_UP_S: Final = 5.0
"""Some cameras need seconds before their first picture."""

_RETRY_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class CameraMode:
    """What is asked of a camera; it answers with what it has.

    Attributes:
        width_px: Width of the picture.
        height_px: Height of the picture.
        fps: Pictures per second.
    """

    width_px: int = 1280
    height_px: int = 720
    fps: float = 30.0


def open_capture(index: int) -> cv2.VideoCapture:
    """OpenCV's capture on the platform's own back end.

    On Windows that is Media Foundation, which lists cameras in the same order as Qt.
    """
    # OpenCV waits ten seconds for a silent V4L2 camera unless told otherwise.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
    # Looking for hardware transforms takes Media Foundation up to 20 s (OpenCV issue 17687).
    os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
    back_ends = {"win32": cv2.CAP_MSMF, "darwin": cv2.CAP_AVFOUNDATION, "linux": cv2.CAP_V4L2}
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return cv2.VideoCapture(index, back_ends.get(sys.platform, cv2.CAP_ANY))
    finally:
        cv2.utils.logging.setLogLevel(level)


class CameraSource(FrameSource):
    """A camera by its number; `read` waits for the next picture.

    Args:
        index: Number of the camera, from 0.
        name: As shown to the user; "Camera N" when empty.
        mode: Size and rate to ask for.
        opener: Opens OpenCV's capture.
        device: Device file that tells a missing camera from a busy one, where there are such files.
    """

    def __init__(
        self,
        index: int,
        name: str = "",
        mode: CameraMode | None = None,
        opener: OpenCapture = open_capture,
        device: Path | None = None,
    ) -> None:
        self._index = index
        self._mode = mode or CameraMode()
        self._opener = opener
        self._device = device or Path(f"/dev/video{index}")
        self._capture: cv2.VideoCapture | None = None
        self._first: FrameBgr | None = None
        self._is_closed = threading.Event()
        self._lock = threading.RLock()
        self._opened_at_s = 0.0
        self._next_index = 0
        self._info = SourceInfo(name or f"Camera {index + 1}", SourceKind.CAMERA, is_live=True)

    @property
    def info(self) -> SourceInfo:
        """What is known about the source."""
        return self._info

    def open(self) -> None:
        """Open the camera and wait for its first picture.

        Raises:
            CameraError: It is missing, busy, refused, or gives no picture.
        """
        with self._lock:
            if self._capture is not None:
                return
            self._is_closed.clear()
            capture = self._opener(self._index)
            if not capture.isOpened():
                capture.release()
                raise CameraError(_why_not(self._info.name, self._device))
            _ask_for(capture, self._mode)
            first = self._wait_for_picture(capture, _WARM_UP_S)
            if first is None:
                capture.release()
                raise CameraError(_no_picture(self._info.name))
            self._start(capture, first)

    def read(self) -> Frame | None:
        """The next picture as soon as the camera has it, or None after `close`.

        Raises:
            CameraError: The camera was unplugged or fell silent.
        """
        with self._lock:
            if self._capture is None:
                if self._is_closed.is_set():
                    return None
                raise not_open(self._info.name)
            picture, self._first = self._first, None
            if picture is None:
                picture = self._wait_for_picture(self._capture, _SILENCE_S)
            if picture is None and self._is_closed.is_set():
                return None
            if picture is None:
                raise CameraError(
                    f"{self._info.name} gives no more pictures. Check its plug; another program "
                    "may have taken it."
                )
            return self._framed(picture)

    def close(self) -> None:
        """Give the camera back; a `read` in another thread ends soon and gives None."""
        self._is_closed.set()
        with self._lock:
            capture, self._capture = self._capture, None
            self._first = None
            if capture is not None:
                capture.release()

    def _start(self, capture: cv2.VideoCapture, first: FrameBgr) -> None:
        self._capture, self._first = capture, first
        self._opened_at_s, self._next_index = time.monotonic(), 0
        rate = capture.get(cv2.CAP_PROP_FPS)
        self._info = SourceInfo(
            self._info.name,
            SourceKind.CAMERA,
            width_px=first.shape[1],
            height_px=first.shape[0],
            fps=rate if 1.0 <= rate <= 1000.0 else self._mode.fps,
            is_live=True,
        )

    def _wait_for_picture(self, capture: cv2.VideoCapture, patience_s: float) -> FrameBgr | None:
        deadline_s = time.monotonic() + patience_s
        while not self._is_closed.is_set():
            is_read, picture = capture.read()
            if is_read and picture is not None and picture.size:
                return picture.astype("uint8", copy=False)
            if time.monotonic() >= deadline_s:
                return None
            self._is_closed.wait(_RETRY_S)
        return None

    def _framed(self, picture: FrameBgr) -> Frame:
        now_s = time.monotonic()
        index, self._next_index = self._next_index, self._next_index + 1
        time_s = now_s - self._opened_at_s
        return Frame(picture, time_s, index, self._info.name, captured_at_s=now_s)


def _ask_for(capture: cv2.VideoCapture, mode: CameraMode) -> None:
    # Uncompressed, USB 2 carries 1280×720 at 10 pictures a second only; the order matters.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, mode.width_px)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.height_px)
    capture.set(cv2.CAP_PROP_FPS, mode.fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)


def _why_not(name: str, device: Path) -> str:
    if sys.platform == "linux":
        return _why_not_on_linux(name, device)
    if sys.platform == "darwin":
        return (
            f"{name} cannot be opened. Allow this program to use it in System Settings → Privacy "
            "& Security → Camera, close other programs that use it, then try again."
        )
    return (
        f"{name} cannot be opened. Close other programs that use it, and check Settings → Privacy "
        "→ Camera, then try again."
    )


def _why_not_on_linux(name: str, device: Path) -> str:
    if not device.exists():
        return f"{name} is not there ({device} is missing). Plug it in, or choose another source."
    if not os.access(device, os.R_OK | os.W_OK):
        return (
            f"{name} may not be used: this account has no access to {device}. Add it to the group "
            "“video” (sudo usermod -aG video $USER) and log in again."
        )
    return f"{name} is busy or gives no video. Close other programs that use it, then try again."


def _no_picture(name: str) -> str:
    return (
        f"{name} was opened but gives no picture. Close other programs that use it, take it out "
        "and plug it in again, or choose another source."
    )
