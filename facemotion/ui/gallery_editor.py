"""The enrolled people as the dialogs change them: on disk in the background, told in the window."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from facemotion.core.types import FloatArray
from facemotion.store.baselines import BaselineStore
from facemotion.store.gallery import GalleryStore
from facemotion.store.gallery_contents import GalleryContents
from facemotion.store.person_files import Person
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.text_labels import as_sentence

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class NewFace:
    """What is stored of one enrolment.

    Attributes:
        embeddings: float32 (N, D) unit rows.
        model_id: The recogniser that made them.
        photos: Whole image files to keep; empty unless the user asked for it.
    """

    embeddings: FloatArray
    model_id: str
    photos: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    contents: GalleryContents
    sentence: str = ""
    person: Person | None = None


class GalleryEditor(QObject):
    """Reads and changes the people of one store, one change after another.

    Args:
        store: The people on disk.
        parent: Qt parent.

    Signals:
        contents_loaded(): `contents` is new.
        gallery_changed(): Something on disk is different now.
        person_enrolled(str): Somebody was enrolled or got new photos; the person id.
        succeeded(str): A sentence about what was done.
        failed(str): A sentence about what was not done, and why.
        busy_changed(bool): Work began or ended.
    """

    contents_loaded = Signal()
    gallery_changed = Signal()
    person_enrolled = Signal(str)
    succeeded = Signal(str)
    failed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, store: GalleryStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._jobs = BackgroundJobs(self)
        self._jobs.busy_changed.connect(self.busy_changed)
        self._contents = GalleryContents((), (), {})

    @property
    def contents(self) -> GalleryContents:
        """The people as last read."""
        return self._contents

    @property
    def store(self) -> GalleryStore:
        """The people on disk."""
        return self._store

    @property
    def is_busy(self) -> bool:
        """Whether something is being read or changed."""
        return self._jobs.is_busy

    def wait(self) -> bool:
        """Wait for the work under way, for a bounded time, at the end of the window's life."""
        return self._jobs.wait()

    @Slot()
    def reload(self) -> None:
        """Read everybody again."""
        self._jobs.start(lambda: _Done(self._store.load()), self._take_contents, self.failed.emit)

    def enrol(self, name: str, face: NewFace) -> None:
        """Add somebody under a new name."""

        def work() -> Person:
            return self._store.enrol(name, face.embeddings, face.model_id, face.photos or None)

        self._change(work, self.tr("{name} is enrolled."))

    def add_to(self, person_id: str, face: NewFace) -> None:
        """Add photos to somebody; one enrolled with another model is enrolled anew."""
        known = self._contents.by_id(person_id)
        is_same_model = known is not None and known.model_id == face.model_id
        store = self._store
        save = store.add_embeddings if is_same_model else store.replace_embeddings

        def work() -> Person:
            return save(person_id, face.embeddings, face.model_id, face.photos or None)

        self._change(work, self.tr("The photos were added to {name}."))

    def rename(self, person_id: str, name: str) -> None:
        """Give somebody another name."""
        self._change(
            lambda: self._store.rename(person_id, name),
            self.tr("The name is now {name}."),
            is_enrolment=False,
        )

    def merge(self, into_id: str, from_id: str) -> None:
        """Make one person of two; the first one's name stays."""
        self._change(
            lambda: self._store.merge(into_id, from_id),
            self.tr("Both are {name} now."),
            is_enrolment=False,
        )

    def forget_neutral(self, person_id: str) -> None:
        """Delete somebody's neutral face."""
        person = self._contents.by_id(person_id)
        sentence = self.tr("The neutral face of {name} is forgotten.")
        name = person.name if person is not None else ""

        def work() -> None:
            BaselineStore(self._store.folder).clear(person_id)

        self._change(work, sentence.format(name=name), is_enrolment=False)

    def delete(self, person_ids: Sequence[str]) -> None:
        """Delete people with everything that is kept of them."""

        def work() -> None:
            for person_id in person_ids:
                self._store.delete(person_id)

        self._change(work, self.tr("Deleted from this computer."), is_enrolment=False)

    def export_to(self, path: Path) -> None:
        """Write everybody into one file."""

        def work() -> _Done:
            count = self._store.export_to(path)
            sentence = self.tr("{count} people were written to {file}.")
            return _Done(self._store.load(), sentence.format(count=count, file=path))

        self._jobs.start(work, self._take_contents, self._refuse)

    def import_from(self, path: Path, model_id: str, embedding_dim: int) -> None:
        """Add the people of a file."""

        def work() -> _Done:
            report = self._store.import_from(path, model_id, embedding_dim)
            names = ", ".join(person.name for person in report.people[:8])
            more = "…" if len(report.people) > 8 else ""
            sentence = self.tr("{count} people were imported: {names}.").format(
                count=len(report.people), names=names + more
            )
            return _Done(self._store.load(), " ".join((sentence, *report.problems)))

        self._jobs.start(work, self._take_change, self._refuse)

    def _change(
        self, work: Callable[[], Person | None], sentence: str, *, is_enrolment: bool = True
    ) -> None:
        def whole() -> _Done:
            person = work()
            name = person.name if person is not None else ""
            return _Done(
                self._store.load(), sentence.format(name=name), person if is_enrolment else None
            )

        self._jobs.start(whole, self._take_change, self._refuse)

    def _take_contents(self, done: _Done) -> None:
        self._contents = done.contents
        self.contents_loaded.emit()
        if done.sentence:
            self.succeeded.emit(done.sentence)

    def _take_change(self, done: _Done) -> None:
        self._take_contents(done)
        self.gallery_changed.emit()
        if done.person is not None:
            self.person_enrolled.emit(done.person.person_id)

    def _refuse(self, sentence: str) -> None:
        """Say why, and read again: another program may have changed something."""
        _LOGGER.info("gallery: %s", sentence)
        self.failed.emit(as_sentence(sentence))
        self.reload()
