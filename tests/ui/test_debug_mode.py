import dataclasses
import os
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStatusBar, QWidget

from facemotion.analysis.debug_checks import Verdict
from facemotion.analysis.debug_folder import DebugFace, DebugFolderWriter, read_debug_folder
from facemotion.core.types import FaceQuality
from facemotion.store.settings import Settings
from facemotion.ui import debug_saver
from facemotion.ui.debug_desk import DEBUG, DebugDesk
from facemotion.ui.debug_page import DebugPage
from facemotion.ui.debug_saver import QUEUE_LENGTH, DebugSaver
from facemotion.ui.message_banner import MessageBanner
from facemotion.ui.notice import NoticeKind
from facemotion.ui.settings_keeper import SettingsKeeper
from tests.core.faces import probs_of
from tests.fakes import models_info
from tests.ui.results import face, result

NOON = datetime(2026, 1, 2, 12, 0, 0)
WAIT_MS = 15000


def crop_of(number=0):
    return np.random.default_rng(number).integers(0, 256, (48, 48)).astype(np.uint8)


def debug_face(number=0, track_id=1):
    return DebugFace(crop_of(number), probs_of(happy=0.9), track_id, number / 10.0, NOON)


def read_face(track_id=1, **changes):
    quality = FaceQuality(0.9, 80.0, 0.0, 0.0, 0.0, 0.0, 300.0)
    made = dataclasses.replace(face(track_id), emotion_crop=crop_of(track_id), quality=quality)
    return dataclasses.replace(made, **changes)


# ----- the thread


@pytest.fixture
def saver(tmp_path, qtbot):
    made = DebugSaver(tmp_path / "debug", 5)
    yield made
    made.stop()
    assert made.wait(5000)


def folder_of(root):
    (folder,) = root.iterdir()
    return folder


def test_faces_are_written_until_stopped(saver, tmp_path):
    saver.start()
    for number in range(3):
        saver.put(debug_face(number, number))
    saver.stop()
    assert saver.wait(5000)
    assert read_debug_folder(folder_of(tmp_path / "debug")).track_ids.tolist() == [0, 1, 2]


def test_no_folder_is_made_without_a_face(saver, tmp_path):
    saver.start()
    saver.stop()
    assert saver.wait(5000)
    assert not (tmp_path / "debug").exists()


def test_a_full_folder_is_told_once(saver, tmp_path, qtbot):
    filled, failed = [], []
    saver.filled.connect(filled.append)
    saver.failed.connect(failed.append)
    for number in range(9):
        saver.put(debug_face(number, number))
    saver.start()
    qtbot.waitUntil(lambda: bool(filled), timeout=WAIT_MS)
    assert saver.wait(5000)
    saver.put(debug_face(10))
    assert filled == [folder_of(tmp_path / "debug")]
    assert len(read_debug_folder(filled[0])) == 5
    assert not failed


def test_a_slow_disk_lets_faces_go_and_never_makes_anybody_wait(saver):
    began = time.monotonic()
    for number in range(QUEUE_LENGTH + 7):
        saver.put(debug_face(number % 3))
    assert time.monotonic() - began < 1.0
    assert saver.dropped_count == 7


def test_a_disk_that_refuses_is_told_and_ends_it(saver, tmp_path, qtbot):
    (tmp_path / "debug").write_text("in the way")
    failed = []
    saver.failed.connect(failed.append)
    saver.put(debug_face())
    saver.start()
    qtbot.waitUntil(lambda: bool(failed), timeout=WAIT_MS)
    assert "Cannot make the folder" in failed[0]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a read-only folder")
def test_a_folder_that_may_only_be_read(saver, tmp_path, qtbot):
    tmp_path.chmod(0o500)
    failed = []
    saver.failed.connect(failed.append)
    saver.put(debug_face())
    saver.start()
    qtbot.waitUntil(lambda: bool(failed), timeout=WAIT_MS)
    tmp_path.chmod(0o700)


def test_what_nobody_expected_ends_it_with_a_sentence(saver, qtbot, monkeypatch):
    def burst(*_arguments):
        raise RuntimeError("unexpected")

    monkeypatch.setattr(debug_saver, "DebugFolderWriter", burst)
    failed = []
    saver.failed.connect(failed.append)
    saver.put(debug_face())
    saver.start()
    qtbot.waitUntil(lambda: bool(failed), timeout=WAIT_MS)
    assert "unexpected error" in failed[0]


# ----- the desk


class FakeResults(QObject):
    """What the desk needs of a session."""

    result_ready = Signal()

    def __init__(self):
        super().__init__()
        self.models_info = dataclasses.replace(models_info(), emotion_model_id="model-1")
        self.result = None

    def latest_result(self):
        return self.result

    def give(self, *faces):
        self.result = result(*faces, time_s=1.0)
        self.result_ready.emit()


class Desk:
    """A debug desk with everything around it but the main window."""

    def __init__(self, qtbot, icons, paths, **debug):
        from PySide6.QtWidgets import QMainWindow

        from facemotion.ui.actions import Actions

        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        settings = Settings()
        changed = dataclasses.replace(settings.debug, **debug)
        settings = dataclasses.replace(settings, debug=changed)
        self.keeper = SettingsKeeper(settings, paths.settings_file, self.window)
        self.banner = MessageBanner(icons, self.window)
        self.status = QStatusBar(self.window)
        self.status.addWidget(QWidget(self.status))
        self.actions = Actions(self.window, icons)
        self.session = FakeResults()
        self.root = paths.debug_dir
        self.desk = DebugDesk(
            self.session,
            self.banner,
            self.status,
            self.actions,
            self.keeper,
            paths,
            self.window,
        )

    @property
    def says(self):
        return self.banner.text(DEBUG)


@pytest.fixture
def make_desk(qtbot, icons, paths):
    made = []

    def make(**debug):
        made.append(Desk(qtbot, icons, paths, **debug))
        return made[-1]

    yield make
    for each in made:
        assert each.desk.shutdown()


def test_debug_mode_is_off_and_saves_nothing(make_desk):
    one = make_desk()
    assert not one.desk.is_saving
    assert one.desk.mark.isHidden()
    one.session.give(read_face())
    assert one.desk.shutdown()
    assert not one.root.exists()


def test_switched_on_it_warns_shows_a_mark_and_saves_what_the_model_read(make_desk, qtbot):
    one = make_desk(faces_per_s=30.0)
    one.actions["debug"].setChecked(True)
    assert one.keeper.settings.debug.is_enabled
    assert one.desk.is_saving
    assert not one.desk.mark.isHidden()
    assert "Tell the people" in one.says
    one.session.give(read_face(3), read_face(5))
    qtbot.waitUntil(lambda: "1 of 500" in one.desk.mark.text(), timeout=WAIT_MS)
    assert str(one.desk.folder) in one.desk.mark.toolTip()
    one.actions["debug"].setChecked(False)
    assert one.desk.mark.isHidden()
    assert one.says == ""
    assert one.desk.shutdown()
    read = read_debug_folder(one.desk.folder)
    assert read.track_ids.tolist() == [3]
    assert np.array_equal(read.crops[0], crop_of(3))
    assert read.model_ids == ("model-1",)


def test_faces_that_were_not_read_are_not_saved(make_desk):
    one = make_desk(is_enabled=True, faces_per_s=30.0)
    unread = dataclasses.replace(read_face().emotion, raw_probs=None)
    one.session.give(read_face(emotion=unread), read_face(2, emotion_crop=None))
    one.session.models_info = None
    one.session.give(read_face(4))
    assert one.desk.shutdown()
    assert not one.root.exists()


def test_the_rate_holds_and_a_new_number_counts_at_once(make_desk):
    one = make_desk(is_enabled=True, faces_per_s=0.1)
    for _ in range(20):
        one.session.give(read_face())
    one.keeper.update("debug", most_faces=20)
    one.session.give(read_face())
    assert one.desk.shutdown()
    folders = sorted(one.root.iterdir())
    assert [len(read_debug_folder(folder)) for folder in folders] == [1, 1]


def test_a_full_folder_is_said_with_ways_out(make_desk, qtbot):
    one = make_desk(is_enabled=True, faces_per_s=30.0, most_faces=20)

    def give():
        one.session.give(*(read_face(number) for number in range(1, 9)))
        return "as many as it may" in one.says

    qtbot.waitUntil(give, timeout=WAIT_MS)
    assert "full" in one.desk.mark.text()
    notice = one.banner.notice(DEBUG)
    assert [b.text() for b in notice.buttons] == ["Show report", "Open folder", "Switch off"]
    assert len(read_debug_folder(one.desk.folder)) == 20
    notice.buttons[-1].click()
    assert not one.keeper.settings.debug.is_enabled


def test_a_failure_switches_debug_mode_off_and_says_why(make_desk, qtbot):
    one = make_desk()
    one.root.parent.mkdir(parents=True, exist_ok=True)
    one.root.write_text("in the way")
    one.actions["debug"].setChecked(True)
    one.session.give(read_face())
    qtbot.waitUntil(lambda: "Debug mode is off" in one.says, timeout=WAIT_MS)
    assert one.banner.notice(DEBUG).kind is NoticeKind.ERROR
    assert not one.actions["debug"].isChecked()
    assert one.desk.mark.isHidden()


# ----- the page


@pytest.fixture
def debug_page(qtbot, tmp_path):
    made = DebugPage(tmp_path / "debug")
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


def fill(root, count, clock=NOON):
    writer = DebugFolderWriter(root, clock, count)
    for number in range(count):
        writer.write(debug_face(number, number))
    writer.close()
    return writer.folder


def test_without_faces_the_page_says_what_to_do(debug_page):
    debug_page.show_folder(None)
    assert "Switch on Tools" in debug_page.verdict.text
    assert debug_page.report is None
    assert [b.isEnabled() for b in debug_page._buttons] == [True, False, False, False]
    debug_page.delete_faces()
    debug_page.save_page(Path("nowhere"))


def test_few_faces_are_shown_but_not_judged(debug_page, tmp_path, qtbot):
    folder = fill(tmp_path / "debug", 4)
    debug_page.show_folder(folder)
    qtbot.waitUntil(lambda: debug_page.report is not None, timeout=WAIT_MS)
    assert debug_page.report.verdict is Verdict.NOT_ENOUGH
    assert "Not enough faces: 4" in debug_page.verdict.text
    assert debug_page.verdict.kind is NoticeKind.INFO


def test_the_newest_folder_is_judged_shown_and_saved(debug_page, tmp_path, qtbot):
    fill(tmp_path / "debug", 2)
    folder = fill(tmp_path / "debug", 24, NOON.replace(hour=13))
    debug_page.show_folder(None)
    qtbot.waitUntil(lambda: debug_page.report is not None, timeout=WAIT_MS)
    assert debug_page.report.faces.folder == folder
    assert debug_page.report.verdict is Verdict.PREPROCESSING
    assert debug_page.verdict.kind is NoticeKind.ERROR
    assert not debug_page.grab().isNull()
    debug_page.save_page(tmp_path / "page.html")
    assert "Saved as" in debug_page.message.text
    assert "Debug report" in (tmp_path / "page.html").read_text("utf-8")
    debug_page.save_page(tmp_path)
    assert debug_page.message.kind is NoticeKind.ERROR


def test_deleting_leaves_only_what_is_not_debug_modes(debug_page, tmp_path, qtbot):
    folder = fill(tmp_path / "debug", 3)
    (folder / "notes.txt").write_text("mine")
    debug_page.show_folder(folder)
    qtbot.waitUntil(lambda: debug_page.report is not None, timeout=WAIT_MS)
    debug_page.delete_faces()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    folder.rmdir()
    other = fill(tmp_path / "debug", 2)
    debug_page.show_folder(other)
    qtbot.waitUntil(lambda: debug_page.report is not None, timeout=WAIT_MS)
    debug_page.delete_faces()
    assert not other.exists()
    assert "The faces are deleted" in debug_page.message.text


def test_a_folder_deleted_meanwhile(debug_page, tmp_path, qtbot):
    debug_page.show_folder(tmp_path / "gone")
    qtbot.waitUntil(lambda: "cannot be read" in debug_page.verdict.text, timeout=WAIT_MS)
    debug_page.delete_faces()
    assert "could be deleted" in debug_page.message.text


def test_deleting_is_asked_first(debug_page, tmp_path, qtbot):
    folder = fill(tmp_path / "debug", 1)
    debug_page.show_folder(folder)
    qtbot.waitUntil(lambda: debug_page.report is not None, timeout=WAIT_MS)
    debug_page.ask_delete()
    from PySide6.QtWidgets import QMessageBox

    box = debug_page.findChild(QMessageBox)
    assert str(folder) in box.informativeText()
    box.reject()
    assert folder.is_dir()


# ----- in the window


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_the_commands_reach_the_page_and_the_mark(window, qtbot):
    window.actions_by_name["debug"].setChecked(True)
    assert not window.debug.mark.isHidden()
    window.actions_by_name["debug"].setChecked(False)
    window.actions_by_name["debug_report"].trigger()
    assert "No faces are saved yet" in window.debug.page.verdict.text
    window.debug.open_report()
    window.debug.page.close()
    qtbot.waitUntil(lambda: window.debug.page is None)
