"""Neutral faces in the window: taken, kept, marked, forgotten."""

import dataclasses
from datetime import datetime

import numpy as np
import pytest
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMainWindow

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.baseline_capture import AUTOMATIC_S, CAPTURE_S
from facemotion.core.labels import EMOTIONS
from facemotion.core.types import Decision, EmotionReading, GateReason, Identity
from facemotion.store.baselines import BaselineStore
from facemotion.store.gallery import GalleryStore
from facemotion.store.settings import BaselineSettings, Settings
from facemotion.ui.actions import Actions
from facemotion.ui.face_board import FaceBoard
from facemotion.ui.message_banner import MessageBanner
from facemotion.ui.neutral_desk import NEUTRAL, NeutralDesk
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.why import explain_emotion
from facemotion.vision.sources.specs import path_source
from tests.fakes import FakeSession, models_info
from tests.ui.conftest import flush_deletions
from tests.ui.results import face, result

EMOTION_MODEL = "emotion-1"
WAIT_MS = 20000

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def reading(**values):
    left = (1.0 - sum(values.values())) / (len(EMOTIONS) - len(values))
    return np.array([values.get(name, left) for name in EMOTIONS], np.float32)


RESTING = reading(neutral=0.4, sad=0.5)
SMILE = reading(happy=0.9)


class Session(FakeSession):
    """A session that remembers which baselines it was given."""

    gallery_loaded = Signal(int)
    source_starting = Signal(object)

    def __init__(self):
        super().__init__()
        self.models_info = dataclasses.replace(models_info(), emotion_model_id=EMOTION_MODEL)
        self.baselines = None
        self.tracks = {}

    def set_baselines(self, baselines):
        self.baselines = dict(baselines)

    def set_track_baseline(self, track_id, baseline):
        self.tracks[track_id] = baseline


class Room:
    """One face before the camera, and everything that a neutral desk needs."""

    def __init__(self, qapp, icons, tmp_path):
        del qapp
        self.window = QMainWindow()
        self.session = Session()
        self.session.setParent(self.window)
        self.board = FaceBoard(self.window)
        self.gallery = GalleryStore(tmp_path / "gallery")
        rows = np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32)
        self.person = self.gallery.enrol("Ana", rows, "recogniser")
        self.store = BaselineStore(self.gallery.folder)
        self.actions = Actions(self.window, icons)
        self.keeper = SettingsKeeper(Settings(), tmp_path / "settings.toml", self.window)
        self.banner = MessageBanner(icons, self.window)
        self.now_s = 0.0
        self.track_id = 1
        self.desk = NeutralDesk(
            self.session,
            self.board,
            self.store,
            self.actions,
            self.keeper,
            self.banner,
            self.window,
        )
        self.session.open_source()
        self.identity = Identity(Decision.KNOWN, self.person.person_id, "Ana", 0.7)

    def see(self, probs, seconds=0.1, gate=None, is_here=True):
        """The face as it is read for some time, ten times a second."""
        for _ in range(round(seconds * 10)):
            self.now_s += 0.1
            seen = face(self.track_id, identity=self.identity)
            reads = EmotionReading(probs if gate is None else None, probs, "sad", gate)
            seen = dataclasses.replace(seen, emotion=reads)
            given = result(*([seen] if is_here else []), time_s=self.now_s)
            self.board.take_result(given, self.session.source_info, datetime(2026, 1, 1))
            self.session.give_result(given)


@pytest.fixture
def room(qapp, qtbot, icons, tmp_path):
    made = Room(qapp, icons, tmp_path)
    yield made
    made.desk.wait()
    if made.desk.dialog is not None:
        made.desk.dialog.close()
    made.window.close()
    made.window.deleteLater()
    flush_deletions(qapp)


def baseline(model_id=EMOTION_MODEL):
    return NeutralBaseline.of(np.repeat(RESTING[None], 30, axis=0), model_id)


def test_it_is_offered_while_a_moving_face_is_there(room):
    assert not room.actions["neutral"].isEnabled()
    assert not room.actions["forget_neutral"].isEnabled()
    room.see(RESTING)
    assert room.actions["neutral"].isEnabled()
    room.session.pause(True)
    assert not room.actions["neutral"].isEnabled()
    room.session.pause(False)
    room.session.source_info = dataclasses.replace(room.session.source_info, kind="image")
    room.see(RESTING)
    assert not room.actions["neutral"].isEnabled()


def test_three_seconds_are_kept_with_the_person(qtbot, room):
    room.see(RESTING)
    room.actions["neutral"].trigger()
    dialog = room.desk.dialog
    assert "Ana" in dialog.windowTitle()
    room.see(RESTING, 1.5)
    assert 0.3 < dialog.fraction < 0.7
    assert "Keep" in dialog.advice
    room.see(RESTING, CAPTURE_S)
    assert dialog.fraction == 1.0
    assert "Done" in dialog.advice
    assert dialog.retry_button.isHidden()
    person_id = room.person.person_id
    qtbot.waitUntil(lambda: person_id in (room.session.baselines or {}))
    kept = room.store.load()[person_id]
    assert kept.model_id == EMOTION_MODEL
    assert not kept.is_automatic
    assert room.actions["forget_neutral"].isEnabled()


def test_it_says_what_to_do(qtbot, room):
    room.see(RESTING)
    room.actions["neutral"].trigger()
    room.see(SMILE, 0.5)
    assert "smile" in room.desk.dialog.advice
    room.see(RESTING, 0.5, gate=GateReason.TURNED_AWAY)
    assert "Look at the camera" in room.desk.dialog.advice
    room.see(RESTING, 0.5, is_here=False)
    assert "Where are you" in room.desk.dialog.advice
    room.see(RESTING, 2.0, is_here=False)
    assert "has left" in room.desk.dialog.advice
    assert not room.desk.dialog.retry_button.isHidden()
    assert room.store.load() == {}


def test_it_can_be_tried_again(qtbot, room):
    room.see(RESTING)
    room.actions["neutral"].trigger()
    room.see(RESTING, 2.0, is_here=False)
    room.see(RESTING, 0.2)
    qtbot.mouseClick(room.desk.dialog.retry_button, Qt.MouseButton.LeftButton)
    assert room.desk.dialog.fraction == 0.0
    room.see(RESTING, CAPTURE_S + 0.3)
    qtbot.waitUntil(lambda: room.store.load() != {})


def test_the_same_person_is_found_again_on_another_track(qtbot, room):
    room.see(RESTING)
    room.actions["neutral"].trigger()
    dialog = room.desk.dialog
    room.see(RESTING, 2.0, is_here=False)
    room.track_id = 7
    room.see(RESTING, 0.2)
    qtbot.mouseClick(dialog.retry_button, Qt.MouseButton.LeftButton)
    assert room.desk.dialog is dialog
    room.see(RESTING, CAPTURE_S + 0.3)
    qtbot.waitUntil(lambda: room.store.load() != {})


def test_trying_again_with_another_face_says_whose(qtbot, room):
    room.see(RESTING)
    room.actions["neutral"].trigger()
    room.see(RESTING, 2.0, is_here=False)
    room.track_id, room.identity = 8, Identity()
    room.see(RESTING, 0.2)
    qtbot.mouseClick(room.desk.dialog.retry_button, Qt.MouseButton.LeftButton)
    assert "unknown" in room.desk.dialog.windowTitle()
    room.see(RESTING, CAPTURE_S + 0.3)
    assert room.session.tracks[8] is not None
    assert room.store.load() == {}


def test_closing_the_dialog_gives_it_up(qtbot, room):
    room.see(RESTING)
    room.actions["neutral"].trigger()
    room.see(RESTING, 1.0)
    room.desk.dialog.close()
    assert room.desk.dialog is None
    room.see(RESTING, CAPTURE_S)
    assert room.store.load() == {}


def test_a_face_without_a_name_keeps_it_for_its_stay(qtbot, room):
    room.identity = Identity()
    room.see(RESTING)
    room.actions["neutral"].trigger()
    room.see(RESTING, CAPTURE_S + 0.3)
    assert room.session.tracks[1].model_id == EMOTION_MODEL
    assert room.store.load() == {}
    room.see(RESTING)
    room.actions["forget_neutral"].trigger()
    assert room.session.tracks[1] is None
    assert not room.actions["forget_neutral"].isEnabled()


def test_it_can_be_forgotten(qtbot, room):
    room.store.save(room.person.person_id, baseline())
    room.session.gallery_loaded.emit(1)
    qtbot.waitUntil(lambda: bool(room.session.baselines))
    room.see(RESTING)
    room.actions["forget_neutral"].trigger()
    qtbot.waitUntil(lambda: room.session.baselines == {})
    assert room.store.load() == {}


def test_one_of_another_emotion_model_is_asked_for_anew(qtbot, room):
    room.store.save(room.person.person_id, baseline("older"))
    room.session.gallery_loaded.emit(1)
    qtbot.waitUntil(lambda: NEUTRAL in room.banner.topics)
    assert "another emotion model" in room.banner.text(NEUTRAL)
    room.store.save(room.person.person_id, baseline())
    room.session.gallery_loaded.emit(1)
    qtbot.waitUntil(lambda: NEUTRAL not in room.banner.topics)


def test_a_person_deleted_meanwhile_is_said(qtbot, room):
    room.see(RESTING)
    room.actions["neutral"].trigger()
    room.gallery.delete(room.person.person_id)
    room.see(RESTING, CAPTURE_S + 0.3)
    qtbot.waitUntil(lambda: "no longer enrolled" in room.desk.dialog.advice)
    assert not room.desk.dialog.retry_button.isHidden()


def test_nothing_is_taken_by_itself_unless_it_is_switched_on(qtbot, room):
    room.see(RESTING, AUTOMATIC_S + 1.0)
    assert room.store.load() == {}
    room.keeper.replace(dataclasses.replace(Settings(), baseline=BaselineSettings(True, True)))
    room.see(RESTING, AUTOMATIC_S + 1.0)
    qtbot.waitUntil(lambda: room.store.load() != {})
    assert room.store.load()[room.person.person_id].is_automatic


def test_what_was_forgotten_is_not_taken_again_by_itself(qtbot, room):
    room.keeper.replace(dataclasses.replace(Settings(), baseline=BaselineSettings(True, True)))
    room.identity = Identity()
    room.see(RESTING, AUTOMATIC_S + 0.5)
    assert room.session.tracks[1] is not None
    room.see(RESTING)
    room.actions["forget_neutral"].trigger()
    room.see(RESTING, AUTOMATIC_S + 0.5)
    assert room.session.tracks[1] is None


def test_a_face_that_becomes_somebody_else_keeps_nothing(qtbot, room):
    room.see(RESTING)
    room.actions["neutral"].trigger()
    room.see(RESTING, 1.0)
    room.identity = Identity(Decision.KNOWN, "0" * 32, "Ben", 0.7)
    room.see(RESTING, CAPTURE_S)
    assert "somebody else" in room.desk.dialog.advice
    assert not room.desk.dialog.retry_button.isHidden()
    assert room.store.load() == {}
    assert room.session.tracks == {}


def test_an_uncertain_moment_at_the_end_changes_nothing(qtbot, room):
    room.see(RESTING)
    room.actions["neutral"].trigger()
    room.see(RESTING, 1.0)
    room.identity = Identity(Decision.UNCERTAIN, room.person.person_id, "Ana", 0.35)
    room.see(RESTING, CAPTURE_S)
    qtbot.waitUntil(lambda: room.person.person_id in room.store.load())


def test_another_source_ends_the_capture(qtbot, room):
    room.see(RESTING)
    room.actions["neutral"].trigger()
    room.session.source_starting.emit(None)
    assert room.desk.dialog is None


def test_the_whole_window_takes_and_marks_one(qtbot, window, shared_dir):
    window.models.load()
    clip = shared_dir / "media" / "scene_multi_person.mp4"
    window.sources.show_source(path_source(clip))
    board, neutral = window.board, window.actions_by_name["neutral"]
    qtbot.waitUntil(neutral.isEnabled, timeout=WAIT_MS)
    neutral.trigger()
    baselines = baseline(window.session.models_info.emotion_model_id)

    def is_marked():  # the scene is cut now and then, and other tracks begin
        for present in board.faces:
            window.session.set_track_baseline(present.track_id, baselines)
        return any(present.face.emotion.is_corrected for present in board.faces)

    qtbot.waitUntil(is_marked, timeout=WAIT_MS)
    window.session.pause()
    model = window.faces.view.model()

    def tips():
        rows = range(model.rowCount())
        return [model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in rows]

    qtbot.waitUntil(lambda: any("neutral face" in tip for tip in tips()), timeout=WAIT_MS)
    assert not window.faces.grab().isNull()
    assert not window.pane.video.grab().isNull()


def test_why_says_what_the_neutral_face_did():
    seen = face(1)
    corrected = EmotionReading(RESTING, reading(neutral=0.8), "neutral", is_corrected=True)
    reason = explain_emotion(dataclasses.replace(seen, emotion=corrected), Settings())
    assert "neutral face corrects it" in reason.sentence
    assert "sad with 50%" in reason.sentence
    assert (reason.group, reason.name) == ("baseline", "is_used")
