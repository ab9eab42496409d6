"""Starts and ends recordings, and says how they are doing."""

import logging
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from facemotion.store.markers import Marker
from facemotion.store.session_folder import SessionStore
from facemotion.store.session_info import SessionInfo, SessionModels, SessionSource
from facemotion.store.settings import Settings, flat_settings
from facemotion.ui.actions import Actions
from facemotion.ui.message_banner import MessageBanner
from facemotion.ui.notice import NoticeKind
from facemotion.ui.recording_label import RecordingLabel
from facemotion.ui.session import SHUTDOWN_MS, LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.thread_end import has_ended
from facemotion.ui.words import duration_words

if TYPE_CHECKING:
    from facemotion.ui.recorder import Recorder

logger = logging.getLogger(__name__)

RECORDING = "recording"
REFRESH_MS = 250


class RecordDesk(QObject):
    """Between the record command, the session and the thread that writes; GUI thread.

    A recording goes on through pauses, seeks, loops and changes of source: its time is the time
    that passed. It ends when the user ends it, when the source ends, fails or is closed, and with
    the window.

    Args:
        session: What is recorded.
        banner: Says where a recording is, or why it is not.
        label: Shows how it is doing.
        actions: The window's commands.
        keeper: The settings.
        store: Where sessions lie.
        parent: Qt parent.

    Signals:
        recording_changed(bool): Whether there is a recording now.
        recorded(SessionInfo): A recording is whole.
    """

    recording_changed = Signal(bool)
    recorded = Signal(object)

    def __init__(
        self,
        session: LiveSession,
        banner: MessageBanner,
        label: RecordingLabel,
        actions: Actions,
        keeper: SettingsKeeper,
        store: SessionStore,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._banner = banner
        self._label = label
        self._actions = actions
        self._keeper = keeper
        self._store = store
        self._threshold: float | None = None
        self._recorder: Recorder | None = None
        self._is_ending = False
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self._refresh_label)
        actions.connect("record", self.toggle)
        keeper.changed.connect(self._on_settings_changed)
        session.source_opened.connect(self._on_source_opened)
        session.ended.connect(self.stop)
        session.source_stopped.connect(self._on_source_gone)
        session.source_failed.connect(self._on_source_gone)
        self.refresh()

    @property
    def is_recording(self) -> bool:
        """Whether there is a recording that takes in pictures."""
        return self._recorder is not None and not self._is_ending

    @property
    def is_busy(self) -> bool:
        """Whether there is a recording, or one that is being brought to its end."""
        return self._recorder is not None

    @property
    def folder(self) -> Path | None:
        """Where the present recording lies, or None."""
        return self._recorder.folder if self._recorder is not None else None

    @Slot(float)
    def set_threshold(self, threshold: float) -> None:
        """Cosine similarity that counts as 50 %."""
        self._threshold = threshold
        self._send_draw_options(self._keeper.settings)

    # ----- start and end

    @Slot()
    def toggle(self) -> None:
        """Record, or end the recording."""
        if self._recorder is None:
            self.start()
        else:
            self.stop()

    @Slot()
    def start(self) -> None:
        """Record what is shown from now on; without a source, and while one runs, nothing."""
        info = self._session.source_info
        if self._recorder is not None or info is None:
            return
        from facemotion.analysis.session_recording import RecordingPlan
        from facemotion.ui.recorder import Recorder

        settings = self._keeper.settings.recording
        plan = RecordingPlan(
            self._store, self._describe(), settings.has_annotated, settings.has_clean
        )
        recorder = Recorder(plan, self)
        recorder.done.connect(self._on_done)
        recorder.failed.connect(self._on_failed)
        recorder.finished.connect(self._on_finished)
        self._recorder, self._is_ending = recorder, False
        self._send_draw_options(self._keeper.settings)
        self._banner.clear(RECORDING)
        self._put_what_is_shown(recorder)
        self._session.watch(recorder.put_picture, recorder.put_result)
        recorder.start()
        self._timer.start()
        self.refresh()
        self.recording_changed.emit(True)

    @Slot()
    def stop(self) -> None:
        """End the recording; the files are closed in its own thread."""
        if self._recorder is None or self._is_ending:
            return
        self._is_ending = True
        self._session.watch(None, None)
        self._recorder.stop()
        self.refresh()

    def mark(self, marker: Marker, at_s: float) -> None:
        """Stamp a moment of the recording, if there is one.

        Args:
            marker: Its time is replaced by the recording's.
            at_s: The moment (monotonic clock).
        """
        if self._recorder is not None:
            self._recorder.mark(marker, at_s)

    def shutdown(self) -> bool:
        """End the recording with the window and wait for it, for a bounded time.

        Returns:
            Whether it ended; a disk that does not answer may keep it.
        """
        self._timer.stop()
        recorder = self._recorder
        if recorder is None:
            return True
        self.stop()
        if recorder.wait(SHUTDOWN_MS // 2):
            return True
        recorder.hurry()
        if has_ended(recorder, SHUTDOWN_MS):
            return True
        logger.error("the recording did not end in time")
        return False

    def _describe(self) -> SessionInfo:
        source, models = self._session.source_info, self._session.models_info
        settings = self._keeper.settings
        if source is None:
            raise ValueError("there is no source to record")
        return SessionInfo(
            folder=self._store.sessions_dir,
            title=source.name,
            started_at=datetime.now().astimezone(),
            source=SessionSource(
                source.name, source.kind.value, source.width_px, source.height_px, source.fps
            ),
            models=SessionModels()
            if models is None
            else SessionModels(models.emotion_model_id or "", models.model_id, models.pack_name),
            settings=flat_settings(settings),
            smoothing_preset=settings.smoothing_preset,
        )

    def _put_what_is_shown(self, recorder: "Recorder") -> None:
        """Begin with the picture on show: a photo, or a film that is paused, has no other."""
        picture, result = self._session.latest_picture(), self._session.latest_result()
        if picture is None:
            return
        recorder.put_shown(picture.frame, time.monotonic())
        if result is not None:
            recorder.put_result(result)

    # ----- what is said about it

    def refresh(self) -> None:
        """Offer what can be done now, with the icons of the theme in use."""
        self._actions.show_recording(self.is_busy)
        is_possible = self._session.source_info is not None or self.is_recording
        self._actions["record"].setEnabled(is_possible and not self._is_ending)
        self._refresh_label()

    @Slot()
    def _refresh_label(self) -> None:
        if self._recorder is None:
            self._label.end()
            return
        counts = self._recorder.counts()
        self._label.show_recording(counts.elapsed_s, counts.dropped)

    @Slot(object)
    def _on_done(self, info: SessionInfo) -> None:
        words = self.tr("Recorded {length} into {folder}").format(
            length=duration_words(info.duration_s), folder=info.folder
        )
        if info.frames_dropped:
            words += " " + self.tr(
                "({count} pictures were left out because writing took too long)"
            ).format(count=info.frames_dropped)
        self._banner.say(RECORDING, NoticeKind.SUCCESS, words, self._help(info.folder))
        self.recorded.emit(info)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        folder = self.folder
        helps = (self._help(folder),) if folder is not None and folder.is_dir() else ()
        self._banner.say(RECORDING, NoticeKind.ERROR, sentence, *helps)

    def _help(self, folder: Path) -> tuple[str, "_Opener"]:
        return self.tr("Open folder"), _Opener(folder)

    @Slot()
    def _on_finished(self) -> None:
        recorder, self._recorder = self._recorder, None
        self._session.watch(None, None)
        self._is_ending = False
        self._timer.stop()
        self.refresh()
        self.recording_changed.emit(False)
        if recorder is not None:
            recorder.deleteLater()

    @Slot(object)
    def _on_source_opened(self, _info: object) -> None:
        self.refresh()

    @Slot()
    def _on_source_gone(self) -> None:
        self.stop()
        self.refresh()

    @Slot(object, object)
    def _on_settings_changed(self, _old: Settings, new: Settings) -> None:
        self._send_draw_options(new)

    def _send_draw_options(self, settings: Settings) -> None:
        if self._recorder is None:
            return
        from facemotion.vision.drawing import DrawOptions

        display = settings.display
        self._recorder.set_draw_options(
            DrawOptions(
                has_boxes=display.show_boxes,
                has_names=display.show_names,
                has_similarity=display.show_similarity,
                has_emotions=display.show_emotions,
                has_landmarks=display.show_landmarks,
                has_track_ids=display.show_track_ids,
                match_threshold=self._threshold,
            )
        )


class _Opener:
    """Shows a folder in the system's file manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
