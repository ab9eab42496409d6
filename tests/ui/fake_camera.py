"""A camera for machines that have none."""

import threading
import time

import numpy as np

from facemotion.core.errors import CameraError
from facemotion.core.types import Frame
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind


class FakeCamera(FrameSource):
    """A camera of 20 pictures a second that can be unplugged and plugged in again.

    Args:
        plugged: Set while the camera is plugged in.
        name: As shown to the user.
    """

    def __init__(self, plugged: threading.Event, name: str = "Fake camera") -> None:
        self._plugged = plugged
        self._info = SourceInfo(name, SourceKind.CAMERA, 160, 120, 20.0, is_live=True)
        self._index = 0
        self._opened_at_s = 0.0
        self.is_open = False

    @property
    def info(self) -> SourceInfo:
        return self._info

    def open(self) -> None:
        if not self._plugged.is_set():
            raise CameraError(f"{self._info.name} is not there. Plug it in.")
        self._opened_at_s = time.monotonic()
        self.is_open = True

    def read(self) -> Frame | None:
        time.sleep(0.05)
        if not self._plugged.is_set():
            raise CameraError(f"{self._info.name} gives no more pictures.")
        self._index += 1
        picture = np.full((120, 160, 3), self._index % 40 + 100, np.uint8)
        picture[:, :80] = 200  # the left half is brighter, which shows what is mirrored
        time_s = time.monotonic() - self._opened_at_s
        return Frame(picture, time_s, self._index, self._info.name)

    def close(self) -> None:
        self.is_open = False
