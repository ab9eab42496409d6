"""What happens once the window can be seen, and when facemotion is started a second time."""

import logging

from PySide6.QtCore import QEvent, QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QFileOpenEvent
from PySide6.QtWidgets import QApplication, QDialog

from facemotion.core.errors import OutputError, SourceError
from facemotion.store.layout import LayoutStore
from facemotion.store.paths import HOME_VARIABLE, AppPaths
from facemotion.store.session_mark import LastEnd
from facemotion.ui.main_window import MainWindow
from facemotion.ui.notice import NoticeKind
from facemotion.ui.start_clock import StartClock
from facemotion.vision.sources.specs import SourceSpec, parse_source

logger = logging.getLogger(__name__)

PROBLEMS, CRASH, FOLDERS, CALL = "problems", "crash", "folders", "call"


class StartDesk(QObject):
    """Consent, cameras, models and the first source; GUI thread.

    Args:
        window: The main window, not yet shown.
        paths: The user's folders.
        spec: The source asked for on the command line, or None.
    """

    def __init__(self, window: MainWindow, paths: AppPaths, spec: SourceSpec | None) -> None:
        super().__init__(window)
        self._window = window
        self._paths = paths
        self._spec = spec
        self._has_begun = False
        self._is_careful = False
        self.is_clean = True
        self._clock = StartClock(window, window.session)
        self._clock.window_seen.connect(self._begin)
        window.closed.connect(self._on_closed)

    def tell_problems(self, sentences: list[str]) -> None:
        """Say what is wrong with the settings or the language."""
        if sentences:
            self._window.pane.banner.say(PROBLEMS, NoticeKind.WARNING, " ".join(sentences))

    def tell_unwritable(self, folders: list[str]) -> None:
        """Say that nothing can be kept."""
        if not folders:
            return
        sentence = self.tr(
            "These folders cannot be written, so what belongs there (settings, people, the log) is "
            "not kept: {folders}. Make them writable, or set {variable} to a folder of your own, "
            "then start facemotion again."
        ).format(folders=", ".join(folders), variable=HOME_VARIABLE)
        logger.warning("%s", sentence)  # on the terminal, where there is no log
        self._window.pane.banner.say(FOLDERS, NoticeKind.WARNING, sentence)

    def tell_last_end(self, last_end: LastEnd) -> None:
        """Say that the last window did not end in order.

        After a crash at the start the last source is not opened by itself: a camera's driver that
        takes the program down would do so at every start.
        """
        if last_end is LastEnd.IN_ORDER:
            return
        sentences = [
            self.tr("facemotion ended unexpectedly last time."),
            self.tr("Your settings and people are as they were; the log folder says more."),
        ]
        self._is_careful = last_end is LastEnd.AT_START and self._spec is None
        if self._is_careful:
            words = self.tr("The last source is not opened by itself: choose it under Source.")
            sentences.insert(1, words)
        self._window.pane.banner.say(
            CRASH,
            NoticeKind.WARNING,
            " ".join(sentences),
            (self.tr("Open log folder"), self.open_log_folder),
        )

    @Slot()
    def open_log_folder(self) -> None:
        """Show the log files in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._paths.log_dir)))

    @Slot(str)
    def come_to_front(self, source: str = "") -> None:
        """Answer another start of the program.

        Args:
            source: What it shall show, as on the command line; empty for nothing new.
        """
        self._raise_window()
        if not source:
            return
        try:
            spec = parse_source(source)
        except SourceError as error:
            self._window.pane.banner.say(CALL, NoticeKind.ERROR, str(error))
            return
        self._spec = spec
        if self._has_begun:
            self._window.sources.show_source(spec)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Open what is double-clicked on macOS, which tells the application and no command line."""
        if isinstance(event, QFileOpenEvent):
            self.come_to_front(event.file() or event.url().toString())
            return True
        return super().eventFilter(watched, event)

    def _raise_window(self) -> None:
        window = self._window
        if window.isMinimized():
            window.showNormal()
        window.show()
        window.raise_()
        window.activateWindow()
        QApplication.alert(window)  # where the system lets no program push itself forward

    @Slot()
    def _begin(self) -> None:
        """Ask for consent where that is still to be done, then go on."""
        if not self._has_consent():
            self._window.close()
            return
        self._has_begun = True
        self._window.models.load()
        self._window.sources.find_cameras()
        if not self._is_careful or self._spec is not None:
            self._window.sources.show_first(self._spec)
        # While the models are loaded: later it would hold up the picture.
        self._window.chart.build_soon()

    @Slot(bool)
    def _on_closed(self, is_clean: bool) -> None:
        """Remember how the threads ended."""
        self.is_clean = is_clean

    def _has_consent(self) -> bool:
        store = LayoutStore(self._paths.data_dir)
        if store.is_consent_given():
            return True
        from facemotion.ui.consent_dialog import ConsentDialog

        if ConsentDialog(self._window).exec() != QDialog.DialogCode.Accepted:
            return False
        try:
            store.give_consent()
        except OutputError as error:
            logger.warning("the consent is asked for again next time: %s", error)
        return True
