"""Keeps list, picture and chart at the faces in view and at the one selected."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QDockWidget, QWidget

from facemotion.ui.actions import Actions
from facemotion.ui.chart_panel import ChartPanel
from facemotion.ui.face_board import FaceBoard
from facemotion.ui.faces_panel import FacesPanel, feeling_words
from facemotion.ui.video_view import VideoView


@dataclass(frozen=True, slots=True, eq=False)
class FaceViews:
    """Where faces are shown: the picture, the list, the chart and the chart's dock."""

    video: VideoView
    faces: FacesPanel
    chart: ChartPanel
    chart_dock: QDockWidget


class FaceDesk(QObject):
    """Follows the board of faces and selects on it; lives in the GUI thread.

    Args:
        board: The faces in view.
        views: Where they are shown.
        actions: For the commands that step through the faces.
        window: Qt parent.

    Signals:
        enrolment_wanted(): A face was double-clicked.
    """

    enrolment_wanted = Signal()

    def __init__(
        self, board: FaceBoard, views: FaceViews, actions: Actions, window: QWidget
    ) -> None:
        super().__init__(window)
        self._board = board
        self._views = views
        self._actions = actions
        board.faces_changed.connect(self._on_faces_changed)
        board.selection_changed.connect(self._on_selection_changed)
        views.faces.face_selected.connect(board.select)
        views.faces.face_activated.connect(self._on_face_activated)
        views.video.face_clicked.connect(board.select)
        views.video.face_activated.connect(self._on_face_activated)
        views.video.step_wanted.connect(board.step)
        actions.connect("next_face", self._next_face)
        actions.connect("previous_face", self._previous_face)

    @Slot()
    def _on_faces_changed(self) -> None:
        faces, video = self._board.faces, self._views.video
        self._views.faces.set_faces(faces)
        self._views.faces.select(self._selected_id())
        self._show_chart()
        words = ", ".join(f"{face.title} {feeling_words(face)}" for face in faces)
        if words != video.accessibleDescription():
            video.setAccessibleDescription(words)
        for name in ("next_face", "previous_face"):
            self._actions[name].setEnabled(bool(faces))

    @Slot(object)
    def _on_selection_changed(self, track_id: int | None) -> None:
        self._views.video.set_selected(track_id)
        self._views.faces.select(track_id)
        self._show_chart()

    def _selected_id(self) -> int | None:
        selected = self._board.selected
        return selected.track_id if selected is not None else None

    def _show_chart(self) -> None:
        board, selected = self._board, self._board.selected
        history = board.history(selected.track_id) if selected is not None else None
        self._views.chart.show_face(selected, history, board.now_s)
        if selected is None:
            title = self.tr("Emotion")
        else:
            title = self.tr("Emotion: {name}").format(name=selected.title)
        self._views.chart_dock.setWindowTitle(title)

    @Slot(int)
    def _on_face_activated(self, track_id: int) -> None:
        self._board.select(track_id)
        self.enrolment_wanted.emit()

    @Slot()
    def _next_face(self) -> None:
        self._board.step(1)

    @Slot()
    def _previous_face(self) -> None:
        self._board.step(-1)
