"""Builds the window from its parts, runs it, and ends it in order."""

import argparse
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import cv2
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from facemotion.core.errors import FacemotionError, OutputError, SourceError
from facemotion.last_words import is_without_console
from facemotion.store.gallery import GalleryStore
from facemotion.store.logs import logging_to
from facemotion.store.paths import APP_NAME, AppPaths
from facemotion.store.session_mark import SessionMark
from facemotion.store.settings import Settings, load_settings
from facemotion.ui.crash_reporter import CrashReporter
from facemotion.ui.display import display_problem
from facemotion.ui.garbage import GarbageInGuiThread
from facemotion.ui.icons import app_icon
from facemotion.ui.language import install_translation
from facemotion.ui.main_window import MainWindow
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.single_instance import Place, SingleInstance, instance_name
from facemotion.ui.source_making import SourceMaking
from facemotion.ui.start_desk import StartDesk
from facemotion.ui.theme import Theme, ThemeMode
from facemotion.version import __version__
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec, parse_source

logger = logging.getLogger(__name__)

NO_ANSWER = (
    "A window of facemotion is open and does not answer. Wait until it does, end it, or open "
    "another one with --new-window."
)


def main(argv: Sequence[str]) -> int:
    """Open the window and stay until it is closed.

    Args:
        argv: Arguments without the program's name.

    Returns:
        The exit code.
    """
    options = _parse(argv)
    problem = display_problem()
    if problem:
        _tell(f"facemotion: {problem}", has_display=False)
        return 1
    try:
        spec = parse_source(options.source) if options.source else None
        return _run(AppPaths.default(), options, spec)
    except FacemotionError as error:
        _tell(f"facemotion: {error}")
        return 2 if isinstance(error, SourceError) else 1


def _tell(sentence: str, has_display: bool = True) -> None:
    """Say why there is no window: on the terminal and, after a double-click, in a box."""
    if sys.stderr is not None:
        sys.stderr.write(f"{sentence}\n")
    if has_display and is_without_console():
        make_application()
        QMessageBox.critical(None, "facemotion", sentence)


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
    parser.add_argument("--source", nargs="?")
    parser.add_argument("--pack", default="")
    parser.add_argument("--gallery", type=Path)
    parser.add_argument("--language", default="")
    parser.add_argument("--new-window", action="store_true")
    return parser.parse_args(list(argv))


def _run(paths: AppPaths, options: argparse.Namespace, spec: SourceSpec | None) -> int:
    app = make_application()
    instance = SingleInstance(_instance_name(paths, options), app)
    if not options.new_window:
        place = instance.begin(_handed_over(spec))
        if place is Place.NO_ANSWER:
            raise OutputError(NO_ANSWER)
        if place is Place.HANDED_OVER:
            return 0
    unwritable = paths.create_what_can_be()
    mark = SessionMark(paths.log_dir)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OutputError):  # the folder is among the unwritable ones
            stack.enter_context(logging_to(paths.log_file))
        stack.callback(instance.end)
        last_end = mark.begin()
        stack.callback(mark.end)
        stack.callback(_quit_on_signals(app))
        stack.callback(GarbageInGuiThread(app).stop)
        window, start = _open(app, paths, options, spec)
        start.tell_last_end(last_end)
        start.tell_unwritable([str(folder) for folder in unwritable])
        instance.called.connect(start.come_to_front)
        stack.callback(_report_crashes(paths, window))
        window.show()
        code = app.exec()
        if not start.is_clean:
            mark.end()
            _leave_at_once(code)
    return code


def _open(
    app: QApplication, paths: AppPaths, options: argparse.Namespace, spec: SourceSpec | None
) -> tuple[MainWindow, StartDesk]:
    """The window as the settings say, not yet shown."""
    settings, problems = load_settings(paths.settings_file)
    untranslated = install_translation(app, options.language or settings.display.language)
    if untranslated:
        problems.append(untranslated)
    window = build_window(app, paths, settings, options.gallery, options.pack or "")
    start = StartDesk(window, paths, spec)
    start.tell_problems(problems)
    app.installEventFilter(start)
    return window, start


def _instance_name(paths: AppPaths, options: argparse.Namespace) -> str:
    """A start with other folders, another pack or another language opens a window of its own."""
    gallery = str(options.gallery.absolute()) if options.gallery else ""
    folders = (str(paths.config_dir), str(paths.data_dir))
    return instance_name((*folders, gallery, options.pack or "", options.language))


def _handed_over(spec: SourceSpec | None) -> str:
    """A source as text that means the same in another working directory."""
    if spec is None:
        return ""
    is_path = spec.kind in (SourceKind.VIDEO, SourceKind.IMAGE, SourceKind.FOLDER)
    return str(Path(spec.location).absolute()) if is_path else spec.text


def _report_crashes(paths: AppPaths, window: MainWindow) -> Callable[[], None]:
    """Show unexpected errors from now on; returns what ends that."""
    reporter = CrashReporter(paths.log_dir, window)
    reporter.crashed.connect(window.keep)
    reporter.install()
    return reporter.uninstall


def _quit_on_signals(app: QApplication) -> Callable[[], None]:
    """End in order on Ctrl-C and on the system's wish; returns what undoes that.

    Python runs a handler at its next instruction, for which the window's status timer provides.
    """

    def quit_soon(_number: int, _frame: FrameType | None) -> None:
        QTimer.singleShot(0, app.quit)  # heard as well when the event loop is yet to begin

    handlers = {
        number: signal.signal(number, quit_soon) for number in (signal.SIGINT, signal.SIGTERM)
    }

    def undo() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    return undo


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
