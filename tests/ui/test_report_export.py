import pytest
from PySide6.QtGui import QGuiApplication

from facemotion.__main__ import main
from facemotion.analysis.report.content import make_report
from facemotion.core.errors import OutputError
from facemotion.ui.report_export import (
    draw_figure,
    report_figures,
    save_pdf,
    save_plots,
)
from facemotion.ui.without_window import qt_without_window
from tests.sessions import face, make_session, write_timeline


@pytest.fixture
def report(tmp_path):
    return make_report(make_session(tmp_path / "sessions").folder, has_faces=False)


def test_every_plot_is_drawn_within_its_picture(qapp, report):
    figures = report_figures(report)
    assert [figure.name for _, figure in figures] == [
        "at-a-glance",
        "timeline",
        "distribution",
        "raw-against-smoothed",
    ]
    for _, figure in figures:
        image = draw_figure(figure, 1.0)
        assert (image.width(), image.height()) == (figure.width, figure.height)
        edges = {image.pixel(x, y) for x in (0, figure.width - 1) for y in range(figure.height)}
        assert edges == {0xFFFFFFFF}, figure.name


def test_pictures_have_no_timeline(qapp, tmp_path):
    write_timeline(tmp_path, [(0.0, [face(1, "名前", "happy", "sad")])])
    (tmp_path / "summary.json").write_text('{"source": {"kind": "folder", "name": "photos"}}')
    names = [name for name, _ in report_figures(make_report(tmp_path))]
    assert names == ["01-person-distribution.png", "02-person-raw-against-smoothed.png"]


def test_files_that_cannot_be_written_are_said(qapp, report, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot make the folder"):
        save_plots(report, tmp_path / "file" / "plots")
    with pytest.raises(OutputError, match="Cannot write"):
        save_pdf(report, tmp_path / "missing" / "a.pdf")


def test_the_command_draws_with_the_application_that_is_there(qapp, tmp_path, capsys):
    folder = make_session(tmp_path / "sessions").folder
    assert main(["report", str(folder), "--png", "--pdf", "--no-faces"]) == 0
    assert len(list((folder / "report-plots").glob("*.png"))) == 4
    assert (folder / "report.pdf").is_file()
    assert "report.pdf" in capsys.readouterr().out


def test_the_applications_own_qt_is_used_when_there_is_one(qapp):
    with qt_without_window():
        assert QGuiApplication.instance() is qapp
    assert QGuiApplication.instance() is qapp
