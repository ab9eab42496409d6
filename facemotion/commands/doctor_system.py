"""The part of the doctor's report that is about the machine."""

import ctypes
import importlib.metadata
import os
import platform
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from facemotion.commands.camera_probe import CameraProbeError, probe_cameras
from facemotion.commands.setup import Setup
from facemotion.version import __version__

PACKAGES: Final = (
    "PySide6-Essentials",
    "av",
    "insightface",
    "numpy",
    "opencv-python",
    "pyqtgraph",
    "torch",
)
_RUNTIMES: Final = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "onnxruntime-silicon",
    "onnxruntime-openvino",
)
_WINDOW_LIBRARIES: Final = ("libEGL.so.1", "libGL.so.1", "libxkbcommon.so.0", "libxcb-cursor.so.0")
"""What Qt loads on Linux and what minimal installations lack."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong, a sentence each."""

    problems: list[str] = field(default_factory=list)


def versions(findings: Findings) -> dict[str, str]:
    """Versions of the program, of Python and of what it stands on."""
    found = {
        "facemotion": __version__,
        "Python": platform.python_version(),
        "system": platform.platform(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
    }
    absent = "not told by a packaged program" if _is_frozen() else "not installed"
    for package in PACKAGES:
        found[package] = _version(package) or absent
    runtimes = {name: version for name in _RUNTIMES if (version := _version(name))}
    found |= runtimes
    if len(runtimes) > 1:
        findings.problems.append(
            f"{' and '.join(runtimes)} are installed together, and only one of them is used. "
            "Uninstall all of them, then install the one you want."
        )
    if not runtimes and not _is_frozen():
        findings.problems.append("onnxruntime is not installed: no model can run. Install it.")
    return found


def folders(setup: Setup, findings: Findings) -> dict[str, str]:
    """Where things lie, and whether they can be written."""
    paths = setup.paths
    found = {
        "settings": paths.settings_file,
        "people": setup.gallery.folder,
        "packs": paths.packs_dir,
        "log": paths.log_file,
    }
    for path in (paths.config_dir, setup.gallery.folder, paths.packs_dir, paths.log_dir):
        if not _is_writable(path):
            findings.problems.append(
                f"{path} cannot be written. Make it writable, or set FACEMOTION_HOME to a folder "
                "of your own."
            )
    return {name: str(path) for name, path in found.items()}


def display(findings: Findings) -> dict[str, str]:
    """Whether a window can open here."""
    if not sys.platform.startswith("linux"):
        return {"kind": platform.system()}
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    found = {name: value for name in names if (value := os.environ.get(name))}
    missing = [name for name in _WINDOW_LIBRARIES if not _can_load(name)]
    if missing:
        findings.problems.append(
            f"The window needs system libraries that are missing: {', '.join(missing)}. The README "
            "has the line that installs them."
        )
    return found or {"kind": "none: the window cannot open here, the commands work"}


def cameras(findings: Findings) -> list[str]:
    """The cameras by number and name."""
    try:
        return probe_cameras()
    except CameraProbeError as error:
        findings.problems.append(str(error))
        return []


def without_home(value: Any) -> Any:
    """A report without the user's name: the home folder becomes ~."""
    home = str(Path.home())
    if isinstance(value, str):
        return value.replace(home, "~") if len(home) > 1 else value
    if isinstance(value, dict):
        return {key: without_home(inner) for key, inner in value.items()}
    return [without_home(inner) for inner in value] if isinstance(value, list) else value


def _is_frozen() -> bool:
    return bool(getattr(sys, "frozen", False))


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _is_writable(folder: Path) -> bool:
    """Whether the folder, or the nearest one above it that exists, may be written."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK)


def _can_load(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
