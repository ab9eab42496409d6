import re
import shutil
from pathlib import Path

import av
import pytest

from installers import contents
from installers.contents import is_wanted, needed, share_ffmpeg, stripped
from tests.conftest import REPOSITORY

linux_only = pytest.mark.skipif(not contents.IS_LINUX, reason="only Linux is slimmed like this")


@pytest.mark.parametrize(
    "target",
    [
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6\\plugins\\platforms\\qwindows.dll",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/Qt/plugins/wayland-shell-integration/libxdg-shell.so",
        "PySide6/Qt/lib/libQt6Network.so.6",
        "PySide6/Qt6Core.dll",
        "cv2/cv2.abi3.so",
        "models/emotion.onnx",
        "resources/icons/app.svg",
        "libxcb-cursor.so.0",
        "onnxruntime/capi/libonnxruntime_providers_shared.so",
    ],
)
def test_what_goes_in(target):
    assert is_wanted((target, "", "BINARY"))


@pytest.mark.parametrize(
    "target",
    [
        "PySide6/Qt/plugins/platforms/libqvnc.so",
        "PySide6/plugins/platforms/qdirect2d.dll",
        "PySide6/Qt/plugins/sqldrivers/libqsqlite.so",
        "PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboardplugin.so",
        "PySide6/Qt/lib/libQt6Quick.so.6",
        "PySide6/Qt6QmlModels.dll",
        "cv2/qt/plugins/platforms/libqxcb.so",
        "cv2/opencv_videoio_ffmpeg500_64.dll",
        "onnxruntime/capi/libonnxruntime.so.1.32.0",
        "PySide6/Qt/translations/qtbase_de.qm",
        "resources/screenshots/main.png",
        "numpy/__init__.pyi",
    ],
)
def test_what_stays_out(target):
    assert not is_wanted((target, "", "BINARY"))


@linux_only
@pytest.mark.parametrize("name", ["libstdc++.so.6", "libX11.so.6", "libxcb.so.1", "libz.so.1"])
def test_what_is_left_to_the_system(name):
    assert not is_wanted((name, f"/lib/{name}", "BINARY"))


def test_no_unused_module_is_one_of_ours_or_used():
    needed_modules = {"numpy", "cv2", "av", "onnx", "onnxruntime", "insightface", "pyqtgraph"}
    assert not needed_modules & set(contents.UNUSED_MODULES)
    assert not any(name.startswith("facemotion") for name in contents.UNUSED_MODULES)


def test_random_numbers_stay_out_because_nobody_draws_any():
    uses = re.compile(r"\b(?:np|numpy)\.random\b")
    sources = (REPOSITORY / "facemotion").rglob("*.py")
    assert not [str(path) for path in sources if uses.search(path.read_text("utf-8"))]


OWN = ("av.libs/libavcodec-5e6b81c2.so.62.28.102", "/x/av.libs/libavcodec", "BINARY")


@pytest.mark.parametrize(
    ("target", "link"),
    [
        ("libavcodec-c4204469.so.62.28.101", OWN[0]),
        ("opencv.libs/libavcodec-c4204469.so.62.28.101", f"../{OWN[0]}"),
        ("libavcodec-c4204469.so.62.29.100", None),
        ("libavcodec-c4204469.so.61.28.101", None),
        ("libavfilter-c4204469.so.62.28.101", None),
        ("libavcodec.so.62", None),
    ],
)
def test_opencv_takes_pyavs_ffmpeg_when_it_fits(target, link):
    entry = (target, "/x/cv2/lib", "BINARY")
    expected = entry if link is None else (target, link, "SYMLINK")
    assert share_ffmpeg([OWN, entry]) == [OWN, expected]


def test_libraries_that_nothing_is_linked_to_stay_out():
    links = {"/a/mod.so": ["libone.so"], "/a/libone.so": ["libtwo.so", "libc.so.6"]}
    binaries = [
        ("pkg/mod.so", "/a/mod.so", "EXTENSION"),
        ("pkg.libs/libone.so", "/a/libone.so", "BINARY"),
        ("libtwo.so", "pkg.libs/libtwo.so", "SYMLINK"),
        ("pkg.libs/libtwo.so", "/a/libtwo.so", "BINARY"),
        ("libthree.so", "/a/libthree.so", "BINARY"),
        ("libpython3.11.so.1.0", "/a/libpython3.11.so.1.0", "BINARY"),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", "/a/libqxcb.so", "BINARY"),
    ]
    kept = needed(binaries, lambda path: links.get(str(path), []))
    assert kept == [entry for entry in binaries if entry[0] != "libthree.so"]


@linux_only
@pytest.mark.skipif(shutil.which("strip") is None, reason="needs binutils")
def test_debugging_symbols_are_cut_off_where_it_is_safe(tmp_path):
    source = next(Path(av.__file__).parent.glob("frame*.so"))
    entry = (f"av/{source.name}", str(source), "EXTENSION")
    target, copy, kind = stripped(entry, tmp_path)
    assert (target, kind) == (entry[0], entry[2])
    assert Path(copy).is_relative_to(tmp_path)
    assert Path(copy).stat().st_size < source.stat().st_size
    other = ("numpy.libs/libopenblas.so", str(source), "BINARY")
    assert stripped(other, tmp_path) == other
