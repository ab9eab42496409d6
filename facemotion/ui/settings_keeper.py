"""The settings in force: one place that changes them, tells everybody and saves them."""

import dataclasses
import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from facemotion.core.errors import FacemotionError
from facemotion.store.settings import Settings, save_settings

logger = logging.getLogger(__name__)

SAVE_DELAY_MS = 400


class SettingsKeeper(QObject):
    """Holds the settings; GUI thread.

    Args:
        settings: As read at the start.
        path: The settings file.
        parent: Qt parent.

    Signals:
        changed(Settings, Settings): The old and the new settings.
        save_failed(str): The file cannot be written.
    """

    changed = Signal(object, object)
    save_failed = Signal(str)

    def __init__(self, settings: Settings, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._path = path
        self._timer = QTimer(self, singleShot=True, interval=SAVE_DELAY_MS)
        self._timer.timeout.connect(self.save)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    @Slot(object)
    def replace(self, settings: Settings) -> None:
        """Use other settings from now on; they are saved a moment later."""
        if settings == self._settings:
            return
        old, self._settings = self._settings, settings
        self._timer.start()
        self.changed.emit(old, settings)

    def update(self, group: str, **values: Any) -> None:
        """Change some values of one group.

        Raises:
            TypeError: There is no such value.
            ValueError: A value is not allowed.
        """
        changed = dataclasses.replace(getattr(self._settings, group), **values)
        self.replace(dataclasses.replace(self._settings, **{group: changed}))

    @Slot()
    def save(self) -> None:
        """Write the file now."""
        self._timer.stop()
        try:
            save_settings(self._path, self._settings)
        except FacemotionError as error:
            logger.warning("settings: %s", error)
            self.save_failed.emit(str(error))

    def flush(self) -> None:
        """Write what is not written yet."""
        if self._timer.isActive():
            self.save()
