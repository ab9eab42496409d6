"""`facemotion doctor --self-test`: the whole program tried out in a process of its own.

The process that is tested may hang or be killed by a broken library; this one watches it and still
has something to say.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from facemotion.commands.console import EXIT_FAILED, EXIT_OK, Console
from facemotion.commands.doctor_system import without_home
from facemotion.store.pack_choice import PACK_VARIABLE
from facemotion.store.paths import HOME_VARIABLE
from facemotion.version import __version__

TIME_LIMIT_S: Final = 210.0
"""After which the tested process is ended, whatever it is doing."""

_LAST_LINES: Final = 12


def self_test(options: argparse.Namespace) -> int:
    """Open the window unseen, play the demo, enrol somebody, and print what was measured as JSON.

    Everything happens in a temporary folder: the user's settings and people are never touched.
    """
    console = Console(is_json=True)
    with tempfile.TemporaryDirectory(prefix="facemotion-self-test-") as folder:
        report = _run(options, Path(folder), TIME_LIMIT_S)
    console.give(report)
    for problem in report["problems"]:
        console.note(f"facemotion: {problem}")
    return EXIT_OK if report["passed"] else EXIT_FAILED


def _run(options: argparse.Namespace, folder: Path, limit_s: float) -> dict[str, Any]:
    """Start the tested process and wait for it.

    Args:
        options: `pack` names another pack than the one that comes with the program; `on_screen`
            opens the window on the desktop.
        folder: An empty folder for everything that is written.
        limit_s: How long it may take.
    """
    report_file = folder / "report.json"
    command = [*_program(), "self-test-process", str(report_file)]
    if getattr(options, "pack", None):
        command += ["--pack", str(Path(options.pack).expanduser())]
    output_file = folder / "output.txt"
    with output_file.open("wb") as output:
        try:
            code = subprocess.run(
                command,
                env=_environment(folder, bool(options.on_screen)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=limit_s,
                check=False,
            ).returncode
            end = "" if code in (EXIT_OK, EXIT_FAILED) else f"The program died ({_ending(code)})."
        except subprocess.TimeoutExpired:
            end = f"The program did not answer within {limit_s:.0f} s and was ended."
    return _report(report_file, end, _last_lines(output_file))


def _program() -> list[str]:
    """How to start this same program again."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "facemotion"]


def _environment(folder: Path, is_on_screen: bool) -> dict[str, str]:
    """The tested process's: no folder, pack or desktop of the user's."""
    environment = {**os.environ, HOME_VARIABLE: str(folder / "home")}
    environment.pop(PACK_VARIABLE, None)
    if not is_on_screen:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    return environment


def _ending(code: int) -> str:
    """An exit code in words; negative ones are signals."""
    return f"signal {-code}" if code < 0 else f"exit code {code & 0xFFFFFFFF:#x}"


def _last_lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if line.strip()][-_LAST_LINES:]


def _report(report_file: Path, end: str, lines: list[str]) -> dict[str, Any]:
    """What the tested process wrote, with how it ended."""
    found = _read(report_file)
    problems = list(found.pop("problems", []))
    if end:
        problems.append(end)
    elif "checks" not in found:
        problems.append("The program ended without a report.")
    return {
        "passed": not problems,
        "problems": problems,
        "facemotion": __version__,
        "Python": platform.python_version(),
        "system": platform.platform(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "is_frozen": bool(getattr(sys, "frozen", False)),
        "program": without_home(sys.executable),
        "folder": without_home(str(Path(__file__).resolve().parent.parent)),
        **found,
        **({"output": lines} if problems else {}),
    }


def _read(report_file: Path) -> dict[str, Any]:
    try:
        found: object = json.loads(report_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(found) if isinstance(found, Mapping) else {}
