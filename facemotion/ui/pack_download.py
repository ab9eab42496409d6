"""The thread that downloads one pack and installs it."""

import logging
import threading
from collections.abc import Container
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from facemotion.core.errors import FacemotionError
from facemotion.vision.download import DownloadCancelledError, DownloadProgress
from facemotion.vision.http_reading import Cancel, Patience
from facemotion.vision.pack_catalogue import PackDescription
from facemotion.vision.pack_install import install_pack

logger = logging.getLogger(__name__)


class PackDownload(QThread):
    """Downloads and installs one pack; the object lives in the GUI thread.

    Args:
        description: The pack.
        packs_dir: Where packs are installed.
        accepted: Keys of the licences that were accepted.
        patience: Time-outs and attempts; the usual ones by default.
        parent: Qt parent.

    Progress is asked for (`progress`), not told: the download reports every 256 KB or less, which
    would flood the window.

    Attributes:
        description: The pack.

    Signals:
        installed(Pack): It is installed.
        stopped(): It was cancelled; what was received is kept.
        failed(str): It cannot be had; the sentence says what to do.
    """

    installed = Signal(object)
    stopped = Signal()
    failed = Signal(str)

    def __init__(
        self,
        description: PackDescription,
        packs_dir: Path,
        accepted: Container[str],
        patience: Patience | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("pack download")
        self.description = description
        self._packs_dir = packs_dir
        self._accepted = accepted
        self._patience = patience
        self._cancel = Cancel()
        self._progress: DownloadProgress | None = None

    @property
    def progress(self) -> DownloadProgress | None:
        """How far it is now; None before the server has answered."""
        return self._progress

    def stop(self) -> None:
        """Ask it to end, from any thread; it does within a blink, also while a server is silent."""
        self._cancel.ask()

    def run(self) -> None:
        """Download and install; the one outer boundary of the thread."""
        threading.current_thread().name = self.objectName()
        try:
            pack = install_pack(
                self.description,
                self._packs_dir,
                self._accepted,
                self._report,
                self._cancel,
                self._patience,
            )
        except DownloadCancelledError:
            self.stopped.emit()
        except FacemotionError as error:
            logger.warning("download of %s: %s", self.description.pack_id, error)
            self.failed.emit(str(error))
        except Exception:
            logger.exception("the download of %s ended unexpectedly", self.description.pack_id)
            self.failed.emit(
                self.tr(
                    "The download of {title} ended because of an unexpected error. Try again; the "
                    "log says more."
                ).format(title=self.description.title)
            )
        else:
            self.installed.emit(pack)

    def _report(self, progress: DownloadProgress) -> None:
        self._progress = progress  # one assignment of a frozen record, so it needs no lock
