import math

import pytest

from facemotion.analysis.report.words import (
    amount,
    clock,
    count,
    escape,
    length,
    on_dark,
    percent,
    plural,
)
from facemotion.core.palette import rgb_of

THIN = "\u202f"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0:00.0"), (59.96, "1:00.0"), (724.0, "12:04.0"), (3723.5, "1:02:03.5"), (-1, "0:00.0")],
)
def test_positions(seconds, words):
    assert clock(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(4.34, "4.3_s"), (59.96, "1_min 00_s"), (125.0, "2_min 05_s"), (3720.0, "1_h 02_min")],
)
def test_lengths(seconds, words):
    assert length(seconds).replace(THIN, "_") == words


@pytest.mark.parametrize(
    ("share", "words"), [(0.314, "31_%"), (0.001, "<_1_%"), (0.0, "0_%"), (math.nan, "–")]
)
def test_shares(share, words):
    assert percent(share).replace(THIN, "_") == words


def test_counts_and_their_words():
    assert count(1234567).replace(THIN, "_") == "1_234_567"
    assert plural(1, "change") == "1 change"
    assert plural(0, "change") == "0 changes"
    assert plural(1, "known person") == "1 known person"
    assert plural(3, "known person") == "3 known people"
    assert amount(1.0, is_stills=True) == "1 picture"


def test_nothing_escapes():
    assert escape('<a href="x">\'&') == "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;"


def test_colours_get_lighter_on_dark_ground_and_stay_colours():
    for emotion in ("angry", "neutral", "sad"):
        assert min(rgb_of(on_dark(emotion))) >= 80
        assert on_dark(emotion) != on_dark("happy")
