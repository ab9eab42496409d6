"""Writes what the user wants to keep: snapshots and the change history."""

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QStatusBar, QWidget

from facemotion.core.errors import FacemotionError
from facemotion.store.atomic import write_atomic
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.change_log import LogEntry, changes_to_csv
from facemotion.ui.message_banner import MessageBanner
from facemotion.ui.notice import NoticeKind
from facemotion.ui.overlay import LONGEST_STALE_S, belongs_to
from facemotion.ui.session import LiveSession
from facemotion.ui.snapshot import save_snapshot, snapshot_folder

MESSAGE_MS = 8000
SNAPSHOT, EXPORT = "snapshot", "export"


class FileDesk(QObject):
    """Between commands that write files and the messages about them; GUI thread.

    Args:
        session: Has the picture.
        banner: Says where a file is, or why it is not.
        status: Says the same in fewer words.
        window: Parent of the dialogs.
    """

    def __init__(
        self, session: LiveSession, banner: MessageBanner, status: QStatusBar, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._banner = banner
        self._status = status
        self._window = window
        self._threshold = 0.40
        self._jobs = BackgroundJobs(self)
        self._hide_timer = QTimer(self, singleShot=True, interval=MESSAGE_MS)
        self._hide_timer.timeout.connect(self._hide_snapshot_message)

    def wait(self) -> None:
        """Let writing come to its end, at the end of the window's life."""
        self._jobs.wait()

    @Slot(float)
    def set_threshold(self, threshold: float) -> None:
        """Cosine similarity that counts as 50 %."""
        self._threshold = threshold

    @Slot()
    def save_snapshot(self) -> None:
        """Save the picture on show; the file's name appears in the banner."""
        frame, result = self._session.latest_frame(), self._session.latest_result()
        if frame is None:
            return
        if result is not None and belongs_to(result, frame, LONGEST_STALE_S):
            frame = result.frame  # the boxes fit this frame exactly
        else:
            result = None
        clock, threshold = datetime.now(), self._threshold
        self._jobs.start(
            lambda: save_snapshot(frame, result, snapshot_folder(), clock, threshold),
            self._on_snapshot_saved,
            self._on_snapshot_failed,
        )

    def _on_snapshot_saved(self, path: Path) -> None:
        folder = QUrl.fromLocalFile(str(path.parent))
        self._banner.say(
            SNAPSHOT,
            NoticeKind.SUCCESS,
            self.tr("Saved as {path}").format(path=path),
            (self.tr("Open folder"), lambda: QDesktopServices.openUrl(folder)),
        )
        self._hide_timer.start()

    def _on_snapshot_failed(self, sentence: str) -> None:
        self._hide_timer.stop()
        again = (self.tr("Try again"), self.save_snapshot)
        self._banner.say(SNAPSHOT, NoticeKind.ERROR, sentence, again)

    @Slot()
    def _hide_snapshot_message(self) -> None:
        self._banner.clear(SNAPSHOT)

    @Slot(object)
    def export_changes(self, changes: list[LogEntry]) -> None:
        """Ask for a file and write changes into it."""
        path, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Export changes"), "changes.csv", self.tr("Tables (*.csv)")
        )
        if path:
            self.write_changes(Path(path), changes)

    def write_changes(self, path: Path, changes: list[LogEntry]) -> None:
        """Write changes as CSV and say so."""
        try:
            write_atomic(path, changes_to_csv(changes))
        except FacemotionError as error:
            self._banner.say(EXPORT, NoticeKind.ERROR, str(error))
            return
        self._banner.clear(EXPORT)
        self._status.showMessage(self.tr("Saved as {path}").format(path=path), MESSAGE_MS)
