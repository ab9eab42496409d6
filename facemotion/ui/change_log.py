"""When the shown emotion of a face changed, from what to what."""

import csv
import io
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from facemotion.core.types import FrameResult
from facemotion.ui.presence import PresentFace
from facemotion.ui.words import shown_probability

MOST_CHANGES = 5000
MOST_TRACKS = 256
CHANGE_COLUMNS = (
    "clock",
    "time_s",
    "source",
    "track_id",
    "person",
    "from",
    "to",
    "probability",
    "marker",
)


@dataclass(frozen=True, slots=True)
class EmotionChange:
    """One change.

    Attributes:
        clock: Local date and time at which it was seen.
        time_s: Source time.
        source: Name of the source.
        is_live: Whether the clock says more about it than the source time.
        track_id: The track.
        person: Who, as shown at that moment.
        before: Emotion shown until then.
        after: Emotion shown from then on.
        probability: Smoothed probability of the new emotion.
    """

    clock: datetime
    time_s: float
    source: str
    is_live: bool
    track_id: int
    person: str
    before: str
    after: str
    probability: float


@dataclass(frozen=True, slots=True)
class MarkedMoment:
    """A moment that the user stamped, among the changes.

    Attributes:
        clock: Local date and time.
        time_s: Source time of the picture on show.
        source: Name of the source.
        is_live: Whether the clock says more about it than the source time.
        label: What the user typed, or the hotkey's label.
        kind: As in `store.markers.Marker`.
    """

    clock: datetime
    time_s: float
    source: str
    is_live: bool
    label: str
    kind: str


LogEntry = EmotionChange | MarkedMoment
"""A row of the history."""


class ChangeLog:
    """Compares each result with what was shown before; keeps a bounded number of changes."""

    def __init__(self) -> None:
        self._shown: OrderedDict[int, str] = OrderedDict()
        self._changes: deque[EmotionChange] = deque(maxlen=MOST_CHANGES)

    @property
    def changes(self) -> Sequence[EmotionChange]:
        """All changes kept, oldest first."""
        return self._changes

    def update(
        self,
        result: FrameResult,
        present: Sequence[PresentFace],
        source: str,
        is_live: bool,
        clock: datetime,
    ) -> list[EmotionChange]:
        """Take over a result.

        Args:
            result: The newest one.
            present: The faces that are here, for their titles.
            source: Name of the source.
            is_live: Whether it is live.
            clock: Local date and time.

        Returns:
            The changes that it brought, oldest first.
        """
        titles = {face.track_id: face.title for face in present}
        found: list[EmotionChange] = []
        for face in result.faces:
            after = face.emotion.emotion
            probability = shown_probability(face.emotion)
            if after is None or probability is None:
                continue
            before = self._shown.get(face.track_id)
            self._shown[face.track_id] = after
            self._shown.move_to_end(face.track_id)
            if before is not None and before != after:
                person = titles.get(face.track_id, f"#{face.track_id}")
                found.append(
                    EmotionChange(
                        clock=clock,
                        time_s=result.frame.time_s,
                        source=source,
                        is_live=is_live,
                        track_id=face.track_id,
                        person=person,
                        before=before,
                        after=after,
                        probability=probability,
                    )
                )
        while len(self._shown) > MOST_TRACKS:
            self._shown.popitem(last=False)
        self._changes.extend(found)
        return found

    def begin_source(self) -> None:
        """Another source or a jump in time: what was shown before says nothing any more."""
        self._shown.clear()

    def clear(self) -> None:
        """Forget the changes; what is shown now stays known."""
        self._changes.clear()


def changes_to_csv(changes: Sequence[LogEntry]) -> bytes:
    """A CSV file, UTF-8 with a mark so that spreadsheets read names correctly."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CHANGE_COLUMNS)
    writer.writerows(_cells(entry) for entry in changes)
    return text.getvalue().encode("utf-8-sig")


def _cells(entry: LogEntry) -> tuple[str | int, ...]:
    before = (entry.clock.isoformat(timespec="seconds"), f"{entry.time_s:.3f}", entry.source)
    if isinstance(entry, MarkedMoment):
        return (*before, "", "", "", "", "", entry.label)
    probability = f"{entry.probability:.4f}"
    return (*before, entry.track_id, entry.person, entry.before, entry.after, probability, "")
