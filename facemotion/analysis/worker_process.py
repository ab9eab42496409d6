"""The near side of a process that does jobs."""

import contextlib
import multiprocessing
import signal
from collections.abc import Generator
from typing import TYPE_CHECKING, Final

from facemotion.analysis.equipment import Equipment
from facemotion.analysis.jobs import AnalysisJob
from facemotion.analysis.worker import Message, Order, PauseOrder, StopOrder, work

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

PATIENCE_S: Final = 3.0
"""How long a process may take to end well; then it is ended."""


class WorkerProcess:
    """A process that does one job at a time; used by one thread.

    Args:
        equipment: Models, people and settings.
        is_behind_window: Whether it lets others go first.

    Attributes:
        job: What it does now, or None.
        is_ready: Whether its models are open.

    Raises:
        OSError: The system starts no more processes.
    """

    def __init__(self, equipment: Equipment, *, is_behind_window: bool = False) -> None:
        self.job: AnalysisJob | None = None
        self.is_ready = False
        # Spawned and not forked: threads, sessions and windows do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=work,
            args=(theirs, equipment, is_behind_window),
            name="facemotion-analysis",
            daemon=True,
        )
        try:
            with _ctrl_c_held_back():
                self._process.start()
        except BaseException:
            self.connection.close()
            raise
        finally:
            theirs.close()  # so that the end of the process ends the connection

    @property
    def process_id(self) -> int:
        """The system's number of it."""
        return self._process.pid or 0

    def give(self, job: AnalysisJob) -> bool:
        """Have a job done; whether the process could be told."""
        self.job = job
        return self._send(job)

    def pause(self, is_on: bool) -> None:
        """Stand still, or go on."""
        self._send(PauseOrder(is_on))

    def stop_job(self) -> None:
        """Give the present job up."""
        if self.job is not None:
            self._send(StopOrder(self.job.number))

    def receive(self) -> Message | None:
        """The next message, which is there; None when the process has ended."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def dismiss(self) -> None:
        """Ask the process to end; follow it up with `join`."""
        self.connection.close()

    def join(self, patience_s: float = PATIENCE_S) -> str:
        """Wait for the end, and enforce it when it does not come.

        Args:
            patience_s: How long it may take to end well.

        Returns:
            How it ended, in words.
        """
        self._process.join(patience_s)
        for enforce in (self._process.terminate, self._process.kill):
            if self._process.exitcode is None:
                enforce()
                self._process.join(PATIENCE_S)
        code = self._process.exitcode
        if code is not None and code < 0:
            return f"ended by signal {-code}"
        return f"exit code {code}"

    def _send(self, order: Order) -> bool:
        try:
            self.connection.send(order)
        except (OSError, ValueError):
            return False
        return True


@contextlib.contextmanager
def _ctrl_c_held_back() -> Generator[None]:
    """A process that is started in here never hears of Ctrl-C; this one does so afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)
