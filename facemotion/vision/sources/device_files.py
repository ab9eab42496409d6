"""Linux' cameras, as its device files tell them."""

import re
from pathlib import Path
from typing import Final

DEVICE_FOLDER: Final = Path("/dev")
_CLASS_FOLDER: Final = Path("/sys/class/video4linux")
_VIDEO_DEVICE: Final = re.compile(r"video(\d+)$")


def linux_cameras(
    device_folder: Path = DEVICE_FOLDER, class_folder: Path = _CLASS_FOLDER
) -> dict[int, str]:
    """Numbers and names of the cameras, in the order of the numbers.

    A camera has several device files: the first gives pictures, the others metadata and such.

    Args:
        device_folder: Where the device files lie.
        class_folder: Where the kernel describes them; a camera that it does not describe has a
            number for a name.
    """
    found: dict[int, str] = {}
    for path in device_folder.glob("video*"):
        match = _VIDEO_DEVICE.fullmatch(path.name)
        described = class_folder / path.name
        if match and _first_line(described / "index") in ("", "0"):
            number = int(match[1])
            found[number] = _first_line(described / "name") or f"Camera {number + 1}"
    return dict(sorted(found.items()))


def _first_line(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").partition("\n")[0].strip()
    except OSError:
        return ""
