"""The plots of a report as SVG, for pictures and the PDF; in the light colours, on white.

Only what SVG Tiny knows is used, so that every program can show them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from facemotion.analysis.report.content import Report
from facemotion.analysis.report.decimation import thin_out
from facemotion.analysis.report.people import Person, Span
from facemotion.analysis.report.words import amount, clock, count, escape, percent
from facemotion.core.labels import EMOTIONS
from facemotion.core.palette import EMOTION_COLOURS

INK: Final = "#18202b"
QUIET: Final = "#525c6a"
RULE: Final = "#d5dae1"
GRID: Final = "#e6e9ee"
PANEL: Final = "#f5f6f8"
UNSETTLED: Final = "#c3c8d0"
AGREEING: Final = "#1f57b8"

_POINTS: Final = 1600
_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot.

    Attributes:
        name: For a file, in plain letters.
        title: What it shows, as plain text.
        width: In its own units, which are pixels at single density.
        height: The same.
        body: SVG elements.
    """

    name: str
    title: str
    width: int
    height: int
    body: str

    @property
    def svg(self) -> str:
        """A whole SVG file."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" font-family="sans-serif" font-size="13">'
            f'<rect width="{self.width}" height="{self.height}" fill="#ffffff"/>{self.body}</svg>'
        )


def glance_figure(report: Report) -> Figure:
    """Everybody over the whole length, with the markers."""
    left, right, row, top = 190, 24, 34, 56
    people = report.cast.people[:40]
    width, height = 960, top + row * len(people) + 64
    scale = _Scale(report.recording.length_s, left, width - right)
    parts = [_text(24, 30, "Who appeared, and the emotion on show", size=17, weight="bold")]
    for place, person in enumerate(people):
        y = top + place * row
        parts.append(_text(24, y + 19, _short(person.label, 22)))
        parts.append(_rect(left, y + 4, scale.right - left, 22, PANEL))
        parts.append(_bars(person.spans, scale, y + 4, 22))
    bottom = top + row * len(people)
    parts += _markers(report, scale, top - 4, bottom)
    parts.append(_time_axis(scale, bottom + 4))
    parts.append(_key(24, bottom + 48))
    return Figure("at-a-glance", "Who appeared", width, height, "".join(parts))


def timeline_figure(report: Report, person: Person) -> Figure:
    """Smoothed probabilities of one person, with the emotion on show below."""
    left, right, top, bottom = 72, 24, 48, 330
    width, height = 960, 420
    scale = _Scale(report.recording.length_s, left, width - right)
    parts = [_text(24, 28, f"Emotion timeline of {_short(person.label, 60)}", 17, weight="bold")]
    for level in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = bottom - level * (bottom - top)
        parts.append(_line(left, y, width - right, y, GRID))
        parts.append(_text(left - 8, y + 4, percent(level), 12, QUIET, anchor="end"))
    parts += _markers(report, scale, top, bottom)
    parts.append(_curves(report, person, scale, top, bottom))
    parts.append(_bars(person.spans, scale, bottom + 8, 14))
    parts.append(_time_axis(scale, bottom + 26))
    parts.append(_key(left, bottom + 74))
    title = f"Emotion timeline of {person.label}"
    return Figure("timeline", title, width, height, "".join(parts))


def distribution_figure(report: Report, person: Person) -> Figure:
    """How one person's time was spent."""
    left, right, row, top = 110, 130, 30, 52
    width, height = 620, top + row * (len(EMOTIONS) + 1) + 16
    whole = max(person.present, 1e-9)
    rest = max(person.present - float(person.emotion_totals.sum()), 0.0)
    values = [*(float(value) for value in person.emotion_totals), rest]
    names = [*EMOTIONS, "none told"]
    colours = [*(EMOTION_COLOURS[name] for name in EMOTIONS), UNSETTLED]
    title = f"How the time of {person.label} was spent"
    parts = [_text(24, 28, _short(title, 56), 17, weight="bold")]
    for place, (name, value, colour) in enumerate(zip(names, values, colours, strict=True)):
        y = top + place * row
        length = value / whole * (width - left - right)
        parts.append(_text(left - 12, y + 15, name, anchor="end"))
        parts.append(_rect(left, y, max(length, 1.0 if value > 0.0 else 0.0), 20, colour))
        if value > 0.0:
            words = f"{percent(value / whole)} · {amount(value, is_stills=report.is_stills)}"
            parts.append(_text(left + length + 8, y + 15, words, 12, QUIET))
    return Figure("distribution", title, width, height, "".join(parts))


def confusion_figure(person: Person) -> Figure:
    """Single readings against the emotion on show."""
    left, top, side = 110, 92, 54
    width, height = left + side * len(EMOTIONS) + 24, top + side * len(EMOTIONS) + 24
    title = f"Raw against smoothed: {person.label}"
    parts = [
        _text(24, 28, _short(title, 44), 17, weight="bold"),
        _text(
            24,
            54,
            "Rows: likeliest emotion of a single reading. Columns: emotion on show.",
            12,
            QUIET,
        ),
    ]
    for place, name in enumerate(EMOTIONS):
        middle = left + (place + 0.5) * side
        parts.append(_text(middle, top - 10, name[:8], 11, QUIET, anchor="middle"))
        y = top + place * side
        parts.append(_text(left - 12, y + side / 2 + 4, name, anchor="end"))
        parts += _confusion_row(person.confusion[place], place, left, y, side)
    return Figure("raw-against-smoothed", title, width, height, "".join(parts))


def _confusion_row(values: np.ndarray, place: int, left: int, y: float, side: int) -> list[str]:
    total = max(int(values.sum()), 1)
    parts: list[str] = []
    for column, value in enumerate(values.tolist()):
        x = left + column * side
        parts.append(_rect(x, y, side - 2, side - 2, PANEL))
        if value:
            tone = AGREEING if column == place else QUIET
            cell = _rect(x, y, side - 2, side - 2, tone)
            parts.append(cell.replace("/>", f' fill-opacity="{value / total * 0.45:.3f}"/>'))
            middle = x + side / 2 - 1
            parts.append(_text(middle, y + side / 2 + 4, count(value), 12, anchor="middle"))
    return parts


class _Scale:
    """From seconds to the width of a plot."""

    def __init__(self, length_s: float, left: float, right: float) -> None:
        self.length_s = max(length_s, 0.1)
        self.left = left
        self.right = right

    def x(self, time_s: float) -> float:
        share = min(max(time_s / self.length_s, 0.0), 1.0)
        return self.left + share * (self.right - self.left)


def _bars(spans: Sequence[Span], scale: _Scale, y: float, height: float) -> str:
    return "".join(
        _rect(
            scale.x(span.start_s),
            y,
            max(scale.x(span.end_s) - scale.x(span.start_s), 0.4),
            height,
            EMOTION_COLOURS[EMOTIONS[span.emotion]] if span.emotion >= 0 else UNSETTLED,
        )
        for span in spans
    )


def _curves(report: Report, person: Person, scale: _Scale, top: float, bottom: float) -> str:
    timeline, rows = report.recording.timeline, person.rows
    begins = np.array([visit[0] for visit in person.visits])
    times_s = timeline.time_s[rows]
    stays = np.searchsorted(begins, times_s, side="right")
    times_s, values = thin_out(times_s, timeline.smooth[rows], stays, _POINTS)
    parts: list[str] = []
    for place, name in enumerate(EMOTIONS):
        path, is_drawing = [], False
        for time_s, value in zip(times_s.tolist(), values[:, place].tolist(), strict=True):
            if value != value:  # NaN: a gap
                is_drawing = False
                continue
            y = bottom - value * (bottom - top)
            path.append(f"{'L' if is_drawing else 'M'}{scale.x(time_s):.1f} {y:.1f}")
            is_drawing = True
        colour = EMOTION_COLOURS[name]
        parts.append(
            f'<path d="{" ".join(path)}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
            if path
            else ""
        )
    return "".join(parts)


def _markers(report: Report, scale: _Scale, top: float, bottom: float) -> list[str]:
    parts: list[str] = []
    free = 0.0
    for marker in report.recording.markers:
        x = scale.x(marker.time_s)
        parts.append(
            f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="{QUIET}" '
            'stroke-width="1" stroke-dasharray="4 4"/>'
        )
        words = _short(marker.label, 18)
        if x >= free and x + len(words) * 6.5 < scale.right:
            parts.append(_text(x + 3, top + 4, words, 11, QUIET))
            free = x + len(words) * 6.5 + 10
    return parts


def _time_axis(scale: _Scale, y: float) -> str:
    step = next((step for step in _STEPS_S if scale.length_s / step <= 9.0), _STEPS_S[-1])
    parts = [_line(scale.left, y, scale.right, y, RULE)]
    for tick in range(0, int(scale.length_s) + 1, step):
        x = scale.x(tick)
        parts.append(_line(x, y, x, y + 5, RULE))
        parts.append(_text(x, y + 19, clock(tick).removesuffix(".0"), 12, QUIET, anchor="middle"))
    return "".join(parts)


def _key(left: float, y: float) -> str:
    parts: list[str] = []
    names = [*EMOTIONS, "none told"]
    for place, name in enumerate(names):
        x = left + place * 96
        parts.append(_rect(x, y - 10, 11, 11, EMOTION_COLOURS.get(name, UNSETTLED)))
        parts.append(_text(x + 17, y, name, 12))
    return "".join(parts)


def _text(
    x: float,
    y: float,
    words: str,
    size: int = 13,
    colour: str = INK,
    *,
    anchor: str = "start",
    weight: str = "normal",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" '
        f'text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'
    )


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        'stroke-width="1"/>'
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
