"""Play, pause, step and seek, and what of it is offered for the present source."""

from PySide6.QtCore import QObject, Slot

from facemotion.store.markers import HOTKEY_COUNT
from facemotion.ui.actions import Actions
from facemotion.ui.live_pane import LivePane
from facemotion.ui.session import LiveSession

STEP_S = 5.0


class PlaybackDesk(QObject):
    """Between playback commands, transport bar and session; GUI thread.

    Args:
        session: Plays.
        pane: Has the transport bar, and the line over the picture.
        actions: The window's commands.
        parent: Qt parent.
    """

    def __init__(
        self, session: LiveSession, pane: LivePane, actions: Actions, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._pane = pane
        self._actions = actions
        self._has_ended = False
        session.paused_changed.connect(self._on_paused)
        session.ended.connect(self._on_ended)
        session.position_changed.connect(self._on_position)
        session.source_opened.connect(self._on_opened)
        pane.transport.seek_wanted.connect(session.seek)
        actions.connect("play", self.toggle)
        actions.connect("back", self.step_back)
        actions.connect("forward", self.step_forward)

    @property
    def is_playing(self) -> bool:
        """Whether the picture moves, as far as the user has a say in it."""
        return not self._session.is_paused and not self._has_ended

    @Slot()
    def toggle(self) -> None:
        """Pause, or go on."""
        if self.is_playing:
            self._session.pause()
        else:
            self._has_ended = False
            self._session.play()

    @Slot()
    def step_back(self) -> None:
        """Five seconds back."""
        self._step(-STEP_S)

    @Slot()
    def step_forward(self) -> None:
        """Five seconds forward."""
        self._step(STEP_S)

    def refresh(self) -> None:
        """Offer what can be done with the present source."""
        info = self._session.source_info
        markers = [f"marker{number}" for number in range(1, HOTKEY_COUNT + 1)]
        for name in ("play", "snapshot", "mark", *markers):
            self._actions[name].setEnabled(info is not None)
        for name in ("back", "forward"):
            self._actions[name].setEnabled(info is not None and info.is_seekable)
        self._actions.show_playing(self.is_playing)
        if self._session.is_paused and info is not None and info.is_live:
            self._pane.video.set_message(self.tr("Paused"))
        else:
            self._pane.video.set_message("")

    def _step(self, seconds: float) -> None:
        frame, info = self._session.latest_frame(), self._session.source_info
        if frame is None or info is None or not info.is_seekable:
            return
        end_s = info.duration_s if info.duration_s is not None else frame.time_s + seconds
        self._session.seek(min(max(frame.time_s + seconds, 0.0), end_s))

    @Slot(object)
    def _on_opened(self, _info: object) -> None:
        self._has_ended = False
        self.refresh()

    @Slot(bool)
    def _on_paused(self, _is_paused: bool) -> None:
        self.refresh()

    @Slot()
    def _on_ended(self) -> None:
        self._has_ended = True
        self.refresh()

    @Slot(float)
    def _on_position(self, time_s: float) -> None:
        info = self._session.source_info
        end_s = info.duration_s if info is not None else None
        if self._has_ended and end_s is not None and time_s < end_s:
            self._has_ended = False  # the user went back from the end
            self.refresh()
        self._pane.transport.set_position(time_s)
