"""One person of a report: timeline, distribution, raw against smoothed, changes."""

from datetime import timedelta

import numpy as np

from facemotion.analysis.report.content import Report, feeling_of
from facemotion.analysis.report.markup import feeling, portrait, share_bar, table
from facemotion.analysis.report.people import Change, Person
from facemotion.analysis.report.words import amount, clock, count, escape, length, percent, plural
from facemotion.core.labels import EMOTIONS

MOST_CHANGES = 500
OPEN_CHANGES = 12


def person_section(report: Report, place: int, thinned_s: float) -> str:
    """The article about one person.

    Args:
        report: All of it.
        place: Of the person in `Cast.people`.
        thinned_s: Stretch of time whose least and largest value were drawn; 0 for all values.
    """
    person = report.cast.people[place]
    chart = "" if report.is_stills else _chart(person, place, thinned_s)
    changes = "" if report.is_stills else _changes(report, person)
    return (
        f'<article class="person" id="person-{place}">'
        f"<header>{portrait(report.portraits.get(person.label), person.label)}"
        f"<div><h3>{escape(person.label)}</h3><p>{_facts(report, person)}</p></div></header>"
        f'{chart}<div class="pair">{_distribution(report, person)}{_confusion(report, person)}'
        f"</div>{changes}</article>"
    )


def _facts(report: Report, person: Person) -> str:
    parts = [amount(person.present, is_stills=report.is_stills)]
    if not report.is_stills:
        parts[0] += f" in {plural(len(person.visits), 'stay')}"
        parts.append(plural(len(person.changes), "change"))
    parts.append(f"mostly {feeling_of(person)}" if person.main_emotion >= 0 else "not readable")
    parts.append(f"{percent(person.readability.unsure_share)} unsure")
    if person.is_named:
        known = person.decisions.get("known", 0) / max(len(person.rows), 1)
        words = f"recognised in {percent(known)} of the readings"
        if np.isfinite(person.mean_similarity):
            words += f", mean similarity {person.mean_similarity:.2f}"
        parts.append(words)
    return escape(" · ".join(parts))


def _chart(person: Person, place: int, thinned_s: float) -> str:
    legend = "".join(
        f'<button type="button" data-emotion="{emotion}" aria-pressed="true">'
        f'<span class="swatch" style="background:var(--e{emotion})"></span>{name}'
        '<span class="value"></span></button>'
        for emotion, name in enumerate(EMOTIONS)
    )
    label = escape(
        f"Emotion timeline of {person.label}, mostly {feeling_of(person)}. The arrow keys move, "
        "plus and minus zoom, 0 shows the whole length. The tables below say the same in figures."
    )
    drawn = (
        f" Drawn are the least and the largest value of each {length(thinned_s)}; timeline.csv "
        "holds every reading."
        if thinned_s
        else ""
    )
    return (
        f'<figure><div class="legend" id="legend-{place}" role="group" '
        f'aria-label="Curves on show">{legend}</div>'
        f'<div class="plot" id="plot-{place}" tabindex="0" role="group" aria-label="{label}"></div>'
        "<noscript><p>The timeline needs JavaScript, which is part of this file; the tables do "
        "not.</p></noscript>"
        "<figcaption>Smoothed probability of each emotion. The band below the curves is the "
        f"emotion on show, grey where none could be told.{drawn}</figcaption></figure>"
    )


def _distribution(report: Report, person: Person) -> str:
    unsettled = max(person.present - float(person.emotion_totals.sum()), 0.0)
    whole = max(person.present, 1e-9)
    rows = [
        _share_row(report, feeling(emotion), float(value), whole, f"var(--e{emotion})")
        for emotion, value in enumerate(person.emotion_totals)
    ]
    grey = '<span class="feeling"><span class="swatch"></span>none told</span>'
    rows.append(_share_row(report, grey, unsettled, whole, "var(--unsettled)"))
    unit = "Pictures" if report.is_stills else "Time"
    head = [("Emotion", ""), (unit, "number"), ("Share", "number"), ("", "wide")]
    words = "In how many pictures" if report.is_stills else "How the time was spent"
    return f"<div>{table(head, rows, words)}</div>"


def _share_row(
    report: Report, label: str, value: float, whole: float, colour: str
) -> list[tuple[str, str]]:
    share = min(value / whole, 1.0)
    shown = amount(value, is_stills=report.is_stills) if value > 0.0 else "–"
    return [
        (label, ""),
        (shown, "number"),
        (percent(share) if value > 0.0 else "–", "number"),
        (share_bar(share, colour) if value > 0.0 else "", "wide"),
    ]


def _confusion(report: Report, person: Person) -> str:
    """Single readings against the emotion on show, as a table of shares of each row."""
    matrix = person.confusion
    total = int(matrix.sum())
    if not total:
        return "<div><h4>Single readings against the emotion on show</h4><p>No reading.</p></div>"
    head = "".join(
        f'<th scope="col"><abbr title="{name}">{name[:3]}</abbr></th>' for name in EMOTIONS
    )
    body = "".join(
        f'<tr><th scope="row">{name}</th>{_confusion_cells(matrix[row], row)}</tr>'
        for row, name in enumerate(EMOTIONS)
    )
    agreeing = int(np.trace(matrix)) / total
    words = f"Both agree in {percent(agreeing)} of {plural(total, 'reading')}."
    if not report.is_stills:
        words += (
            f" From one single reading to the next the likeliest emotion "
            f"{_changed(person.raw_change_count)}; the emotion on show "
            f"{_changed(len(person.changes))}."
        )
    return (
        '<div><table class="confusion"><caption>Single readings (rows) against the emotion on '
        f'show (columns)</caption><thead><tr><th scope="col">single</th>{head}</tr></thead>'
        f'<tbody>{body}</tbody></table><p class="note after">{words}</p></div>'
    )


def _changed(number: int) -> str:
    few = {0: "never changed", 1: "changed once", 2: "changed twice"}
    return few.get(number, f"changed {count(number)} times")


def _confusion_cells(values: np.ndarray, row: int) -> str:
    total = max(int(values.sum()), 1)
    cells: list[str] = []
    for column, value in enumerate(values.tolist()):
        share = value / total
        tone = "--accent" if row == column else "--quiet"
        style = f"--tone:var({tone});--share:{share * 45:.0f}%"
        kind = "" if value else ' class="none"'
        cells.append(f'<td{kind} style="{style}">{count(value)}</td>')
    return "".join(cells)


def _changes(report: Report, person: Person) -> str:
    if not person.changes:
        return '<p class="note after">The emotion on show never changed.</p>'
    shown = person.changes[:MOST_CHANGES]
    head = [("Time", ""), ("From", ""), ("To", ""), ("Probability", "number")]
    if report.recording.started_at is not None:
        head.insert(1, ("Clock", "extra"))
    rows = [_change_row(report, change) for change in shown]
    is_open = " open" if len(person.changes) <= OPEN_CHANGES else ""
    rest = len(person.changes) - len(shown)
    note = (
        f'<p class="note">{plural(rest, "later change")} left out; timeline.csv has all.</p>'
        if rest
        else ""
    )
    return (
        f"<details data-print{is_open}><summary>{plural(len(person.changes), 'change')} of the "
        f"emotion on show</summary>{table(head, rows)}{note}</details>"
    )


def _change_row(report: Report, change: Change) -> list[tuple[str, str]]:
    row = [
        (clock(change.time_s), ""),
        (feeling(change.old), ""),
        (feeling(change.new), ""),
        (percent(change.probability), "number"),
    ]
    started_at = report.recording.started_at
    if started_at is not None:
        moment = started_at + timedelta(seconds=change.time_s)
        row.insert(1, (f"{moment:%H:%M:%S}", "extra"))
    return row
