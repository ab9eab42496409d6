"""The commands of the window as QActions."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow

from facemotion.ui.action_table import ACTIONS, ActionSpec
from facemotion.ui.icons import ICON_NAME, Icons
from facemotion.ui.translation import QT_TRANSLATE_NOOP
from facemotion.ui.view_actions import VIEW_ACTIONS

RECORDING_RED = "#d6453d"
_RECORD_WORDS = ("&Record", "Record", "record")
_STOP_WORDS = (
    QT_TRANSLATE_NOOP("actions", "Stop &recording"),
    QT_TRANSLATE_NOOP("actions", "Stop"),
    "stop",
)
_MARKER_TIP = QT_TRANSLATE_NOOP("actions", "Stamp this moment: {label}")


class Actions:
    """The commands as QActions of a window; each must be given its slot by `connect`.

    Args:
        window: Receives the shortcuts.
        icons: For the icons.
    """

    def __init__(self, window: QMainWindow, icons: Icons) -> None:
        self._icons = icons
        specs = (*ACTIONS, *VIEW_ACTIONS)
        self._specs = {spec.name: spec for spec in specs}
        self._actions = {spec.name: _make(spec, window) for spec in specs}
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

    def show_recording(self, is_recording: bool) -> None:
        """Say on the record command what it would do, in the colour of recording."""
        action = self._actions["record"]
        words = _STOP_WORDS if is_recording else _RECORD_WORDS
        action.setText(_translated(words[0]))
        action.setIconText(_translated(words[1]))
        action.setIcon(self._icons.icon(words[2], RECORDING_RED))
        _describe(action)

    def show_marker(self, number: int, label: str) -> None:
        """Say on a marker's command what it stamps.

        Args:
            number: From 1.
            label: What the user calls it.
        """
        action = self._actions[f"marker{number}"]
        action.setText(f"&{number}  {label.replace('&', '&&')}")
        action.setIconText(label)
        action.setStatusTip(_translated(_MARKER_TIP).format(label=label))
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
