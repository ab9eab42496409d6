"""The main window: puts the parts together and connects them."""

import logging
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow

from facemotion.store.gallery import GalleryStore
from facemotion.store.layout import LayoutStore
from facemotion.store.paths import AppPaths
from facemotion.store.session_folder import SessionStore
from facemotion.ui.actions import Actions
from facemotion.ui.analysis_desk import AnalysisDesk
from facemotion.ui.changes_panel import ChangesPanel
from facemotion.ui.chart_panel import ChartPanel
from facemotion.ui.debug_desk import DebugDesk
from facemotion.ui.dialogs import Dialogs
from facemotion.ui.docks import Docks
from facemotion.ui.face_board import FaceBoard
from facemotion.ui.face_desk import FaceDesk, FaceViews
from facemotion.ui.face_tools import make_face_tools
from facemotion.ui.faces_panel import FacesPanel
from facemotion.ui.file_desk import FileDesk
from facemotion.ui.icons import Icons, app_icon
from facemotion.ui.live_pane import LivePane
from facemotion.ui.look_desk import LookDesk
from facemotion.ui.marker_desk import MarkerDesk, MarkerPlaces
from facemotion.ui.marker_field import MarkerField
from facemotion.ui.menus import (
    ThemeChoice,
    add_context_menus,
    build_menu_bar,
    build_tool_bar,
)
from facemotion.ui.model_desk import ModelDesk
from facemotion.ui.model_request import ModelsInfo
from facemotion.ui.pack_desk import PackDesk
from facemotion.ui.playback_desk import PlaybackDesk
from facemotion.ui.recent_sources import RecentSources
from facemotion.ui.record_desk import RecordDesk
from facemotion.ui.session import LiveSession
from facemotion.ui.session_desk import SessionDesk
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.source_desk import SourceDesk
from facemotion.ui.source_menu import KIND_ICONS, SourceMenu, source_words
from facemotion.ui.status_panel import StatusPanel
from facemotion.ui.theme import Theme
from facemotion.ui.why_desk import WhyDesk
from facemotion.vision.sources.base import SourceInfo, SourceKind
from facemotion.vision.sources.specs import SourceSpec

logger = logging.getLogger(__name__)

STATUS_MS = 500


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
        self._icons = Icons(theme)
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
        self.playback = PlaybackDesk(session, self.pane, self.actions_by_name, self)
        self.look = LookDesk(
            session, self.pane, self.chart, self.actions_by_name, self._themes, theme, keeper, self
        )
        self.files = FileDesk(session, self.pane.banner, self.status, self)
        self.record = RecordDesk(
            session,
            self.pane.banner,
            self.status.recording,
            self.actions_by_name,
            keeper,
            SessionStore(paths.sessions_dir),
            self,
        )
        self.marker_field = MarkerField(self.pane.video)
        self.markers = MarkerDesk(
            session,
            self.record,
            MarkerPlaces(self.chart.markers, self.changes, self.marker_field, self.status),
            self.actions_by_name,
            keeper,
            self,
        )
        self.dialogs = Dialogs(session, store, keeper, paths, self)
        self.packs = PackDesk(
            self.models, self.dialogs, store, self.actions_by_name, self.pane.banner, paths, self
        )
        self.analysis = AnalysisDesk(
            session, store, keeper, self.pane.banner, self.actions_by_name, self._icons, paths, self
        )
        self.debug = DebugDesk(
            session, self.pane.banner, self.status, self.actions_by_name, keeper, paths, self
        )
        self.why = WhyDesk(self.board, self.faces, self.actions_by_name, keeper, self.dialogs, self)
        self.face_desk = FaceDesk(
            self.board,
            FaceViews(self.pane.video, self.faces, self.chart, self.docks["chart"]),
            self.actions_by_name,
            self,
        )
        self.tools = make_face_tools(self, keeper, self._icons, store.folder)
        self.sessions = SessionDesk(
            session,
            self.pane,
            self.sources,
            self.actions_by_name,
            self._icons,
            paths.sessions_dir,
            self,
        )
        self._status_timer = QTimer(self, interval=STATUS_MS)
        self._connect_session()
        self._connect_panels()
        self._connect_actions()
        self._on_source_changed(None)

    # ----- building

    def _lay_out(self, layouts: LayoutStore) -> None:
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setMinimumWidth(800)  # the panels say how much height they need
        self.setCentralWidget(self.pane)
        self.setStatusBar(self.status)
        panels = (
            ("faces", self.tr("Faces"), self.faces),
            ("chart", self.tr("Emotion"), self.chart),
            ("changes", self.tr("Changes"), self.changes),
        )
        self.docks = Docks(self, panels, layouts, self._icons)
        build_menu_bar(self, self.actions_by_name, self.source_menu, self.docks.all(), self._themes)
        self._tool_bar, self._source_button = build_tool_bar(
            self, self.actions_by_name, self.source_menu
        )
        add_context_menus(self.pane.video, self.faces.view, self.chart, self.actions_by_name)
        self.docks.restore()

    def _connect_session(self) -> None:
        session = self.session
        session.picture_ready.connect(self._on_picture)
        session.result_ready.connect(self._on_result)
        session.source_failed.connect(self._on_no_picture)
        session.source_stopped.connect(self._on_no_picture)
        session.models_loading.connect(self._on_models_loading)
        self.sources.source_changed.connect(self._on_source_changed)
        self.sources.opened.connect(self._on_opened)
        self.models.models_changed.connect(self._on_models_changed)
        self.models.threshold_changed.connect(self.look.set_threshold)
        self.models.threshold_changed.connect(self.files.set_threshold)
        self.models.threshold_changed.connect(self.record.set_threshold)
        self._status_timer.timeout.connect(self._refresh_status)

    def _connect_panels(self) -> None:
        board, video = self.board, self.pane.video
        board.changes_found.connect(self.changes.add)
        video.ground_activated.connect(self.actions_by_name["fullscreen"].toggle)
        video.view_size_changed.connect(self.session.set_view_size)
        self.changes.export_wanted.connect(self.files.export_changes)
        self.changes.clear_wanted.connect(self._clear_changes)
        self.dialogs.gallery_changed.connect(self.session.reload_gallery)
        self.face_desk.enrolment_wanted.connect(self.dialogs.open_enrolment)

    def _connect_actions(self) -> None:
        calls = {
            "quit": self.close,
            "snapshot": self.files.save_snapshot,
            "enrol": self.dialogs.open_enrolment,
            "people": self.dialogs.open_people,
            "fullscreen": self._set_full_screen,
            "reset_layout": self._reset_layout,
            "settings": self.dialogs.open_settings,
            "logs": self.dialogs.open_logs,
            "keys": self._open_keys,
            "about": self.dialogs.open_about,
        }
        for name, call in calls.items():
            self.actions_by_name.connect(name, call)
        self._theme.changed.connect(self._on_theme_changed)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell the statistics from now on."""
        super().showEvent(event)
        self._status_timer.start()

    # ----- pictures and results

    @Slot()
    def _on_picture(self) -> None:
        picture, info = self.session.latest_picture(), self.session.source_info
        self.pane.video.set_picture(picture)
        if picture is not None and info is not None and info.kind is SourceKind.FOLDER:
            height_px, width_px = picture.frame.frame_bgr.shape[:2]
            name = f"{info.name}: {picture.frame.name}"
            self.status.show_source(
                replace(info, name=name, width_px=width_px, height_px=height_px)
            )

    @Slot()
    def _on_result(self) -> None:
        result, info = self.session.latest_result(), self.session.source_info
        if result is None or info is None:
            return
        self.pane.video.set_result(result)
        self.board.take_result(result, info, datetime.now())

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
        self.playback.refresh()

    @Slot(object)
    def _on_opened(self, info: SourceInfo) -> None:
        self.status.show_source(info)
        self.playback.refresh()

    @Slot()
    def _on_no_picture(self) -> None:
        self.board.begin_source()
        self.pane.video.set_picture(None)
        self.status.show_source(None)
        self.playback.refresh()

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

    @Slot()
    def _clear_changes(self) -> None:
        self.board.clear_changes()
        self.changes.clear()

    @Slot()
    def _on_theme_changed(self) -> None:
        self.actions_by_name.refresh_icons()
        self.source_menu.refresh_icons()
        self.changes.refresh_icons()
        self.docks.refresh_icons()
        self.pane.refresh_icons()
        self.record.refresh()
        spec = self.sources.spec
        icon = KIND_ICONS[spec.kind] if spec is not None else "camera"
        self._source_button.setIcon(self._icons.icon(icon))
        self.playback.refresh()

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

    @Slot()
    def _refresh_status(self) -> None:
        self.status.show_statistics(self.session.statistics(), self.pane.video.repaints_per_s)

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

    def changeEvent(self, event: QEvent) -> None:
        """Keep the command true when the system, or the layout restored, changes the state."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.actions_by_name["fullscreen"].setChecked(self.isFullScreen())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves full screen."""
        action = self.actions_by_name["fullscreen"]
        if event.key() == Qt.Key.Key_Escape and action.isChecked():
            action.setChecked(False)
        else:
            super().keyPressEvent(event)

    @Slot()
    def keep(self) -> None:
        """Write layout and settings now, in case worse follows."""
        self.docks.save()
        self._keeper.flush()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep layout and settings, end both threads within a bounded time."""
        self._status_timer.stop()
        self.dialogs.close_all()
        self.docks.save()
        is_recorded = self.record.shutdown()
        is_clean = self.session.shutdown() and is_recorded
        is_clean = self.analysis.shutdown() and is_clean
        is_clean = self.debug.shutdown() and is_clean
        is_clean = self.packs.shutdown() and is_clean
        self.sessions.wait()
        self.files.wait()
        self.tools.end()
        self._keeper.flush()
        super().closeEvent(event)
        self.closed.emit(is_clean)


def _dropped_path(event: QDropEvent) -> Path | None:
    """The first file or folder of what is being dropped, or None."""
    for url in event.mimeData().urls():
        if url.isLocalFile():
            return Path(url.toLocalFile())
    return None
