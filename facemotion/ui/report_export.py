"""A report as pictures of its plots, and as PDF; needs an application, but no window."""

import re
import unicodedata
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QUrl
from PySide6.QtGui import (
    QFont,
    QImage,
    QImageWriter,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
)
from PySide6.QtSvg import QSvgRenderer

from facemotion.analysis.report.content import Report
from facemotion.analysis.report.figures import (
    Figure,
    confusion_figure,
    distribution_figure,
    glance_figure,
    timeline_figure,
)
from facemotion.analysis.report.paper import PICTURE_SCHEME, paper_html
from facemotion.core.errors import OutputError
from facemotion.store.atomic import write_atomic

PLOT_SCALE = 2.0
"""Pixels of a plot's picture for each of its units."""
PAPER_SCALE = 2.5
PDF_DPI = 300
_SLUG_LENGTH = 40


def plots_beside(page: Path) -> Path:
    """Folder for the plots that belong to a page."""
    return page.with_name(f"{page.stem}-plots")


def pdf_beside(page: Path) -> Path:
    """The PDF that belongs to a page."""
    return page.with_suffix(".pdf")


def report_figures(report: Report) -> list[tuple[str, Figure]]:
    """Every plot with its file name, in the order of the report."""
    figures: list[tuple[str, Figure]] = []
    people = report.cast.people
    if people and not report.is_stills:
        figures.append(("", glance_figure(report)))
    for person in people:
        mine = [distribution_figure(report, person), confusion_figure(person)]
        if not report.is_stills:
            mine.insert(0, timeline_figure(report, person))
        figures += [(f"{_slug(person.label)}-", figure) for figure in mine]
    return [
        (f"{number:02}-{owner}{figure.name}.png", figure)
        for number, (owner, figure) in enumerate(figures, start=1)
    ]


def save_plots(report: Report, folder: Path) -> list[Path]:
    """Write every plot as PNG.

    Args:
        report: What is plotted.
        folder: Made when it is missing.

    Returns:
        The files.

    Raises:
        OutputError: They cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot make the folder {folder}: {error.strerror or error}. Choose another place "
            "for the report."
        ) from error
    written: list[Path] = []
    for name, figure in report_figures(report):
        write_atomic(folder / name, _png(draw_figure(figure, PLOT_SCALE)))
        written.append(folder / name)
    return written


def save_pdf(report: Report, path: Path) -> Path:
    """Write the report for paper, A4, with page numbers.

    Returns:
        The file.

    Raises:
        OutputError: It cannot be written.
    """
    document = QTextDocument()
    document.setDefaultFont(QFont("sans-serif", 10))
    figures = dict(report_figures(report))
    for name, figure in figures.items():
        url = QUrl(f"{PICTURE_SCHEME}:{name}")
        kind = int(QTextDocument.ResourceType.ImageResource)
        document.addResource(kind, url, draw_figure(figure, PAPER_SCALE))
    document.setHtml(paper_html(report, figures))
    write_atomic(path, _print(document, report.recording.title))
    return path


def draw_figure(figure: Figure, scale: float) -> QImage:
    """A plot as a picture.

    Args:
        figure: The plot.
        scale: Pixels for each of its units.
    """
    image = QImage(
        round(figure.width * scale), round(figure.height * scale), QImage.Format.Format_RGB32
    )
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer = QSvgRenderer(QByteArray(figure.svg.encode("utf-8")))
    renderer.render(painter, QRectF(0.0, 0.0, image.width(), image.height()))
    painter.end()
    return image


def _print(document: QTextDocument, title: str) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(PDF_DPI)
    writer.setTitle(title)
    writer.setCreator("facemotion")
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Portrait,
            QMarginsF(),  # the document adds two centimetres and the number itself
        )
    )
    document.print_(writer)
    del writer
    buffer.close()
    return bytes(data.data())


def _png(image: QImage) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    buffer.close()
    return bytes(data.data())


def _slug(label: str) -> str:
    """A label in plain small letters, for a file's name on every system."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:_SLUG_LENGTH] or "person"
