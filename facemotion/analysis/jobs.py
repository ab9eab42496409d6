"""One piece of a batch: what is to be done, how far it is, and what came of it."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from facemotion.analysis.inputs import AnalysisInput
from facemotion.analysis.runner import AnalysisOptions


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "done in part"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self not in (JobState.WAITING, JobState.RUNNING)

    @property
    def has_results(self) -> bool:
        """Whether the folder holds whole results."""
        return self in (JobState.DONE, JobState.PARTLY)


@dataclass(frozen=True, slots=True)
class AnalysisJob:
    """An input, and what is to become of it.

    Attributes:
        number: By which the batch knows it.
        input: What is analysed.
        folder: Where the results go.
        options: How much is read and written.
        is_again: Whether it is done even if its results are there already.
        keeps_part: Whether stopping leaves what was read until then, as whole files.
    """

    number: int
    input: AnalysisInput
    folder: Path
    options: AnalysisOptions
    is_again: bool = False
    keeps_part: bool = False


@dataclass(frozen=True, slots=True)
class JobNews:
    """What has become of a job.

    Attributes:
        number: Of the job.
        state: How far it is.
        fraction: In [0, 1], or None when its end is not known.
        frame_count: Frames taken so far.
        row_count: Faces read so far.
        problems: Sentences about what went wrong.
        summary: Content of `summary.json` once there is one.
        is_kept: Whether the results were there already.
    """

    number: int
    state: JobState
    fraction: float | None = None
    frame_count: int = 0
    row_count: int = 0
    problems: tuple[str, ...] = ()
    summary: Mapping[str, Any] | None = None
    is_kept: bool = False


class JobControl:
    """Pauses and stops jobs from another thread than the one that does them.

    Args:
        ending: Stops every job once it is set; an own one by default.
    """

    def __init__(self, ending: threading.Event | None = None) -> None:
        self._ending = ending or threading.Event()
        self._changed = threading.Condition()
        self._is_paused = False
        self._stopped: set[int] = set()

    def pause(self, is_on: bool) -> None:
        """Let the work stand still at its next frame, or go on."""
        with self._changed:
            self._is_paused = is_on
            self._changed.notify_all()

    def stop(self, number: int) -> None:
        """Stop one job, whether it runs, stands still or waits."""
        with self._changed:
            self._stopped.add(number)
            self._changed.notify_all()

    def end(self) -> None:
        """Stop every job."""
        with self._changed:
            self._ending.set()
            self._changed.notify_all()

    def is_stopped(self, number: int) -> bool:
        """Whether a job shall not go on; waits while everything is paused."""
        with self._changed:
            while self._is_paused and not self._has_to_stop(number):
                self._changed.wait()
            return self._has_to_stop(number)

    def _has_to_stop(self, number: int) -> bool:
        return self._ending.is_set() or number in self._stopped
