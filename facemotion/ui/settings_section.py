"""One group of settings: a row a parameter, with its sentence, its control and its reset."""

from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from facemotion.store.settings import Settings
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.parameter_editors import make_editor
from facemotion.ui.preset_list import PresetList
from facemotion.ui.settings_model import SettingEntry, default_words, value_words
from facemotion.ui.strictness import StrictnessBar
from facemotion.ui.text_labels import heading, hint, strong


class SettingRow(QFrame):
    """One parameter.

    Signals:
        value_chosen(SettingEntry, object): The user chose a value, or the default again.
    """

    value_chosen = Signal(object, object)

    def __init__(self, entry: SettingEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self.editor = make_editor(entry.default, entry.info)
        self.editor.value_changed.connect(self._choose)
        self._reset = QPushButton(self.tr("Reset"))
        self._reset.setAutoDefault(False)
        self._reset.clicked.connect(self._choose_default)
        self._notice = Notice()
        name = strong(entry.info.label)
        name.setBuddy(self.editor)
        self.setToolTip(f"{entry.group}.{entry.name}")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 8)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(2)
        grid.addWidget(name, 0, 0)
        grid.addWidget(hint(f"{entry.info.help} {default_words(entry)}"), 1, 0)
        grid.addWidget(self.editor, 0, 1, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self._reset, 0, 2, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self._notice, 2, 0, 1, 3)
        grid.setColumnStretch(0, 1)

    def reset_button(self) -> QPushButton:
        """The button that brings the default back."""
        return self._reset

    @property
    def problem(self) -> str:
        """Why the last value was not taken; empty when it was."""
        return self._notice.text

    def show_value(self, value: Any) -> None:
        """Show the value in force."""
        self._notice.clear()
        self.editor.set_value(value)
        is_default = value == self.entry.default
        self._reset.setEnabled(not is_default)
        words = value_words(self.entry.default, self.entry.info)
        self._reset.setToolTip(self.tr("Back to {value}").format(value=words))
        self._reset.setAccessibleName(
            self.tr("Reset {label} to {value}").format(label=self.entry.info.label, value=words)
        )

    def show_problem(self, sentence: str) -> None:
        """Say why a value was not taken."""
        self._notice.say(NoticeKind.ERROR, sentence)

    @Slot(object)
    def _choose(self, value: Any) -> None:
        self.value_chosen.emit(self.entry, value)

    @Slot()
    def _choose_default(self) -> None:
        self.value_chosen.emit(self.entry, self.entry.default)


class SettingsSection(QWidget):
    """A group: its title, what it is about, presets where there are some, and its rows.

    Signals:
        value_chosen(SettingEntry, object): The user chose a value.
        reset_wanted(str): The user wants the group's defaults.
        preset_chosen(object): The user wants a whole group's values: a smoothing preset's, or those
            of a strictness of recognition.
    """

    value_chosen = Signal(object, object)
    reset_wanted = Signal(str)
    preset_chosen = Signal(object)

    def __init__(self, group: str, title: str, intro: str, entries: list[SettingEntry]) -> None:
        super().__init__()
        self.group = group
        self.title = title
        self.rows = [SettingRow(entry) for entry in entries]
        self._reset = QPushButton(self.tr("Reset group"))
        self._reset.setAutoDefault(False)
        self._reset.setAccessibleName(self.tr("Reset all of {title}").format(title=title))
        self._reset.clicked.connect(self._want_reset)
        self.presets = PresetList() if group == "smoothing" else None
        self.strictness = StrictnessBar() if group == "matching" else None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 20)
        layout.setSpacing(2)
        head = QHBoxLayout()
        head.addWidget(heading(title), 1)
        head.addWidget(self._reset)
        layout.addLayout(head)
        layout.addWidget(hint(intro))
        layout.addSpacing(8)
        if self.presets is not None:
            self.presets.preset_chosen.connect(self.preset_chosen)
            layout.addWidget(self.presets)
            layout.addSpacing(12)
        if self.strictness is not None:
            self.strictness.params_chosen.connect(self.preset_chosen)
            layout.addWidget(self.strictness)
            layout.addSpacing(12)
        for row in self.rows:
            row.value_chosen.connect(self.value_chosen)
            layout.addWidget(row)

    def reset_button(self) -> QPushButton:
        """The button that brings the group's defaults back."""
        return self._reset

    def row(self, name: str) -> SettingRow:
        """The row of a parameter.

        Raises:
            KeyError: The group has no such parameter.
        """
        for row in self.rows:
            if row.entry.name == name:
                return row
        raise KeyError(name)

    def show_settings(self, settings: Settings) -> None:
        """Show the values in force."""
        values = [row.entry.value_in(settings) for row in self.rows]
        for row, value in zip(self.rows, values, strict=True):
            row.show_value(value)
        defaults = [row.entry.default for row in self.rows]
        self._reset.setEnabled(values != defaults)
        if self.presets is not None:
            self.presets.show_current(settings.smoothing)
        if self.strictness is not None:
            self.strictness.show_params(settings.matching)

    def show_matches(self, words: list[str]) -> int:
        """Show only the rows that match a search; no words show all.

        Returns:
            How many rows are shown.
        """
        count = 0
        for row in self.rows:
            is_match = row.entry.matches(words, self.title)
            row.setVisible(is_match)
            count += is_match
        if self.presets is not None:
            self.presets.setVisible(not words)
        if self.strictness is not None:
            self.strictness.setVisible(not words)
        return count

    @Slot()
    def _want_reset(self) -> None:
        self.reset_wanted.emit(self.group)
