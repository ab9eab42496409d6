"""The report for paper: plain HTML of paragraphs, tables and pictures, as a PDF is made from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from facemotion.analysis.report.content import Report, feeling_of, opening
from facemotion.analysis.report.figures import INK, QUIET, RULE, Figure
from facemotion.analysis.report.people import Person
from facemotion.analysis.report.words import amount, clock, count, date, escape, length, percent
from facemotion.core.labels import EMOTIONS
from facemotion.version import __version__

PICTURE_SCHEME: Final = "figure"
"""Scheme of the pictures' addresses, which only the document itself understands."""

_WIDTH_PX: Final = 640
_HALF_WIDTH_PX: Final = 308
_MOST_CHANGES: Final = 60


def paper_html(report: Report, figures: Mapping[str, Figure]) -> str:
    """The document.

    Args:
        report: What it says.
        figures: Plots by file name, in the order of `report`.
    """
    first = "".join(_picture(*each) for each in figures.items() if _is_first(each[1]))
    return (
        f"<html><head><style>{_STYLE}</style></head><body>{_title(report)}"
        f"{first}{_people_table(report)}{_persons(report, figures)}{_markers(report)}{_end(report)}"
        "</body></html>"
    )


_STYLE: Final = f"""
body {{ color: {INK}; font-size: 10pt; }}
h1 {{ font-size: 22pt; }} h2 {{ font-size: 15pt; }}
p.quiet {{ color: {QUIET}; font-size: 9pt; }}
th {{ color: {QUIET}; font-size: 8.5pt; text-align: left; border-bottom: 1px solid {RULE}; }}
td {{ font-size: 9.5pt; }}
"""


def _title(report: Report) -> str:
    recording = report.recording
    facts = [length(recording.length_s)] if not report.is_stills else []
    if recording.started_at is not None:
        facts.insert(0, f"Recorded {date(recording.started_at)}")
    if recording.source_name and recording.source_name != recording.title:
        facts.append(f"Source: {recording.source_name}")
    remarks = "".join(f"<p>{escape(remark)}</p>" for remark in recording.remarks)
    return (
        f'<p class="quiet"><b>facemotion</b> emotion report</p><h1>{escape(recording.title)}</h1>'
        f'<p class="quiet">{escape(" · ".join(facts))}</p><p>{escape(opening(report))}</p>{remarks}'
    )


def _people_table(report: Report) -> str:
    everybody = report.cast.everybody
    if not everybody:
        return ""
    head = ["Person", "Seen", "Mostly", "Changes", "Unsure"]
    rows = [
        [
            escape(person.label),
            amount(person.present, is_stills=report.is_stills),
            feeling_of(person),
            "–" if report.is_stills else count(len(person.changes)),
            percent(person.readability.unsure_share),
        ]
        for person in everybody
    ]
    return _table(head, rows)


def _persons(report: Report, figures: Mapping[str, Figure]) -> str:
    rest = [(name, figure) for name, figure in figures.items() if not _is_first(figure)]
    per_person = len(rest) // max(len(report.cast.people), 1)
    parts: list[str] = []
    for place, person in enumerate(report.cast.people):
        mine = rest[place * per_person : (place + 1) * per_person]
        wide = "".join(_picture(*each) for each in mine if each[1].width > 900)
        narrow = "".join(
            f"<td>{_picture(*each, _HALF_WIDTH_PX)}</td>" for each in mine if each[1].width <= 900
        )
        parts.append(
            f'<h2 style="page-break-before:always">{escape(person.label)}</h2>'
            f"{wide}<table><tr>{narrow}</tr></table>{_changes(person)}"
        )
    return "".join(parts)


def _changes(person: Person) -> str:
    if not person.changes:
        return '<p class="quiet">The emotion on show never changed.</p>'
    rows = [
        [
            clock(change.time_s),
            EMOTIONS[change.old],
            EMOTIONS[change.new],
            percent(change.probability),
        ]
        for change in person.changes[:_MOST_CHANGES]
    ]
    rest = len(person.changes) - len(rows)
    note = f'<p class="quiet">{count(rest)} later changes are in the page.</p>' if rest else ""
    return _table(["Time", "From", "To", "Probability"], rows) + note


def _markers(report: Report) -> str:
    if not report.recording.markers:
        return ""
    rows = [[clock(marker.time_s), escape(marker.label)] for marker in report.recording.markers]
    return f"<h2>Markers</h2>{_table(['Time', 'Marker'], rows)}"


def _end(report: Report) -> str:
    models = [[escape(name), escape(model)] for name, model in report.recording.models.items()]
    shown = _table(["Model", "Id"], models) if models else ""
    return (
        f'<h2 style="page-break-before:always">Quality, models and method</h2>'
        f"<p>{percent(report.readability.unsure_share)} of "
        f"{count(report.readability.update_count)} readings were unsure: the face could not be "
        f"read, or no emotion was settled yet.</p>{shown}"
        '<p class="quiet">Emotion recognition reads faces, not feelings: the figures say how an '
        "expression looks to a model, which can be wrong. Do not decide about people by them. "
        f"Made by facemotion {escape(__version__)} on the user's own machine; the settings are "
        "listed in the page that belongs to this document.</p>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{title}</th>" for title in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<table width="100%" cellspacing="0" cellpadding="4"><tr>{titles}</tr>{body}</table><br/>'
    )


def _picture(name: str, figure: Figure, width_px: int = _WIDTH_PX) -> str:
    height_px = round(width_px * figure.height / figure.width)
    return f'<p><img src="{PICTURE_SCHEME}:{name}" width="{width_px}" height="{height_px}"/></p>'


def _is_first(figure: Figure) -> bool:
    return figure.name == "at-a-glance"
