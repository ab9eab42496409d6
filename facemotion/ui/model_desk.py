"""Loads the models that the settings ask for, imports packs, and says what is missing."""

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from facemotion.analysis.tuning import pipeline_params
from facemotion.core.matching import IdentityResolver
from facemotion.store.pack_choice import named_pack, pack_roots
from facemotion.store.paths import AppPaths, model_path
from facemotion.store.settings import Settings
from facemotion.ui.actions import Actions
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.message_banner import MessageBanner
from facemotion.ui.model_request import ModelRequest, ModelsInfo
from facemotion.ui.notice import NoticeKind
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.vision.pack_import import import_pack
from facemotion.vision.packs import Pack

logger = logging.getLogger(__name__)

EMOTION_MODEL = "emotion.onnx"
MODELS, EMOTION, RECOGNISER = "models", "emotion", "recogniser"
FALLBACK, GALLERY, IMPORT = "fallback", "gallery", "import"


def emotion_model() -> Path | None:
    """The emotion model that comes with the program, or None when it is missing."""
    try:
        return model_path(EMOTION_MODEL)
    except FileNotFoundError:
        return None


def model_request(settings: Settings, paths: AppPaths, pack_choice: str = "") -> ModelRequest:
    """What to load.

    Args:
        settings: The settings in force.
        paths: The user's folders.
        pack_choice: Pack named on the command line; empty for none.
    """
    return ModelRequest(
        pack_dir=named_pack(paths, pack_choice, settings.detection.pack),
        pack_roots=pack_roots(paths),
        emotion_path=emotion_model(),
        provider=settings.inference.provider,
        det_size=settings.detection.det_size,
        det_threshold=settings.detection.det_threshold,
        threads=settings.inference.intra_op_threads,
        params=pipeline_params(settings),
        photo_gates=settings.enrolment_gates,
    )


class ModelDesk(QObject):
    """Between settings, session and banner; GUI thread.

    Args:
        session: Runs the models.
        banner: Says what is missing.
        actions: The window's commands.
        keeper: The settings.
        paths: The user's folders.
        pack_choice: Pack named on the command line; empty for none.
        window: Parent of the dialogs.

    Signals:
        models_changed(object): ModelsInfo of what runs, or None.
        threshold_changed(float): Cosine similarity from which a face is known now.
    """

    models_changed = Signal(object)
    threshold_changed = Signal(float)

    def __init__(
        self,
        session: LiveSession,
        banner: MessageBanner,
        actions: Actions,
        keeper: SettingsKeeper,
        paths: AppPaths,
        pack_choice: str,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._banner = banner
        self._keeper = keeper
        self._paths = paths
        self._pack_choice = pack_choice
        self._window = window
        self._gallery_size = 0
        self._request: ModelRequest | None = None
        self._jobs = BackgroundJobs(self)
        actions.connect("import_zip", self.choose_zip)
        actions.connect("import_folder", self.choose_folder)
        keeper.changed.connect(self._on_settings_changed)
        session.models_ready.connect(self._on_ready)
        session.models_missing.connect(self._on_missing)
        session.models_failed.connect(self._on_failed)
        session.fallback.connect(self._on_fallback)
        session.gallery_loaded.connect(self._on_gallery_loaded)
        session.gallery_failed.connect(self._on_gallery_failed)
        session.inference_failed.connect(self._on_inference_failed)

    def load(self) -> None:
        """Load what the settings ask for."""
        self._request = model_request(self._keeper.settings, self._paths, self._pack_choice)
        self._session.set_interval(self._keeper.settings.inference.inference_interval_s)
        self._session.load_models(self._request)

    def wait(self) -> None:
        """Let an import come to its end, at the end of the window's life."""
        self._jobs.wait()

    # ----- settings

    @Slot(object, object)
    def _on_settings_changed(self, _old: Settings, new: Settings) -> None:
        request = model_request(new, self._paths, self._pack_choice)
        old = self._request
        self._session.set_interval(new.inference.inference_interval_s)
        if old is None or request == old:
            return
        self._request = request
        if request.asks_for_same_models(old):
            self._session.tune(request)
        else:
            self._session.load_models(request)
        self._tell_threshold()

    def _tell_threshold(self) -> None:
        info = self._session.models_info
        if info is not None:
            resolver = IdentityResolver(self._keeper.settings.matching, info.thresholds)
            self.threshold_changed.emit(resolver.threshold_for(self._gallery_size))

    # ----- what the inference thread says

    @Slot(object)
    def _on_ready(self, info: ModelsInfo) -> None:
        for topic in (MODELS, FALLBACK, EMOTION, RECOGNISER):
            self._banner.clear(topic)
        if info.emotion_model_id is None:
            self._banner.say(
                EMOTION,
                NoticeKind.WARNING,
                self.tr(
                    "The emotion model is missing from this installation, so faces are found but "
                    "emotions are not read. Install the program again."
                ),
            )
        if not info.has_recogniser:
            self._banner.say(
                RECOGNISER,
                NoticeKind.WARNING,
                self.tr(
                    "The pack {pack} has no recognition model, so everybody stays unknown. Import "
                    "a whole pack to recognise people."
                ).format(pack=info.pack_name),
                *self._import_helps(),
            )
        self.models_changed.emit(info)
        self._tell_threshold()

    @Slot()
    def _on_missing(self) -> None:
        self._banner.say(
            MODELS,
            NoticeKind.WARNING,
            self.tr(
                "No model pack is installed, so no faces are found. Get an InsightFace pack such "
                "as buffalo_s (non-commercial research only) and import its zip file or folder."
            ),
            *self._import_helps(),
        )
        self.models_changed.emit(None)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._banner.say(MODELS, NoticeKind.ERROR, sentence, *self._import_helps())
        self.models_changed.emit(None)

    @Slot(str)
    def _on_fallback(self, sentence: str) -> None:
        self._banner.say(FALLBACK, NoticeKind.WARNING, sentence)

    @Slot(int)
    def _on_gallery_loaded(self, size: int) -> None:
        self._gallery_size = size
        self._banner.clear(GALLERY)
        self._tell_threshold()

    @Slot(str)
    def _on_gallery_failed(self, sentence: str) -> None:
        reload = (self.tr("Try again"), self._session.reload_gallery)
        self._banner.say(GALLERY, NoticeKind.ERROR, sentence, reload)

    @Slot(str)
    def _on_inference_failed(self, sentence: str) -> None:
        restart = (self.tr("Start again"), self._restart)
        self._banner.say(MODELS, NoticeKind.ERROR, sentence, restart)
        self.models_changed.emit(None)

    def _restart(self) -> None:
        self._banner.clear(MODELS)
        self._session.restart_inference()

    # ----- import

    def _import_helps(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        return (
            (self.tr("Import zip…"), self.choose_zip),
            (self.tr("Import folder…"), self.choose_folder),
        )

    @Slot()
    def choose_zip(self) -> None:
        """Ask for a pack's zip file and import it."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Import model pack"), "", self.tr("Model packs (*.zip)")
        )
        if path:
            self.import_from(Path(path))

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a pack's folder and import it."""
        path = QFileDialog.getExistingDirectory(self._window, self.tr("Import model pack"))
        if path:
            self.import_from(Path(path))

    def import_from(self, source: Path) -> None:
        """Import a pack in the background and use it."""
        self._banner.say(
            IMPORT, NoticeKind.INFO, self.tr("Importing {name}…").format(name=source.name)
        )
        packs_dir = self._paths.packs_dir
        self._jobs.start(
            lambda: import_pack(source, packs_dir), self._on_imported, self._on_import_failed
        )

    def _on_imported(self, pack: Pack) -> None:
        self._pack_choice = str(pack.folder)
        sentence = self.tr("The pack {name} is installed and in use.").format(name=pack.name)
        if pack.licence:
            licence = self.tr("Its licence: {licence}.").format(licence=pack.licence)
            sentence = f"{sentence} {licence}"
        self._banner.say(IMPORT, NoticeKind.SUCCESS, sentence)
        self._request = None  # so that the change of settings does not load it a first time
        self._keeper.update("detection", pack=pack.folder.name)
        self.load()

    def _on_import_failed(self, sentence: str) -> None:
        self._banner.say(IMPORT, NoticeKind.ERROR, sentence, *self._import_helps())
