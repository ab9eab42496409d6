"""The thread that writes a recording, so that neither picture nor readings wait for a disk."""

import logging
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from facemotion.analysis.session_recording import RecordingPlan, SessionRecording
from facemotion.core.errors import FacemotionError, OutputError
from facemotion.core.types import Frame, FrameResult
from facemotion.store.markers import Marker
from facemotion.store.session_info import SessionInfo
from facemotion.ui.picture import Picture
from facemotion.ui.record_queue import LateResult, Recordable, RecordQueue
from facemotion.vision.drawing import DrawOptions

logger = logging.getLogger(__name__)

STAND_S = 1.0
"""A picture that stands is written again after this time, so that a crash costs no more."""
FLUSH_S = 0.4


@dataclass(frozen=True, slots=True)
class RecordingCounts:
    """How a recording is doing.

    Attributes:
        elapsed_s: Length so far.
        recorded: Pictures written.
        dropped: Pictures left out because writing was too slow.
    """

    elapsed_s: float
    recorded: int
    dropped: int


class Recorder(QThread):
    """Writes one session from its start to its end.

    The object lives in the GUI thread; `run` and everything private to it in its own. The methods
    without an underscore may be called from any thread and never wait.

    Args:
        plan: What is to be recorded, and where.
        parent: Qt parent.

    Signals:
        done(SessionInfo): The session was stopped and is whole.
        failed(str): It ended by itself; what was written before is readable.
    """

    done = Signal(object)
    failed = Signal(str)

    def __init__(self, plan: RecordingPlan, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recorder")
        self._plan = plan
        self._queue = RecordQueue()
        self._options = DrawOptions()
        self._frame_count = 0
        self._flush_due_s = 0.0
        self._duration_s: float | None = None
        self._folder: Path | None = None

    # ----- called from other threads

    @property
    def folder(self) -> Path | None:
        """Where the session lies, once it was made."""
        return self._folder

    def counts(self) -> RecordingCounts:
        """Length and numbers at this moment."""
        return RecordingCounts(self._elapsed_s(), self._frame_count, self._queue.dropped_count)

    def put_picture(self, picture: Picture) -> None:
        """A picture was shown."""
        self._queue.put_frame(picture.frame)

    def put_shown(self, frame: Frame, now_s: float) -> None:
        """Begin with a frame that has been on show for a while.

        Args:
            frame: The frame.
            now_s: The moment at which the recording begins (monotonic clock).
        """
        self._queue.put_frame(replace(frame, captured_at_s=now_s))

    def put_result(self, result: FrameResult) -> None:
        """Something was read."""
        self._queue.put_result(result)

    def mark(self, marker: Marker, at_s: float) -> None:
        """Stamp a moment.

        Args:
            marker: Its time is replaced by the recording's.
            at_s: The moment (monotonic clock).
        """
        self._queue.put_marker(replace(marker, time_s=self._queue.time_at(at_s)))

    def set_draw_options(self, options: DrawOptions) -> None:
        """What is drawn into the annotated video from now on."""
        self._options = options

    def stop(self) -> None:
        """Ask the recording to end; what waits is written first. Wait for it with `wait`."""
        if self._duration_s is None:
            self._duration_s = self._queue.time_at(time.monotonic())
        self._queue.end()

    def hurry(self) -> None:
        """Leave out the pictures that wait, so that the end comes soon."""
        self._queue.hurry()

    # ----- this thread

    def run(self) -> None:
        """Record until stopped; the one outer boundary of the thread."""
        threading.current_thread().name = self.objectName()
        try:
            recording = SessionRecording(self._plan)
            self._folder = recording.folder
            self._record(recording)
        except FacemotionError as error:
            logger.warning("recording: %s", error)
            self.failed.emit(str(error))
        except Exception:
            logger.exception("recording stopped unexpectedly")
            self.failed.emit(self.tr("Recording stopped because of an unexpected error."))
        finally:
            self._queue.end()

    def _record(self, recording: SessionRecording) -> None:
        """Write until stopped, then close the files however it ended.

        Raises:
            OutputError: The disk refused.
        """
        failure: OutputError | None = None
        try:
            self._write_all(recording)
        except OutputError as error:
            failure = recording.explain(error)
        finally:
            info = self._finish(recording, failure)
        if failure is not None:
            raise failure
        if info is not None:
            self.done.emit(info)

    def _write_all(self, recording: SessionRecording) -> None:
        stand_at_s = time.monotonic() + STAND_S
        while not self._queue.is_ended:
            item = self._queue.take(min(FLUSH_S, STAND_S))
            now_s = time.monotonic()
            if item is not None:
                recording.draw_options = self._options
                self._write(recording, item)
                stand_at_s = now_s + STAND_S
            elif now_s >= stand_at_s and not self._queue.is_ended:
                recording.stand(self._queue.stand())
                stand_at_s = now_s + STAND_S
            self._frame_count = recording.frame_count
            if now_s >= self._flush_due_s:
                recording.flush()
                self._flush_due_s = now_s + FLUSH_S

    def _write(self, recording: SessionRecording, item: Recordable) -> None:
        if isinstance(item, Marker):
            recording.mark(item)
        elif isinstance(item, LateResult):
            recording.add_reading(item.result, item.time_s)
        elif item.frame is not None:
            recording.add(item.frame, item.time_s, item.result)
        elif item.result is not None:
            recording.add_reading(item.result, item.time_s)

    def _finish(
        self, recording: SessionRecording, failure: OutputError | None
    ) -> SessionInfo | None:
        """The whole session, or None when something of it could not be closed.

        Raises:
            OutputError: Closing failed, where nothing had failed before.
        """
        try:
            return recording.finish(self._elapsed_s(), self._queue.dropped_count)
        except OutputError as error:
            if failure is None:
                raise recording.explain(error) from error
            logger.warning("closing a recording that failed: %s", error)
            return None

    def _elapsed_s(self) -> float:
        ended_s = self._duration_s
        return self._queue.time_at(time.monotonic()) if ended_s is None else ended_s
