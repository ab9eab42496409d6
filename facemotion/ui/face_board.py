"""What the panels show: who is here, how they felt lately, what changed, who is selected."""

from datetime import datetime

from PySide6.QtCore import QObject, Signal, Slot

from facemotion.core.types import FrameResult
from facemotion.ui.change_log import ChangeLog, EmotionChange
from facemotion.ui.history import EmotionHistory, HistoryBook
from facemotion.ui.picture import STILL_KINDS
from facemotion.ui.presence import Presence, PresentFace
from facemotion.vision.sources.base import SourceInfo


class FaceBoard(QObject):
    """Takes results and keeps what outlives them; GUI thread.

    The selected face is the one the user chose, for as long as it is here, else the first one.

    Args:
        parent: Qt parent.

    Signals:
        faces_changed(): Who is here, or how they feel, is new.
        selection_changed(object): Track id (int) of the selected face, or None.
        changes_found(object): New emotion changes (list, oldest first).
    """

    faces_changed = Signal()
    selection_changed = Signal(object)
    changes_found = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._presence = Presence()
        self._histories = HistoryBook()
        self._log = ChangeLog()
        self._chosen_id: int | None = None
        self._selected_id: int | None = None
        self._now_s = 0.0

    @property
    def faces(self) -> list[PresentFace]:
        """Everyone here, in the order in which they came."""
        return self._presence.faces

    @property
    def selected(self) -> PresentFace | None:
        """The selected face, or None when nobody is here."""
        return self._presence.get(self._selected_id) if self._selected_id is not None else None

    @property
    def now_s(self) -> float:
        """Source time of the newest result."""
        return self._now_s

    @property
    def changes(self) -> list[EmotionChange]:
        """All changes kept, oldest first."""
        return list(self._log.changes)

    def face(self, track_id: int) -> PresentFace | None:
        """A face that is here, or None."""
        return self._presence.get(track_id)

    def history(self, track_id: int) -> EmotionHistory | None:
        """Readings of a track, or None."""
        return self._histories.of(track_id)

    def take_result(self, result: FrameResult, info: SourceInfo, clock: datetime) -> None:
        """Take over a result.

        Args:
            result: The newest one.
            info: The source that it belongs to.
            clock: Local date and time.
        """
        if info.kind in STILL_KINDS:
            # Each photo stands alone: its numbers say nothing about those of the last one.
            self._forget_time()
            self._presence.clear()
        elif result.frame.time_s < self._now_s:
            self._forget_time()
        self._now_s = result.frame.time_s
        self._presence.update(result)
        self._histories.add(result)
        changes = self._log.update(result, self.faces, info.name, info.is_live, clock)
        self._settle_selection()
        self.faces_changed.emit()
        if changes:
            self.changes_found.emit(changes)

    def begin_source(self) -> None:
        """Another source: nobody is here, nothing was felt; the change history stays."""
        self._forget_time()
        self._presence.clear()
        self._now_s = 0.0
        self._chosen_id = None
        self._settle_selection()
        self.faces_changed.emit()

    @Slot(object)
    def select(self, track_id: int | None) -> None:
        """The user chose a face, or none in particular."""
        self._chosen_id = track_id
        self._settle_selection()

    @Slot(int)
    def step(self, places: int) -> None:
        """Select the face so many places further in the list."""
        ids = [face.track_id for face in self.faces]
        if not ids:
            return
        here = ids.index(self._selected_id) if self._selected_id in ids else 0
        self.select(ids[(here + places) % len(ids)])

    def clear_changes(self) -> None:
        """Forget the change history."""
        self._log.clear()

    def _forget_time(self) -> None:
        """Time went back: old readings lie in the future now."""
        self._histories.clear()
        self._log.begin_source()

    def _settle_selection(self) -> None:
        ids = [face.track_id for face in self.faces]
        selected = self._chosen_id if self._chosen_id in ids else None
        if selected is None:
            selected = self._selected_id if self._selected_id in ids else None
        if selected is None and ids:
            selected = ids[0]
        if selected != self._selected_id:
            self._selected_id = selected
            self.selection_changed.emit(selected)
