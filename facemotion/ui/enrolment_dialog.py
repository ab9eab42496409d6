"""Enrol people from the camera or from photos, and manage who is enrolled."""

from typing import Literal

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QMessageBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from facemotion.core.types import FloatArray
from facemotion.store.gallery import GalleryStore
from facemotion.store.person_files import Person
from facemotion.store.settings import Settings
from facemotion.ui.confirmation import ask
from facemotion.ui.enrol_panel import EnrolPanel, Obstacle, shot_words
from facemotion.ui.enrolment_camera_page import EnrolmentCameraPage
from facemotion.ui.enrolment_files_page import EnrolmentFilesPage
from facemotion.ui.gallery_editor import GalleryEditor, NewFace
from facemotion.ui.notice import NoticeKind
from facemotion.ui.people_page import PeoplePage
from facemotion.ui.session import LiveSession
from facemotion.ui.shot_checks import Shot
from facemotion.ui.shot_warnings import ShotWarnings
from facemotion.ui.thumbnails import png_of_bgr

PageName = Literal["camera", "files", "people"]
PAGES: tuple[PageName, ...] = ("camera", "files", "people")


class EnrolmentDialog(QDialog):
    """Non-modal: the main window goes on behind it.

    Args:
        session: The running source and the models that examine shots.
        store: The people on disk.
        settings: The settings in force.
        parent: The main window, or None.
        initial_page: The page to open with.

    Signals:
        person_enrolled(str): Somebody was enrolled or got new photos; the person id.
        gallery_changed(): Something in the store is different now.
    """

    person_enrolled = Signal(str)
    gallery_changed = Signal()

    def __init__(
        self,
        session: LiveSession,
        store: GalleryStore,
        settings: Settings,
        parent: QWidget | None = None,
        initial_page: PageName = "camera",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("People: facemotion"))
        self.setModal(False)
        self._session = session
        self._settings = settings
        self._model_id: str | None = None
        self._is_discarding = False
        self.editor = GalleryEditor(store, self)
        self.camera_page = EnrolmentCameraPage(session)
        self.files_page = EnrolmentFilesPage(session)
        self.people_page = PeoplePage(self.editor)
        self.panel = EnrolPanel()
        self._warnings = ShotWarnings(self.panel.notice, settings, self)
        self.tabs = QTabWidget()
        self._lay_out()
        self._connect()
        self.panel.keep_photos.setChecked(settings.privacy.keep_photos)
        self.apply_settings(settings)
        self._take_models()
        self.show_page(initial_page)
        self.editor.reload()
        self.resize(920, 610)

    @property
    def page(self) -> PageName:
        """The page on show."""
        return PAGES[self.tabs.currentIndex()]

    def show_page(self, page: PageName) -> None:
        """Go to a page."""
        self.tabs.setCurrentIndex(PAGES.index(page))
        self._show_panel()

    @Slot(object)
    def apply_settings(self, settings: Settings) -> None:
        """Take over settings that were changed elsewhere."""
        if settings.privacy.keep_photos != self._settings.privacy.keep_photos:
            self.panel.keep_photos.setChecked(settings.privacy.keep_photos)
        self._settings = settings
        self._warnings.set_settings(settings)
        self.camera_page.set_mirroring(settings.display.is_mirrored)
        self._judge()

    def add_photos_to(self, person_id: str) -> None:
        """Go to the photos, to be added to somebody."""
        person = self.editor.contents.by_id(person_id)
        if person is not None:
            self.panel.set_target(person)
            self.show_page("files")

    def shots(self) -> list[Shot]:
        """Every accepted shot, from the camera first."""
        return [*self.camera_page.board.shots(), *self.files_page.board.shots()]

    def reject(self) -> None:
        """Close, after a question when shots would be lost."""
        count = len(self.shots())
        if count == 0 or self._is_discarding:
            super().reject()
            return
        ask(
            self,
            self.tr("Close without saving?"),
            self.tr("Not saved yet: {shots}.").format(shots=shot_words(count)),
            [(self.tr("Discard"), QMessageBox.ButtonRole.DestructiveRole, self._discard)],
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let a change on disk come to its end; the end of the program asks no questions."""
        if not event.spontaneous():
            self._is_discarding = True
        self.editor.wait()
        super().closeEvent(event)
        self._is_discarding = False

    def _discard(self) -> None:
        self.camera_page.start_over()
        self.files_page.board.clear()
        self.close()

    def _lay_out(self) -> None:
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.camera_page, self.tr("&Camera"))
        self.tabs.addTab(self.files_page, self.tr("&Photos"))
        self.tabs.addTab(self.people_page, self.tr("P&eople"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.panel)
        layout.addWidget(buttons)

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._show_panel)
        self.camera_page.shots_changed.connect(self._judge_anew)
        self.camera_page.photos_wanted.connect(self._go_to_photos)
        self.files_page.shots_changed.connect(self._judge_anew)
        self.people_page.photos_wanted.connect(self.add_photos_to)
        self.people_page.enrolment_wanted.connect(self._go_to_camera)
        self.panel.changed.connect(self._judge)
        self._warnings.answered.connect(self._judge)
        self._warnings.removal_wanted.connect(self._remove_shots)
        self._warnings.target_wanted.connect(self._set_target)
        self.panel.save_wanted.connect(self._save)
        self.editor.contents_loaded.connect(self._take_contents)
        self.editor.gallery_changed.connect(self.gallery_changed)
        self.editor.person_enrolled.connect(self._finish)
        self.editor.failed.connect(self._tell_failure)
        self.editor.busy_changed.connect(self._show_state)
        self._session.models_ready.connect(self._take_models)
        self._session.models_failed.connect(self._take_models)

    @Slot()
    def _go_to_photos(self) -> None:
        self.show_page("files")

    @Slot()
    def _go_to_camera(self) -> None:
        self.show_page("camera" if self._session.source_info is not None else "files")

    @Slot()
    def _show_panel(self) -> None:
        self.panel.setVisible(self.page != "people")

    @Slot()
    def _take_models(self) -> None:
        info = self._session.models_info
        self._model_id = info.model_id or None if info is not None else None
        self.people_page.set_model(self._model_id, info.embedding_dim if info is not None else 0)
        self._warnings.set_model(self._model_id, info.thresholds if info is not None else None)
        self._judge()

    @Slot()
    def _take_contents(self) -> None:
        contents = self.editor.contents
        self._warnings.set_contents(contents)
        self.panel.set_taken_names(person.name for person in contents.people)
        target = self.panel.target
        if target is not None and contents.by_id(target.person_id) is None:
            self.panel.clear_target()
        self._judge()

    # ----- judging the shots

    @Slot()
    def _judge_anew(self) -> None:
        """The shots are others: what was said of the former ones holds no longer."""
        self.panel.notice.clear()
        if not self.shots():
            self._warnings.forget_answers()
        self._judge()

    @Slot()
    def _judge(self) -> None:
        """Warn of what is wrong with the shots, and show what is missing."""
        self._warnings.judge(self.shots(), self._meant_person())
        self._show_state()

    def _meant_person(self) -> Person | None:
        """The enrolled person that the shots are added to: chosen, or by the name typed."""
        if self.panel.target is not None:
            return self.panel.target
        return self.editor.contents.find(self.panel.name) if self.panel.name else None

    @Slot(str)
    def _set_target(self, person_id: str) -> None:
        person = self.editor.contents.by_id(person_id)
        if person is not None:
            self.panel.set_target(person)

    @Slot(list)
    def _remove_shots(self, shot_ids: list[int]) -> None:
        for shot_id in shot_ids:
            self.camera_page.board.remove(shot_id)
            self.files_page.board.remove(shot_id)

    # ----- saving

    def _obstacle(self) -> Obstacle | None:
        waiting = self.camera_page.board.waiting_count + self.files_page.board.waiting_count
        is_named = self.panel.target is not None or self.panel.name is not None
        found = {
            Obstacle.BUSY: self.editor.is_busy,
            Obstacle.WAITING: waiting > 0 and self._model_id is not None,
            Obstacle.NO_SHOTS: not self.shots(),
            Obstacle.STRANGERS: self._warnings.has_strangers,
            Obstacle.NO_NAME: not is_named,
        }
        return next((obstacle for obstacle, is_there in found.items() if is_there), None)

    @Slot()
    def _show_state(self) -> None:
        self.panel.show_state(len(self.shots()), self._obstacle())

    @Slot()
    def _save(self) -> None:
        """Save, after the question whether a look-alike is really somebody else."""
        if self._obstacle() is not None:
            return
        found = self._warnings.lookalike
        if found is None:
            self._store()
            return
        name = self.panel.target.name if self.panel.target is not None else self.panel.name
        text = self.tr(
            "The shots look like {known} ({percent:.0f} %), who is enrolled already. When one "
            "person is enrolled twice, facemotion cannot tell which name is right."
        )
        ask(
            self,
            self.tr("Is {name} really somebody else than {known}?").format(
                name=name, known=found.name
            ),
            text.format(known=found.name, percent=found.percent),
            [
                (
                    self.tr("Add to {known}").format(known=found.name),
                    QMessageBox.ButtonRole.AcceptRole,
                    self._store_to_lookalike,
                ),
                (
                    self.tr("Save as {name}").format(name=name),
                    QMessageBox.ButtonRole.AcceptRole,
                    self._store,
                ),
            ],
        )

    def _store_to_lookalike(self) -> None:
        self._warnings.follow_lookalike()
        self._store()

    def _store(self) -> None:
        model_id, shots = self._model_id, self.shots()
        if model_id is None or not shots:
            return
        is_kept = self.panel.keep_photos.isChecked()
        photos = tuple(png_of_bgr(shot.crop_bgr) for shot in shots) if is_kept else ()
        face = NewFace(_stacked(shots), model_id, photos)
        meant = self._meant_person()
        if meant is not None:
            self.editor.add_to(meant.person_id, face)
        elif self.panel.name is not None:
            self.editor.enrol(self.panel.name, face)

    @Slot(str)
    def _finish(self, person_id: str) -> None:
        """The shots are saved: make room for the next person."""
        person = self.editor.contents.by_id(person_id)
        name = person.name if person is not None else ""
        count = len(self.shots())
        self.camera_page.finish()
        self.files_page.board.clear()
        self.panel.name_field.set_text("")
        self.panel.clear_target()
        words = self.tr("{name} is enrolled, {shots} saved.")
        self.panel.notice.say(
            NoticeKind.SUCCESS,
            words.format(name=name, shots=shot_words(count)),
            (self.tr("Show people"), lambda: self.show_page("people")),
        )
        self.people_page.table.select_person(person_id)
        self.person_enrolled.emit(person_id)

    @Slot(str)
    def _tell_failure(self, sentence: str) -> None:
        if self.page != "people":
            self.panel.notice.say(NoticeKind.ERROR, sentence)


def _stacked(shots: list[Shot]) -> FloatArray:
    return np.stack([shot.embedding for shot in shots]).astype(np.float32)
