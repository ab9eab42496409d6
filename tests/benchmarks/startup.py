"""How long the start takes: `python -m tests.benchmarks.startup [--frozen DIR/facemotion-window]`.

Starts the program several times on the demo source, warm, in a user folder of its own, and reads in
its log when the window was painted first and when the first result came. A bare PySide6 window in
the same run says how much of that is Qt's and the machine's. Beside the wall time stands the
processor time (user and system, every thread), which other work on the machine touches little.
On a busy machine `chrt -r 1 python -m …` (as root) gives the wall times of an idle one. Ends with
one line of JSON.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from facemotion.store.layout import LayoutStore
from facemotion.store.paths import HOME_VARIABLE, AppPaths
from facemotion.ui.start_clock import RESULT, WINDOW

REPOSITORY = Path(__file__).resolve().parent.parent.parent
LONGEST_S = 90.0
HEAVY_MODULES = (
    "PySide6.QtCore",
    "PySide6.QtGui",
    "PySide6.QtWidgets",
    "PySide6.QtMultimedia",
    "PySide6.QtNetwork",
    "av",
    "cv2",
    "facemotion.app",
    "insightface",
    "numpy",
    "onnx",
    "onnxruntime",
    "pyqtgraph",
    "scipy.spatial",
    "skimage",
)
BARE_WINDOW = """
import time
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        print(time.time(), time.process_time(), flush=True)
        QTimer.singleShot(0, QApplication.quit)
app = QApplication([])
window = Window()
window.resize(1280, 800)
window.show()
app.exec()
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was there.

    Attributes:
        wall_s: Since the process was started.
        cpu_s: Processor time that the process had used.
    """

    wall_s: float
    cpu_s: float


def moments(log_text: str, started_at_s: float) -> dict[str, Moment]:
    """What the log says of the start.

    Args:
        log_text: The program's log.
        started_at_s: Seconds of the epoch at which the process was started.
    """
    found = {}
    for what in (WINDOW, RESULT):
        line = re.search(rf"^(\S+ [\d:]+),(\d+) .*{what}, after ([\d.]+) s", log_text, re.MULTILINE)
        if line is not None:
            at_s = datetime.strptime(line[1], "%Y-%m-%d %H:%M:%S").timestamp()
            found[what] = Moment(at_s + int(line[2]) / 1000.0 - started_at_s, float(line[3]))
    return found


def time_start(command: Sequence[str], home: Path) -> tuple[Moment, Moment]:
    """Start the program once; when the window and the first result were there.

    Raises:
        TimeoutError: One of the two did not come.
    """
    log_file = AppPaths.below(home).log_file
    log_file.unlink(missing_ok=True)
    started_at_s = time.time()
    with running([*command, "--source", "demo", "--new-window"], home) as process:
        while time.time() - started_at_s < LONGEST_S and process.poll() is None:
            text = log_file.read_text("utf-8") if log_file.exists() else ""
            found = moments(text, started_at_s)
            if len(found) == 2:
                return found[WINDOW], found[RESULT]
            time.sleep(0.02)
    raise TimeoutError(f"{command[0]} did not show a window and a result; its log:\n{text}")


@contextmanager
def running(command: Sequence[str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program while it runs; it is ended in order."""
    environment = {**os.environ, HOME_VARIABLE: str(home)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def time_bare_window() -> Moment:
    """Start Python with one empty window."""
    started_at_s = time.time()
    done = subprocess.run(
        [sys.executable, "-c", BARE_WINDOW], capture_output=True, text=True, check=True
    )
    at_s, cpu_s = done.stdout.split()[:2]
    return Moment(float(at_s) - started_at_s, float(cpu_s))


def import_times_ms(statement: str) -> dict[str, float]:
    """Milliseconds that each heavy module takes to import, with all that it imports.

    Args:
        statement: Python that imports them.
    """
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", statement],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=True,
    )
    rows = re.findall(r"import time:\s+\d+ \|\s+(\d+) \|\s+(\S+)", done.stderr)
    times = {name: int(us) / 1000.0 for us, name in rows if name in HEAVY_MODULES}
    return dict(sorted(times.items(), key=lambda item: -item[1]))


def medians(runs: Sequence[tuple[Moment, Moment]], bare: Sequence[Moment]) -> dict[str, float]:
    """The figures of several starts of one program."""
    window, result = ([run[place] for run in runs] for place in (0, 1))
    figures = {
        "window_s": statistics.median(moment.wall_s for moment in window),
        "window_cpu_s": statistics.median(moment.cpu_s for moment in window),
        "first_result_s": statistics.median(moment.wall_s for moment in result),
        "first_result_cpu_s": statistics.median(moment.cpu_s for moment in result),
    }
    figures["fastest_window_s"] = min(moment.wall_s for moment in window)
    figures["fastest_first_result_s"] = min(moment.wall_s for moment in result)
    figures["window_to_bare"] = figures["window_s"] / statistics.median(m.wall_s for m in bare)
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> None:
    """Parse the command line, start, read and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.startup")
    parser.add_argument("--runs", type=int, default=7, help="starts that count, after a warm-up")
    parser.add_argument("--frozen", type=Path, help="a packaged facemotion-window")
    parser.add_argument("--platform", default="offscreen", help="offscreen, or xcb on a display")
    args = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = args.platform
    os.environ.pop("FACEMOTION_PACK", None)
    commands = {"source": [sys.executable, "-m", "facemotion"]}
    if args.frozen is not None:
        commands["frozen"] = [str(args.frozen)]
    bare: list[Moment] = []
    runs: dict[str, list[tuple[Moment, Moment]]] = {name: [] for name in commands}
    os.chdir(REPOSITORY)
    with tempfile.TemporaryDirectory(prefix="facemotion-start-") as folder:
        home = Path(folder)
        AppPaths.below(home).create()
        LayoutStore(AppPaths.below(home).data_dir).give_consent()
        for number in range(args.runs + 1):
            measured = {name: time_start(command, home) for name, command in commands.items()}
            empty = time_bare_window()
            if number == 0:
                continue  # the warm-up: files come from the disk, bytecode is written
            bare.append(empty)
            for name, (window, result) in measured.items():
                runs[name].append((window, result))
                print(
                    f"{name}: window {window.wall_s:.2f} s ({window.cpu_s:.2f} processor), first "
                    f"result {result.wall_s:.2f} s ({result.cpu_s:.2f}); bare window "
                    f"{empty.wall_s:.2f} s ({empty.cpu_s:.2f})"
                )
    before = import_times_ms("import facemotion.app")
    everything = import_times_ms(
        "import facemotion.app, onnxruntime, insightface.model_zoo, pyqtgraph, av"
    )
    later = {name: time_ms for name, time_ms in everything.items() if name not in before}
    figures = medians(runs["source"], bare)
    print(
        json.dumps(
            {
                **figures,
                "bare_window_s": round(statistics.median(m.wall_s for m in bare), 3),
                "bare_window_cpu_s": round(statistics.median(m.cpu_s for m in bare), 3),
                "runs": args.runs,
                "load": round(os.getloadavg()[0], 1),
                "imports_before_window_ms": before,
                "imports_later_ms": later,
                **({"frozen": medians(runs["frozen"], bare)} if "frozen" in runs else {}),
            }
        )
    )


if __name__ == "__main__":
    main()
