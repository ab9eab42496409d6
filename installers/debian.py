"""Builds the Debian package from the packaged program, with dpkg-deb alone."""

import gzip
import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from facemotion.store.paths import resource_path
from installers import icons
from installers.elf import SystemNeeds, system_needs

ROOT: Final = Path(__file__).resolve().parent.parent
FILES: Final = Path(__file__).resolve().parent / "linux"
LDCONFIG: Final = ["/sbin/ldconfig", "-p"]
ICON_SIZES_PX: Final = (16, 24, 32, 48, 64, 128, 256, 512)
PROGRAM_DIR: Final = Path("usr/lib/facemotion")

ALWAYS: Final = ("fontconfig-config", "libgl1", "libegl1")
"""Needed though nothing is linked to them: fonts' settings, and what Qt opens by name."""

_CONTROL: Final = """\
Package: facemotion
Version: {version}
Architecture: {architecture}
Maintainer: The facemotion authors <facemotion@localhost>
Installed-Size: {size_kib}
Depends: {depends}
Recommends: ca-certificates, libgl1-mesa-dri, fonts-dejavu-core, xdg-desktop-portal
Section: video
Priority: optional
Description: see who is in the picture and how they feel
 Watches a camera, a video or photos, finds every face, says who it is and how
 the person feels, steadily, and keeps everything on your own machine.
 .
 Everything it needs comes with it: the models, Qt, OpenCV and FFmpeg.
"""


def build_deb(program: Path, version: str, out_dir: Path, work_dir: Path) -> Path:
    """Make the package.

    Args:
        program: The folder that PyInstaller made.
        version: Of the program.
        out_dir: Where the package goes.
        work_dir: Where its tree is put together; emptied first.

    Returns:
        The package's path.

    Raises:
        FileNotFoundError: dpkg-deb or objdump is missing, or no package has a library.
    """
    if shutil.which("dpkg-deb") is None:
        raise FileNotFoundError(
            "dpkg-deb is missing: Debian packages are built on Debian or Ubuntu"
        )
    tree = work_dir / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    lay_out(program, tree)
    architecture = _output(["dpkg", "--print-architecture"])
    control = tree / "DEBIAN"
    control.mkdir()
    (control / "control").write_text(
        _CONTROL.format(
            version=version,
            architecture=architecture,
            size_kib=sum(path.lstat().st_size for path in tree.rglob("*")) // 1024,
            depends=", ".join(dependencies(system_needs(program))),
        ),
        "utf-8",
    )
    (control / "md5sums").write_text(_md5sums(tree), "utf-8")
    out_dir.mkdir(parents=True, exist_ok=True)
    package = out_dir / f"facemotion_{version}_{architecture}.deb"
    pack = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(tree), str(package)]
    subprocess.run(pack, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return package


def lay_out(program: Path, tree: Path) -> None:
    """Every file where it will lie, readable by all and writable by the owner alone."""
    shutil.copytree(program, tree / PROGRAM_DIR, symlinks=True)
    binaries = tree / "usr/bin"
    binaries.mkdir(parents=True)
    (binaries / "facemotion").symlink_to("../lib/facemotion/facemotion")
    share = tree / "usr/share"
    _copy(FILES / "facemotion.desktop", share / "applications/facemotion.desktop")
    hicolor = share / "icons/hicolor"
    _copy(resource_path("icons/app.svg"), hicolor / "scalable/apps/facemotion.svg")
    for size in ICON_SIZES_PX:
        icon = hicolor / f"{size}x{size}/apps/facemotion.png"
        icon.parent.mkdir(parents=True)
        icon.write_bytes(icons.png(size))
    _copy(FILES / "copyright", share / "doc/facemotion/copyright")
    changelog = (ROOT / "CHANGELOG.md").read_bytes()
    (share / "doc/facemotion/changelog.gz").write_bytes(gzip.compress(changelog, mtime=0))
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            is_program = path.is_dir() or path.parent == tree / PROGRAM_DIR
            path.chmod(0o755 if is_program else 0o644)


def dependencies(needs: SystemNeeds) -> list[str]:
    """The packages that have the libraries, the C library with the version that is needed.

    Raises:
        FileNotFoundError: No installed package has one of them.
    """
    packages = {package_of(name) for name in needs.libraries} | set(ALWAYS)
    packages.discard("libc6")
    return [f"libc6 (>= {needs.glibc})", *sorted(packages)]


def package_of(library: str) -> str:
    """The installed Debian package that has a library.

    Raises:
        FileNotFoundError: There is none.
    """
    found = re.findall(
        rf"^\s+{re.escape(library)} \(.*\) => (\S+)$", _output(LDCONFIG), re.MULTILINE
    )
    for place in (str(path) for name in found for path in (Path(name).resolve(), Path(name))):
        for spelling in (place, place.removeprefix("/usr")):
            done = subprocess.run(
                ["dpkg-query", "--search", spelling], capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                return done.stdout.partition(":")[0]
    raise FileNotFoundError(f"No installed package has {library}: install what the program needs")


def _md5sums(tree: Path) -> str:
    files = sorted(path for path in (tree / "usr").rglob("*") if path.is_file())
    plain = [path for path in files if not path.is_symlink()]
    lines = [
        f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(tree)}\n"
        for path in plain
    ]
    return "".join(lines)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
