import importlib.util
import plistlib
import shutil
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from installers import __main__ as build
from installers import debian, elf, icons, versions
from tests.conftest import REPOSITORY

needs_debian = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in ("dpkg-deb", "objdump")),
    reason="needs dpkg-deb and binutils",
)


@pytest.fixture
def program(tmp_path):
    """A folder like PyInstaller's, with one real program in it."""
    folder = tmp_path / "dist" / "facemotion"
    (folder / "_internal").mkdir(parents=True)
    shutil.copy("/bin/true", folder / "facemotion")
    (folder / "_internal" / "data.txt").write_text("ü")
    (folder / "_internal" / "link.txt").symlink_to("data.txt")
    return folder


def test_icons_hold_every_size(qapp, tmp_path):
    ico = icons.write_ico(tmp_path / "a" / "f.ico").read_bytes()
    reserved, kind, count = struct.unpack("<HHH", ico[:6])
    assert (reserved, kind, count) == (0, 1, len(icons.ICO_SIZES_PX))
    for number, size in enumerate(icons.ICO_SIZES_PX):
        entry = struct.unpack("<BBBBHHII", ico[6 + 16 * number : 22 + 16 * number])
        picture = ico[entry[7] : entry[7] + entry[6]]
        assert picture == icons.png(size)
        assert entry[0] == size % 256
    icns = icons.write_icns(tmp_path / "f.icns").read_bytes()
    assert icns[:4] == b"icns"
    assert struct.unpack(">I", icns[4:8])[0] == len(icns)


def test_the_icon_is_drawn(qapp):
    from PySide6.QtGui import QImage

    picture = QImage.fromData(icons.png(48))
    assert (picture.width(), picture.height()) == (48, 48)
    assert picture.pixelColor(0, 0).alpha() == 0
    assert picture.pixelColor(24, 8).blue() > 100


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("0.1.0", (0, 1, 0, 0)), ("1.2.3rc1", (1, 2, 0, 0)), ("1.2.3.4.5", (1, 2, 3, 4))],
)
def test_windows_wants_four_numbers(version, numbers):
    assert versions.four_numbers(version) == numbers


def test_macos_is_told_why_the_camera():
    properties = versions.mac_properties("0.1.0")
    assert "camera" in properties["NSCameraUsageDescription"]
    path = REPOSITORY / "installers" / "macos" / "entitlements.plist"
    assert plistlib.loads(path.read_bytes())["com.apple.security.device.camera"] is True


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="needs desktop-file-utils")
def test_the_menu_entry_is_valid():
    entry = debian.FILES / "facemotion.desktop"
    done = subprocess.run(["desktop-file-validate", entry], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@needs_debian
def test_debian_package(qapp, program, tmp_path):
    package = debian.build_deb(program, "0.1.0", tmp_path / "out", tmp_path / "work")
    listing = subprocess.check_output(["dpkg-deb", "--contents", package], text=True).splitlines()
    rights = {line.split()[5]: line.split()[0] for line in listing}
    assert rights["./usr/lib/facemotion/facemotion"] == "-rwxr-xr-x"
    assert rights["./usr/lib/facemotion/_internal/data.txt"] == "-rw-r--r--"
    assert "./usr/share/icons/hicolor/256x256/apps/facemotion.png" in rights
    assert any(
        line.endswith("/usr/bin/facemotion -> ../lib/facemotion/facemotion") for line in listing
    )
    assert all(line.split()[1] == "root/root" for line in listing)
    depends = subprocess.check_output(["dpkg-deb", "--field", package, "Depends"], text=True)
    assert depends.startswith("libc6 (>= 2.")
    assert "libgl1" in depends


@needs_debian
def test_every_library_has_a_package():
    assert debian.package_of("libc.so.6") == "libc6"
    with pytest.raises(FileNotFoundError, match=r"libnothing\.so\.9"):
        debian.package_of("libnothing.so.9")


@needs_debian
def test_what_is_left_to_the_system(program):
    needs = elf.system_needs(program)
    assert "libc.so.6" in needs.libraries
    assert needs.glibc.startswith("2.")
    assert elf.needed_by(program / "_internal" / "data.txt") == []
    (program / "_internal" / "libc.so.6").write_bytes(b"its own")
    assert "libc.so.6" not in elf.system_needs(program).libraries


def test_archive_and_sums(program, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "PROGRAM", program)
    monkeypatch.setattr(build, "OUT", tmp_path)
    path = build.archive()
    with tarfile.open(path) as tar:
        names = tar.getnames()
        top = f"facemotion-{build.__version__}"
        assert f"{top}/facemotion" in names
        assert tar.getmember(f"{top}/_internal/link.txt").issym()
        assert {entry.uname for entry in tar} == {"root"}
    sums = build.write_sums([path])
    digest, name = sums.read_text().split()
    assert (len(digest), name) == (64, path.name)
    assert build.folder_size(program / "_internal") == 2


@pytest.fixture
def stand_in():
    path = REPOSITORY / "installers" / "stand_ins" / "skimage" / "transform.py"
    spec = importlib.util.spec_from_file_location("stand_in_transform", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SimilarityTransform


def test_the_stand_in_transforms_like_scikit_image(stand_in):
    from skimage.transform import SimilarityTransform

    rng = np.random.default_rng(0)
    src, dst = rng.uniform(0, 100, (2, 5, 2))
    ours, theirs = stand_in.from_estimate(src, dst), SimilarityTransform.from_estimate(src, dst)
    assert ours.params == pytest.approx(theirs.params, abs=1e-4)
    options = {"scale": 1.7, "rotation": 0.4, "translation": (3.0, -2.0)}
    ours = stand_in(**options) + stand_in(rotation=-1.0)
    theirs = SimilarityTransform(**options) + SimilarityTransform(rotation=-1.0)
    assert ours.params == pytest.approx(theirs.params)
    assert stand_in.from_estimate(np.ones((5, 2)), dst) is None


def test_opengl_stands_in_only_where_it_is_missing():
    path = REPOSITORY / "installers" / "stand_ins" / "without_opengl.py"
    code = (
        f"exec(open({str(path)!r}).read())\n"
        "import pyqtgraph\n"
        "from PySide6 import QtOpenGLWidgets\n"
        "try: QtOpenGLWidgets.QOpenGLWidget()\n"
        "except RuntimeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "without OpenGL" in done.stdout


def test_scripts_name_files_that_exist():
    assert (Path(debian.ROOT) / "LICENSE").is_file()
    assert (
        (debian.FILES / "copyright").read_text("utf-8").startswith("Format: https://www.debian.org")
    )
