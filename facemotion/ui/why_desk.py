"""Answers why the selected face is unsure or unknown."""

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QWidget

from facemotion.ui.actions import Actions
from facemotion.ui.dialogs import Dialogs
from facemotion.ui.face_board import FaceBoard
from facemotion.ui.faces_panel import FacesPanel
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.why import explain
from facemotion.ui.why_dialog import WhyDialog


class WhyDesk(QObject):
    """Between the faces, the command and the window that answers; GUI thread.

    Args:
        board: The faces in view.
        faces: The list, whose rows ask.
        actions: The window's commands.
        keeper: The settings.
        dialogs: Shows the settings.
        window: Parent of the answer.
    """

    def __init__(
        self,
        board: FaceBoard,
        faces: FacesPanel,
        actions: Actions,
        keeper: SettingsKeeper,
        dialogs: Dialogs,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._board = board
        self._actions = actions
        self._keeper = keeper
        self._dialogs = dialogs
        self._window = window
        self._dialog: WhyDialog | None = None
        actions.connect("why", self.answer)
        faces.why_wanted.connect(self._on_why_wanted)
        faces.explain_with(self._tip)
        board.faces_changed.connect(self._refresh)
        self._refresh()

    @property
    def dialog(self) -> WhyDialog | None:
        """The answer while it is open."""
        return self._dialog

    @Slot()
    def answer(self) -> None:
        """Answer for the selected face."""
        selected = self._board.selected
        if selected is None:
            return
        if self._dialog is None:
            self._dialog = WhyDialog(self._window)
            self._dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self._dialog.setting_wanted.connect(self._dialogs.open_setting)
            self._dialog.destroyed.connect(self._forget)
            self._dialog.show()
        else:
            self._dialog.raise_()
        self._dialog.track_id = selected.track_id
        self._refresh()

    @Slot(int)
    def _on_why_wanted(self, track_id: int) -> None:
        self._board.select(track_id)
        self.answer()

    @Slot()
    def _forget(self) -> None:
        self._dialog = None

    @Slot()
    def _refresh(self) -> None:
        self._actions["why"].setEnabled(bool(self._board.faces))
        if self._dialog is None:
            return
        present = self._board.face(self._dialog.track_id)
        if present is None:
            self._dialog.show_gone()
            return
        identity, emotion = explain(present.face, self._keeper.settings)
        self._dialog.show_reasons(present.title, identity, emotion)

    def _tip(self, track_id: int) -> str:
        """Both reasons for a row's tooltip; empty for a face that is not here."""
        present = self._board.face(track_id)
        if present is None:
            return ""
        reasons = explain(present.face, self._keeper.settings)
        return "\n".join(reason.sentence for reason in reasons)
