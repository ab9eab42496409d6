"""Opens the model page, imports packs, and switches between packs while everything runs."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from facemotion.store.gallery import GalleryStore
from facemotion.store.pack_choice import PACK_VARIABLE, named_pack
from facemotion.store.paths import AppPaths
from facemotion.ui.actions import Actions
from facemotion.ui.dialogs import Dialogs
from facemotion.ui.message_banner import Help, MessageBanner
from facemotion.ui.model_desk import IMPORT, MODELS, ModelDesk
from facemotion.ui.model_request import ModelsInfo
from facemotion.ui.notice import NoticeKind
from facemotion.ui.reembedding_desk import ReembeddingDesk

if TYPE_CHECKING:
    from facemotion.ui.model_page import ModelPage
    from facemotion.ui.pack_speeds import SpeedTerms
    from facemotion.ui.pack_work import PackWork
    from facemotion.vision.pack_shelf import ShelfPack
    from facemotion.vision.packs import Pack


class PackDesk(QObject):
    """Between the commands, the model page, the models that run and the banner; GUI thread.

    What the page needs is imported when it is asked for: the window opens earlier without.

    Args:
        models: Loads packs.
        dialogs: Are told of people who were read again.
        store: The enrolled people.
        actions: The window's commands.
        banner: Says how it goes while the page is closed.
        paths: The user's folders.
        window: Parent of the page.
    """

    def __init__(
        self,
        models: ModelDesk,
        dialogs: Dialogs,
        store: GalleryStore,
        actions: Actions,
        banner: MessageBanner,
        paths: AppPaths,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._models = models
        self._banner = banner
        self._paths = paths
        self._window = window
        self._info: ModelsInfo | None = None
        self._switching = ""
        self._work: PackWork | None = None
        self._page: ModelPage | None = None
        self.reembedding = ReembeddingDesk(models, dialogs, store, banner, self)
        actions.connect("models", self.open)
        actions.connect("import_zip", self.choose_zip)
        actions.connect("import_folder", self.choose_folder)
        models.models_changed.connect(self._on_models_changed)
        models.use_refused.connect(self._on_use_refused)

    # ----- the page

    @property
    def work(self) -> "PackWork":
        """Reads and changes the packs."""
        from facemotion.ui.pack_work import PackWork

        if self._work is None:
            self._work = PackWork(self._paths, parent=self)
            self._work.installed.connect(self._on_installed)
            self._work.succeeded.connect(self._on_succeeded)
            self._work.failed.connect(self._on_failed)
        return self._work

    @property
    def page(self) -> "ModelPage | None":
        """The page, once it was opened."""
        return self._page

    @Slot()
    def open(self) -> None:
        """Show the packs, read anew."""
        from facemotion.ui.model_page import ModelPage

        if self._page is None:
            self._page = ModelPage(self.work, self._terms(), self._window)
            self._page.use_wanted.connect(self.use)
            self._page.zip_wanted.connect(self.choose_zip)
            self._page.folder_wanted.connect(self.choose_folder)
            self._page.finished.connect(self._on_hidden)
        self._banner.clear(IMPORT)
        self._refresh_page(self._page)
        if self._page.isVisible():
            self._page.raise_()
        self._page.show()
        self._page.activateWindow()

    def shutdown(self) -> bool:
        """Stop downloads and imports, at the end of the window's life; whether all has ended."""
        if self._page is not None:
            self._page.close()
        has_ended = self.reembedding.shutdown()
        return (self._work is None or self._work.shutdown()) and has_ended

    def _refresh_page(self, page: "ModelPage") -> None:
        page.set_terms(self._terms())
        self.work.set_in_use(self._info.pack_dir if self._info is not None else None)

    def _terms(self) -> "SpeedTerms":
        from facemotion.ui.pack_speeds import SpeedTerms

        request = self._models.wanted()
        return SpeedTerms(request.det_size, request.provider, request.threads)

    # ----- switching

    @Slot(object)
    def use(self, entry: "ShelfPack") -> None:
        """Work with a pack from now on, without a restart."""
        if entry.folder is not None:
            self._use(entry.folder, entry.title)

    def _use(self, folder: Path, title: str) -> None:
        self._switching = title
        self._say(NoticeKind.INFO, self.tr("{title} is being loaded…").format(title=title))
        name = folder.name
        is_by_name = named_pack(self._paths, "", name, environment={}) == folder
        self._models.use(name if is_by_name else str(folder))

    @Slot(object)
    def _on_models_changed(self, info: ModelsInfo | None) -> None:
        self._info = info
        if self._page is not None and self._page.isVisible():
            self._refresh_page(self._page)
        title, self._switching = self._switching, ""
        if not title:
            return
        if info is None:
            self._tell_nothing_runs()
            return
        self._say(NoticeKind.SUCCESS, self._in_use_words(title, info))

    def _in_use_words(self, title: str, info: ModelsInfo) -> str:
        words = [self.tr("The pack {name} is installed and in use.").format(name=title)]
        if not info.has_recogniser:
            words.append(self.tr("It finds faces but names nobody."))
        if self._models.is_overruled_at_start():
            words.append(
                self.tr("At the next start the pack in {variable} counts first.").format(
                    variable=PACK_VARIABLE
                )
            )
        return " ".join(words)

    @Slot(str)
    def _on_use_refused(self, sentence: str) -> None:
        title, self._switching = self._switching, ""
        words = self.tr("{title} cannot be used, so the pack before stays in use. {reason}")
        self._say(NoticeKind.ERROR, words.format(title=title, reason=sentence))

    # ----- import

    @Slot()
    def choose_zip(self) -> None:
        """Ask for a pack's zip file and import it."""
        path, _ = QFileDialog.getOpenFileName(
            self._parent(), self.tr("Import model pack"), "", self.tr("Model packs (*.zip)")
        )
        if path:
            self.import_from(Path(path))

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a pack's folder and import it."""
        path = QFileDialog.getExistingDirectory(self._parent(), self.tr("Import model pack"))
        if path:
            self.import_from(Path(path))

    def import_from(self, source: Path) -> None:
        """Import a pack in the background; it is used at once only when no other one runs."""
        self._say(NoticeKind.INFO, self.tr("Importing {name}…").format(name=source.name))
        self.work.import_from(source)

    @Slot(object)
    def _on_installed(self, pack: "Pack") -> None:
        if self._page is not None:
            self._page.table.select_pack(pack.folder.name)
        if self._info is None:
            self._use(pack.folder, pack.name)
            return
        if pack.folder.resolve() == self._info.pack_dir.resolve():
            words = self.tr("The pack {name} is installed and in use.").format(name=pack.name)
            self._say(NoticeKind.SUCCESS, words)
            return
        words = [self.tr("The pack {name} is installed.").format(name=pack.name)]
        if pack.recogniser_path is None:
            words.append(
                self.tr("It finds faces but names nobody, so the pack before stays in use.")
            )
        else:
            words.append(
                self.tr("{current} stays in use until you choose the new one.").format(
                    current=self._info.pack_name
                )
            )
        if pack.licence:
            words.append(self.tr("Its licence: {licence}.").format(licence=pack.licence))
        helps: list[Help] = []
        if pack.recogniser_path is not None:
            helps.append((self.tr("Use it"), lambda: self._use(pack.folder, pack.name)))
        self._say(NoticeKind.SUCCESS, " ".join(words), *helps)

    # ----- outcomes

    @Slot(str)
    def _on_succeeded(self, sentence: str) -> None:
        self._say(NoticeKind.INFO, sentence)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._say(NoticeKind.ERROR, sentence)

    @Slot()
    def _on_hidden(self) -> None:
        """A download goes on behind the closed page."""
        if self._page is not None:
            self._page.notice.clear()
        running = self._work.downloading if self._work is not None else None
        if running is not None:
            self._say(
                NoticeKind.INFO,
                self.tr("{title} is being downloaded in the background.").format(
                    title=running.title
                ),
            )

    def _parent(self) -> QWidget:
        is_open = self._page is not None and self._page.isVisible()
        return self._page if is_open and self._page is not None else self._window

    def _say(self, kind: NoticeKind, sentence: str, *helps: Help) -> None:
        """Where the user looks: on the page while it is open, else above the picture."""
        if self._page is not None and self._page.isVisible():
            self._banner.clear(IMPORT)
            self._page.notice.say(kind, sentence, *helps)
            return
        self._banner.say(IMPORT, kind, sentence, *helps, (self.tr("Model packs…"), self.open))

    def _tell_nothing_runs(self) -> None:
        """The banner says why; the page, which may hide it, says it too."""
        self._banner.clear(IMPORT)
        if self._page is not None and self._page.isVisible():
            self._page.notice.say(NoticeKind.ERROR, self._banner.text(MODELS))
