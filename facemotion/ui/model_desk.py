"""Loads the models that the settings ask for, and says what is missing."""

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from facemotion.analysis.tuning import pipeline_params
from facemotion.core.matching import IdentityResolver
from facemotion.store.pack_choice import named_pack, pack_roots
from facemotion.store.paths import AppPaths, model_path
from facemotion.store.settings import Settings
from facemotion.ui.actions import Actions
from facemotion.ui.message_banner import Help, MessageBanner
from facemotion.ui.model_request import ModelRequest, ModelsInfo
from facemotion.ui.notice import NoticeKind
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper

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
        window: Qt parent.

    Signals:
        models_changed(object): ModelsInfo of what runs, or None.
        threshold_changed(float): Cosine similarity from which a face is known now.
        use_refused(str): The pack given to `use` cannot be loaded; the one before comes back.
    """

    models_changed = Signal(object)
    threshold_changed = Signal(float)
    use_refused = Signal(str)

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
        self._actions = actions
        self._gallery_size = 0
        self._request: ModelRequest | None = None
        self._before: tuple[str, str] | None = None
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
        self._request = self.wanted()
        self._session.set_interval(self._keeper.settings.inference.inference_interval_s)
        self._session.load_models(self._request)

    def wanted(self) -> ModelRequest:
        """What the settings and the command line ask for now."""
        return model_request(self._keeper.settings, self._paths, self._pack_choice)

    def use(self, pack: str) -> None:
        """Load another pack while everything runs, and keep it as the user's choice.

        Args:
            pack: Name of an installed pack, or a folder.
        """
        if self._session.models_info is not None:
            self._before = (self._pack_choice, self._keeper.settings.detection.pack)
        self._choose(pack, pack)

    def is_overruled_at_start(self) -> bool:
        """Whether the environment names another pack than the settings."""
        chosen = self._keeper.settings.detection.pack
        by_itself = named_pack(self._paths, "", chosen, environment={})
        return named_pack(self._paths, "", chosen) != by_itself

    def _choose(self, pack_choice: str, pack: str) -> None:
        self._request = None  # so that the change of settings does not load it a first time
        self._keeper.update("detection", pack=pack)
        self._pack_choice = pack_choice
        self.load()

    # ----- settings

    @Slot(object, object)
    def _on_settings_changed(self, before: Settings, new: Settings) -> None:
        if new.detection.pack != before.detection.pack:
            self._pack_choice = new.detection.pack  # newer than what the command line said
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
        self._before = None
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
                    "The pack {pack} has no recognition model, so everybody stays unknown. Choose "
                    "another pack to recognise people."
                ).format(pack=info.pack_name),
                self._packs_help(),
            )
        self.models_changed.emit(info)
        self._tell_threshold()

    @Slot()
    def _on_missing(self) -> None:
        self._banner.say(
            MODELS,
            NoticeKind.WARNING,
            self.tr(
                "No model pack is installed, so no faces are found. Download one under Model "
                "packs, or import its zip file or folder."
            ),
            *self._pack_helps(),
        )
        self.models_changed.emit(None)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        before, self._before = self._before, None
        if before is not None:
            self.use_refused.emit(sentence)
            self._choose(*before)
            return
        self._banner.say(MODELS, NoticeKind.ERROR, sentence, *self._pack_helps())
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

    def _packs_help(self) -> Help:
        return self.tr("Model packs…"), self._actions["models"].trigger

    def _pack_helps(self) -> tuple[Help, Help]:
        return self._packs_help(), (self.tr("Import zip…"), self._actions["import_zip"].trigger)
