"""Builds the window from its parts, runs it, and ends it in order."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox

from facemotion.core.errors import FacemotionError, SourceError
from facemotion.store.gallery import GalleryStore
from facemotion.store.layout import LayoutStore
from facemotion.store.logs import logging_to
from facemotion.store.paths import APP_NAME, AppPaths
from facemotion.store.settings import Settings, load_settings
from facemotion.ui.crash_reporter import CrashReporter
from facemotion.ui.icons import app_icon
from facemotion.ui.language import install_translation
from facemotion.ui.main_window import MainWindow
from facemotion.ui.notice import NoticeKind
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.source_making import SourceMaking
from facemotion.ui.theme import Theme, ThemeMode
from facemotion.version import __version__
from facemotion.vision.sources.specs import SourceSpec, parse_source

logger = logging.getLogger(__name__)

PROBLEMS = "problems"
NO_DISPLAY = (
    "facemotion: there is no display to open a window on. Start it on a desktop, or use "
    "“facemotion analyze INPUT --out DIR”, which needs none."
)


def main(argv: Sequence[str]) -> int:
    """Open the window and stay until it is closed.

    Args:
        argv: Arguments without the program's name.

    Returns:
        The exit code.
    """
    options = _parse(argv)
    if not has_display():
        _tell(NO_DISPLAY)
        return 1
    try:
        spec = parse_source(options.source) if options.source else None
        paths = AppPaths.default()
        paths.create()
        with logging_to(paths.log_file):
            return _run(paths, options, spec)
    except FacemotionError as error:
        _tell(f"facemotion: {error}")
        return 2 if isinstance(error, SourceError) else 1


def _tell(sentence: str) -> None:
    """Say why there is no window: on the terminal, or in a box where there is no terminal."""
    if sys.stderr is not None:
        sys.stderr.write(f"{sentence}\n")
        return
    make_application()
    QMessageBox.critical(None, "facemotion", sentence)


def has_display() -> bool:
    """Whether Qt can open a window here; without a display it would abort the process."""
    if not sys.platform.startswith("linux"):
        return True
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform and platform.partition(":")[0] not in ("xcb", "wayland"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def build_window(
    app: QApplication,
    paths: AppPaths,
    settings: Settings,
    gallery_dir: Path | None = None,
    pack_choice: str = "",
) -> MainWindow:
    """The main window with everything that it needs, not yet shown.

    Args:
        app: The application.
        paths: The user's folders.
        settings: As read at the start.
        gallery_dir: Another gallery than the user's own, or None.
        pack_choice: Pack named on the command line; empty for none.
    """
    theme = Theme(app)
    theme.apply(ThemeMode(settings.display.theme))
    keeper = SettingsKeeper(settings, paths.settings_file, app)
    store = GalleryStore(gallery_dir or paths.gallery_dir)
    maker = SourceMaking(keeper)
    session = LiveSession(maker.make, store.index, app)
    window = MainWindow(session, keeper, store, paths, theme, pack_choice)
    for part in (theme, keeper, session):
        part.setParent(window)  # they live as long as the window does
    return window


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=APP_NAME)
    parser.add_argument("--source")
    parser.add_argument("--pack", default="")
    parser.add_argument("--gallery", type=Path)
    parser.add_argument("--language", default="")
    return parser.parse_args(list(argv))


def _run(paths: AppPaths, options: argparse.Namespace, spec: SourceSpec | None) -> int:
    app = make_application()
    reporter = CrashReporter(paths.log_dir, app)
    reporter.install()
    handlers = _quit_on_signals(app)
    try:
        settings, problems = load_settings(paths.settings_file)
        untranslated = install_translation(app, options.language or settings.display.language)
        if untranslated:
            problems.append(untranslated)
        window = build_window(app, paths, settings, options.gallery, options.pack or "")
        start = _Start(window, paths, spec)
        window.closed.connect(start.on_closed)
        if problems:
            window.pane.banner.say(PROBLEMS, NoticeKind.WARNING, " ".join(problems))
        window.show()
        QTimer.singleShot(0, start.begin)
        code = app.exec()
        return code if start.is_clean else _leave_at_once(code)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        reporter.uninstall()


def _quit_on_signals(app: QApplication) -> dict[signal.Signals, Any]:
    """End in order on Ctrl-C and on the system's wish; returns the handlers until now.

    Python runs a handler at its next instruction, for which the window's status timer provides.
    """
    return {
        number: signal.signal(number, lambda *_details: app.quit())
        for number in (signal.SIGINT, signal.SIGTERM)
    }


class _Start:
    """What happens once the window can be seen: consent, cameras, models, the first source."""

    def __init__(self, window: MainWindow, paths: AppPaths, spec: SourceSpec | None) -> None:
        self._window = window
        self._paths = paths
        self._spec = spec
        self.is_clean = True

    def begin(self) -> None:
        """Ask for consent where that is still to be done, then go on."""
        if not self._has_consent():
            self._window.close()
            return
        self._window.models.load()
        self._window.sources.find_cameras()
        self._window.sources.show_first(self._spec)

    def on_closed(self, is_clean: bool) -> None:
        """Remember how the threads ended."""
        self.is_clean = is_clean

    def _has_consent(self) -> bool:
        store = LayoutStore(self._paths.data_dir)
        if store.is_consent_given():
            return True
        from facemotion.ui.consent_dialog import ConsentDialog

        if ConsentDialog(self._window).exec() != QDialog.DialogCode.Accepted:
            return False
        store.give_consent()
        return True


def make_application() -> QApplication:
    """The one application object, made when there is none yet."""
    # opencv-python points Qt at its own plug-ins, which do not fit PySide6.
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        os.environ.pop(name, None)
    # OpenCV's own threads would take the processors from the models and the window; its work on
    # one frame takes a few milliseconds on one thread.
    cv2.setNumThreads(1)
    QCoreApplication.setApplicationName(APP_NAME)
    QCoreApplication.setApplicationVersion(__version__)
    app = QApplication.instance() or QApplication([APP_NAME])
    assert isinstance(app, QApplication)
    app.setApplicationDisplayName("facemotion")
    app.setDesktopFileName(APP_NAME)
    app.setWindowIcon(app_icon())
    return app


def _leave_at_once(code: int) -> int:
    """A thread hangs in a driver: Python would wait for it for ever, and Qt would abort."""
    logger.error("leaving with a thread that did not end")
    logging.shutdown()
    if sys.stderr is not None:
        sys.stderr.flush()
    os._exit(code)
