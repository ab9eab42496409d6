from itertools import combinations

import numpy as np
import pytest

from facemotion.core.labels import EMOTIONS
from facemotion.core.palette import (
    DECISION_COLOURS,
    EMOTION_COLOURS,
    EMOTION_SYMBOLS,
    bgr_of,
    rgb_of,
)
from facemotion.core.types import Decision

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
EYES = {
    "normal": np.eye(3),
    "protanope": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranope": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanope": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colour):
    c = np.array(rgb_of(colour)) / 255.0
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear(colour) @ TO_XYZ[1])


def cielab(colour, eyes):
    seen = np.clip(EYES[eyes] @ linear(colour), 0.0, 1.0)
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ seen / (0.95047, 1.0, 1.08883), 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_there_is_a_colour_for_everything():
    assert set(DECISION_COLOURS) == set(Decision)
    assert tuple(EMOTION_COLOURS) == EMOTIONS


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("colours", [DECISION_COLOURS, EMOTION_COLOURS], ids=["who", "how"])
def test_colours_are_far_apart_for_all_eyes(colours, eyes):
    seen = [cielab(colour, eyes) for colour in colours.values()]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) >= 27.0


@pytest.mark.parametrize("ground", ["#FFFFFF", "#1E242C"])
@pytest.mark.parametrize("colour", [*DECISION_COLOURS.values(), *EMOTION_COLOURS.values()])
def test_colours_stand_out_on_light_and_dark_ground(colour, ground):
    lighter, darker = sorted((luminance(colour), luminance(ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 2.3


def test_symbols_are_the_stems_of_icons():
    assert EMOTION_SYMBOLS["happy"] == "emotion-happy"
    assert tuple(EMOTION_SYMBOLS) == EMOTIONS


def test_colour_order():
    assert rgb_of("#0180FF") == (1, 128, 255)
    assert bgr_of("#0180FF") == (255, 128, 1)


@pytest.mark.parametrize("text", ["", "#12345", "123456", "#12345G", "#1234567"])
def test_other_texts_are_no_colours(text):
    with pytest.raises(ValueError, match=r"#1A2B3C|base 16"):
        rgb_of(text)
