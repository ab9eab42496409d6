#!/usr/bin/env python3
"""Sets facemotion up in a virtual environment of its own and runs it, or its tests.

    python3 start.py              run the application (arguments after it are passed on)
    python3 start.py test         run every check and test
    python3 start.py setup        only set up; `--extra training` adds what training needs

Needs nothing but Python 3.11 to 3.13 and the package registries. Works on Linux, macOS and Windows.
"""

import ctypes
import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urljoin

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
CONSTRAINTS = ROOT / ".ci" / "constraints.txt"
TORCH = "torch==2.13.0"
DEMO_RESULT = ROOT / "results" / "demo"

LINUX_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
}
"""What Qt's window and OpenCV load, and the Debian package that has it."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name and return its exit code."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        say(f"facemotion needs Python 3.11 to 3.13; this is {sys.version.split()[0]}.")
        return 1
    command = arguments[0] if arguments else ""
    if command in ("-h", "--help"):
        say(__doc__ or "")
        return 0
    if command == "setup":
        return set_up_only(arguments[1:])
    if command == "test":
        return run_tests(arguments[1:])
    return run_application(arguments[1:] if command == "run" else arguments)


def set_up_only(arguments: Sequence[str]) -> int:
    """Set up with the extras that `--extra NAME` names."""
    extras = [name for flag, name in itertools.pairwise(arguments) if flag == "--extra"]
    if len(extras) * 2 != len(arguments):
        say("usage: python3 start.py setup [--extra training] [--extra test] [--extra package]")
        return 2
    set_up(extras)
    return 0


def run_application(arguments: Sequence[str]) -> int:
    """Set up, then open the window; without a display analyse the demo source instead."""
    python = set_up([])
    is_window = not arguments or arguments[0].startswith("--")
    if not is_window or has_display() or {"-h", "--help", "--version"} & set(arguments):
        return subprocess.call([python, "-m", "facemotion", *arguments], cwd=ROOT)
    say(f"No display here: running the demo source through `analyze` into {DEMO_RESULT}")
    options = ["--seconds", "10", "--out", str(DEMO_RESULT)]
    code = subprocess.call([python, "-m", "facemotion", "analyze", "demo", *options], cwd=ROOT)
    if code == 0:
        say(f"The result is in {DEMO_RESULT}: annotated.mp4, timeline.csv and summary.json")
    return code


def has_display() -> bool:
    """Whether a window can be opened on this machine."""
    if not sys.platform.startswith("linux"):
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(os.environ.get(name) for name in names)


def run_tests(arguments: Sequence[str]) -> int:
    """Set up, then run the linters, the type checker and the tests."""
    python = set_up(["test"])
    if "training" not in installed_extras() and is_torch_small(python):
        set_up(["training"])
    return subprocess.call([python, "-m", "tests.check", *arguments], cwd=ROOT)


def set_up(extras: Sequence[str]) -> str:
    """Make the virtual environment and install into it what is missing.

    Returns:
        The path of the environment's Python.
    """
    ensure_libraries()
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        say("Making the virtual environment .venv")
        make_environment(python)
    wanted = sorted({*extras, *installed_extras()})
    state = {"extras": wanted, "sources": fingerprint()}
    if not STAMP.exists() or json.loads(STAMP.read_text("utf-8")) != state:
        install(python, wanted)
        STAMP.write_text(json.dumps(state), "utf-8")
    return str(python)


def installed_extras() -> list[str]:
    """The extras that an earlier run installed."""
    return json.loads(STAMP.read_text("utf-8"))["extras"] if STAMP.exists() else []


def fingerprint() -> str:
    """Changes when the project's dependencies may have changed."""
    digest = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", CONSTRAINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def make_environment(python: Path) -> None:
    """A virtual environment with pip, also where Debian's python3-venv is missing."""
    base = [sys.executable, "-m", "venv"]
    if (
        subprocess.call([*base, str(VENV)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        == 0
    ):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.check_call([*base, "--without-pip", str(VENV)])
    with tempfile.TemporaryDirectory() as folder:
        wheel = fetch_pip(Path(folder))
        subprocess.check_call([python, f"{wheel}/pip", "install", "--quiet", str(wheel)])


def fetch_pip(folder: Path) -> Path:
    """Pip's newest wheel from the package index, checked against the index's SHA-256."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    with urllib.request.urlopen(index) as page:
        text = page.read().decode()
    links = re.findall(r'href="([^"#]+pip-([\d.]+)-py3-none-any\.whl)#sha256=([0-9a-f]{64})"', text)
    if not links:
        raise SystemExit(f"No pip to be found at {index}: install python3-venv and start again.")
    address, _, sha256 = max(links, key=lambda link: [int(part) for part in link[1].split(".")])
    with urllib.request.urlopen(urljoin(index, address)) as answer:
        data = answer.read()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SystemExit("The download of pip is damaged: start again.")
    wheel = folder / address.rsplit("/", 1)[-1]
    wheel.write_bytes(data)
    return wheel


def install(python: Path, extras: Sequence[str]) -> None:
    """Install the project, editable, with its pinned dependencies."""
    say("Installing the dependencies; the first time takes a few minutes")
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    code = subprocess.call([*pip, "--constraint", str(CONSTRAINTS), "--editable", target])
    if code != 0:
        raise SystemExit("The dependencies could not be installed; the lines above say why.")


def is_torch_small(python: str) -> bool:
    """Whether pip would install a torch without the gigabytes of CUDA packages."""
    if sys.platform != "linux":
        return True
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        dry_run = [python, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps"]
        command = [*dry_run, "--ignore-installed", "--report", str(report), TORCH]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            return False
        chosen = json.loads(report.read_text("utf-8"))["install"][0]["metadata"]
    return not any("nvidia" in need or "cuda" in need for need in chosen.get("requires_dist", []))


def ensure_libraries() -> None:
    """Install the system libraries that are missing, or say the line that does."""
    if not sys.platform.startswith("linux"):
        return
    missing = sorted({package for name, package in LINUX_LIBRARIES.items() if not can_load(name)})
    if not missing:
        return
    if shutil.which("apt-get") is None:
        say("Missing system libraries; install what your system calls: " + " ".join(missing))
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    say("Installing system libraries: " + " ".join(missing))
    install_line = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    if not prefix or shutil.which("sudo"):
        subprocess.call([*prefix, "apt-get", "update", "-q"], stdout=subprocess.DEVNULL)
        if subprocess.call([*prefix, *install_line], stdout=subprocess.DEVNULL) == 0:
            return
    raise SystemExit("Run this line, then start again:\n  sudo " + " ".join(install_line))


def can_load(name: str) -> bool:
    """Whether the dynamic loader finds a shared library."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def say(text: str) -> None:
    """Print at once, in order with the output of child processes."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
