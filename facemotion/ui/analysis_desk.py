"""Opens the analysis of files and says in the window how it goes while its dialog is closed."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from facemotion.core.errors import ModelError
from facemotion.store.gallery import GalleryStore
from facemotion.store.paths import AppPaths
from facemotion.ui.actions import Actions
from facemotion.ui.icons import Icons
from facemotion.ui.message_banner import MessageBanner
from facemotion.ui.model_desk import emotion_model
from facemotion.ui.notice import NoticeKind
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper

if TYPE_CHECKING:
    from facemotion.analysis.equipment import Equipment
    from facemotion.ui.analysis_dialog import AnalysisDialog

ANALYSIS = "analysis"
MEMORY_NAME = "analysis.json"


class AnalysisDesk(QObject):
    """Between the window and the analysis of files; GUI thread.

    What the analysis needs is imported when it is asked for: the window opens earlier without.

    Args:
        session: Says which models are in use.
        store: The enrolled people.
        keeper: The settings.
        banner: Says how it goes while the dialog is closed.
        actions: The window's commands.
        icons: For the dialog.
        paths: The user's folders; choices are remembered there.
        window: Parent of the dialog.
    """

    def __init__(
        self,
        session: LiveSession,
        store: GalleryStore,
        keeper: SettingsKeeper,
        banner: MessageBanner,
        actions: Actions,
        icons: Icons,
        paths: AppPaths,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._store = store
        self._keeper = keeper
        self._banner = banner
        self._icons = icons
        self._memory = paths.data_dir / MEMORY_NAME
        self._window = window
        self._dialog: AnalysisDialog | None = None
        actions.connect("analyse", self.open)

    @property
    def dialog(self) -> "AnalysisDialog | None":
        """The dialog, open or not, once it was opened."""
        return self._dialog

    @Slot()
    def open(self) -> None:
        """Show the dialog."""
        if self._dialog is None:
            self._dialog = self._make_dialog()
        self._banner.clear(ANALYSIS)
        if self._dialog.isVisible():
            self._dialog.raise_()
            self._dialog.activateWindow()
        else:
            self._dialog.show()

    def shutdown(self) -> bool:
        """Stop the work, at the end of the window's life; whether every process has ended."""
        if self._dialog is None:
            return True
        self._dialog.close()
        return self._dialog.shutdown()

    def equipment(self) -> "Equipment":
        """The models in use, with the people and settings of now.

        Raises:
            ModelError: No models are loaded.
        """
        info = self._session.models_info
        if info is None:
            raise ModelError(
                self.tr(
                    "No models are loaded, so that nothing can be analysed. Wait a moment, or "
                    "get a model pack under Tools → Model packs."
                )
            )
        from facemotion.analysis.equipment import Equipment

        return Equipment(info.pack_dir, emotion_model(), self._store.folder, self._keeper.settings)

    def _make_dialog(self) -> "AnalysisDialog":
        from facemotion.analysis.batch import default_process_count
        from facemotion.ui.analysis_dialog import AnalysisDialog

        # One processor is left to the picture.
        count = max(1, default_process_count(self._keeper.settings.inference.provider, 64) - 1)
        dialog = AnalysisDialog(self.equipment, self._memory, count, self._icons, self._window)
        dialog.finished.connect(self._on_hidden)
        dialog.work.finished.connect(self._on_work_finished)
        return dialog

    @Slot()
    def _on_hidden(self) -> None:
        if self._dialog is not None and self._dialog.work.is_running:
            self._say(NoticeKind.INFO, self.tr("The analysis of files goes on."))

    @Slot()
    def _on_work_finished(self) -> None:
        if self._dialog is None or self._dialog.isVisible():
            return
        from facemotion.analysis.jobs import JobState

        queue = self._dialog.queue
        done = len(queue.in_state(JobState.DONE, JobState.PARTLY))
        failed = len(queue.in_state(JobState.FAILED))
        if failed:
            sentence = self.tr("The analysis of files is over: {done} done, {failed} failed.")
            self._say(NoticeKind.WARNING, sentence.format(done=done, failed=failed))
        else:
            sentence = self.tr("The analysis of files is over: {done} done.")
            self._say(NoticeKind.SUCCESS, sentence.format(done=done))

    def _say(self, kind: NoticeKind, sentence: str) -> None:
        self._banner.say(ANALYSIS, kind, sentence, (self.tr("Show"), self.open))
