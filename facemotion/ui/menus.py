"""Menu bar and toolbar: where each command of the window stands."""

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from facemotion.store.markers import HOTKEY_COUNT
from facemotion.ui.actions import Actions
from facemotion.ui.source_menu import SourceMenu
from facemotion.ui.theme import ThemeMode

OVERLAY_ACTIONS = ("boxes", "names", "emotions", "landmarks", "track_ids")


class ThemeChoice(QObject):
    """Light, dark or system as three commands of which one holds.

    Args:
        parent: Qt parent.

    Signals:
        chosen(str): The user chose this theme.
    """

    chosen = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._group = QActionGroup(self)
        words = {
            ThemeMode.SYSTEM: self.tr("As the s&ystem"),
            ThemeMode.LIGHT: self.tr("&Light"),
            ThemeMode.DARK: self.tr("&Dark"),
        }
        for mode, text in words.items():
            action = QAction(text, self._group)
            action.setCheckable(True)
            action.setData(mode.value)
            tip = self.tr("Use the theme: {name}").format(name=text.replace("&", ""))
            action.setToolTip(tip)
            action.setStatusTip(tip)
        self._group.triggered.connect(self._on_triggered)

    @property
    def actions(self) -> list[QAction]:
        """The three commands."""
        return self._group.actions()

    def show_mode(self, mode: str) -> None:
        """Mark the theme in use."""
        for action in self.actions:
            action.setChecked(action.data() == mode)

    def _on_triggered(self, action: QAction) -> None:
        self.chosen.emit(action.data())


def build_menu_bar(
    window: QMainWindow,
    actions: Actions,
    source_menu: SourceMenu,
    docks: list[QDockWidget],
    themes: ThemeChoice,
) -> None:
    """Fill the window's menu bar."""
    file_menu = _menu(window, window.tr("&File"))
    file_menu.addMenu(source_menu)
    file_menu.addSeparator()
    file_menu.addActions([actions[name] for name in ("snapshot", "analyse", "sessions")])
    file_menu.addSeparator()
    file_menu.addAction(actions["quit"])
    play = _menu(window, window.tr("&Playback"))
    play.addActions([actions[name] for name in ("play", "back", "forward", "loop")])
    recording = _menu(window, window.tr("&Recording"))
    recording.addActions([actions["record"], actions["mark"]])
    recording.addSeparator()
    recording.addActions([actions[f"marker{number}"] for number in range(1, HOTKEY_COUNT + 1)])
    people = _menu(window, window.tr("Pe&ople"))
    people.addActions([actions["enrol"], actions["people"]])
    people.addSeparator()
    people.addActions([actions[name] for name in ("next_face", "previous_face", "why")])
    people.addSeparator()
    people.addActions([actions["neutral"], actions["forget_neutral"]])
    _fill_view_menu(window, actions, docks, themes)
    models = _menu(window, window.tr("&Tools"))
    models.addActions([actions[name] for name in ("models", "import_zip", "import_folder")])
    models.addSeparator()
    models.addActions([actions["debug"], actions["debug_report"]])
    models.addSeparator()
    models.addAction(actions["settings"])
    help_menu = _menu(window, window.tr("&Help"))
    help_menu.addActions([actions["keys"], actions["logs"]])
    help_menu.addSeparator()
    help_menu.addAction(actions["about"])


def _fill_view_menu(
    window: QMainWindow, actions: Actions, docks: list[QDockWidget], themes: ThemeChoice
) -> None:
    view = _menu(window, window.tr("&View"))
    view.addActions([dock.toggleViewAction() for dock in docks])
    view.addAction(actions["reset_layout"])
    view.addSeparator()
    overlay = view.addMenu(window.tr("&Overlay"))
    overlay.setToolTipsVisible(True)
    overlay.addActions([actions[name] for name in OVERLAY_ACTIONS])
    view.addAction(actions["mirror"])
    view.addSeparator()
    view.addActions([actions["copy_chart"], actions["export_chart"]])
    view.addSeparator()
    theme = view.addMenu(window.tr("&Theme"))
    theme.addActions(themes.actions)
    view.addActions([actions["fullscreen"], actions["mini"]])


def _menu(window: QMainWindow, title: str) -> QMenu:
    menu = QMenu(title, window)
    menu.setToolTipsVisible(True)
    window.menuBar().addMenu(menu)
    return menu


def build_tool_bar(
    window: QMainWindow, actions: Actions, source_menu: SourceMenu
) -> tuple[QToolBar, QToolButton]:
    """The toolbar, and its Source button, whose words name the source."""
    bar = QToolBar(window.tr("Toolbar"), window)
    bar.setObjectName("toolbar")
    bar.setMovable(False)
    bar.setIconSize(QSize(20, 20))
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    source = QToolButton(bar)
    source.setObjectName("source_button")
    source.setMenu(source_menu)
    source.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    source.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    source.setToolTip(window.tr("Source (Alt+Down): choose a camera, a file or an address"))
    source.setAccessibleName(window.tr("Source"))
    source.setShortcut(QKeySequence("Alt+Down"))
    bar.addWidget(source)
    bar.addActions([actions["play"], actions["record"]])
    bar.addSeparator()
    bar.addActions([actions["enrol"], actions["people"], actions["snapshot"]])
    bar.addAction(actions["analyse"])
    gap = QWidget(bar)
    gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(gap)
    bar.addAction(actions["settings"])
    window.addToolBar(Qt.ToolBarArea.TopToolBarArea, bar)
    bar.toggleViewAction().setEnabled(False)
    for action in bar.actions():
        button = bar.widgetForAction(action)
        if isinstance(button, QToolButton) and button is not source:
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    source.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return bar, source


def add_context_menus(video: QWidget, faces: QWidget, chart: QWidget, actions: Actions) -> None:
    """Commands on the right button: over the picture, the list of faces and the chart."""
    of_face = ("why", "enrol", "neutral")
    names_of = {
        video: (*of_face, "snapshot", *OVERLAY_ACTIONS, "mirror", "fullscreen", "mini"),
        faces: (*of_face, "forget_neutral", "next_face", "previous_face"),
        chart: ("copy_chart", "export_chart"),
    }
    for widget, names in names_of.items():
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        widget.addActions([actions[name] for name in names])


def key_list(actions: Actions, docks: list[QDockWidget]) -> list[tuple[str, str]]:
    """Every command with keys: its words and its keys as text."""
    everything = [*actions.all(), *(dock.toggleViewAction() for dock in docks)]
    native = QKeySequence.SequenceFormat.NativeText
    return [
        (
            (action.statusTip() or action.text()).replace("&", ""),
            ", ".join(key.toString(native) for key in action.shortcuts()),
        )
        for action in everything
        if action.shortcuts()
    ]
