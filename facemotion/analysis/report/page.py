"""The report as one HTML page that needs nothing but itself."""

import json
from typing import Any, Final

import numpy as np

from facemotion.analysis.report import closing, overview
from facemotion.analysis.report.content import Report
from facemotion.analysis.report.decimation import (
    FULL_SCALE,
    NO_VALUE,
    bucket_s,
    pack_probs,
    pack_times,
    thin_out,
)
from facemotion.analysis.report.people import Person
from facemotion.analysis.report.person_section import person_section
from facemotion.analysis.report.words import escape, on_dark
from facemotion.core.labels import EMOTIONS
from facemotion.core.palette import EMOTION_COLOURS, rgb_of
from facemotion.store.paths import resource_path

MOST_POINTS: Final = 12_000
"""Points of one person's curves."""
MOST_POINTS_IN_ALL: Final = 60_000
LEAST_POINTS: Final = 600

_POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
"""The browser itself refuses every request that the page might make."""


def render_page(report: Report) -> str:
    """The whole page."""
    people = report.cast.people
    most = most_points(len(people))
    sections = [
        overview.overview(report),
        _people(report, most),
        closing.markers(report),
        closing.pictures(report),
        closing.quality(report) if report.cast.everybody else "",
        closing.method(report),
    ]
    head = overview.masthead(report).replace("</header>", f"{_contents(sections)}</header>")
    return (
        f"{_head(report)}<body>{head}<main>{''.join(sections)}</main>{closing.footer()}"
        f"{_scripts(report, most)}</body></html>\n"
    )


def most_points(person_count: int) -> int:
    """Points that each of so many people's curves may have."""
    share = MOST_POINTS_IN_ALL // max(person_count, 1)
    return min(max(share, LEAST_POINTS), MOST_POINTS)


def _head(report: Report) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(report.recording.title)}: emotion report</title>"
        f'<link rel="icon" href="data:,"><style>{_resource("uPlot.min.css")}</style>'
        f"<style>{_style()}</style></head>"
    )


def _style() -> str:
    light = "".join(
        f" --e{place}: {EMOTION_COLOURS[name]}; --on{place}: {_ink_on(EMOTION_COLOURS[name])};"
        for place, name in enumerate(EMOTIONS)
    )
    dark = "".join(
        f" --e{place}: {on_dark(name)}; --on{place}: {_ink_on(on_dark(name))};"
        for place, name in enumerate(EMOTIONS)
    )
    css = _resource("page.css")
    return css.replace("/*light emotions*/", light).replace("/*dark emotions*/", dark)


def _ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on a colour (WCAG relative luminance)."""
    parts = np.array(rgb_of(colour)) / 255.0
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ np.array([0.2126, 0.7152, 0.0722]))
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


def _contents(sections: list[str]) -> str:
    names = {
        "overview": "Who appeared",
        "people": "Person by person",
        "markers": "Markers",
        "pictures": "Pictures",
        "quality": "Quality",
        "method": "Models and method",
    }
    there = [name for name in names if any(f'<section id="{name}"' in text for text in sections)]
    links = "".join(f'<li><a href="#{name}">{names[name]}</a></li>' for name in there)
    return f'<nav aria-label="Contents"><ul>{links}</ul></nav>'


def _people(report: Report, most: int) -> str:
    people = report.cast.people
    if not people:
        return ""
    timeline = report.recording.timeline
    articles = "".join(
        person_section(report, place, bucket_s(timeline.time_s[person.rows], most))
        for place, person in enumerate(people)
    )
    tools = "" if report.is_stills else _tools()
    return f'<section id="people"><h2>Person by person</h2>{tools}{articles}</section>'


def _tools() -> str:
    commands = (
        ("in", "+", "Zoom in"),
        ("out", "−", "Zoom out"),
        ("left", "←", "Earlier"),
        ("right", "→", "Later"),
        ("all", "Whole length", "Show the whole length"),
    )
    buttons = "".join(
        f'<button type="button" data-command="{name}" aria-label="{tip}" title="{tip}">{text}'
        "</button>"
        for name, text, tip in commands
    )
    return (
        '<p class="note hint">Drag across a chart to zoom, double-click to see everything again. '
        "All charts show the same stretch of time.</p>"
        f'<div class="tools" role="toolbar" aria-label="All charts">{buttons}'
        '<button type="button" id="raw" aria-pressed="false" title="Show each single reading as a '
        'thin line">Single readings</button><output id="range"></output></div>'
    )


def _scripts(report: Report, most: int) -> str:
    data = json.dumps(_data(report, most), ensure_ascii=False, separators=(",", ":"))
    safe = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return (
        f'<script type="application/json" id="data">{safe}</script>'
        f"<script>{_resource('uPlot.iife.min.js')}</script><script>{_resource('page.js')}</script>"
    )


def _data(report: Report, most: int) -> dict[str, Any]:
    recording = report.recording
    people = () if report.is_stills else report.cast.people
    return {
        "length_s": max(recording.length_s, 0.1),
        "full": FULL_SCALE,
        "none": NO_VALUE,
        "emotions": EMOTIONS,
        "markers": [[round(m.time_s * 1000), m.label] for m in recording.markers],
        "charts": [_chart_data(report, person, most) for person in people],
    }


def _chart_data(report: Report, person: Person, most: int) -> dict[str, Any]:
    timeline, rows = report.recording.timeline, person.rows
    times_s = timeline.time_s[rows]
    begins = np.array([visit[0] for visit in person.visits])
    stays = np.searchsorted(begins, times_s, side="right")
    both = np.hstack([timeline.smooth[rows], timeline.raw[rows]])
    times_s, both = thin_out(times_s, both, stays, most)
    columns = [pack_probs(column) for column in both.T]
    spans = [
        [round(span.start_s * 1000), round(span.end_s * 1000), span.emotion]
        for span in person.spans
    ]
    return {
        "times": pack_times(times_s),
        "smooth": columns[: len(EMOTIONS)],
        "raw": columns[len(EMOTIONS) :],
        "spans": spans,
    }


def _resource(name: str) -> str:
    return resource_path(f"report/{name}").read_text(encoding="utf-8")
