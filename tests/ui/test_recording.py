"""Recordings and markers in the real window, and the thread that writes them."""

import csv
import dataclasses
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime

import av
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices

from facemotion.analysis import session_recording
from facemotion.analysis.session_recording import RecordingPlan
from facemotion.store.session_folder import (
    SessionInfo,
    SessionStore,
    read_markers,
    read_session,
)
from facemotion.store.settings import Settings
from facemotion.ui import recorder as recorder_module
from facemotion.ui.file_desk import EXPORT
from facemotion.ui.record_desk import RECORDING
from facemotion.ui.recorder import Recorder
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec, path_source
from tests.ui.results import face, frame, known, result

DEMO = SourceSpec(SourceKind.DEMO)
WAIT_MS = 20000

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def show(qtbot, window, spec):
    window.sources.show_source(spec)
    qtbot.waitUntil(lambda: window.session.latest_frame() is not None, timeout=WAIT_MS)


def record(qtbot, window, seconds):
    """Record for a while; the session as it is on the disk."""
    window.record.start()
    qtbot.waitUntil(lambda: elapsed(window) >= seconds, timeout=WAIT_MS)
    return stop(qtbot, window)


def elapsed(window):
    recorder = window.record._recorder
    return recorder.counts().elapsed_s if recorder is not None else -1.0


def is_recorded(recorder, shown):
    """Whether a frame was shown after the recording began."""
    return (shown.scene_id, shown.index, shown.time_s) in recorder._queue._stamps


def stop(qtbot, window):
    qtbot.waitUntil(lambda: window.record.folder is not None, timeout=WAIT_MS)
    folder = window.record.folder
    window.record.stop()
    qtbot.waitUntil(lambda: not window.record.is_busy, timeout=WAIT_MS)
    return read_session(folder)


def times_of(path):
    with av.open(str(path)) as container:
        return [float(f.pts * f.time_base) for f in container.decode(video=0)]


def settings_with(**values):
    light = dataclasses.replace(Settings().display, theme="light")
    changed = dataclasses.replace(Settings().recording, **values)
    return dataclasses.replace(Settings(), display=light, recording=changed)


@pytest.fixture
def press(qtbot):
    def press_key(window, key, modifiers=Qt.KeyboardModifier.NoModifier):
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        qtbot.keyClick(window, key, modifiers)

    return press_key


# ----- the command


def test_r_records_and_r_ends_it(qtbot, window, press, monkeypatch):
    action = window.actions_by_name["record"]
    assert not action.isEnabled()
    show(qtbot, window, DEMO)
    assert action.isEnabled()
    assert "recording" not in window.status.text
    press(window, Qt.Key.Key_R)
    assert action.iconText() == "Stop"
    qtbot.waitUntil(
        lambda: "recording 0:0" in window.status.text and elapsed(window) > 1.0, timeout=WAIT_MS
    )
    assert window.status.recording.isVisible()
    press(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: not window.record.is_busy, timeout=WAIT_MS)
    assert action.iconText() == "Record"
    assert action.isEnabled()
    assert not window.status.recording.isVisible()
    (info,) = SessionStore(window.record._store.sessions_dir).list().sessions
    assert info.is_complete
    assert info.source.kind == "demo"
    assert info.settings["recording.videos"] == "annotated"
    assert info.smoothing_preset == "Adaptive"
    times_s = times_of(info.folder / "annotated.mp4")
    assert len(times_s) == info.frames_recorded
    assert times_s[0] == 0.0
    assert abs(times_s[-1] - info.duration_s) < 0.5
    notice = window.pane.banner.notice(RECORDING)
    assert str(info.folder) in notice.text
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    notice.buttons[0].click()
    assert opened[0].toLocalFile() == str(info.folder)


def test_readings_go_into_the_timeline_at_their_frame_s_time(qtbot, window):
    show(qtbot, window, DEMO)
    window.record.start()
    qtbot.waitUntil(lambda: elapsed(window) > 0.3, timeout=WAIT_MS)
    recorder = window.record._recorder
    qtbot.waitUntil(lambda: is_recorded(recorder, window.session.latest_frame()), timeout=WAIT_MS)
    seen = window.session.latest_frame()
    found = dataclasses.replace(result(face(3, identity=known("Zoë/🙂"))), frame=seen)
    recorder.put_result(found)
    qtbot.waitUntil(lambda: elapsed(window) > 1.2, timeout=WAIT_MS)
    info = stop(qtbot, window)
    with (info.folder / "timeline.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["person"] == "Zoë/🙂"]
    assert [int(row["frame"]) for row in rows] == [seen.index]
    times_s = times_of(info.folder / "annotated.mp4")
    assert min(abs(float(rows[0]["time_s"]) - t) for t in times_s) < 0.001
    assert info.people == ("Zoë/🙂",)


@pytest.mark.parametrize(("videos", "names"), [("both", ["annotated", "clean"]), ("none", [])])
def test_the_setting_chooses_the_videos(qtbot, make_window, clip, videos, names):
    window = make_window(settings_with(videos=videos))
    show(qtbot, window, path_source(clip))
    info = record(qtbot, window, 0.5)
    assert sorted(path.stem for path in info.folder.glob("*.mp4")) == names
    assert (info.folder / "timeline.csv").exists()


def test_what_is_hidden_on_the_screen_is_hidden_in_the_video(qtbot, window, clip):
    show(qtbot, window, path_source(clip))
    window.record.start()
    window.actions_by_name["names"].setChecked(False)
    window.actions_by_name["landmarks"].setChecked(True)
    options = window.record._recorder._options
    assert (options.has_names, options.has_landmarks, options.has_boxes) == (False, True, True)
    stop(qtbot, window)


# ----- what the source does meanwhile


def test_loops_seeks_pauses_and_other_sources_are_one_recording(qtbot, window, clip):
    show(qtbot, window, path_source(clip))
    window.record.start()
    qtbot.waitUntil(lambda: elapsed(window) > 2.5, timeout=WAIT_MS)  # it has looped
    window.session.seek(1.5)
    window.session.pause()
    window.resize(1024, 640)
    qtbot.wait(1300)
    window.session.play()
    show(qtbot, window, DEMO)
    before_s = elapsed(window)
    qtbot.waitUntil(lambda: elapsed(window) > before_s + 0.6, timeout=WAIT_MS)
    info = stop(qtbot, window)
    times_s = times_of(info.folder / "annotated.mp4")
    assert all(a < b for a, b in itertools.pairwise(times_s))
    assert max(b - a for a, b in itertools.pairwise(times_s)) < 2.5
    assert abs(times_s[-1] - info.duration_s) < 0.5
    assert info.source.name == clip.name


def test_a_photo_is_recorded_as_long_as_it_stands(qtbot, window, photo):
    show(qtbot, window, path_source(photo))
    info = record(qtbot, window, 1.3)
    times_s = times_of(info.folder / "annotated.mp4")
    assert times_s[0] == 0.0
    assert abs(times_s[-1] - info.duration_s) < 0.3


def test_the_end_of_the_source_is_the_end_of_the_recording(qtbot, window, clip):
    window.actions_by_name["loop"].setChecked(False)
    show(qtbot, window, path_source(clip))
    window.record.start()
    qtbot.waitUntil(lambda: not window.record.is_busy, timeout=WAIT_MS)
    (info,) = window.record._store.list().sessions
    assert info.is_complete
    assert 1.0 < info.duration_s < 3.0


@pytest.mark.parametrize("how", ["closed", "failed"])
def test_without_a_source_the_recording_ends(qtbot, window, clip, how):
    show(qtbot, window, path_source(clip))
    window.record.start()
    qtbot.waitUntil(lambda: elapsed(window) > 0.2, timeout=WAIT_MS)
    if how == "closed":
        window.session.stop()
    else:
        window.session._source.failed.emit("It broke.")
    qtbot.waitUntil(lambda: not window.record.is_busy, timeout=WAIT_MS)
    if how == "closed":
        assert not window.actions_by_name["record"].isEnabled()
    assert window.record._store.list().sessions[0].is_complete


def test_closing_the_window_ends_the_recording(qtbot, window, clip):
    show(qtbot, window, path_source(clip))
    closed = []
    window.closed.connect(closed.append)
    window.record.start()
    qtbot.waitUntil(lambda: elapsed(window) > 0.4, timeout=WAIT_MS)
    window.close()
    assert closed == [True]
    assert window.record._store.list().sessions[0].is_complete


def test_a_second_start_is_no_second_recording(qtbot, window, clip):
    window.record.start()
    assert not window.record.is_busy
    show(qtbot, window, path_source(clip))
    window.record.start()
    first = window.record._recorder
    window.record.start()
    assert window.record._recorder is first
    stop(qtbot, window)
    assert len(window.record._store.list().sessions) == 1


# ----- what goes wrong


def test_a_folder_that_cannot_be_made_is_said(qtbot, window, clip, paths):
    shutil.rmtree(paths.sessions_dir, ignore_errors=True)
    paths.sessions_dir.write_text("in the way")
    show(qtbot, window, path_source(clip))
    window.record.start()
    qtbot.waitUntil(lambda: not window.record.is_busy, timeout=WAIT_MS)
    assert "Cannot make the folder" in window.pane.banner.text(RECORDING)
    assert window.actions_by_name["record"].isEnabled()
    paths.sessions_dir.unlink()
    record(qtbot, window, 0.2)
    assert "Recorded" in window.pane.banner.text(RECORDING)


def test_a_session_deleted_while_it_is_recorded_is_said(qtbot, window, clip):
    show(qtbot, window, path_source(clip))
    window.record.start()
    qtbot.waitUntil(lambda: elapsed(window) > 0.3, timeout=WAIT_MS)
    shutil.rmtree(window.record.folder)
    qtbot.waitUntil(lambda: not window.record.is_busy, timeout=WAIT_MS)
    assert "moved or deleted" in window.pane.banner.text(RECORDING)
    assert window.session.latest_frame() is not None


def test_a_full_disk_is_said_and_the_session_stays(qtbot, window, clip, monkeypatch):
    show(qtbot, window, path_source(clip))
    window.record.start()
    qtbot.waitUntil(lambda: elapsed(window) > 0.4, timeout=WAIT_MS)
    full = shutil.disk_usage("/")._replace(free=0)
    monkeypatch.setattr(session_recording.shutil, "disk_usage", lambda _folder: full)
    qtbot.waitUntil(lambda: not window.record.is_busy, timeout=WAIT_MS)
    notice = window.pane.banner.notice(RECORDING)
    assert "Free some space" in notice.text
    assert [button.text() for button in notice.buttons] == ["Open folder"]
    (info,) = window.record._store.list().sessions
    assert info.is_complete
    assert times_of(info.folder / "annotated.mp4")


def test_an_unexpected_error_ends_only_the_recording(qtbot, window, clip, monkeypatch):
    show(qtbot, window, path_source(clip))

    def fail(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr(recorder_module.SessionRecording, "add", fail)
    window.record.start()
    qtbot.waitUntil(lambda: not window.record.is_busy, timeout=WAIT_MS)
    assert "unexpected error" in window.pane.banner.text(RECORDING)


def test_pictures_that_were_left_out_are_counted_and_said(qtbot, window, clip, monkeypatch):
    show(qtbot, window, path_source(clip))
    original = recorder_module.SessionRecording.add

    def add_slowly(self, *args):
        time.sleep(0.2)
        original(self, *args)

    monkeypatch.setattr(recorder_module.SessionRecording, "add", add_slowly)
    window.record.start()
    window.record._recorder._queue._most_frames = 4
    qtbot.waitUntil(lambda: "left out" in window.status.text, timeout=WAIT_MS)
    info = stop(qtbot, window)
    assert info.frames_dropped > 0
    assert str(info.frames_dropped) in window.pane.banner.text(RECORDING)


def test_a_recorder_that_hangs_does_not_keep_the_window(qtbot, window, clip, monkeypatch):
    show(qtbot, window, path_source(clip))
    monkeypatch.setattr("facemotion.ui.record_desk.SHUTDOWN_MS", 50)
    original = recorder_module.SessionRecording.finish

    def finish_late(self, *args):
        time.sleep(0.6)
        return original(self, *args)

    monkeypatch.setattr(recorder_module.SessionRecording, "finish", finish_late)
    window.record.start()
    qtbot.waitUntil(lambda: elapsed(window) > 0.2, timeout=WAIT_MS)
    recorder = window.record._recorder
    assert not window.record.shutdown()
    assert recorder.wait(5000)


KILLED = """
import dataclasses, sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication
from facemotion.app import build_window
from facemotion.core.types import FrameResult
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.vision.sources.specs import parse_source
from tests.ui.results import face, known

app = QApplication([])
paths = AppPaths.default()
paths.create()
recording = dataclasses.replace(Settings().recording, videos="both")
window = build_window(app, paths, dataclasses.replace(Settings(), recording=recording))
window.show()
window.sources.show_source(parse_source(sys.argv[1]))
told_s, last = 0.0, None
while True:
    app.processEvents()
    time.sleep(0.005)
    if not window.record.is_busy:
        window.record.start()
    shown = window.session.latest_frame()
    recorder = window.record._recorder
    if recorder is not None and shown is not None and shown is not last:
        last = shown
        recorder.put_result(FrameResult(shown, (face(1, identity=known()),)))
    if recorder is None or len(recorder._queue._frames) > 20:
        continue  # a machine so busy that writing does not keep up loses what waits, too
    if recorder.counts().elapsed_s >= told_s + 0.1:
        told_s = recorder.counts().elapsed_s
        print(told_s, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_in_the_middle_all_but_the_last_second_is_there(paths, clip):
    repository = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(clip)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=repository,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert process.stdout is not None
    with process, process.stdout as told:
        reached_s = 0.0
        while reached_s < 4.0:
            reached_s = float(told.readline())
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        reached_s = float(([str(reached_s), *told.read().splitlines()])[-1])
    (info,) = SessionStore(paths.sessions_dir).list().sessions
    assert not info.is_complete
    assert info.ended_at is None
    assert info.duration_s > reached_s - 1.0
    for name in ("annotated.mp4", "clean.mp4"):
        assert times_of(info.folder / name)[-1] > reached_s - 1.0, name
    lines = (info.folder / "timeline.jsonl").read_text("utf-8").splitlines()
    assert len(lines) > 10


# ----- the thread by itself


def test_two_recorders_at_once_have_two_folders(qtbot, qapp, tmp_path):
    store = SessionStore(tmp_path)
    info = SessionInfo(tmp_path, "x", datetime(2025, 1, 1).astimezone())
    recorders = [Recorder(RecordingPlan(store, info, reserve_bytes=0)) for _ in range(2)]
    for recorder in recorders:
        recorder.start()
        recorder.put_shown(frame(0.0), time.monotonic())
    qtbot.waitUntil(lambda: all(r.folder is not None for r in recorders), timeout=WAIT_MS)
    for recorder in recorders:
        recorder.stop()
        recorder.stop()
        assert recorder.wait(5000)
    assert len({recorder.folder for recorder in recorders}) == 2
    assert all(found.is_complete for found in store.list().sessions)


# ----- markers


def test_m_asks_for_words_and_stamps_the_moment_of_the_key(qtbot, window, press, clip):
    assert not window.actions_by_name["mark"].isEnabled()
    show(qtbot, window, path_source(clip))
    window.record.start()
    qtbot.waitUntil(lambda: elapsed(window) > 0.5, timeout=WAIT_MS)
    before_s = elapsed(window)
    press(window, Qt.Key.Key_M)
    after_s = elapsed(window)
    field = window.marker_field
    assert field.isVisible()
    assert field.edit.hasFocus()
    window.actions_by_name["mark"].trigger()  # a second one waits for the first
    qtbot.keyClicks(field.edit, "a/b RS12")
    field.edit.insert(" 🙂")
    qtbot.wait(300)
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    assert not field.isVisible()
    info = stop(qtbot, window)
    (marker,) = read_markers(info.folder)
    assert (marker.label, marker.kind) == ("a/b RS12 🙂", "note")
    assert before_s - 0.6 <= marker.time_s <= after_s + 0.6


def test_escape_and_another_source_leave_the_note(qtbot, window, press, clip):
    show(qtbot, window, path_source(clip))
    press(window, Qt.Key.Key_M)
    qtbot.keyClick(window.marker_field.edit, Qt.Key.Key_Escape)
    assert not window.marker_field.isVisible()
    press(window, Qt.Key.Key_M)
    assert window.marker_field.isVisible()
    window.session.stop()
    qtbot.waitUntil(lambda: not window.marker_field.isVisible(), timeout=WAIT_MS)
    assert window.changes.shown_changes() == []


def test_the_field_stays_inside_the_picture(qtbot, window, press, clip):
    show(qtbot, window, path_source(clip))
    press(window, Qt.Key.Key_M)
    for size in ((1280, 800), (800, 600)):
        window.resize(*size)
        qtbot.waitUntil(lambda: window.pane.video.rect().contains(window.marker_field.geometry()))
    window.marker_field.leave()


def test_hotkeys_stamp_their_labels_without_a_recording_too(qtbot, make_window, press, clip):
    window = make_window(settings_with(marker2="Smile & {x}", marker3="  "))
    window.actions_by_name["loop"].setChecked(False)
    show(qtbot, window, path_source(clip))
    window.chart.build_plot()
    for key in (Qt.Key.Key_2, Qt.Key.Key_3):
        press(window, key)
    entries = window.changes.shown_changes()
    assert [(e.label, e.kind) for e in entries] == [
        ("Smile & {x}", "hotkey2"),
        ("Marker 3", "hotkey3"),
    ]
    assert [label for _, label in window.chart.markers.marks] == ["Smile & {x}", "Marker 3"]
    assert window.actions_by_name["marker2"].iconText() == "Smile & {x}"
    window._keeper.update("recording", marker2="Frown")
    assert window.actions_by_name["marker2"].iconText() == "Frown"


def test_an_empty_note_is_a_marker_too(qtbot, window, press, clip):
    show(qtbot, window, path_source(clip))
    press(window, Qt.Key.Key_M)
    qtbot.keyClick(window.marker_field.edit, Qt.Key.Key_Return)
    assert window.changes.shown_changes()[0].label == "Marker"


def test_markers_are_exported_with_the_changes(qtbot, window, press, clip, tmp_path):
    show(qtbot, window, path_source(clip))
    press(window, Qt.Key.Key_1)
    window.files.write_changes(tmp_path / "c.csv", window.changes.shown_changes())
    assert window.pane.banner.text(EXPORT) == ""
    rows = list(csv.DictReader((tmp_path / "c.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0]["marker"] == "Start"
    assert rows[0]["person"] == ""


def test_lines_stand_on_the_chart_until_time_goes_back(qtbot, window):
    chart = window.chart
    chart.build_plot()
    chart.show_face(None, None, 10.0)
    chart.markers.add(9.0, "{late} label that is long")
    chart.markers.add(200.0, "of another pass")
    chart._refresh()
    shown = [line for line in chart.markers._lines if line.isVisible()]
    assert [line.value() for line in shown] == [-1.0]
    chart.show_face(None, None, 60.0)
    chart._refresh()
    assert not any(line.isVisible() for line in chart.markers._lines)
    chart.show_face(None, None, 1.0)
    assert chart.markers.marks == []
    assert chart.markers.epoch == 1
