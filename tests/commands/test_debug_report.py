import json
from datetime import datetime

import numpy as np
import pytest

from facemotion.__main__ import main
from facemotion.analysis.debug_folder import DebugFace, DebugFolderWriter
from facemotion.analysis.face_reference import RESOURCE, FaceReference
from facemotion.store.paths import resource_path
from tests.core.faces import probs_of

NOON = datetime(2026, 1, 2, 12, 0, 0)


@pytest.fixture
def folder(tmp_path):
    """Noisy mean faces under a name."""
    means = FaceReference.load(resource_path(RESOURCE)).mean_faces
    rng = np.random.default_rng(0)
    writer = DebugFolderWriter(tmp_path, NOON, 100)
    for number in range(24):
        name = ("happy", "neutral")[number % 2]
        gray = means[4 + number % 2] + rng.normal(0, 10, (48, 48))
        crop = np.clip(gray, 0, 255).astype(np.uint8)
        writer.write(DebugFace(crop, probs_of(**{name: 0.9}), 1, 0.1 * number, NOON))
    writer.close()
    return writer.folder


def run(capsys, *arguments):
    code = main(["debug-report", *map(str, arguments)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out, said.err


def test_the_page_lies_in_the_folder_and_the_verdict_is_said(folder, capsys):
    code, out, err = run(capsys, folder)
    assert code == 0
    assert err == ""
    page = folder / "debug-report.html"
    assert str(page) in out
    headline = out.splitlines()[0]
    assert headline in page.read_text("utf-8")
    assert "happy: 12, confidence 0.90" in out


def test_json_and_another_place(folder, tmp_path, capsys):
    page = tmp_path / "pages" / "report of Ana.html"
    code, out, _ = run(capsys, folder, "--out", page, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["faces"] == 24
    assert told["page"] == str(page)
    assert page.is_file()
    assert not (folder / "debug-report.html").exists()


def test_a_second_run_replaces_the_page(folder, capsys):
    run(capsys, folder)
    (folder / "debug-report.html").write_text("old")
    assert run(capsys, folder)[0] == 0
    assert (folder / "debug-report.html").stat().st_size > 10_000


def test_an_empty_folder_fails_with_a_sentence(tmp_path, capsys):
    code, out, _ = run(capsys, tmp_path)
    assert code == 1
    assert "Not enough faces: 0" in out


def test_a_missing_folder(tmp_path, capsys):
    code, out, err = run(capsys, tmp_path / "nowhere")
    assert code == 1
    assert out == ""
    assert "cannot be read" in err


def test_a_page_that_cannot_be_written(folder, capsys):
    code, _, err = run(capsys, folder, "--out", folder)
    assert code == 1
    assert "Cannot write" in err
