"""A process that does jobs: what runs in it, and what the two sides tell each other."""

import contextlib
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

from facemotion.analysis.equipment import Equipment
from facemotion.analysis.jobs import AnalysisJob, JobControl, JobNews, JobState
from facemotion.core.errors import FacemotionError

_logger = logging.getLogger(__name__)

_NEWS_INTERVAL_S: Final = 0.2
_NICENESS: Final = 10
_BELOW_NORMAL_PRIORITY_CLASS: Final = 0x4000


@dataclass(frozen=True, slots=True)
class PauseOrder:
    """Stand still, or go on.

    Attributes:
        is_on: Which of the two.
    """

    is_on: bool


@dataclass(frozen=True, slots=True)
class StopOrder:
    """Give a job up.

    Attributes:
        number: Of the job.
    """

    number: int


Order = AnalysisJob | PauseOrder | StopOrder


@dataclass(frozen=True, slots=True)
class Ready:
    """The models are open.

    Attributes:
        notes: Sentences about what is not as it was asked for.
    """

    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unfit:
    """The models cannot be opened; the process ends.

    Attributes:
        sentence: Why.
    """

    sentence: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A job is over and another one can be done.

    Attributes:
        news: What came of it.
    """

    news: JobNews


@dataclass(frozen=True, slots=True)
class Logged:
    """A line for the log, which only one process may write.

    Attributes:
        level: As in `logging`.
        text: The line, with its traceback when it has one.
    """

    level: int
    text: str


Message = Ready | Unfit | Ended | Logged | JobNews


def work(connection: Connection, equipment: Equipment, is_behind_window: bool) -> None:
    """Do the jobs that come through the connection until it is closed; the process's main function.

    Args:
        connection: To the process that gives jobs. When that one dies, this one ends as well.
        equipment: Models, people and settings.
        is_behind_window: Whether others are served first by the processor.
    """
    # Ctrl-C reaches every process of a terminal; the one in front decides what becomes of it.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if is_behind_window:
        step_back()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        _Work(connection).run(equipment)


def step_back() -> None:
    """Let other processes go first."""
    if sys.platform == "win32":
        import ctypes

        kernel: Any = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(_NICENESS)


class _Work:
    """One thread listens to orders, the main one does the jobs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._control = JobControl()
        self._jobs: queue.SimpleQueue[AnalysisJob | None] = queue.SimpleQueue()
        self._told_s = 0.0
        self._lock = threading.Lock()

    def run(self, equipment: Equipment) -> None:
        listener = threading.Thread(target=self._listen, name="orders", daemon=True)
        listener.start()
        with _logging_through(self._tell):
            self._work(equipment)

    def _work(self, equipment: Equipment) -> None:
        from facemotion.analysis.workbench import Workbench

        try:
            bench = Workbench(equipment)
        except FacemotionError as error:
            self._tell(Unfit(str(error)))
            return
        except Exception:  # the process's boundary
            _logger.exception("the models cannot be opened")
            self._tell(Unfit("The models cannot be opened. The log says more."))
            return
        self._tell(Ready(bench.notes))
        while (job := self._jobs.get()) is not None:
            self._tell(self._do(bench, job))

    def _do(self, bench: Any, job: AnalysisJob) -> Ended:
        try:
            return Ended(bench.do(job, self._control, self._tell_now_and_then))
        except FacemotionError as error:
            return Ended(failed(job, str(error)))
        except (BrokenPipeError, ConnectionResetError):
            raise  # nobody listens any more
        except Exception:  # the process's boundary
            _logger.exception("a job failed unexpectedly")
            return Ended(failed(job, unexpected(job)))

    def _listen(self) -> None:
        try:
            while True:
                self._obey(self._connection.recv())
        except (EOFError, OSError):
            self._control.end()
            self._jobs.put(None)

    def _obey(self, order: Order) -> None:
        match order:
            case PauseOrder(is_on):
                self._control.pause(is_on)
            case StopOrder(number):
                self._control.stop(number)
            case AnalysisJob():
                self._jobs.put(order)

    def _tell_now_and_then(self, news: JobNews) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s >= _NEWS_INTERVAL_S:
            self._told_s = now_s
            self._tell(news)

    def _tell(self, message: Message) -> None:
        with self._lock:
            self._connection.send(message)


class _Forwarder(logging.Handler):
    def __init__(self, tell: Callable[[Message], None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(Logged(record.levelno, self.format(record)))


@contextlib.contextmanager
def _logging_through(tell: Callable[[Message], None]) -> Generator[None]:
    own, handler = logging.getLogger("facemotion"), _Forwarder(tell)
    own.addHandler(handler)
    try:
        yield
    finally:
        own.removeHandler(handler)


def failed(job: AnalysisJob, sentence: str) -> JobNews:
    """The news that nothing came of a job."""
    return JobNews(job.number, JobState.FAILED, problems=(sentence,))


def unexpected(job: AnalysisJob) -> str:
    """What is said when the program itself is to blame."""
    return f"{job.input.title} could not be analysed: something went wrong. The log says more."
