"""The first screen of a report: what was recorded, who appeared, the whole length at a glance."""

from facemotion.analysis.report.content import Report, feeling_of, opening
from facemotion.analysis.report.markup import feeling, lane, portrait, table
from facemotion.analysis.report.people import Person
from facemotion.analysis.report.words import (
    amount,
    clock,
    count,
    date,
    escape,
    length,
    percent,
    plural,
)
from facemotion.core.labels import EMOTIONS

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_MOST_LANES = 40


def masthead(report: Report) -> str:
    """Title, facts, the most important in words, and remarks."""
    recording = report.recording
    facts: list[str] = []
    if recording.started_at is not None:
        facts.append(f"Recorded {date(recording.started_at)}")
    if not report.is_stills:
        facts.append(length(recording.length_s))
    if recording.source_name and recording.source_name != recording.title:
        facts.append(f"Source: {recording.source_name}")
    width_px, height_px = recording.size_px
    if width_px and height_px and not report.is_stills:
        rate = f", {recording.fps:.3g} pictures a second" if recording.fps else ""
        facts.append(f"{width_px} × {height_px} pixels{rate}")
    remarks = "".join(f"<p>{escape(remark)}</p>" for remark in recording.remarks)
    return (
        '<header class="masthead"><p class="kicker"><b>facemotion</b> emotion report</p>'
        f"<h1>{escape(recording.title)}</h1>"
        f'<p class="facts">{escape(" · ".join(facts))}</p>'
        f'<p class="lede">{escape(opening(report))}</p>'
        + (f'<div class="remarks" role="note">{remarks}</div>' if remarks else "")
        + "</header>"
    )


def overview(report: Report) -> str:
    """Figures, who appeared when, and a table of the same."""
    if not report.cast.everybody:
        return '<section id="overview"><h2>Who appeared</h2><p>Nobody.</p></section>'
    lanes = "" if report.is_stills else _glance(report)
    return (
        '<section id="overview"><h2>Who appeared</h2>'
        f"{_figures(report)}{lanes}{_table(report)}</section>"
    )


def _figures(report: Report) -> str:
    cast, quality = report.cast, report.readability
    named = sum(person.is_named for person in cast.people)
    unnamed = len(cast.everybody) - named
    figures: list[tuple[str, str]] = []
    if named:
        figures.append((count(named), "known person" if named == 1 else "known people"))
    if unnamed and not report.is_stills:
        figures.append((count(unnamed), "unnamed face" if unnamed == 1 else "unnamed faces"))
    if not report.is_stills:
        figures.append((count(report.change_count), "emotion changes"))
    figures.append((count(quality.update_count), "readings of a face"))
    figures.append((percent(quality.unsure_share), "of them unsure"))
    if report.recording.markers:
        figures.append((count(len(report.recording.markers)), "markers"))
    cells = "".join(f"<div><dt>{words}</dt><dd>{value}</dd></div>" for value, words in figures)
    return f'<dl class="figures">{cells}</dl>'


def _glance(report: Report) -> str:
    """A lane for everybody over the whole length, with the markers across."""
    recording = report.recording
    marks = "".join(
        f'<span class="mark" style="left:{_place(report, marker.time_s):.3f}%" '
        f'title="{escape(f"{clock(marker.time_s)} {marker.label}")}"></span>'
        for marker in recording.markers
    )
    lanes = "".join(
        f'<div class="who">{portrait(report.portraits.get(person.label), "")}'
        f'<a href="#person-{place}">{escape(person.label)}</a></div>'
        f'<div class="lane">{_bars(report, person)}{marks}</div>'
        for place, person in enumerate(report.cast.people[:_MOST_LANES])
    )
    ticks = _ticks(recording.length_s)
    scale = "".join(
        f"<span{' class=end' if _place(report, tick) > 94.0 else ''} "
        f'style="left:{_place(report, tick):.3f}%">{clock(tick).removesuffix(".0")}</span>'
        for tick in ticks
    )
    key = "".join(f"<li>{feeling(emotion)}</li>" for emotion in range(len(EMOTIONS)))
    others = len(report.cast.others)
    return (
        f'<figure><div class="lanes">{lanes}'
        f'<div class="blank"></div><div class="scale" aria-hidden="true">{scale}</div></div>'
        f'<ul class="key" aria-label="Colours">{key}'
        '<li><span class="swatch"></span>present, nothing to tell</li></ul>'
        "<figcaption>The emotion on show over the whole length; empty where somebody was not in "
        "the picture."
        + (" Dashed lines are markers." if recording.markers else "")
        + (f" {plural(others, 'brief or unreadable face')} left out." if others else "")
        + "</figcaption></figure>"
    )


def _ticks(length_s: float) -> list[float]:
    step = next((step for step in _STEPS_S if length_s / step <= 6.5), _STEPS_S[-1])
    return [float(tick) for tick in range(0, int(length_s) + 1, step)]


def _place(report: Report, time_s: float) -> float:
    """Percent of the whole length."""
    whole = max(report.recording.length_s, 1e-9)
    return min(max(time_s / whole, 0.0), 1.0) * 100.0


def _bars(report: Report, person: Person) -> str:
    first, last = person.visits[0][0], person.visits[-1][1]
    words = (
        f"{person.label}: from {clock(first)} to {clock(last)}, mostly {feeling_of(person)}, "
        f"{plural(len(person.changes), 'change')}"
    )
    return lane(person.spans, report.recording.length_s, words)


def _table(report: Report) -> str:
    is_stills = report.is_stills
    head = [("Person", ""), ("Seen", "number"), ("Mostly", ""), ("Unsure", "number")]
    if not is_stills:
        head[1:1] = [("First", "number extra"), ("Last", "number extra")]
        head[4:4] = [("Stays", "number extra")]
        head.insert(6, ("Changes", "number"))
    rows = [_row(person, place, is_stills) for place, person in enumerate(report.cast.people)]
    others = [_row(person, None, is_stills) for person in report.cast.others]
    people = table(head, rows, "Who appeared, and for how long") if rows else ""
    if not others:
        return f'<div class="after">{people}</div>'
    brief = table(head, others)
    words = plural(len(others), "face")
    return (
        f'<div class="after">{people}</div>'
        f"<details data-print><summary>{words} seen for less than a second or never readable"
        f"</summary>{brief}</details>"
    )


def _row(person: Person, place: int | None, is_stills: bool) -> list[tuple[str, str]]:
    name = escape(person.label)
    label = name if place is None else f'<a href="#person-{place}">{name}</a>'
    row = [
        (label, ""),
        (amount(person.present, is_stills=is_stills), "number"),
        (feeling(person.main_emotion), ""),
        (percent(person.readability.unsure_share), "number"),
    ]
    if not is_stills:
        row[1:1] = [
            (clock(person.visits[0][0]), "number extra"),
            (clock(person.visits[-1][1]), "number extra"),
        ]
        row[4:4] = [(count(len(person.visits)), "number extra")]
        row.insert(6, (count(len(person.changes)), "number"))
    return row
