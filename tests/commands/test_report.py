import json
import os
import subprocess
import sys

import cv2
import pytest

from facemotion.__main__ import main
from tests.sessions import make_session


@pytest.fixture
def session(tmp_path):
    return make_session(tmp_path / "sessions", title="Besuch/🙂")


def report(capsys, *arguments):
    code = main(["report", *map(str, arguments)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out, said.err


def test_the_page_goes_into_the_folder(session, capsys):
    code, said, _ = report(capsys, session.folder)
    assert code == 0
    assert "1 known person and 1 unnamed face were seen" in said
    assert str(session.folder / "report.html") in said
    assert "Besuch/🙂" in (session.folder / "report.html").read_text(encoding="utf-8")


def test_the_page_goes_where_it_is_wanted(session, tmp_path, capsys):
    page = tmp_path / "new folder" / "a.html"
    code, said, _ = report(capsys, session.folder, "--out", page, "--json", "--no-faces")
    assert code == 0
    assert page.is_file()
    values = json.loads(said)
    assert values["files"] == [str(page)]
    assert values["people"][0]["emotions"]["happy"] == pytest.approx(2.0)
    assert values["people"][0]["changes"][0]["to"] == "happy"
    assert values["others"][0]["raw_agreement"] is None
    assert values["unsure_share"] == 0.5


def test_plots_and_pdf_without_a_display(session, tmp_path):
    page = tmp_path / "a.html"
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "QT_QPA_PLATFORM")}
    command = [sys.executable, "-m", "facemotion", "report", session.folder, "--out", page]
    done = subprocess.run(
        [*command, "--png", "--pdf"], env=environment, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "a-plots").iterdir())
    owner = "ana-script-alert-1-script"
    assert names == [
        "01-at-a-glance.png",
        f"02-{owner}-timeline.png",
        f"03-{owner}-distribution.png",
        f"04-{owner}-raw-against-smoothed.png",
    ]
    for name in names:
        picture = cv2.imread(str(tmp_path / "a-plots" / name))
        assert picture.std() > 5.0, f"{name} is empty"
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_a_folder_that_is_not_there(tmp_path, capsys):
    code, _, error = report(capsys, tmp_path / "vanished")
    assert code == 1
    assert "There is no folder" in error


def test_a_folder_without_timeline(tmp_path, capsys):
    code, _, error = report(capsys, tmp_path)
    assert code == 1
    assert "facemotion analyze" in error


def test_remarks_go_to_stderr(session, capsys):
    (session.folder / "session.json").unlink()
    code, said, error = report(capsys, session.folder)
    assert code == 0
    assert "models and settings are not known" in error
    assert "models and settings" not in said


def test_qt_is_not_loaded_for_a_page_alone(session):
    script = (
        "import sys; from facemotion.__main__ import main; "
        f"code = main(['report', {str(session.folder)!r}]); "
        "sys.exit(code or any(name.startswith('PySide6') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0
