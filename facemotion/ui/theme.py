"""Light and dark: one palette and one small style sheet for the whole program."""

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from facemotion.core.palette import EMOTION_COLOURS
from facemotion.ui.theme_controls import control_rules


class ThemeMode(StrEnum):
    """What the user chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class ThemeColours:
    """Colours of one theme, RGB hex; text on its ground has a contrast of at least 4.5 : 1.

    Attributes:
        is_dark: Whether text is lighter than its ground.
        window: Ground of the window.
        base: Ground of lists, fields and charts.
        raised: Ground of buttons and toolbars.
        text: Text and icons.
        quiet: Text of less weight.
        line: Borders and dividers.
        accent: Focus, selection, links.
        accent_text: Text on the accent.
        selection: Ground of a selected row.
        disabled: Text that cannot be used now.
    """

    is_dark: bool
    window: str
    base: str
    raised: str
    text: str
    quiet: str
    line: str
    accent: str
    accent_text: str
    selection: str
    disabled: str


LIGHT = ThemeColours(
    is_dark=False,
    window="#f3f5f8",
    base="#ffffff",
    raised="#ffffff",
    text="#18202b",
    quiet="#556070",
    line="#cfd6df",
    accent="#1f57b8",
    accent_text="#ffffff",
    selection="#dbe7fb",
    disabled="#98a1ad",
)
DARK = ThemeColours(
    is_dark=True,
    window="#171b21",
    base="#1e242c",
    raised="#262d37",
    text="#e8edf3",
    quiet="#a3aebc",
    line="#38424e",
    accent="#79a8f7",
    accent_text="#0e1420",
    selection="#2b456f",
    disabled="#66707d",
)
LEAST_LIGHTNESS = 0.66
"""Lightness (HSL) of emotion colours on dark ground."""
STAGE = "#0d1014"
"""Ground behind the video in both themes, so that the picture's own colours stand out."""


class Theme(QObject):
    """Applies the theme and follows the system where the user wants that; GUI thread.

    Args:
        app: The application that is dressed.

    Signals:
        changed(): The colours are others now; whoever draws by hand draws again.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._mode = ThemeMode.SYSTEM
        self._colours = LIGHT
        style = QStyleFactory.create("Fusion")
        if style is not None:
            app.setStyle(style)
        app.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    @property
    def mode(self) -> ThemeMode:
        """What the user chose."""
        return self._mode

    @property
    def colours(self) -> ThemeColours:
        """The colours in use."""
        return self._colours

    def apply(self, mode: ThemeMode) -> None:
        """Use light, dark, or whatever the system uses."""
        self._mode = mode
        hints = self._app.styleHints()
        if mode is ThemeMode.SYSTEM:
            hints.unsetColorScheme()
        else:
            is_dark = mode is ThemeMode.DARK
            hints.setColorScheme(Qt.ColorScheme.Dark if is_dark else Qt.ColorScheme.Light)
        self._dress()

    @Slot(Qt.ColorScheme)
    def _on_system_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self._mode is ThemeMode.SYSTEM:
            self._dress()

    def _dress(self) -> None:
        is_system_dark = self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        is_dark = self._mode is ThemeMode.DARK or (
            self._mode is ThemeMode.SYSTEM and is_system_dark
        )
        self._colours = DARK if is_dark else LIGHT
        self._app.setPalette(make_palette(self._colours))
        self._app.setStyleSheet(make_style_sheet(self._colours))
        self.changed.emit()


def emotion_ink(emotion: str, is_dark: bool) -> str:
    """An emotion's colour, lightened where the ground is dark; RGB hex."""
    colour = QColor(EMOTION_COLOURS[emotion])
    if not is_dark or colour.lightnessF() >= LEAST_LIGHTNESS:
        return colour.name()
    hue, saturation = max(colour.hslHueF(), 0.0), colour.hslSaturationF()
    return QColor.fromHslF(hue, saturation, LEAST_LIGHTNESS).name()


def make_palette(colours: ThemeColours) -> QPalette:
    """The Qt palette of a theme."""
    role = QPalette.ColorRole
    palette = QPalette()
    by_role = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.base,
        role.AlternateBase: colours.window,
        role.Text: colours.text,
        role.PlaceholderText: colours.quiet,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.accent_text,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.accent_text,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.base,
        role.Midlight: colours.line,
        role.Mid: colours.line,
        role.Dark: colours.quiet,
        role.Shadow: colours.line,
    }
    for colour_role, value in by_role.items():
        palette.setColor(colour_role, QColor(value))
    disabled = QPalette.ColorGroup.Disabled
    for colour_role in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(disabled, colour_role, QColor(colours.disabled))
    palette.setColor(disabled, role.Highlight, QColor(colours.line))
    return palette


def make_style_sheet(colours: ThemeColours) -> str:
    """The rules that a palette cannot express; distances keep to a grid of 4 and 8 px."""
    c = colours
    return f"""
QToolTip {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.line}; padding: 4px; }}
QToolBar {{ background: {c.window}; border: none; border-bottom: 1px solid {c.line};
    padding: 2px 8px; spacing: 4px; }}
QToolBar::separator {{ background: {c.line}; width: 1px; margin: 6px 4px; }}
QToolButton {{ color: {c.text}; background: transparent; border: 1px solid transparent;
    border-radius: 6px; padding: 4px 8px; }}
QToolButton:hover {{ background: {c.raised}; border-color: {c.line}; }}
QToolButton:pressed, QToolButton:checked {{ background: {c.selection}; }}
QToolButton:focus {{ border: 2px solid {c.accent}; padding: 3px 7px; }}
QToolButton:disabled {{ color: {c.disabled}; }}
QToolButton#source_button {{ padding-right: 20px; }}
QToolButton#source_button:focus {{ padding: 3px 19px 3px 7px; }}
QToolButton::menu-indicator {{ subcontrol-position: right center; right: 4px; }}
QPushButton {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.line};
    border-radius: 6px; padding: 5px 14px; min-height: 18px; }}
QPushButton:hover {{ border-color: {c.accent}; }}
QPushButton:pressed {{ background: {c.selection}; }}
QPushButton:default, QPushButton[isPrimary="true"] {{ background: {c.accent};
    color: {c.accent_text}; border-color: {c.accent}; }}
QPushButton:focus {{ border: 2px solid {c.accent}; padding: 4px 13px; }}
QPushButton:default:focus, QPushButton[isPrimary="true"]:focus {{
    border: 2px solid {c.text}; padding: 4px 13px; }}
QPushButton:disabled {{ color: {c.disabled}; background: {c.window}; border-color: {c.line}; }}
QDockWidget {{ color: {c.text}; }}
DockTitle {{ background: {c.window}; border-bottom: 1px solid {c.line}; }}
QToolButton[isSmall="true"] {{ padding: 0; border-radius: 4px; }}
QToolButton[isSmall="true"]:focus {{ padding: 0; }}
QMainWindow::separator {{ background: {c.window}; width: 6px; height: 6px; }}
QMainWindow::separator:hover {{ background: {c.accent}; }}
QStatusBar {{ background: {c.window}; border-top: 1px solid {c.line}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ color: {c.quiet}; }}
QListView, QTableView, QTreeView {{ background: {c.base}; border: 1px solid {c.line};
    border-radius: 6px; outline: none; selection-background-color: {c.selection};
    selection-color: {c.text}; }}
QListView:focus, QTableView:focus, QTreeView:focus {{ border: 2px solid {c.accent}; }}
QDockWidget QListView, QDockWidget QTableView {{ border: none; border-radius: 0; }}
QDockWidget QListView:focus, QDockWidget QTableView:focus {{ border: 2px solid {c.accent}; }}
QTableView::item {{ padding: 0 5px; }}
QHeaderView::section {{ background: {c.window}; color: {c.quiet}; border: none;
    border-bottom: 1px solid {c.line}; padding: 4px 8px; }}
QMenu {{ background: {c.raised}; border: 1px solid {c.line}; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 8px; border-radius: 4px; }}
QMenu::item:selected {{ background: {c.selection}; color: {c.text}; }}
QMenu::item:disabled {{ color: {c.disabled}; }}
QMenu::separator {{ height: 1px; background: {c.line}; margin: 4px 8px; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {c.line}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 24px; }}
QScrollBar::handle:horizontal {{ min-width: 24px; }}
QScrollBar::handle:hover {{ background: {c.quiet}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QMenuBar {{ background: {c.window}; padding: 2px 4px; }}
QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {c.selection}; color: {c.text}; }}
{control_rules(colours)}"""
