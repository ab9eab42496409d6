"""The real program: as a process of its own, with what it says and writes, or in this one."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from facemotion.store.layout import LayoutStore
from facemotion.store.paths import AppPaths
from facemotion.ui.main_window import MainWindow

REPOSITORY = Path(__file__).resolve().parent.parent.parent
WAIT_S = 60.0


def environment(home, **values):
    """Variables of a user with a folder of its own and no desktop."""
    base = {**os.environ, "FACEMOTION_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    base["PYTHONPATH"] = str(REPOSITORY)
    return {**base, **values}


def run(*arguments, home, cwd=None, timeout=WAIT_S, **values):
    """Run the program to its end."""
    return subprocess.run(
        [sys.executable, "-m", "facemotion", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        cwd=cwd or REPOSITORY,
        env=environment(home, **values),
        check=False,
    )


def read_log(home):
    log_file = AppPaths.below(home).log_file
    return log_file.read_text("utf-8") if log_file.exists() else ""


def wait_for(condition, what):
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.05)


def wait_for_log(home, *words):
    """Wait until the log has a line with each of the words."""

    def has_all():
        text = read_log(home)
        return all(word in text for word in words)

    deadline = time.monotonic() + WAIT_S
    while not has_all():
        assert time.monotonic() < deadline, f"{words} did not come; the log:\n{read_log(home)}"
        time.sleep(0.05)


@contextlib.contextmanager
def started(*arguments, home, cwd=None, **values):
    """The program while it runs; ended in order, or killed when that takes too long."""
    output = Path(home).parent / f"output-{time.monotonic_ns()}.txt"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "facemotion", *arguments],
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=cwd or REPOSITORY,
            env=environment(home, **values),
        )
        process.output = output
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
            try:
                process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def make_home(folder):
    """A user folder whose user has read the first page."""
    home = folder / "home"
    paths = AppPaths.below(home)
    paths.create()
    LayoutStore(paths.data_dir).give_consent()
    return home


def close_when_open(condition=lambda window: True):
    """Close the main window of this process as soon as it is open and a condition holds."""
    timer = QTimer()
    timer.setInterval(20)

    def look():
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        for window in windows:
            if window.isVisible() and condition(window):
                window.close()

    timer.timeout.connect(look)
    timer.start()
    return timer
