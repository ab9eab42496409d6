"""Whether a window can open, asked before Qt aborts."""

import os
import shutil
import socket
import subprocess
import sys

import pytest

from facemotion.ui.display import NO_DISPLAY, display_problem

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other systems always have a display"
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("platform", ["offscreen", "minimal:x", "vnc", "xcb;offscreen"])
def test_some_platforms_need_none(monkeypatch, platform):
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert display_problem() == ""


@pytest.mark.parametrize("platform", ["", "xcb", "wayland", "wayland-egl", "wayland;xcb"])
def test_without_a_display_it_says_so(monkeypatch, platform):
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert display_problem() == NO_DISPLAY


def test_an_x_server_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":7777")
    assert "display :7777 cannot be reached" in display_problem()
    # X11 is not asked where Wayland was wished for.
    monkeypatch.setenv("QT_QPA_PLATFORM", "wayland")
    assert display_problem() == NO_DISPLAY


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")
def test_an_x_server_does_not_start_anew_between_the_trial_and_qt():
    """Xvfb does so when its last client leaves, and refuses others meanwhile."""
    reading, writing = os.pipe()
    # With -terminate it ends instead, which cannot be missed.
    options = ["-terminate", "-nolisten", "tcp", "-displayfd", str(writing)]
    server = subprocess.Popen(["Xvfb", *options], pass_fds=[writing], stderr=subprocess.DEVNULL)
    try:
        os.close(writing)
        with os.fdopen(reading) as told:
            number = int(told.readline())
        code = (
            "import time; from facemotion.ui.display import display_problem; "
            "assert display_problem() == ''; time.sleep(1.0); "
            "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
        )
        surroundings = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        subprocess.run([sys.executable, "-c", code], env=surroundings, check=True, timeout=60)
    finally:
        server.kill()
        server.wait()


def test_a_wayland_socket_is_enough(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "w-0")
    assert "display w-0 cannot be reached" in display_problem()
    (tmp_path / "w-0").write_text("no socket")
    assert "cannot be reached" in display_problem()
    (tmp_path / "w-0").unlink()
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("w-0")
        assert display_problem() == ""
        monkeypatch.setenv("DISPLAY", ":7777")
        assert display_problem() == ""


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setenv("DISPLAY", os.environ.get("DISPLAY", ":0"))

    def refuse(name):
        raise OSError("libxcb.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr("facemotion.ui.display.ctypes.CDLL", refuse)
    assert "needs the system library libxcb.so.1" in display_problem()


def test_other_systems_are_not_asked(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert display_problem() == ""
