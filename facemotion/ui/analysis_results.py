"""Shows what came of an analysis: its folder, and its report in the browser."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from facemotion.analysis.report.content import make_report
from facemotion.analysis.report.writing import default_page, write_page
from facemotion.ui.background_job import BackgroundJobs

MOST_AT_ONCE = 5


class AnalysisResults(QObject):
    """Opens folders and reports; GUI thread.

    Args:
        parent: Qt parent.

    Signals:
        failed(str): Something cannot be shown, and why.
        busy_changed(bool): A report is being made, or is made.
    """

    failed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = BackgroundJobs(self)
        self._jobs.busy_changed.connect(self.busy_changed)

    @property
    def is_busy(self) -> bool:
        """Whether a report is being made."""
        return self._jobs.is_busy

    def open_folders(self, folders: Sequence[Path]) -> None:
        """Show folders in the system's file manager, the first few of many."""
        for folder in folders[:MOST_AT_ONCE]:
            if folder.is_dir():
                _show(folder)
            else:
                self.failed.emit(
                    self.tr("The folder {folder} is not there any more.").format(folder=folder)
                )

    def open_report(self, folder: Path) -> None:
        """Write the report of a result folder into it and show it in the browser."""

        def make() -> Path:
            return write_page(make_report(folder), default_page(folder))

        self._jobs.start(make, _show, self.failed.emit)

    def wait(self) -> None:
        """Let the work come to its end, at the end of the window's life."""
        self._jobs.wait()


def _show(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
