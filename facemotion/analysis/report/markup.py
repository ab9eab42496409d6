"""Small pieces of HTML that the sections of a report share."""

import base64
from collections.abc import Iterable, Sequence

from facemotion.analysis.report.people import Span
from facemotion.analysis.report.words import escape
from facemotion.core.labels import EMOTIONS

Cells = Sequence[tuple[str, str]]
"""HTML of a cell with its class, empty for none."""


def feeling(emotion: int) -> str:
    """An emotion's word with its colour; a dash for −1."""
    if emotion < 0:
        return "–"
    swatch = f'<span class="swatch" style="background:var(--e{emotion})"></span>'
    return f'<span class="feeling">{swatch}{EMOTIONS[emotion]}</span>'


def table(head: Cells, rows: Iterable[Cells], caption: str = "") -> str:
    """A table that scrolls by itself where the page is narrow.

    Args:
        head: Column titles.
        rows: Cells as HTML; the first of each row is its title.
        caption: Plain text above it; empty for none.
    """
    titles = "".join(_cell("th", text, kind, ' scope="col"') for text, kind in head)
    body = "".join(
        "<tr>"
        + "".join(
            _cell("td" if place else "th", text, kind, "" if place else ' scope="row"')
            for place, (text, kind) in enumerate(cells)
        )
        + "</tr>"
        for cells in rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="scroll"><table>{title}<thead><tr>{titles}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def portrait(jpeg: bytes | None, label: str) -> str:
    """A small picture of somebody, within the page itself; empty when there is none."""
    if jpeg is None:
        return ""
    data = base64.b64encode(jpeg).decode("ascii")
    return f'<img src="data:image/jpeg;base64,{data}" alt="{escape(label)}" width="72" height="90">'


def lane(spans: Sequence[Span], length_s: float, words: str) -> str:
    """Emotions on show as bars over the whole length; it stretches with the page.

    Args:
        spans: One after another.
        length_s: What the whole width stands for.
        words: What a screen reader says.
    """
    scale = 1000.0 / max(length_s, 1e-9)
    bars = "".join(
        f'<rect x="{span.start_s * scale:.2f}" width="{max(width, 0.6):.2f}" height="10" '
        f'style="fill:var(--{f"e{span.emotion}" if span.emotion >= 0 else "unsettled"})"/>'
        for span in spans
        if (width := (span.end_s - span.start_s) * scale) > 0.0
    )
    return (
        f'<svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(words)}">{bars}</svg>'
    )


def share_bar(share: float, colour: str) -> str:
    """A bar that takes a share of its cell.

    Args:
        share: In [0, 1].
        colour: A CSS colour.
    """
    return f'<span class="bar" style="width:{share * 100:.1f}%;background:{colour}"></span>'


def _cell(tag: str, text: str, kind: str, more: str) -> str:
    place = f' class="{kind}"' if kind else ""
    return f"<{tag}{more}{place}>{text}</{tag}>"
