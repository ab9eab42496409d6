"""The self-test: passes here, leaves the user's data alone, and says what is missing."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facemotion.__main__ import main
from facemotion.commands import self_test as outer
from facemotion.store.paths import HOME_VARIABLE

CHECKS = (
    "window",
    "models",
    "frames",
    "boxes",
    "emotions",
    "chart",
    "enrolment",
    "recognition",
    "video files",
    "end",
)


def self_test(*arguments, **environment):
    """Run the command as its own process and return its exit code and report."""
    done = subprocess.run(
        [sys.executable, "-m", "facemotion", "doctor", "--self-test", *arguments],
        capture_output=True,
        timeout=220,
        env={**os.environ, **environment},
        check=False,
    )
    return done.returncode, json.loads(done.stdout), done.stderr.decode()


def run_instead(monkeypatch, tmp_path, code, limit_s=60.0):
    """The report on a program of a few lines."""
    monkeypatch.setattr(outer, "_program", lambda: [sys.executable, "-c", code])
    return outer._run(argparse.Namespace(on_screen=False, pack=None), tmp_path, limit_s)


@pytest.mark.slow
@pytest.mark.timeout(240)  # of a busy machine
def test_everything_arrives_and_the_users_folders_stay_as_they_are(tmp_path):
    home = tmp_path / "the user's"
    code, report, said = self_test(
        QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="", FACEMOTION_HOME=str(home)
    )
    assert report["problems"] == []
    assert (code, report["passed"], said) == (0, True, "")
    assert list(report["checks"]) == list(CHECKS)
    assert all(check["passed"] for check in report["checks"].values())
    assert report["platform_plugin"] == "offscreen"
    assert report["is_frozen"] is False
    assert report["versions"]["onnxruntime"]
    checks = report["checks"]
    assert checks["models"]["pack"] == "Built-in"
    assert checks["frames"]["count"] >= 10
    assert checks["boxes"]["most_faces"] >= 2
    assert checks["emotions"]["readings"] > 0
    assert checks["chart"]["points"] > 1
    assert 0.3 < checks["recognition"]["cosine_similarity"] <= 1.0
    assert checks["video files"]["pictures"] == 20
    # The command's own log is all that may be new.
    assert {path.name for path in home.rglob("*") if path.is_file()} <= {"facemotion.log"}


@pytest.mark.slow
@pytest.mark.timeout(240)  # of a busy machine
def test_what_is_missing_is_named_and_the_other_checks_are_made(tmp_path):
    empty = tmp_path / "no pack at all"
    empty.mkdir()
    code, report, said = self_test("--pack", str(empty))
    assert (code, report["passed"]) == (1, False)
    checks = report["checks"]
    assert {name for name in CHECKS if not checks[name]["passed"]} == {
        "models",
        "boxes",
        "emotions",
        "chart",
        "enrolment",
        "recognition",
    }
    assert "no pack at all" in checks["models"]["problem"]
    assert checks["chart"]["problem"] == "not possible without emotions."
    assert said.count("facemotion: ") == len(report["problems"]) == 6
    assert report["seconds"] < 170.0


def test_a_program_that_dies_is_reported(monkeypatch, tmp_path):
    report = run_instead(monkeypatch, tmp_path, "import os; print('libX is missing'); os._exit(77)")
    assert report["passed"] is False
    assert report["problems"] == ["The program died (exit code 0x4d)."]


@pytest.mark.skipif(os.name == "nt", reason="signals are a matter of POSIX")
def test_a_program_that_is_killed_is_reported_with_its_last_words(monkeypatch, tmp_path):
    code = "import os, signal; print('no plugin', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    report = run_instead(monkeypatch, tmp_path, code)
    assert report["problems"] == ["The program died (signal 9)."]
    assert report["output"] == ["no plugin"]


def test_a_program_that_hangs_is_ended(monkeypatch, tmp_path):
    report = run_instead(monkeypatch, tmp_path, "import time; time.sleep(60)", limit_s=0.5)
    assert report["passed"] is False
    assert "did not answer" in report["problems"][0]


def test_a_program_that_writes_nothing_is_reported(monkeypatch, tmp_path):
    report = run_instead(monkeypatch, tmp_path, "pass")
    assert report["problems"] == ["The program ended without a report."]


def test_the_tested_process_has_folders_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("FACEMOTION_PACK", "somewhere")
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    unseen = outer._environment(tmp_path, is_on_screen=False)
    assert Path(unseen[HOME_VARIABLE]).parent == tmp_path
    assert "FACEMOTION_PACK" not in unseen
    assert unseen["QT_QPA_PLATFORM"] == "offscreen"
    assert outer._environment(tmp_path, is_on_screen=True)["QT_QPA_PLATFORM"] == "xcb"


def test_a_packaged_program_starts_itself(monkeypatch):
    assert outer._program() == [sys.executable, "-m", "facemotion"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert outer._program() == [sys.executable]


def test_the_command_prints_json_and_fails_with_the_report(monkeypatch, capsys):
    monkeypatch.setattr(outer, "_program", lambda: [sys.executable, "-c", "pass"])
    assert main(["doctor", "--self-test"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["passed"] is False
    assert "facemotion: The program ended without a report." in said.err


def test_help_names_the_self_test_and_hides_its_process(capsys):
    with pytest.raises(SystemExit):
        main(["doctor", "--help"])
    assert "--self-test" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "self-test-process" not in capsys.readouterr().out
