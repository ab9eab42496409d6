"""Every setting in groups, applied at once."""

from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from facemotion.core.smoothing import SmoothingParams
from facemotion.core.thresholds import PackThresholds
from facemotion.store.settings import Settings, group_names
from facemotion.ui.confirmation import ask
from facemotion.ui.settings_model import (
    SettingEntry,
    entries_of,
    with_group,
    with_value,
)
from facemotion.ui.settings_section import SettingsSection
from facemotion.ui.text_labels import hint

_TITLES = {
    "source": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Source"),
        QT_TRANSLATE_NOOP("SettingsDialog", "Where the picture comes from, and how it is played."),
    ),
    "detection": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Detection"),
        QT_TRANSLATE_NOOP("SettingsDialog", "How faces are found."),
    ),
    "inference": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Inference"),
        QT_TRANSLATE_NOOP("SettingsDialog", "Which models run, on what, and how often."),
    ),
    "quality": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Quality"),
        QT_TRANSLATE_NOOP(
            "SettingsDialog",
            "What a face must fulfil before its emotion is read or it is enrolled.",
        ),
    ),
    "matching": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Recognition"),
        QT_TRANSLATE_NOOP("SettingsDialog", "When a face counts as somebody who is enrolled."),
    ),
    "tracking": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Tracking"),
        QT_TRANSLATE_NOOP("SettingsDialog", "How a face is followed from one picture to the next."),
    ),
    "smoothing": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Smoothing"),
        QT_TRANSLATE_NOOP(
            "SettingsDialog", "How emotions are kept from flickering, in three steps for each face."
        ),
    ),
    "baseline": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Neutral faces"),
        QT_TRANSLATE_NOOP(
            "SettingsDialog",
            "How a person's resting face corrects the readings of that person.",
        ),
    ),
    "display": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Display"),
        QT_TRANSLATE_NOOP("SettingsDialog", "What is drawn, and how the window looks."),
    ),
    "recording": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Recording"),
        QT_TRANSLATE_NOOP(
            "SettingsDialog", "What a recording keeps, and what the keys 1 to 5 stamp."
        ),
    ),
    "privacy": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Privacy"),
        QT_TRANSLATE_NOOP("SettingsDialog", "What may be kept of the people in view."),
    ),
    "enrolment": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Enrolment"),
        QT_TRANSLATE_NOOP("SettingsDialog", "How people are added."),
    ),
    "debug": (
        QT_TRANSLATE_NOOP("SettingsDialog", "Debug mode"),
        QT_TRANSLATE_NOOP("SettingsDialog", "Faces saved to find out why readings are wrong."),
    ),
}


class SettingsDialog(QDialog):
    """All settings, each with its sentence; a change is told at once.

    Args:
        settings: The settings in force.
        parent: The window that it belongs to, or None.

    Signals:
        settings_changed(Settings): The user changed something; the new settings as a whole.
    """

    settings_changed = Signal(object)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings: facemotion"))
        self._settings = settings
        self._sections = self._make_sections()
        self._search = self._make_search()
        self._groups = self._make_group_list()
        self._nothing = hint(self.tr("Nothing matches. Try another word."))
        self._nothing.hide()
        self._area = self._make_area()
        body = QHBoxLayout()
        body.setSpacing(18)
        side = QVBoxLayout()
        side.addWidget(self._search)
        side.addWidget(self._groups, 1)
        body.addLayout(side)
        body.addWidget(self._area, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.addLayout(body, 1)
        layout.addWidget(self._make_buttons())
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._search.setFocus)
        self._show_values()
        self._groups.setCurrentRow(0)
        self._groups.setFocus()
        self.resize(920, 600)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def section(self, group: str) -> SettingsSection:
        """The section of a group.

        Raises:
            KeyError: There is no such group.
        """
        for section in self._sections:
            if section.group == group:
                return section
        raise KeyError(group)

    def search_field(self) -> QLineEdit:
        """The field whose words narrow the entries shown."""
        return self._search

    def group_list(self) -> QListWidget:
        """The list of groups."""
        return self._groups

    def show_group(self, group: str) -> None:
        """Open at a group."""
        self._search.clear()
        for row, section in enumerate(self._sections):
            if section.group == group:
                self._groups.setCurrentRow(row)

    def show_entry(self, group: str, name: str) -> None:
        """Open at one parameter, ready to be changed.

        Raises:
            KeyError: There is no such group or parameter.
        """
        row = self.section(group).row(name)
        self.show_group(group)
        # The page gets its height with the next layout; before, nothing could be scrolled to.
        QTimer.singleShot(0, row, lambda: self._area.ensureWidgetVisible(row))
        row.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_settings(self, settings: Settings) -> None:
        """Show settings that were changed elsewhere; nothing is told."""
        self._settings = settings
        self._show_values()

    def set_recognition(self, thresholds: PackThresholds | None, people: int) -> None:
        """What the strictness of recognition is reckoned from.

        Args:
            thresholds: Of the pack in use, or None when no models are loaded.
            people: People who can be recognised.
        """
        strictness = self.section("matching").strictness
        if strictness is not None:
            strictness.set_ground(thresholds, people)

    def _make_sections(self) -> list[SettingsSection]:
        sections: list[SettingsSection] = []
        for group in group_names():
            entries = list(entries_of(group))
            if not entries:
                continue
            title, intro = _TITLES.get(group, (group.capitalize(), ""))
            section = SettingsSection(group, self.tr(str(title)), self.tr(str(intro)), entries)
            section.value_chosen.connect(self._take_value)
            section.reset_wanted.connect(self._reset_group)
            section.preset_chosen.connect(self._take_preset)
            sections.append(section)
        return sections

    def _make_search(self) -> QLineEdit:
        search = QLineEdit()
        search.setPlaceholderText(self.tr("Search settings"))
        search.setAccessibleName(self.tr("Search settings"))
        search.setClearButtonEnabled(True)
        search.setFixedWidth(190)
        search.textChanged.connect(self._filter)
        return search

    def _make_group_list(self) -> QListWidget:
        groups = QListWidget()
        groups.setAccessibleName(self.tr("Groups of settings"))
        groups.setFixedWidth(190)
        groups.setStyleSheet("QListWidget::item { padding-left: 8px; }")
        for section in self._sections:
            item = QListWidgetItem(section.title)
            item.setSizeHint(QSize(0, 30))
            groups.addItem(item)
        groups.currentRowChanged.connect(self._filter)
        return groups

    def _make_area(self) -> QScrollArea:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 14, 0)
        column.addWidget(self._nothing)
        for section in self._sections:
            column.addWidget(section)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setAccessibleName(self.tr("Settings of the chosen group"))
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        return area

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self._reset_all = buttons.addButton(
            self.tr("Reset everything…"), QDialogButtonBox.ButtonRole.ResetRole
        )
        self._reset_all.setAutoDefault(False)
        self._reset_all.clicked.connect(self.ask_reset_all)
        return buttons

    @Slot()
    def _filter(self) -> None:
        """Show the chosen group, or what matches the search in all of them."""
        words = self._search.text().casefold().split()
        chosen = self._groups.currentRow()
        count = 0
        for row, section in enumerate(self._sections):
            matches = section.show_matches(words)
            is_shown = bool(matches) if words else row == chosen
            section.setVisible(is_shown)
            self._groups.item(row).setHidden(bool(words) and not matches)
            count += matches if words else 1
        self._nothing.setVisible(count == 0)
        self._area.verticalScrollBar().setValue(0)

    def _show_values(self) -> None:
        for section in self._sections:
            section.show_settings(self._settings)
        self._reset_all.setEnabled(self._settings != Settings())

    @Slot(object, object)
    def _take_value(self, entry: SettingEntry, value: Any) -> None:
        try:
            changed = with_value(self._settings, entry, value)
        except ValueError as error:
            row = self.section(entry.group).row(entry.name)
            row.show_value(entry.value_in(self._settings))
            row.show_problem(self.tr("Not taken: {reason}.").format(reason=error))
            return
        self._apply(changed)

    @Slot(str)
    def _reset_group(self, group: str) -> None:
        self._apply(with_group(self._settings, group, getattr(Settings(), group)))

    @Slot(object)
    def _take_preset(self, params: Any) -> None:
        group = "smoothing" if isinstance(params, SmoothingParams) else "matching"
        self._apply(with_group(self._settings, group, params))

    @Slot()
    def ask_reset_all(self) -> None:
        """Bring every default back, once the user has confirmed it."""
        ask(
            self,
            self.tr("Reset everything?"),
            self.tr("Every setting goes back to its default. People and model packs stay."),
            [
                (
                    self.tr("Reset"),
                    QMessageBox.ButtonRole.DestructiveRole,
                    lambda: self._apply(Settings()),
                )
            ],
        )

    def _apply(self, settings: Settings) -> None:
        is_changed = settings != self._settings
        self._settings = settings
        self._show_values()
        if is_changed:
            self.settings_changed.emit(settings)
