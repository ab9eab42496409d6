"""The Source menu: cameras by name, files, addresses, the demo, and what was open before."""

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from facemotion.ui.actions import Actions
from facemotion.ui.cameras import CameraEntry
from facemotion.ui.icons import ICON_NAME, Icons
from facemotion.ui.recent_sources import RecentSources
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec
from facemotion.vision.sources.stream import shown_address

KIND_ICONS = {
    SourceKind.CAMERA: "camera",
    SourceKind.VIDEO: "video",
    SourceKind.IMAGE: "photo",
    SourceKind.FOLDER: "folder",
    SourceKind.STREAM: "url",
    SourceKind.DEMO: "demo",
}


class SourceMenu(QMenu):
    """Offers sources; GUI thread.

    Args:
        actions: The window's commands.
        icons: For cameras and recent sources.
        recent: What was open before.
        parent: Qt parent.

    Signals:
        source_chosen(SourceSpec): The user wants to see this.
    """

    source_chosen = Signal(object)

    def __init__(
        self,
        actions: Actions,
        icons: Icons,
        recent: RecentSources,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("&Source"))
        self.setToolTipsVisible(True)
        self._actions = actions
        self._icons = icons
        self._recent = recent
        self._cameras: list[CameraEntry] = []
        self._current: SourceSpec | None = None
        self._camera_actions: list[QAction] = []
        self._recent_menu = QMenu(self.tr("Open &recent"), self)
        self._first = self.addSeparator()
        for name in ("open_file", "open_folder", "open_url", "demo"):
            self.addAction(actions[name])
        self.addMenu(self._recent_menu)
        self.addSeparator()
        self.addAction(actions["retry"])
        self.addAction(actions["close_source"])
        self.aboutToShow.connect(self._fill_recent)

    @property
    def camera_actions(self) -> list[QAction]:
        """One command for each camera, the preferred one first."""
        return list(self._camera_actions)

    def set_cameras(self, cameras: list[CameraEntry]) -> None:
        """Offer these cameras."""
        self._cameras = cameras
        self._fill_cameras()

    def set_current(self, spec: SourceSpec | None) -> None:
        """Mark the source that is open."""
        self._current = spec
        for action in self._camera_actions:
            action.setChecked(spec is not None and action.data() == spec.text)

    def refresh_icons(self) -> None:
        """Take the icons of a new theme."""
        self._fill_cameras()

    def _fill_cameras(self) -> None:
        for action in self._camera_actions:
            self.removeAction(action)
            action.deleteLater()
        self._camera_actions = [
            self._source_action(entry.spec, entry.name) for entry in self._cameras
        ]
        if not self._camera_actions:
            none = QAction(self.tr("No camera found"), self)
            none.setEnabled(False)
            none.setIcon(self._icons.icon("camera-off"))
            self._camera_actions = [none]
        self.insertActions(self._first, self._camera_actions)
        self.set_current(self._current)

    def _source_action(self, spec: SourceSpec, words: str) -> QAction:
        action = QAction(self._icons.icon(KIND_ICONS[spec.kind]), words.replace("&", "&&"), self)
        action.setIconText(words)
        action.setProperty(ICON_NAME, KIND_ICONS[spec.kind])
        action.setData(spec.text)
        tip = self.tr("Show {name}").format(name=words)
        action.setToolTip(tip)
        action.setStatusTip(tip)
        action.setCheckable(spec.kind is SourceKind.CAMERA)
        action.triggered.connect(lambda _checked=False: self.source_chosen.emit(spec))
        return action

    @Slot()
    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for spec in self._recent.specs:
            is_address = spec.kind is SourceKind.STREAM
            words = shown_address(spec.location) if is_address else spec.location
            self._recent_menu.addAction(self._source_action(spec, words))
        self._recent_menu.addSeparator()
        clear = self._recent_menu.addAction(self.tr("Clear this list"))
        clear.triggered.connect(self._recent.clear)
        self._recent_menu.setEnabled(bool(self._recent.specs))


def source_words(spec: SourceSpec) -> str:
    """A source as the toolbar names it."""
    if spec.kind is SourceKind.DEMO:
        return QCoreApplication.translate("source_menu", "Demo")
    if spec.name:
        return spec.name
    if spec.kind is SourceKind.CAMERA:
        number = int(spec.location) + 1
        return QCoreApplication.translate("source_menu", "Camera {number}").format(number=number)
    if spec.kind is SourceKind.STREAM:
        return shown_address(spec.location)
    return spec.location.replace("\\", "/").rstrip("/").rpartition("/")[2] or spec.location
