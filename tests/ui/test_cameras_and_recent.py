import json
import sys

import pytest

from facemotion.ui import cameras
from facemotion.ui.actions import Actions
from facemotion.ui.cameras import CameraEntry, CameraList
from facemotion.ui.recent_sources import MOST_RECENT, RecentSources
from facemotion.ui.source_menu import SourceMenu, source_words
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.device_files import linux_cameras
from facemotion.vision.sources.specs import SourceSpec, parse_source


def test_cameras_of_this_machine_can_be_listed(qapp):
    found = CameraList()
    entries = found.entries()
    assert all(entry.name and entry.spec.kind is SourceKind.CAMERA for entry in entries)
    heard = []
    found.changed.connect(lambda: heard.append(1))
    found._on_changed()
    assert heard == [1]


def test_without_qtmultimedia_cameras_have_numbers(qapp, monkeypatch):
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    monkeypatch.setattr(sys, "platform", "win32")
    found = CameraList()
    assert not found.has_names
    assert [entry.name for entry in found.entries()] == ["Camera 1", "Camera 2"]


def test_linux_cameras_come_and_go_as_device_files(qtbot, monkeypatch, tmp_path):
    def entries():
        return linux_cameras(tmp_path, tmp_path / "class")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(cameras, "DEVICE_FOLDER", tmp_path)
    monkeypatch.setattr(cameras, "linux_cameras", entries)
    found = CameraList()
    assert found.has_names
    assert found.entries() == []
    with qtbot.waitSignal(found.changed):
        (tmp_path / "video2").touch()
    assert found.entries() == [CameraEntry(2, "Camera 3", is_default=True)]
    heard = []
    found.changed.connect(lambda: heard.append(1))
    (tmp_path / "tty9").touch()
    found._on_device_files()
    assert heard == []
    with qtbot.waitSignal(found.changed):
        (tmp_path / "video2").unlink()
    assert found.entries() == []


def test_recent_sources_are_kept_newest_first(tmp_path):
    path = tmp_path / "data" / "recent.json"
    recent = RecentSources(path)
    for number in range(MOST_RECENT + 3):
        recent.add(parse_source(f"/videos/{number}.mp4"))
    recent.add(parse_source("/videos/5.mp4"))
    for unkept in ("demo", "camera:0", "rtsp://user:secret@host/live"):
        recent.add(parse_source(unkept))
    again = RecentSources(path)
    assert len(again.specs) == MOST_RECENT
    assert [spec.location for spec in again.specs[:2]] == ["/videos/5.mp4", "/videos/10.mp4"]
    assert "secret" not in path.read_text()
    again.clear()
    assert RecentSources(path).specs == []


@pytest.mark.parametrize("damage", ["no json", "[1, 2]", '{"a": 1}', '["gopher://x"]', "[null]"])
def test_damaged_recent_sources_are_set_aside(tmp_path, damage):
    path = tmp_path / "recent.json"
    path.write_text(damage)
    recent = RecentSources(path)
    assert recent.specs == []
    recent.add(parse_source("/a.mp4"))
    assert json.loads(path.read_text()) == ["/a.mp4"]
    assert list(tmp_path.glob("*damaged*"))


def test_recent_sources_without_a_writable_folder_live_for_the_session(tmp_path):
    (tmp_path / "file").write_text("in the way")
    recent = RecentSources(tmp_path / "file" / "recent.json")
    recent.add(parse_source("/a.mp4"))
    assert [spec.location for spec in recent.specs] == ["/a.mp4"]


@pytest.fixture
def menu(qtbot, window, icons, tmp_path):
    recent = RecentSources(tmp_path / "recent.json")
    recent.add(parse_source("/videos/a.mp4"))
    recent.add(parse_source("http://host/live?token=secret"))
    made = SourceMenu(window.actions_by_name, icons, recent)
    qtbot.addWidget(made)
    return made


def test_the_source_menu_lists_cameras_and_marks_the_open_one(menu):
    assert [action.text() for action in menu.camera_actions] == []
    menu.set_cameras([])
    (none,) = menu.camera_actions
    assert none.text() == "No camera found"
    assert not none.isEnabled()
    entries = [CameraEntry(2, "Front & back", True), CameraEntry(0, "USB")]
    menu.set_cameras(entries)
    menu.set_current(entries[1].spec)
    assert [action.text() for action in menu.camera_actions] == ["Front && back", "USB"]
    assert [action.isChecked() for action in menu.camera_actions] == [False, True]
    chosen = []
    menu.source_chosen.connect(chosen.append)
    menu.camera_actions[0].trigger()
    assert chosen == [SourceSpec(SourceKind.CAMERA, "2", "Front & back")]
    menu.refresh_icons()
    assert menu.camera_actions[1].isChecked()


def test_the_source_menu_offers_what_was_open_and_shows_no_secret(menu):
    menu._fill_recent()
    words = [action.text() for action in menu._recent_menu.actions() if action.text()]
    assert words == ["http://host/live", "/videos/a.mp4", "Clear this list"]
    chosen = []
    menu.source_chosen.connect(chosen.append)
    menu._recent_menu.actions()[0].trigger()
    assert chosen[0].location == "http://host/live?token=secret"
    menu._recent_menu.actions()[-1].trigger()
    menu._fill_recent()
    assert not menu._recent_menu.isEnabled()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (SourceSpec(SourceKind.DEMO), "Demo"),
        (SourceSpec(SourceKind.CAMERA, "1"), "Camera 2"),
        (SourceSpec(SourceKind.CAMERA, "1", "Logi"), "Logi"),
        (SourceSpec(SourceKind.STREAM, "rtsp://u:p@host/x"), "rtsp://host/x"),
        (SourceSpec(SourceKind.VIDEO, "/a/b/clip.mp4"), "clip.mp4"),
        (SourceSpec(SourceKind.FOLDER, "C:\\photos\\"), "photos"),
        (SourceSpec(SourceKind.FOLDER, "/"), "/"),
    ],
)
def test_source_words(spec, words):
    assert source_words(spec) == words


def test_play_says_what_it_would_do(window):
    actions = window.actions_by_name
    assert isinstance(actions, Actions)
    play = actions["play"]
    actions.show_playing(False)
    assert (play.iconText(), play.text()) == ("Play", "&Play")
    assert play.toolTip().startswith("Play (")
    actions.show_playing(True)
    assert play.iconText() == "Pause"
