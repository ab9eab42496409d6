"""The main window: puts the parts together and connects them."""

import logging
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow

from facemotion.core.errors import FacemotionError
from facemotion.core.types import FrameResult
from facemotion.store.atomic import write_atomic
from facemotion.store.gallery import GalleryStore
from facemotion.store.layout import LayoutStore
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.ui.actions import Actions
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.change_log import EmotionChange, changes_to_csv
from facemotion.ui.changes_panel import ChangesPanel
from facemotion.ui.chart_panel import ChartPanel
from facemotion.ui.dialogs import Dialogs
from facemotion.ui.docks import Docks
from facemotion.ui.face_board import FaceBoard
from facemotion.ui.faces_panel import FacesPanel
from facemotion.ui.icons import Icons, app_icon
from facemotion.ui.live_pane import LivePane
from facemotion.ui.menus import ThemeChoice, build_menu_bar, build_tool_bar
from facemotion.ui.model_desk import ModelDesk
from facemotion.ui.model_request import ModelsInfo
from facemotion.ui.notice import NoticeKind
from facemotion.ui.overlay import OverlayOptions, belongs_to
from facemotion.ui.recent_sources import RecentSources
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.snapshot import save_snapshot, snapshot_folder
from facemotion.ui.source_desk import SourceDesk
from facemotion.ui.source_menu import KIND_ICONS, SourceMenu, source_words
from facemotion.ui.status_panel import StatusPanel
from facemotion.ui.theme import Theme, ThemeMode
from facemotion.vision.sources.base import SourceInfo
from facemotion.vision.sources.specs import SourceSpec

logger = logging.getLogger(__name__)

STATUS_MS = 500
STEP_S = 5.0
MESSAGE_MS = 6000
SNAPSHOT, SETTINGS_FILE, EXPORT = "snapshot", "settings", "export"


class MainWindow(QMainWindow):
    """Video, faces, chart, changes; GUI thread.

    Args:
        session: Runs sources and models; shut down when the window closes.
        keeper: The settings.
        store: The enrolled people.
        paths: The user's folders.
        theme: Dresses the program.
        pack_choice: Pack named on the command line; empty for none.

    Signals:
        closed(bool): The window was closed; whether every thread has ended.
    """

    closed = Signal(bool)

    def __init__(
        self,
        session: LiveSession,
        keeper: SettingsKeeper,
        store: GalleryStore,
        paths: AppPaths,
        theme: Theme,
        pack_choice: str = "",
    ) -> None:
        super().__init__()
        self.session = session
        self._keeper = keeper
        self._theme = theme
        self._threshold = 0.40
        self._has_shown = False
        self._icons = Icons(theme)
        self._jobs = BackgroundJobs(self)
        self.actions_by_name = Actions(self, self._icons)
        self.board = FaceBoard(self)
        self.pane = LivePane(self.actions_by_name, self._icons, self)
        self.faces = FacesPanel(self._icons, self)
        self.chart = ChartPanel(self._icons, self)
        self.changes = ChangesPanel(self._icons, self)
        self.status = StatusPanel(self)
        recent = RecentSources(paths.data_dir / "recent.json")
        self.source_menu = SourceMenu(self.actions_by_name, self._icons, recent, self)
        self._themes = ThemeChoice(self)
        self._lay_out(LayoutStore(paths.data_dir))
        self.sources = SourceDesk(
            session, self.pane, self.source_menu, self.actions_by_name, keeper, recent, self
        )
        self.models = ModelDesk(
            session, self.pane.banner, self.actions_by_name, keeper, paths, pack_choice, self
        )
        self.dialogs = Dialogs(session, store, keeper, paths, self)
        self._status_timer = QTimer(self, interval=STATUS_MS)
        self._connect_session()
        self._connect_panels()
        self._connect_actions()
        self._show_settings(keeper.settings)
        self._on_source_changed(None)
        self._refresh_controls()

    # ----- building

    def _lay_out(self, layouts: LayoutStore) -> None:
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setMinimumSize(720, 480)
        self.setCentralWidget(self.pane)
        self.setStatusBar(self.status)
        panels = (
            ("faces", self.tr("Faces"), self.faces),
            ("chart", self.tr("Emotion"), self.chart),
            ("changes", self.tr("Changes"), self.changes),
        )
        self.docks = Docks(self, panels, layouts)
        build_menu_bar(self, self.actions_by_name, self.source_menu, self.docks.all(), self._themes)
        self._tool_bar, self._source_button = build_tool_bar(
            self, self.actions_by_name, self.source_menu
        )
        self.docks.restore()

    def _connect_session(self) -> None:
        session = self.session
        session.picture_ready.connect(self._on_picture)
        session.result_ready.connect(self._on_result)
        session.position_changed.connect(self.pane.transport.set_position)
        session.paused_changed.connect(self._on_paused)
        session.ended.connect(self._on_ended)
        session.source_failed.connect(self._on_no_picture)
        session.source_stopped.connect(self._on_no_picture)
        session.models_loading.connect(self._on_models_loading)
        self.sources.source_changed.connect(self._on_source_changed)
        self.sources.opened.connect(self._on_opened)
        self.models.models_changed.connect(self._on_models_changed)
        self.models.threshold_changed.connect(self._on_threshold_changed)
        self._status_timer.timeout.connect(self._refresh_status)

    def _connect_panels(self) -> None:
        board, video = self.board, self.pane.video
        board.faces_changed.connect(self._on_faces_changed)
        board.selection_changed.connect(self._on_selection_changed)
        board.changes_found.connect(self.changes.add)
        self.faces.face_selected.connect(board.select)
        self.faces.face_activated.connect(self._on_face_activated)
        video.face_clicked.connect(board.select)
        video.face_activated.connect(self._on_face_activated)
        video.ground_activated.connect(self.actions_by_name["fullscreen"].toggle)
        video.step_wanted.connect(board.step)
        video.view_size_changed.connect(self.session.set_view_size)
        self.changes.export_wanted.connect(self._export_changes)
        self.changes.clear_wanted.connect(self._clear_changes)
        self.pane.transport.seek_wanted.connect(self.session.seek)
        self.dialogs.gallery_changed.connect(self.session.reload_gallery)

    def _connect_actions(self) -> None:
        calls = {
            "quit": self.close,
            "snapshot": self.save_snapshot,
            "play": self._toggle_play,
            "back": self._step_back,
            "forward": self._step_forward,
            "loop": self._set_looping,
            "enrol": self.dialogs.open_enrolment,
            "people": self.dialogs.open_people,
            "next_face": self._next_face,
            "previous_face": self._previous_face,
            "landmarks": self._set_landmarks,
            "track_ids": self._set_track_ids,
            "mirror": self._set_mirrored,
            "fullscreen": self._set_full_screen,
            "reset_layout": self._reset_layout,
            "settings": self.dialogs.open_settings,
            "logs": self.dialogs.open_logs,
            "keys": self._open_keys,
            "about": self.dialogs.open_about,
        }
        for name, call in calls.items():
            self.actions_by_name.connect(name, call)
        self._themes.chosen.connect(self._choose_theme)
        self._keeper.changed.connect(self._on_settings_changed)
        self._keeper.save_failed.connect(self._on_save_failed)
        self._theme.changed.connect(self._on_theme_changed)

    def showEvent(self, event: QShowEvent) -> None:
        """What takes long comes after the window can be seen."""
        super().showEvent(event)
        if not self._has_shown:
            self._has_shown = True
            self._status_timer.start()
            QTimer.singleShot(0, self.chart.build_plot)

    # ----- pictures and results

    @Slot()
    def _on_picture(self) -> None:
        self.pane.video.set_picture(self.session.latest_picture())

    @Slot()
    def _on_result(self) -> None:
        result, info = self.session.latest_result(), self.session.source_info
        if result is None or info is None:
            return
        self.pane.video.set_result(result)
        self.board.take_result(result, info, datetime.now())

    @Slot()
    def _on_faces_changed(self) -> None:
        self.faces.set_faces(self.board.faces)
        self.faces.select(self._selected_id())
        self._show_chart()
        has_faces = bool(self.board.faces)
        for name in ("next_face", "previous_face"):
            self.actions_by_name[name].setEnabled(has_faces)

    @Slot(object)
    def _on_selection_changed(self, track_id: int | None) -> None:
        self.pane.video.set_selected(track_id)
        self.faces.select(track_id)
        self._show_chart()

    def _selected_id(self) -> int | None:
        selected = self.board.selected
        return selected.track_id if selected is not None else None

    def _show_chart(self) -> None:
        selected = self.board.selected
        history = self.board.history(selected.track_id) if selected is not None else None
        self.chart.show_face(selected, history, self.board.now_s)
        if selected is None:
            title = self.tr("Emotion")
        else:
            title = self.tr("Emotion: {name}").format(name=selected.title)
        self.docks["chart"].setWindowTitle(title)

    @Slot(int)
    def _on_face_activated(self, track_id: int) -> None:
        self.board.select(track_id)
        self.dialogs.open_enrolment()

    @Slot()
    def _next_face(self) -> None:
        self.board.step(1)

    @Slot()
    def _previous_face(self) -> None:
        self.board.step(-1)

    # ----- source

    @Slot(object)
    def _on_source_changed(self, spec: SourceSpec | None) -> None:
        self.board.begin_source()
        self.pane.video.set_picture(None)
        words = source_words(spec) if spec is not None else self.tr("Source")
        self._source_button.setText(
            self._source_button.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, 220)
        )
        icon = KIND_ICONS[spec.kind] if spec is not None else "camera"
        self._source_button.setIcon(self._icons.icon(icon))
        self.setWindowTitle(f"{words} – facemotion" if spec is not None else "facemotion")
        self.status.show_source(None)
        self._refresh_controls()

    @Slot(object)
    def _on_opened(self, info: SourceInfo) -> None:
        self.status.show_source(info)
        self._refresh_controls()

    @Slot()
    def _on_no_picture(self) -> None:
        self.board.begin_source()
        self.pane.video.set_picture(None)
        self.status.show_source(None)
        self._refresh_controls()

    @Slot(bool)
    def _on_paused(self, _is_paused: bool) -> None:
        self._refresh_controls()

    @Slot()
    def _on_ended(self) -> None:
        self.actions_by_name.show_playing(False)

    @Slot()
    def _toggle_play(self) -> None:
        is_playing = self.actions_by_name["play"].iconText() == self.tr("Pause", "")
        if is_playing:
            self.session.pause()
        else:
            self.session.play()

    @Slot()
    def _step_back(self) -> None:
        self._step(-STEP_S)

    @Slot()
    def _step_forward(self) -> None:
        self._step(STEP_S)

    def _step(self, seconds: float) -> None:
        frame, info = self.session.latest_frame(), self.session.source_info
        if frame is None or info is None or not info.is_seekable:
            return
        end_s = info.duration_s if info.duration_s is not None else frame.time_s + seconds
        self.session.seek(min(max(frame.time_s + seconds, 0.0), end_s))

    def _refresh_controls(self) -> None:
        """Offer what can be done with the present source."""
        info = self.session.source_info
        is_open = info is not None
        is_seekable = info is not None and info.is_seekable
        for name in ("play", "snapshot"):
            self.actions_by_name[name].setEnabled(is_open)
        for name in ("back", "forward"):
            self.actions_by_name[name].setEnabled(is_seekable)
        self.actions_by_name.show_playing(not self.session.is_paused)
        is_live = info is not None and info.is_live
        if self.session.is_paused and is_live:
            self.pane.video.set_message(self.tr("Paused"))
        elif not self.session.is_paused:
            self.pane.video.set_message("")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if _dropped_path(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Show what was dropped."""
        path = _dropped_path(event)
        if path is not None:
            event.acceptProposedAction()
            self.sources.show_dropped(path)

    # ----- models and status

    @Slot()
    def _on_models_loading(self) -> None:
        self.status.show_models(None, self.tr("loading models…"))
        self.faces.set_empty_text(self.tr("The models are being loaded…"))

    @Slot(object)
    def _on_models_changed(self, info: ModelsInfo | None) -> None:
        self.status.show_models(info, self.tr("no models"))
        no_face = self.tr("No face in the picture")
        no_models = self.tr("No model pack: faces are not looked for")
        self.faces.set_empty_text(no_face if info is not None else no_models)

    @Slot(float)
    def _on_threshold_changed(self, threshold: float) -> None:
        self._threshold = threshold
        self._show_overlay(self._keeper.settings)

    @Slot()
    def _refresh_status(self) -> None:
        self.status.show_statistics(self.session.statistics(), self.pane.video.repaints_per_s)

    # ----- settings

    @Slot(object, object)
    def _on_settings_changed(self, _old: Settings, new: Settings) -> None:
        self._show_settings(new)

    def _show_settings(self, settings: Settings) -> None:
        display = settings.display
        if self._theme.mode.value != display.theme:
            self._theme.apply(ThemeMode(display.theme))
        self._themes.show_mode(display.theme)
        self.actions_by_name["loop"].setChecked(settings.source.is_looping)
        self.actions_by_name["landmarks"].setChecked(display.show_landmarks)
        self.actions_by_name["track_ids"].setChecked(display.show_track_ids)
        self.actions_by_name["mirror"].setChecked(display.is_mirrored)
        self.session.set_looping(settings.source.is_looping)
        self.session.set_mirrored(display.is_mirrored)
        self.chart.set_window(display.chart_window_s)
        self._show_overlay(settings)

    def _show_overlay(self, settings: Settings) -> None:
        display = settings.display
        self.pane.video.set_options(
            OverlayOptions(
                has_landmarks=display.show_landmarks,
                has_track_ids=display.show_track_ids,
                has_similarity=display.show_similarity,
                match_threshold=self._threshold,
            )
        )

    @Slot(bool)
    def _set_looping(self, is_on: bool) -> None:
        self._keeper.update("source", is_looping=is_on)

    @Slot(bool)
    def _set_landmarks(self, is_on: bool) -> None:
        self._keeper.update("display", show_landmarks=is_on)

    @Slot(bool)
    def _set_track_ids(self, is_on: bool) -> None:
        self._keeper.update("display", show_track_ids=is_on)

    @Slot(bool)
    def _set_mirrored(self, is_on: bool) -> None:
        self._keeper.update("display", is_mirrored=is_on)

    @Slot(str)
    def _choose_theme(self, mode: str) -> None:
        self._keeper.update("display", theme=mode)

    @Slot(str)
    def _on_save_failed(self, sentence: str) -> None:
        again = (self.tr("Try again"), self._keeper.save)
        self.pane.banner.say(SETTINGS_FILE, NoticeKind.ERROR, sentence, again)

    @Slot()
    def _on_theme_changed(self) -> None:
        self.actions_by_name.refresh_icons()
        self.source_menu.refresh_icons()
        self.changes.refresh_icons()
        self.pane.refresh_icons()
        spec = self.sources.spec
        icon = KIND_ICONS[spec.kind] if spec is not None else "camera"
        self._source_button.setIcon(self._icons.icon(icon))
        self._refresh_controls()

    # ----- files

    @Slot()
    def save_snapshot(self) -> None:
        """Save the picture on show; the file's name appears in the banner."""
        frame = self.session.latest_frame()
        if frame is None:
            return
        result = self.session.latest_result()
        shown: FrameResult | None = None
        if result is not None and belongs_to(result, frame):
            # The boxes belong to the result's own frame, so that one is saved.
            shown, frame = result, result.frame
        clock, threshold = datetime.now(), self._threshold
        self._jobs.start(
            lambda: save_snapshot(frame, shown, snapshot_folder(), clock, threshold),
            self._on_snapshot_saved,
            self._on_snapshot_failed,
        )

    def _on_snapshot_saved(self, path: Path) -> None:
        sentence = self.tr("Saved as {path}").format(path=path)
        show = (self.tr("Open folder"), lambda: self.dialogs.open_folder(path.parent))
        self.pane.banner.say(SNAPSHOT, NoticeKind.SUCCESS, sentence, show)
        QTimer.singleShot(MESSAGE_MS, self, self._hide_snapshot_message)

    def _on_snapshot_failed(self, sentence: str) -> None:
        again = (self.tr("Try again"), self.save_snapshot)
        self.pane.banner.say(SNAPSHOT, NoticeKind.ERROR, sentence, again)

    @Slot()
    def _hide_snapshot_message(self) -> None:
        self.pane.banner.clear(SNAPSHOT)

    @Slot(object)
    def _export_changes(self, changes: list[EmotionChange]) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export changes"), "changes.csv", self.tr("Tables (*.csv)")
        )
        if path:
            self.save_changes(Path(path), changes)

    def save_changes(self, path: Path, changes: list[EmotionChange]) -> None:
        """Write changes as CSV and say so."""
        try:
            write_atomic(path, changes_to_csv(changes))
        except FacemotionError as error:
            self.pane.banner.say(EXPORT, NoticeKind.ERROR, str(error))
            return
        self.pane.banner.clear(EXPORT)
        self.status.showMessage(self.tr("Saved as {path}").format(path=path), MESSAGE_MS)

    @Slot()
    def _clear_changes(self) -> None:
        self.board.clear_changes()
        self.changes.clear()

    # ----- window

    @Slot(bool)
    def _set_full_screen(self, is_on: bool) -> None:
        if is_on:
            self.setWindowState(self.windowState() | Qt.WindowState.WindowFullScreen)
        else:
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowFullScreen)

    @Slot()
    def _reset_layout(self) -> None:
        self.docks.arrange()

    @Slot()
    def _open_keys(self) -> None:
        self.dialogs.open_keys(self.actions_by_name, self.docks.all())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves full screen."""
        action = self.actions_by_name["fullscreen"]
        if event.key() == Qt.Key.Key_Escape and action.isChecked():
            action.setChecked(False)
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep layout and settings, end both threads within a bounded time."""
        self._status_timer.stop()
        self.dialogs.close_all()
        self.docks.save()
        is_clean = self.session.shutdown()
        self._jobs.wait()
        self.models.wait()
        self._keeper.flush()
        super().closeEvent(event)
        self.closed.emit(is_clean)


def _dropped_path(event: QDropEvent) -> Path | None:
    """The first file or folder of what is being dropped, or None."""
    for url in event.mimeData().urls():
        if url.isLocalFile():
            return Path(url.toLocalFile())
    return None
