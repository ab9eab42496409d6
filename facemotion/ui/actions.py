"""Every command of the window, with its words, icon and keys, in one table."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow

from facemotion.ui.icons import ICON_NAME, Icons


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What is known about a command.

    Attributes:
        name: By which the program finds it.
        text: Words in a menu.
        short: Words on a button.
        icon: Name of the icon; empty for none.
        keys: Shortcuts, the first one is shown.
        tip: One sentence for tooltip, status bar and screen reader.
        is_checkable: Whether it is on or off.
    """

    name: str
    text: str
    short: str
    icon: str
    keys: tuple[str, ...]
    tip: str
    is_checkable: bool = False


_T = QT_TRANSLATE_NOOP

ACTIONS = (
    ActionSpec(
        "open_file",
        _T("actions", "&Open video or photo…"),
        _T("actions", "Open video or photo…"),
        "video",
        ("Ctrl+O",),
        _T("actions", "Play a video file or show a photo"),
    ),
    ActionSpec(
        "open_folder",
        _T("actions", "Open &folder of photos…"),
        _T("actions", "Open folder…"),
        "folder",
        ("Ctrl+Shift+O",),
        _T("actions", "Show the photos of a folder one after another"),
    ),
    ActionSpec(
        "open_url",
        _T("actions", "Open &address…"),
        _T("actions", "Open address…"),
        "url",
        ("Ctrl+U",),
        _T("actions", "Watch a network camera or stream (RTSP, HTTP)"),
    ),
    ActionSpec(
        "demo",
        _T("actions", "&Demo"),
        _T("actions", "Show the demo"),
        "demo",
        ("Ctrl+D",),
        _T("actions", "A moving picture with faces that needs no camera, file or network"),
    ),
    ActionSpec(
        "retry",
        _T("actions", "&Try again"),
        _T("actions", "Try again"),
        "replay",
        ("Ctrl+R", "F5"),
        _T("actions", "Open the source again"),
    ),
    ActionSpec(
        "close_source",
        _T("actions", "&Close source"),
        _T("actions", "Close source"),
        "camera-off",
        ("Ctrl+W",),
        _T("actions", "Switch the camera off or close the file"),
    ),
    ActionSpec(
        "snapshot",
        _T("actions", "&Snapshot"),
        _T("actions", "Snapshot"),
        "snapshot",
        ("S",),
        _T("actions", "Save the picture with its boxes, names and emotions"),
    ),
    ActionSpec(
        "quit",
        _T("actions", "&Quit"),
        _T("actions", "Quit"),
        "power",
        ("Ctrl+Q",),
        _T("actions", "End the program"),
    ),
    ActionSpec(
        "play",
        _T("actions", "&Pause"),
        _T("actions", "Pause"),
        "pause",
        ("Space",),
        _T("actions", "Let the picture stand still, or go on"),
    ),
    ActionSpec(
        "back",
        _T("actions", "Five seconds &back"),
        _T("actions", "Back"),
        "",
        ("J", "Ctrl+Left"),
        _T("actions", "Go back five seconds in a file"),
    ),
    ActionSpec(
        "forward",
        _T("actions", "Five seconds &forward"),
        _T("actions", "Forward"),
        "",
        ("L", "Ctrl+Right"),
        _T("actions", "Go forward five seconds in a file"),
    ),
    ActionSpec(
        "loop",
        _T("actions", "&Repeat"),
        _T("actions", "Repeat"),
        "loop",
        ("R",),
        _T("actions", "Start a file again when it has ended"),
        is_checkable=True,
    ),
    ActionSpec(
        "enrol",
        _T("actions", "&Enrol a person…"),
        _T("actions", "Enrol"),
        "enrol",
        ("E",),
        _T("actions", "Teach the program a person's face, from the camera or from photos"),
    ),
    ActionSpec(
        "people",
        _T("actions", "&People…"),
        _T("actions", "People"),
        "people",
        ("P",),
        _T("actions", "Rename, merge, export or delete enrolled people"),
    ),
    ActionSpec(
        "next_face",
        _T("actions", "&Next face"),
        _T("actions", "Next face"),
        "faces",
        ("N",),
        _T("actions", "Select the next face"),
    ),
    ActionSpec(
        "previous_face",
        _T("actions", "Pre&vious face"),
        _T("actions", "Previous face"),
        "",
        ("Shift+N",),
        _T("actions", "Select the previous face"),
    ),
    ActionSpec(
        "landmarks",
        _T("actions", "Show &landmarks"),
        _T("actions", "Landmarks"),
        "",
        ("Ctrl+L",),
        _T("actions", "Draw the five points of each face"),
        is_checkable=True,
    ),
    ActionSpec(
        "track_ids",
        _T("actions", "Show track &numbers"),
        _T("actions", "Track numbers"),
        "",
        ("Ctrl+I",),
        _T("actions", "Write each face's track number beside its name"),
        is_checkable=True,
    ),
    ActionSpec(
        "mirror",
        _T("actions", "&Mirror cameras"),
        _T("actions", "Mirror"),
        "",
        ("Ctrl+M",),
        _T("actions", "Show cameras as in a mirror"),
        is_checkable=True,
    ),
    ActionSpec(
        "fullscreen",
        _T("actions", "&Full screen"),
        _T("actions", "Full screen"),
        "fullscreen",
        ("F11",),
        _T("actions", "Let the window fill the screen"),
        is_checkable=True,
    ),
    ActionSpec(
        "reset_layout",
        _T("actions", "&Reset layout"),
        _T("actions", "Reset layout"),
        "panels",
        ("Ctrl+0",),
        _T("actions", "Put every panel back in its place"),
    ),
    ActionSpec(
        "settings",
        _T("actions", "&Settings…"),
        _T("actions", "Settings"),
        "settings",
        ("Ctrl+,",),
        _T("actions", "Change how faces are found, read and shown"),
    ),
    ActionSpec(
        "import_zip",
        _T("actions", "Import model pack from &zip…"),
        _T("actions", "Import pack zip…"),
        "import",
        ("Ctrl+Shift+Z",),
        _T("actions", "Install a model pack, for example buffalo_s.zip, from a file"),
    ),
    ActionSpec(
        "import_folder",
        _T("actions", "Import model pack from f&older…"),
        _T("actions", "Import pack folder…"),
        "pack",
        ("Ctrl+Shift+F",),
        _T("actions", "Install a model pack from a folder that holds its .onnx files"),
    ),
    ActionSpec(
        "logs",
        _T("actions", "Open &log folder"),
        _T("actions", "Open log folder"),
        "folder",
        ("Ctrl+Shift+L",),
        _T("actions", "Show the log files, which a bug report needs"),
    ),
    ActionSpec(
        "keys",
        _T("actions", "&Keyboard shortcuts"),
        _T("actions", "Keyboard shortcuts"),
        "help",
        ("F1",),
        _T("actions", "List every key"),
    ),
    ActionSpec(
        "about",
        _T("actions", "&About facemotion"),
        _T("actions", "About"),
        "info",
        ("Shift+F1",),
        _T("actions", "Version, models, folders and licences"),
    ),
)


class Actions:
    """The commands as QActions of a window; each must be given its slot by `connect`.

    Args:
        window: Receives the shortcuts.
        icons: For the icons.
    """

    def __init__(self, window: QMainWindow, icons: Icons) -> None:
        self._icons = icons
        self._specs = {spec.name: spec for spec in ACTIONS}
        self._actions = {spec.name: _make(spec, window) for spec in ACTIONS}
        self.refresh_icons()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def all(self) -> list[QAction]:
        """Every command, in the order of the table."""
        return list(self._actions.values())

    def connect(self, name: str, slot: Callable[..., object]) -> None:
        """Call a slot when a command is given; with its state, when it has one."""
        action = self._actions[name]
        signal = action.toggled if action.isCheckable() else action.triggered
        signal.connect(slot)

    def refresh_icons(self) -> None:
        """Take the icons of a new theme."""
        for name, spec in self._specs.items():
            if spec.icon:
                self._actions[name].setIcon(self._icons.icon(spec.icon))
                self._actions[name].setProperty(ICON_NAME, spec.icon)

    def show_playing(self, is_playing: bool) -> None:
        """Say on the play command what it would do."""
        action = self._actions["play"]
        words = ("&Pause", "Pause", "pause") if is_playing else ("&Play", "Play", "play")
        action.setText(_translated(words[0]))
        action.setIconText(_translated(words[1]))
        action.setIcon(self._icons.icon(words[2]))
        _describe(action)


def _make(spec: ActionSpec, window: QMainWindow) -> QAction:
    action = QAction(_translated(spec.text), window)
    action.setObjectName(spec.name)
    action.setIconText(_translated(spec.short))
    action.setShortcuts([QKeySequence(key) for key in spec.keys])
    action.setCheckable(spec.is_checkable)
    action.setStatusTip(_translated(spec.tip))
    if spec.name == "quit":
        action.setMenuRole(QAction.MenuRole.QuitRole)
    _describe(action)
    window.addAction(action)
    return action


def _describe(action: QAction) -> None:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    tip = action.statusTip()
    action.setToolTip(f"{action.iconText()} ({keys}): {tip}" if keys else tip)


def _translated(text: str) -> str:
    return QCoreApplication.translate("actions", text)
