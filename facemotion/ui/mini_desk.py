"""Changes between the whole window and the mini view."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from facemotion.ui.actions import Actions
from facemotion.ui.face_board import FaceBoard
from facemotion.ui.icons import Icons
from facemotion.ui.mini_view import MiniView
from facemotion.ui.overlay import OverlayOptions
from facemotion.ui.session import LiveSession
from facemotion.ui.video_view import VideoView

MINI_OVERLAY = OverlayOptions(has_names=False, has_emotions=False, has_similarity=False)


class MiniDesk(QObject):
    """Shows the mini view in place of the window, fed by the same session; GUI thread.

    Args:
        session: Has pictures and results.
        board: Has the main face.
        video: The window's own picture, for whose size pictures are made again afterwards.
        actions: The window's commands.
        icons: For the emotion.
        window: The whole window.
    """

    def __init__(
        self,
        session: LiveSession,
        board: FaceBoard,
        video: VideoView,
        actions: Actions,
        icons: Icons,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._board = board
        self._video = video
        self._icons = icons
        self._window = window
        self._view: MiniView | None = None
        actions.connect("mini", self.open)

    @property
    def view(self) -> MiniView | None:
        """The mini view while it is open."""
        return self._view

    @Slot()
    def open(self) -> None:
        """Show the mini view and put the window away."""
        if self._view is not None:
            return
        view = self._view = MiniView(self._icons)
        view.video.set_options(MINI_OVERLAY)
        view.video.view_size_changed.connect(self._session.set_view_size)
        view.return_wanted.connect(self.close)
        self._session.picture_ready.connect(self._on_picture)
        self._session.result_ready.connect(self._on_result)
        self._board.faces_changed.connect(self._on_faces)
        self._board.selection_changed.connect(self._on_faces)
        self._on_picture()
        self._on_result()
        self._on_faces()
        view.show()
        view.video.setFocus()
        self._window.hide()

    @Slot()
    def close(self) -> None:
        """Show the whole window again."""
        if self._view is None:
            return
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        ratio = self._video.devicePixelRatioF()
        self._session.set_view_size(
            round(self._video.width() * ratio), round(self._video.height() * ratio)
        )
        self.discard()

    def discard(self) -> None:
        """Take the mini view away, at the end of the window's life too."""
        view, self._view = self._view, None
        if view is None:
            return
        self._session.picture_ready.disconnect(self._on_picture)
        self._session.result_ready.disconnect(self._on_result)
        self._board.faces_changed.disconnect(self._on_faces)
        self._board.selection_changed.disconnect(self._on_faces)
        view.hide()
        view.deleteLater()

    @Slot()
    def _on_picture(self) -> None:
        if self._view is not None:
            self._view.video.set_picture(self._session.latest_picture())

    @Slot()
    def _on_result(self) -> None:
        result = self._session.latest_result()
        if self._view is not None and result is not None:
            self._view.video.set_result(result)

    @Slot()
    def _on_faces(self) -> None:
        if self._view is None:
            return
        selected = self._board.selected
        self._view.video.set_selected(selected.track_id if selected is not None else None)
        self._view.show_face(selected)
