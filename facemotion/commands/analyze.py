"""`facemotion analyze`: videos, pictures and folders of them into files."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facemotion.commands.console import (
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_PARTLY,
    Console,
    ProgressBar,
)
from facemotion.commands.interrupt import ctrl_c_cancels
from facemotion.commands.setup import analysis_equipment, read_setup, without_neutral_faces
from facemotion.core.errors import SourceError

if TYPE_CHECKING:
    from facemotion.analysis.equipment import Equipment
    from facemotion.analysis.jobs import AnalysisJob, JobNews
    from facemotion.analysis.runner import AnalysisOptions


def analyze(options: argparse.Namespace) -> int:
    """Read the inputs into the output folder.

    Raises:
        FacemotionError: Nothing could be done; the message says why.
    """
    from facemotion.analysis.inputs import find_inputs, is_one_source
    from facemotion.analysis.jobs import AnalysisJob
    from facemotion.commands.analyze_many import analyze_many

    console = Console(options.json)
    setup = read_setup(options, console)
    if options.no_neutral_faces:
        setup = without_neutral_faces(setup)
    folder = Path(options.out).expanduser()
    found = find_inputs(options.input, is_recursive=options.recursive, besides=folder)
    if not found.inputs:
        raise SourceError(" ".join(found.problems))
    equipment = analysis_equipment(setup)
    if not is_one_source(options.input, found.inputs):
        return analyze_many(console, equipment, found, folder, options)
    job = AnalysisJob(
        1, found.inputs[0], folder, wanted_of(options), options.again, keeps_part=True
    )
    return _analyze_one(console, equipment, job)


def wanted_of(options: argparse.Namespace) -> "AnalysisOptions":
    """How much is read and written, as the command line says."""
    from facemotion.analysis.runner import AnalysisOptions

    return AnalysisOptions(options.fps, options.seconds, options.outputs)


def _analyze_one(console: Console, equipment: "Equipment", job: "AnalysisJob") -> int:
    """One source, whose results lie in the output folder itself."""
    from facemotion.analysis.jobs import JobControl, JobState
    from facemotion.analysis.workbench import Workbench

    started_s = time.monotonic()
    with ctrl_c_cancels() as cancel, console.progress(job.input.title) as bar:
        bench = Workbench(equipment)
        for sentence in bench.notes:
            console.note(sentence)
        news = bench.do(job, JobControl(cancel), lambda news: _show(bar, news))
    _report(console, news, job.folder, time.monotonic() - started_s)
    if news.state is JobState.STOPPED:
        return EXIT_INTERRUPTED
    return EXIT_PARTLY if news.problems else EXIT_OK


def _show(bar: ProgressBar, news: "JobNews") -> None:
    bar.show(news.fraction, f"{news.frame_count} frames, {news.row_count} faces")


def _report(console: Console, news: "JobNews", folder: Path, took_s: float) -> None:
    from facemotion.analysis.jobs import JobState

    summary = news.summary
    if summary is None:  # stopped before the first frame
        console.note("facemotion: stopped.")
        return
    for problem in news.problems:
        console.note(problem)
    for person in [*summary["people"], {"name": "unknown", **summary["unknown"]}]:
        line = _person_line(person)
        if line:
            console.say(line)
    frames = summary["frames"]
    done = f"{frames['read']} of {frames['taken']} frames read"
    if news.is_kept:
        console.note("The results were there already; --again analyses once more.")
    else:
        done += f" in {took_s:.1f} s"
    console.say(f"{done}, {summary['rows']} faces. The results are in {folder}")
    if news.state is JobState.STOPPED:
        console.note(
            f"facemotion: stopped after {frames['last_s']:.1f} s of the input; the results until "
            "then are complete files."
        )
    console.give(summary)


def _person_line(person: dict[str, Any]) -> str:
    """Name, presence and the three commonest emotions."""
    seconds, pictures = person.get("seconds_seen", 0.0), person.get("pictures_seen", 0)
    if not seconds and not pictures:
        return ""
    seen = f"{seconds:.1f} s" if "seconds_seen" in person else f"{pictures:.0f} pictures"
    shares = sorted(person["emotion_shares"].items(), key=lambda item: -item[1])
    feelings = ", ".join(f"{name} {share:.0%}" for name, share in shares[:3] if share > 0.0)
    return f"{person['name']}: {seen}" + (f", {feelings}" if feelings else "")
