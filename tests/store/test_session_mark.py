"""The mark of an open window, and what is left of one that died."""

import faulthandler
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from facemotion.store.session_mark import LastEnd, SessionMark

BEGIN = """
import os, sys
from pathlib import Path
from facemotion.store.session_mark import SessionMark
print(SessionMark(Path(sys.argv[1])).begin().name, flush=True)
"""
REPOSITORY = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def faults():
    """pytest has a fault handler of its own, which gets its place back."""
    was_enabled = faulthandler.is_enabled()
    yield
    if was_enabled:
        faulthandler.enable(sys.__stderr__)


def die(log_dir, last_act):
    """A process that sets its mark and ends as it is told."""
    return subprocess.run(
        [sys.executable, "-c", BEGIN + last_act, str(log_dir)],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )


def marks(log_dir):
    return sorted(path.name for path in log_dir.glob("session-*.log"))


def reports(log_dir):
    return sorted(log_dir.glob("crash-*.log"))


def test_an_orderly_end_leaves_nothing(tmp_path):
    mark = SessionMark(tmp_path)
    assert mark.begin() is LastEnd.IN_ORDER
    assert marks(tmp_path) == [f"session-{os.getpid()}.log"]
    assert faulthandler.is_enabled()
    mark.end()
    mark.end()
    assert list(tmp_path.iterdir()) == []
    again = SessionMark(tmp_path)
    assert again.begin() is LastEnd.IN_ORDER
    again.end()


def test_a_living_window_is_not_taken_for_a_dead_one(tmp_path):
    mark = SessionMark(tmp_path)
    mark.begin()
    assert die(tmp_path, "os._exit(0)").stdout == "IN_ORDER\n"
    assert f"session-{os.getpid()}.log" in marks(tmp_path)
    mark.end()


def test_a_process_that_was_killed_is_told_of_once(tmp_path):
    die(tmp_path, "os._exit(0)")
    mark = SessionMark(tmp_path)
    assert mark.begin() is LastEnd.UNEXPECTED
    mark.end()
    assert marks(tmp_path) == []
    assert reports(tmp_path)[0].read_text().startswith("facemotion ")
    assert mark.begin() is LastEnd.IN_ORDER
    mark.end()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are a matter of POSIX")
def test_a_crash_in_a_library_leaves_its_stack(tmp_path):
    done = die(tmp_path, "def deep(): os.kill(os.getpid(), 11)\ndeep()")
    assert done.returncode == -signal.SIGSEGV
    mark = SessionMark(tmp_path)
    assert mark.begin() is LastEnd.AT_START
    mark.end()
    text = reports(tmp_path)[0].read_text()
    assert text.startswith("facemotion ")
    assert "Segmentation fault" in text
    assert "in deep" in text


@pytest.mark.skipif(sys.platform == "win32", reason="signals are a matter of POSIX")
def test_a_crash_long_after_the_start_is_no_crash_at_the_start(tmp_path):
    die(tmp_path, "os.kill(os.getpid(), 11)")
    path = next(tmp_path.glob("session-*.log"))
    late_s = path.stat().st_mtime + 100.0
    os.utime(path, (late_s, late_s))
    mark = SessionMark(tmp_path)
    assert mark.begin() is LastEnd.UNEXPECTED
    mark.end()


def test_only_the_newest_reports_are_kept(tmp_path):
    for number in range(7):
        (tmp_path / f"session-{number}.log").write_text(f"dead {number}")
        os.utime(tmp_path / f"session-{number}.log", (1e9 + number, 1e9 + number))
    mark = SessionMark(tmp_path)
    assert mark.begin() is LastEnd.UNEXPECTED
    mark.end()
    assert [path.read_text() for path in reports(tmp_path)] == [f"dead {n}" for n in range(2, 7)]


def test_without_a_folder_the_program_goes_on(tmp_path):
    mark = SessionMark(tmp_path / "missing")
    assert mark.begin() is LastEnd.IN_ORDER
    mark.end()


def test_a_report_that_cannot_be_kept_goes(tmp_path, monkeypatch):
    (tmp_path / "session-1.log").write_text("dead")

    def refuse(_self, _target):
        raise PermissionError("no")

    monkeypatch.setattr(Path, "replace", refuse)
    mark = SessionMark(tmp_path)
    assert mark.begin() is LastEnd.UNEXPECTED
    mark.end()
    assert list(tmp_path.iterdir()) == []
