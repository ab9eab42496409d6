"""Neutral faces in the window: taken on request or by itself, kept, used, marked, forgotten."""

import logging
from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QWidget

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.baseline_capture import (
    AutomaticNeutral,
    CaptureProgress,
    CaptureState,
    NeutralCapture,
)
from facemotion.core.types import Decision, FaceResult, FrameResult
from facemotion.store.baselines import BaselineStore
from facemotion.ui.actions import Actions
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.face_board import FaceBoard
from facemotion.ui.message_banner import MessageBanner
from facemotion.ui.neutral_dialog import NeutralDialog
from facemotion.ui.notice import NoticeKind
from facemotion.ui.picture import STILL_KINDS
from facemotion.ui.presence import PresentFace, cut_thumbnail
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.words import person_words

logger = logging.getLogger(__name__)

NEUTRAL = "neutral"
MOST_TRACKS = 64


class NeutralDesk(QObject):
    """Between faces, the pipeline and the people's folders; lives in the GUI thread.

    Args:
        session: Reads faces and corrects the readings.
        board: Who is here, and who is selected.
        store: The people's baselines on disk.
        actions: The window's commands.
        keeper: Whether baselines are taken by themselves.
        banner: Says what could not be kept.
        window: Parent of the dialog.
    """

    def __init__(
        self,
        session: LiveSession,
        board: FaceBoard,
        store: BaselineStore,
        actions: Actions,
        keeper: SettingsKeeper,
        banner: MessageBanner,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._board = board
        self._store = store
        self._actions = actions
        self._keeper = keeper
        self._banner = banner
        self._window = window
        self._jobs = BackgroundJobs(self)
        self._baselines: Mapping[str, NeutralBaseline] = {}
        self._own_tracks: set[int] = set()
        self._automatic: dict[int, AutomaticNeutral | None] = {}
        self._capture: NeutralCapture | None = None
        self._target: PresentFace | None = None
        self._target_person: str | None = None
        self._dialog: NeutralDialog | None = None
        actions.connect("neutral", self.take)
        actions.connect("forget_neutral", self.forget)
        session.gallery_loaded.connect(self._reload)
        session.result_ready.connect(self._on_result)
        session.source_starting.connect(self._on_source_starting)
        session.paused_changed.connect(self._show_possible)
        board.faces_changed.connect(self._show_possible)
        board.selection_changed.connect(self._show_possible)
        self._show_possible()

    @property
    def dialog(self) -> NeutralDialog | None:
        """The dialog of the capture under way, or None."""
        return self._dialog

    @property
    def baselines(self) -> Mapping[str, NeutralBaseline]:
        """Everybody's baseline as last read, by person id."""
        return self._baselines

    def wait(self) -> None:
        """Let writing come to its end, at the end of the window's life."""
        self._jobs.wait()

    # ----- what the user asks for

    @Slot()
    def take(self) -> None:
        """Take the selected face's neutral baseline in a small dialog."""
        present, model_id = self._board.selected, self._model_id()
        if present is None or model_id is None:
            return
        if self._dialog is not None:
            self._dialog.close()
        self._target = present
        self._target_person = _person_id(present)
        self._capture = NeutralCapture(model_id)
        name = person_words(present.face.identity)
        dialog = NeutralDialog(name, is_kept=self._target_person is not None, parent=self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show_face(present.thumbnail_bgr, is_mirrored=self._is_mirrored())
        dialog.retry_wanted.connect(self._begin_again)
        dialog.closed.connect(self._on_dialog_closed)
        self._dialog = dialog
        dialog.show()

    @Slot()
    def forget(self) -> None:
        """Forget the selected face's neutral baseline, on disk as well."""
        present = self._board.selected
        if present is None:
            return
        if present.track_id in self._own_tracks:
            self._own_tracks.discard(present.track_id)
            self._session.set_track_baseline(present.track_id, None)
        self._automatic[present.track_id] = None  # not taken again by itself
        person_id = _person_id(present)
        if person_id is not None and person_id in self._baselines:
            self.forget_person(person_id)
        self._show_possible()

    def forget_person(self, person_id: str) -> None:
        """Delete a person's baseline."""
        self._jobs.start(lambda: self._store.clear(person_id), self._on_stored, self._on_refused)

    # ----- what the session says

    @Slot()
    def _reload(self) -> None:
        self._jobs.start(self._store.load, self._take_baselines, self._on_refused)

    def _take_baselines(self, baselines: Mapping[str, NeutralBaseline]) -> None:
        self._baselines = baselines
        self._session.set_baselines(baselines)
        model_id = self._model_id()
        old = sum(baseline.model_id != model_id for baseline in baselines.values())
        if old and model_id is not None:
            text = self.tr(
                "{count} neutral faces were taken with another emotion model and are not used. "
                "Take them again: select the person and press B."
            )
            self._banner.say(NEUTRAL, NoticeKind.INFO, text.format(count=old))
        else:
            self._banner.clear(NEUTRAL)
        self._show_possible()

    @Slot()
    def _on_result(self) -> None:
        result, info = self._session.latest_result(), self._session.source_info
        if result is None or info is None or info.kind in STILL_KINDS:
            return
        if self._capture is not None and self._target is not None:
            self._feed_capture(self._capture, self._target, result)
        if self._keeper.settings.baseline.is_automatic:
            for face in result.faces:
                self._feed_automatic(face, result.frame.time_s)

    def _feed_capture(
        self, capture: NeutralCapture, target: PresentFace, result: FrameResult
    ) -> None:
        face = next((f for f in result.faces if f.track_id == target.track_id), None)
        before = capture.progress.state
        progress = capture.update(face.emotion if face is not None else None, result.frame.time_s)
        if self._dialog is not None:
            if face is not None and before is CaptureState.TAKING:
                picture = cut_thumbnail(result.frame.frame_bgr, face)
                self._dialog.show_face(picture, is_mirrored=self._is_mirrored())
            self._dialog.show_progress(progress)
        if progress.state is not CaptureState.TAKING:
            self._finish(capture, target, progress)

    def _finish(
        self, capture: NeutralCapture, target: PresentFace, progress: CaptureProgress
    ) -> None:
        self._capture = None
        if progress.state is not CaptureState.DONE:
            return
        if self._target_person is not None and _person_id(target) not in (
            None,
            self._target_person,
        ):
            self._on_refused(
                self.tr("The face was recognised as somebody else meanwhile; nothing was kept.")
            )
            return
        # It is kept as the dialog said, whatever an uncertain moment says at the end.
        self._keep(target.track_id, self._target_person, capture.baseline())

    def _feed_automatic(self, face: FaceResult, time_s: float) -> None:
        model_id = self._model_id()
        if model_id is None or face.emotion.is_corrected:
            return
        if face.track_id not in self._automatic:
            self._automatic[face.track_id] = AutomaticNeutral(model_id)
            if len(self._automatic) > MOST_TRACKS:
                del self._automatic[next(iter(self._automatic))]
        collector = self._automatic[face.track_id]
        baseline = collector.update(face.emotion, time_s) if collector is not None else None
        if baseline is not None:
            identity = face.identity
            is_known = identity.decision is Decision.KNOWN
            self._keep(face.track_id, identity.person_id if is_known else None, baseline)

    def _keep(self, track_id: int, person_id: str | None, baseline: NeutralBaseline) -> None:
        if person_id is None:
            self._own_tracks.add(track_id)
            self._session.set_track_baseline(track_id, baseline)
            self._show_possible()
            return
        self._jobs.start(
            lambda: self._store.save(person_id, baseline), self._on_stored, self._on_refused
        )

    def _on_stored(self, _result: object) -> None:
        self._reload()

    def _on_refused(self, sentence: str) -> None:
        logger.warning("neutral face: %s", sentence)
        if self._dialog is not None:
            self._dialog.show_problem(sentence)
        else:
            self._banner.say(NEUTRAL, NoticeKind.ERROR, sentence)

    # ----- the dialog

    @Slot()
    def _begin_again(self) -> None:
        model_id, target = self._model_id(), self._found_again()
        if target is None:
            self.take()  # somebody else is selected: the dialog says who
            return
        if model_id is None or self._dialog is None:
            return
        self._target = target
        self._capture = NeutralCapture(model_id)
        self._dialog.show_progress(self._capture.progress)

    def _found_again(self) -> PresentFace | None:
        """The face that the dialog is about, perhaps as another track of the same person."""
        same_person = (
            present
            for present in self._board.faces
            if self._target_person is not None and _person_id(present) == self._target_person
        )
        same_track = self._board.face(self._target.track_id) if self._target is not None else None
        is_other = same_track is not None and _person_id(same_track) not in (
            None,
            self._target_person,
        )
        return next(same_person, None if is_other else same_track)

    @Slot()
    def _on_dialog_closed(self) -> None:
        self._capture = None
        self._dialog = None

    @Slot()
    def _on_source_starting(self) -> None:
        self._own_tracks.clear()
        self._automatic.clear()
        if self._dialog is not None:
            self._dialog.close()

    @Slot()
    def _show_possible(self) -> None:
        present, info = self._board.selected, self._session.source_info
        is_moving = info is not None and info.kind not in STILL_KINDS
        is_moving = is_moving and not self._session.is_paused
        can_take = present is not None and is_moving and self._model_id() is not None
        self._actions["neutral"].setEnabled(can_take)
        has_one = present is not None and (
            present.track_id in self._own_tracks or _person_id(present) in self._baselines
        )
        self._actions["forget_neutral"].setEnabled(has_one)

    def _model_id(self) -> str | None:
        info = self._session.models_info
        return info.emotion_model_id if info is not None else None

    def _is_mirrored(self) -> bool:
        picture = self._session.latest_picture()
        return picture is not None and picture.is_mirrored


def _person_id(present: PresentFace) -> str | None:
    identity = present.face.identity
    return identity.person_id if identity.decision is Decision.KNOWN else None
