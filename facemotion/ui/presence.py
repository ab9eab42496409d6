"""Who is in the picture, steadily: a face that is missed for a moment stays in the list."""

from dataclasses import dataclass

from facemotion.core.types import FaceResult, FrameBgr, FrameResult
from facemotion.ui.words import face_title

LEAVE_S = 1.0
"""A face that was not seen for this long (source time) has left."""
THUMBNAIL_INTERVAL_S = 1.0
THUMBNAIL_MARGIN = 0.25


@dataclass(slots=True, eq=False)
class PresentFace:
    """A face in the picture.

    Attributes:
        face: What was found last.
        last_seen_s: Source time of that.
        shown_since_s: Source time since which the face is here.
        thumbnail_bgr: uint8 (h, w, 3) BGR cut from a frame; own memory.
        thumbnail_at_s: Source time of the thumbnail.
    """

    face: FaceResult
    last_seen_s: float
    shown_since_s: float
    thumbnail_bgr: FrameBgr
    thumbnail_at_s: float

    @property
    def track_id(self) -> int:
        """The track's number."""
        return self.face.track_id

    @property
    def title(self) -> str:
        """Who, with the track's number where the name does not tell faces apart."""
        return face_title(self.face)

    @property
    def duration_s(self) -> float:
        """How long the face has been here."""
        return max(self.last_seen_s - self.shown_since_s, 0.0)


class Presence:
    """Keeps the list of faces between results."""

    def __init__(self) -> None:
        self._faces: dict[int, PresentFace] = {}

    @property
    def faces(self) -> list[PresentFace]:
        """Everyone here, in the order in which they came."""
        return list(self._faces.values())

    def get(self, track_id: int) -> PresentFace | None:
        """The face with a track id, or None when it is not here."""
        return self._faces.get(track_id)

    def update(self, result: FrameResult) -> None:
        """Take over a result; faces not seen for a while leave."""
        now_s = result.frame.time_s
        for face in result.faces:
            self._take_over(face, result)
        self._faces = {
            track_id: present
            for track_id, present in self._faces.items()
            if 0.0 <= now_s - present.last_seen_s <= LEAVE_S
        }

    def clear(self) -> None:
        """Nobody is here: another source."""
        self._faces.clear()

    def _take_over(self, face: FaceResult, result: FrameResult) -> None:
        now_s = result.frame.time_s
        present = self._faces.get(face.track_id)
        if present is None:
            picture = cut_thumbnail(result.frame.frame_bgr, face)
            since_s = min(face.first_seen_s, now_s)
            self._faces[face.track_id] = PresentFace(face, now_s, since_s, picture, now_s)
            return
        present.face = face
        present.last_seen_s = now_s
        if now_s - present.thumbnail_at_s >= THUMBNAIL_INTERVAL_S:
            present.thumbnail_bgr = cut_thumbnail(result.frame.frame_bgr, face)
            present.thumbnail_at_s = now_s


def cut_thumbnail(frame_bgr: FrameBgr, face: FaceResult) -> FrameBgr:
    """The square around a face, cut at the picture's edges.

    Returns:
        uint8 (h, w, 3) BGR, at least 1×1, own memory.
    """
    height_px, width_px = frame_bgr.shape[:2]
    x1, y1, x2, y2 = (float(v) for v in face.bbox_xyxy)
    half = max(x2 - x1, y2 - y1, 2.0) * (0.5 + THUMBNAIL_MARGIN / 2.0)
    centre_x, centre_y = (x1 + x2) / 2.0, (y1 + y2) / 2.0
    left = int(min(max(centre_x - half, 0.0), width_px - 1))
    top = int(min(max(centre_y - half, 0.0), height_px - 1))
    right = int(min(max(centre_x + half, left + 1), width_px))
    bottom = int(min(max(centre_y + half, top + 1), height_px))
    return frame_bgr[top:bottom, left:right].copy()
