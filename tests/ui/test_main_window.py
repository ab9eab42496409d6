"""The real window, with real sources and real threads, on the offscreen platform."""

import threading
import time
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QPalette
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QPushButton

from facemotion.store.layout import LayoutStore
from facemotion.store.settings import load_settings
from facemotion.ui import changes_panel, file_desk, model_desk
from facemotion.ui.menus import key_list
from facemotion.ui.model_desk import GALLERY, IMPORT, MODELS
from facemotion.ui.source_desk import CONNECTION
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec, path_source
from tests.fakes import FakeCamera
from tests.ui.conftest import flush_deletions
from tests.ui.results import face, known, result

DEMO = SourceSpec(SourceKind.DEMO)
WAIT_MS = 20000

# The offscreen platform cannot raise windows or limit their size, and says so.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def press(qtbot):
    def press_key(window, key, modifiers=Qt.KeyboardModifier.NoModifier):
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        qtbot.keyClick(window, key, modifiers)

    return press_key


def has_picture(window):
    return window.pane.is_picture_shown and window.session.latest_frame() is not None


def show(qtbot, window, spec):
    window.sources.show_source(spec)
    qtbot.waitUntil(lambda: has_picture(window), timeout=WAIT_MS)


def button(widget, words):
    return next(b for b in widget.findChildren(QPushButton) if b.text() == words)


# ----- commands


def test_every_command_has_words_keys_and_a_sentence(window):
    seen = {}
    actions = window.actions_by_name.all()
    actions += [dock.toggleViewAction() for dock in window.docks.all()]
    for action in actions:
        assert action.text()
        assert action.statusTip(), action.text()
        assert action.toolTip(), action.text()
        for key in action.shortcuts():
            words = key.toString(QKeySequence.SequenceFormat.PortableText)
            assert words, action.text()
            assert words not in seen, f"{words}: {seen.get(words)} and {action.text()}"
            seen[words] = action.text()
        assert action.shortcuts(), action.text()
    assert len(key_list(window.actions_by_name, window.docks.all())) == len(actions)


def test_every_command_is_in_a_menu(window):
    def actions_below(menu):
        for action in menu.actions():
            yield action
            if action.menu() is not None:
                yield from actions_below(action.menu())

    offered = set(actions_below(window.menuBar()))
    missing = [a.text() for a in window.actions_by_name.all() if a not in offered]
    assert missing == []


def test_what_cannot_be_done_is_not_offered(window):
    for name in ("play", "snapshot", "back", "forward", "retry", "close_source", "next_face"):
        assert not window.actions_by_name[name].isEnabled(), name


def test_every_button_of_the_window_has_a_name_for_screen_readers(qtbot, window):
    show(qtbot, window, DEMO)
    for widget in window.findChildren(QPushButton):
        assert widget.text() or widget.accessibleName()
    for part in (window.pane.video, window.faces.view, window.changes.view, window.chart.bars):
        assert part.accessibleName()


# ----- start and sources


def test_the_start_page_offers_what_can_be_opened(qtbot, window):
    page = window.pane.start_page
    window.sources.find_cameras()
    assert page.message.title in ("No camera found", "What would you like to see?")
    words = [b.text() for b in page.buttons]
    assert {"Show the demo", "Open video or photo…", "Open address…"} <= set(words)
    qtbot.mouseClick(button(page, "Show the demo"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: has_picture(window), timeout=WAIT_MS)
    assert window.windowTitle() == "Demo – facemotion"
    assert not window.pane.transport.isVisible()
    assert "Demo" in window.status.text


def test_the_first_source_is_the_one_asked_for_then_the_last_one(qtbot, make_window, clip, paths):
    window = make_window()
    window.sources.show_first(path_source(clip))
    qtbot.waitUntil(lambda: has_picture(window), timeout=WAIT_MS)
    window.close()
    settings, problems = load_settings(paths.settings_file)
    assert problems == []
    assert settings.source.last_source == str(clip)
    again = make_window(settings)
    again.sources.show_first(None)
    qtbot.waitUntil(lambda: has_picture(again), timeout=WAIT_MS)
    assert again.sources.spec.location == str(clip)


def test_a_file_that_cannot_be_shown_has_a_sentence_and_a_button(qtbot, window, tmp_path, clip):
    lost = tmp_path / "lost.mp4"
    window.sources.show_source(path_source(lost))
    page = window.pane.start_page
    assert page.message.title == "Opening lost.mp4…"
    qtbot.waitUntil(lambda: "cannot be shown" in page.message.title, timeout=WAIT_MS)
    assert "lost.mp4" in page.message.text
    lost.write_bytes(Path(clip).read_bytes())
    qtbot.mouseClick(button(page, "Try again"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: has_picture(window), timeout=WAIT_MS)


def test_closing_the_source_goes_back_to_the_start_page(qtbot, window, press, clip):
    show(qtbot, window, path_source(clip))
    press(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not window.session.is_busy, timeout=WAIT_MS)
    assert not window.pane.is_picture_shown
    assert not window.pane.transport.isVisible()
    assert window.windowTitle() == "facemotion"
    assert not window.actions_by_name["close_source"].isEnabled()


def test_files_are_chosen_in_dialogs(qtbot, window, monkeypatch, clip, photo):
    answers = {"getOpenFileName": (str(clip), ""), "getExistingDirectory": str(photo.parent)}
    for name, answer in answers.items():
        monkeypatch.setattr(QFileDialog, name, lambda *_a, answer=answer: answer)
    window.actions_by_name["open_file"].trigger()
    assert window.sources.spec.kind is SourceKind.VIDEO
    window.actions_by_name["open_folder"].trigger()
    assert window.sources.spec.kind is SourceKind.FOLDER
    qtbot.waitUntil(lambda: has_picture(window), timeout=WAIT_MS)
    recent = [spec.location for spec in window.sources._recent.specs]
    assert recent[0] == str(photo.parent)


def test_an_address_is_asked_for_until_it_can_be_used(window, monkeypatch):
    asked = []
    answers = iter([("gopher://x/y", True), ("rtsp://127.0.0.1:9/live", True)])

    def ask(_parent, _title, label, _mode, _text):
        asked.append(label)
        return next(answers)

    monkeypatch.setattr(QInputDialog, "getText", ask)
    window.actions_by_name["open_url"].trigger()
    assert "gopher" in asked[1]
    assert window.sources.spec.kind is SourceKind.STREAM
    monkeypatch.setattr(QInputDialog, "getText", lambda *_a: ("", False))
    window.actions_by_name["open_url"].trigger()
    assert window.sources.spec.location == "rtsp://127.0.0.1:9/live"


def test_a_dropped_file_is_shown(qtbot, window, clip):
    data = QMimeData()
    data.setUrls([QUrl("http://example.org/a.mp4"), QUrl.fromLocalFile(str(clip))])
    no_button, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(50, 50), copy, data, no_button, no_key)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(QPointF(50, 50), copy, data, no_button, no_key))
    qtbot.waitUntil(lambda: has_picture(window), timeout=WAIT_MS)
    assert window.sources.spec.location == str(clip)


def test_a_lost_camera_is_announced_and_can_be_tried_at_once(qtbot, window, monkeypatch):
    plugged = threading.Event()
    plugged.set()
    monkeypatch.setattr(window.session._source, "_maker", lambda _spec: FakeCamera(plugged))
    show(qtbot, window, SourceSpec(SourceKind.CAMERA, "0", "Fake camera"))
    plugged.clear()
    banner = window.pane.banner
    qtbot.waitUntil(lambda: bool(banner.text(CONNECTION)), timeout=WAIT_MS)
    assert "no more pictures" in banner.text(CONNECTION)
    assert "Trying again in" in banner.text(CONNECTION)
    assert window.pane.is_picture_shown
    plugged.set()
    qtbot.mouseClick(button(banner, "Try now"), Qt.MouseButton.LeftButton)
    assert banner.text(CONNECTION) == ""
    qtbot.waitUntil(lambda: has_picture(window), timeout=WAIT_MS)
    window.actions_by_name["play"].trigger()
    assert window.pane.video._message == "Paused"


# ----- playback


def test_space_pauses_and_goes_on(qtbot, window, press, clip):
    show(qtbot, window, path_source(clip))
    assert window.actions_by_name["play"].iconText() == "Pause"
    press(window, Qt.Key.Key_Space)
    assert window.session.is_paused
    assert window.actions_by_name["play"].iconText() == "Play"
    press(window, Qt.Key.Key_Space)
    assert not window.session.is_paused
    assert window.actions_by_name["play"].iconText() == "Pause"


def test_the_transport_bar_seeks_and_tells_the_time(qtbot, window, press, clip):
    show(qtbot, window, path_source(clip))
    bar = window.pane.transport
    qtbot.waitUntil(bar.isVisible, timeout=WAIT_MS)
    window.session.pause()
    bar.slider.setValue(120)
    qtbot.waitUntil(lambda: window.session.latest_frame().time_s > 1.1, timeout=WAIT_MS)
    assert bar.time_text == "0:01 / 0:02"
    press(window, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: window.session.latest_frame().time_s < 0.1, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: bar.slider.value() < 10, timeout=WAIT_MS)
    press(window, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: window.session.latest_frame().time_s > 1.8, timeout=WAIT_MS)
    qtbot.mousePress(bar.slider, Qt.MouseButton.LeftButton, pos=QPoint(2, 8))
    qtbot.mouseRelease(bar.slider, Qt.MouseButton.LeftButton, pos=QPoint(2, 8))
    qtbot.waitUntil(lambda: window.session.latest_frame().time_s < 0.3, timeout=WAIT_MS)


def test_at_the_end_the_button_plays_again(qtbot, window, press, clip):
    press(
        window,
        Qt.Key.Key_R,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    assert not window.actions_by_name["loop"].isChecked()
    show(qtbot, window, path_source(clip))
    play = window.actions_by_name["play"]
    qtbot.waitUntil(lambda: play.iconText() == "Play", timeout=WAIT_MS)
    play.trigger()
    assert play.iconText() == "Pause"
    qtbot.waitUntil(lambda: window.session.latest_frame().time_s < 1.0, timeout=WAIT_MS)


# ----- faces, chart, changes


def test_faces_are_listed_selected_and_charted(qtbot, window):
    board, video = window.board, window.pane.video
    show(qtbot, window, DEMO)
    info = window.session.source_info
    window.session.pause()
    qtbot.wait(100)
    shown = window.session.latest_frame()

    def feed(seconds, *faces):
        newest = result(
            *faces, time_s=shown.time_s + seconds, scene_id=shown.scene_id, size=(1280, 720)
        )
        video.set_result(newest)
        board.take_result(newest, info, datetime.now())

    ana = face(1, (100, 100, 300, 300), identity=known("Ana"))
    feed(0.0, ana, face(2, (700, 100, 900, 300), emotion="sad"))
    model = window.faces.view.model()
    assert [model.index(row).data() for row in range(2)] == ["Ana", "unknown #2"]
    assert "happy" in model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert window.docks["chart"].windowTitle() == "Emotion: Ana"
    video.repaint()
    assert len(video.marks) == 2

    # A click in the picture selects; so do the list and the keyboard.
    stranger = next(mark for mark in video.marks if mark.face.track_id == 2)
    qtbot.mouseMove(video, stranger.box.center().toPoint())
    qtbot.mouseClick(video, Qt.MouseButton.LeftButton, pos=stranger.box.center().toPoint())
    assert board.selected.track_id == 2
    assert window.faces.view.currentIndex().row() == 1
    assert window.docks["chart"].windowTitle() == "Emotion: unknown #2"
    window.faces.view.setCurrentIndex(model.index(0))
    assert board.selected.track_id == 1
    video.setFocus()
    qtbot.keyClick(video, Qt.Key.Key_Right)
    assert board.selected.track_id == 2
    window.actions_by_name["next_face"].trigger()
    assert board.selected.track_id == 1
    window.actions_by_name["previous_face"].trigger()
    assert board.selected.track_id == 2

    # A change of emotion is written down, and the chart has its readings.
    feed(0.2, ana, face(2, (700, 100, 900, 300), emotion="happy"))
    changes = window.changes.shown_changes()
    assert [(c.person, c.before, c.after) for c in changes] == [("unknown #2", "sad", "happy")]
    qtbot.waitUntil(lambda: window.chart._plot is not None, timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: window.chart._smooth_curves[3].getData()[1] is not None, timeout=WAIT_MS
    )
    assert window.chart._smooth_curves[3].getData()[1][-1] == pytest.approx(0.9)
    assert "happy 90 %" in window.chart.bars.accessibleDescription()

    # Who is gone leaves the list; the selection goes to somebody who is here.
    feed(2.0, ana)
    assert board.selected.track_id == 1
    assert model.rowCount() == 1
    window.grab()


def test_unknown_people_can_be_told_apart_in_narrow_changes(qtbot, window):
    show(qtbot, window, DEMO)
    info = window.session.source_info
    window.session.stop()
    for second, emotion in enumerate(("surprise", "disgust", "surprise")):
        feeling = face(12, emotion=emotion)
        window.board.take_result(result(feeling, time_s=float(second)), info, datetime.now())
    view = window.changes.view
    for column in (changes_panel.TIME, changes_panel.CHANGE, changes_panel.PROBABILITY):
        assert view.sizeHintForColumn(column) <= view.columnWidth(column)
    metrics, name = view.fontMetrics(), "unknown #12"
    narrow = int(0.8 * metrics.horizontalAdvance(name))
    shown = metrics.elidedText(name, view.textElideMode(), narrow)
    assert shown != name
    assert shown.endswith("#12")


def test_changes_can_be_filtered_exported_and_cleared(qtbot, window, tmp_path, monkeypatch):
    show(qtbot, window, DEMO)
    info = window.session.source_info
    window.session.stop()
    now = datetime.now()
    for second, emotion in enumerate(("neutral", "happy", "neutral")):
        faces = (face(1, emotion=emotion, identity=known("Ana")), face(2, emotion=emotion))
        window.board.take_result(result(*faces, time_s=float(second)), info, now)
    assert window.changes.view.model().rowCount() == 4
    people = window.changes.people
    assert [people.itemText(i) for i in range(people.count())] == ["Everybody", "Ana", "unknown #2"]
    people.setCurrentIndex(1)
    assert {change.person for change in window.changes.shown_changes()} == {"Ana"}
    target = tmp_path / "änderungen.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (str(target), ""))
    window.changes._export.click()
    assert target.read_text("utf-8-sig").count("Ana") == 2
    window.files.write_changes(tmp_path / "no" / "such" / "folder.csv", [])
    assert window.pane.banner.text(file_desk.EXPORT)
    window.changes._clear.click()
    assert window.changes.view.model().rowCount() == 0
    assert people.count() == 1
    assert not window.changes._export.isEnabled()


def test_real_faces_appear_in_list_picture_and_status(qtbot, make_window, shared_pack, tmp_path):
    window = make_window(pack_choice=str(shared_pack), gallery_dir=tmp_path / "gallery")
    window.models.load()
    assert "loading" in window.status.text
    show(qtbot, window, DEMO)
    qtbot.waitUntil(lambda: len(window.board.faces) >= 2, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(window.pane.video.marks) >= 2, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "inference" in window.status.text, timeout=WAIT_MS)
    assert "CPU" in window.status.text
    assert shared_pack.name in window.status.text
    assert window.pane.banner.topics == []


@pytest.mark.parametrize("name", ["scene_multi_person.mp4", "neutral_smile_then_no_face.mov"])
def test_the_picture_moves_at_its_own_rate_while_faces_are_read(
    qtbot, make_window, shared_dir, shared_pack, name
):
    window = make_window(pack_choice=str(shared_pack))
    window.models.load()
    show(qtbot, window, path_source(shared_dir / "media" / name))
    qtbot.waitUntil(lambda: window.session.latest_result() is not None, timeout=WAIT_MS)

    def is_quick():
        is_reading = window.session.statistics().inference_per_s > 2.0
        return is_reading and window.pane.video.repaints_per_s >= 24.0

    qtbot.waitUntil(is_quick, timeout=WAIT_MS)


# ----- models


def test_without_a_pack_the_video_plays_and_the_banner_helps(
    qtbot, window, shared_pack, monkeypatch
):
    monkeypatch.setattr(model_desk, "pack_roots", lambda paths: (paths.packs_dir,))
    window.models.load()
    show(qtbot, window, DEMO)
    banner = window.pane.banner
    qtbot.waitUntil(lambda: bool(banner.text(MODELS)), timeout=WAIT_MS)
    assert "No model pack is installed" in banner.text(MODELS)
    assert button(banner, "Import zip…").isEnabled()
    assert "no models" in window.status.text
    window.packs.import_from(shared_pack)
    qtbot.waitUntil(lambda: window.session.models_info is not None, timeout=WAIT_MS)
    assert "installed and in use" in banner.text(IMPORT)
    assert banner.text(MODELS) == ""
    qtbot.waitUntil(lambda: bool(window.board.faces), timeout=WAIT_MS)


def test_a_pack_that_cannot_be_imported_is_refused(qtbot, window, tmp_path, monkeypatch):
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"not a zip")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a: (str(bad), ""))
    window.actions_by_name["import_zip"].trigger()
    banner = window.pane.banner
    qtbot.waitUntil(lambda: "Importing" not in banner.text(IMPORT), timeout=WAIT_MS)
    assert "bad.zip" in banner.text(IMPORT)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a: str(tmp_path))
    window.actions_by_name["import_folder"].trigger()
    qtbot.waitUntil(lambda: "Importing" not in banner.text(IMPORT), timeout=WAIT_MS)
    assert len(banner.topics) == 1


def test_what_the_inference_thread_says_reaches_the_banner(window):
    banner, session = window.pane.banner, window.session
    session.gallery_failed.emit("The gallery is locked.")
    assert banner.text(GALLERY) == "The gallery is locked."
    session.gallery_loaded.emit(3)
    assert banner.text(GALLERY) == ""
    session.fallback.emit("CUDA is not part of the installed onnxruntime; running on CPU.")
    assert "running on CPU" in banner.text("fallback")
    session.inference_failed.emit("Reading faces stopped.")
    assert [b.text() for b in banner.notice(MODELS).buttons] == ["Start again"]
    button(banner, "Start again").click()
    assert banner.text(MODELS) == ""


# ----- look and layout


def test_the_theme_changes_at_once_and_is_kept(window, qapp, paths):
    light = qapp.palette().color(QPalette.ColorRole.Window).lightness()
    icon_before = window.actions_by_name["enrol"].icon().cacheKey()
    dark = next(a for a in window._themes.actions if a.data() == "dark")
    dark.trigger()
    assert qapp.palette().color(QPalette.ColorRole.Window).lightness() < 60 < light
    assert window.actions_by_name["enrol"].icon().cacheKey() != icon_before
    assert dark.isChecked()
    window.close()
    settings, _ = load_settings(paths.settings_file)
    assert settings.display.theme == "dark"


@pytest.mark.parametrize("name", ["landmarks", "track_ids", "mirror", "loop"])
def test_switches_are_settings(window, name):
    action = window.actions_by_name[name]
    before = action.isChecked()
    action.trigger()
    assert action.isChecked() is not before
    settings = window._keeper.settings
    values = {
        "landmarks": settings.display.show_landmarks,
        "track_ids": settings.display.show_track_ids,
        "mirror": settings.display.is_mirrored,
        "loop": settings.source.is_looping,
    }
    assert values[name] is not before


def test_the_layout_is_remembered_and_can_be_reset(qtbot, make_window):
    first = make_window()
    first.docks["changes"].toggleViewAction().trigger()
    first.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, first.docks["faces"])
    first.resize(1100, 700)
    qtbot.waitUntil(lambda: first.width() == 1100)
    first.close()
    second = make_window()
    assert not second.docks["changes"].isVisible()
    area = second.dockWidgetArea(second.docks["faces"])
    assert area == Qt.DockWidgetArea.LeftDockWidgetArea
    second.actions_by_name["reset_layout"].trigger()
    assert second.docks["changes"].isVisible()
    area = second.dockWidgetArea(second.docks["faces"])
    assert area == Qt.DockWidgetArea.RightDockWidgetArea


def test_a_damaged_layout_gives_the_first_one(make_window, paths):
    file = paths.data_dir / "window.json"
    file.write_text('{"geometry": "AAAA", "state": "AAAA"}')
    window = make_window()
    assert all(dock.isVisible() for dock in window.docks.all())
    window.close()
    assert LayoutStore(paths.data_dir).load_layout() is not None
    file.write_text("no json")
    assert all(dock.isVisible() for dock in make_window().docks.all())


def test_full_screen_and_escape(qtbot, window, press):
    press(window, Qt.Key.Key_F11)
    qtbot.waitUntil(window.isFullScreen)
    press(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.isFullScreen())
    window.pane.video.ground_activated.emit()
    assert window.isFullScreen()
    window.showNormal()  # as a window manager may do
    qtbot.waitUntil(lambda: not window.actions_by_name["fullscreen"].isChecked())


def test_full_screen_is_remembered_and_can_be_left(qtbot, make_window, press):
    first = make_window()
    press(first, Qt.Key.Key_F11)
    qtbot.waitUntil(first.isFullScreen)
    first.close()
    second = make_window()
    qtbot.waitUntil(lambda: second.actions_by_name["fullscreen"].isChecked())
    press(second, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not second.isFullScreen())


@pytest.mark.parametrize("size", [(1024, 640), (1280, 800)])
def test_nothing_needs_more_room_than_there_is(qtbot, window, size, clip):
    window.resize(*size)
    show(qtbot, window, path_source(clip))
    qtbot.waitUntil(lambda: window.chart._plot is not None, timeout=WAIT_MS)
    assert (window.width(), window.height()) == size
    for dock in window.docks.all():
        panel = dock.widget()
        assert panel.height() >= panel.minimumSizeHint().height(), dock.objectName()
        bottom = panel.mapTo(window, QPoint(0, panel.height())).y()
        assert bottom <= window.height() - window.status.height()


# ----- files and dialogs


def test_a_snapshot_is_saved_and_named(qtbot, window, press, tmp_path, monkeypatch):
    monkeypatch.setattr(file_desk, "snapshot_folder", lambda: tmp_path / "pictures")
    show(qtbot, window, DEMO)
    press(window, Qt.Key.Key_S)
    banner = window.pane.banner
    qtbot.waitUntil(lambda: bool(banner.text(file_desk.SNAPSHOT)), timeout=WAIT_MS)
    (saved,) = (tmp_path / "pictures").glob("facemotion-*.png")
    assert str(saved) in banner.text(file_desk.SNAPSHOT)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(file_desk, "snapshot_folder", lambda: tmp_path / "file")
    press(window, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: "cannot" in banner.text(file_desk.SNAPSHOT), timeout=WAIT_MS)
    window.files._hide_snapshot_message()
    assert not banner.isVisible()


def test_dialogs_open_once_and_close_with_the_window(qtbot, window):
    dialogs = window.dialogs
    for name in ("enrol", "people", "settings", "about", "keys", "about"):
        window.actions_by_name[name].trigger()
    enrolment, settings = dialogs.enrolment, dialogs.settings
    assert enrolment.isVisible()
    assert enrolment.page == "people"
    assert settings.isVisible()
    window.actions_by_name["settings"].trigger()
    assert dialogs.settings is settings
    window.actions_by_name["landmarks"].trigger()
    assert settings.settings.display.show_landmarks
    settings.close()
    qtbot.waitUntil(lambda: dialogs.settings is None)
    window.close()
    assert not any(widget.isVisible() for widget in QApplication.topLevelWidgets())


def test_a_change_in_the_settings_dialog_counts_at_once(qtbot, window):
    import dataclasses

    window.actions_by_name["settings"].trigger()
    old = window._keeper.settings
    new = dataclasses.replace(
        old, display=dataclasses.replace(old.display, theme="dark", chart_window_s=60.0)
    )
    window.dialogs.settings.settings_changed.emit(new)
    assert window._keeper.settings == new
    assert window.chart._window_s == 60.0
    assert window._theme.mode == "dark"


# ----- the end


def test_closing_while_busy_twenty_times(qtbot, qapp, make_window, shared_pack, clip):
    """Neither a warning of Qt (which fails a test) nor a thread is left behind."""
    begin_s = time.monotonic()
    for turn in range(20):
        window = make_window(pack_choice=str(shared_pack))
        window.models.load()
        window.sources.show_source(DEMO if turn % 2 else path_source(clip))
        if turn % 4 > 1:
            qtbot.waitUntil(lambda w=window: has_picture(w), timeout=WAIT_MS)
        if turn % 5 == 4:
            qtbot.waitUntil(lambda w=window: w.session.latest_result() is not None, timeout=WAIT_MS)
        ends = []
        window.closed.connect(ends.append)
        window.close()
        assert ends == [True]
        assert window.session._inference.isFinished()
        window.deleteLater()
        flush_deletions(qapp)
    assert time.monotonic() - begin_s < 60.0


def test_photos_of_a_folder_have_nothing_to_do_with_each_other(
    qtbot, make_window, shared_dir, shared_pack
):
    window = make_window(pack_choice=str(shared_pack))
    window.models.load()
    show(qtbot, window, path_source(shared_dir / "media" / "people"))
    names = set()

    def has_seen_three():
        names.add(window.status.text.partition("  ")[0])
        return len({name for name in names if ".png" in name}) >= 3

    qtbot.waitUntil(has_seen_three, timeout=WAIT_MS)
    assert any(name == "people: person_2.png" for name in names)
    assert window.changes.shown_changes() == []
    assert all(face.duration_s == 0.0 for face in window.board.faces)


def test_no_box_outlives_its_scene(qtbot, make_window, shared_dir, shared_pack):
    window = make_window(pack_choice=str(shared_pack))
    window.actions_by_name["loop"].setChecked(False)
    window.models.load()
    qtbot.waitUntil(lambda: window.session.models_info is not None, timeout=WAIT_MS)
    seen = []

    def look():
        window.pane.video.repaint()
        seen.append((window.session.latest_frame().time_s, len(window.pane.video.marks)))

    window.session.picture_ready.connect(look)
    window.sources.show_source(path_source(shared_dir / "media" / "neutral_smile_then_no_face.mov"))
    ends = []
    window.session.ended.connect(lambda: ends.append(1))
    qtbot.waitUntil(lambda: bool(ends), timeout=WAIT_MS)
    cut_s = 2.43
    assert any(count for time_s, count in seen if time_s < cut_s)
    late = [(time_s, count) for time_s, count in seen if time_s > cut_s and count]
    assert late == []
    assert window.board.faces == []
