"""Opens the dialogs of the window, each at most once."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QDockWidget,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from facemotion.store.gallery import GalleryStore
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.ui.actions import Actions
from facemotion.ui.menus import key_list
from facemotion.ui.model_request import ModelsInfo
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper

if TYPE_CHECKING:
    from facemotion.ui.enrolment_dialog import EnrolmentDialog
    from facemotion.ui.settings_dialog import SettingsDialog

PageName = Literal["camera", "files", "people"]


class Dialogs(QObject):
    """Enrolment, settings, about, keys: modeless, so that the picture goes on; GUI thread.

    The dialogs' modules are imported when they are needed, which keeps the start quick.

    Args:
        session: For enrolment from the camera.
        store: The enrolled people.
        keeper: The settings.
        paths: The user's folders.
        window: Parent of the dialogs.

    Signals:
        gallery_changed(): The people on disk are others now.
        reembedding_wanted(): Kept photos shall be read again with the pack in use.
    """

    gallery_changed = Signal()
    reembedding_wanted = Signal()

    def __init__(
        self,
        session: LiveSession,
        store: GalleryStore,
        keeper: SettingsKeeper,
        paths: AppPaths,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._store = store
        self._keeper = keeper
        self._paths = paths
        self._window = window
        self._enrolment: EnrolmentDialog | None = None
        self._settings: SettingsDialog | None = None
        self._others: dict[str, QDialog] = {}
        self._people_count = 0
        keeper.changed.connect(self._on_settings_changed)
        session.gallery_loaded.connect(self._on_gallery_loaded)

    @property
    def enrolment(self) -> "EnrolmentDialog | None":
        """The enrolment dialog while it is open."""
        return self._enrolment

    @property
    def settings(self) -> "SettingsDialog | None":
        """The settings dialog while it is open."""
        return self._settings

    # ----- people

    @Slot()
    def open_enrolment(self) -> None:
        """Enrol somebody: from the camera when pictures come, else from photos."""
        self._open_people_dialog("camera" if self._session.latest_frame() is not None else "files")

    @Slot()
    def open_people(self) -> None:
        """Manage the enrolled people."""
        self._open_people_dialog("people")

    def _open_people_dialog(self, page: PageName) -> None:
        from facemotion.ui.enrolment_dialog import EnrolmentDialog

        if self._enrolment is not None:
            self._enrolment.show_page(page)
            _raise(self._enrolment)
            return
        dialog = EnrolmentDialog(
            self._session, self._store, self._keeper.settings, self._window, initial_page=page
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.gallery_changed.connect(self.gallery_changed)
        dialog.people_page.reembedding_wanted.connect(self.reembedding_wanted)
        dialog.destroyed.connect(self._forget_enrolment)
        self._enrolment = dialog
        dialog.show()

    def tell_gallery_changed(self) -> None:
        """Somebody else has changed the people on disk: show them as they are now."""
        if self._enrolment is not None:
            self._enrolment.editor.reload()
        self.gallery_changed.emit()

    @Slot()
    def _forget_enrolment(self) -> None:
        self._enrolment = None

    # ----- settings

    @Slot()
    def open_settings(self) -> None:
        """Change settings; each change counts at once."""
        from facemotion.ui.settings_dialog import SettingsDialog

        if self._settings is not None:
            _raise(self._settings)
            return
        dialog = SettingsDialog(self._keeper.settings, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.settings_changed.connect(self._keeper.replace)
        self._tell_recognition(dialog)
        dialog.destroyed.connect(self._forget_settings)
        self._settings = dialog
        dialog.show()

    @Slot(str, str)
    def open_setting(self, group: str, name: str) -> None:
        """Change one setting: the dialog opens at it."""
        self.open_settings()
        if self._settings is not None:
            self._settings.show_entry(group, name)

    @Slot()
    def _forget_settings(self) -> None:
        self._settings = None

    def _tell_recognition(self, dialog: "SettingsDialog") -> None:
        info = self._session.models_info
        dialog.set_recognition(info.thresholds if info is not None else None, self._people_count)

    @Slot(int)
    def _on_gallery_loaded(self, people: int) -> None:
        self._people_count = people
        if self._settings is not None:
            self._tell_recognition(self._settings)

    @Slot(object, object)
    def _on_settings_changed(self, _old: Settings, new: Settings) -> None:
        if self._settings is not None and self._settings.settings != new:
            self._settings.show_settings(new)
        if self._enrolment is not None:
            self._enrolment.apply_settings(new)

    # ----- help

    @Slot()
    def open_about(self) -> None:
        """Version, models, folders, licences."""
        from facemotion.ui.about_dialog import AboutDialog

        models = _models_in_words(self._session.models_info)
        self._open_other("about", AboutDialog(self._paths, models, self._window))

    def open_keys(self, actions: Actions, docks: list[QDockWidget]) -> None:
        """List every key."""
        self._open_other("keys", _KeysDialog(key_list(actions, docks), self._window))

    @Slot()
    def open_logs(self) -> None:
        """Show the log folder in the system's file manager."""
        self.open_folder(self._paths.log_dir)

    def open_folder(self, folder: Path) -> None:
        """Show a folder in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def close_all(self) -> None:
        """Close every dialog, at the end of the window's life."""
        for dialog in (self._enrolment, self._settings, *self._others.values()):
            if dialog is not None:
                dialog.close()

    def _open_other(self, name: str, dialog: QDialog) -> None:
        old = self._others.pop(name, None)
        if old is not None:
            old.close()
            old.deleteLater()
        self._others[name] = dialog
        dialog.show()


def _raise(dialog: QDialog) -> None:
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()


def _models_in_words(info: ModelsInfo | None) -> dict[str, str]:
    """What each model does → which one it is and what it runs on."""
    if info is None:
        return {}
    names = {
        "detection": f"detector of {info.pack_name}",
        "recognition": info.model_id,
        "emotion": info.emotion_model_id or "none",
    }
    return {
        session.capitalize(): f"{names.get(session, session)}, {provider.actual}"
        for session, provider in info.providers.items()
    }


class _KeysDialog(QDialog):
    """A table of what can be done and with which keys."""

    def __init__(self, keys: list[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts: facemotion"))
        table = QTableWidget(len(keys), 2, self)
        table.setHorizontalHeaderLabels([self.tr("What it does"), self.tr("Keys")])
        table.setAccessibleName(self.tr("Keyboard shortcuts"))
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        for row, texts in enumerate(keys):
            for column, text in enumerate(texts):
                table.setItem(row, column, QTableWidgetItem(text))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(table, 1)
        layout.addWidget(buttons)
        self.resize(680, 560)
