"""Debug mode: saves the faces that the emotion model reads, and shows what they say."""

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QPushButton, QStatusBar, QWidget

from facemotion.analysis.debug_folder import DebugFace
from facemotion.core.face_sampler import FaceSampler
from facemotion.core.types import FaceResult, FrameResult
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.ui.about_dialog import open_folder
from facemotion.ui.actions import Actions
from facemotion.ui.debug_saver import DebugSaver
from facemotion.ui.message_banner import Help, MessageBanner
from facemotion.ui.notice import NoticeKind
from facemotion.ui.session import SHUTDOWN_MS, LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.thread_end import has_ended

if TYPE_CHECKING:
    from facemotion.ui.debug_page import DebugPage

DEBUG = "debug"
MARK = "●"


class DebugDesk(QObject):
    """Between the debug commands, the session and the thread that writes; GUI thread.

    Args:
        session: Its results hold the faces.
        banner: Says what is saved where, or why not.
        status: Gets the mark that is seen while debug mode is on.
        actions: The window's commands.
        keeper: The settings.
        paths: Where the faces go.
        window: Parent of the page.
    """

    def __init__(
        self,
        session: LiveSession,
        banner: MessageBanner,
        status: QStatusBar,
        actions: Actions,
        keeper: SettingsKeeper,
        paths: AppPaths,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._banner = banner
        self._actions = actions
        self._keeper = keeper
        self._root = paths.debug_dir
        self._window = window
        self._saver: DebugSaver | None = None
        self._ending: list[DebugSaver] = []
        self._sampler = FaceSampler(keeper.settings.debug.faces_per_s)
        self._folder: Path | None = None
        self._page: DebugPage | None = None
        self._mark = _make_mark(status)
        self._show_count(0)
        self._mark.clicked.connect(self.open_report)
        actions.connect("debug", self._set_enabled)
        actions.connect("debug_report", self.open_report)
        session.result_ready.connect(self._on_result)
        keeper.changed.connect(self._on_settings_changed)
        self._follow(keeper.settings)

    @property
    def is_saving(self) -> bool:
        """Whether faces are being saved."""
        return self._saver is not None

    @property
    def folder(self) -> Path | None:
        """Where faces were saved last, or None when none were."""
        return self._folder

    @property
    def page(self) -> "DebugPage | None":
        """The report's page while it is open."""
        return self._page

    @property
    def mark(self) -> QPushButton:
        """The mark in the status bar."""
        return self._mark

    def shutdown(self) -> bool:
        """End writing and wait for it, for a bounded time.

        Returns:
            Whether it ended.
        """
        self._stop_saver()
        if self._page is not None:
            self._page.close()
        ends = [has_ended(saver, SHUTDOWN_MS) for saver in self._ending]
        return all(ends)

    @Slot()
    def open_report(self) -> None:
        """Show what the faces saved last say."""
        from facemotion.ui.debug_page import DebugPage

        if self._page is None:
            self._page = DebugPage(self._root, self._window)
            self._page.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self._page.destroyed.connect(self._forget_page)
            self._page.show()
        else:
            self._page.raise_()
            self._page.activateWindow()
        self._page.show_folder(self._folder)

    @Slot()
    def _forget_page(self) -> None:
        self._page = None

    # ----- on and off

    @Slot(bool)
    def _set_enabled(self, is_on: bool) -> None:
        self._keeper.update("debug", is_enabled=is_on)

    @Slot(object, object)
    def _on_settings_changed(self, old: Settings, new: Settings) -> None:
        if old.debug != new.debug:
            self._follow(new)

    def _follow(self, settings: Settings) -> None:
        debug = settings.debug
        self._actions["debug"].setChecked(debug.is_enabled)
        self._sampler = FaceSampler(debug.faces_per_s)
        self._stop_saver()
        if debug.is_enabled:
            self._start_saver(debug.most_faces)
        self._mark.setVisible(debug.is_enabled)

    def _start_saver(self, most: int) -> None:
        saver = DebugSaver(self._root, most, self)
        saver.saved.connect(self._on_saved)
        saver.filled.connect(self._on_filled)
        saver.failed.connect(self._on_failed)
        saver.finished.connect(self._on_finished)
        self._saver = saver
        self._show_count(0)
        saver.start()
        self._say(
            NoticeKind.WARNING,
            self.tr(
                "Debug mode: pictures of the faces in view are being saved on this computer. Tell "
                "the people, and delete the pictures when the fault is found."
            ),
        )

    def _stop_saver(self) -> None:
        if self._saver is None:
            return
        self._saver.stop()
        self._ending.append(self._saver)
        self._saver = None
        self._banner.clear(DEBUG)

    @Slot()
    def _on_finished(self) -> None:
        ended = [saver for saver in self._ending if saver.isFinished()]
        self._ending = [saver for saver in self._ending if saver not in ended]
        for saver in ended:
            saver.deleteLater()

    # ----- faces

    @Slot()
    def _on_result(self) -> None:
        result, models = self._session.latest_result(), self._session.models_info
        if self._saver is None or result is None or models is None:
            return
        model_id, clock = models.emotion_model_id or "", datetime.now()
        readable = {face.track_id: face for face in result.faces if _is_readable(face)}
        for track_id in self._sampler.take(list(readable), time.monotonic()):
            self._saver.put(_debug_face(readable[track_id], result, clock, model_id))

    @Slot(object, int)
    def _on_saved(self, folder: Path, count: int) -> None:
        if self.sender() is self._saver:
            self._folder = folder
            self._show_count(count)

    @Slot(object)
    def _on_filled(self, folder: Path) -> None:
        if self.sender() is not self._saver:
            return
        most = self._keeper.settings.debug.most_faces
        self._mark.setText(self.tr("{mark} {count} faces: full").format(mark=MARK, count=most))
        self._say(
            NoticeKind.INFO,
            self.tr(
                "Debug mode has saved {count} faces, as many as it may (Settings → Debug mode), "
                "and saves no more of them. They are in {folder}"
            ).format(count=most, folder=folder),
            (self.tr("Show report"), self.open_report),
            (self.tr("Open folder"), self._open_folder),
        )

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        if self.sender() is not self._saver:
            return
        self._keeper.update("debug", is_enabled=False)
        words = self.tr("Debug mode is off: {reason}").format(reason=sentence)
        self._banner.say(DEBUG, NoticeKind.ERROR, words)

    def _say(self, kind: NoticeKind, sentence: str, *helps: Help) -> None:
        off = (self.tr("Switch off"), self._switch_off)
        self._banner.say(DEBUG, kind, sentence, *helps, off)

    def _switch_off(self) -> None:
        self._keeper.update("debug", is_enabled=False)

    def _open_folder(self) -> None:
        open_folder(self._folder or self._root)

    def _show_count(self, count: int) -> None:
        most = self._keeper.settings.debug.most_faces
        words = self.tr("{mark} saving faces: {count} of {most}")
        self._mark.setText(words.format(mark=MARK, count=count, most=most))
        place = self._folder if count and self._folder is not None else self._root
        self._mark.setToolTip(
            self.tr("Debug mode saves faces in {folder}. Click for the report.").format(
                folder=place
            )
        )
        self._mark.setAccessibleName(self._mark.text())


def _make_mark(status: QStatusBar) -> QPushButton:
    mark = QPushButton(status)
    mark.setObjectName("debug_mark")
    mark.setFlat(True)
    mark.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    mark.setStyleSheet("QPushButton { color: #d6453d; padding: 0 6px; border: none; }")
    status.insertPermanentWidget(1, mark)  # behind the source, the only one that is not permanent
    mark.hide()
    return mark


def _is_readable(face: FaceResult) -> bool:
    return face.emotion_crop is not None and face.emotion.raw_probs is not None


def _debug_face(face: FaceResult, result: FrameResult, clock: datetime, model_id: str) -> DebugFace:
    crop, probs = face.emotion_crop, face.emotion.raw_probs
    assert crop is not None
    assert probs is not None
    return DebugFace(crop, probs, face.track_id, result.frame.time_s, clock, face.quality, model_id)
