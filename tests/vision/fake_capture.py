"""A stand-in for a camera; apart from tests/fakes.py, which needs Qt."""

import numpy as np


class FakeCapture:
    """Stands for OpenCV's capture of a camera that is not there.

    Args:
        pictures: How many pictures it gives before it falls silent.
        misses: Reads without a picture before the first one.
        is_open: Whether opening worked.
        fps: Rate that it announces.
    """

    def __init__(
        self, pictures: int = 0, misses: int = 0, is_open: bool = True, fps: float = 30.0
    ) -> None:
        self.asked: dict[int, float] = {}
        self.is_released = False
        self._pictures, self._misses, self._is_open, self._fps = pictures, misses, is_open, fps

    def isOpened(self) -> bool:
        return self._is_open

    def set(self, name: int, value: float) -> bool:
        self.asked[name] = value
        return True

    def get(self, name: int) -> float:
        return self._fps

    def read(self) -> tuple[bool, np.ndarray | None]:
        if self._misses > 0:
            self._misses -= 1
            return False, None
        if self._pictures <= 0:
            return False, None
        self._pictures -= 1
        return True, np.full((48, 64, 3), 90, np.uint8)

    def release(self) -> None:
        self.is_released = True
