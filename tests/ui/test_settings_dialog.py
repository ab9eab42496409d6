"""The settings dialog: every parameter, its sentence, reset, presets, search."""

import dataclasses

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QMessageBox,
    QSpinBox,
)

from facemotion.core.parameters import ParameterInfo
from facemotion.core.smoothing import PRESETS
from facemotion.store.settings import Settings, group_names, load_settings, save_settings
from facemotion.ui.parameter_editors import make_editor
from facemotion.ui.settings_dialog import SettingsDialog
from facemotion.ui.settings_model import changes_between, default_words, entries_of, value_words


@pytest.fixture
def dialog(qtbot):
    widget = SettingsDialog(Settings())
    qtbot.addWidget(widget)
    widget.show()
    return widget


def heard(dialog):
    told = []
    dialog.settings_changed.connect(told.append)
    return told


def test_every_parameter_has_a_row_with_its_sentence_and_a_name_for_screen_readers(dialog):
    for group in group_names():
        section = dialog.section(group)
        names = [row.entry.name for row in section.rows]
        assert names == [field.name for field in dataclasses.fields(getattr(Settings(), group))]
        for row in section.rows:
            assert row.entry.info.help.endswith((".", "system."))
            assert row.editor.control.accessibleName() == row.entry.info.label
            assert row.editor.control.accessibleDescription() == row.entry.info.help
            assert row.editor.value() == row.entry.default
            assert not row.reset_button().isEnabled()


def test_a_number_is_told_at_once_and_reset(dialog, qtbot):
    told = heard(dialog)
    dialog.show_group("smoothing")
    row = dialog.section("smoothing").row("buffer_size")
    row.editor.control.setValue(9)
    assert told[-1].smoothing.buffer_size == 9
    assert dialog.section("smoothing").reset_button().isEnabled()
    qtbot.mouseClick(row.reset_button(), Qt.MouseButton.LeftButton)
    assert told[-1] == Settings()
    assert row.editor.value() == Settings().smoothing.buffer_size


def test_a_typed_number_counts_when_it_is_finished(dialog, qtbot):
    told = heard(dialog)
    dialog.show_group("inference")
    box = dialog.section("inference").row("inference_interval_s").editor.control
    box.selectAll()
    qtbot.keyClicks(box, "0.25")
    assert told == []
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert told[-1].inference.inference_interval_s == pytest.approx(0.25)


def test_switch_choice_and_text(dialog, qtbot):
    told = heard(dialog)
    dialog.section("display").row("show_landmarks").editor.control.click()
    assert told[-1].display.show_landmarks is True
    dialog.section("display").row("theme").editor.control.setCurrentText("dark")
    assert told[-1].display.theme == "dark"
    dialog.show_group("detection")
    edit = dialog.section("detection").row("pack").editor.control
    qtbot.keyClicks(edit, "  buffalo_s ")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert told[-1].detection.pack == "buffalo_s"


def test_a_value_that_contradicts_another_is_refused_with_its_reason(dialog):
    told = heard(dialog)
    row = dialog.section("smoothing").row("ema_min_alpha")
    row.editor.control.setValue(0.95)
    assert told == []
    assert "ema_max_alpha" in row.problem
    assert row.editor.value() == Settings().smoothing.ema_min_alpha
    row.editor.control.setValue(0.2)
    assert row.problem == ""
    assert told[-1].smoothing.ema_min_alpha == pytest.approx(0.2)


def test_presets_say_what_they_change_and_change_it(dialog, qtbot):
    told = heard(dialog)
    dialog.show_group("smoothing")
    presets = dialog.section("smoothing").presets
    assert not presets.button("Adaptive").isEnabled()
    assert ("Readings to switch", "3", "6") in presets.table("Steady").rows
    assert presets.table("Steady").isHidden()
    presets.opener("Steady").click()
    assert not presets.table("Steady").isHidden()
    assert presets.opener("Steady").text() == f"{len(presets.table('Steady').rows)} changes"
    assert told == []
    presets.button("Steady").click()
    assert told[-1].smoothing == PRESETS["Steady"]
    assert presets.button("Steady").text() == "In use"
    assert presets.table("Steady").isHidden()
    assert presets.table("Steady").rows == []
    assert presets.opener("Steady").text() == "no changes"
    assert presets.opener("FER2013").text().endswith("changes")
    assert ("Readings to switch", "6", "2") in presets.table("FER+").rows
    assert told[-1].smoothing_preset == "Steady"


def test_reset_of_a_group_leaves_the_others(dialog, qtbot):
    dialog.section("smoothing").row("buffer_size").editor.control.setValue(9)
    dialog.section("source").row("camera_width_px").editor.control.setValue(640)
    dialog.show_group("source")
    qtbot.mouseClick(dialog.section("source").reset_button(), Qt.MouseButton.LeftButton)
    assert dialog.settings.source == Settings().source
    assert dialog.settings.smoothing.buffer_size == 9


@pytest.mark.parametrize(("words", "is_reset"), [("Reset", True), ("Cancel", False)])
def test_reset_of_everything_is_confirmed(dialog, qtbot, words, is_reset):
    dialog.section("source").row("camera_width_px").editor.control.setValue(640)
    dialog.ask_reset_all()
    box = dialog.findChild(QMessageBox)
    button = next(each for each in box.buttons() if each.text().replace("&", "") == words)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (dialog.settings == Settings()) is is_reset


def test_search_shows_what_matches_in_all_groups(dialog, qtbot):
    qtbot.keyClicks(dialog.search_field(), "streak")
    row = dialog.section("smoothing").row("min_streak_to_switch")
    assert row.isVisible()
    assert not dialog.section("source").isVisible()
    assert not dialog.section("smoothing").row("buffer_size").isVisible()
    dialog.search_field().setText("no such thing")
    assert not any(dialog.section(group).isVisible() for group in group_names())
    dialog.search_field().clear()
    assert dialog.section("source").isVisible()
    assert not dialog.section("smoothing").isVisible()


def test_settings_changed_elsewhere_are_shown_and_not_told_back(dialog):
    told = heard(dialog)
    changed = dataclasses.replace(Settings(), smoothing=PRESETS["Responsive"])
    dialog.show_settings(changed)
    assert dialog.section("smoothing").row("min_streak_to_switch").editor.value() == 1
    assert told == []


def test_changed_settings_survive_the_file(dialog, tmp_path):
    dialog.section("matching").row("false_accept_percent").editor.control.setValue(5.0)
    path = tmp_path / "settings.toml"
    save_settings(path, dialog.settings)
    assert load_settings(path) == (dialog.settings, [])


def test_the_wheel_scrolls_the_page_and_not_a_value(dialog):
    told = heard(dialog)
    dialog.show_group("smoothing")
    box = dialog.section("smoothing").row("buffer_size").editor.control
    dialog.search_field().setFocus()
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(box.mapToGlobal(QPoint(5, 5))),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)
    assert box.value() == Settings().smoothing.buffer_size
    assert told == []


@pytest.mark.parametrize(
    ("default", "info", "kind"),
    [
        (True, ParameterInfo("A", "B."), QCheckBox),
        ("x", ParameterInfo("A", "B.", choices=("x", "y")), QComboBox),
        (320, ParameterInfo("A", "B.", unit="px", choices=(320, 640)), QComboBox),
        (3, ParameterInfo("A", "B.", minimum=1, maximum=9), QSpinBox),
        (3, ParameterInfo("A", "B."), QSpinBox),
        (0.5, ParameterInfo("A", "B.", unit="s", minimum=0.0, maximum=1.0), QDoubleSpinBox),
        (0.5, ParameterInfo("A", "B."), QDoubleSpinBox),
        ("", ParameterInfo("A", "B."), QLineEdit),
    ],
)
def test_the_control_fits_the_parameter(qtbot, default, info, kind):
    editor = make_editor(default, info)
    qtbot.addWidget(editor)
    editor.set_value(default)
    assert isinstance(editor.control, kind)
    assert editor.value() == default


def test_a_choice_that_is_no_longer_offered_is_still_shown(qtbot):
    editor = make_editor("x", ParameterInfo("A", "B.", choices=("x", "y")))
    qtbot.addWidget(editor)
    editor.set_value("z")
    assert editor.value() == "z"


@pytest.mark.parametrize("default", [0.10, 0.35, 0.03, 30.0, 1.8, 0.005])
def test_decimals_show_the_default_exactly(qtbot, default):
    editor = make_editor(default, ParameterInfo("A", "B.", minimum=0.0, maximum=10000.0))
    qtbot.addWidget(editor)
    editor.set_value(default)
    assert editor.value() == default


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (True, "", "on"),
        (False, "", "off"),
        (0.10, "s", "0.1 s"),
        ("", "", "none"),
        (30.0, "%", "30 %"),
    ],
)
def test_values_in_words(value, unit, words):
    assert value_words(value, ParameterInfo("A", "B.", unit)) == words


def test_the_default_is_told_with_its_range():
    entries = {entry.name: entry for entry in entries_of("smoothing")}
    assert default_words(entries["buffer_size"]) == "Default: 3 (1 to 30)."
    assert default_words(entries["min_streak_to_switch"]) == "Default: 3 (1 to 30)."
    assert default_words(entries["agg_method"]) == "Default: mean."


def test_no_changes_between_equal_records():
    assert changes_between(PRESETS["FER+"], PRESETS["FER+"]) == []
