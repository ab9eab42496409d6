"""The faces that are here as rows of a list, and what a row says."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from facemotion.core.types import Decision
from facemotion.ui.presence import PresentFace
from facemotion.ui.words import duration_words, emotion_word, gate_words, shown_probability

AnyIndex = QModelIndex | QPersistentModelIndex
FACE_ROLE = Qt.ItemDataRole.UserRole + 1


def feeling_words(present: PresentFace) -> str:
    """How a face feels, or why nobody can tell."""
    reading = present.face.emotion
    probability = shown_probability(reading)
    if reading.emotion is not None and probability is not None:
        return f"{emotion_word(reading.emotion)} {probability * 100.0:.0f} %"
    return gate_words(reading.gate_reason) if reading.gate_reason is not None else "…"


def is_open_question(present: PresentFace) -> bool:
    """Whether a row should offer to say why: no certain name, or no emotion."""
    face = present.face
    return face.identity.decision is not Decision.KNOWN or face.emotion.emotion is None


class FacesModel(QAbstractListModel):
    """The faces that are here as rows; a row stays itself for as long as its track lives."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._faces: list[PresentFace] = []
        self._explain: Callable[[int], str] | None = None

    def explain_with(self, explain: Callable[[int], str]) -> None:
        """Use these words, by track id, as tooltip."""
        self._explain = explain

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Number of faces."""
        return 0 if parent is not None and parent.isValid() else len(self._faces)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text of a row, and its face under `FACE_ROLE`."""
        if not index.isValid() or index.row() >= len(self._faces):
            return None
        present = self._faces[index.row()]
        if role == FACE_ROLE:
            return present
        if role == Qt.ItemDataRole.DisplayRole:
            return present.title
        if role == Qt.ItemDataRole.ToolTipRole and self._explain is not None:
            return self._explain(present.track_id)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            here = self.tr("here for {time}").format(time=duration_words(present.duration_s))
            if present.face.emotion.is_corrected:
                here = f"{here}, {self.tr('corrected by the neutral face')}"
            return f"{present.title}, {feeling_words(present)}, {here}"
        return None

    def set_faces(self, faces: list[PresentFace]) -> None:
        """Take over the list; rows that stay keep their selection."""
        old_ids = [face.track_id for face in self._faces]
        new_ids = [face.track_id for face in faces]
        for row in reversed(range(len(old_ids))):
            if old_ids[row] not in new_ids:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._faces[row]
                self.endRemoveRows()
        kept = {face.track_id for face in self._faces}
        added = [face for face in faces if face.track_id not in kept]
        if added:
            first = len(self._faces)
            self.beginInsertRows(QModelIndex(), first, first + len(added) - 1)
            self._faces.extend(added)
            self.endInsertRows()
        by_id = {face.track_id: face for face in faces}
        self._faces = [by_id[face.track_id] for face in self._faces]
        if self._faces:
            self.dataChanged.emit(self.index(0), self.index(len(self._faces) - 1))

    def track_ids(self) -> list[int]:
        """Track ids in the order of the rows."""
        return [face.track_id for face in self._faces]
