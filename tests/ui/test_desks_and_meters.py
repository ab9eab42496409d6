"""The smaller parts: what they do when something is missing or fails."""

import ctypes
import dataclasses
import sys
from datetime import datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette

from facemotion.core.errors import OutputError
from facemotion.core.labels import EMOTIONS
from facemotion.core.matching import PackThresholds
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.ui import meters, model_desk, settings_keeper
from facemotion.ui.file_desk import EXPORT
from facemotion.ui.look_desk import SETTINGS_FILE
from facemotion.ui.message_banner import MessageBanner
from facemotion.ui.model_request import ModelsInfo
from facemotion.ui.notice import NoticeKind
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.snapshot import save_snapshot, snapshot_folder
from facemotion.ui.source_making import SourceMaking
from facemotion.ui.theme import DARK, LIGHT, ThemeMode, emotion_ink, make_palette
from facemotion.vision.providers import SessionProvider
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.camera import CameraSource
from facemotion.vision.sources.specs import SourceSpec
from tests.ui.results import face, frame, known, result

NOON = datetime(2026, 1, 2, 12, 0, 0)


# ----- memory


class FakeKernel:
    def __init__(self, is_told):
        self.K32GetProcessMemoryInfo = self
        self.is_told = is_told

    def __call__(self, _process, counters, _size):
        counters._obj.working_set_size = 64 * meters.BYTES_PER_MIB
        return self.is_told


@pytest.mark.parametrize(("is_told", "expected"), [(1, 64.0), (0, None)])
def test_memory_on_windows(monkeypatch, is_told, expected):
    windll = type("Windll", (), {"kernel32": FakeKernel(is_told)})
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", windll, raising=False)
    assert meters.memory_mib() == expected


def test_memory_elsewhere_is_the_largest_so_far(monkeypatch):
    monkeypatch.setattr(sys, "platform", "freebsd14")
    assert meters.memory_mib() > 0.1


def test_memory_that_linux_does_not_tell(monkeypatch):
    def refuse(*_args, **_options):
        raise OSError("no /proc here")

    monkeypatch.setattr(meters.Path, "read_text", refuse)
    monkeypatch.setattr(sys, "platform", "linux")
    assert meters.memory_mib() is None


# ----- theme


def luminance(colour):
    parts = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour.getRgbF()[:3]
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a, b):
    lighter, darker = sorted((luminance(QColor(a)), luminance(QColor(b))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_can_be_read_on_every_ground(colours):
    for ink in (colours.text, colours.quiet):
        for ground in (colours.window, colours.base, colours.raised):
            assert contrast(ink, ground) >= 4.5, (ink, ground)
    assert contrast(colours.accent_text, colours.accent) >= 4.5
    assert contrast(colours.text, colours.selection) >= 4.5
    assert contrast(colours.accent, colours.window) >= 3.0
    role = QPalette.ColorRole
    assert make_palette(colours).color(role.WindowText) == QColor(colours.text)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_emotion_colours_stand_out_on_both_grounds(emotion):
    assert contrast(emotion_ink(emotion, is_dark=True), DARK.base) >= 3.0
    assert contrast(emotion_ink(emotion, is_dark=False), LIGHT.base) >= 1.9


def test_the_theme_follows_the_system_only_when_asked_to(theme, qapp):
    heard = []
    theme.changed.connect(lambda: heard.append(theme.colours.is_dark))
    theme.apply(ThemeMode.DARK)
    theme._on_system_changed(Qt.ColorScheme.Light)
    assert heard == [True]
    theme.apply(ThemeMode.SYSTEM)
    assert theme.mode is ThemeMode.SYSTEM
    theme._on_system_changed(Qt.ColorScheme.Light)
    assert len(heard) == 3
    assert "QPushButton" in qapp.styleSheet()


# ----- settings


def test_settings_are_saved_a_moment_later_and_flushed_at_the_end(qtbot, tmp_path, monkeypatch):
    path = tmp_path / "settings.toml"
    keeper = SettingsKeeper(Settings(), path)
    heard = []
    keeper.changed.connect(lambda old, new: heard.append((old, new)))
    keeper.replace(Settings())
    assert heard == []
    keeper.update("display", show_landmarks=True)
    assert heard[0][1].display.show_landmarks
    assert not path.exists()
    keeper.flush()
    assert "show_landmarks = true" in path.read_text()
    keeper.flush()
    monkeypatch.setattr(settings_keeper, "save_settings", refuse_to_save)
    problems = []
    keeper.save_failed.connect(problems.append)
    keeper.save()
    assert problems == ["The disk is full."]
    with pytest.raises(TypeError):
        keeper.update("display", no_such_thing=1)


def refuse_to_save(_path, _settings):
    raise OutputError("The disk is full.")


def test_settings_that_cannot_be_saved_are_announced_and_tried_again(window, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(settings_keeper, "save_settings", refuse_to_save)
        window._keeper.save()
    banner = window.pane.banner
    assert banner.text(SETTINGS_FILE) == "The disk is full."
    banner.notice(SETTINGS_FILE).buttons[0].click()
    assert banner.text(SETTINGS_FILE) == ""
    assert AppPaths.default().settings_file.is_file()


def test_camera_settings_reach_the_camera(tmp_path):
    settings = Settings()
    source = dataclasses.replace(settings.source, camera_width_px=1920, camera_height_px=1080)
    keeper = SettingsKeeper(dataclasses.replace(settings, source=source), tmp_path / "s.toml")
    camera = SourceMaking(keeper).make(SourceSpec(SourceKind.CAMERA, "3", "Desk"))
    assert isinstance(camera, CameraSource)
    assert camera.info.name == "Desk"
    assert (camera._mode.width_px, camera._mode.height_px) == (1920, 1080)


# ----- models


def test_what_needs_new_models_and_what_only_new_parameters(window, monkeypatch):
    loads, tunings, intervals = [], [], []
    window.models.load()
    monkeypatch.setattr(window.session, "load_models", loads.append)
    monkeypatch.setattr(window.session, "tune", tunings.append)
    monkeypatch.setattr(window.session, "set_interval", intervals.append)
    keeper = window._keeper
    keeper.update("display", show_landmarks=True)
    assert (loads, tunings) == ([], [])
    keeper.update("inference", inference_interval_s=0.5)
    assert intervals[-1] == 0.5
    assert (loads, tunings) == ([], [])
    keeper.update("detection", max_faces=3)
    keeper.update("detection", det_threshold=0.7)
    keeper.update("enrolment", min_face_px=80.0)
    assert [t.params.max_faces for t in tunings] == [3, 3, 3]
    assert (tunings[2].det_threshold, tunings[2].photo_gates.min_face_px) == (0.7, 80.0)
    assert loads == []
    keeper.update("detection", det_size=320)
    assert [request.det_size for request in loads] == [320]
    assert loads[0].params.max_faces == 3


def test_missing_parts_are_announced(window):
    info = ModelsInfo(
        pack_name="half a pack",
        pack_dir=AppPaths.default().packs_dir,
        model_id="",
        embedding_dim=0,
        thresholds=PackThresholds(),
        emotion_model_id=None,
        providers={"detection": SessionProvider("CUDA", "CPU", "no CUDA here")},
    )
    window.session.models_ready.emit(info)
    banner = window.pane.banner
    assert "emotion model is missing" in banner.text(model_desk.EMOTION)
    assert "half a pack" in banner.text(model_desk.RECOGNISER)
    assert "asked for: CUDA" in window.status._provider.toolTip()
    window.session.models_failed.emit("The model is damaged.")
    assert banner.text(model_desk.MODELS) == "The model is damaged."


def test_without_the_emotion_model_the_rest_is_loaded(monkeypatch):
    def missing(_name):
        raise FileNotFoundError("models/emotion.onnx")

    monkeypatch.setattr(model_desk, "model_path", missing)
    assert model_desk.model_request(Settings(), AppPaths.default()).emotion_path is None


# ----- banner


def test_the_banner_replaces_what_is_said_about_a_topic(qtbot, icons):
    banner = MessageBanner(icons)
    qtbot.addWidget(banner)
    calls = []
    banner.say("a", NoticeKind.INFO, "First.", ("Help", lambda: calls.append(1)))
    first = banner.notice("a").buttons
    banner.say("a", NoticeKind.INFO, "First.", ("Help", lambda: calls.append(2)))
    assert banner.notice("a").buttons == first  # the same again does not flicker
    banner.say("a", NoticeKind.ERROR, "Second.")
    banner.say("b", NoticeKind.INFO, "Third.")
    assert banner.topics == ["a", "b"]
    assert banner.text("a") == "Second."
    banner.refresh_icons()
    banner._closers["a"].click()
    assert banner.topics == ["b"]
    banner.clear("nothing")
    banner.clear("b")
    assert banner.isHidden()
    assert banner.text("b") == ""


# ----- snapshot


def test_snapshots_have_names_that_do_not_collide(tmp_path, monkeypatch):
    newest = result(face(identity=known("Zoë")), size=(320, 240))
    folder = tmp_path / "bilder"
    first = save_snapshot(newest.frame, newest, folder, NOON, 0.4)
    second = save_snapshot(newest.frame, None, folder, NOON, 0.4)
    assert first.name == "facemotion-20260102-120000.png"
    assert second.name == "facemotion-20260102-120000-2.png"
    assert first.read_bytes() != second.read_bytes()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be made"):
        save_snapshot(frame(), None, tmp_path / "file", NOON, 0.4)
    assert snapshot_folder().name == "facemotion"


def test_saving_without_a_picture_does_nothing(window):
    window.files.save_snapshot()
    assert window.pane.banner.topics == []
    window.files.write_changes(AppPaths.default().data_dir / "changes.csv", [])
    assert window.pane.banner.text(EXPORT) == ""
