"""The field for a person's name, checked at every key with the sentence beneath it."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QCompleter, QLabel, QLineEdit, QVBoxLayout, QWidget

from facemotion.core.errors import GalleryError
from facemotion.store.names import MAX_NAME_LENGTH, clean_name, name_key
from facemotion.ui.text_labels import as_sentence, hint


class NameField(QWidget):
    """A line for a name of any script, and one line that says what is wrong with it.

    Signals:
        name_changed(): The text changed, by the user or by the program.
        submitted(): Return was pressed.
    """

    name_changed = Signal()
    submitted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._taken: dict[str, str] = {}
        self._edit = QLineEdit()
        self._edit.setPlaceholderText(self.tr("For example: Ana, 田中, Μαρία"))
        self._edit.setAccessibleName(self.tr("Name of the person"))
        self._edit.setClearButtonEnabled(True)
        self._edit.textChanged.connect(self._check)
        self._edit.returnPressed.connect(self.submitted)
        self._sentence = hint("")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._edit)
        layout.addWidget(self._sentence)
        layout.addStretch(1)
        self.setFocusProxy(self._edit)
        self._check()

    @property
    def name(self) -> str | None:
        """The name as it would be stored, or None while it is not acceptable."""
        try:
            return clean_name(self._edit.text())
        except GalleryError:
            return None

    @property
    def sentence(self) -> str:
        """What stands beneath the field."""
        return self._sentence.text()

    def line_edit(self) -> QLineEdit:
        """The field itself."""
        return self._edit

    def sentence_label(self) -> QLabel:
        """The line beneath it."""
        return self._sentence

    def set_text(self, text: str) -> None:
        """Put a text into the field."""
        self._edit.setText(text)

    def set_taken_names(self, names: Iterable[str]) -> None:
        """Names of enrolled people: offered while typing, and told apart from a new name."""
        self._taken = {name_key(name): name for name in names}
        completer = QCompleter(sorted(self._taken.values(), key=name_key), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._edit.setCompleter(completer)
        self._check()

    def taken_name(self) -> str | None:
        """The enrolled person's name that reads the same as the one typed, or None."""
        return self._taken.get(name_key(self.name)) if self.name else None

    @Slot()
    def _check(self) -> None:
        text = self._edit.text()
        problem = ""
        if text:
            try:
                clean_name(text)
            except GalleryError as error:
                problem = as_sentence(str(error))
        self._sentence.setForegroundRole(
            QPalette.ColorRole.WindowText if problem else QPalette.ColorRole.PlaceholderText
        )
        self._sentence.setText(problem or self._remark(text))
        self.name_changed.emit()

    def _remark(self, text: str) -> str:
        taken = self.taken_name()
        if taken is not None:
            return self.tr("{name} is enrolled already: the photos are added to {name}.").format(
                name=taken
            )
        count = len(text.strip())
        if count > MAX_NAME_LENGTH - 20:
            return self.tr("{count} of {most} characters").format(count=count, most=MAX_NAME_LENGTH)
        return self.tr("Any script, up to {most} characters.").format(most=MAX_NAME_LENGTH)
