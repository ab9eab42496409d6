"""Opens what the user wants to see, and says what happened when that fails."""

import logging
import math
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QWidget

from facemotion.core.errors import SourceError
from facemotion.ui.actions import Actions
from facemotion.ui.cameras import CameraList
from facemotion.ui.live_pane import LivePane
from facemotion.ui.notice import NoticeKind
from facemotion.ui.recent_sources import RecentSources
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.source_menu import KIND_ICONS, SourceMenu, source_words
from facemotion.ui.start_page import StartMessage
from facemotion.vision.sources.base import SourceInfo, SourceKind
from facemotion.vision.sources.pictures import PICTURE_SUFFIXES
from facemotion.vision.sources.specs import SourceSpec, parse_source, path_source

logger = logging.getLogger(__name__)

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".wmv", ".ts")
CONNECTION = "connection"
OFFERED_CAMERAS = 2


class SourceDesk(QObject):
    """Between the Source menu, the session and the middle of the window; GUI thread.

    Args:
        session: Opens sources.
        pane: Shows pictures and messages.
        menu: Offers sources.
        actions: The window's commands.
        keeper: Remembers the last source.
        recent: Remembers files and addresses.
        window: Parent of the dialogs.

    Signals:
        source_changed(object): SourceSpec of what is or will be shown, or None.
        opened(SourceInfo): Pictures follow.
    """

    source_changed = Signal(object)
    opened = Signal(object)

    def __init__(
        self,
        session: LiveSession,
        pane: LivePane,
        menu: SourceMenu,
        actions: Actions,
        keeper: SettingsKeeper,
        recent: RecentSources,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._pane = pane
        self._menu = menu
        self._actions = actions
        self._keeper = keeper
        self._recent = recent
        self._window = window
        self._cameras: CameraList | None = None
        self._spec: SourceSpec | None = None
        self._info: SourceInfo | None = None
        self._retry_at_s = 0.0
        self._loss = ""
        self._countdown = QTimer(self, interval=250)
        self._countdown.timeout.connect(self._tell_reconnecting)
        menu.source_chosen.connect(self.show_source)
        self._connect_actions()
        self._connect_session()
        self.show_start()

    @property
    def spec(self) -> SourceSpec | None:
        """What is or will be shown."""
        return self._spec

    def _connect_actions(self) -> None:
        calls = {
            "open_file": self.choose_file,
            "open_folder": self.choose_folder,
            "open_url": self.choose_url,
            "demo": self.show_demo,
            "retry": self.retry,
            "close_source": self.close_source,
        }
        for name, call in calls.items():
            self._actions.connect(name, call)
        self._actions["retry"].setEnabled(False)
        self._actions["close_source"].setEnabled(False)

    def _connect_session(self) -> None:
        self._session.source_opened.connect(self._on_opened)
        self._session.source_failed.connect(self._on_failed)
        self._session.source_stopped.connect(self._on_stopped)
        self._session.reconnecting.connect(self._on_reconnecting)
        self._session.picture_ready.connect(self._on_picture)

    # ----- cameras and the start

    def find_cameras(self) -> None:
        """Look for cameras and watch for those that come and go."""
        if self._cameras is None:
            self._cameras = CameraList(self)
            self._cameras.changed.connect(self._on_cameras_changed)
        self._on_cameras_changed()

    def show_first(self, wanted: SourceSpec | None) -> None:
        """Begin: with what was asked for, the last source, a camera, or the start page.

        Args:
            wanted: As on the command line, or None.
        """
        spec = wanted or self._last_source()
        if spec is None and self._cameras is not None:
            entries = self._cameras.entries() if self._cameras.has_names else []
            spec = entries[0].spec if entries else None
        if spec is None:
            self.show_start()
        else:
            self.show_source(spec)

    def _last_source(self) -> SourceSpec | None:
        source = self._keeper.settings.source
        if not source.is_reopened_at_start or not source.last_source:
            return None
        try:
            return parse_source(source.last_source)
        except SourceError as error:
            logger.info("last source: %s", error)
            return None

    @Slot()
    def _on_cameras_changed(self) -> None:
        entries = self._cameras.entries() if self._cameras is not None else []
        self._menu.set_cameras(entries)
        if self._spec is None:
            self.show_start()

    @property
    def _has_camera(self) -> bool:
        return any(action.isEnabled() for action in self._menu.camera_actions)

    def _offers(self, *first: str) -> list[QAction]:
        """Commands for the page: those named, then cameras, then the other sources."""
        cameras = [action for action in self._menu.camera_actions if action.isEnabled()]
        others = [self._actions[name] for name in ("demo", "open_file", "open_url", "open_folder")]
        return [*(self._actions[name] for name in first), *cameras[:OFFERED_CAMERAS], *others]

    @Slot()
    def show_start(self) -> None:
        """Say that nothing is open and what can be."""
        if self._has_camera:
            message = StartMessage(
                "camera",
                self.tr("What would you like to see?"),
                self.tr("Choose a camera, a file or an address. Files can be dropped here too."),
            )
        else:
            message = StartMessage(
                "camera-off",
                self.tr("No camera found"),
                self.tr(
                    "Plug one in and it appears here. Meanwhile, see the demo, or open a video, a "
                    "photo or the address of a network camera. Files can be dropped here too."
                ),
            )
        self._pane.show_message(message, self._offers())

    # ----- what the user wants

    @Slot(object)
    def show_source(self, spec: SourceSpec) -> None:
        """Show a source instead of the present one."""
        self._set_spec(spec)
        self._end_reconnecting()
        self._actions["retry"].setEnabled(True)
        self._actions["close_source"].setEnabled(True)
        name = source_words(spec)
        if spec.kind is SourceKind.STREAM:
            text = self.tr("Waiting for an answer from the network.")
        elif spec.kind is SourceKind.CAMERA:
            text = self.tr("Cameras take a moment to wake up.")
        else:
            text = ""
        title = self.tr("Opening {name}…").format(name=name)
        close = [self._actions["close_source"]]
        self._pane.show_message(StartMessage(KIND_ICONS[spec.kind], title, text), close)
        self._session.start(spec)

    @Slot()
    def retry(self) -> None:
        """Open the same source again, now."""
        if self._spec is not None:
            self.show_source(self._spec)

    @Slot()
    def close_source(self) -> None:
        """Show nothing."""
        self._set_spec(None)
        self._end_reconnecting()
        self._session.stop()
        if not self._session.is_busy:
            self._on_stopped()

    @Slot()
    def show_demo(self) -> None:
        """Show the demo."""
        self.show_source(SourceSpec(SourceKind.DEMO))

    @Slot()
    def choose_file(self) -> None:
        """Ask for a video or a photo."""
        videos = " ".join(f"*{suffix}" for suffix in VIDEO_SUFFIXES)
        photos = " ".join(f"*{suffix}" for suffix in sorted(PICTURE_SUFFIXES))
        filters = (
            self.tr("Videos and photos ({all})").format(all=f"{videos} {photos}"),
            self.tr("All files (*)"),
        )
        path, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Open video or photo"), self._last_folder(), ";;".join(filters)
        )
        if path:
            self.show_source(path_source(Path(path)))

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a folder of photos."""
        path = QFileDialog.getExistingDirectory(
            self._window, self.tr("Open folder of photos"), self._last_folder()
        )
        if path:
            self.show_source(path_source(Path(path)))

    @Slot()
    def choose_url(self) -> None:
        """Ask for an address until it can be used or the user gives up."""
        text = "rtsp://"
        label = self.tr("Address of the camera or stream (rtsp://…, http://…):")
        while True:
            text, is_given = QInputDialog.getText(
                self._window,
                self.tr("Open address"),
                label,
                QLineEdit.EchoMode.Normal,
                text,
            )
            if not is_given:
                return
            try:
                spec = parse_source(text)
            except SourceError as error:
                label = str(error)
                continue
            self.show_source(spec)
            return

    def show_dropped(self, path: Path) -> None:
        """Show a file or folder that was dropped on the window."""
        self.show_source(path_source(path))

    def _last_folder(self) -> str:
        kinds = (SourceKind.VIDEO, SourceKind.IMAGE, SourceKind.FOLDER)
        spec = next((spec for spec in self._recent.specs if spec.kind in kinds), None)
        return str(Path(spec.location).parent) if spec is not None else ""

    # ----- what happens to the source

    def _set_spec(self, spec: SourceSpec | None) -> None:
        self._spec = spec
        self._menu.set_current(spec)
        self.source_changed.emit(spec)

    @Slot(object)
    def _on_opened(self, info: SourceInfo) -> None:
        self._info = info
        self._end_reconnecting()
        is_timed = info.is_seekable and info.duration_s is not None
        if is_timed:
            self._pane.transport.set_duration(info.duration_s or 0.0)
        self._pane.transport.setVisible(is_timed)
        if self._spec is not None:
            self._recent.add(self._spec)
            if "@" not in self._spec.location:
                self._keeper.update("source", last_source=self._spec.text)
        self.opened.emit(info)

    @Slot()
    def _on_picture(self) -> None:
        if not self._pane.is_picture_shown and self._spec is not None:
            self._pane.show_picture()
            if self._window.focusWidget() is None:
                self._pane.video.setFocus()

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._end_reconnecting()
        if self._spec is None:
            return
        is_camera = self._spec.kind is SourceKind.CAMERA
        title = self.tr("{name} cannot be shown").format(name=source_words(self._spec))
        icon = "camera-off" if is_camera else "warning"
        self._pane.show_message(StartMessage(icon, title, sentence), self._offers("retry"))

    @Slot()
    def _on_stopped(self) -> None:
        if self._spec is None:
            self._actions["retry"].setEnabled(False)
            self._actions["close_source"].setEnabled(False)
            self.show_start()

    @Slot(str, float)
    def _on_reconnecting(self, reason: str, delay_s: float) -> None:
        self._loss = reason
        self._retry_at_s = time.monotonic() + delay_s
        self._pane.video.set_message(self.tr("Reconnecting…"))
        self._countdown.start()
        self._tell_reconnecting()

    @Slot()
    def _tell_reconnecting(self) -> None:
        left_s = math.ceil(self._retry_at_s - time.monotonic())
        if left_s > 0:
            again = self.tr("Trying again in {seconds} s.").format(seconds=left_s)
        else:
            again = self.tr("Trying again now…")
        self._pane.banner.say(
            CONNECTION,
            NoticeKind.WARNING,
            f"{self._loss} {again}",
            (self.tr("Try now"), self.retry),
            (self.tr("Close source"), self.close_source),
        )

    def _end_reconnecting(self) -> None:
        self._countdown.stop()
        self._pane.video.set_message("")
        self._pane.banner.clear(CONNECTION)
