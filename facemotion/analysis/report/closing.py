"""The end of a report: markers, pictures, quality, method, models and settings."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

from facemotion.analysis.report.content import Report
from facemotion.analysis.report.markup import feeling, table
from facemotion.analysis.report.people import BRIEF_S, JOIN_S, Person, feelings
from facemotion.analysis.report.readability import UNKNOWN_REASON, Readability
from facemotion.analysis.report.recording import SettingValue
from facemotion.analysis.report.words import clock, count, escape, length, percent
from facemotion.version import __version__

_MOST_PICTURES = 1000


def markers(report: Report) -> str:
    """The stamped moments; empty when there are none."""
    recording = report.recording
    if not recording.markers:
        return ""
    started_at = recording.started_at
    rows: list[list[tuple[str, str]]] = []
    for marker in recording.markers:
        moment = started_at + timedelta(seconds=marker.time_s) if started_at else marker.at
        kind = "note" if marker.kind == "note" else marker.kind.replace("hotkey", "key ")
        label = escape(marker.label) or "–"
        rows.append(
            [
                (clock(marker.time_s), ""),
                (f"{moment:%H:%M:%S}", ""),
                (label, ""),
                (escape(kind), ""),
            ]
        )
    head = [("Time", ""), ("Clock", ""), ("Marker", ""), ("Made with", "")]
    return f'<section id="markers"><h2>Markers</h2>{table(head, rows)}</section>'


def pictures(report: Report) -> str:
    """The faces of each picture, where pictures were read."""
    timeline = report.recording.timeline
    if not report.is_stills or not len(timeline):
        return ""
    shown = {
        row: value for person in report.cast.everybody for row, value in _shown(report, person)
    }
    rows: list[list[tuple[str, str]]] = []
    for row, (name, value) in sorted(shown.items())[:_MOST_PICTURES]:
        sure = float(timeline.smooth[row, value]) if value >= 0 else float("nan")
        cells = [(escape(timeline.source[row]), ""), (escape(name), ""), (feeling(value), "")]
        rows.append([*cells, (percent(sure), "number")])
    rest = len(timeline) - len(rows)
    note = f'<p class="note">{count(rest)} more are in timeline.csv.</p>' if rest else ""
    head = [("Picture", ""), ("Who", ""), ("Emotion", ""), ("Probability", "number")]
    return f'<section id="pictures"><h2>Pictures</h2>{table(head, rows)}{note}</section>'


def _shown(report: Report, person: Person) -> list[tuple[int, tuple[str, int]]]:
    """Label and emotion on show by row."""
    values = feelings(report.recording.timeline, person.rows).tolist()
    return [
        (int(row), (person.label, value)) for row, value in zip(person.rows, values, strict=True)
    ]


def quality(report: Report) -> str:
    """How much could be read, and what stood in the way."""
    head = [
        ("Person", ""),
        ("Readings", "number"),
        ("Unsure", "number"),
        ("Not read", "number"),
        ("Why", ""),
    ]
    rows = [_quality_row(escape(person.label), person.readability) for person in report.cast.people]
    rows.append(_quality_row("<b>Everybody</b>", report.readability))
    reasons = dict(report.readability.reasons)
    note = (
        "The settings of the quality gates were not kept, so the reasons are not known."
        if UNKNOWN_REASON in reasons
        else "The reasons follow from the size of the face and the detector's score with the "
        "limits that were set; of blur, turn and cut-off the timeline keeps no measurements."
    )
    return (
        '<section id="quality"><h2>Quality</h2><p>A reading is unsure when the face could not be '
        "read, or no emotion was settled yet. Unsure readings count as presence, not as an "
        f'emotion.</p>{table(head, rows)}<p class="note after">{note}</p></section>'
    )


def _quality_row(label: str, readability: Readability) -> list[tuple[str, str]]:
    whole = max(readability.update_count, 1)
    why = ", ".join(f"{reason} {percent(n / whole)}" for reason, n in readability.reasons)
    return [
        (label, ""),
        (count(readability.update_count), "number"),
        (percent(readability.unsure_share), "number"),
        (percent(readability.unread_count / whole), "number"),
        (escape(why) or "–", ""),
    ]


def method(report: Report) -> str:
    """Models, settings, and how the figures came about."""
    recording = report.recording
    models = [
        [(escape(name), ""), (f"<code>{escape(model)}</code>", "")]
        for name, model in recording.models.items()
    ]
    shown = table([("Model", ""), ("Id", "")], models) if models else "<p>Not recorded.</p>"
    settings = _settings(recording.settings)
    details = (
        f"<details><summary>All {count(len(recording.settings))} settings</summary>"
        f'<div class="settings">{settings}</div></details>'
        if recording.settings
        else ""
    )
    return (
        f'<section id="method"><h2>Models and method</h2>{shown}{_explanation(report)}{details}'
        "</section>"
    )


def _explanation(report: Report) -> str:
    if report.is_stills:
        text = (
            "Every picture stands alone: nothing is carried over from one to the next, and faces "
            "without a name are counted together."
        )
    else:
        interval = (
            length(report.cast.interval_s)
            if report.cast.interval_s >= 0.1
            else (f"{report.cast.interval_s * 1000:.0f} ms")
        )
        text = (
            f"A face was usually read every {interval}. A reading counts until the next one of the "
            f"same person; gaps up to {length(JOIN_S)} are bridged, longer ones end a stay. A face "
            "that is named during its track counts for that person from the track's beginning. A "
            "change is counted within a stay, from one settled emotion to another. Unnamed faces "
            f"seen for less than {length(BRIEF_S)} or never readable have no chart. Smoothed "
            "values hold the correction by a person's neutral face where one was in use."
        )
    return f'<p class="prose after">{text}</p>'


def _settings(settings: Mapping[str, SettingValue]) -> str:
    groups: defaultdict[str, list[tuple[str, SettingValue]]] = defaultdict(list)
    for name, value in settings.items():
        group, _, rest = name.rpartition(".")
        groups[group or "general"].append((rest, value))
    return "".join(
        table(
            [("Setting", ""), ("Value", "number")],
            [
                [(escape(name.replace("_", " ")), ""), (escape(_value(value)), "number")]
                for name, value in values
            ],
            group.replace("_", " ").capitalize(),
        )
        for group, values in groups.items()
    )


def _value(value: SettingValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value) or "–"


def footer() -> str:
    """What emotion recognition is not, and what made the page."""
    return (
        "<footer><p>Emotion recognition reads faces, not feelings: the figures say how an "
        "expression looks to a model, which can be wrong for a person, a pose or a light. Do not "
        "decide about people by them. In the EU, inferring the emotions of employees or pupils is "
        "prohibited, medical and safety reasons excepted.</p>"
        f"<p>Made by facemotion {escape(__version__)} on the user's own machine. This file loads "
        "nothing from a network. It contains uPlot, © 2022 Leon Sorokin, MIT licence.</p></footer>"
    )
