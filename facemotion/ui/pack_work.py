"""The packs as the window changes them: on disk and from the network in the background."""

import logging
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from facemotion.store.licences import AcceptedLicences
from facemotion.store.pack_choice import pack_roots
from facemotion.store.paths import AppPaths
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.pack_download import PackDownload
from facemotion.ui.pack_speeds import PackSpeeds, SpeedTerms
from facemotion.ui.thread_end import has_ended
from facemotion.vision.download import DownloadProgress
from facemotion.vision.http_reading import Patience
from facemotion.vision.pack_catalogue import PackDescription
from facemotion.vision.pack_import import import_pack
from facemotion.vision.pack_install import discard_download, remove_pack
from facemotion.vision.pack_shelf import ShelfPack, read_shelf
from facemotion.vision.pack_speed import PackSpeed, measure_speed
from facemotion.vision.packs import Pack

logger = logging.getLogger(__name__)

PROGRESS_MS = 120
END_MS = 20_000
"""Longest wait for a download at the end: while it connects, it hears of it only then."""


class PackWork(QObject):
    """Lists, fetches, imports, times and removes packs; GUI thread.

    Args:
        paths: The user's folders.
        patience: Of downloads; the usual one by default.
        parent: Qt parent.

    Attributes:
        licences: Which licences were accepted.

    Signals:
        changed(): The list, a speed or what is under way is another.
        installed(Pack): A pack was downloaded or imported.
        succeeded(str): A sentence about what was done.
        failed(str): A sentence about what was not done, and what helps.
    """

    changed = Signal()
    installed = Signal(object)
    succeeded = Signal(str)
    failed = Signal(str)

    def __init__(
        self, paths: AppPaths, patience: Patience | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.licences = AcceptedLicences(paths.licences_file)
        self._paths = paths
        self._patience = patience
        self._shelf: tuple[ShelfPack, ...] = ()
        self._in_use: Path | None = None
        self._download: PackDownload | None = None
        self._is_stopping = False
        self._speeds = PackSpeeds(paths.data_dir / "pack_speeds.json")
        self._measured: str = ""
        self._jobs = BackgroundJobs(self)
        self._jobs.busy_changed.connect(self.changed)
        self._clock_jobs = BackgroundJobs(self)
        self._timer = QTimer(self, interval=PROGRESS_MS)
        self._timer.timeout.connect(self.changed)

    # ----- what there is

    @property
    def shelf(self) -> tuple[ShelfPack, ...]:
        """Every pack, as last read."""
        return self._shelf

    @property
    def is_busy(self) -> bool:
        """Whether packs are being read, imported or removed."""
        return self._jobs.is_busy

    @property
    def downloading(self) -> PackDescription | None:
        """The pack that is being downloaded, or None."""
        return self._download.description if self._download is not None else None

    @property
    def is_stopping(self) -> bool:
        """Whether the download was cancelled and is about to end."""
        return self._is_stopping

    @property
    def progress(self) -> DownloadProgress | None:
        """How far the download is; None before it said so."""
        return self._download.progress if self._download is not None else None

    @property
    def measured(self) -> str:
        """Id of the pack that is being timed; empty for none."""
        return self._measured

    def speed(self, pack: Pack, terms: SpeedTerms) -> PackSpeed | None:
        """What was measured of a pack, or None."""
        return self._speeds.find(pack, terms)

    def set_in_use(self, folder: Path | None) -> None:
        """Say which pack runs, and read the list again."""
        self._in_use = folder
        self.reload()

    @Slot()
    def reload(self) -> None:
        """Read the list again."""
        packs_dir, in_use = self._paths.packs_dir, self._in_use
        roots = pack_roots(self._paths)
        self._jobs.start(
            lambda: read_shelf(packs_dir, roots, in_use), self._take_shelf, self.failed.emit
        )

    # ----- files

    def import_from(self, source: Path) -> None:
        """Copy a pack from a folder or a zip."""
        packs_dir = self._paths.packs_dir
        self._jobs.start(lambda: import_pack(source, packs_dir), self._take_pack, self.failed.emit)

    def remove(self, entry: ShelfPack) -> None:
        """Delete an installed pack."""
        folder, packs_dir, in_use = entry.folder, self._paths.packs_dir, self._in_use
        if folder is None:
            return

        def work() -> str:
            remove_pack(folder, packs_dir, in_use)
            return self.tr("{title} was removed.").format(title=entry.title)

        self._jobs.start(work, self._take_sentence, self._refuse)

    def discard(self, description: PackDescription) -> None:
        """Delete what an unfinished download has left."""
        packs_dir = self._paths.packs_dir

        def work() -> str:
            discard_download(description, packs_dir)
            words = self.tr("What was received of {title} was deleted.")
            return words.format(title=description.title)

        self._jobs.start(work, self._take_sentence, self._refuse)

    # ----- download

    def download(self, description: PackDescription) -> None:
        """Fetch a pack whose licence was accepted; one at a time."""
        if self._download is not None:
            return
        thread = PackDownload(
            description, self._paths.packs_dir, self.licences.keys(), self._patience, self
        )
        thread.installed.connect(self.installed)
        thread.stopped.connect(self._on_stopped)
        thread.failed.connect(self.failed)
        thread.finished.connect(self._on_finished)
        self._download = thread
        self._is_stopping = False
        thread.start()
        self._timer.start()
        self.changed.emit()

    @Slot()
    def cancel(self) -> None:
        """Stop the download; what was received is kept."""
        if self._download is not None:
            self._is_stopping = True
            self._download.stop()
            self.changed.emit()

    @Slot()
    def _on_stopped(self) -> None:
        description = self.downloading
        if description is not None:
            words = self.tr("The download of {title} was stopped. What was received is kept.")
            self.succeeded.emit(words.format(title=description.title))

    @Slot()
    def _on_finished(self) -> None:
        thread, self._download = self._download, None
        if thread is not None:
            thread.deleteLater()
        self._is_stopping = False
        self._timer.stop()
        self.reload()

    # ----- speed

    def measure(self, entry: ShelfPack, terms: SpeedTerms) -> None:
        """Time a pack; one at a time."""
        pack = entry.pack
        if pack is None or self._measured:
            return
        self._measured = entry.pack_id

        def done(speed: PackSpeed) -> None:
            self._speeds.keep(pack, terms, speed)
            self._end_measurement()

        def failed(sentence: str) -> None:
            self._end_measurement()
            words = self.tr("{title} cannot be timed: {reason}")
            self.failed.emit(words.format(title=entry.title, reason=sentence))

        self._clock_jobs.start(
            lambda: measure_speed(pack, terms.det_size, terms.provider, terms.threads), done, failed
        )
        self.changed.emit()

    def _end_measurement(self) -> None:
        self._measured = ""
        self.changed.emit()

    # ----- end

    def shutdown(self) -> bool:
        """Stop the download and wait, for a bounded time; whether everything has ended."""
        thread = self._download
        is_clean = True
        if thread is not None:
            thread.stop()
            is_clean = has_ended(thread, END_MS)
        is_clean = self._jobs.wait() and is_clean
        is_clean = self._clock_jobs.wait() and is_clean
        if not is_clean:
            logger.error("work on packs did not end in time")
        return is_clean

    # ----- outcomes

    def _take_shelf(self, shelf: tuple[ShelfPack, ...]) -> None:
        self._shelf = shelf
        self.changed.emit()

    def _take_pack(self, pack: Pack) -> None:
        self.installed.emit(pack)
        self.reload()

    def _take_sentence(self, sentence: str) -> None:
        self.succeeded.emit(sentence)
        self.reload()

    def _refuse(self, sentence: str) -> None:
        """Say why, and read again: another program may have changed something."""
        self.failed.emit(sentence)
        self.reload()
