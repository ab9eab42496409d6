"""Manage who is enrolled: rename, add photos, merge, delete, export and import."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from facemotion.store.person_files import Person
from facemotion.ui.confirmation import ask
from facemotion.ui.gallery_editor import GalleryEditor
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.people_table import PeopleTable
from facemotion.ui.text_labels import heading, hint

_GALLERY_FILTER = "facemotion (*.zip *.npy)"


class PeoplePage(QWidget):
    """The table of people and what can be done with them.

    Args:
        editor: Reads and changes the people.
        parent: Qt parent.

    Signals:
        photos_wanted(str): The user wants to add photos to a person; the person id.
        enrolment_wanted(): The user wants to enrol somebody.
        reembedding_wanted(): The user wants kept photos to be read with the pack in use.
    """

    photos_wanted = Signal(str)
    enrolment_wanted = Signal()
    reembedding_wanted = Signal()

    def __init__(self, editor: GalleryEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._model_id: str | None = None
        self._embedding_dim = 0
        self._told_problems: tuple[str, ...] = ()
        self._notice = Notice()
        self._other_pack = Notice()
        self.table = PeopleTable()
        self.table.rename_wanted.connect(self._rename)
        self.table.delete_wanted.connect(self._ask_delete)
        self.table.itemSelectionChanged.connect(self._show_possible)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._make_empty_page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.addWidget(self._notice)
        layout.addWidget(self._other_pack)
        layout.addLayout(self._stack, 1)
        layout.addLayout(self._make_buttons())
        editor.contents_loaded.connect(self._show_contents)
        editor.succeeded.connect(self._tell_success)
        editor.failed.connect(self._tell_failure)
        editor.busy_changed.connect(self._show_possible)
        self._show_contents()

    @property
    def notice(self) -> Notice:
        """Where outcomes are told."""
        return self._notice

    @property
    def other_pack_notice(self) -> Notice:
        """Says who was enrolled with another pack."""
        return self._other_pack

    def tell_reading(self, kind: NoticeKind, sentence: str) -> None:
        """Say how the reading of kept photos goes."""
        self._notice.say(kind, sentence)

    def set_model(self, model_id: str | None, embedding_dim: int) -> None:
        """The recogniser in use, by which the states are told.

        Args:
            model_id: Its identity, or None when there is none.
            embedding_dim: Length of its embeddings.
        """
        self._model_id = model_id
        self._embedding_dim = embedding_dim
        self._show_contents()

    def _make_empty_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        title = heading(self.tr("Nobody is enrolled yet"))
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words = hint(
            self.tr(
                "Enrol somebody from the camera or from photos, and facemotion says the name "
                "whenever it sees that face. An exported gallery can be imported here."
            )
        )
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        enrol = QPushButton(self.tr("Enrol somebody"))
        enrol.setAutoDefault(False)
        enrol.clicked.connect(self.enrolment_wanted)
        column.addStretch(1)
        column.addWidget(title)
        column.addWidget(words)
        column.addSpacing(8)
        column.addWidget(enrol, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        return page

    def _make_buttons(self) -> QHBoxLayout:
        self.add_button = self._button(
            self.tr("Add photos…"), self.tr("Add photos to the selected person"), self._want_photos
        )
        self.rename_button = self._button(
            self.tr("Rename"), self.tr("Edit the selected name (F2)"), self.table.edit_name
        )
        self.merge_button = self._button(
            self.tr("Merge…"), self.tr("Make one person of the two selected"), self._ask_merge
        )
        self.delete_button = self._button(
            self.tr("Delete…"), self.tr("Delete who is selected (Delete)"), self._ask_delete
        )
        self.neutral_button = self._button(
            self.tr("Forget neutral face"),
            self.tr("Read the selected person's emotion as everybody's again"),
            self._forget_neutral,
        )
        self.export_button = self._button(
            self.tr("Export…"), self.tr("Write everybody into one file"), self._choose_export
        )
        self.import_button = self._button(
            self.tr("Import…"),
            self.tr("Add the people of an exported file, or of one NAME.npy"),
            self._choose_import,
        )
        row = QHBoxLayout()
        for button in (
            self.add_button,
            self.rename_button,
            self.merge_button,
            self.neutral_button,
            self.delete_button,
        ):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.export_button)
        row.addWidget(self.import_button)
        return row

    def _button(self, words: str, tip: str, slot: object) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.clicked.connect(slot)
        return button

    def _selected(self) -> list[Person]:
        people = [self._editor.contents.by_id(each) for each in self.table.selected_ids()]
        return [person for person in people if person is not None]

    @Slot()
    def _show_contents(self) -> None:
        contents = self._editor.contents
        self.table.show_people(contents.people, self._model_id, contents.neutral_ids)
        self._stack.setCurrentIndex(0 if contents.people else 1)
        if contents.problems and contents.problems != self._told_problems:
            self._notice.say(NoticeKind.WARNING, " ".join(contents.problems))
        self._told_problems = contents.problems
        self._tell_other_pack()
        self._show_possible()

    def _tell_other_pack(self) -> None:
        """Who is not recognised with the pack in use, and what helps."""
        others = [
            person
            for person in self._editor.contents.people
            if self._model_id is not None and person.model_id != self._model_id
        ]
        if not others:
            self._other_pack.clear()
            return
        with_photos = sum(person.has_photos for person in others)
        words = self.tr(
            "{count} of {total} people were enrolled with another pack and are not recognised with "
            "the one in use. Select somebody and add new photos."
        ).format(count=len(others), total=len(self._editor.contents.people))
        if not with_photos:
            self._other_pack.say(NoticeKind.WARNING, words)
            return
        kept = self.tr("Or read the photos again that are kept of {count}.")
        self._other_pack.say(
            NoticeKind.WARNING,
            f"{words} {kept.format(count=with_photos)}",
            (self.tr("Read kept photos"), self.reembedding_wanted.emit),
        )

    @Slot()
    def _show_possible(self) -> None:
        """Only what can be done now can be pressed."""
        count = len(self.table.selected_ids())
        is_free = not self._editor.is_busy
        self.add_button.setEnabled(is_free and count == 1)
        self.rename_button.setEnabled(is_free and count == 1)
        self.merge_button.setEnabled(is_free and count == 2)
        self.delete_button.setEnabled(is_free and count >= 1)
        has_neutral = set(self.table.selected_ids()) <= self._editor.contents.neutral_ids
        self.neutral_button.setEnabled(is_free and count == 1 and has_neutral)
        self.export_button.setEnabled(is_free and self.table.rowCount() > 0)
        self.import_button.setEnabled(is_free)

    @Slot()
    def _want_photos(self) -> None:
        people = self._selected()
        if len(people) == 1:
            self.photos_wanted.emit(people[0].person_id)

    @Slot()
    def _forget_neutral(self) -> None:
        people = self._selected()
        if len(people) == 1:
            self._editor.forget_neutral(people[0].person_id)

    @Slot(str, str)
    def _rename(self, person_id: str, name: str) -> None:
        person = self._editor.contents.by_id(person_id)
        if person is not None and person.name != name:
            self._editor.rename(person_id, name)

    @Slot()
    def _ask_delete(self) -> None:
        people = self._selected()
        if not people:
            return
        names = ", ".join(person.name for person in people[:5]) + ("…" if len(people) > 5 else "")
        text = self.tr(
            "The name, the face data and any kept photos are deleted from this computer for "
            "good. This cannot be undone. Files that you exported yourself are not touched."
        )
        ids = [person.person_id for person in people]
        ask(
            self,
            self.tr("Delete {names}?").format(names=names),
            text,
            [
                (
                    self.tr("Delete"),
                    QMessageBox.ButtonRole.DestructiveRole,
                    lambda: self._editor.delete(ids),
                )
            ],
        )

    @Slot()
    def _ask_merge(self) -> None:
        people = self._selected()
        if len(people) != 2:
            return
        first, second = people
        role = QMessageBox.ButtonRole.AcceptRole
        ask(
            self,
            self.tr("Merge {first} and {second}?").format(first=first.name, second=second.name),
            self.tr(
                "Both become one person with the photos of both. The other name is deleted. "
                "This cannot be undone. Which name should stay?"
            ),
            [
                (first.name, role, lambda: self._editor.merge(first.person_id, second.person_id)),
                (second.name, role, lambda: self._editor.merge(second.person_id, first.person_id)),
            ],
        )

    @Slot()
    def _choose_export(self) -> None:
        text, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export everybody"), "facemotion-people.zip", "facemotion (*.zip)"
        )
        if text:
            path = Path(text)
            self._editor.export_to(path if path.suffix else path.with_suffix(".zip"))

    @Slot()
    def _choose_import(self) -> None:
        text, _ = QFileDialog.getOpenFileName(self, self.tr("Import people"), "", _GALLERY_FILTER)
        if text:
            self.import_file(Path(text))

    def import_file(self, path: Path) -> None:
        """Add the people of an exported file, or of one `NAME.npy`."""
        if self._model_id is None:
            self._tell_failure(
                self.tr("Load a model pack first: imported faces belong to the model in use.")
            )
            return
        self._editor.import_from(path, self._model_id, self._embedding_dim)

    @Slot(str)
    def _tell_success(self, sentence: str) -> None:
        self._notice.say(NoticeKind.SUCCESS, sentence)

    @Slot(str)
    def _tell_failure(self, sentence: str) -> None:
        self._notice.say(NoticeKind.ERROR, sentence)
