"""Enrolment from photos: dropped or chosen, each accepted or rejected with its reason."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from facemotion.core.types import FrameBgr
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.face_chooser import FaceChooser
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.session import LiveSession
from facemotion.ui.shot_board import ShotBoard
from facemotion.ui.text_labels import heading, hint
from facemotion.vision.sources.pictures import PICTURE_SUFFIXES, read_picture

MOST_PHOTOS = 40
"""More at once help nobody, and are most likely the wrong folder."""
FIRST_ID = 1_000_001
"""The camera's shots are numbered from 1."""


class EnrolmentFilesPage(QWidget):
    """A place to drop photos, and what became of each.

    Args:
        session: Whose models examine the photos.
        parent: Qt parent.

    Signals:
        shots_changed(): Photos were added, examined or removed.
    """

    shots_changed = Signal()

    def __init__(self, session: LiveSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._jobs = BackgroundJobs(self)
        self.board = ShotBoard(session, FIRST_ID)
        self.board.changed.connect(self._show_state)
        self.board.choice_wanted.connect(self._choose_face)
        self._is_drag_over = False
        self._notice = Notice()
        self._words = hint("")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        self._progress.setAccessibleName(self.tr("Photos examined"))
        self._stack = QStackedLayout()
        self._stack.addWidget(self._make_drop_page())
        self._stack.addWidget(self._make_board_page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.addWidget(self._notice)
        layout.addLayout(self._stack, 1)
        self._show_state()

    @property
    def notice(self) -> Notice:
        """Where it is said what was left out."""
        return self._notice

    @property
    def words(self) -> str:
        """The line above the photos."""
        return self._words.text()

    def add_paths(self, paths: Iterable[Path]) -> None:
        """Add photos; of a folder, the pictures in it. Repeats are left out."""
        pictures = [self.board.picture(tile.tile_id) for tile in self.board.tiles()]
        known = {picture for picture in pictures if isinstance(picture, Path)}
        wanted, empty_folders = _pictures_in(paths)
        fresh = [path for path in dict.fromkeys(wanted) if path not in known]
        room = MOST_PHOTOS - self.board.count
        self._notice.clear()
        if empty_folders:
            names = ", ".join(folder.name for folder in empty_folders)
            self._warn(self.tr("No pictures are in {names}.").format(names=names))
        if len(fresh) > room:
            sentence = self.tr("Only {most} photos at once: {count} were left out.")
            self._warn(sentence.format(most=MOST_PHOTOS, count=len(fresh) - max(room, 0)))
        self.board.add([(path.name, path) for path in fresh[: max(room, 0)]])

    def _warn(self, sentence: str) -> None:
        self._notice.say(NoticeKind.WARNING, sentence)

    def _make_drop_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        title = heading(self.tr("Drop photos of one person here"))
        words = hint(
            self.tr(
                "Three to five photos are best: the face from the front and a little from each "
                "side, in good light, nobody else in the picture."
            )
        )
        for label in (title, words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose_button = QPushButton(self.tr("Choose photos…"))
        self.choose_button.setAutoDefault(False)
        self.choose_button.clicked.connect(self._choose_files)
        column.setContentsMargins(60, 0, 60, 0)
        column.addStretch(1)
        column.addWidget(title)
        column.addWidget(words)
        column.addSpacing(10)
        column.addWidget(self.choose_button, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        return page

    def _make_board_page(self) -> QWidget:
        page = QWidget()
        more = QPushButton(self.tr("Add photos…"))
        clear = QPushButton(self.tr("Remove all"))
        for button, slot in ((more, self._choose_files), (clear, self.board.clear)):
            button.setAutoDefault(False)
            button.clicked.connect(slot)
        row = QHBoxLayout()
        row.addWidget(self._words, 1)
        row.addWidget(more)
        row.addWidget(clear)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self._progress)
        column.addWidget(self.board, 1)
        return page

    @Slot()
    def _choose_files(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(PICTURE_SUFFIXES))
        names, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Choose photos of one person"),
            "",
            f"{self.tr('Pictures')} ({patterns});;{self.tr('All files')} (*)",
        )
        if names:
            self.add_paths(Path(name) for name in names)

    @Slot(int)
    def _choose_face(self, tile_id: int) -> None:
        """Open the photo with its faces, read again in the background: it may be large."""
        picture = self.board.picture(tile_id)
        verdict = self.board.verdict(tile_id)
        if not isinstance(picture, Path) or verdict is None:
            return

        def open_chooser(photo_bgr: FrameBgr) -> None:
            chooser = FaceChooser(tile_id, photo_bgr, verdict.faces, self)
            chooser.face_chosen.connect(self.board.replace)
            chooser.open()

        self._jobs.start(lambda: read_picture(picture), open_chooser, self._warn)

    @Slot()
    def _show_state(self) -> None:
        board = self.board
        self._stack.setCurrentIndex(1 if board.count else 0)
        accepted, rejected = len(board.shots()), board.rejected_count
        waiting = board.waiting_count
        self._progress.setRange(0, max(board.count, 1))
        self._progress.setValue(board.count - waiting)
        keep = self._progress.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(keep)
        self._progress.setVisible(waiting > 0)
        self._words.setText(self._state_words(accepted, rejected, waiting))
        self.shots_changed.emit()

    def _state_words(self, accepted: int, rejected: int, waiting: int) -> str:
        if waiting:
            return self.tr("Examining: {count} to go").format(count=waiting)
        words = self.tr("{count} accepted").format(count=accepted)
        if rejected:
            words += ", " + self.tr("{count} rejected").format(count=rejected)
        if accepted < 3:
            words += ". " + self.tr("Three to five good photos are best.")
        return words

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if _dropped_paths(event):
            self._set_drag_over(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Show the welcome no longer."""
        self._set_drag_over(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the files in."""
        self._set_drag_over(False)
        event.acceptProposedAction()
        self.add_paths(_dropped_paths(event))

    def _set_drag_over(self, is_over: bool) -> None:
        self._is_drag_over = is_over
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame that says that files can be dropped here."""
        super().paintEvent(event)
        if self.board.count and not self._is_drag_over:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = QPalette.ColorRole.Highlight if self._is_drag_over else QPalette.ColorRole.Mid
        pen = QPen(self.palette().color(role), 2.0 if self._is_drag_over else 1.5)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(self.rect().adjusted(2, 12, -2, -2), 10, 10)


def _dropped_paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


def _pictures_in(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The files given and those of the folders given; and the folders without any picture."""
    pictures: list[Path] = []
    empty: list[Path] = []
    for path in paths:
        if not path.is_dir():
            pictures.append(path)
            continue
        inside = _folder_pictures(path)
        pictures.extend(inside)
        if not inside:
            empty.append(path)
    return pictures, empty


def _folder_pictures(folder: Path) -> Sequence[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [path for path in entries if path.suffix.lower() in PICTURE_SUFFIXES]
