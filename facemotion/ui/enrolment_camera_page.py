"""Enrolment from the running source: it watches one face and takes the best shots by itself."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from facemotion.core.shots import Pose
from facemotion.ui.enrol_panel import shot_words
from facemotion.ui.face_preview import FacePreview
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.pose_words import hint_words, pose_word
from facemotion.ui.session import LiveSession
from facemotion.ui.shot_board import ShotBoard
from facemotion.ui.shot_taker import ShotTaker, TakenShot, TakerState
from facemotion.ui.text_labels import heading, hint

STILL_KINDS = ("image", "folder")


class EnrolmentCameraPage(QWidget):
    """Live picture, ring, hints, and the shots taken so far.

    It works only while it is shown; nothing is taken behind the user's back.

    Args:
        session: The running source and its models.
        parent: Qt parent.

    Signals:
        shots_changed(): Shots were taken, examined or removed.
        photos_wanted(): The user prefers photos, because no source is running.
    """

    shots_changed = Signal()
    photos_wanted = Signal()

    def __init__(self, session: LiveSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._taker = ShotTaker()
        self._poses: dict[int, Pose] = {}
        self._is_finished = False
        self._is_mirroring_cameras = True
        self._last_index: tuple[int, int] | None = None
        self.preview = FacePreview()
        self.preview.face_clicked.connect(self._choose)
        self.board = ShotBoard(session)
        self.board.changed.connect(self._follow_board)
        self._notice = Notice()
        self._hint = heading("", scale=1.25)
        self._hint.setMinimumHeight(2 * self._hint.fontMetrics().lineSpacing())
        self._poses_line = hint("")
        self._board_words = hint("")
        self._make_buttons()
        self._lay_out()
        session.picture_ready.connect(self._show_picture)
        session.result_ready.connect(self._take_result)
        session.source_opened.connect(self._begin_source)
        for signal in (
            session.source_failed,
            session.source_stopped,
            session.models_ready,
            session.models_failed,
            session.paused_changed,
        ):
            signal.connect(self._show_readiness)
        self._show_state(None)
        self._show_readiness()

    @property
    def hint(self) -> str:
        """What the person is told now."""
        return self._hint.text()

    @property
    def notice(self) -> Notice:
        """Where it is said why nothing can be taken."""
        return self._notice

    @Slot(bool)
    def set_mirroring(self, is_mirroring: bool) -> None:
        """Whether cameras are shown as in a mirror; files never are."""
        self._is_mirroring_cameras = is_mirroring
        self._show_readiness()

    @Slot()
    def start_over(self) -> None:
        """Forget the shots and begin anew."""
        self._is_finished = False
        self._poses.clear()
        self._taker.reset()
        self.board.clear()
        self._show_state(None)

    def finish(self) -> None:
        """The shots are saved: forget them, and take none of the next person unasked."""
        is_finished = self.board.count > 0
        self.start_over()
        self._is_finished = is_finished
        if is_finished:
            self.preview.show_faces((), None)
        self._show_readiness()

    def _make_buttons(self) -> None:
        self.take_button = QPushButton(self.tr("Take one now"))
        self.take_button.setToolTip(
            self.tr("Take the face as it is now, without waiting for a pose")
        )
        self.take_button.clicked.connect(self._take_now)
        self.restart_button = QPushButton(self.tr("Start over"))
        self.restart_button.setToolTip(self.tr("Remove the shots and begin with another person"))
        self.restart_button.clicked.connect(self.start_over)
        for button in (self.take_button, self.restart_button):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(6)
        side.addWidget(self._hint)
        side.addWidget(self._poses_line)
        row = QHBoxLayout()
        row.addWidget(self.take_button, 1)
        row.addWidget(self.restart_button, 1)
        side.addLayout(row)
        side.addSpacing(6)
        side.addWidget(self._board_words)
        side.addWidget(self.board, 1)
        column = QWidget()
        column.setFixedWidth(286)
        column.setLayout(side)
        side.setContentsMargins(0, 0, 0, 0)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 10, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.addWidget(self._notice, 0, 0, 1, 2)
        grid.addWidget(self.preview, 1, 0)
        grid.addWidget(column, 1, 1)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(1, 1)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to watch."""
        super().showEvent(event)
        self._show_readiness()
        self._show_picture()

    def hideEvent(self, event: QHideEvent) -> None:
        """Watch no longer, and keep no picture."""
        super().hideEvent(event)
        self.preview.show_picture(None)

    # ----- what can be done

    @Slot()
    def _begin_source(self) -> None:
        self._taker.release()
        self._show_readiness()

    @Slot()
    def _show_readiness(self) -> None:
        """Say what is missing, or nothing when shots can be taken."""
        info = self._session.source_info
        is_mirrored = info is not None and info.kind == "camera" and self._is_mirroring_cameras
        self.preview.set_mirrored(is_mirrored)
        sentence = self._missing_words()
        if sentence:
            self._notice.say(
                NoticeKind.INFO, sentence, (self.tr("Use photos instead"), self.photos_wanted.emit)
            )
        elif self._notice.kind is NoticeKind.INFO:
            self._notice.clear()
        if info is None:
            self.preview.show_picture(None)
            self.preview.show_message(self.tr("No picture"))
            self.preview.show_faces((), None)
        if sentence:
            self._tell("")
        elif self._is_finished:
            self._tell(self.tr("Press Start for the next person."))
        self._show_board_words()

    def _missing_words(self) -> str:
        info, models = self._session.source_info, self._session.models_info
        if info is None:
            return self.tr(
                "No source is running. Choose a camera, a video or the demo under Source in the "
                "main window."
            )
        if models is None:
            return self.tr(
                "No face model is loaded, so nobody can be enrolled yet. Install a model pack "
                "first."
            )
        if not models.model_id:
            return self.tr(
                "The model pack in use finds faces but cannot tell people apart. Choose another "
                "pack under Settings ▸ Detection."
            )
        if info.kind in STILL_KINDS:
            return self.tr("The source is a still picture. Photos are enrolled under Photos.")
        if self._session.is_paused:
            return self.tr("The source is paused. Press Play in the main window to go on.")
        return ""

    # ----- pictures and results

    @Slot()
    def _show_picture(self) -> None:
        if self.isVisible() and self._session.source_info is not None:
            self.preview.show_picture(self._session.latest_picture())

    @Slot()
    def _take_result(self) -> None:
        result = self._session.latest_result()
        if not self.isVisible() or result is None or self._is_finished or self._missing_words():
            return
        index = (result.frame.scene_id, result.frame.index)
        if index == self._last_index:
            return
        self._last_index = index
        state = self._taker.offer(result)
        self.preview.show_faces(result.faces, state.followed_id)
        self._show_state(state)
        for shot in state.shots:
            self._add_shot(shot)

    @Slot(int)
    def _choose(self, track_id: int) -> None:
        if self.board.count and not self._taker.is_chosen(track_id):
            self.start_over()
        self._taker.choose(track_id)

    @Slot()
    def _take_now(self) -> None:
        shot = self._taker.take_now()
        if shot is not None:
            self._add_shot(shot)

    def _add_shot(self, shot: TakenShot) -> None:
        self._notice.clear()
        number = self.board.count + 1
        title = self.tr("Shot {number}").format(number=number)
        if shot.pose is not None:
            title = pose_word(shot.pose)
        (tile_id,) = self.board.add([(title, shot.crop_bgr)])
        if shot.pose is not None:
            self._poses[tile_id] = shot.pose

    @Slot()
    def _follow_board(self) -> None:
        """A pose whose shot was removed, or cannot be used, is asked for again."""
        for tile in self.board.tiles():
            verdict = self.board.verdict(tile.tile_id)
            if verdict is not None and not verdict.accepted and tile.tile_id in self._poses:
                self._notice.say(
                    NoticeKind.WARNING,
                    self.tr("A shot could not be used: {reason}. It is taken again.").format(
                        reason=verdict.reason.rstrip(".")
                    ),
                )
                self.board.remove(tile.tile_id)
                return
        present = {tile.tile_id for tile in self.board.tiles()}
        for tile_id in [each for each in self._poses if each not in present]:
            self._taker.retake(self._poses.pop(tile_id))
        self._show_board_words()
        self.shots_changed.emit()

    # ----- words

    def _tell(self, words: str) -> None:
        """Tell the person something, aloud where a screen reader runs."""
        if words == self._hint.text():
            return
        self._hint.setText(words)
        if words and self.isVisible():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._hint, words))

    def _show_state(self, state: TakerState | None) -> None:
        progress = state.progress if state is not None else {}
        wanted = state.wanted if state is not None else None
        self.preview.show_progress(
            {str(pose): part for pose, part in progress.items()}, wanted or ""
        )
        parts = [
            f"{'✓' if progress.get(pose, 0.0) >= 1.0 else '○'} {pose_word(pose)}" for pose in Pose
        ]
        self._poses_line.setText("   ".join(parts))
        self._tell(hint_words(state.hint) if state is not None else "")
        self._show_board_words()

    def _show_board_words(self) -> None:
        count = len(self.board.shots())
        if self.board.count:
            words = self.tr("{shots} taken. Three to five poses are best.")
            self._board_words.setText(words.format(shots=shot_words(count)))
        else:
            self._board_words.setText(
                self.tr("Shots are taken by themselves while the head turns slowly.")
            )
        self.restart_button.setText(
            self.tr("Start") if self._is_finished else self.tr("Start over")
        )
        self.restart_button.setEnabled(self._is_finished or self.board.count > 0)
        self.take_button.setEnabled(not self._is_finished and not self._missing_words())
