"""People who were enrolled with another pack: who they are, and reading their photos again."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal, Slot

from facemotion.core.errors import FacemotionError
from facemotion.store.gallery import GalleryStore
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.dialogs import Dialogs
from facemotion.ui.message_banner import Help, MessageBanner
from facemotion.ui.model_desk import ModelDesk
from facemotion.ui.model_request import ModelRequest, ModelsInfo
from facemotion.ui.notice import NoticeKind
from facemotion.ui.thread_end import has_ended
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack

if TYPE_CHECKING:
    from facemotion.analysis.reembedding import Reembedded
    from facemotion.store.person_files import Person

logger = logging.getLogger(__name__)

PEOPLE = "people of another pack"
END_MS = 15_000
_NAMES = 6


@dataclass(frozen=True, slots=True)
class _Strangers:
    """People of another pack, among all."""

    model_id: str
    count: int
    with_photos: int
    total: int


class ReembeddingThread(QThread):
    """Reads kept photos with the pack in use; the object lives in the GUI thread.

    Args:
        store: The enrolled people.
        pack_dir: The pack in use.
        request: How its models are run.
        parent: Qt parent.

    Signals:
        told(int, int, str): Before each person: how many are done, of how many, and the name.
        done(list): What became of each person (`Reembedded`).
        failed(str): It ended early; the sentence says why.
    """

    told = Signal(int, int, str)
    done = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        store: GalleryStore,
        pack_dir: Path,
        request: ModelRequest,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("re-embedding")
        self._store = store
        self._pack_dir = pack_dir
        self._request = request
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask it to end after the person it is at."""
        self._stop.set()

    @property
    def is_stopped(self) -> bool:
        """Whether it was asked to end."""
        return self._stop.is_set()

    def run(self) -> None:
        """Read everybody again whose photos are kept; the one outer boundary of the thread."""
        threading.current_thread().name = self.objectName()
        try:
            self.done.emit(self._read())
        except FacemotionError as error:
            self.failed.emit(str(error))
        except Exception:
            logger.exception("reading photos again ended unexpectedly")
            self.failed.emit(
                self.tr("Reading the photos ended because of an unexpected error. See the log.")
            )

    def _read(self) -> "list[Reembedded]":
        from facemotion.analysis.reembedding import of_another_pack, reembed

        request = self._request
        faces = FaceModels(
            open_pack(self._pack_dir),
            det_size=request.det_size,
            provider=request.provider,
            det_thresh=request.det_threshold,
            threads=request.threads,
        )
        people = of_another_pack(self._store.load().people, faces.model_id)
        count = len(people)

        def report(number: int, person: "Person") -> None:
            self.told.emit(number, count, person.name)

        return reembed(self._store, people, faces, report, self._stop.is_set)


class ReembeddingDesk(QObject):
    """Says after a switch who needs new photos, and reads kept photos again; GUI thread.

    Args:
        models: Says which pack runs.
        dialogs: Are told when people are others.
        store: The enrolled people.
        banner: Says how it goes.
        parent: Qt parent.
    """

    def __init__(
        self,
        models: ModelDesk,
        dialogs: Dialogs,
        store: GalleryStore,
        banner: MessageBanner,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._models = models
        self._dialogs = dialogs
        self._store = store
        self._banner = banner
        self._info: ModelsInfo | None = None
        self._last_model_id = ""
        self._thread: ReembeddingThread | None = None
        self._jobs = BackgroundJobs(self)
        models.models_changed.connect(self._on_models_changed)
        dialogs.reembedding_wanted.connect(self.start)
        dialogs.gallery_changed.connect(self._on_gallery_changed)

    @property
    def is_running(self) -> bool:
        """Whether photos are being read."""
        return self._thread is not None

    def shutdown(self) -> bool:
        """Stop and wait, at the end of the window's life; whether everything has ended."""
        thread = self._thread
        is_clean = True
        if thread is not None:
            thread.stop()
            is_clean = has_ended(thread, END_MS)
        return self._jobs.wait() and is_clean

    # ----- who needs it

    @Slot(object)
    def _on_models_changed(self, info: ModelsInfo | None) -> None:
        self._info = info
        if info is None or not info.has_recogniser:
            self._banner.clear(PEOPLE)
            return
        is_switch = self._last_model_id not in ("", info.model_id)
        is_first = not self._last_model_id
        self._last_model_id = info.model_id
        if is_switch or is_first:
            self._look(info.model_id, self._tell_switch if is_switch else self._tell_start)

    @Slot()
    def _on_gallery_changed(self) -> None:
        """Somebody may have got new photos, or was deleted."""
        if self._info is not None and self._banner.text(PEOPLE) and not self.is_running:
            self._look(self._info.model_id, self._tell_switch)

    def _look(self, model_id: str, tell: Callable[[_Strangers], None]) -> None:
        store = self._store

        def work() -> _Strangers:
            from facemotion.analysis.reembedding import of_another_pack

            people = store.load().people
            others = of_another_pack(people, model_id)
            with_photos = sum(person.has_photos for person in others)
            return _Strangers(model_id, len(others), with_photos, len(people))

        self._jobs.start(work, tell, self._pass_over)

    def _pass_over(self, sentence: str) -> None:
        """A gallery that cannot be read is reported by who loads it."""
        logger.info("people of another pack: %s", sentence)

    def _tell_start(self, found: _Strangers) -> None:
        """At the start only when nobody can be recognised: the rest is shown with the people."""
        if found.count == found.total:
            self._tell_switch(found)

    def _tell_switch(self, found: _Strangers) -> None:
        info = self._info
        if info is None or info.model_id != found.model_id or self.is_running:
            return
        if not found.count:
            self._banner.clear(PEOPLE)
            return
        words = self.tr(
            "{count} of {total} people were enrolled with another pack and need new photos for "
            "{pack}."
        ).format(count=found.count, total=found.total, pack=info.pack_name)
        helps: list[Help] = []
        if found.with_photos:
            kept = self.tr("Photos of {count} are kept.").format(count=found.with_photos)
            words = f"{words} {kept}"
            helps.append((self.tr("Read kept photos"), self.start))
        helps.append((self.tr("Show people"), self._dialogs.open_people))
        self._banner.say(PEOPLE, NoticeKind.WARNING, words, *helps)

    # ----- reading again

    @Slot()
    def start(self) -> None:
        """Read the kept photos of everybody who needs it with the pack in use."""
        info = self._info
        if self._thread is not None or info is None or not info.has_recogniser:
            return
        thread = ReembeddingThread(self._store, info.pack_dir, self._models.wanted(), self)
        thread.told.connect(self._on_told)
        thread.done.connect(self._on_done)
        thread.failed.connect(self._on_failed)
        thread.finished.connect(self._on_finished)
        self._thread = thread
        self._say(NoticeKind.INFO, self.tr("The kept photos are being read…"), self._cancel_help())
        thread.start()

    @Slot()
    def cancel(self) -> None:
        """Stop after the person who is being read."""
        if self._thread is not None:
            self._thread.stop()

    @Slot(int, int, str)
    def _on_told(self, number: int, count: int, name: str) -> None:
        words = self.tr("Reading the kept photos again: {name} ({number} of {count})…")
        sentence = words.format(name=name, number=number + 1, count=count)
        self._say(NoticeKind.INFO, sentence, self._cancel_help())

    @Slot(object)
    def _on_done(self, outcomes: "Sequence[Reembedded]") -> None:
        done = [outcome for outcome in outcomes if outcome.is_done]
        left = [outcome for outcome in outcomes if not outcome.is_done]
        words: list[str] = []
        if done:
            words.append(
                self.tr("Recognised with this pack now: {names}.").format(names=_names(done))
            )
        if left:
            words.append(self.tr("New photos are needed of: {names}.").format(names=_names(left)))
        if self._thread is not None and self._thread.is_stopped:
            words.append(self.tr("It was stopped before the end; start it again to go on."))
        kind = NoticeKind.WARNING if left else NoticeKind.SUCCESS
        show = (self.tr("Show people"), self._dialogs.open_people)
        self._say(kind, " ".join(words) or self.tr("Nobody needs new photos."), show)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._say(NoticeKind.ERROR, sentence, (self.tr("Try again"), self.start))

    @Slot()
    def _on_finished(self) -> None:
        self._dialogs.tell_gallery_changed()  # while it counts as running, so the result stays
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.deleteLater()

    def _cancel_help(self) -> Help:
        return self.tr("Cancel"), self.cancel

    def _say(self, kind: NoticeKind, sentence: str, *helps: Help) -> None:
        """Above the picture, and on the page of people while that is open."""
        self._banner.say(PEOPLE, kind, sentence, *helps)
        dialog = self._dialogs.enrolment
        if dialog is not None:
            dialog.people_page.tell_reading(kind, sentence)


def _names(outcomes: "Sequence[Reembedded]") -> str:
    names = [outcome.person.name for outcome in outcomes[:_NAMES]]
    return ", ".join(names) + ("…" if len(outcomes) > _NAMES else "")
