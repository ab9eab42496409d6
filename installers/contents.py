"""What goes into the packaged program and what stays out; `facemotion.spec` asks."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Final

from installers.elf import needed_by

Entry = tuple[str, str, str]
"""Where a file goes, where it comes from (a link's target), and PyInstaller's word for its kind."""

HERE: Final = Path(__file__).resolve().parent
IS_LINUX: Final = sys.platform.startswith("linux")

UNUSED_MODULES: Final = [
    *("torch", "torchvision", "kornia", "torchmetrics", "tensorboard", "matplotlib"),
    *("onnxscript", "onnx.backend", "onnx.reference", "onnx.test", "onnx.tools", "onnx.hub"),
    *("onnxruntime.tools", "onnxruntime.transformers", "onnxruntime.quantization"),
    *("onnxruntime.backend", "onnxruntime.datasets"),
    *(
        "scipy",
        "pandas",
        "PIL",
        "IPython",
        "pytest",
        "_pytest",
        "pyright",
        "setuptools",
        "pip",
        "psutil",
    ),
    *(
        "tkinter",
        "readline",
        "curses",
        "pydoc_data",
        "lib2to3",
        "turtledemo",
        "ensurepip",
        "idlelib",
    ),
    *("insightface.gui", "insightface.commands", "insightface.app.mask_renderer"),
    *("insightface.app.privateframe", "insightface.thirdparty.face3d", "albumentations"),
    *("numpy.f2py", "numpy.testing", "numpy.tests", "numpy.distutils", "numpy.random"),
    *("pyqtgraph.opengl", "pyqtgraph.console", "pyqtgraph.flowchart"),
    *("pyqtgraph.examples", "pyqtgraph.jupyter", "pyqtgraph.canvas", "pyqtgraph.dockarea"),
    *("cv2.gapi",),
    *(
        f"PySide6.{name}"
        for name in (
            *("QtConcurrent", "QtDBus", "QtDesigner", "QtHelp", "QtMultimediaWidgets", "QtOpenGL"),
            *("QtOpenGLWidgets", "QtPdf", "QtPrintSupport", "QtQml", "QtQuick", "QtSql", "QtTest"),
            *("QtUiTools", "QtWebChannel", "QtWebEngineCore", "QtWebSockets", "QtXml"),
            *(("QtMultimedia",) if IS_LINUX else ()),
        )
    ),
]
"""Modules that something imports if it can, and that the program never needs."""

QT_PLUGINS: Final = {
    "iconengines": None,
    "imageformats": {"qico", "qjpeg", "qsvg"},
    "multimedia": set() if IS_LINUX else None,
    "platforminputcontexts": {
        "composeplatforminputcontextplugin",
        "ibusplatforminputcontextplugin",
    },
    "platforms": {"qcocoa", "qoffscreen", "qwayland", "qwindows", "qxcb"},
    "platformthemes": {"qxdgdesktopportal"},
    "styles": None,
    "wayland-decoration-client": None,
    "wayland-shell-integration": {"qt-shell", "xdg-shell"},
}
"""Folders of Qt's plug-ins and those of each that stay; None for all."""

_PLUGIN: Final = re.compile(r"PySide6/(?:Qt/)?plugins/([^/]+)/(?:lib)?([^/]+?)\.(?:so|dll|dylib)$")
_UNUSED_QT: Final = re.compile(
    r"(?:lib)?Qt(?:6?)(?:3D|Bluetooth|Charts|Designer|Egl|Help|MultimediaWidgets|Pdf|Positioning"
    r"|PrintSupport|Qml|Quick|Sql|Test|VirtualKeyboard|WebEngine|WebSockets|Xml)"
)
_UNUSED_FILES: Final = re.compile(
    r"(?:^|/)cv2/(?:qt/|data/)|(?:^|/)opencv_videoio_ffmpeg[^/]*\.dll$|onnxruntime/capi/libonnxruntime\.so"
    r"|PySide6/(?:Qt/)?translations/|opengl32sw\.dll$"
    r"|^resources/(?:screenshots|figures)/|^pyqtgraph/icons/peegee/|\.pyi$|/tests?/"
)
SYSTEM_LIBRARIES: Final = re.compile(
    r"lib(?:stdc\+\+|gcc_s|mvec|X11(?:-xcb)?|xcb|fontconfig|freetype|expat|z|glib-2\.0|gthread-2\.0"
    r"|dbus-1|gssapi_krb5|uuid|com_err|gpg-error)\.so[.\d]*$"
)
"""Left to the system, which has them wherever there is a desktop. Copies of this machine's would be
older than what the drivers of a newer system are linked to, and keep those from loading."""
_UNSTRIPPED: Final = re.compile(r"(?:^|/)(?:av/.*\.so|lib-dynload/.*\.so|libpython[^/]*)$")
"""Those alone: files that auditwheel has edited do not survive strip."""
_FFMPEG: Final = re.compile(r"(lib(?:av\w+|sw\w+))-[0-9a-f]{8}\.so\.(\d+)\.(\d+)\.\d+$")


def replacements(build_dir: Path) -> list[str]:
    """Folders whose packages count instead of the installed ones of the same name."""
    headless = opencv_without_window(build_dir / "opencv") if IS_LINUX else None
    return [str(folder) for folder in (HERE / "stand_ins", headless) if folder is not None]


def opencv_without_window(folder: Path) -> Path | None:
    """OpenCV without its own Qt, which would take 28 MB and is never used.

    Fetched with pip in the version that is installed; where that fails the installed one is taken.
    """
    wanted = f"opencv-python-headless=={importlib.metadata.version('opencv-python')}"
    stamp = folder / "version.txt"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    fetch = [*pip, "--no-deps", "--only-binary=:all:", "--target", str(folder), wanted]
    if subprocess.call(fetch) != 0:
        sys.stderr.write(f"{wanted} cannot be had: OpenCV's own Qt goes in, 28 MB more.\n")
        return None
    stamp.write_text(wanted, "utf-8")
    return folder


def is_wanted(entry: Entry) -> bool:
    """Whether a file stays, judged by its name alone."""
    target = entry[0].replace("\\", "/")
    plugin = _PLUGIN.search(target)
    if plugin:
        folder, name = plugin.groups()
        kept = QT_PLUGINS.get(folder, set())
        return kept is None or name in kept
    name = PurePosixPath(target).name
    if IS_LINUX and SYSTEM_LIBRARIES.match(name):
        return False
    return not _UNUSED_FILES.search(target) and not _UNUSED_QT.match(name)


def slimmed(
    binaries: Iterable[Entry],
    build_dir: Path,
    imports_of: Callable[[Path], Iterable[str]] = needed_by,
) -> list[Entry]:
    """The shared libraries that are needed, on Linux without copies and debugging symbols.

    Args:
        binaries: PyInstaller's list.
        build_dir: Where stripped copies go.
        imports_of: Names of the libraries that a file asks for itself, not those of its libraries.
    """
    kept = [entry for entry in binaries if is_wanted(entry)]
    if not IS_LINUX:
        return kept
    kept = needed(share_ffmpeg(kept), imports_of)
    return [stripped(entry, build_dir / "stripped") for entry in kept]


def share_ffmpeg(binaries: list[Entry]) -> list[Entry]:
    """OpenCV's FFmpeg becomes links to PyAV's, where that is as new and of the same major version.

    A library of the same major version offers everything that the older one does.
    """
    owned: dict[str, tuple[int, int, str]] = {}
    for target, _, kind in binaries:
        match = _FFMPEG.search(target)
        if match and target.startswith("av.libs/") and kind == "BINARY":
            owned[match[1]] = (int(match[2]), int(match[3]), target)
    return [_shared(entry, owned) for entry in binaries]


def _shared(entry: Entry, owned: dict[str, tuple[int, int, str]]) -> Entry:
    target, _, kind = entry
    match = _FFMPEG.search(target)
    if not match or kind != "BINARY" or target.startswith("av.libs/"):
        return entry
    major, minor, other = owned.get(match[1], (0, 0, ""))
    if major != int(match[2]) or minor < int(match[3]):
        return entry
    return target, "../" * target.count("/") + other, "SYMLINK"


def needed(binaries: list[Entry], imports_of: Callable[[Path], Iterable[str]]) -> list[Entry]:
    """The libraries that some extension module or plug-in is linked to, near or far."""
    by_name: dict[str, list[Entry]] = {}
    for entry in binaries:
        by_name.setdefault(PurePosixPath(entry[0]).name, []).append(entry)
    waiting = [entry for entry in binaries if _is_root(entry)]
    kept = set(waiting)
    while waiting:
        _, source, kind = waiting.pop()
        names = [PurePosixPath(source).name] if kind == "SYMLINK" else imports_of(Path(source))
        found = {entry for name in names for entry in by_name.get(name, [])} - kept
        kept |= found
        waiting += found
    return [entry for entry in binaries if entry in kept]


def _is_root(entry: Entry) -> bool:
    target, _, kind = entry
    name = PurePosixPath(target).name
    is_loaded_by_name = "/plugins/" in target or "onnxruntime/capi/" in target
    return kind == "EXTENSION" or is_loaded_by_name or name.startswith("libpython")


def stripped(entry: Entry, folder: Path) -> Entry:
    """The same without debugging symbols, for the few files that are shipped with them."""
    target, source, kind = entry
    if kind == "SYMLINK" or not _UNSTRIPPED.search(target) or shutil.which("strip") is None:
        return entry
    copy = folder / target
    copy.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.call(["strip", "--strip-unneeded", "-o", str(copy), source])
    return (target, str(copy), kind) if done == 0 else entry
