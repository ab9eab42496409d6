"""Brings settings that are seen (theme, overlay, mirror, loop, chart) to where they are seen."""

from PySide6.QtCore import QObject, Slot

from facemotion.store.settings import Settings
from facemotion.ui.actions import Actions
from facemotion.ui.chart_panel import ChartPanel
from facemotion.ui.live_pane import LivePane
from facemotion.ui.menus import ThemeChoice
from facemotion.ui.notice import NoticeKind
from facemotion.ui.overlay import OverlayOptions
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.theme import Theme, ThemeMode

SETTINGS_FILE = "settings"


class LookDesk(QObject):
    """Between the View menu, the settings and the widgets; GUI thread.

    Args:
        session: Mirrors and loops.
        pane: Has the picture.
        chart: Has a length.
        actions: The window's commands.
        themes: The choice of a theme.
        theme: Dresses the program.
        keeper: The settings.
        parent: Qt parent.
    """

    def __init__(
        self,
        session: LiveSession,
        pane: LivePane,
        chart: ChartPanel,
        actions: Actions,
        themes: ThemeChoice,
        theme: Theme,
        keeper: SettingsKeeper,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._pane = pane
        self._chart = chart
        self._actions = actions
        self._themes = themes
        self._theme = theme
        self._keeper = keeper
        self._threshold = OverlayOptions().match_threshold
        self._show(keeper.settings)
        actions.connect("loop", self._set_looping)
        actions.connect("boxes", self._set_boxes)
        actions.connect("names", self._set_names)
        actions.connect("emotions", self._set_emotions)
        actions.connect("landmarks", self._set_landmarks)
        actions.connect("track_ids", self._set_track_ids)
        actions.connect("mirror", self._set_mirrored)
        themes.chosen.connect(self._choose_theme)
        keeper.changed.connect(self._on_settings_changed)
        keeper.save_failed.connect(self._on_save_failed)

    @Slot(float)
    def set_threshold(self, threshold: float) -> None:
        """Cosine similarity that counts as 50 %."""
        self._threshold = threshold
        self._show_overlay(self._keeper.settings)

    @Slot(object, object)
    def _on_settings_changed(self, _old: Settings, new: Settings) -> None:
        self._show(new)

    def _show(self, settings: Settings) -> None:
        display = settings.display
        if self._theme.mode.value != display.theme:
            self._theme.apply(ThemeMode(display.theme))
        self._themes.show_mode(display.theme)
        self._actions["loop"].setChecked(settings.source.is_looping)
        self._actions["boxes"].setChecked(display.show_boxes)
        self._actions["names"].setChecked(display.show_names)
        self._actions["emotions"].setChecked(display.show_emotions)
        self._actions["landmarks"].setChecked(display.show_landmarks)
        self._actions["track_ids"].setChecked(display.show_track_ids)
        self._actions["mirror"].setChecked(display.is_mirrored)
        self._session.set_looping(settings.source.is_looping)
        self._session.set_mirrored(display.is_mirrored)
        self._chart.set_window(display.chart_window_s)
        self._show_overlay(settings)

    def _show_overlay(self, settings: Settings) -> None:
        display = settings.display
        self._pane.video.set_options(
            OverlayOptions(
                has_boxes=display.show_boxes,
                has_names=display.show_names,
                has_emotions=display.show_emotions,
                has_landmarks=display.show_landmarks,
                has_track_ids=display.show_track_ids,
                has_similarity=display.show_similarity,
                match_threshold=self._threshold,
            )
        )

    @Slot(bool)
    def _set_looping(self, is_on: bool) -> None:
        self._keeper.update("source", is_looping=is_on)

    @Slot(bool)
    def _set_boxes(self, is_on: bool) -> None:
        self._keeper.update("display", show_boxes=is_on)

    @Slot(bool)
    def _set_names(self, is_on: bool) -> None:
        self._keeper.update("display", show_names=is_on)

    @Slot(bool)
    def _set_emotions(self, is_on: bool) -> None:
        self._keeper.update("display", show_emotions=is_on)

    @Slot(bool)
    def _set_landmarks(self, is_on: bool) -> None:
        self._keeper.update("display", show_landmarks=is_on)

    @Slot(bool)
    def _set_track_ids(self, is_on: bool) -> None:
        self._keeper.update("display", show_track_ids=is_on)

    @Slot(bool)
    def _set_mirrored(self, is_on: bool) -> None:
        self._keeper.update("display", is_mirrored=is_on)

    @Slot(str)
    def _choose_theme(self, mode: str) -> None:
        self._keeper.update("display", theme=mode)

    @Slot(str)
    def _on_save_failed(self, sentence: str) -> None:
        again = (self.tr("Try again"), self._save_again)
        self._pane.banner.say(SETTINGS_FILE, NoticeKind.ERROR, sentence, again)

    def _save_again(self) -> None:
        self._pane.banner.clear(SETTINGS_FILE)
        self._keeper.save()
