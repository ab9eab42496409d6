"""The figures of a report as plain values, for programs."""

from typing import Any

import numpy as np

from facemotion.analysis.report.content import Report
from facemotion.analysis.report.people import Person
from facemotion.core.labels import EMOTIONS


def report_values(report: Report) -> dict[str, Any]:
    """Who appeared, for how long, how, and how much of it could be read."""
    recording = report.recording
    return {
        "title": recording.title,
        "length_s": round(recording.length_s, 3),
        "unit": "pictures" if report.is_stills else "seconds",
        "people": [_person_values(person) for person in report.cast.people],
        "others": [_person_values(person) for person in report.cast.others],
        "unsure_share": round(report.readability.unsure_share, 4),
        "unsure_reasons": dict(report.readability.reasons),
        "markers": len(recording.markers),
        "models": dict(recording.models),
        "remarks": list(recording.remarks),
    }


def _person_values(person: Person) -> dict[str, Any]:
    matrix = person.confusion
    agreement = float(np.trace(matrix)) / float(matrix.sum()) if matrix.any() else None
    return {
        "name": person.label,
        "is_named": person.is_named,
        "tracks": list(person.track_ids),
        "seen": round(person.present, 3),
        "stays_s": [[round(start, 3), round(end, 3)] for start, end in person.visits],
        "emotions": {
            name: round(float(value), 3)
            for name, value in zip(EMOTIONS, person.emotion_totals, strict=True)
        },
        "changes": [
            {
                "time_s": round(change.time_s, 3),
                "from": EMOTIONS[change.old],
                "to": EMOTIONS[change.new],
                "probability": round(change.probability, 4),
            }
            for change in person.changes
        ],
        "raw_changes": person.raw_change_count,
        "raw_agreement": None if agreement is None else round(agreement, 4),
        "unsure_share": round(person.readability.unsure_share, 4),
    }
