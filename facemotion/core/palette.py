"""Colours and symbols that the window and the annotated video share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from facemotion.core.labels import EMOTIONS
from facemotion.core.types import Decision

DECISION_COLOURS: Final[Mapping[Decision, str]] = MappingProxyType(
    {
        Decision.KNOWN: "#009E73",
        Decision.UNCERTAIN: "#E69F00",
        Decision.UNKNOWN: "#D55E00",
    }
)
"""RGB hex: green, amber, red; after Okabe and Ito's colour-blind-safe set."""

EMOTION_COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "angry": "#D55E00",
        "disgust": "#6E9A2B",
        "fear": "#9A6BD0",
        "happy": "#C98A00",
        "neutral": "#808A94",
        "sad": "#2F7FC8",
        "surprise": "#D0619F",
    }
)
"""RGB hex by emotion, legible on dark and on light ground."""

EMOTION_SYMBOLS: Final[Mapping[str, str]] = MappingProxyType(
    {emotion: f"emotion-{emotion}" for emotion in EMOTIONS}
)
"""Stem of each emotion's icon file, `resources/icons/<stem>.svg`."""


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Red, green and blue in [0, 255] of a `#RRGGBB` colour.

    Raises:
        ValueError: The text is not of that form.
    """
    if len(colour) != 7 or not colour.startswith("#"):
        raise ValueError(f"expected a colour like #1A2B3C, got {colour!r}")
    value = int(colour[1:], 16)
    return value >> 16, value >> 8 & 255, value & 255


def bgr_of(colour: str) -> tuple[int, int, int]:
    """Blue, green and red in [0, 255] of a `#RRGGBB` colour.

    Raises:
        ValueError: The text is not of that form.
    """
    red, green, blue = rgb_of(colour)
    return blue, green, red
