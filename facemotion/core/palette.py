"""Colours and symbols that the window and the annotated video share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from facemotion.core.labels import EMOTIONS
from facemotion.core.types import Decision

DECISION_COLOURS: Final[Mapping[Decision, str]] = MappingProxyType(
    {
        Decision.KNOWN: "#00A68A",
        Decision.UNCERTAIN: "#E39A00",
        Decision.UNKNOWN: "#C2301C",
    }
)
"""RGB hex: green, amber, red; told apart under the same conditions as the emotions below."""

EMOTION_COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "angry": "#B13C15",
        "disgust": "#85AC70",
        "fear": "#9228FE",
        "happy": "#DE9100",
        "neutral": "#626364",
        "sad": "#4C66BB",
        "surprise": "#15B1C8",
    }
)
"""RGB hex by emotion.

Found by search: at least 2.5:1 against a white and a dark ground, and at least 27 apart in CIELAB
for normal, protanope, deuteranope and tritanope eyes (simulation of Machado et al. 2009)."""

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
