"""The program's own icons, drawn in the colour of the theme's text."""

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from facemotion.store.paths import resource_path
from facemotion.ui.theme import Theme

ICON_NAME = "icon_name"
"""Property in which a command keeps the name of its icon."""
SIZES_PX = (16, 20, 24, 32, 48, 64)
APP_SIZES_PX = (16, 24, 32, 48, 64, 128, 256)


class Icons(QObject):
    """Loads icons from ``resources/icons`` and keeps them for as long as the colours stay.

    Args:
        theme: Whose text colour the icons take.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._theme = theme
        self._svg: dict[str, bytes] = {}
        self._icons: dict[tuple[str, str], QIcon] = {}
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}

    def icon(self, name: str, colour: str | None = None) -> QIcon:
        """An icon in the theme's text colour, or in another one (RGB hex).

        Raises:
            FileNotFoundError: There is no such icon.
        """
        colours = self._theme.colours
        ink = colour or colours.text
        key = (name, ink + colours.disabled)
        if key not in self._icons:
            icon = QIcon()
            for size_px in SIZES_PX:
                icon.addPixmap(self._render(name, ink, size_px, 1.0))
                icon.addPixmap(
                    self._render(name, colours.disabled, size_px, 1.0), QIcon.Mode.Disabled
                )
            self._icons[key] = icon
        return self._icons[key]

    @property
    def is_dark(self) -> bool:
        """Whether icons stand on dark ground."""
        return self._theme.colours.is_dark

    @property
    def accent_text(self) -> str:
        """Colour of text and icons on the accent, RGB hex."""
        return self._theme.colours.accent_text

    def pixmap(self, name: str, colour: str, size_px: int, pixel_ratio: float) -> QPixmap:
        """One icon as a picture for painting by hand.

        Args:
            name: File name without ``.svg``.
            colour: RGB hex.
            size_px: Side in the window's own pixels.
            pixel_ratio: Device pixels for each of them.
        """
        key = (name, colour, size_px, pixel_ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._render(name, colour, size_px, pixel_ratio)
        return self._pixmaps[key]

    def _render(self, name: str, colour: str, size_px: int, pixel_ratio: float) -> QPixmap:
        if name not in self._svg:
            self._svg[name] = resource_path(f"icons/{name}.svg").read_bytes()
        svg = self._svg[name].replace(b"currentColor", QColor(colour).name().encode("ascii"))
        return _draw(svg, size_px, pixel_ratio)


def app_icon() -> QIcon:
    """The program's icon, in its own colours."""
    svg = resource_path("icons/app.svg").read_bytes()
    icon = QIcon()
    for size_px in APP_SIZES_PX:
        icon.addPixmap(_draw(svg, size_px, 1.0))
    return icon


def screen_ratio() -> float:
    """Device pixels for each of the window's own on the sharpest screen."""
    return max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)


def _draw(svg: bytes, size_px: int, pixel_ratio: float) -> QPixmap:
    side = round(size_px * pixel_ratio)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(pixel_ratio)
    return pixmap
