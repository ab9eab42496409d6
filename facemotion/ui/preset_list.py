"""Ready-made smoothing, each with what it would change now."""

from PySide6.QtCore import QT_TRANSLATE_NOOP, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QWidget

from facemotion.core.smoothing import PRESETS, SmoothingParams
from facemotion.ui.settings_model import change_rows
from facemotion.ui.text_labels import hint, strong

COLUMNS = 3

_MEANINGS = {
    "Adaptive": QT_TRANSLATE_NOOP(
        "PresetList", "Changes the word when enough evidence has come together: quick and steady."
    ),
    "FER2013": QT_TRANSLATE_NOOP(
        "PresetList", "The published design's values, for models trained on FER2013."
    ),
    "FER+": QT_TRANSLATE_NOOP(
        "PresetList", "For models trained on FER+, as the one that comes with facemotion."
    ),
    "Steady": QT_TRANSLATE_NOOP(
        "PresetList", "The word changes late and ignores ambiguous readings."
    ),
    "Responsive": QT_TRANSLATE_NOOP(
        "PresetList", "The word follows every change at once and may flicker."
    ),
}


class ChangeTable(QFrame):
    """What a preset would change: one line a parameter, its value now and with the preset."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 2, 0, 6)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self._cells: list[QLabel] = []

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The texts of the lines below the head."""
        texts = [cell.text() for cell in self._cells[COLUMNS:]]
        return list(zip(*[iter(texts)] * COLUMNS, strict=True))

    def show_rows(self, rows: list[tuple[str, str, str]], name: str) -> None:
        """Show these lines.

        Args:
            rows: Parameter, value now, value with the preset.
            name: Of the preset.
        """
        for cell in self._cells:
            self._grid.removeWidget(cell)
            cell.deleteLater()
        head = (self.tr("Parameter"), self.tr("Now"), self.tr("With {name}").format(name=name))
        self._cells = [strong(text) for text in head]
        self._cells += [hint(text) for row in rows for text in row]
        for place, cell in enumerate(self._cells):
            cell.setWordWrap(place % COLUMNS == 0)
            self._grid.addWidget(cell, *divmod(place, COLUMNS))


class PresetList(QFrame):
    """One row a preset: its name, what it is for, a table of what it changes, a button to use it.

    Signals:
        preset_chosen(SmoothingParams): The user wants these values.
    """

    preset_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: dict[str, QLabel] = {}
        self._buttons: dict[str, QPushButton] = {}
        self._openers: dict[str, QPushButton] = {}
        self._tables: dict[str, ChangeTable] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for row, name in enumerate(PRESETS):
            self._add(grid, 3 * row, name)
        grid.setColumnStretch(0, 1)

    def _add(self, grid: QGridLayout, row: int, name: str) -> None:
        words, table = hint(""), ChangeTable()
        opener, button = QPushButton(), QPushButton()
        for each, width_px in ((opener, 128), (button, 96)):
            each.setAutoDefault(False)
            each.setMinimumWidth(width_px)
        opener.setCheckable(True)
        opener.toggled.connect(table.setVisible)
        button.clicked.connect(lambda _checked=False, key=name: self._choose(key))
        table.hide()
        grid.addWidget(strong(name), row, 0)
        grid.addWidget(words, row + 1, 0)
        grid.addWidget(opener, row, 1, 2, 1)
        grid.addWidget(button, row, 2, 2, 1)
        grid.addWidget(table, row + 2, 0, 1, 3)
        self._words[name], self._tables[name] = words, table
        self._openers[name], self._buttons[name] = opener, button

    def button(self, name: str) -> QPushButton:
        """The button that chooses a preset."""
        return self._buttons[name]

    def opener(self, name: str) -> QPushButton:
        """The button that shows and hides what a preset changes."""
        return self._openers[name]

    def table(self, name: str) -> ChangeTable:
        """What a preset would change."""
        return self._tables[name]

    def words(self, name: str) -> str:
        """What stands beneath a preset's name."""
        return self._words[name].text()

    def show_current(self, params: SmoothingParams) -> None:
        """Say of each preset what it would change in these values."""
        for name, preset in PRESETS.items():
            changes = change_rows(params, preset)
            self._tables[name].show_rows(changes, name)
            self._show_buttons(name, len(changes))
            self._words[name].setText(self.tr(str(_MEANINGS[name])) if name in _MEANINGS else "")

    def _show_buttons(self, name: str, count: int) -> None:
        button, opener = self._buttons[name], self._openers[name]
        button.setText(self.tr("Use") if count else self.tr("In use"))
        button.setEnabled(bool(count))
        button.setAccessibleName(self.tr("Use the preset {name}").format(name=name))
        words = self.tr("1 change") if count == 1 else self.tr("{n} changes").format(n=count)
        opener.setText(words if count else self.tr("no changes"))
        opener.setEnabled(bool(count))
        opener.setChecked(opener.isChecked() and bool(count))
        tip = self.tr("What {name} changes, before it is used").format(name=name)
        opener.setToolTip(tip)
        opener.setAccessibleName(f"{tip}: {words}")

    def _choose(self, name: str) -> None:
        self.preset_chosen.emit(PRESETS[name])
