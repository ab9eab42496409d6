"""The cameras of this computer by name, and word of those that come and go."""

import logging
import sys
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QCoreApplication,
    QFileSystemWatcher,
    QLoggingCategory,
    QObject,
    Signal,
    Slot,
)

from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.device_files import DEVICE_FOLDER, linux_cameras
from facemotion.vision.sources.specs import SourceSpec

logger = logging.getLogger(__name__)

GUESSED_COUNT = 2
"""Cameras offered by number where nothing tells how many there are."""


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

    On Linux the device files tell names and changes. Elsewhere QtMultimedia does; where it is
    missing, plain numbers stand in for it.

    Args:
        parent: Qt parent.

    Signals:
        changed(): A camera came or went.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_linux = sys.platform.startswith("linux")
        self._multimedia: Any = None if self._is_linux else _import_multimedia()
        self._devices: Any = None
        self._numbers: list[int] = []
        if self._is_linux:
            self._numbers = [entry.index for entry in self.entries()]
            self._devices = QFileSystemWatcher([str(DEVICE_FOLDER)], self)
            self._devices.directoryChanged.connect(self._on_device_files)
        elif self._multimedia is not None:
            self._devices = self._multimedia.QMediaDevices(self)
            self._devices.videoInputsChanged.connect(self._on_changed)

    @property
    def has_names(self) -> bool:
        """Whether the system tells which cameras there are."""
        return self._is_linux or self._multimedia is not None

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
            is_default = device_id == preferred
            entries.append(CameraEntry(position, device.description(), is_default))
        return entries

    @Slot()
    def _on_device_files(self) -> None:
        numbers = [entry.index for entry in self.entries()]
        if numbers != self._numbers:  # many other devices come and go in the same folder
            self._numbers = numbers
            self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        logger.info("cameras: %s", ", ".join(entry.name for entry in self.entries()) or "none")
        self.changed.emit()


def entries_without_window() -> list[CameraEntry]:
    """The cameras for a program that has no window, and maybe no Qt application yet."""
    return CameraList(QCoreApplication.instance() or QCoreApplication([])).entries()


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
        cameras = linux_cameras()
    else:
        cameras = {index: f"Camera {index + 1}" for index in range(GUESSED_COUNT)}
    first = min(cameras, default=0)
    return [CameraEntry(index, name, index == first) for index, name in cameras.items()]
