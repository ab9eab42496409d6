"""When a frame is looked through thoroughly, and when a coarse look is enough."""

from collections.abc import Sequence
from typing import Final

from facemotion.core.quality import face_px
from facemotion.core.types import FaceDetection, Frame
from facemotion.vision.faces import FaceFinder

MIN_COARSE_PX: Final = 56.0
"""Size that every face must have as the coarse detector sees it."""


class DetectionPace:
    """Detects the faces of a source's frames, thoroughly only now and then.

    As long as all faces are large, or nobody is there, and their number stays the same, a coarse
    look, which takes a third to two thirds of the time, finds them as well. A thorough one comes at
    every cut and every interval, so that small new faces are found, and at once when the coarse one
    finds more or fewer faces.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Look thoroughly next time."""
        self._thorough_at_s = float("-inf")
        self._scene_id: int | None = None
        self._sizes_px: tuple[float, ...] = ()

    def detect(
        self, faces: FaceFinder, frame: Frame, max_faces: int, interval_s: float
    ) -> list[FaceDetection]:
        """The faces of the next frame.

        Args:
            faces: The detector.
            frame: The frame.
            max_faces: Only so many, the largest.
            interval_s: Longest time between two thorough looks; 0 for always.
        """
        det_size = self._coarse_size(faces, frame, interval_s)
        if det_size is not None:
            found = faces.detect_coarsely(frame.frame_bgr, max_faces, det_size)
            if len(found) == len(self._sizes_px):
                self._remember(found)
                return found
        found = faces.detect(frame.frame_bgr, max_faces)
        self._thorough_at_s, self._scene_id = frame.time_s, frame.scene_id
        self._remember(found)
        return found

    def _remember(self, found: Sequence[FaceDetection]) -> None:
        self._sizes_px = tuple(face_px(face.bbox_xyxy) for face in found)

    def _coarse_size(self, faces: FaceFinder, frame: Frame, interval_s: float) -> int | None:
        """The smallest detection size at which all faces are still large; None for thorough."""
        since_s = frame.time_s - self._thorough_at_s
        is_fresh = frame.scene_id == self._scene_id and 0.0 <= since_s < interval_s
        if not is_fresh:
            return None
        longest_px = max(frame.frame_bgr.shape[:2])
        needed = MIN_COARSE_PX * longest_px / min(self._sizes_px, default=float("inf"))
        able = (size for size in faces.coarse_det_sizes if needed <= size < longest_px)
        return next(able, None)
