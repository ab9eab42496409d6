"""Doing jobs one after another with models that are opened once."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from facemotion.analysis.equipment import Equipment, open_tools
from facemotion.analysis.jobs import AnalysisJob, JobControl, JobNews, JobState
from facemotion.analysis.repeat import (
    REQUEST,
    input_entry,
    kept_summary,
    options_entry,
    request_id,
)
from facemotion.analysis.runner import AnalysisProgress, AnalysisReport, analyse

Listener = Callable[[JobNews], None]


class Workbench:
    """Does jobs; belongs to one thread.

    Args:
        equipment: Models, people and settings.

    Raises:
        FacemotionError: They cannot be opened.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._tools = open_tools(equipment)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what is not as it was asked for."""
        return self._tools.notes

    def do(self, job: AnalysisJob, control: JobControl, listener: Listener) -> JobNews:
        """Do a job, unless its results are there already.

        Args:
            job: The job.
            control: Asked before every frame.
            listener: Told how far the job is, in this thread.

        Returns:
            The last news of it.

        Raises:
            SourceError: Nothing of the input can be read.
            OutputError: The results cannot be written.
        """
        if control.is_stopped(job.number):
            return JobNews(job.number, JobState.STOPPED)
        entry = input_entry(job.input)
        request = None
        if entry is not None:
            request = request_id(job.input, entry, job.options, self._tools.fingerprint)
            kept = None if job.is_again else kept_summary(job.folder, request)
            if kept is not None:
                return _news(job, kept, is_kept=True)
        context = {
            **self._tools.context,
            "options": options_entry(job.options),
            "input": entry,
            REQUEST: request,
        }
        try:
            report = self._analyse(job, context, control, listener)
        except _StoppedError:
            return JobNews(job.number, JobState.STOPPED)
        return _news(job, report.summary)

    def _analyse(
        self,
        job: AnalysisJob,
        context: dict[str, object],
        control: JobControl,
        listener: Listener,
    ) -> AnalysisReport:
        cancel = threading.Event()

        def on_progress(progress: AnalysisProgress) -> None:
            listener(
                JobNews(
                    job.number,
                    JobState.RUNNING,
                    progress.fraction,
                    progress.frame_count,
                    progress.row_count,
                )
            )
            if control.is_stopped(job.number):
                if not job.keeps_part:
                    raise _StoppedError
                cancel.set()

        with job.input.make_source() as source:
            return analyse(
                source,
                self._tools.pipeline,
                job.folder,
                job.options,
                context=context,
                on_progress=on_progress,
                cancel=cancel,
            )


class _StoppedError(Exception):
    """Ends an analysis of which nothing is kept."""


def _news(job: AnalysisJob, summary: Mapping[str, Any], *, is_kept: bool = False) -> JobNews:
    problems = tuple(summary["problems"])
    state = JobState.PARTLY if problems else JobState.DONE
    return JobNews(
        job.number,
        JobState.STOPPED if summary["is_stopped"] else state,
        1.0,
        summary["frames"]["taken"],
        summary["rows"],
        problems,
        summary,
        is_kept,
    )
