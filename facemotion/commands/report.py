"""`facemotion report`: a recorded session or an analysed file as a page, pictures or a PDF."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facemotion.commands.console import EXIT_OK, Console
from facemotion.core.errors import OutputError

if TYPE_CHECKING:
    from facemotion.analysis.report.content import Report


def report(options: argparse.Namespace) -> int:
    """Write the report of a folder.

    Raises:
        OutputError: There is nothing to report, or it cannot be written.
    """
    from facemotion.analysis.report.content import make_report, opening
    from facemotion.analysis.report.writing import default_page, write_page

    console = Console(options.json)
    folder = Path(options.session).expanduser()
    if not folder.is_dir():
        raise OutputError(
            f"There is no folder {folder}. Name the folder of a recorded session, or one that "
            "“facemotion analyze INPUT --out DIR” has filled."
        )
    made = make_report(folder, has_faces=not options.no_faces)
    page = Path(options.out).expanduser() if options.out else default_page(folder)
    written = [write_page(made, page), *_pictures(made, page, options)]
    console.say(opening(made))
    for remark in made.recording.remarks:
        console.note(remark)
    for path in written:
        console.say(f"Written: {path}")
    console.give(_values(made, written))
    return EXIT_OK


def _pictures(made: "Report", page: Path, options: argparse.Namespace) -> list[Path]:
    """Plots as PNG and the report as PDF, where they are asked for; only they need Qt."""
    if not (options.png or options.pdf):
        return []
    from facemotion.ui.report_export import pdf_beside, plots_beside, save_pdf, save_plots
    from facemotion.ui.without_window import qt_without_window

    written: list[Path] = []
    with qt_without_window():
        if options.png:
            written += save_plots(made, plots_beside(page))
        if options.pdf:
            written.append(save_pdf(made, pdf_beside(page)))
    return written


def _values(made: "Report", written: list[Path]) -> dict[str, Any]:
    """The figures for programs."""
    from facemotion.analysis.report.figures_json import report_values

    return {"files": [str(path) for path in written], **report_values(made)}
