"""Runs first in the packaged program: Qt's OpenGL classes, 9 MB that only OpenGL charts need.

pyqtgraph imports them wherever a curve is drawn and derives a class from one of them, and makes
objects of them where OpenGL was asked for, which facemotion never does.
"""

import sys
import types


class QOpenGLWidget:
    """Stands in for Qt's class as a base class; there are no objects of it."""

    def __init__(self) -> None:
        raise RuntimeError("the packaged program comes without OpenGL")


for name in ("PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets"):
    sys.modules[name] = types.ModuleType(name)
vars(sys.modules["PySide6.QtOpenGLWidgets"])["QOpenGLWidget"] = QOpenGLWidget
