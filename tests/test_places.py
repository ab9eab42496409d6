"""The program in unfriendly places: odd paths, folders without the right to write, no display."""

import ctypes
import json
import os
import shutil
import subprocess
import sys

import pytest

from facemotion.ui.start_clock import RESULT
from tests.ui import programs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),  # of a busy machine
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="speaks of Linux's folders"),
]
_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1


def without_roots_rights():
    """Let folders refuse root as they refuse everybody; somebody else cannot and need not."""
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


def set_writable(folder, is_writable):
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o200 if is_writable else mode & ~0o222)


@pytest.fixture
def moved_away(tmp_path):
    """The program alone, without its tests, where nothing can be written."""
    place = tmp_path / "Programme für alle 顔" / "face motion"
    for name in ("facemotion", "models", "resources"):
        ignored = shutil.ignore_patterns("__pycache__", "screenshots", "figures")
        shutil.copytree(programs.REPOSITORY / name, place / name, ignore=ignored)
    set_writable(place, is_writable=False)
    yield place
    set_writable(place, is_writable=True)


def self_test(*arguments, cwd, **values):
    done = subprocess.run(
        [sys.executable, "-m", "facemotion", "doctor", "--self-test", *arguments],
        capture_output=True,
        timeout=220,
        cwd=cwd,
        env={**os.environ, **values},
        preexec_fn=without_roots_rights,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_from_a_read_only_folder_with_spaces_and_foreign_letters(moved_away, tmp_path):
    temporary = tmp_path / "très temporaire"
    temporary.mkdir()
    code, report = self_test(cwd=moved_away, TMPDIR=str(temporary))
    assert report["folder"] == str(moved_away / "facemotion")
    assert report["problems"] == []
    assert code == 0
    assert not list(moved_away.rglob("__pycache__"))


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs Xvfb")
def test_on_an_x_server():
    command = ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", sys.executable, "-m", "facemotion"]
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    environment.pop("WAYLAND_DISPLAY", None)
    done = subprocess.run(
        [*command, "doctor", "--self-test", "--on-screen"],
        capture_output=True,
        timeout=220,
        cwd=programs.REPOSITORY,
        env=environment,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["problems"] == []
    assert report["platform_plugin"] == "xcb"
    assert done.returncode == 0


def test_without_a_writable_home_the_window_opens_and_says_so(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    output = tmp_path / "said.txt"
    values = programs.environment("", HOME=str(home))
    for name in ("FACEMOTION_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        values.pop(name, None)
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "facemotion", "--source", "demo"],
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=programs.REPOSITORY,
            env=values,
            preexec_fn=without_roots_rights,
        )
    try:
        programs.wait_for(lambda: "is not kept" in output.read_text(), "the sentence")
        assert process.poll() is None
    finally:
        process.terminate()
        assert process.wait(programs.WAIT_S) == 0
    said = output.read_text()
    assert str(home) in said
    assert "FACEMOTION_HOME" in said
    assert "Traceback" not in said
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"QT_QPA_PLATFORM": "", "DISPLAY": ""}, "no display"),
        ({"QT_QPA_PLATFORM": "xcb", "DISPLAY": ":7777"}, "display :7777 cannot be reached"),
    ],
)
def test_without_a_display_one_line_says_so(tmp_path, values, words):
    done = programs.run(home=tmp_path, WAYLAND_DISPLAY="", **values)
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_standard_streams_as_after_a_double_click_on_windows(tmp_path):
    home = programs.make_home(tmp_path)
    command = f'exec "{sys.executable}" -m facemotion --source demo <&- >&- 2>&-'
    process = subprocess.Popen(
        ["/bin/sh", "-c", command], cwd=programs.REPOSITORY, env=programs.environment(home)
    )
    try:
        programs.wait_for_log(home, RESULT)
    finally:
        process.terminate()
        assert process.wait(programs.WAIT_S) == 0
    log = programs.read_log(home)
    assert "ERROR" not in log
    assert "CRITICAL" not in log
