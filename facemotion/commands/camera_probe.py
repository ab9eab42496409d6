"""Lists the cameras in a process of its own, because a broken driver may hang or crash it."""

import json
import subprocess
import sys
from typing import Final

from facemotion.vision.sources.device_files import linux_cameras

_TIMEOUT_S: Final = 15.0
_MAX_INDEX: Final = 4


class CameraProbeError(Exception):
    """The cameras could not be listed; the message says why."""


def probe_cameras(timeout_s: float = _TIMEOUT_S) -> list[str]:
    """The cameras as ``"camera:0 NAME"``.

    Raises:
        CameraProbeError: Listing them hung or crashed.
    """
    if getattr(sys, "frozen", False):
        return _numbered()
    command = [sys.executable, "-m", "facemotion.commands.camera_probe"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout_s, check=True)
        return [str(entry) for entry in json.loads(done.stdout.decode("utf-8"))]
    except subprocess.TimeoutExpired:
        raise CameraProbeError(
            f"Listing the cameras took longer than {timeout_s:.0f} s; one of them may hang. Unplug "
            "it and try again."
        ) from None
    except (subprocess.CalledProcessError, ValueError, OSError) as error:
        raise CameraProbeError(f"The cameras cannot be listed ({error}).") from error


def list_cameras() -> list[str]:
    """The cameras as the window lists them; by trying numbers where Qt does not load."""
    try:
        from facemotion.ui.cameras import entries_without_window
    except ImportError:
        return _numbered()
    return [f"camera:{entry.index} {entry.name}" for entry in entries_without_window()]


def _numbered() -> list[str]:
    if sys.platform.startswith("linux"):
        return [f"camera:{number} {name}" for number, name in linux_cameras().items()]
    import cv2

    found: list[str] = []
    for index in range(_MAX_INDEX):
        capture = cv2.VideoCapture(index)
        if capture.isOpened():
            found.append(f"camera:{index}")
        capture.release()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(list_cameras()))
