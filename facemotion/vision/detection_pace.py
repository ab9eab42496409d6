"""When a frame is looked through thoroughly, coarsely, or not at all."""

from typing import Final

from facemotion.core.quality import face_px
from facemotion.core.types import FaceDetection, Frame
from facemotion.vision.face_flow import carry_faces
from facemotion.vision.faces import FaceFinder

MIN_COARSE_PX: Final = 56.0
"""Size that every face must have as the coarse detector sees it."""

_DUE_SHARE: Final = 0.9
"""A look is due a little before its interval is over: frames never come exactly in time."""


class DetectionPace:
    """Detects the faces of a source's frames only now and then, and thoroughly more seldom.

    Between two looks the faces are carried along by optical flow; a look comes at once where that
    fails, and at every cut.

    As long as all faces are large, or nobody is there, and their number stays the same, a coarse
    look, which takes a third to two thirds of the time, finds them as well. A thorough one comes at
    every cut and every interval, so that small new faces are found, and at once when the coarse one
    finds more or fewer faces.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Look thoroughly next time."""
        self._looked_at_s = self._thorough_at_s = float("-inf")
        self._last: Frame | None = None
        self._found: list[FaceDetection] = []

    def detect(
        self,
        faces: FaceFinder,
        frame: Frame,
        max_faces: int,
        interval_s: float,
        thorough_interval_s: float,
    ) -> list[FaceDetection]:
        """The faces of the next frame.

        Args:
            faces: The detector.
            frame: The frame.
            max_faces: Only so many, the largest.
            interval_s: Time between two looks of the detector; 0 for every frame.
            thorough_interval_s: Longest time between two thorough looks; 0 for always.
        """
        found = self._carried(frame, max_faces, interval_s)
        if found is None:
            found = self._look(faces, frame, max_faces, thorough_interval_s)
            self._looked_at_s = frame.time_s
        self._last, self._found = frame, found
        return found

    def _carried(
        self, frame: Frame, max_faces: int, interval_s: float
    ) -> list[FaceDetection] | None:
        """The faces of the last frame in this one; None when the detector must look."""
        last = self._last
        is_due = not self._is_within(frame, self._looked_at_s, _DUE_SHARE * interval_s)
        if last is None or is_due or len(self._found) > max_faces > 0:
            return None
        return carry_faces(last.frame_bgr, frame.frame_bgr, self._found)

    def _look(
        self, faces: FaceFinder, frame: Frame, max_faces: int, thorough_interval_s: float
    ) -> list[FaceDetection]:
        det_size = self._coarse_size(faces, frame, thorough_interval_s)
        if det_size is not None:
            found = faces.detect_coarsely(frame.frame_bgr, max_faces, det_size)
            if len(found) == len(self._found):
                return found
        self._thorough_at_s = frame.time_s
        return faces.detect(frame.frame_bgr, max_faces)

    def _is_within(self, frame: Frame, since_s: float, interval_s: float) -> bool:
        """Whether a frame belongs to the scene of the last one and the interval runs still."""
        is_same_scene = self._last is not None and frame.scene_id == self._last.scene_id
        return is_same_scene and 0.0 <= frame.time_s - since_s < interval_s

    def _coarse_size(self, faces: FaceFinder, frame: Frame, interval_s: float) -> int | None:
        """The smallest detection size at which all faces are still large; None for thorough."""
        if not self._is_within(frame, self._thorough_at_s, interval_s):
            return None
        longest_px = max(frame.frame_bgr.shape[:2])
        smallest_px = min((face_px(face.bbox_xyxy) for face in self._found), default=float("inf"))
        needed = MIN_COARSE_PX * longest_px / smallest_px
        able = (size for size in faces.coarse_det_sizes if needed <= size < longest_px)
        return next(able, None)
