"""The thread that drives a batch; the work itself is done in processes."""

import logging
import threading

from PySide6.QtCore import QObject, QThread, Signal

from facemotion.analysis.batch import Batch
from facemotion.analysis.equipment import Equipment
from facemotion.analysis.jobs import AnalysisJob, JobNews

logger = logging.getLogger(__name__)


class AnalysisThread(QThread):
    """Runs one batch to its end; the object lives in the GUI thread.

    Args:
        equipment: Models, people and settings.
        process_count: How many inputs are analysed at the same time.
        parent: Qt parent.

    Attributes:
        batch: Takes jobs and orders, from any thread.

    Signals:
        told(JobNews): What has become of a job.
        noted(str): Something is not as it was asked for.
        failed(str): The thread ended unexpectedly.
    """

    told = Signal(object)
    noted = Signal(str)
    failed = Signal(str)

    def __init__(
        self, equipment: Equipment, process_count: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("analysis")
        self.batch = Batch(equipment, process_count, self._tell, self._note, is_behind_window=True)

    def begin(self, jobs: list[AnalysisJob]) -> None:
        """Do jobs."""
        self.batch.add(jobs)
        self.start()

    def run(self) -> None:
        """Drive the batch; the one outer boundary of the thread."""
        threading.current_thread().name = self.objectName()
        try:
            self.batch.run()
        except Exception:
            logger.exception("the analysis stopped unexpectedly")
            self.failed.emit(
                self.tr("The analysis stopped because of an unexpected error. The log says more.")
            )

    def _tell(self, news: JobNews) -> None:
        self.told.emit(news)

    def _note(self, sentence: str) -> None:
        self.noted.emit(sentence)
