"""Opens the sessions page and replays what is chosen there."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from facemotion.store.session_folder import SessionStore
from facemotion.ui.actions import Actions
from facemotion.ui.icons import Icons
from facemotion.ui.live_pane import LivePane
from facemotion.ui.session import LiveSession
from facemotion.ui.source_desk import SourceDesk

if TYPE_CHECKING:
    from facemotion.ui.replay_desk import ReplayDesk
    from facemotion.ui.session_editor import SessionEditor
    from facemotion.ui.sessions_page import SessionsPage


class SessionDesk(QObject):
    """Between the command, the sessions page and the replay; GUI thread.

    The modules of both are imported when they are needed, which keeps the start quick.

    Args:
        session: Plays replays.
        pane: Shows them.
        sources: Opens their videos.
        actions: The window's commands.
        icons: For the replay's chart.
        sessions_dir: Where the recorded sessions lie.
        window: Parent of the page; its end is waited for.
    """

    def __init__(
        self,
        session: LiveSession,
        pane: LivePane,
        sources: SourceDesk,
        actions: Actions,
        icons: Icons,
        sessions_dir: Path,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._pane = pane
        self._sources = sources
        self._icons = icons
        self._store = SessionStore(sessions_dir)
        self._window = window
        self._editor: SessionEditor | None = None
        self._page: SessionsPage | None = None
        self._replay: ReplayDesk | None = None
        actions.connect("sessions", self.open_page)

    @property
    def page(self) -> "SessionsPage | None":
        """The page, once it was opened."""
        return self._page

    @property
    def replay(self) -> "ReplayDesk":
        """Replays sessions."""
        from facemotion.ui.replay_desk import ReplayDesk

        if self._replay is None:
            self._replay = ReplayDesk(self._session, self._pane, self._sources, self._icons, self)
            self._replay.began.connect(self._on_replay_began)
        return self._replay

    def wait(self) -> None:
        """Close the page and let its work come to an end, at the end of the window's life."""
        if self._page is not None:
            self._page.close()
        for part in (self._editor, self._replay):
            if part is not None:
                part.wait()

    @Slot()
    def open_page(self) -> None:
        """Show the recorded sessions, read anew."""
        from facemotion.ui.session_editor import SessionEditor
        from facemotion.ui.sessions_page import SessionsPage

        if self._page is None:
            self._editor = SessionEditor(self._store, self)
            self._page = SessionsPage(self._editor, self._window)
            self._page.replay_wanted.connect(self._start_replay)
            self._page.deletion_coming.connect(self._on_deletion_coming)
        if self._editor is not None:
            self._editor.reload()
        if self._page.isVisible():
            self._page.raise_()
        self._page.show()
        self._page.activateWindow()

    @Slot(object)
    def _start_replay(self, folder: Path) -> None:
        self.replay.start(folder)

    @Slot()
    def _on_replay_began(self) -> None:
        if self._page is not None:
            self._page.hide()
        self._window.activateWindow()

    @Slot(object)
    def _on_deletion_coming(self, folders: list[Path]) -> None:
        """A video that is open cannot be deleted everywhere."""
        if self._replay is not None and self._replay.folder in folders:
            self._replay.end()
