"""The debug report as one HTML page that needs nothing beside itself."""

import base64
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from facemotion.analysis.debug_checks import Finding, Kind, Verdict
from facemotion.analysis.debug_report import DebugReport, EmotionRow
from facemotion.analysis.face_reference import DISTRIBUTIONS
from facemotion.store.atomic import write_atomic
from facemotion.store.paths import make_private_folder

PAGE_NAME: Final = "debug-report.html"
SHEET_FACES: Final = 8
"""Least and most confident faces shown of each emotion."""

_CHART: Final = (320, 120)
_TONES: Final = {
    Verdict.FINE: "good",
    Verdict.NOT_ENOUGH: "open",
    Verdict.PREPROCESSING: "bad",
    Verdict.MODEL: "bad",
}
_STYLE: Final = """\
:root { color-scheme: light dark; --ink: #1d2430; --quiet: #5c6675; --ground: #fff;
  --line: #d7dce3; --bad: #c4372f; --good: #1c8a57; --open: #b87500; --bar: #2f7bd9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --quiet: #9aa4b2;
  --ground: #171b21; --line: #343c47; --bad: #ff7b72; --good: #4cc38a; --open: #e5a83b;
  --bar: #6aa9f4; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem; color: var(--ink);
  background: var(--ground); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; overflow-wrap: anywhere; } .quiet { color: var(--quiet); }
.verdict { border-left: 6px solid var(--open); padding: .5rem 1rem; margin: 1rem 0;
  font-size: 1.15rem; font-weight: 600; }
.verdict.bad { border-color: var(--bad); } .verdict.good { border-color: var(--good); }
ul { padding-left: 0; list-style: none; margin: .5rem 0; }
li { padding: .2rem 0 .2rem 1.6rem; text-indent: -1.6rem; }
li b { display: inline-block; width: 1.6rem; text-indent: 0; }
li.bad b { color: var(--bad); } li.good b { color: var(--good); } li.open b { color: var(--open); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; }
img.face { width: 72px; height: 72px; image-rendering: auto; border-radius: 4px;
  vertical-align: middle; background: #8884; }
.sheet { display: flex; flex-wrap: wrap; gap: .5rem; margin: .25rem 0 .75rem; }
figure { margin: 0; width: 72px; } figcaption { font-size: .75rem; color: var(--quiet);
  text-align: center; }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem; } svg { max-width: 100%; height: auto; }
svg text { fill: var(--quiet); font: 11px system-ui, sans-serif; }
.bar { fill: var(--bar); opacity: .65; } .line { fill: none; stroke: var(--ink);
  stroke-width: 1.5; } .axis { stroke: var(--line); }
"""


def write_page(report: DebugReport, path: Path) -> None:
    """Write the page, readable by this user only: it shows faces.

    Args:
        report: What it says.
        path: The file; its folder is made when it is missing.

    Raises:
        OutputError: It cannot be written.
    """
    make_private_folder(path.parent)
    write_atomic(path, page(report).encode("utf-8"), is_private=True)


def page(report: DebugReport) -> str:
    """The whole page as HTML."""
    faces = report.faces
    parts = [
        f"<h1>Debug report</h1><p class='quiet'>{escape(str(faces.folder))}</p>",
        f"<p>{_counted(len(faces), 'face')} of {_counted(_tracks(report), 'track')}. "
        f"{_models(report)}</p>",
        f"<div class='verdict {_TONES[report.verdict]}'>{escape(report.headline)}</div>",
        *(f"<p class='quiet'>{escape(problem)}</p>" for problem in faces.problems),
    ]
    if len(faces):
        parts += [
            _reasons(report.findings),
            _emotion_table(report),
            _distribution_charts(report),
            _contact_sheet(report),
        ]
    parts.append(
        "<p class='quiet'>These are pictures of faces: show them to nobody who need not see them, "
        "and delete the folder when the question is answered. The training's mean faces are "
        "averages over thousands of people.</p>"
    )
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>Debug report: facemotion</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def png_of_gray(gray: NDArray[np.floating] | NDArray[np.uint8]) -> bytes:
    """A PNG file of gray levels (H, W), clipped to 0…255."""
    levels = np.clip(np.round(gray.astype(np.float64)), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".png", levels)
    return data.tobytes()


def least_and_most(row: EmotionRow) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The least and the most confident faces of an emotion, none of them twice."""
    most = row.rows[:SHEET_FACES]
    least = row.rows[len(most) :][-SHEET_FACES:][::-1]
    return least, most


def _tracks(report: DebugReport) -> int:
    return len(set(report.faces.track_ids.tolist()))


def _models(report: DebugReport) -> str:
    recorded = ", ".join(report.faces.model_ids) or "a model not named"
    again = f"; read again by {report.model_id}" if report.model_id else "; not read again"
    return escape(f"Recorded with {recorded}{again}.")


def _reasons(findings: Iterable[Finding]) -> str:
    items = "".join(
        f"<li class='{_tone(finding)}'><b>{_mark(finding)}</b>{escape(finding.sentence)}</li>"
        for finding in findings
    )
    return f"<h2>Why</h2><ul>{items}</ul>"


def _tone(finding: Finding) -> str:
    if not finding.is_fault:
        return "good" if finding.kind is not Kind.NOTE else "quiet"
    return "open" if finding.kind is Kind.NOTE else "bad"


def _mark(finding: Finding) -> str:
    return {"bad": "✗", "open": "!", "good": "✓", "quiet": "·"}[_tone(finding)]


def _emotion_table(report: DebugReport) -> str:
    reference = report.reference.mean_faces
    rows = [_mean_row("all", len(report.faces), report.mean_face, reference[0], ("", "", ""))]
    for number, row in enumerate(report.emotions):
        numbers = tuple(_number(value) for value in (row.confidence, row.gap, row.likeness))
        rows.append(
            _mean_row(row.emotion, len(row.rows), row.mean_face, reference[number + 1], numbers)
        )
    return (
        "<h2>Emotions</h2><div class='wide'><table><tr><th>Answer</th><th>Faces</th>"
        "<th>Mean confidence</th><th>Mean gap</th><th>Likeness of the mean faces</th>"
        f"<th>Mean face here</th><th>In training</th></tr>{''.join(rows)}</table></div>"
    )


def _mean_row(
    name: str,
    count: int,
    mean: NDArray[np.float64] | None,
    training: NDArray[np.float32],
    numbers: tuple[str, ...],
) -> str:
    here = _image(mean, f"mean face here: {name}") if mean is not None else "–"
    there = _image(training, f"mean face in training: {name}")
    cells = "".join(f"<td>{cell}</td>" for cell in (name, count, *numbers, here, there))
    return f"<tr>{cells}</tr>"


def _distribution_charts(report: DebugReport) -> str:
    charts = "".join(
        _chart(
            name,
            report.reference.edges[number],
            report.distributions[number],
            report.reference.shares[number],
        )
        for number, name in enumerate(DISTRIBUTIONS)
    )
    return (
        "<h2>Light and sharpness</h2><p class='quiet'>Bars: these faces. Line: the training "
        f"faces. Each to its own full height.</p><div class='charts'>{charts}</div>"
    )


def _chart(
    name: str,
    edges: NDArray[np.float32],
    here: NDArray[np.float64],
    training: NDArray[np.float32],
) -> str:
    width, height = _CHART
    top, training_top = (max(float(values.max()), 1e-9) for values in (here, training))
    step = width / len(here)
    bars = "".join(
        f"<rect class='bar' x='{i * step:.1f}' y='{height * (1 - v / top):.1f}' "
        f"width='{step - 0.5:.1f}' height='{height * v / top:.1f}'/>"
        for i, v in enumerate(here.tolist())
    )
    points = " ".join(
        f"{(i + 0.5) * step:.1f},{height * (1 - v / training_top):.1f}"
        for i, v in enumerate(training.tolist())
    )
    ends = (f"{edges[0]:.0f}", f"{edges[-1]:.0f}")
    return (
        f"<svg viewBox='0 -18 {width} {height + 36}' width='{width}' height='{height + 36}' "
        f"role='img' aria-label='Distribution of {name}'><text x='0' y='-6'>{name.capitalize()}"
        f"</text>{bars}<polyline class='line' points='{points}'/>"
        f"<line class='axis' x1='0' x2='{width}' y1='{height}' y2='{height}'/>"
        f"<text x='0' y='{height + 14}'>{ends[0]}</text>"
        f"<text x='{width}' y='{height + 14}' text-anchor='end'>{ends[1]}</text></svg>"
    )


def _contact_sheet(report: DebugReport) -> str:
    parts = ["<h2>Contact sheet</h2>"]
    for row in report.emotions:
        if not len(row.rows):
            continue
        least, most = least_and_most(row)
        parts.append(f"<h3>{row.emotion}</h3><p class='quiet'>Most confident</p>")
        parts.append(_sheet(report, most))
        if len(least):
            parts.append("<p class='quiet'>Least confident</p>")
            parts.append(_sheet(report, least))
    return "".join(parts)


def _sheet(report: DebugReport, rows: NDArray[np.int64]) -> str:
    faces, answers = report.faces, report.faces.answers
    figures = "".join(
        f"<figure>{_image(faces.crops[row], faces.names[row])}"
        f"<figcaption>{answers[row].max():.2f}</figcaption></figure>"
        for row in rows.tolist()
    )
    return f"<div class='sheet'>{figures}</div>"


def _image(gray: NDArray[np.floating] | NDArray[np.uint8], words: str) -> str:
    data = base64.b64encode(png_of_gray(gray)).decode("ascii")
    text = escape(words, quote=True)
    return f"<img class='face' alt='{text}' title='{text}' src='data:image/png;base64,{data}'>"


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "–"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" + ("s" if count != 1 else "")
