import dataclasses
import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from facemotion.core.matching import MatchingParams
from facemotion.core.types import (
    EmotionReading,
    FaceQuality,
    GateFinding,
    GateReason,
    Identity,
    IdentityEvidence,
    IdentityReason,
)
from facemotion.store.settings import Settings
from facemotion.ui.settings_model import entries_of
from facemotion.ui.why import explain_emotion, explain_identity
from facemotion.vision.sources.base import SourceInfo, SourceKind
from tests.core.faces import probs_of
from tests.ui.results import face, known, result

SETTINGS = Settings()
INFO = SourceInfo("clip", SourceKind.VIDEO, 160, 120, 25.0)


def gated(reason, name, value, limit, emotion=None):
    probs = probs_of(sad=0.8) if emotion else None
    reading = EmotionReading(None, probs, emotion, reason, GateFinding(reason, name, value, limit))
    return dataclasses.replace(face(), emotion=reading)


@pytest.mark.parametrize(
    ("reason", "name", "value", "limit", "words"),
    [
        (GateReason.TOO_SMALL, "min_face_px", 31.2, 36.0, "31 px large; at least 36 px"),
        (GateReason.TOO_SMALL, "min_face_px", 35.8, 36.0, "35.8 px large; at least 36.0 px"),
        (GateReason.LOW_DET_SCORE, "min_det_score", 0.52, 0.65, "0.52; at least 0.65"),
        (GateReason.CUT_OFF, "max_cut_off", 0.34, 0.2, "34% of the face; at most 20%"),
        (GateReason.TURNED_AWAY, "max_yaw_deg", 57.0, 50.0, "57° to the side; up to 50°"),
        (GateReason.TURNED_AWAY, "max_pitch_deg", 44.0, 40.0, "44° up or down; up to 40°"),
        (GateReason.TURNED_AWAY, "max_roll_deg", 70.0, 60.0, "70°; up to 60°"),
        (GateReason.TOO_BLURRED, "min_sharpness", 9.0, 15.0, "9; at least 15"),
    ],
)
def test_each_gate_is_told_with_its_numbers_and_setting(reason, name, value, limit, words):
    why = explain_emotion(gated(reason, name, value, limit), SETTINGS)
    assert words in why.sentence
    assert (why.group, why.name) == ("quality", name)
    assert name in {entry.name for entry in entries_of("quality")}
    held = explain_emotion(gated(reason, name, value, limit, "sad"), SETTINGS)
    assert "The last reading stays" in held.sentence


def test_an_emotion_that_is_read_tells_what_was_measured():
    quality = FaceQuality(0.91, 112.0, 0.0, 0.0, 0.0, 0.0, 300.0)
    why = explain_emotion(dataclasses.replace(face(), quality=quality), SETTINGS)
    assert "112 px large, detection score 0.91, sharpness 300" in why.sentence
    assert why.group == ""
    assert explain_emotion(face(), SETTINGS).sentence.endswith("passed.")


def test_an_unlikely_emotion_is_told_with_the_limit():
    probs = probs_of(sad=0.27)
    reading = EmotionReading(probs, probs, None)
    why = explain_emotion(dataclasses.replace(face(), emotion=reading), SETTINGS)
    assert "sad, has 27%; 30% is needed" in why.sentence
    assert (why.group, why.name) == ("smoothing", "min_confidence")


@pytest.mark.parametrize(
    ("is_adaptive", "name"), [(True, "adaptive_needed_s"), (False, "min_streak_to_switch")]
)
def test_an_emotion_that_is_not_settled_yet(is_adaptive, name):
    probs = probs_of(happy=0.6)
    reading = EmotionReading(probs, None, None)
    smoothing = dataclasses.replace(SETTINGS.smoothing, is_adaptive=is_adaptive)
    settings = dataclasses.replace(SETTINGS, smoothing=smoothing)
    why = explain_emotion(dataclasses.replace(face(), emotion=reading), settings)
    assert why.sentence.startswith("Happy leads with 60%")
    assert (why.group, why.name) == ("smoothing", name)


def test_without_an_emotion_model():
    why = explain_emotion(dataclasses.replace(face(), emotion=EmotionReading()), SETTINGS)
    assert "No emotion model" in why.sentence


def evidence(reason, **values):
    numbers = {
        "candidate": "Ana",
        "cosine_similarity": 0.31,
        "known_at": 0.35,
        "uncertain_at": 0.28,
        "people": 12,
        "false_accept_percent": 1.0,
    }
    return Identity(evidence=IdentityEvidence(reason, **(numbers | values)))


@pytest.mark.parametrize(
    ("identity", "words", "name"),
    [
        (
            evidence(IdentityReason.BELOW_THRESHOLD),
            "Best match Ana at 0.31; with 12 people enrolled and 1 % false accepts asked, 0.35 is",
            "false_accept_percent",
        ),
        (
            evidence(IdentityReason.UNLIKE_EVERYBODY, people=1, false_accept_percent=0.5),
            "with one person enrolled and 0.5 % false accepts asked, 0.35 is needed, and 0.28",
            "false_accept_percent",
        ),
        (
            evidence(IdentityReason.BELOW_THRESHOLD, false_accept_percent=None),
            "by the threshold you set, 0.35 is needed",
            "match_threshold",
        ),
        (
            evidence(IdentityReason.LIKE_ENOUGH, cosine_similarity=0.61),
            "Ana matches at 0.61",
            "false_accept_percent",
        ),
        (
            evidence(IdentityReason.CLOSE_SECOND, rival="Ben", value=0.01, needed=0.03),
            "leads Ben by only 0.01; a lead of 0.03 is needed",
            "runner_up_margin",
        ),
        (
            evidence(IdentityReason.LITTLE_EVIDENCE, value=0.1, needed=0.15),
            "evidence of 0.10, and 0.15 is needed",
            "min_evidence",
        ),
        (
            evidence(IdentityReason.TAKEN),
            "Ana at 0.31, is another face of this picture",
            "",
        ),
    ],
)
def test_each_decision_is_told_with_its_numbers_and_setting(identity, words, name):
    why = explain_identity(identity)
    assert words in why.sentence
    assert why.name == name
    assert not name or name in {field.name for field in dataclasses.fields(MatchingParams)}
    assert why.group == ("matching" if name else "")


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        (Identity(), "Nothing is known"),
        (Identity(evidence=IdentityEvidence(IdentityReason.NO_RECOGNISER)), "no recogniser"),
        (Identity(evidence=IdentityEvidence(IdentityReason.NOBODY_ENROLLED)), "Nobody is enrolled"),
        (Identity(evidence=IdentityEvidence(IdentityReason.NOT_COMPARED)), "about to be compared"),
        (
            Identity(
                evidence=IdentityEvidence(IdentityReason.NOT_COMPARED, value=0.05, needed=0.12)
            ),
            "worth 0.05 for recognition, and 0.12 is needed",
        ),
    ],
)
def test_nobody_was_compared(identity, words):
    assert words in explain_identity(identity).sentence


def test_every_reason_has_words():
    for reason in IdentityReason:
        sentence = explain_identity(evidence(reason, value=0.2, needed=0.3)).sentence
        assert sentence
        assert "nan" not in sentence
        assert "{" not in sentence
    assert math.isnan(IdentityEvidence(IdentityReason.TAKEN).value)


# ----- in the window


def show(window, *faces, time_s=1.0):
    window.board.take_result(result(*faces, time_s=time_s), INFO, None)


@pytest.fixture
def small():
    return gated(GateReason.TOO_SMALL, "min_face_px", 31.0, 36.0)


def test_the_command_answers_for_the_selected_face_and_follows_it(window, small, qtbot):
    action = window.actions_by_name["why"]
    assert not action.isEnabled()
    window.why.answer()
    assert window.why.dialog is None
    show(window, small)
    assert action.isEnabled()
    action.trigger()
    dialog = window.why.dialog
    assert "31 px large" in dialog.text
    show(window, gated(GateReason.TOO_SMALL, "min_face_px", 33.0, 36.0), time_s=1.1)
    assert "33 px large" in dialog.text
    show(window, time_s=9.0)
    assert "(has left the picture)" in dialog.text
    show(window, time_s=9.1)
    assert dialog.text.count("has left") == 1
    assert "33 px large" in dialog.text
    dialog.close()
    qtbot.waitUntil(lambda: window.why.dialog is None)


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_the_answer_leads_to_its_setting(window, small, qtbot):
    show(window, small)
    window.why.answer()
    window.why.dialog.setting_wanted.emit("quality", "min_face_px")
    settings = window.dialogs.settings
    row = settings.section("quality").row("min_face_px")
    qtbot.waitUntil(row.isVisible)
    assert settings.group_list().currentItem().text() == "Quality"
    window.dialogs.open_setting("matching", "min_evidence")
    qtbot.waitUntil(settings.section("matching").row("min_evidence").isVisible)


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_asking_again_is_about_the_face_selected_now(window, small):
    other = dataclasses.replace(
        gated(GateReason.TOO_BLURRED, "min_sharpness", 9.0, 15.0), track_id=2
    )
    show(window, small, other)
    window.why.answer()
    first = window.why.dialog
    window.board.select(2)
    window.why.answer()
    assert window.why.dialog is first
    assert "sharpness is 9" in first.text


def test_the_row_offers_the_answer_in_tooltip_and_mark(window, small, qtbot):
    show(window, small, dataclasses.replace(face(2, identity=known()), track_id=2))
    view = window.faces.view
    index = view.model().index(0, 0)
    tip = index.data(Qt.ItemDataRole.ToolTipRole)
    assert "31 px large" in tip
    assert "31 px" not in index.data(Qt.ItemDataRole.AccessibleTextRole)
    qtbot.waitUntil(lambda: view.visualRect(index).isValid())

    def click(row):
        rect = view.visualRect(view.model().index(row, 0))
        place = QPoint(rect.right() - 18, rect.center().y() + rect.height() // 4)
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    view.resize(320, 200)
    click(1)
    assert window.why.dialog is None
    click(0)
    assert window.why.dialog is not None
    assert window.why.dialog.track_id == 1


def test_a_face_that_left_has_no_tooltip(window):
    assert window.why._tip(77) == ""
