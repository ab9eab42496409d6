"""Whether a window can open here, asked before Qt, which would abort the process."""

import ctypes
import os
import stat
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLibraryInfo

COMMANDS_WORK: Final = "“facemotion analyze INPUT --out DIR” needs none."
NO_DISPLAY: Final = (
    f"There is no display to open a window on. Start facemotion on a desktop; {COMMANDS_WORK}"
)


def display_problem() -> str:
    """Why no window can open here, and what to do; empty when one can."""
    if not sys.platform.startswith("linux"):
        return ""
    wished = os.environ.get("QT_QPA_PLATFORM", "")
    names = [name.partition(":")[0].partition("-")[0] for name in wished.split(";") if name]
    if any(name not in ("xcb", "wayland") for name in names):
        return ""  # offscreen and the like need no display
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY", ""), os.environ.get("DISPLAY", "")
    problems: list[str] = []
    if wayland and (not names or "wayland" in names):
        problems.append(_wayland_problem(wayland))
    if x11 and (not names or "xcb" in names):
        problems.append(_x11_problem(x11))
    if "" in problems:
        return ""
    return problems[0] if problems else NO_DISPLAY


def _wayland_problem(name: str) -> str:
    place = Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / name
    try:
        is_socket = stat.S_ISSOCK(place.stat().st_mode)
    except OSError:
        is_socket = False
    return "" if is_socket else _unreachable(name)


def _x11_problem(name: str) -> str:
    """Connect as Qt's plug-in will, and load the plug-in itself, which names what it lacks."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
        xcb.xcb_connect.restype = ctypes.c_void_p
        connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
        if xcb.xcb_connection_has_error(connection) != 0:
            xcb.xcb_disconnect(connection)
            return _unreachable(name)
        # The connection stays open: an X server without other clients (Xvfb) starts anew when its
        # last one leaves, and would refuse Qt meanwhile.
        plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
        ctypes.CDLL(str(plugins / "platforms" / "libqxcb.so"))
    except OSError as error:
        library = str(error).partition(":")[0]
        return (
            f"The window needs the system library {library}, which cannot be loaded ({error}). "
            f"Install it (“facemotion doctor” names what is missing), then start facemotion again."
        )
    return ""


def _unreachable(name: str) -> str:
    return (
        f"The display {name} cannot be reached, so no window can open. Start facemotion on the "
        f"desktop itself, or allow it to use the display; {COMMANDS_WORK}"
    )
