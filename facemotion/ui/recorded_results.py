"""What was found in a video when it was recorded, ready to be shown over it again."""

from typing import Final

import numpy as np

from facemotion.core.types import (
    Decision,
    EmotionReading,
    FaceResult,
    FloatArray,
    Frame,
    FrameResult,
    Identity,
)
from facemotion.store.timeline_reading import Timeline

LONGEST_HOLD_S: Final = 0.5
"""An update is shown for no longer than this when no other follows."""
HOLD_INTERVALS: Final = 3.0
"""The same in times between two updates, where those are far apart."""
_TOLERANCE_S: Final = 0.02
"""A frame and its update may differ by the rounding of their times."""
_NO_POINTS: Final = np.zeros((0, 2), np.float32)


class RecordedResults:
    """Answers for the frames of one video with the rows of its timeline.

    Boxes move evenly from one update to the next; everything else stays as it was last recorded.
    Landmarks are not part of a timeline.

    Args:
        timeline: Its times are those of the video.
        video_name: File name of the video; frames of anything else are answered with nobody.
    """

    def __init__(self, timeline: Timeline, video_name: str) -> None:
        self._timeline = timeline
        self._video_name = video_name
        order = np.argsort(timeline.time_s, kind="stable")
        self._rows = order
        self._times_s, self._starts = np.unique(timeline.time_s[order], return_index=True)
        gaps_s = np.diff(self._times_s)
        usual_s = float(np.median(gaps_s)) if gaps_s.size else 0.0
        self._hold_s = max(LONGEST_HOLD_S, HOLD_INTERVALS * usual_s)
        ids, firsts = np.unique(timeline.track_id[order], return_index=True)
        first_seen = timeline.time_s[order][firsts]
        self._first_seen_s = dict(zip(ids.tolist(), first_seen.tolist(), strict=True))

    def __call__(self, frame: Frame) -> FrameResult:
        """The faces that were found at a frame's time."""
        place = int(np.searchsorted(self._times_s, frame.time_s + _TOLERANCE_S, "right")) - 1
        if place < 0 or frame.name != self._video_name:
            return FrameResult(frame, ())
        time_s = float(self._times_s[place])
        if frame.time_s - time_s > self._hold_s:
            return FrameResult(frame, ())
        later = {int(self._timeline.track_id[row]): row for row in self._rows_at(place + 1)}
        faces = [self._face(frame, row, later, place) for row in self._rows_at(place)]
        return FrameResult(frame, tuple(sorted(faces, key=lambda face: face.track_id)))

    def _rows_at(self, place: int) -> list[int]:
        if place >= len(self._starts):
            return []
        end = self._starts[place + 1] if place + 1 < len(self._starts) else len(self._rows)
        return self._rows[self._starts[place] : end].tolist()

    def _face(self, frame: Frame, row: int, later: dict[int, int], place: int) -> FaceResult:
        timeline = self._timeline
        track_id = int(timeline.track_id[row])
        box, velocity = timeline.bbox_xyxy[row], np.zeros(4, np.float32)
        next_row = later.get(track_id)
        if next_row is not None:
            dt_s = float(self._times_s[place + 1] - self._times_s[place])
            velocity = ((timeline.bbox_xyxy[next_row] - box) / dt_s).astype(np.float32)
            ahead_s = min(max(frame.time_s - float(self._times_s[place]), 0.0), dt_s)
            box = (box + velocity * np.float32(ahead_s)).astype(np.float32)
        return FaceResult(
            track_id=track_id,
            bbox_xyxy=box,
            velocity_xyxy=velocity,
            kps=_NO_POINTS,
            det_score=float(np.nan_to_num(timeline.det_score[row])),
            identity=self._identity(row),
            emotion=EmotionReading(
                raw_probs=_probs(timeline.raw[row]),
                probs=_probs(timeline.smooth[row]),
                emotion=timeline.emotion[row] or None,
            ),
            first_seen_s=self._first_seen_s[track_id],
        )

    def _identity(self, row: int) -> Identity:
        name = self._timeline.person[row]
        return Identity(
            decision=Decision(self._timeline.decision[row]),
            name=name,
            cosine_similarity=float(self._timeline.similarity[row]),
        )


def _probs(values: FloatArray) -> FloatArray | None:
    return values if bool(np.isfinite(values).all()) else None
