"""Writing a report's page to disk."""

from pathlib import Path
from typing import Final

from facemotion.analysis.report.content import Report
from facemotion.analysis.report.page import render_page
from facemotion.core.errors import OutputError
from facemotion.store.atomic import write_atomic

PAGE_NAME: Final = "report.html"


def default_page(folder: Path) -> Path:
    """Where the page of a folder goes when nobody says otherwise."""
    return folder / PAGE_NAME


def write_page(report: Report, page: Path) -> Path:
    """Write the page, atomically; an older one is replaced.

    Args:
        report: What it says.
        page: The file; its folder is made when it is missing.

    Returns:
        The file.

    Raises:
        OutputError: It cannot be written.
    """
    if page.is_dir():
        raise OutputError(f"{page} is a folder. Name a file, such as {page / PAGE_NAME}.")
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot make the folder {page.parent}: {error.strerror or error}. Choose another "
            "place for the report."
        ) from error
    write_atomic(page, render_page(report).encode("utf-8"))
    return page
