"""Marks every frame with the number of its scene."""

from dataclasses import replace

import cv2
import numpy as np

from facemotion.core.scene import THUMBNAIL_SHAPE, SceneCutDetector
from facemotion.core.types import Frame


class SceneWatch:
    """Counts scenes: a camera cut, a step back in time (seek, loop), another picture of a folder.

    The source's own `scene_id` is respected: where it changes, a scene begins.
    """

    def __init__(self) -> None:
        self._detector = SceneCutDetector()
        self._scene_id = 0
        self._last: tuple[str, int] | None = None
        self._last_time_s = float("-inf")

    def begin_scene(self) -> None:
        """Begin a scene with the next frame, as after a seek, a reconnection or a new source."""
        self._scene_id += 1
        self._detector.reset()
        self._last = None

    def stamp(self, frame: Frame) -> Frame:
        """The same frame, its picture shared, with its `scene_id` set.

        Args:
            frame: The next frame of the source.
        """
        mark = (frame.name, frame.scene_id)
        is_other = self._last is not None and mark != self._last
        if is_other or frame.time_s < self._last_time_s:
            self.begin_scene()
        if self._detector.update(_thumbnail(frame), frame.time_s):
            self._scene_id += 1
        self._last, self._last_time_s = mark, frame.time_s
        return replace(frame, scene_id=self._scene_id)


def _thumbnail(frame: Frame) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    height, width = THUMBNAIL_SHAPE
    small = cv2.resize(frame.frame_bgr, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.uint8)
