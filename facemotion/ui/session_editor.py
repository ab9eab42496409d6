"""Recorded sessions as the window changes them: on disk in the background, told in the window."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from facemotion.analysis.report.content import make_report
from facemotion.analysis.report.writing import default_page, write_page
from facemotion.store.session_folder import (
    THUMBNAIL_NAME,
    SessionInfo,
    SessionList,
    SessionStore,
)
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.report_export import save_pdf, save_plots
from facemotion.ui.text_labels import as_sentence

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class SessionEntry:
    """A session as the list shows it.

    Attributes:
        info: What it says about itself.
        thumbnail: Its picture; empty when it has none.
    """

    info: SessionInfo
    thumbnail: QImage


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    entries: tuple[SessionEntry, ...]
    problems: tuple[str, ...]
    sentence: str = ""


class SessionEditor(QObject):
    """Reads and changes the recorded sessions, one change after another; GUI thread.

    Args:
        store: The sessions on disk.
        parent: Qt parent.

    Signals:
        loaded(): `entries` and `problems` are new.
        report_ready(Path): A page was written and can be opened.
        succeeded(str): A sentence about what was done.
        failed(str): A sentence about what was not done, and why.
        busy_changed(bool): Work began or ended.
    """

    loaded = Signal()
    report_ready = Signal(object)
    succeeded = Signal(str)
    failed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, store: SessionStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._jobs = BackgroundJobs(self)
        self._jobs.busy_changed.connect(self.busy_changed)
        self.entries: tuple[SessionEntry, ...] = ()
        self.problems: tuple[str, ...] = ()

    @property
    def is_busy(self) -> bool:
        """Whether something is being read or changed."""
        return self._jobs.is_busy

    def by_folder(self, folder: Path) -> SessionInfo | None:
        """The session of a folder, as last read."""
        return next((each.info for each in self.entries if each.info.folder == folder), None)

    def wait(self) -> bool:
        """Wait for the work under way, for a bounded time, at the end of the window's life."""
        return self._jobs.wait()

    @Slot()
    def reload(self) -> None:
        """Read every session again."""
        self._jobs.start(self._read, self._take, self.failed.emit)

    def rename(self, info: SessionInfo, title: str) -> None:
        """Give a session another title."""
        words = self.tr("The session is now called “{title}”.")
        self._change(lambda: words.format(title=self._store.rename(info, title).title))

    def delete(self, infos: Sequence[SessionInfo]) -> None:
        """Delete sessions with everything in them."""
        words = self.tr("Deleted from this computer.")

        def work() -> str:
            for info in infos:
                self._store.delete(info)
            return words

        self._change(work)

    def export(self, info: SessionInfo, target: Path) -> None:
        """Write a session as one zip file."""
        words = self.tr("“{title}” was written to {file}.").format(title=info.title, file=target)

        def work() -> str:
            self._store.export_zip(info, target)
            return words

        self._change(work)

    def make_page(self, folder: Path) -> None:
        """Write the report of a session, or of an analysed file, into its folder."""

        def work() -> Path:
            return write_page(make_report(folder), default_page(folder))

        self._jobs.start(work, self.report_ready.emit, self._refuse)

    def save_pdf(self, info: SessionInfo, target: Path) -> None:
        """Write the report of a session for paper."""
        words = self.tr("The report was written to {file}.").format(file=target)

        def work() -> str:
            save_pdf(make_report(info.folder, has_faces=False), target)
            return words

        self._change(work)

    def save_plots(self, info: SessionInfo, folder: Path) -> None:
        """Write every plot of a session's report as a picture."""
        words = self.tr("{count} plots were written to {folder}.")

        def work() -> str:
            written = save_plots(make_report(info.folder, has_faces=False), folder)
            return words.format(count=len(written), folder=folder)

        self._change(work)

    def _change(self, work: Callable[[], str]) -> None:
        def whole() -> _Done:
            sentence = work()
            done = self._read()
            return _Done(done.entries, done.problems, sentence)

        self._jobs.start(whole, self._take, self._refuse)

    def _read(self) -> _Done:
        found: SessionList = self._store.list()
        entries = tuple(
            SessionEntry(info, QImage(str(info.folder / THUMBNAIL_NAME))) for info in found.sessions
        )
        return _Done(entries, found.problems)

    def _take(self, done: _Done) -> None:
        self.entries, self.problems = done.entries, done.problems
        self.loaded.emit()
        if done.sentence:
            self.succeeded.emit(done.sentence)

    def _refuse(self, sentence: str) -> None:
        """Say why, and read again: a session may have been removed meanwhile."""
        _LOGGER.info("sessions: %s", sentence)
        self.failed.emit(as_sentence(sentence))
        self.reload()
