"""`facemotion analyze` with many inputs, as a user types it; killed as the system kills."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from facemotion.__main__ import main
from facemotion.store.paths import AppPaths
from tests.analysis.conftest import write_clip

SMALL = "[detection]\ndet_size = 320\n"


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    write_clip(folder / "a.mp4", 30)
    write_clip(folder / "b.mp4", 6, skip=10)
    write_clip(folder / "c.mp4", 8, skip=20)
    return folder


@pytest.fixture(autouse=True)
def small_detector():
    paths = AppPaths.default()
    paths.settings_file.parent.mkdir(parents=True)
    paths.settings_file.write_text(SMALL)


def analyze(capsys, *arguments):
    code = main(["analyze", *map(str, arguments)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out, said.err


def results(out):
    """Everything but the list of the batch, by its path."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name != "batch.json"
    }


def states(out):
    content = json.loads((out / "batch.json").read_text("utf-8"))
    return {entry["name"]: entry["state"] for entry in content["inputs"]}


def start(*arguments):
    command = [sys.executable, "-m", "facemotion", "analyze", *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition):
    deadline = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def living_children(process):
    import psutil

    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@pytest.fixture
def whole(videos, tmp_path, capsys):
    """What comes of a batch that nobody disturbs."""
    out = tmp_path / "whole"
    assert analyze(capsys, videos, "--out", out, "--jobs", "1", "--outputs", "csv,jsonl")[0] == 0
    return results(out)


def test_each_video_gets_a_folder_of_its_own(videos, whole, tmp_path, capsys):
    names = ("summary.json", "timeline.csv", "timeline.jsonl")
    assert set(whole) == {f"{video}/{name}" for video in "abc" for name in names}
    out = tmp_path / "whole"
    assert states(out) == dict.fromkeys(("a.mp4", "b.mp4", "c.mp4"), "done")
    code, said, _ = analyze(
        capsys, videos, "--out", out, "--outputs", "jsonl,csv", "--json", "--jobs", "1"
    )
    assert code == 0
    assert [entry["state"] for entry in json.loads(said)["inputs"]] == ["done"] * 3
    assert results(out) == whole


def test_several_processes_give_the_same(videos, whole, tmp_path, capsys):
    out = tmp_path / "two"
    code, said, _ = analyze(capsys, videos, "--out", out, "--jobs", "2", "--outputs", "csv,jsonl")
    assert code == 0
    assert "3 of 3 inputs analysed" in said
    assert results(out) == whole


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.slow
def test_a_batch_that_was_killed_goes_on(videos, whole, tmp_path, capsys, jobs):
    out = tmp_path / "killed"
    options = ("--out", out, "--jobs", jobs, "--outputs", "csv,jsonl")
    running = start(videos, *options)
    wait_for((out / "a" / "timeline.csv.part").exists)
    children = living_children(running)
    if jobs == "2":
        assert len(children) >= 2
    running.kill()
    running.communicate(timeout=30)
    wait_for(lambda: not any(child.is_running() for child in children))
    done_before = {path: path.stat().st_ino for path in out.rglob("summary.json")}
    assert (out / "a" / "summary.json") not in done_before
    assert analyze(capsys, videos, *options)[0] == 0
    assert results(out) == whole
    assert {path: path.stat().st_ino for path in done_before} == done_before


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_the_children_too(videos, tmp_path, jobs):
    out = tmp_path / "stopped"
    running = start(videos, "--out", out, "--jobs", jobs, "--outputs", "csv")
    wait_for((out / "a" / "timeline.csv.part").exists)
    children = living_children(running)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does it
    said, error = running.communicate(timeout=60)
    assert running.returncode == 130, error
    assert "goes on where it was stopped" in error
    assert "Traceback" not in error
    assert "a.mp4: stopped" in said
    wait_for(lambda: not any(child.is_running() for child in children))
    assert not list(out.rglob("*.part"))
    assert states(out)["a.mp4"] == "stopped"


def test_what_is_broken_is_reported_and_the_rest_goes_on(videos, tmp_path, capsys):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    inputs = (tmp_path / "broken.mp4", videos / "b.mp4", tmp_path / "gone.mp4", tmp_path / "empty")
    code, said, err = analyze(
        capsys, *inputs, "--out", out, "--outputs", "csv", "--jobs", "1", "--json"
    )
    assert code == 3
    assert "no pictures and no videos" in err
    entries = {entry["name"]: entry for entry in json.loads(said)["inputs"]}
    assert entries["broken.mp4"]["problems"][0].startswith("broken.mp4 is not a video")
    assert entries["b.mp4"]["summary"]["is_complete"] is True
    assert states(out) == {"broken.mp4": "failed", "b.mp4": "done", "gone.mp4": "failed"}


def test_when_all_is_broken_it_failed(tmp_path, capsys):
    for name in ("x.mp4", "y.mp4"):
        (tmp_path / name).write_bytes(b"no video")
    code, said, _ = analyze(
        capsys, tmp_path / "x.mp4", tmp_path / "y.mp4", "--out", tmp_path / "out", "--jobs", "1"
    )
    assert code == 1
    assert "x.mp4: failed. x.mp4 is not a video" in said


def test_an_output_folder_that_cannot_be_made(videos, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    code, _, err = analyze(capsys, videos, "--out", tmp_path / "file" / "out")
    assert code == 1
    assert "Choose another" in err


def test_one_result_folder_that_cannot_be_written(videos, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "b").write_text("a file where a folder should be")
    code, said, _ = analyze(capsys, videos, "--out", out, "--outputs", "csv", "--jobs", "1")
    assert code == 3
    assert "b.mp4: failed. Cannot make the folder" in said
    assert states(out)["c.mp4"] == "done"


@pytest.mark.parametrize("vanishes", ["folder", "disk"])
def test_one_result_that_cannot_be_finished(videos, tmp_path, capsys, monkeypatch, vanishes):
    from facemotion.analysis import runner

    add_result, out = runner.AnalysisOutputs.add_result, tmp_path / "out"

    def hindered(self, result):
        if self._folder.name == "b" and vanishes == "folder" and self._folder.exists():
            import shutil

            shutil.rmtree(self._folder)
        if self._folder.name == "b" and vanishes == "disk":
            monkeypatch.setattr("facemotion.store.timeline.format_cells", full)
        else:
            monkeypatch.setattr("facemotion.store.timeline.format_cells", format_cells)
        add_result(self, result)

    from facemotion.store.timeline import format_cells

    def full(row):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runner.AnalysisOutputs, "add_result", hindered)
    code, said, _ = analyze(capsys, videos, "--out", out, "--outputs", "csv", "--jobs", "1")
    assert code == 3
    assert "b.mp4: failed. Cannot write" in said
    assert states(out) == {"a.mp4": "done", "b.mp4": "failed", "c.mp4": "done"}


def test_one_input_is_kept_until_asked_for_again(videos, tmp_path, capsys):
    arguments = (videos / "b.mp4", "--out", tmp_path / "out", "--outputs", "csv")
    assert "there already" not in analyze(capsys, *arguments)[2]
    assert "there already" in analyze(capsys, *arguments)[2]
    assert "there already" not in analyze(capsys, *arguments, "--again")[2]


@pytest.mark.parametrize(
    "option",
    [("--jobs", "0"), ("--jobs", "x"), ("--outputs", "csv,mp3"), ("--fps", "0")],
    ids="=".join,
)
def test_wrong_use_is_said(option, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["analyze", "demo", "--out", str(tmp_path), *option])
    assert ended.value.code == 2
    assert option[1].split(",")[-1] in capsys.readouterr().err
