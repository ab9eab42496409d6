"""Who appeared, for how long, how they felt and how often that changed."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.analysis.report.readability import Readability, count_readable
from facemotion.analysis.report.recording import Recording
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS
from facemotion.core.types import Decision
from facemotion.store.timeline_reading import Timeline

JOIN_S: Final = 0.5
"""Somebody who is missing for no longer than this was there all the time."""
JOIN_INTERVALS: Final = 3.0
"""The same in times between two updates, where those are far apart."""
BRIEF_S: Final = 1.0
"""An unnamed face that was seen for a shorter time than this gets no chart of its own."""

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time with one emotion on show.

    Attributes:
        start_s: Its begin.
        end_s: Its end.
        emotion: Index in `EMOTIONS`, or −1 where none was settled.
    """

    start_s: float
    end_s: float
    emotion: int


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the emotion on show.

    Attributes:
        time_s: When.
        old: Index in `EMOTIONS`.
        new: Index in `EMOTIONS`.
        probability: Smoothed probability of the new emotion at that moment; NaN when unknown.
    """

    time_s: float
    old: int
    new: int
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Somebody who appeared.

    Attributes:
        label: Name, or “Face 3” with the track's number.
        is_named: Whether the name is that of an enrolled person.
        track_ids: Tracks that belong to the person.
        rows: int64 (N,) rows of the timeline, in the order of time.
        weights: float64 (N,) seconds for which each row counts; 1 each for pictures.
        visits: Begin and end of each stay in the picture (s).
        spans: Emotions on show, one after another; gaps are times of absence.
        emotion_totals: float64 (7,) seconds (or pictures) by emotion on show.
        changes: In the order of time.
        raw_change_count: How often the likeliest emotion of the single readings changed.
        confusion: int64 (7, 7) updates by likeliest emotion of the reading (row) and emotion on
            show (column).
        readability: How much could be read.
        decisions: Updates by `Decision`.
        mean_similarity: Of the updates in which the person was known; NaN without any.
    """

    label: str
    is_named: bool
    track_ids: tuple[int, ...]
    rows: Rows
    weights: NDArray[np.float64]
    visits: tuple[tuple[float, float], ...]
    spans: tuple[Span, ...]
    emotion_totals: NDArray[np.float64]
    changes: tuple[Change, ...]
    raw_change_count: int
    confusion: NDArray[np.int64]
    readability: Readability
    decisions: dict[str, int]
    mean_similarity: float

    @property
    def present(self) -> float:
        """Seconds (or pictures) in which the person was seen."""
        return float(self.weights.sum())

    @property
    def main_emotion(self) -> int:
        """Index of the emotion shown for longest, or −1 when none was ever settled."""
        return int(self.emotion_totals.argmax()) if self.emotion_totals.any() else -1


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Everybody who appeared.

    Attributes:
        people: Named people first, then the others; those seen for longest first.
        others: Unnamed faces that were seen for less than `BRIEF_S`, or could never be read.
        interval_s: Usual time between two updates; 0 for pictures.
    """

    people: tuple[Person, ...]
    others: tuple[Person, ...]
    interval_s: float

    @property
    def everybody(self) -> tuple[Person, ...]:
        """The people, then the other faces."""
        return self.people + self.others


def gather_people(recording: Recording) -> Cast:
    """Sort the rows of a timeline by person.

    A track whose face is named in some of its updates counts for that person from its beginning.
    """
    timeline = recording.timeline
    interval_s = 0.0 if recording.is_stills else _usual_interval_s(timeline)
    groups = _rows_by_label(timeline, is_stills=recording.is_stills)
    found = [
        _make_person(recording, label, is_named, np.array(rows, np.int64), interval_s)
        for (label, is_named), rows in groups.items()
    ]
    found.sort(key=lambda person: (not person.is_named, -person.present, person.label))
    least_s = 0.0 if recording.is_stills else BRIEF_S
    return Cast(
        people=tuple(person for person in found if _has_chart(person, least_s)),
        others=tuple(person for person in found if not _has_chart(person, least_s)),
        interval_s=interval_s,
    )


def feelings(timeline: Timeline, rows: Rows) -> NDArray[np.int64]:
    """Index of the emotion on show in each row, −1 where there is none; int64 (N,)."""
    index = {emotion: place for place, emotion in enumerate(EMOTIONS)} | {"": -1}
    return np.fromiter((index[timeline.emotion[row]] for row in rows), np.int64, len(rows))


def _rows_by_label(timeline: Timeline, *, is_stills: bool) -> dict[tuple[str, bool], list[int]]:
    names = [
        name if decision != Decision.UNKNOWN else ""
        for name, decision in zip(timeline.person, timeline.decision, strict=True)
    ]
    votes: defaultdict[int, Counter[str]] = defaultdict(Counter)
    if not is_stills:
        for track_id, name in zip(timeline.track_id.tolist(), names, strict=True):
            if name:
                votes[track_id][name] += 1
    groups: defaultdict[tuple[str, bool], list[int]] = defaultdict(list)
    for row, (track_id, name) in enumerate(zip(timeline.track_id.tolist(), names, strict=True)):
        if not name and track_id in votes:
            name = votes[track_id].most_common(1)[0][0]
        nobody = "Unknown faces" if is_stills else f"Face {track_id}"
        groups[name or nobody, bool(name)].append(row)
    return dict(groups)


def _has_chart(person: Person, least_s: float) -> bool:
    was_read = person.readability.unread_count < person.readability.update_count
    return person.is_named or (was_read and person.present >= least_s)


def _usual_interval_s(timeline: Timeline) -> float:
    gaps_s = np.diff(np.unique(timeline.time_s))
    return float(np.median(gaps_s)) if gaps_s.size else 0.1


def _make_person(
    recording: Recording, label: str, is_named: bool, rows: Rows, interval_s: float
) -> Person:
    timeline = recording.timeline
    if not recording.is_stills:
        rows = rows[np.argsort(timeline.time_s[rows], kind="stable")]
    times_s = timeline.time_s[rows]
    shown = feelings(timeline, rows)
    raw = _likeliest(timeline, rows)
    if recording.is_stills:
        weights, starts = np.ones(len(rows)), np.arange(len(rows))
    else:
        weights, starts = _weigh(times_s, interval_s)
    both = (raw >= 0) & (shown >= 0)
    confusion = np.zeros((EMOTION_COUNT, EMOTION_COUNT), np.int64)
    np.add.at(confusion, (raw[both], shown[both]), 1)
    is_known = np.array([timeline.decision[row] == Decision.KNOWN for row in rows])
    similarity = timeline.similarity[rows][is_known]
    return Person(
        label=label,
        is_named=is_named,
        track_ids=tuple(sorted(set(timeline.track_id[rows].tolist()))),
        rows=rows,
        weights=weights,
        visits=() if recording.is_stills else _visits(times_s, weights, starts),
        spans=() if recording.is_stills else _spans(times_s, weights, starts, shown),
        emotion_totals=np.bincount(
            shown[shown >= 0], weights[shown >= 0], minlength=EMOTION_COUNT
        ).astype(np.float64),
        changes=tuple(_changes(timeline, rows, starts, shown)),
        raw_change_count=_count_changes(raw, starts),
        confusion=confusion,
        readability=count_readable(timeline, rows, recording.settings),
        decisions=dict(Counter(timeline.decision[row] for row in rows)),
        mean_similarity=float(np.nanmean(similarity)) if similarity.size else float("nan"),
    )


def _likeliest(timeline: Timeline, rows: Rows) -> NDArray[np.int64]:
    """Index of the likeliest emotion of each reading, −1 where the face was not read."""
    raw = timeline.raw[rows]
    is_unread = ~np.isfinite(raw).all(axis=1)
    likeliest = np.nan_to_num(raw).argmax(axis=1)
    likeliest[is_unread] = -1
    return likeliest


def _weigh(times_s: NDArray[np.float64], interval_s: float) -> tuple[NDArray[np.float64], Rows]:
    """How long each row counts, and the rows with which a stay begins."""
    gaps_s = np.diff(times_s)
    is_joined = gaps_s <= max(JOIN_S, JOIN_INTERVALS * interval_s)
    weights = np.append(np.where(is_joined, gaps_s, interval_s), interval_s)
    return weights, np.append(0, np.flatnonzero(~is_joined) + 1)


def _visits(
    times_s: NDArray[np.float64], weights: NDArray[np.float64], starts: Rows
) -> tuple[tuple[float, float], ...]:
    ends = np.append(starts[1:], len(times_s)) - 1
    return tuple(
        (float(times_s[start]), float(times_s[end] + weights[end]))
        for start, end in zip(starts, ends, strict=True)
    )


def _spans(
    times_s: NDArray[np.float64],
    weights: NDArray[np.float64],
    starts: Rows,
    shown: NDArray[np.int64],
) -> tuple[Span, ...]:
    firsts = np.union1d(starts, np.flatnonzero(np.diff(shown)) + 1)
    lasts = np.append(firsts[1:], len(times_s)) - 1
    return tuple(
        Span(float(times_s[first]), float(times_s[last] + weights[last]), int(shown[first]))
        for first, last in zip(firsts, lasts, strict=True)
    )


def _changes(
    timeline: Timeline, rows: Rows, starts: Rows, shown: NDArray[np.int64]
) -> list[Change]:
    """Changes within a stay; the first emotion of a stay changes nothing."""
    found: list[Change] = []
    for old, new in _settled_pairs(shown, starts):
        row = rows[new]
        found.append(
            Change(
                time_s=float(timeline.time_s[row]),
                old=int(shown[old]),
                new=int(shown[new]),
                probability=float(timeline.smooth[row, shown[new]]),
            )
        )
    return found


def _count_changes(labels: NDArray[np.int64], starts: Rows) -> int:
    return len(_settled_pairs(labels, starts))


def _settled_pairs(labels: NDArray[np.int64], starts: Rows) -> list[tuple[int, int]]:
    """Neighbouring places within a stay whose labels differ; places without one are passed over."""
    settled = np.flatnonzero(labels >= 0)
    stay = np.searchsorted(starts, settled, side="right")
    differs = (np.diff(labels[settled]) != 0) & (np.diff(stay) == 0)
    places = np.flatnonzero(differs)
    return [(int(settled[place]), int(settled[place + 1])) for place in places]
