"""How much of a face could be read, and what stood in the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.boxes import box_size
from facemotion.core.types import GateReason
from facemotion.store.timeline_reading import Timeline

OTHER_REASON: Final = "blurred, turned away or cut off"
"""Gates whose measurements the timeline does not keep."""
UNKNOWN_REASON: Final = "not recorded"
"""Without the settings nobody can say which gate it was."""


@dataclass(frozen=True, slots=True)
class Readability:
    """How the updates of a face came out.

    Attributes:
        update_count: All of them.
        unread_count: Those in which a quality gate held the face back.
        unsure_count: Those without an emotion on show, or not read.
        reasons: Why faces were not read, with the count of each, the commonest first.
    """

    update_count: int
    unread_count: int
    unsure_count: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def unsure_share(self) -> float:
        """Part of the updates that was unsure, in [0, 1]."""
        return self.unsure_count / self.update_count if self.update_count else 0.0


def count_readable(
    timeline: Timeline, rows: NDArray[np.int64], settings: Mapping[str, str | int | float | bool]
) -> Readability:
    """Count the updates of a face that could be read.

    The reasons follow from the box's size and the detector's score with the limits that were set;
    for the other gates the timeline keeps no measurements.

    Args:
        timeline: All rows.
        rows: int64 (N,) those of the face.
        settings: As ``group.name``; without the limits the reasons are not known.
    """
    is_unread = ~np.isfinite(timeline.raw[rows]).all(axis=1)
    is_settled = np.array([bool(timeline.emotion[row]) for row in rows], np.bool_)
    reasons = _reasons(timeline, rows[is_unread], settings)
    return Readability(
        update_count=len(rows),
        unread_count=int(is_unread.sum()),
        unsure_count=int((is_unread | ~is_settled).sum()),
        reasons=tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
    )


def add_up(parts: list[Readability]) -> Readability:
    """The same for several faces together."""
    reasons: dict[str, int] = {}
    for part in parts:
        for reason, count in part.reasons:
            reasons[reason] = reasons.get(reason, 0) + count
    return Readability(
        update_count=sum(part.update_count for part in parts),
        unread_count=sum(part.unread_count for part in parts),
        unsure_count=sum(part.unsure_count for part in parts),
        reasons=tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
    )


def _reasons(
    timeline: Timeline,
    rows: NDArray[np.int64],
    settings: Mapping[str, str | int | float | bool],
) -> dict[str, int]:
    least_px, least_score = (
        settings.get("quality.min_face_px"),
        settings.get("quality.min_det_score"),
    )
    if not isinstance(least_px, int | float) or not isinstance(least_score, int | float):
        return {UNKNOWN_REASON: len(rows)} if len(rows) else {}
    is_hardly = timeline.det_score[rows] < least_score
    is_small = ~is_hardly & (box_size(timeline.bbox_xyxy[rows]).mean(axis=1) < least_px)
    counts = {
        GateReason.LOW_DET_SCORE.value: int(is_hardly.sum()),
        GateReason.TOO_SMALL.value: int(is_small.sum()),
        OTHER_REASON: int((~is_hardly & ~is_small).sum()),
    }
    return {reason: count for reason, count in counts.items() if count}
