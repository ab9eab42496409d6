"""`facemotion doctor`: what works on this machine, for the user and for a bug report."""

import argparse
from collections.abc import Mapping
from typing import Any

from facemotion.commands import doctor_models, doctor_system
from facemotion.commands.console import EXIT_FAILED, EXIT_OK, Console
from facemotion.commands.doctor_system import Findings, without_home
from facemotion.commands.setup import read_setup


def doctor(options: argparse.Namespace) -> int:
    """Look at everything and report; problems give exit code 1."""
    console = Console(options.json)
    setup = read_setup(options, console)
    findings = Findings()
    steps = (
        ("versions", lambda: doctor_system.versions(findings)),
        ("folders", lambda: doctor_system.folders(setup, findings)),
        ("display", lambda: doctor_system.display(findings)),
        ("cameras", lambda: doctor_system.cameras(findings)),
        ("providers", lambda: doctor_models.providers(setup, findings)),
        ("packs", lambda: doctor_models.packs(setup, findings)),
        ("emotion model", lambda: doctor_models.emotion_model(findings)),
        ("people", lambda: doctor_models.people(setup, findings)),
        ("inference", lambda: doctor_models.timed_inference(setup, findings)),
    )
    report: dict[str, Any] = {}
    with console.progress("Looking") as bar:
        for number, (name, step) in enumerate(steps):
            bar.show(number / len(steps), name)
            report[name] = without_home(step())
        bar.show(1.0, "done")
    report["problems"] = without_home(findings.problems)
    for name, value in report.items():
        _say(console, name, value)
    console.give(report)
    return EXIT_FAILED if findings.problems else EXIT_OK


def _say(console: Console, name: str, value: Any, indent: str = "") -> None:
    """A value of the report as indented lines."""
    if isinstance(value, Mapping):
        console.say(f"{indent}{name}:")
        for key, inner in value.items():
            _say(console, str(key), inner, indent + "  ")
    elif isinstance(value, list):
        console.say(f"{indent}{name}:" + ("" if value else " none"))
        for inner in value:
            _say_item(console, inner, indent + "  ")
    else:
        console.say(f"{indent}{name}: {value}")


def _say_item(console: Console, value: Any, indent: str) -> None:
    if isinstance(value, Mapping):
        console.say(indent + "- " + ", ".join(f"{key} {inner}" for key, inner in value.items()))
    else:
        console.say(f"{indent}- {value}")
