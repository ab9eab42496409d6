"""`facemotion analyze`: a video, a picture or a folder of pictures into files."""

import argparse
import dataclasses
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
from facemotion.commands.setup import Setup, choose_pack, open_emotion, open_faces, read_setup

if TYPE_CHECKING:
    from facemotion.analysis.runner import AnalysisProgress, AnalysisReport
    from facemotion.vision.pipeline import FacePipeline


def analyze(options: argparse.Namespace) -> int:
    """Read the input into the output folder.

    Raises:
        FacemotionError: Nothing could be done; the message says why.
    """
    from facemotion.analysis.runner import AnalysisOptions, analyse
    from facemotion.vision.sources.specs import open_source, parse_source

    console = Console(options.json)
    setup = read_setup(options, console)
    folder = Path(options.out).expanduser()
    started_s = time.monotonic()
    with open_source(parse_source(options.input)) as source:
        pipeline, context = _make_pipeline(setup, console)
        wanted = AnalysisOptions(options.fps, options.seconds)
        with ctrl_c_cancels() as cancel, console.progress(source.info.name) as bar:
            report = analyse(
                source,
                pipeline,
                folder,
                wanted,
                context=context | {"options": {"fps": options.fps, "seconds": options.seconds}},
                on_progress=lambda progress: _show(bar, progress),
                cancel=cancel,
            )
    _report(console, report, folder, time.monotonic() - started_s)
    if report.is_cancelled:
        return EXIT_INTERRUPTED
    return EXIT_PARTLY if report.problems else EXIT_OK


def _make_pipeline(setup: Setup, console: Console) -> "tuple[FacePipeline, dict[str, Any]]":
    """The pipeline with the people enrolled, and what the summary says about both."""
    from facemotion.analysis.tuning import pipeline_params
    from facemotion.vision.pipeline import FacePipeline

    pack = choose_pack(setup)
    faces = open_faces(setup, pack, console.note)
    emotion = open_emotion(setup, console.note)
    pipeline = FacePipeline(faces, emotion, pipeline_params(setup.settings))
    pipeline.set_gallery(_people(setup, pack.model_id, console))
    providers = {name: got.actual for name, got in faces.providers.items()}
    if emotion is not None:
        providers["emotion"] = emotion.provider.actual
    models = {
        "pack": pack.name,
        "recogniser": pack.model_id or None,
        "emotion": emotion.model_id if emotion is not None else None,
        "providers": providers,
    }
    return pipeline, {"models": models, "settings": _settings(setup)}


def _people(setup: Setup, model_id: str, console: Console) -> Any:
    contents = setup.gallery.load()
    for problem in contents.problems:
        console.note(problem)
    others = contents.other_model_people(model_id)
    if others:
        console.note(
            f"{len(others)} people were enrolled with another pack and cannot be recognised: "
            f"{', '.join(person.name for person in others[:5])}. Enrol them again with this one."
        )
    return contents.index(model_id)


def _settings(setup: Setup) -> dict[str, Any]:
    """The settings that shape the result."""
    groups = ("detection", "quality", "matching", "tracking", "smoothing")
    return {name: dataclasses.asdict(getattr(setup.settings, name)) for name in groups}


def _show(bar: ProgressBar, progress: "AnalysisProgress") -> None:
    bar.show(progress.fraction, f"{progress.frame_count} frames, {progress.row_count} faces")


def _report(console: Console, report: "AnalysisReport", folder: Path, took_s: float) -> None:
    summary = report.summary
    for problem in report.problems:
        console.note(problem)
    for person in [*summary["people"], {"name": "unknown", **summary["unknown"]}]:
        line = _person_line(person)
        if line:
            console.say(line)
    frames = summary["frames"]
    console.say(
        f"{frames['read']} of {frames['taken']} frames read in {took_s:.1f} s, "
        f"{summary['rows']} faces. The results are in {folder}"
    )
    if report.is_cancelled:
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
