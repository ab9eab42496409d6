"""The three panels beside the picture: movable, closable, and restored at the next start."""

import itertools
import logging

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from facemotion.core.errors import FacemotionError
from facemotion.store.layout import LayoutStore, WindowLayout
from facemotion.ui.dock_title import DockTitle
from facemotion.ui.icons import Icons

logger = logging.getLogger(__name__)

STATE_VERSION = 1
DOCK_WIDTH_PX = 344
DEFAULT_SIZE_PX = (1280, 800)


class Docks:
    """Makes the docks of a window and keeps their layout.

    Args:
        window: The window.
        panels: Name, title and panel, from top to bottom.
        store: Where the layout is kept.
        icons: For the buttons of the titles.
    """

    def __init__(
        self,
        window: QMainWindow,
        panels: tuple[tuple[str, str, QWidget], ...],
        store: LayoutStore,
        icons: Icons,
    ) -> None:
        self._window = window
        self._icons = icons
        self._titles: list[DockTitle] = []
        self._store = store
        self._docks = {
            name: self._make(name, title, panel, number)
            for number, (name, title, panel) in enumerate(panels, start=1)
        }
        self.arrange()

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def all(self) -> list[QDockWidget]:
        """The docks, from top to bottom."""
        return list(self._docks.values())

    def refresh_icons(self) -> None:
        """Take the icons of a new theme."""
        for title in self._titles:
            title.refresh_icons()

    def _make(self, name: str, title: str, panel: QWidget, number: int) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        title_bar = DockTitle(dock, self._icons)
        dock.setTitleBarWidget(title_bar)
        self._titles.append(title_bar)
        dock.setWidget(panel)
        action = dock.toggleViewAction()
        action.setShortcut(QKeySequence(f"Ctrl+{number}"))
        tip = self._window.tr("Show or hide the panel “{title}”").format(title=title)
        action.setText(title)
        action.setStatusTip(tip)
        action.setToolTip(tip)
        return dock

    def arrange(self) -> None:
        """Put every dock in its first place: at the right, one below the other."""
        area = Qt.DockWidgetArea.RightDockWidgetArea
        docks = self.all()
        for dock in docks:
            dock.setFloating(False)
            self._window.addDockWidget(area, dock)
            dock.show()
        for above, below in itertools.pairwise(docks):
            self._window.splitDockWidget(above, below, Qt.Orientation.Vertical)
        self._window.resizeDocks(docks, [DOCK_WIDTH_PX] * len(docks), Qt.Orientation.Horizontal)
        heights = [dock.widget().sizeHint().height() for dock in docks]
        self._window.resizeDocks(docks, heights, Qt.Orientation.Vertical)

    def restore(self) -> None:
        """Use the layout saved last; a damaged one gives the first layout."""
        layout = self._store.load_layout()
        is_restored = (
            layout is not None
            and self._window.restoreGeometry(QByteArray(layout.geometry))
            and self._window.restoreState(QByteArray(layout.state), STATE_VERSION)
        )
        if not is_restored:
            self._resize_to_default()
            self.arrange()

    def save(self) -> None:
        """Keep the layout; without a writable folder it is simply not kept."""
        layout = WindowLayout(
            geometry=bytes(self._window.saveGeometry().data()),
            state=bytes(self._window.saveState(STATE_VERSION).data()),
        )
        try:
            self._store.save_layout(layout)
        except FacemotionError as error:
            logger.warning("the layout is not kept: %s", error)

    def _resize_to_default(self) -> None:
        screen = QGuiApplication.primaryScreen()
        room = screen.availableSize() if screen is not None else None
        width, height = DEFAULT_SIZE_PX
        if room is not None:
            width, height = min(width, room.width()), min(height, room.height())
        self._window.resize(width, height)
