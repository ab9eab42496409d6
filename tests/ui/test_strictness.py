"""The strictness of recognition: the slider, and the words about strangers."""

import dataclasses

import pytest

from facemotion.core.impostors import ImpostorTail
from facemotion.core.matching_params import MatchingParams
from facemotion.core.thresholds import PackThresholds
from facemotion.store.settings import Settings
from facemotion.ui.settings_dialog import SettingsDialog
from facemotion.ui.strictness import STOPS_PERCENT, StrictnessBar, share_words

THRESHOLDS = PackThresholds(0.4, 0.3, impostors=ImpostorTail(0.0, 0.1))


@pytest.fixture
def bar(qtbot):
    made = StrictnessBar()
    qtbot.addWidget(made)
    made.show_params(MatchingParams())
    return made


@pytest.mark.parametrize(
    ("percent", "words"),
    [(1.0, "1 in 100"), (0.01, "1 in 10,000"), (3.0, "1 in 33"), (20.0, "1 in 5")],
)
def test_a_share_is_said_as_people_say_it(percent, words):
    assert share_words(percent) == f"{words} strangers"


def test_the_words_say_strangers_people_and_similarity(bar):
    bar.set_ground(THRESHOLDS, 12)
    expected = MatchingParams().threshold_for(THRESHOLDS, 12)
    assert bar.words == (
        f"1 in 100 strangers is taken for somebody; with 12 people enrolled: "
        f"similarity ≥ {expected:.2f}."
    )
    bar.set_ground(THRESHOLDS, 1)
    assert "with 1 person enrolled" in bar.words
    bar.set_ground(THRESHOLDS, 0)
    assert "nobody enrolled" in bar.words
    bar.set_ground(None, 3)
    assert "load a model pack" in bar.words


def test_stricter_asks_for_more_similarity(bar):
    bar.set_ground(THRESHOLDS, 12)
    needed = []
    for percent in STOPS_PERCENT:
        bar.show_params(MatchingParams(false_accept_percent=percent))
        needed.append(float(bar.words.rpartition("≥ ")[2].rstrip(".")))
    assert needed == sorted(needed, reverse=True)
    assert needed[0] > needed[-1]


def test_the_slider_gives_a_rate_and_leaves_the_rest(bar):
    told = []
    bar.params_chosen.connect(told.append)
    params = MatchingParams(hysteresis=0.07)
    bar.show_params(params)
    assert told == []
    bar.slider.setValue(0)
    assert told == [dataclasses.replace(params, false_accept_percent=STOPS_PERCENT[0])]


def test_a_rate_between_two_stops_is_shown_at_the_nearer_one(bar):
    bar.show_params(MatchingParams(false_accept_percent=0.9))
    assert STOPS_PERCENT[bar.slider.value()] == 1.0
    assert bar.words.startswith("1 in 111 strangers")


def test_a_threshold_by_hand_says_so(bar):
    bar.set_ground(THRESHOLDS, 12)
    bar.show_params(MatchingParams(is_threshold_from_pack=False, match_threshold=0.42))
    assert "≥ 0.42" in bar.words
    assert not bar.slider.isEnabled()


def test_the_settings_dialog_takes_it_over(qtbot):
    dialog = SettingsDialog(Settings())
    qtbot.addWidget(dialog)
    dialog.set_recognition(THRESHOLDS, 3)
    bar = dialog.section("matching").strictness
    told = []
    dialog.settings_changed.connect(told.append)
    bar.slider.setValue(STOPS_PERCENT.index(0.1))
    assert told[-1].matching.false_accept_percent == 0.1
    assert told[-1].smoothing == Settings().smoothing
    assert "1 in 1,000 strangers" in bar.words
    assert dialog.section("matching").row("false_accept_percent").editor.value() == 0.1


def test_the_window_tells_it_how_many_people_there_are(qtbot, window):
    window.dialogs.open_settings()
    bar = window.dialogs.settings.section("matching").strictness
    assert "load a model pack" in bar.words
    window.models.load()
    qtbot.waitUntil(lambda: "nobody enrolled" in bar.words, timeout=20000)
