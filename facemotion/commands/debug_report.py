"""`facemotion debug-report`: is the preprocessing wrong, or the model?"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facemotion.commands.console import EXIT_FAILED, EXIT_OK, Console

if TYPE_CHECKING:
    from facemotion.analysis.debug_report import DebugReport


def debug_report(options: argparse.Namespace) -> int:
    """Judge a folder and write its page.

    Raises:
        FacemotionError: The folder cannot be read, or the page not written.
    """
    from facemotion.analysis.debug_page import PAGE_NAME, write_page
    from facemotion.analysis.debug_tools import open_tools, report_of

    console = Console(options.json)
    folder = Path(options.folder).expanduser()
    out = Path(options.out).expanduser() if options.out else folder / PAGE_NAME
    tools = open_tools()
    for problem in tools.problems:
        console.note(problem)
    with console.progress(folder.name) as bar:
        report = report_of(folder, tools, lambda part: bar.show(part, "faces"))
    write_page(report, out)
    _say(console, report)
    console.say(f"The page is {out}. It shows faces: delete it when it is not needed any more.")
    console.give(report.to_json() | {"page": str(out)})
    return EXIT_OK if len(report.faces) else EXIT_FAILED


def _say(console: Console, report: "DebugReport") -> None:
    for problem in report.faces.problems:
        console.note(problem)
    console.say(report.headline)
    faults = [finding for finding in report.findings if finding.is_fault]
    for finding in faults or report.findings:
        console.say(f"- {finding.sentence}")
    for row in report.emotions:
        if len(row.rows):
            numbers = f"confidence {row.confidence:.2f}, gap {row.gap:.2f}"
            console.say(f"{row.emotion}: {len(row.rows)}, {numbers}")
