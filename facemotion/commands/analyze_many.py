"""`facemotion analyze` with many inputs: a folder of results for each, and a list of them all."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facemotion.analysis.batch import Batch, default_process_count, run_here
from facemotion.analysis.batch_progress import BatchProgress
from facemotion.analysis.equipment import Equipment
from facemotion.analysis.inputs import FoundInputs
from facemotion.analysis.jobs import AnalysisJob, JobControl, JobNews, JobState
from facemotion.analysis.ledger import LEDGER_NAME, Ledger
from facemotion.analysis.repeat import options_entry
from facemotion.commands.analyze import wanted_of
from facemotion.commands.console import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_PARTLY,
    Console,
    ProgressBar,
)
from facemotion.commands.interrupt import ctrl_c_cancels


def analyze_many(
    console: Console,
    equipment: Equipment,
    found: FoundInputs,
    folder: Path,
    options: argparse.Namespace,
) -> int:
    """Analyse each input into a folder of its own.

    Args:
        console: Where everything is said.
        equipment: Models, people and settings.
        found: The inputs, and what was no input.
        folder: The folder of the folders.
        options: Of the command line.

    Raises:
        FacemotionError: Nothing could be done; the message says why.
    """
    for problem in found.problems:
        console.note(problem)
    ledger = Ledger(folder)
    wanted = wanted_of(options)
    jobs = [
        AnalysisJob(number, source, place, wanted, options.again)
        for number, (source, place) in enumerate(
            zip(found.inputs, ledger.enter(found.inputs), strict=True), start=1
        )
    ]
    ledger.save()
    count = options.jobs or default_process_count(equipment.settings.inference.provider, len(jobs))
    with ctrl_c_cancels() as cancel, console.progress(f"{len(jobs)} inputs") as bar:
        desk = _Desk(jobs, ledger, bar)
        if min(count, len(jobs)) == 1:
            run_here(jobs, equipment, JobControl(cancel), desk.hear, console.note)
        else:
            batch = Batch(equipment, count, desk.hear, console.note, ending=cancel)
            batch.add(jobs)
            batch.run()
    desk.report(console, folder, options_entry(wanted))
    return _exit_code(desk.outcomes, has_problems=bool(found.problems))


@dataclass(slots=True)
class _Outcome:
    """What came of a job."""

    job: AnalysisJob
    news: JobNews


class _Desk:
    """Hears what becomes of the jobs, shows it, and writes it down."""

    def __init__(self, jobs: Sequence[AnalysisJob], ledger: Ledger, bar: ProgressBar) -> None:
        self._ledger = ledger
        self._bar = bar
        self._progress = BatchProgress()
        self._started_s = time.monotonic()
        waiting = {job.number: JobNews(job.number, JobState.WAITING) for job in jobs}
        self.outcomes = [_Outcome(job, waiting[job.number]) for job in jobs]
        for job in jobs:
            self._progress.add(job.number, job.input.size_bytes())

    def hear(self, news: JobNews) -> None:
        """Take in what became of a job."""
        outcome = self.outcomes[news.number - 1]
        outcome.news = news
        self._progress.take(news, time.monotonic())
        if news.state.is_over:
            self._ledger.note(outcome.job.input, news)
            self._ledger.try_to_save()
        frames = sum(entry.news.frame_count for entry in self.outcomes)
        rows = sum(entry.news.row_count for entry in self.outcomes)
        self._bar.show(
            self._progress.fraction,
            f"{self._progress.over_count} of {self._progress.count}, {frames} frames, {rows} faces",
        )

    def report(self, console: Console, folder: Path, options: dict[str, Any]) -> None:
        """Say what came of each input, and where the results are."""
        for outcome in self.outcomes:
            console.say(_line(outcome, folder))
        over = [entry for entry in self.outcomes if entry.news.state.has_results]
        took_s = time.monotonic() - self._started_s
        console.say(
            f"{len(over)} of {len(self.outcomes)} inputs analysed in {took_s:.1f} s. The results "
            f"are in {folder}, the list in {LEDGER_NAME}"
        )
        if any(entry.news.state is JobState.STOPPED for entry in self.outcomes):
            console.note("facemotion: stopped; the same command goes on where it was stopped.")
        inputs = [_as_json(outcome, folder) for outcome in self.outcomes]
        console.give({"options": options, "inputs": inputs})


def _line(outcome: _Outcome, folder: Path) -> str:
    job, news = outcome.job, outcome.news
    words = f"{job.input.title}: {news.state.value}"
    if news.is_kept:
        words += " (before)"
    if news.state.has_results:
        place = job.folder.relative_to(folder).as_posix()
        words += f", {news.frame_count} frames, {news.row_count} faces, in {place}"
    return f"{words}. {' '.join(news.problems)}" if news.problems else words


def _as_json(outcome: _Outcome, folder: Path) -> dict[str, Any]:
    news = outcome.news
    return {
        "name": outcome.job.input.title,
        "folder": outcome.job.folder.relative_to(folder).as_posix(),
        "state": news.state.value,
        "problems": list(news.problems),
        "summary": news.summary,
    }


def _exit_code(outcomes: Sequence[_Outcome], *, has_problems: bool) -> int:
    states = {outcome.news.state for outcome in outcomes}
    if JobState.STOPPED in states:
        return EXIT_INTERRUPTED
    if not any(state.has_results for state in states):
        return EXIT_FAILED
    bad = {JobState.FAILED, JobState.PARTLY}
    return EXIT_PARTLY if has_problems or states & bad else EXIT_OK
