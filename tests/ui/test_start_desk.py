"""The window's first moments, and what other starts ask of it."""

import dataclasses
import logging
import re
import sys

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from facemotion import app as app_module
from facemotion.store.layout import LayoutStore
from facemotion.store.paths import AppPaths
from facemotion.store.session_mark import LastEnd
from facemotion.store.settings import Settings, load_settings
from facemotion.ui.single_instance import Place, SingleInstance
from facemotion.ui.start_clock import LONGEST_WAIT_MS, RESULT, WINDOW, StartClock
from facemotion.ui.start_desk import CALL, CRASH, FOLDERS, PROBLEMS, StartDesk
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec
from tests.ui.programs import close_when_open

WAIT_MS = 20_000
pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support"),
    pytest.mark.usefixtures("impatience"),
]


@pytest.fixture
def desk(qapp, qtbot, paths, window):
    """A desk over a window that is open already, with consent given."""
    LayoutStore(paths.data_dir).give_consent()
    made = StartDesk(window, paths, None)
    window.hide()
    window.show()
    qtbot.waitUntil(lambda: window.session.models_info is not None, timeout=WAIT_MS)
    return made


def test_the_log_tells_when_the_window_and_the_first_result_came(qapp, consent, caplog):
    caplog.set_level(logging.INFO, "facemotion.ui.start_clock")
    timer = close_when_open(lambda window: window.session.latest_result() is not None)
    assert app_module.main(["--source", "demo"]) == 0
    timer.stop()
    told = [record.message for record in caplog.records if "start_clock" in record.name]
    assert [re.sub(r"[\d.]+ s", "N s", message) for message in told] == [
        f"{WINDOW}, after N s of processor time",
        f"{RESULT}, after N s of processor time",
    ]


def test_a_window_that_is_never_painted_begins_all_the_same(qtbot, window):
    window.hide()
    clock = StartClock(window, window.session)
    with qtbot.waitSignal(clock.window_seen, timeout=10 * LONGEST_WAIT_MS):
        window.setUpdatesEnabled(False)
        window.show()


def test_another_start_shows_its_source(qtbot, desk, window, photo):
    desk.come_to_front(str(photo))
    qtbot.waitUntil(lambda: window.session.source_info is not None, timeout=WAIT_MS)
    assert window.sources.spec.location == str(photo)
    desk.come_to_front("")
    assert window.sources.spec.location == str(photo)


def test_a_minimised_window_comes_back(desk, window):
    window.showMinimized()
    desk.come_to_front()
    assert not window.isMinimized()
    assert window.isVisible()


def test_a_wrong_source_of_another_start_is_told(desk, window):
    desk.come_to_front("gopher://x/y")
    assert "gopher" in window.pane.banner.text(CALL)


def test_before_consent_a_source_only_waits(qapp, paths, window):
    desk = StartDesk(window, paths, None)
    desk.come_to_front("demo")
    assert not window.session.is_busy
    assert desk._spec == SourceSpec(SourceKind.DEMO)


def test_a_file_opened_from_the_finder_is_shown(qtbot, qapp, desk, window, photo):
    qapp.installEventFilter(desk)
    QApplication.sendEvent(qapp, QFileOpenEvent(QUrl.fromLocalFile(str(photo))))
    qapp.removeEventFilter(desk)
    qtbot.waitUntil(lambda: window.session.source_info is not None, timeout=WAIT_MS)
    assert window.sources.spec.location == str(photo)


def test_the_messages_of_a_start(desk, window, monkeypatch, tmp_path, caplog):
    opened = []
    monkeypatch.setattr("facemotion.ui.start_desk.QDesktopServices.openUrl", opened.append)
    banner = window.pane.banner
    desk.tell_problems([])
    desk.tell_unwritable([])
    assert not {PROBLEMS, FOLDERS, CRASH} & set(banner.topics)
    desk.tell_problems(["One.", "Two."])
    assert banner.text(PROBLEMS) == "One. Two."
    desk.tell_unwritable([str(tmp_path)])
    assert str(tmp_path) in banner.text(FOLDERS)
    assert str(tmp_path) in caplog.text
    desk.tell_last_end(LastEnd.IN_ORDER)
    assert CRASH not in banner.topics
    desk.tell_last_end(LastEnd.UNEXPECTED)
    assert "unexpectedly" in banner.text(CRASH)
    banner.notice(CRASH).buttons[0].click()
    assert opened[0].toLocalFile() == str(AppPaths.default().log_dir)


def test_a_dead_window_is_told_of_at_the_next_start(qapp, consent):
    (AppPaths.default().log_dir / "session-1.log").write_text("dead")
    texts = []

    def read(window):
        texts.append(window.pane.banner.text(CRASH))
        return True

    for _ in range(2):
        timer = close_when_open(read)
        assert app_module.main([]) == 0
        timer.stop()
    assert "unexpectedly" in texts[0]
    assert texts[-1] == ""


@pytest.mark.parametrize("is_asked_for", [False, True])
def test_after_a_crash_at_the_start_the_last_source_waits(
    qtbot, qapp, paths, consent, make_window, is_asked_for
):
    source = dataclasses.replace(Settings().source, last_source="demo")
    window = make_window(dataclasses.replace(Settings(), source=source))
    window.hide()
    desk = StartDesk(window, paths, SourceSpec(SourceKind.DEMO) if is_asked_for else None)
    desk.tell_last_end(LastEnd.AT_START)
    window.show()
    qtbot.waitUntil(lambda: window.session.models_info is not None, timeout=WAIT_MS)
    assert window.session.is_busy is is_asked_for
    assert ("not opened by itself" in window.pane.banner.text(CRASH)) is not is_asked_for


def test_an_unexpected_error_keeps_the_settings_at_once(qapp, consent):
    path = AppPaths.default().settings_file
    kept = []

    def change_and_crash(window):
        if not kept:
            window._keeper.update("display", is_mirrored=False)
            kept.append(path.exists())
            try:
                raise RuntimeError("nobody expected this")
            except RuntimeError:
                sys.excepthook(*sys.exc_info())
            return False
        if not path.exists():
            return False
        kept.append(not load_settings(path)[0].display.is_mirrored)
        for box in QApplication.topLevelWidgets():
            if "Unexpected error" in box.windowTitle():
                box.close()
        return True

    timer = close_when_open(change_and_crash)
    assert app_module.main([]) == 0
    timer.stop()
    assert kept[:2] == [False, True]


@pytest.mark.parametrize(
    ("place", "code", "words"),
    [(Place.HANDED_OVER, 0, ""), (Place.NO_ANSWER, 1, "does not answer")],
)
def test_where_a_window_is_open_this_start_ends(
    qapp,
    consent,
    monkeypatch,
    capsys,
    tmp_path,
    place,
    code,
    words,
):
    asked = []
    monkeypatch.setattr(
        SingleInstance, "begin", lambda _self, source: asked.append(source) or place
    )
    monkeypatch.chdir(tmp_path)
    assert app_module.main(["--source", "clip.mp4"]) == code
    assert app_module.main(["--source", "camera:1"]) == code
    assert asked == [str(tmp_path / "clip.mp4"), "camera:1"]
    assert words in capsys.readouterr().err


def test_other_folders_mean_another_window(tmp_path):
    def name(*arguments):
        return app_module._instance_name(AppPaths.below(tmp_path), app_module._parse(arguments))

    here = name()
    assert name("--source", "demo") == here
    others = (("--gallery", "x"), ("--pack", "y"), ("--language", "de"))
    assert len({here, *(name(*arguments) for arguments in others)}) == 4
    assert app_module._instance_name(AppPaths.below(tmp_path / "b"), app_module._parse([])) != here
