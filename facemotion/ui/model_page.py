"""The model packs and what can be done with them."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QMenu,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from facemotion.core.errors import OutputError
from facemotion.ui.confirmation import ask
from facemotion.ui.licence_dialog import LicenceDialog
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.pack_details import PackDetails
from facemotion.ui.pack_progress import PackProgress
from facemotion.ui.pack_speeds import SpeedTerms
from facemotion.ui.pack_table import PackTable
from facemotion.ui.pack_words import size_words, state_words
from facemotion.ui.pack_work import PackWork
from facemotion.ui.text_labels import hint
from facemotion.vision.pack_catalogue import PackDescription
from facemotion.vision.pack_shelf import ShelfPack
from facemotion.vision.pack_speed import PackSpeed


class ModelPage(QDialog):
    """List of packs with buttons; modeless, so that the picture goes on.

    Args:
        work: Reads, fetches, times and removes packs.
        terms: Under which packs are timed.
        parent: Qt parent.

    Signals:
        use_wanted(ShelfPack): The user wants to work with this pack.
        zip_wanted(): The user wants to import a zip.
        folder_wanted(): The user wants to import a folder.
    """

    use_wanted = Signal(object)
    zip_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self, work: PackWork, terms: SpeedTerms, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._terms = terms
        self._untimed: set[str] = set()
        self.setWindowTitle(self.tr("Model packs: facemotion"))
        self.notice = Notice()
        self.table = PackTable()
        self.details = PackDetails()
        self.progress = PackProgress()
        self._lay_out()
        self.table.itemSelectionChanged.connect(self._show_selected)
        self.progress.cancel_wanted.connect(work.cancel)
        work.changed.connect(self._refresh)
        self.resize(920, 580)
        self._refresh()
        self.table.setFocus()

    # ----- building

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(
            hint(
                self.tr(
                    "A pack finds faces and tells people apart. Each has its own strengths and "
                    "licence; once installed it needs no network."
                )
            )
        )
        layout.addWidget(self.notice)
        layout.addWidget(self.table, 3)
        layout.addWidget(self.details, 2)
        layout.addWidget(self.progress)
        layout.addLayout(self._make_buttons())

    def _make_buttons(self) -> QHBoxLayout:
        self.use_button = self._button(
            self.tr("Use"), self.tr("Work with the selected pack from now on"), self._use
        )
        self.use_button.setProperty("isPrimary", True)
        self.download_button = self._button(
            self.tr("Download…"), self.tr("Fetch the selected pack and install it"), self._download
        )
        self.discard_button = self._button(
            self.tr("Discard"), self.tr("Delete what was received of the pack"), self._discard
        )
        self.measure_button = self._button(
            self.tr("Measure"),
            self.tr("Time the selected pack on this machine, beside what runs now"),
            self._measure,
        )
        self.remove_button = self._button(
            self.tr("Remove…"), self.tr("Delete the selected pack from this machine"), self._remove
        )
        self.import_button = self._button(
            self.tr("Import"), self.tr("Install a pack from a zip file or a folder"), None
        )
        menu = QMenu(self)
        menu.addAction(self.tr("From a &zip file…")).triggered.connect(self.zip_wanted)
        menu.addAction(self.tr("From a &folder…")).triggered.connect(self.folder_wanted)
        self.import_button.setMenu(menu)
        close = self._button(self.tr("Close"), self.tr("Close this window"), self.close)
        row = QHBoxLayout()
        for button in (
            *(self.use_button, self.download_button, self.discard_button),
            *(self.measure_button, self.remove_button),
        ):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.import_button)
        row.addWidget(close)
        return row

    def _button(self, words: str, tip: str, slot: object) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        if slot is not None:
            button.clicked.connect(slot)
        return button

    # ----- showing

    def set_terms(self, terms: SpeedTerms) -> None:
        """Time packs under these terms from now on."""
        if terms != self._terms:
            self._terms = terms
            self._untimed.clear()
            self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """What was never timed is timed now."""
        super().showEvent(event)
        self._time_next()

    @Slot()
    def _refresh(self) -> None:
        self.table.show_packs(self._work.shelf, self._state_of, self._speed_of)
        self.progress.show_download(
            self._work.downloading, self._work.progress, is_stopping=self._work.is_stopping
        )
        self._show_selected()
        self._time_next()

    @Slot()
    def _show_selected(self) -> None:
        """The facts of the selected pack; only what can be done with it can be pressed."""
        entry = self.table.selected()
        is_free = not self._work.is_busy
        speed = self._speed_of(entry) if entry is not None else None
        is_measured = entry is not None and entry.pack_id == self._work.measured
        self.details.show_pack(entry, speed, self._terms.det_size, is_measured)
        is_there = entry is not None and entry.is_installed
        self.use_button.setEnabled(is_there and entry is not None and not entry.is_in_use)
        self.measure_button.setEnabled(is_there and not self._work.measured)
        self.remove_button.setEnabled(
            is_free and entry is not None and entry.is_removable and not entry.is_in_use
        )
        self._show_download_buttons(entry, is_free)

    def _show_download_buttons(self, entry: ShelfPack | None, is_free: bool) -> None:
        description = entry.description if entry is not None and not entry.is_installed else None
        is_begun = entry is not None and entry.partial_bytes > 0 and description is not None
        running = self._work.downloading
        self.download_button.setText(self.tr("Go on") if is_begun else self.tr("Download…"))
        self.download_button.setEnabled(description is not None and running is None)
        self.discard_button.setVisible(is_begun)
        self.discard_button.setEnabled(is_free and description != running)
        is_other = running is not None and description is not None and running != description
        tip = self.tr("One download at a time") if is_other else self.tr("Fetch the selected pack")
        self.download_button.setToolTip(tip)

    def _state_of(self, entry: ShelfPack) -> str:
        running, progress = self._work.downloading, self._work.progress
        if running is None or entry.is_installed or entry.pack_id != running.pack_id:
            return state_words(entry)
        if progress is None:
            return state_words(entry, 0.0)
        return state_words(entry, progress.received_bytes / max(progress.total_bytes, 1))

    def _speed_of(self, entry: ShelfPack) -> PackSpeed | None:
        return self._work.speed(entry.pack, self._terms) if entry.pack is not None else None

    def _time_next(self) -> None:
        """Time what was never timed, one pack at a time, while somebody looks."""
        if not self.isVisible() or self._work.measured:
            return
        for entry in self._work.shelf:
            is_new = entry.pack_id not in self._untimed
            if entry.is_installed and not entry.problem and is_new and not self._speed_of(entry):
                self._untimed.add(entry.pack_id)
                self._work.measure(entry, self._terms)
                return

    # ----- doing

    @Slot()
    def _use(self) -> None:
        entry = self.table.selected()
        if entry is None or entry.pack is None:
            return
        if entry.embedding_dim:
            self.use_wanted.emit(entry)
            return
        ask(
            self,
            self.tr("Use {title} without names?").format(title=entry.title),
            self.tr(
                "It finds faces but has no recognition model: everybody is unknown while it is in "
                "use. The people enrolled are kept."
            ),
            [
                (
                    self.tr("Use without names"),
                    QMessageBox.ButtonRole.AcceptRole,
                    lambda: self.use_wanted.emit(entry),
                )
            ],
        )

    @Slot()
    def _measure(self) -> None:
        entry = self.table.selected()
        if entry is not None:
            self._work.measure(entry, self._terms)

    @Slot()
    def _download(self) -> None:
        entry = self.table.selected()
        if entry is not None and entry.description is not None:
            self.download(entry.description)

    def download(self, description: PackDescription) -> None:
        """Fetch a pack, after its licence was accepted."""
        self.notice.clear()
        if description.licence.key in self._work.licences.keys():  # noqa: SIM118, no mapping
            self._work.download(description)
            return
        dialog = LicenceDialog(description, self)
        dialog.accepted.connect(lambda: self._accept(description))
        dialog.open()

    def _accept(self, description: PackDescription) -> None:
        licence = description.licence
        try:
            self._work.licences.accept(licence.key, licence.title)
        except OutputError as error:
            self.notice.say(NoticeKind.ERROR, str(error))
            return
        self._work.download(description)

    @Slot()
    def _discard(self) -> None:
        entry = self.table.selected()
        if entry is None or entry.description is None:
            return
        description = entry.description
        ask(
            self,
            self.tr("Discard what was received?"),
            self.tr("{size} of {title} are deleted; the next download begins anew.").format(
                size=size_words(entry.partial_bytes), title=entry.title
            ),
            [
                (
                    self.tr("Discard"),
                    QMessageBox.ButtonRole.DestructiveRole,
                    lambda: self._work.discard(description),
                )
            ],
        )

    @Slot()
    def _remove(self) -> None:
        entry = self.table.selected()
        if entry is None or not entry.is_removable:
            return
        ask(
            self,
            self.tr("Remove {title}?").format(title=entry.title),
            self.tr(
                "Its folder with {size} of models is deleted from this machine. People enrolled "
                "with it are kept, but are recognised again only when it is installed again or "
                "they get new photos."
            ).format(size=size_words(entry.size_bytes)),
            [
                (
                    self.tr("Remove"),
                    QMessageBox.ButtonRole.DestructiveRole,
                    lambda: self._work.remove(entry),
                )
            ],
        )
