"""How a report writes numbers, times and colours."""

import colorsys
import html
import math
from datetime import datetime
from typing import Final

from facemotion.core.palette import EMOTION_COLOURS, rgb_of

THIN: Final = "\u202f"
"""Narrow space that keeps a number and its unit on one line."""

LEAST_LIGHTNESS: Final = 0.66
"""Lightness (HSL) of emotion colours on dark ground, as in the window."""

_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def escape(text: str) -> str:
    """Text as it may stand in HTML and SVG, between tags and in attributes."""
    return html.escape(text, quote=True)


def clock(seconds: float) -> str:
    """A position like 0:04.2, 12:04.0 or 1:02:03.5."""
    tenths = round(max(seconds, 0.0) * 10)
    hours, minutes, rest = tenths // 36000, tenths // 600 % 60, tenths % 600 / 10
    return f"{hours}:{minutes:02}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def length(seconds: float) -> str:
    """A length like 4.3 s, 2 min 05 s or 1 h 02 min."""
    if round(seconds, 1) < 60.0:
        return f"{seconds:.1f}{THIN}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}{THIN}min {whole % 60:02}{THIN}s"
    minutes = round(seconds / 60.0)
    return f"{minutes // 60}{THIN}h {minutes % 60:02}{THIN}min"


def amount(value: float, *, is_stills: bool) -> str:
    """Seconds as a length, or a count of pictures."""
    return plural(round(value), "picture") if is_stills else length(value)


def percent(share: float) -> str:
    """A share in [0, 1] like 31 %; a dash where there is none."""
    if not math.isfinite(share):
        return "–"
    if 0.0 < share < 0.005:
        return f"<{THIN}1{THIN}%"
    return f"{share * 100:.0f}{THIN}%"


def count(number: int) -> str:
    """A whole number with narrow spaces between thousands."""
    return f"{number:,}".replace(",", THIN)


def plural(number: int, word: str) -> str:
    """A count with its word, as in 1 face, 2 faces."""
    if number != 1:
        is_person = word.endswith("person")
        word = f"{word.removesuffix('person')}people" if is_person else f"{word}s"
    return f"{count(number)} {word}"


def date(moment: datetime) -> str:
    """A day and time like 3 March 2026, 14:03."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M}"


def on_dark(emotion: str) -> str:
    """An emotion's colour, lightened for dark ground; RGB hex."""
    red, green, blue = (value / 255.0 for value in rgb_of(EMOTION_COLOURS[emotion]))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    lighter = colorsys.hls_to_rgb(hue, max(lightness, LEAST_LIGHTNESS), saturation)
    return "#" + "".join(f"{round(value * 255):02x}" for value in lighter)
