"""The pictures of one enrolment, examined one by one in the inference thread."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from facemotion.core.types import FrameBgr
from facemotion.ui.flow_layout import FlowLayout
from facemotion.ui.photo_tile import PhotoTile, TileState
from facemotion.ui.session import LiveSession
from facemotion.ui.shot_checks import Shot
from facemotion.ui.thumbnails import image_from_bgr
from facemotion.vision.photos import PhotoVerdict

Photo = Path | FrameBgr
"""A file, or uint8 (H, W, 3) BGR."""


@dataclass(frozen=True, slots=True, eq=False)
class BoardEntry:
    """One picture on the board.

    Attributes:
        tile: What the user sees of it.
        picture: Its file, or uint8 (H, W, 3) BGR.
    """

    tile: PhotoTile
    picture: Photo


class ShotBoard(QScrollArea):
    """Tiles of pictures; each is accepted, or rejected with the reason.

    Args:
        session: Whose models examine the pictures.
        first_id: Number of the first tile; boards whose shots are put together need their own.
        parent: Qt parent.

    Signals:
        changed(): Pictures were added, examined or removed.
        choice_wanted(int): The user wants to say which face of a picture is meant.
    """

    changed = Signal()
    choice_wanted = Signal(int)

    def __init__(
        self, session: LiveSession, first_id: int = 1, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._entries: dict[int, BoardEntry] = {}
        self._verdicts: dict[int, PhotoVerdict] = {}
        self._jobs: dict[int, deque[int]] = {}
        self._next_id = first_id
        self._model_id: str | None = None
        page = QWidget()
        self._flow = FlowLayout(page)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Pictures of this enrolment"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        session.photo_examined.connect(self._take_verdict)
        session.photos_refused.connect(self._take_refusal)
        session.inference_failed.connect(self._take_failure)
        session.models_ready.connect(self._examine_for_model)
        self._model_id = _recogniser_of(session)

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return len(self._entries)

    @property
    def waiting_count(self) -> int:
        """How many are not examined yet."""
        return self._count(TileState.WAITING)

    @property
    def rejected_count(self) -> int:
        """How many cannot be used."""
        return self._count(TileState.REJECTED)

    def shots(self) -> list[Shot]:
        """The accepted pictures, in the order in which they were added."""
        shots: list[Shot] = []
        for tile_id, entry in self._entries.items():
            verdict = self._verdicts.get(tile_id)
            if verdict is None or not verdict.accepted:
                continue
            if verdict.embedding is not None and verdict.crop_bgr is not None:
                shots.append(Shot(tile_id, entry.tile.title, verdict.crop_bgr, verdict.embedding))
        return shots

    def tiles(self) -> list[PhotoTile]:
        """The tiles in order."""
        return [entry.tile for entry in self._entries.values()]

    def picture(self, tile_id: int) -> Photo | None:
        """The picture of a tile, or None when it is gone."""
        entry = self._entries.get(tile_id)
        return entry.picture if entry is not None else None

    def verdict(self, tile_id: int) -> PhotoVerdict | None:
        """What the examination said, or None while it waits."""
        return self._verdicts.get(tile_id)

    def add(self, pictures: Sequence[tuple[str, Photo]]) -> list[int]:
        """Add pictures and have them examined.

        Args:
            pictures: Title and picture of each.

        Returns:
            The ids of their tiles.
        """
        ids: list[int] = []
        for title, picture in pictures:
            tile_id = self._next_id
            self._next_id += 1
            tile = PhotoTile(tile_id, title)
            tile.remove_wanted.connect(self.remove)
            tile.choice_wanted.connect(self.choice_wanted)
            self._entries[tile_id] = BoardEntry(tile, picture)
            self._flow.addWidget(tile)
            ids.append(tile_id)
        self._examine(ids)
        return ids

    @Slot(int, object)
    def replace(self, tile_id: int, picture: Photo) -> None:
        """Have another picture examined in place of a tile's own."""
        entry = self._entries.get(tile_id)
        if entry is not None:
            self._entries[tile_id] = BoardEntry(entry.tile, picture)
            self._examine([tile_id])

    @Slot(int)
    def remove(self, tile_id: int) -> None:
        """Take a picture away; one that is being examined is forgotten when it is done."""
        entry = self._entries.pop(tile_id, None)
        if entry is None:
            return
        self._verdicts.pop(tile_id, None)
        self._flow.removeWidget(entry.tile)
        entry.tile.hide()
        entry.tile.deleteLater()
        self.changed.emit()

    @Slot()
    def clear(self) -> None:
        """Take all pictures away."""
        for tile_id in list(self._entries):
            self.remove(tile_id)

    def _count(self, state: TileState) -> int:
        return sum(entry.tile.state is state for entry in self._entries.values())

    def _examine(self, tile_ids: Sequence[int]) -> None:
        for tile_id in tile_ids:
            self._verdicts.pop(tile_id, None)
            words = self.tr("is examined") if self._model_id else self.tr("waits for a model")
            self._entries[tile_id].tile.show_state(TileState.WAITING, words)
        if self._model_id is not None and tile_ids:
            job_id = self._session.examine([self._entries[each].picture for each in tile_ids])
            self._jobs[job_id] = deque(tile_ids)
        self.changed.emit()

    def _next_tile_of(self, job_id: int) -> int | None:
        """The tile that the next answer of a job belongs to; None for jobs of others."""
        waiting = self._jobs.get(job_id)
        if waiting is None:
            return None
        tile_id = waiting.popleft()
        if not waiting:
            del self._jobs[job_id]
        is_superseded = any(tile_id in others for others in self._jobs.values())
        return None if is_superseded or tile_id not in self._entries else tile_id

    @Slot(int, object)
    def _take_verdict(self, job_id: int, verdict: PhotoVerdict) -> None:
        tile_id = self._next_tile_of(job_id)
        if tile_id is None:
            return
        self._verdicts[tile_id] = verdict
        tile = self._entries[tile_id].tile
        if verdict.crop_bgr is not None:
            tile.show_image(image_from_bgr(verdict.crop_bgr))
        if verdict.accepted:
            tile.show_state(TileState.ACCEPTED, self.tr("accepted"))
        else:
            is_whole = isinstance(self._entries[tile_id].picture, Path)
            is_choosable = is_whole and len(verdict.faces) > 1
            tile.show_state(TileState.REJECTED, verdict.reason, is_choosable=is_choosable)
        self.changed.emit()

    @Slot(int, str)
    def _take_refusal(self, job_id: int, sentence: str) -> None:
        tile_id = self._next_tile_of(job_id)
        if tile_id is not None:
            self._entries[tile_id].tile.show_state(TileState.REJECTED, sentence)
            self.changed.emit()

    @Slot(str)
    def _take_failure(self, sentence: str) -> None:
        """The thread is gone, and the pictures that it had to examine with it."""
        waiting = {tile_id for tile_ids in self._jobs.values() for tile_id in tile_ids}
        self._jobs.clear()
        for tile_id in waiting & self._entries.keys():
            self._entries[tile_id].tile.show_state(TileState.REJECTED, sentence)
        self.changed.emit()

    @Slot(object)
    def _examine_for_model(self, _info: object) -> None:
        """Faces read by one model mean nothing to another: examine everything again."""
        model_id = _recogniser_of(self._session)
        if model_id == self._model_id:
            return
        self._model_id = model_id
        self._jobs.clear()
        self._examine(list(self._entries))


def _recogniser_of(session: LiveSession) -> str | None:
    """The model that tells people apart, or None while there is none."""
    info = session.models_info
    return info.model_id or None if info is not None else None
