"""Warnings about the shots of an enrolment: not one person, or somebody who is enrolled already."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from facemotion.core.thresholds import PackThresholds
from facemotion.store.gallery_contents import GalleryContents
from facemotion.store.person_files import Person
from facemotion.store.settings import Settings
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.shot_checks import Lookalike, Shot, find_lookalike, find_strangers

if TYPE_CHECKING:
    from facemotion.core.gallery_index import GalleryIndex

SAME_AMONG = 20
"""Two shots count as one person's when they are as alike as a name asks for among so many people:
asking once too often costs a click, two people under one name cost every later recognition."""


class ShotWarnings(QObject):
    """Judges shots, says what is wrong in a notice, and remembers the user's answers.

    Args:
        notice: Where the warnings are said.
        settings: The settings in force.
        parent: Qt parent.

    Signals:
        answered(): The user answered a question; the shots are to be judged again.
        removal_wanted(list): Ids of the shots to be removed.
        target_wanted(str): The shots are to be added to this person; the person id.
    """

    answered = Signal()
    removal_wanted = Signal(list)
    target_wanted = Signal(str)

    def __init__(self, notice: Notice, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notice = notice
        self._settings = settings
        self._thresholds: PackThresholds | None = None
        self._model_id: str | None = None
        self._contents = GalleryContents((), (), {})
        self._index: GalleryIndex | None = None
        self._excused_ids: frozenset[int] = frozenset()
        self._refused_id: str | None = None
        self._strangers: list[Shot] = []
        self._lookalike: Lookalike | None = None

    @property
    def has_strangers(self) -> bool:
        """Whether the shots look like several people and the user has not denied it."""
        return bool(self._strangers)

    @property
    def lookalike(self) -> Lookalike | None:
        """Whom the shots resemble although they are meant for somebody else."""
        return self._lookalike

    def set_settings(self, settings: Settings) -> None:
        """Judge by other settings from now on."""
        self._settings = settings

    def set_model(self, model_id: str | None, thresholds: PackThresholds | None) -> None:
        """The recogniser in use; None while there is none."""
        self._model_id = model_id
        self._thresholds = thresholds
        self._index = None

    def set_contents(self, contents: GalleryContents) -> None:
        """The people enrolled now."""
        self._contents = contents
        self._index = None

    def forget_answers(self) -> None:
        """The next shots are of somebody else."""
        self._excused_ids = frozenset()
        self._refused_id = None

    def judge(self, shots: Sequence[Shot], meant: Person | None) -> None:
        """Say what is wrong with the shots, or take back what was said.

        Args:
            shots: Everything accepted so far.
            meant: Whom the shots are to be added to, or None for somebody new.
        """
        found = find_strangers(shots, self._threshold(SAME_AMONG))
        is_excused = {shot.shot_id for shot in found} <= self._excused_ids
        self._strangers = [] if is_excused else found
        self._lookalike = None if self._strangers else self._find_lookalike(shots, meant)
        if self._strangers:
            self._warn_of_strangers(self._strangers, len(shots))
        elif self._lookalike is not None:
            self._warn_of_lookalike(self._lookalike, meant)
        elif self._notice.kind is NoticeKind.WARNING:
            self._notice.clear()

    def _threshold(self, people: int, embeddings: int | None = None) -> float:
        """Similarity from which a face is known among so many people."""
        thresholds = self._thresholds if self._thresholds is not None else PackThresholds()
        return self._settings.matching.threshold_for(thresholds, people, embeddings)

    def _find_lookalike(self, shots: Sequence[Shot], meant: Person | None) -> Lookalike | None:
        is_wanted = self._settings.enrolment.is_duplicate_warned
        if self._model_id is None or not shots or not is_wanted:
            return None
        if self._index is None:
            self._index = self._contents.index(self._model_id)
        threshold = self._threshold(self._index.size, self._index.embedding_count)
        found = find_lookalike(shots, self._index, threshold)
        if found is None or found.person_id == self._refused_id:
            return None
        return None if meant is not None and meant.person_id == found.person_id else found

    def _warn_of_lookalike(self, found: Lookalike, meant: Person | None) -> None:
        words = self.tr(
            "This looks like {name} ({percent:.0f} %). Add these photos to {name} instead?"
        )
        if meant is not None:
            words = self.tr(
                "This looks more like {name} ({percent:.0f} %) than like {meant}. Add these photos "
                "to {name} instead?"
            )
        self._say(
            words.format(name=found.name, percent=found.percent, meant=meant.name if meant else ""),
            (self.tr("Add to {name}").format(name=found.name), self.follow_lookalike),
            (self.tr("No, somebody else"), self._refuse_lookalike),
        )

    def _warn_of_strangers(self, strangers: list[Shot], shot_count: int) -> None:
        titles = ", ".join(shot.title for shot in strangers[:4])
        ids = [shot.shot_id for shot in strangers]
        actions = [(self.tr("It is the same person"), lambda: self._excuse(ids))]
        if 2 * len(strangers) < shot_count:
            words = self.tr("This does not look like the other shots: {titles}.")
            remove = self.tr("Remove it") if len(ids) == 1 else self.tr("Remove them")
            actions.insert(0, (remove, lambda: self.removal_wanted.emit(ids)))
        else:
            words = self.tr(
                "These shots do not look like one person: {titles}. Remove those of others."
            )
        self._say(words.format(titles=titles), *actions)

    def _say(self, text: str, *actions: tuple[str, Callable[[], object]]) -> None:
        """Say a warning; one that is on show already stays as it is, with its buttons."""
        if self._notice.kind is not NoticeKind.WARNING or self._notice.text != text:
            self._notice.say(NoticeKind.WARNING, text, *actions)

    def follow_lookalike(self) -> None:
        """The shots are of the one they look like."""
        if self._lookalike is not None:
            self._notice.clear()
            self.target_wanted.emit(self._lookalike.person_id)

    def _refuse_lookalike(self) -> None:
        if self._lookalike is not None:
            self._refused_id = self._lookalike.person_id
        self.answered.emit()

    def _excuse(self, shot_ids: list[int]) -> None:
        self._excused_ids = self._excused_ids | frozenset(shot_ids)
        self.answered.emit()
