"""The lower part of the enrolment dialog: the name, what to keep, warnings, and the button."""

from collections.abc import Iterable
from enum import Enum

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from facemotion.store.person_files import Person
from facemotion.ui.name_field import NameField
from facemotion.ui.notice import Notice
from facemotion.ui.text_labels import hint, strong


class Obstacle(Enum):
    """What still stands in the way of saving, in the order in which it is told."""

    NO_SHOTS = QT_TRANSLATE_NOOP("EnrolPanel", "Take shots from the camera, or add photos.")
    WAITING = QT_TRANSLATE_NOOP("EnrolPanel", "The photos are being examined.")
    STRANGERS = QT_TRANSLATE_NOOP(
        "EnrolPanel", "The shots do not look like one person: answer the question above."
    )
    NO_NAME = QT_TRANSLATE_NOOP("EnrolPanel", "Type a name.")
    BUSY = QT_TRANSLATE_NOOP("EnrolPanel", "Saving …")


class EnrolPanel(QWidget):
    """Who the shots belong to, and whether photos are kept.

    Signals:
        save_wanted(): The user wants the shots saved.
        changed(): The name, or the person that photos are added to, is another one.
    """

    save_wanted = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._target: Person | None = None
        self.notice = Notice()
        self.name_field = NameField()
        self.name_field.name_changed.connect(self._name_changed)
        self.name_field.submitted.connect(self._submit)
        self._target_words = strong("")
        self._new_button = QPushButton(self.tr("Somebody new instead"))
        self._new_button.setAutoDefault(False)
        self._new_button.clicked.connect(self.clear_target)
        self.keep_photos = QCheckBox(self.tr("Keep the photos as well"))
        self.keep_photos.setToolTip(
            self.tr(
                "When on, the cut-out faces are stored beside the numbers, on this computer only, "
                "until the person is deleted. Recognition does not need them."
            )
        )
        keep_words = self.tr("Not needed: otherwise only numbers that describe the face are kept.")
        self.keep_photos.setAccessibleDescription(keep_words)
        self._keep_words = hint(keep_words)
        self.save_button = QPushButton(self.tr("Enrol"))
        self.save_button.setProperty("isPrimary", True)
        self.save_button.setAutoDefault(False)
        self.save_button.setMinimumWidth(150)
        self.save_button.clicked.connect(self.save_wanted)
        self._state_words = hint("")
        self._state_words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._lay_out()

    @property
    def target(self) -> Person | None:
        """The person that the shots are added to, or None for somebody new."""
        return self._target

    @property
    def name(self) -> str | None:
        """The new person's name, or None while it is not acceptable."""
        return self.name_field.name

    @property
    def state_words(self) -> str:
        """The line beneath the button."""
        return self._state_words.text()

    def set_target(self, person: Person) -> None:
        """Add the shots to somebody who is enrolled."""
        self._target = person
        self._target_words.setText(self.tr("Add to {name}").format(name=person.name))
        self._who.setCurrentIndex(1)
        self._label.hide()
        self.changed.emit()

    @Slot()
    def clear_target(self) -> None:
        """The shots are of somebody new."""
        self._target = None
        self._who.setCurrentIndex(0)
        self._label.show()
        self.changed.emit()

    def set_taken_names(self, names: Iterable[str]) -> None:
        """Names of the people enrolled already."""
        self.name_field.set_taken_names(names)

    def show_state(self, shot_count: int, obstacle: Obstacle | None) -> None:
        """Say how many shots there are and what is still missing."""
        self.save_button.setEnabled(obstacle is None)
        is_adding = self._target is not None or self.name_field.taken_name() is not None
        self.save_button.setText(self.tr("Add photos") if is_adding else self.tr("Enrol"))
        words = self.tr(str(obstacle.value)) if obstacle is not None else ""
        if obstacle is None:
            words = self.tr("Ready: {shots}").format(shots=shot_words(shot_count))
        self._state_words.setText(words)
        self.save_button.setAccessibleDescription(words)

    def _lay_out(self) -> None:
        person = QWidget()
        column = QVBoxLayout(person)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self._target_words, 1)
        row.addWidget(self._new_button)
        column.addLayout(row)
        column.addStretch(1)
        holder = QWidget()
        self._who = QStackedLayout(holder)
        self._who.addWidget(self.name_field)
        self._who.addWidget(person)
        self._label = QLabel(self.tr("&Name"))
        self._label.setBuddy(self.name_field)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 8, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.notice, 0, 0, 1, 4)
        grid.setRowMinimumHeight(1, 30)
        grid.addWidget(self._label, 1, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(holder, 1, 1, 2, 1)
        grid.addWidget(self.keep_photos, 1, 2)
        grid.addWidget(self._keep_words, 2, 2, top)
        grid.addWidget(self.save_button, 1, 3)
        grid.addWidget(self._state_words, 2, 3, top)
        grid.setColumnStretch(1, 5)
        grid.setColumnStretch(2, 4)

    @Slot()
    def _name_changed(self) -> None:
        self.changed.emit()

    @Slot()
    def _submit(self) -> None:
        if self.save_button.isEnabled():
            self.save_wanted.emit()


def shot_words(count: int) -> str:
    """A number of shots in words."""
    one = QCoreApplication.translate("EnrolPanel", "1 shot")
    several = QCoreApplication.translate("EnrolPanel", "{count} shots")
    return one if count == 1 else several.format(count=count)
