"""The analysis of files in the window: the real queue, real processes, real small videos."""

import dataclasses
import json
import multiprocessing
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog

from facemotion.analysis.equipment import Equipment
from facemotion.analysis.jobs import JobNews, JobState
from facemotion.core.errors import ModelError
from facemotion.store.paths import model_path
from facemotion.store.settings import Settings
from facemotion.ui.analysis_choice import (
    AnalysisChoice,
    default_folder,
    load_choice,
    save_choice,
)
from facemotion.ui.analysis_desk import ANALYSIS
from facemotion.ui.analysis_dialog import AnalysisDialog
from facemotion.ui.analysis_form import CHOSEN_RATE
from facemotion.ui.analysis_queue import FACES, INPUT, STATE
from tests.analysis.conftest import write_clip

LONG_MS = 60_000
WAITING, DONE, FAILED = JobState.WAITING, JobState.DONE, JobState.FAILED


@pytest.fixture(scope="session")
def videos(tmp_path_factory):
    """One of some length, one short, one broken."""
    folder = tmp_path_factory.mktemp("dialog videos")
    write_clip(folder / "a long.mp4", 160)
    write_clip(folder / "b short.mp4", 4)
    (folder / "c broken.mp4").write_bytes(b"no video")
    return folder


@pytest.fixture
def equipment(tmp_path):
    detection = dataclasses.replace(Settings().detection, det_size=320)
    settings = dataclasses.replace(Settings(), detection=detection)
    return Equipment(
        model_path("builtin"), model_path("emotion.onnx"), tmp_path / "gallery", settings
    )


@pytest.fixture
def make_dialog(qtbot, icons, equipment, tmp_path):
    made = []

    def make(find_equipment=lambda: equipment):
        dialog = AnalysisDialog(find_equipment, tmp_path / "memory.json", 1, icons)
        qtbot.addWidget(dialog)
        dialog.form.set_folder(tmp_path / "results")
        dialog.form.kinds["video"].setChecked(False)
        dialog.show()
        made.append(dialog)
        return dialog

    yield make
    for dialog in made:
        assert dialog.shutdown()
        qtbot.waitUntil(lambda dialog=dialog: not dialog.work.is_running)
    assert multiprocessing.active_children() == []


@pytest.fixture
def dialog(make_dialog):
    return make_dialog()


def fill(qtbot, dialog, *paths):
    before = len(dialog.queue.entries)
    dialog.add_paths(paths)
    qtbot.waitUntil(lambda: len(dialog.queue.entries) > before)
    qtbot.waitUntil(lambda: not dialog._jobs.is_busy)


def finish(qtbot, dialog):
    qtbot.waitUntil(lambda: not dialog.work.is_running, timeout=LONG_MS)


def states(dialog):
    return [entry.state for entry in dialog.queue.entries]


def text(dialog, row, column):
    return dialog.queue.index(row, column).data()


def mime(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drag_event(kind, data, *more):
    place = QPointF(5, 5) if kind is QDropEvent else QPointF(5, 5).toPoint()
    return kind(
        place,
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )


def test_files_are_dropped_done_and_reported(dialog, videos, qtbot, tmp_path):
    assert not dialog.footer.start_button.isEnabled()
    data = mime(videos)
    dialog.dragEnterEvent(drag_event(QDragEnterEvent, data))
    assert dialog._empty_page._is_drag_over
    dialog.dragLeaveEvent(QDragLeaveEvent())
    dialog.dropEvent(drag_event(QDropEvent, data))
    qtbot.waitUntil(lambda: len(dialog.queue.entries) == 3)
    assert dialog.footer.words.text() == "3 waiting"
    qtbot.mouseClick(dialog.footer.start_button, Qt.MouseButton.LeftButton)
    assert not dialog.form.isEnabled()
    assert dialog.footer.start_button.text() == "&Pause"
    finish(qtbot, dialog)
    assert states(dialog) == [DONE, DONE, FAILED]
    assert dialog.footer.words.text() == "2 done, 1 failed"
    assert text(dialog, 2, STATE).startswith("c broken.mp4 is not a video")
    dialog.table.selectRow(2)
    assert dialog.detail.text() == text(dialog, 2, STATE)
    assert int(text(dialog, 0, FACES)) > 0
    assert {path.name for path in (tmp_path / "results" / "a long").iterdir()} == {
        "summary.json",
        "timeline.csv",
        "timeline.jsonl",
    }
    listed = json.loads((tmp_path / "results" / "batch.json").read_text("utf-8"))
    assert [entry["state"] for entry in listed["inputs"]] == ["done", "done", "failed"]
    assert not dialog.table.grab().isNull()


def test_pause_cancel_and_try_again(dialog, videos, qtbot):
    fill(qtbot, dialog, videos / "a long.mp4", videos / "b short.mp4")
    dialog.start()
    long, short = dialog.queue.entries
    qtbot.waitUntil(lambda: long.news.frame_count > 0, timeout=LONG_MS)
    qtbot.mouseClick(dialog.footer.start_button, Qt.MouseButton.LeftButton)
    assert dialog.footer.start_button.text() == "&Go on"
    assert dialog.footer.words.text().startswith("Paused")
    dialog.table.selectAll()
    assert dialog.cancel_button.text() == "Cancel"
    assert not dialog.table.grab().isNull()
    dialog.table.selectRow(0)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: long.state is JobState.STOPPED, timeout=LONG_MS)
    assert short.state is WAITING
    qtbot.mouseClick(dialog.footer.start_button, Qt.MouseButton.LeftButton)
    dialog.try_again()
    assert long.state is WAITING
    finish(qtbot, dialog)
    assert states(dialog) == [DONE, DONE]
    assert not dialog.retry_button.isEnabled()
    dialog.table.selectRow(0)
    assert dialog.cancel_button.text() == "Remove"
    dialog.cancel_selected()
    assert [entry.input.title for entry in dialog.queue.entries] == ["b short.mp4"]


def test_files_can_be_added_while_it_works(dialog, videos, qtbot):
    fill(qtbot, dialog, videos / "a long.mp4")
    dialog.start()
    fill(qtbot, dialog, videos / "b short.mp4")
    finish(qtbot, dialog)
    assert states(dialog) == [DONE, DONE]


@pytest.mark.slow
def test_what_was_stopped_goes_on(make_dialog, videos, qtbot, tmp_path):
    dialog = make_dialog()
    fill(qtbot, dialog, videos / "b short.mp4", videos / "a long.mp4")
    dialog.start()
    long = dialog.queue.entries[1]
    qtbot.waitUntil(lambda: long.news.frame_count > 0, timeout=LONG_MS)
    qtbot.mouseClick(dialog.footer.stop_button, Qt.MouseButton.LeftButton)
    assert dialog.footer.words.text() == "Stopping…"
    finish(qtbot, dialog)
    assert states(dialog) == [DONE, WAITING]
    assert dialog.footer.words.text() == "1 done, 1 waiting"
    later = make_dialog()  # another start of the program
    assert "1 of its inputs wait" in later.notice.text
    later.notice.buttons[0].click()
    finish(qtbot, later)
    assert [entry.input.title for entry in later.queue.entries] == ["a long.mp4"]
    assert states(later) == [DONE]
    dialog.start()
    finish(qtbot, dialog)
    assert text(dialog, 1, STATE) == "Done before"


def test_closing_hides_and_the_end_is_soon(dialog, videos, qtbot):
    fill(qtbot, dialog, videos / "a long.mp4")
    dialog.start()
    (long,) = dialog.queue.entries
    qtbot.waitUntil(lambda: long.news.frame_count > 0, timeout=LONG_MS)
    dialog.close()
    assert dialog.work.is_running
    assert dialog.shutdown()
    qtbot.waitUntil(lambda: not dialog.work.is_running)
    assert states(dialog) == [WAITING]


def test_what_cannot_be_started_is_said(make_dialog, videos, qtbot, tmp_path):
    def nothing():
        raise ModelError("No models are loaded.")

    dialog = make_dialog(nothing)
    fill(qtbot, dialog, videos / "b short.mp4")
    dialog.start()
    assert dialog.notice.text == "No models are loaded."
    dialog.notice.buttons[0].click()
    assert dialog.notice.text == ""


def test_an_output_folder_that_cannot_be_written_is_said(dialog, videos, qtbot, tmp_path):
    (tmp_path / "file").write_text("")
    dialog.form.set_folder(tmp_path / "file" / "out")
    fill(qtbot, dialog, videos / "b short.mp4")
    dialog.start()
    assert "Choose another output folder" in dialog.notice.text
    assert not dialog.work.is_running


def test_models_that_do_not_open_fail_each_input_in_words(make_dialog, equipment, videos, qtbot):
    unfit = dataclasses.replace(equipment, pack_dir=Path("no such pack"))
    dialog = make_dialog(lambda: unfit)
    fill(qtbot, dialog, videos / "b short.mp4")
    dialog.start()
    finish(qtbot, dialog)
    assert states(dialog) == [FAILED]
    assert "no such pack" in text(dialog, 0, STATE)


def test_a_fault_in_the_thread_is_said(dialog, videos, qtbot, monkeypatch):
    def fault(self):
        raise ZeroDivisionError

    monkeypatch.setattr("facemotion.analysis.batch.Batch._assign", fault)
    fill(qtbot, dialog, videos / "b short.mp4")
    dialog.start()
    finish(qtbot, dialog)
    assert "unexpected error" in dialog.notice.text
    assert states(dialog) == [JobState.STOPPED]


def test_empty_folders_and_repeats_are_said(dialog, videos, qtbot, tmp_path):
    (tmp_path / "empty").mkdir()
    dialog.add_paths([tmp_path / "empty"])
    qtbot.waitUntil(lambda: "no pictures and no videos" in dialog.notice.text)
    fill(qtbot, dialog, videos / "b short.mp4")
    assert dialog.notice.text == ""
    dialog.add_paths([videos / "b short.mp4"])
    qtbot.waitUntil(lambda: "in the list already" in dialog.notice.text)


def test_buttons_choose_files_and_folders(dialog, videos, qtbot, monkeypatch, tmp_path):
    answers = {
        "getOpenFileNames": ([str(videos / "b short.mp4")], ""),
        "getExistingDirectory": str(tmp_path / "pictures"),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(QFileDialog, name, lambda *_args, answer=answer: answer)
    (tmp_path / "pictures").mkdir()
    for name in ("x.png", "y.png"):
        cv2.imwrite(str(tmp_path / "pictures" / name), np.zeros((9, 9, 3), np.uint8))
    dialog.files_button.click()
    qtbot.waitUntil(lambda: len(dialog.queue.entries) == 1)
    dialog.folder_button.click()
    qtbot.waitUntil(lambda: len(dialog.queue.entries) == 2)
    dialog.form.choose_button.click()
    assert dialog.form.choice().folder == tmp_path / "pictures"
    dialog.queue.remove(dialog.queue.entries)
    fill(qtbot, dialog, *(tmp_path / "pictures" / name for name in ("x.png", "y.png")))
    assert text(dialog, 0, INPUT) == "pictures (2 pictures)"


def test_results_are_opened_where_they_are(dialog, videos, qtbot, monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    fill(qtbot, dialog, videos / "b short.mp4")
    assert not dialog.open_button.isEnabled()
    dialog.table.selectRow(0)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    assert not dialog.work.is_running
    dialog.table.clearSelection()
    dialog.start()
    finish(qtbot, dialog)
    dialog.open_button.click()
    dialog.table.selectRow(0)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    results = tmp_path / "results"
    assert opened == [str(results), str(results / "b short")]
    dialog.report_button.click()
    assert not dialog.report_button.isEnabled()
    qtbot.waitUntil(dialog.report_button.isEnabled, timeout=LONG_MS)
    assert opened[2:] == [str(results / "b short" / "report.html")]
    assert "b short" in (results / "b short" / "report.html").read_text("utf-8")
    shutil.rmtree(results)
    dialog.report_button.click()
    qtbot.waitUntil(lambda: dialog.notice.text != "")
    dialog.open_button.click()
    assert "is not there" in dialog.notice.text


def test_something_must_be_written(dialog, videos, qtbot):
    fill(qtbot, dialog, videos / "b short.mp4")
    for box in dialog.form.kinds.values():
        box.setChecked(False)
    assert "at least one thing" in dialog.footer.words.text()
    assert not dialog.footer.start_button.isEnabled()


# ----- rows


def test_rows_say_how_far_they_are(dialog, videos, qtbot):
    fill(qtbot, dialog, videos / "b short.mp4")
    queue = dialog.queue
    number = queue.entries[0].number
    running = JobState.RUNNING
    cases = (
        (JobNews(number, running, 0.0), "Beginning…"),
        (JobNews(number, running, None, 7, 3), "7 frames"),
        (JobNews(number, running, 0.25, 7, 3), "25 %"),
        (JobNews(number, JobState.PARTLY, 1.0, 9, 3, ("x is broken.",)), "Done in part: x is"),
        (JobNews(number, DONE, 1.0, 9, 12345, is_kept=True), "Done before"),
        (JobNews(number, JobState.STOPPED), "Cancelled"),
    )
    for now_s, (news, words) in enumerate(cases):
        queue.take(news, float(now_s))
        assert text(dialog, 0, STATE).startswith(words)
        assert not dialog.table.grab().isNull()
    queue.renew(queue.entries[0])
    assert queue.take(JobNews(number, DONE), 0.0) is None
    number = queue.entries[0].number
    queue.take(JobNews(number, running, 0.25, 1), 100.0)
    queue.take(JobNews(number, running, 0.5, 2), 110.0)
    assert text(dialog, 0, STATE) == "50 %, 0:10 left"
    queue.take(JobNews(number, DONE, 1.0, 9, 12345), 120.0)
    assert text(dialog, 0, FACES) == "12\u202f345"
    assert "b short.mp4" in queue.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)


# ----- what was chosen last


def test_choices_are_remembered(tmp_path):
    path = tmp_path / "data" / "analysis.json"
    assert load_choice(path, 3) == AnalysisChoice(default_folder(), process_count=3)
    choice = AnalysisChoice(tmp_path / "ö", ("jsonl",), 12.5, 2, is_again=True)
    save_choice(path, choice)
    assert load_choice(path, 3) == dataclasses.replace(choice, is_again=False)


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b'{"folder": "x", "outputs": "csv", "fps": null, "process_count": 1}']
    + [
        json.dumps({"folder": "x", "outputs": [], "fps": fps, "process_count": count}).encode()
        for fps, count in ((0, 1), ("ten", 1), (10, 0), (10, "two"))
    ],
)
def test_damaged_choices_are_set_aside(tmp_path, content):
    path = tmp_path / "analysis.json"
    path.write_bytes(content)
    assert load_choice(path, 1).folder == default_folder()
    assert not path.exists()
    assert len(list(tmp_path.glob("analysis.json.damaged-*"))) == 1


def test_choices_that_cannot_be_kept_are_no_trouble(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    save_choice(tmp_path / "file" / "analysis.json", AnalysisChoice(tmp_path))
    assert "choices" in caplog.text


def test_the_form_gives_what_it_shows(dialog):
    form = dialog.form
    assert form.choice().fps is None
    assert not form.fps.isVisible()
    form.rate.setCurrentIndex(CHOSEN_RATE)
    form.fps.setValue(7.5)
    assert form.fps.isVisible()
    assert form.choice().options.fps == 7.5
    assert form.choice().outputs == ("csv", "jsonl")


# ----- in the window


@pytest.mark.slow
def test_the_command_opens_it_and_the_banner_tells(window, videos, qtbot, equipment, tmp_path):
    desk = window.analysis
    assert desk.shutdown()
    window.actions_by_name["analyse"].trigger()
    dialog = desk.dialog
    assert dialog.isVisible()
    with pytest.raises(ModelError, match="No models are loaded"):
        desk.equipment()
    dialog._find_equipment = lambda: equipment
    dialog.form.set_folder(tmp_path / "results")
    dialog.form.kinds["video"].setChecked(False)
    fill(qtbot, dialog, videos / "b short.mp4")
    dialog.start()
    dialog.close()
    banner = window.pane.banner
    assert "goes on" in banner.text(ANALYSIS)
    finish(qtbot, dialog)
    assert "1 done." in banner.text(ANALYSIS)
    banner.notice(ANALYSIS).buttons[0].click()
    assert dialog.isVisible()
    assert banner.text(ANALYSIS) == ""
    fill(qtbot, dialog, videos / "c broken.mp4")
    dialog.start()
    dialog.close()
    finish(qtbot, dialog)
    assert "1 failed" in banner.text(ANALYSIS)


def test_the_window_closes_with_work_under_way(window, videos, qtbot, equipment, tmp_path):
    window.actions_by_name["analyse"].trigger()
    dialog = window.analysis.dialog
    dialog._find_equipment = lambda: equipment
    dialog.form.set_folder(tmp_path / "results")
    fill(qtbot, dialog, videos / "a long.mp4")
    dialog.start()
    closed = []
    window.closed.connect(closed.append)
    window.close()
    assert closed == [True]
    assert multiprocessing.active_children() == []
