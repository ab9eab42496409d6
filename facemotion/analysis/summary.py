"""Who was seen for how long, and how they felt: the figures of `summary.json`."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from facemotion.core.labels import EMOTIONS
from facemotion.core.types import Decision, FaceResult, FrameResult


@dataclass(slots=True)
class _Presence:
    """One person, or everybody unknown.

    Attributes:
        weights: Seconds (or pictures) by decision.
        emotions: Seconds (or pictures) by shown emotion.
        first_s: Time seen first.
        last_s: Time seen last.
    """

    weights: defaultdict[Decision, float] = field(default_factory=lambda: defaultdict(float))
    emotions: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    first_s: float | None = None
    last_s: float = 0.0

    def add(self, face: FaceResult, time_s: float, weight: float) -> None:
        self.weights[face.identity.decision] += weight
        if face.emotion.emotion is not None:
            self.emotions[face.emotion.emotion] += weight
        self.first_s = time_s if self.first_s is None else self.first_s
        self.last_s = time_s

    def emotion_shares(self) -> dict[str, float]:
        """Share of each emotion among the readings; all zero without any."""
        total = sum(self.emotions.values())
        return {
            name: round(self.emotions[name] / total, 4) if total > 0 else 0.0 for name in EMOTIONS
        }


class PresenceSummary:
    """Adds up results; its size depends on the people seen, not on the length.

    Args:
        is_stills: Whether pictures that stand alone are counted instead of seconds.
        frame_interval_s: How long the last reading counts.
    """

    def __init__(self, *, is_stills: bool, frame_interval_s: float) -> None:
        self._is_stills = is_stills
        self._interval_s = frame_interval_s
        self._people: dict[str, _Presence] = {}
        self._unknown = _Presence()
        self._unknown_tracks: set[int] = set()
        self._last: FrameResult | None = None
        self.frame_count = 0
        self.face_frame_count = 0

    def add(self, result: FrameResult) -> None:
        """Add a reading; in a video it counts until the next one."""
        self.frame_count += 1
        self.face_frame_count += bool(result.faces)
        if self._is_stills:
            self._count(result, 1.0)
            return
        if self._last is not None:
            self._count(self._last, max(result.frame.time_s - self._last.frame.time_s, 0.0))
        self._last = result

    def finish(self) -> dict[str, Any]:
        """The figures; nothing may be added afterwards."""
        if self._last is not None:
            self._count(self._last, self._interval_s)
            self._last = None
        unit = "pictures" if self._is_stills else "seconds"
        people = [
            self._person(name, presence, unit) for name, presence in sorted(self._people.items())
        ]
        unknown: dict[str, Any] = {
            f"{unit}_seen": _rounded(self._unknown.weights[Decision.UNKNOWN]),
            "emotion_shares": self._unknown.emotion_shares(),
        }
        if not self._is_stills:
            unknown["tracks"] = len(self._unknown_tracks)
        return {"people": people, "unknown": unknown}

    def _person(self, name: str, presence: _Presence, unit: str) -> dict[str, Any]:
        known, maybe = presence.weights[Decision.KNOWN], presence.weights[Decision.UNCERTAIN]
        entry: dict[str, Any] = {
            "name": name,
            f"{unit}_seen": _rounded(known),
            f"{unit}_uncertain": _rounded(maybe),
            "emotion_shares": presence.emotion_shares(),
        }
        if not self._is_stills:
            entry["first_seen_s"] = _rounded(presence.first_s or 0.0)
            entry["last_seen_s"] = _rounded(presence.last_s)
        return entry

    def _count(self, result: FrameResult, weight: float) -> None:
        for face in result.faces:
            time_s = result.frame.time_s
            if face.identity.decision is Decision.UNKNOWN:
                self._unknown_tracks.add(face.track_id)
                self._unknown.add(face, time_s, weight)
            else:
                self._people.setdefault(face.identity.name, _Presence()).add(face, time_s, weight)


def _rounded(value: float) -> float:
    return round(float(value), 3)
