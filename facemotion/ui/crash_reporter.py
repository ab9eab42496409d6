"""The last resort: an error nobody expected is logged and shown, and the program goes on."""

import logging
import platform
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from facemotion.version import __version__

logger = logging.getLogger(__name__)


class CrashReporter(QObject):
    """Takes Python's except hooks; lives in the GUI thread, hears from every thread.

    Args:
        log_dir: Folder of the log files.
        parent: Qt parent.

    Signals:
        crashed(str): The program's version and a traceback; may come from any thread.
    """

    crashed = Signal(str)

    def __init__(self, log_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._log_dir = log_dir
        self._box: QMessageBox | None = None
        self._old_hooks = (sys.excepthook, threading.excepthook)
        self.crashed.connect(self._show, Qt.ConnectionType.QueuedConnection)

    @property
    def box(self) -> QMessageBox | None:
        """The open dialog, or None."""
        return self._box

    def install(self) -> None:
        """Take over from now on."""
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def uninstall(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._old_hooks

    def _on_exception(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        logger.critical("unexpected error", exc_info=(kind, error, trace))
        lines = traceback.format_exception(kind, error, trace)
        self.crashed.emit("".join([_about(), *lines]))

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)

    @Slot(str)
    def _show(self, text: str) -> None:
        if self._box is not None:
            return  # one dialog says it; the log has every error
        box = QMessageBox(
            QMessageBox.Icon.Critical,
            self.tr("Unexpected error: facemotion"),
            self.tr("Something went wrong that should not."),
            parent=QApplication.activeWindow(),
        )
        box.setInformativeText(
            self.tr(
                "The program goes on, and your settings are kept. The details are in the log; "
                "please report them."
            )
        )
        box.setDetailedText(text)
        copy = box.addButton(self.tr("Copy details"), QMessageBox.ButtonRole.ActionRole)
        folder = box.addButton(self.tr("Open log folder"), QMessageBox.ButtonRole.ActionRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Close))
        for button in (copy, folder):
            button.clicked.disconnect()  # these two do something and leave the dialog open
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        folder.clicked.connect(self._open_folder)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.finished.connect(self._forget)
        self._box = box
        box.open()

    @Slot()
    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_dir)))

    @Slot()
    def _forget(self) -> None:
        self._box = None


def _about() -> str:
    """What a report has to say first."""
    return f"facemotion {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
