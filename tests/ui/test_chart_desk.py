"""The chart on the clipboard and as a table; overlay toggles; the mini view; full screen."""

import csv
import dataclasses
import io
from datetime import datetime

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFileDialog

from facemotion.core.labels import EMOTIONS
from facemotion.core.types import EmotionReading
from facemotion.ui.chart_desk import CHART, EVERYTHING_S, chart_to_csv
from facemotion.ui.history import EmotionHistory
from facemotion.ui.overlay import OverlayOptions, face_at, lay_out
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec
from tests.ui.results import face, frame, known, probs_of, result
from tests.ui.test_overlay import SAME

DEMO = SourceSpec(SourceKind.DEMO)
WAIT_MS = 20000

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


def history_of(count):
    history = EmotionHistory()
    for step in range(count):
        history.add(step * 0.5, probs_of("sad", 0.6), probs_of("neutral", 0.7))
    return history


@pytest.fixture
def shown(qtbot, window):
    """A window whose board has seen Ana for a minute."""
    window.sources.show_source(DEMO)
    qtbot.waitUntil(lambda: window.session.source_info is not None, timeout=WAIT_MS)
    window.session.pause()
    info = window.session.source_info
    window.board.begin_source()
    for step in range(120):
        given = result(face(identity=known()), time_s=1000.0 + step * 0.5)
        window.board.take_result(given, info, datetime(2026, 1, 1))
    return window


# ----- chart


def test_a_table_has_raw_and_smoothed_values_at_their_times():
    rows = rows_of(chart_to_csv(history_of(10), 4.5, 100.0, 3, "Ana, “A”"))
    assert [float(row["time_s"]) for row in rows] == [step * 0.5 for step in range(10)]
    assert list(rows[0])[:3] == ["time_s", "track_id", "person"]
    assert len(rows[0]) == 3 + 2 * len(EMOTIONS)
    assert {row["person"] for row in rows} == {"Ana, “A”"}
    assert float(rows[0]["raw_sad"]) == pytest.approx(0.6)
    assert float(rows[0]["smooth_neutral"]) == pytest.approx(0.7)


def test_a_table_ends_where_the_chart_does():
    assert len(rows_of(chart_to_csv(history_of(10), 4.5, 1.0, 3, "Ana"))) == 3
    assert rows_of(chart_to_csv(EmotionHistory(), 0.0, 30.0, 3, "Ana")) == []


def test_what_was_not_read_is_empty():
    history = EmotionHistory()
    history.add(0.0, None, probs_of("happy"))
    history.add(0.5, None, None)
    rows = rows_of(chart_to_csv(history, 1.0, 30.0, 3, "Ana"))
    assert len(rows) == 1
    assert rows[0]["raw_happy"] == ""
    assert float(rows[0]["smooth_happy"]) == pytest.approx(0.9)


def test_the_chart_goes_to_the_clipboard(shown):
    assert shown.actions_by_name["copy_chart"].isEnabled()
    QGuiApplication.clipboard().clear()
    shown.actions_by_name["copy_chart"].trigger()
    picture = QGuiApplication.clipboard().image()
    assert picture.width() == shown.chart.width()
    assert "clipboard" in shown.status.currentMessage()


@pytest.mark.parametrize(("wanted", "expected_s"), [("Last", 30.0), ("Everything", 59.5)])
def test_the_data_is_exported(shown, tmp_path, monkeypatch, wanted, expected_s):
    def choose(_parent, _title, name, filters):
        assert name == "emotion-Ana.csv"
        chosen = next(each for each in filters.split(";;") if each.startswith(wanted))
        return str(tmp_path / "föo"), chosen

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    shown.actions_by_name["export_chart"].trigger()
    rows = rows_of((tmp_path / "föo.csv").read_bytes())
    times = [float(row["time_s"]) for row in rows]
    assert max(times) - min(times) == pytest.approx(expected_s)
    assert "föo.csv" in shown.status.currentMessage()


def test_a_folder_that_refuses_is_said(shown, tmp_path):
    shown.tools.charts.write(tmp_path / "no" / "where.csv", EVERYTHING_S)
    assert "Cannot write" in shown.pane.banner.text(CHART)
    shown.tools.charts.write(tmp_path / "here.csv", EVERYTHING_S)
    assert CHART not in shown.pane.banner.topics


def test_a_face_that_has_left_cannot_be_exported(shown, tmp_path):
    shown.board.begin_source()
    assert not shown.actions_by_name["export_chart"].isEnabled()
    assert not shown.actions_by_name["copy_chart"].isEnabled()
    shown.tools.charts.write(tmp_path / "gone.csv", EVERYTHING_S)
    assert "gone" in shown.pane.banner.text(CHART)
    assert not (tmp_path / "gone.csv").exists()


# ----- overlay


def marks_of(qapp, **options):
    metrics = QFontMetricsF(qapp.font())
    faces = result(face(identity=known()), size=(320, 240))
    return lay_out(faces, frame(size=(320, 240)), SAME, metrics, OverlayOptions(**options))


def test_each_part_of_the_overlay_can_be_switched_off(qapp):
    (full,) = marks_of(qapp)
    assert full.has_box
    assert full.badge is not None
    assert full.label is not None
    (bare,) = marks_of(qapp, has_boxes=False, has_names=False, has_emotions=False)
    assert (bare.has_box, bare.badge, bare.label) == (False, None, None)
    (numbered,) = marks_of(qapp, has_names=False, has_track_ids=True)
    assert numbered.label is not None
    assert numbered.label.text == "#1"


def test_a_face_without_overlay_can_still_be_clicked(qapp):
    (bare,) = marks_of(qapp, has_boxes=False, has_names=False, has_emotions=False)
    assert face_at([bare], bare.box.center()) == 1


def test_a_corrected_reading_has_room_for_its_mark(qapp):
    metrics = QFontMetricsF(qapp.font())
    seen = face()
    probs = probs_of("happy")
    corrected = EmotionReading(probs, probs, "happy", is_corrected=True)
    marked = dataclasses.replace(seen, emotion=corrected)
    plain = lay_out(result(seen), frame(), SAME, metrics, OverlayOptions())[0].badge
    mark = lay_out(result(marked), frame(), SAME, metrics, OverlayOptions())[0].badge
    assert mark.has_baseline
    assert not plain.has_baseline
    assert mark.rect.width() > plain.rect.width()


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("boxes", "show_boxes"),
        ("names", "show_names"),
        ("emotions", "show_emotions"),
        ("landmarks", "show_landmarks"),
        ("track_ids", "show_track_ids"),
    ],
)
def test_each_toggle_is_a_setting(window, name, field):
    action = window.actions_by_name[name]
    before = action.isChecked()
    assert getattr(window._keeper.settings.display, field) == before
    action.trigger()
    assert getattr(window._keeper.settings.display, field) != before
    assert getattr(window.pane.video._options, field.replace("show", "has")) != before


# ----- full screen and mini view


def test_f_and_f11_fill_the_screen(window):
    keys = [
        k.toString(QKeySequence.SequenceFormat.PortableText)
        for k in window.actions_by_name["fullscreen"].shortcuts()
    ]
    assert keys == ["F", "F11"]


def test_cameras_are_mirrored_unless_switched_off(window):
    assert window.actions_by_name["mirror"].isChecked()


def test_the_mini_view_takes_the_windows_place(qtbot, shown):
    shown.session.play()
    shown.actions_by_name["mini"].trigger()
    view = shown.tools.mini.view
    qtbot.waitUntil(view.isVisible)
    assert not shown.isVisible()
    assert view.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    assert view.windowFlags() & Qt.WindowType.FramelessWindowHint
    shown.actions_by_name["mini"].trigger()
    assert shown.tools.mini.view is view
    view.show_face(shown.board.selected)
    qtbot.waitUntil(lambda: view.video.repaints_per_s > 0, timeout=WAIT_MS)
    assert not view.grab().isNull()


@pytest.mark.parametrize("way", ["escape", "double-click", "strip", "close"])
def test_every_way_leads_back(qtbot, shown, way):
    shown.actions_by_name["mini"].trigger()
    view = shown.tools.mini.view
    qtbot.waitUntil(view.isVisible)
    if way == "escape":
        qtbot.keyClick(view, Qt.Key.Key_Escape)
    elif way == "double-click":
        qtbot.mouseDClick(view.video, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    elif way == "strip":
        qtbot.mouseDClick(
            view, Qt.MouseButton.LeftButton, pos=QPoint(view.width() // 2, view.height() - 8)
        )
    else:
        view.close()
    qtbot.waitUntil(shown.isVisible)
    assert shown.tools.mini.view is None


def test_the_mini_view_says_who_and_how(qtbot, shown):
    shown.actions_by_name["mini"].trigger()
    view = shown.tools.mini.view
    assert view.text == "Ana  happy 90 %"
    assert not view.grab().isNull()
    shown.board.begin_source()
    assert view.text == "No face in the picture"
    assert not view.grab().isNull()


def test_closing_the_program_takes_the_mini_view_along(qtbot, shown):
    shown.actions_by_name["mini"].trigger()
    view = shown.tools.mini.view
    qtbot.waitUntil(view.isVisible)
    shown.close()
    assert shown.tools.mini.view is None
    assert not view.isVisible()
