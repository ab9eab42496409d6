"""What is said when the window cannot even be built."""

import os
import subprocess
import sys

import pytest

from facemotion import last_words
from facemotion.store.paths import AppPaths


@pytest.fixture
def boxes(monkeypatch):
    """The boxes that are shown; zenity is the only program there is."""
    shown = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(
        last_words.shutil, "which", lambda name: f"/bin/{name}" if name == "zenity" else None
    )
    monkeypatch.setattr(subprocess, "run", lambda command, check: shown.append(command))
    return shown


def test_a_failure_is_said_in_one_line_and_logged_whole(capsys, boxes):
    with pytest.raises(ImportError) as caught:
        raise ImportError("libGL.so.1: cannot open shared object file")
    assert last_words.fail(caught.value) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "libGL.so.1" in said
    assert "facemotion doctor" in said
    log_file = AppPaths.default().log_file
    assert str(log_file) in said
    assert "Traceback" in log_file.read_text("utf-8")
    assert boxes == []  # there is a terminal to read it on


def test_without_a_terminal_a_box_says_it(boxes, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert last_words.fail(ValueError("broken")) == 1
    assert boxes[0][0] == "/bin/zenity"
    assert "ValueError: broken" in boxes[0][-1]


def test_the_window_program_is_without_a_terminal(boxes, monkeypatch, capsys):
    assert not last_words.is_without_console()
    monkeypatch.setattr(sys, "argv", ["/opt/facemotion/facemotion-window"])
    assert last_words.is_without_console()
    last_words.say("Hear!")
    assert capsys.readouterr().err == "Hear!\n"
    assert boxes[0][-1] == "Hear!"


@pytest.mark.skipif(sys.platform == "win32", reason="speaks of POSIX streams")
def test_only_a_terminal_or_a_pipe_has_a_reader(tmp_path):
    code = "import sys; from facemotion.last_words import is_without_console as w; print(w())"
    command = [sys.executable, "-c", code]
    with (tmp_path / "session-errors").open("wb") as file:
        for stream, expected in (
            (file, True),
            (subprocess.DEVNULL, True),
            (subprocess.PIPE, False),
        ):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stream, check=True)
            assert done.stdout.decode().strip() == str(expected)
    reader, terminal = os.openpty()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, check=True)
    assert done.stdout == b"False\n"
    os.close(reader)
    os.close(terminal)


def test_without_any_box_it_ends_silently(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(last_words.shutil, "which", lambda _name: None)
    last_words.say("nobody hears")


def test_without_a_log_folder_that_is_said_as_well(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FACEMOTION_HOME", str(tmp_path / "file"))
    assert last_words.fail(ValueError("broken")) == 1
    said = capsys.readouterr().err
    assert "ValueError: broken" in said
    assert "Cannot" in said
