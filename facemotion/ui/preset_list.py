"""Ready-made smoothing, each with what it would change now."""

from PySide6.QtCore import QT_TRANSLATE_NOOP, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QWidget

from facemotion.core.smoothing import PRESETS, SmoothingParams
from facemotion.ui.settings_model import changes_between
from facemotion.ui.text_labels import hint, strong

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


class PresetList(QFrame):
    """One row a preset: its name, what it is for, what it changes, and a button to use it.

    Signals:
        preset_chosen(SmoothingParams): The user wants these values.
    """

    preset_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, tuple[QLabel, QPushButton]] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        for row, name in enumerate(PRESETS):
            words = hint("")
            button = QPushButton()
            button.setAutoDefault(False)
            button.setMinimumWidth(96)
            button.clicked.connect(lambda _checked=False, key=name: self._choose(key))
            grid.addWidget(strong(name), 2 * row, 0)
            grid.addWidget(words, 2 * row + 1, 0)
            grid.addWidget(button, 2 * row, 1, 2, 1)
            self._rows[name] = (words, button)
        grid.setColumnStretch(0, 1)

    def button(self, name: str) -> QPushButton:
        """The button that chooses a preset."""
        return self._rows[name][1]

    def words(self, name: str) -> str:
        """What stands beneath a preset's name."""
        return self._rows[name][0].text()

    def show_current(self, params: SmoothingParams) -> None:
        """Say of each preset what it would change in these values."""
        for name, preset in PRESETS.items():
            label, button = self._rows[name]
            changes = changes_between(params, preset)
            is_used = not changes
            button.setText(self.tr("In use") if is_used else self.tr("Use"))
            button.setEnabled(not is_used)
            button.setAccessibleName(self.tr("Use the preset {name}").format(name=name))
            meaning = self.tr(str(_MEANINGS[name])) if name in _MEANINGS else ""
            said = "" if is_used else self.tr("Changes: {list}.").format(list=", ".join(changes))
            label.setText(f"{meaning} {said}".strip())

    def _choose(self, name: str) -> None:
        self.preset_chosen.emit(PRESETS[name])
