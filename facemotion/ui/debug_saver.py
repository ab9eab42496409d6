"""The thread that writes the faces of debug mode, so that nothing waits for a disk."""

import logging
import queue
import threading
from datetime import datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QThread, Signal

from facemotion.analysis.debug_folder import DebugFace, DebugFolderWriter
from facemotion.core.errors import FacemotionError

logger = logging.getLogger(__name__)

QUEUE_LENGTH: Final = 64


class DebugSaver(QThread):
    """Writes one folder of faces from switching on to switching off.

    The object lives in the GUI thread, `run` in its own. `put` and `stop` may be called from any
    thread and never wait. The folder is made with the first face.

    Args:
        root: The folder is made below it.
        most: Faces after which nothing is written any more.
        parent: Qt parent.

    Attributes:
        dropped_count: Faces let go because the disk was too slow.

    Signals:
        saved(Path, int): A face was written: the folder, and how many faces are in it.
        filled(Path): As many faces are there as may be.
        failed(str): Writing ended; what was written before can be read.
    """

    saved = Signal(object, int)
    filled = Signal(object)
    failed = Signal(str)

    def __init__(self, root: Path, most: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("debug faces")
        self._root = root
        self._most = most
        self._faces: queue.Queue[DebugFace | None] = queue.Queue(QUEUE_LENGTH)
        self._is_ending = threading.Event()
        self.dropped_count = 0

    def put(self, face: DebugFace) -> None:
        """Save a face; it is let go when too many wait already, or when writing has ended."""
        if self._is_ending.is_set():
            return
        try:
            self._faces.put_nowait(face)
        except queue.Full:
            self.dropped_count += 1

    def stop(self) -> None:
        """End once everything that waits is written; wait for it with `wait`."""
        self._is_ending.set()

    def run(self) -> None:
        """Write until stopped; the one outer boundary of the thread."""
        threading.current_thread().name = self.objectName()
        try:
            self._write_all()
        except FacemotionError as error:
            logger.warning("debug mode: %s", error)
            self.failed.emit(str(error))
        except Exception:
            logger.exception("debug mode stopped unexpectedly")
            self.failed.emit(self.tr("Saving faces stopped because of an unexpected error."))
        finally:
            self._is_ending.set()

    def _write_all(self) -> None:
        first = self._next()
        if first is None:
            return
        writer = DebugFolderWriter(self._root, datetime.now(), self._most)
        try:
            face: DebugFace | None = first
            while face is not None and writer.write(face):
                self.saved.emit(writer.folder, writer.count)
                if writer.is_full:
                    self.filled.emit(writer.folder)
                    return
                face = self._next()
        finally:
            writer.close()

    def _next(self) -> DebugFace | None:
        """The next face, or None when the thread shall end and nothing waits."""
        while True:
            try:
                return self._faces.get(timeout=0.05)
            except queue.Empty:
                if self._is_ending.is_set():
                    return None
