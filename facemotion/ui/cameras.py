"""The cameras of this computer by name, and word of those that come and go."""

import logging
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLoggingCategory, QObject, Signal, Slot

from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec

logger = logging.getLogger(__name__)

GUESSED_COUNT = 2
"""Cameras offered by number where nothing tells how many there are."""
_VIDEO_DEVICE = re.compile(r"/dev/video(\d+)$")


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """A camera.

    Attributes:
        index: Number by which it is opened.
        name: As the system calls it.
        is_default: Whether the system prefers it.
    """

    index: int
    name: str
    is_default: bool = False

    @property
    def spec(self) -> SourceSpec:
        """What to open."""
        return SourceSpec(SourceKind.CAMERA, str(self.index), self.name)


class CameraList(QObject):
    """Knows the cameras; GUI thread.

    QtMultimedia tells names and changes. Where it is missing, device files or plain numbers stand
    in for it.

    Args:
        parent: Qt parent.

    Signals:
        changed(): A camera came or went.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._multimedia = _import_multimedia()
        self._devices: Any = None
        if self._multimedia is not None:
            self._devices = self._multimedia.QMediaDevices(self)
            self._devices.videoInputsChanged.connect(self._on_changed)

    @property
    def has_names(self) -> bool:
        """Whether the system tells which cameras there are."""
        return self._multimedia is not None

    def entries(self) -> list[CameraEntry]:
        """The cameras, the preferred one first."""
        found = self._named() if self._multimedia is not None else _unnamed()
        return sorted(found, key=lambda entry: (not entry.is_default, entry.index))

    def _named(self) -> list[CameraEntry]:
        devices = self._multimedia.QMediaDevices.videoInputs()
        preferred = bytes(self._multimedia.QMediaDevices.defaultVideoInput().id().data())
        entries: list[CameraEntry] = []
        for position, device in enumerate(devices):
            device_id = bytes(device.id().data())
            index = camera_index(device_id.decode("utf-8", "replace"), position)
            entries.append(CameraEntry(index, device.description(), device_id == preferred))
        return entries

    @Slot()
    def _on_changed(self) -> None:
        logger.info("cameras: %s", ", ".join(entry.name for entry in self.entries()) or "none")
        self.changed.emit()


def camera_index(device_id: str, position: int) -> int:
    """Number under which OpenCV opens a camera that Qt names.

    Args:
        device_id: Qt's id: a device file on Linux, something opaque elsewhere.
        position: Place in Qt's list, which follows the platform's own order.
    """
    match = _VIDEO_DEVICE.search(device_id)
    return int(match[1]) if match else position


def _import_multimedia() -> Any:
    # Qt tries libraries that many systems lack and says so on the terminal every time.
    QLoggingCategory.setFilterRules("qt.multimedia.*=false")
    try:
        import PySide6.QtMultimedia as QtMultimedia
    except ImportError as error:
        logger.warning("cameras have no names here: %s", error)
        return None
    return QtMultimedia


def _unnamed() -> list[CameraEntry]:
    if sys.platform.startswith("linux"):
        matches = (_VIDEO_DEVICE.search(str(path)) for path in Path("/dev").glob("video*"))
        indices = sorted(int(match[1]) for match in matches if match)
    else:
        indices = list(range(GUESSED_COUNT))
    return [CameraEntry(index, f"Camera {index + 1}", index == 0) for index in indices]
