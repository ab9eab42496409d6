"""The inputs of the analysis dialog as rows: what each is, and what has become of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from facemotion.analysis.batch_progress import BatchProgress
from facemotion.analysis.inputs import AnalysisInput
from facemotion.analysis.jobs import JobNews, JobState
from facemotion.ui.words import duration_words

AnyIndex = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
INPUT, STATE, FACES = range(3)


@dataclass(eq=False, slots=True)
class QueueEntry:
    """One row.

    Attributes:
        input: What is analysed.
        number: Of its job; another one each time it is tried.
        news: What has become of it.
        folder: Of its results, once it was begun.
        progress: For the time that is left.
        left_s: That time, or None while nobody can tell.
        is_again: Whether it is done even if its results are there already.
    """

    input: AnalysisInput
    number: int
    news: JobNews
    folder: Path | None = None
    progress: BatchProgress = field(default_factory=BatchProgress)
    left_s: float | None = None
    is_again: bool = False

    @property
    def state(self) -> JobState:
        """How far it is."""
        return self.news.state


class AnalysisQueue(QAbstractTableModel):
    """The rows, in the order in which they are done; GUI thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[QueueEntry] = []
        self._next_number = 1

    @property
    def entries(self) -> list[QueueEntry]:
        """All rows."""
        return list(self._entries)

    def in_state(self, *states: JobState) -> list[QueueEntry]:
        """Rows in one of these states."""
        return [entry for entry in self._entries if entry.state in states]

    def add(self, inputs: Iterable[AnalysisInput]) -> list[QueueEntry]:
        """Add inputs at the end; what is here already is left out.

        Returns:
            The new rows.
        """
        known = {entry.input.identity for entry in self._entries}
        fresh = [source for source in inputs if source.identity not in known]
        if not fresh:
            return []
        first = len(self._entries)
        self.beginInsertRows(QModelIndex(), first, first + len(fresh) - 1)
        added = [self._make(source) for source in fresh]
        self._entries.extend(added)
        self.endInsertRows()
        return added

    def remove(self, entries: Iterable[QueueEntry]) -> None:
        """Take rows out."""
        for entry in entries:
            row = self._entries.index(entry)
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._entries[row]
            self.endRemoveRows()

    def renew(self, entry: QueueEntry) -> None:
        """Let a row wait once more, under another number."""
        fresh = self._make(entry.input)
        entry.number, entry.news, entry.left_s = fresh.number, fresh.news, None
        entry.progress, entry.is_again = fresh.progress, True
        self._tell(entry)

    def take(self, news: JobNews, now_s: float) -> QueueEntry | None:
        """Take in news; news of a number that is no more are nobody's."""
        for entry in self._entries:
            if entry.number == news.number:
                entry.news = news
                entry.progress.take(news, now_s)
                entry.left_s = entry.progress.remaining_s(now_s)
                self._tell(entry)
                return entry
        return None

    def pause(self, is_on: bool, now_s: float) -> None:
        """Stop every row's clock, or let it go on."""
        for entry in self._entries:
            entry.progress.pause(is_on, now_s)

    def index_of(self, entry: QueueEntry) -> QModelIndex:
        """Where a row is."""
        return self.index(self._entries.index(entry), INPUT)

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Number of inputs."""
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        """Input, state, faces."""
        return 0 if parent is not None and parent.isValid() else 3

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Names of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Input"), self.tr("State"), self.tr("Faces read"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section == FACES:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text of a cell, and its row under `ENTRY_ROLE`."""
        if not index.isValid() or index.row() >= len(self._entries):
            return None
        entry = self._entries[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(entry, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join((entry.input.identity, *entry.news.problems))
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == FACES:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, entry: QueueEntry, column: int) -> str:
        if column == INPUT:
            count = len(entry.input.pictures)
            more = self.tr(" ({count} pictures)").format(count=count) if count else ""
            return f"{entry.input.title}{more}"
        if column == STATE:
            return self.state_words(entry)
        is_known = entry.state.has_results or entry.news.row_count > 0
        return f"{entry.news.row_count:,}".replace(",", "\u202f") if is_known else ""

    def state_words(self, entry: QueueEntry) -> str:
        """How far a row is, or why it is not done."""
        match entry.state:
            case JobState.WAITING:
                return self.tr("Waiting")
            case JobState.RUNNING:
                return self._running_words(entry)
            case JobState.DONE:
                return self.tr("Done before") if entry.news.is_kept else self.tr("Done")
            case JobState.PARTLY:
                return self.tr("Done in part: {why}").format(why=" ".join(entry.news.problems))
            case JobState.STOPPED:
                return self.tr("Cancelled")
            case JobState.FAILED:
                return " ".join(entry.news.problems)

    def _running_words(self, entry: QueueEntry) -> str:
        if entry.news.frame_count == 0:
            return self.tr("Beginning…")
        if entry.news.fraction is None:
            return self.tr("{count} frames").format(count=entry.news.frame_count)
        done = f"{entry.news.fraction * 100.0:.0f} %"
        if entry.left_s is None:
            return done
        return self.tr("{done}, {time} left").format(done=done, time=duration_words(entry.left_s))

    def _make(self, source: AnalysisInput) -> QueueEntry:
        number = self._next_number
        self._next_number += 1
        entry = QueueEntry(source, number, JobNews(number, JobState.WAITING))
        entry.progress.add(number, 1.0)
        return entry

    def _tell(self, entry: QueueEntry) -> None:
        row = self._entries.index(entry)
        self.dataChanged.emit(self.index(row, INPUT), self.index(row, FACES))
