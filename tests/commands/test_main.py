import subprocess
import sys
import time
import types

import pytest

from facemotion.__main__ import main
from facemotion.version import __version__


def test_help_comes_within_half_a_second():
    times = []
    for _ in range(3):
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "facemotion", "--help"], capture_output=True, text=True
        )
        times.append(time.perf_counter() - started)
        assert done.returncode == 0
    assert "analyze" in done.stdout
    assert "FACEMOTION_PACK" in done.stdout
    assert min(times) <= 0.5


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from facemotion.commands.options import build_parser\n"
        "build_parser().format_help()\n"
        "heavy = {'numpy', 'cv2', 'onnxruntime', 'insightface', 'av', 'PySide6', 'torch'}\n"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("command", ["enroll", "people", "forget", "analyze", "doctor"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert command in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"facemotion {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["enroll", "Ana"],
        ["forget"],
        ["analyze", "clip.mp4"],
        ["analyze", "--out", "folder"],
        ["analyze", "clip.mp4", "--out", "folder", "--fps", "0"],
        ["analyze", "clip.mp4", "--out", "folder", "--fps", "many"],
        ["analyze", "clip.mp4", "--out", "folder", "--seconds", "-1"],
        ["dance"],
        ["--unknown"],
    ],
)
def test_wrong_use_is_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_without_a_command_the_window_opens_with_its_options(monkeypatch):
    given = []
    window = types.ModuleType("facemotion.app")
    window.main = lambda argv: given.append(list(argv)) or 7
    monkeypatch.setitem(sys.modules, "facemotion.app", window)
    arguments = ["--source", "demo", "--pack", "p", "--gallery", "g", "--language", "de"]
    assert main(arguments) == 7
    assert main([]) == 7
    assert given == [arguments, []]


def test_options_before_the_command_count(tmp_path, capsys):
    assert main(["--gallery", str(tmp_path / "before"), "people"]) == 0
    assert str(tmp_path / "before") in capsys.readouterr().out
    assert main(["--gallery", "x", "people", "--gallery", str(tmp_path / "after")]) == 0
    assert str(tmp_path / "after") in capsys.readouterr().out


def run_with(monkeypatch, error):
    def fail(options):
        raise error

    module = types.ModuleType("facemotion.commands.people")
    module.people = fail
    monkeypatch.setitem(sys.modules, "facemotion.commands.people", module)
    return main(["people"])


def test_an_unexpected_error_is_a_sentence_and_goes_to_the_log(monkeypatch, capsys):
    from facemotion.store.paths import AppPaths

    assert run_with(monkeypatch, ZeroDivisionError("an accident")) == 1
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert str(AppPaths.default().log_file) in error
    assert "ZeroDivisionError: an accident" in AppPaths.default().log_file.read_text("utf-8")


def test_ctrl_c_is_code_130(monkeypatch, capsys):
    assert run_with(monkeypatch, KeyboardInterrupt()) == 130
    assert "stopped" in capsys.readouterr().err


def test_an_unwritable_log_is_said_and_the_command_runs(tmp_path, monkeypatch, capsys):
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("FACEMOTION_HOME", str(tmp_path / "home"))
    assert main(["people", "--gallery", str(tmp_path / "gallery")]) == 0
    said = capsys.readouterr()
    assert "FACEMOTION_HOME" in said.err
    assert "Nobody is enrolled" in said.out


def test_a_reader_that_goes_away_is_no_traceback(tmp_path):
    code = (
        "import sys; from facemotion.__main__ import main\n"
        "sys.exit(main(['people', '--json', '--gallery', sys.argv[1]]))"
    )
    reading = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    reading.stdout.close()
    error = reading.stderr.read()
    reading.stderr.close()
    assert reading.wait(20) == 1
    assert error == b""
