"""Builds the installers of this system into `dist`: `python -m installers [--keep-program]`.

Linux gets a Debian package and a relocatable archive, Windows an Inno Setup installer, macOS a disk
image. `--keep-program` takes the program that is in `dist` already instead of packaging it anew.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from facemotion.version import __version__
from installers.debian import build_deb

ROOT: Final = Path(__file__).resolve().parent.parent
DIST: Final = ROOT / "dist"
BUILD: Final = ROOT / "build"
PROGRAM: Final = DIST / "facemotion"
OUT: Final = DIST / "installers"
SUMS: Final = "SHA256SUMS"


def main(arguments: Sequence[str]) -> int:
    """Package the program, build its installers and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m installers", description=__doc__)
    parser.add_argument("--keep-program", action="store_true")
    options = parser.parse_args(list(arguments))
    if not options.keep_program:
        package_program()
    OUT.mkdir(parents=True, exist_ok=True)
    made = [step() for step in _STEPS.get(sys.platform, _STEPS["linux"])]
    write_sums(made)
    for path in made:
        say(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.0f} MB")
    return 0


def package_program() -> None:
    """Let PyInstaller make `dist/facemotion`."""
    begin = time.monotonic()
    pack = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    folders = ["--distpath", str(DIST), "--workpath", str(BUILD)]
    subprocess.run([*pack, *folders, str(ROOT / "facemotion.spec")], cwd=ROOT, check=True)
    say(f"{PROGRAM}: {folder_size(PROGRAM) / 1e6:.0f} MB, {time.monotonic() - begin:.0f} s")


def debian_package() -> Path:
    """The Debian package."""
    return build_deb(PROGRAM, __version__, OUT, BUILD / "package")


def archive() -> Path:
    """The relocatable archive: unpack it anywhere and start `facemotion` in it."""
    path = OUT / f"facemotion-{__version__}-{os.uname().machine}.tar.xz"
    with tarfile.open(path, "w:xz", preset=6) as tar:
        tar.add(PROGRAM, f"facemotion-{__version__}", filter=_without_owner)
    return path


def _without_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def windows_installer() -> Path:
    """The installer that Inno Setup makes; `iscc` must be installed."""
    compiler = shutil.which("iscc") or r"C:\Program Files (x86)\Inno Setup 6\ISCC.exe"
    script = ROOT / "installers" / "windows" / "facemotion.iss"
    subprocess.run([compiler, "/Qp", f"/DVersion={__version__}", str(script)], check=True)
    return OUT / f"facemotion-{__version__}-setup.exe"


def disk_image() -> Path:
    """The disk image with the application."""
    path = OUT / f"facemotion-{__version__}.dmg"
    script = ROOT / "installers" / "macos" / "make_dmg.sh"
    subprocess.run(["bash", str(script), str(DIST / "facemotion.app"), str(path)], check=True)
    return path


def write_sums(paths: Sequence[Path]) -> Path:
    """The SHA-256 of each file, as `sha256sum --check` reads it."""
    lines: list[str] = []
    for path in paths:
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
    sums = paths[0].with_name(SUMS)
    sums.write_text("".join(lines), "utf-8", newline="\n")
    return sums


def folder_size(folder: Path) -> int:
    """Bytes of the files below a folder; links count nothing."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def say(text: str) -> None:
    """Print at once, in order with the output of child processes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


_STEPS: Final = {
    "linux": (debian_package, archive),
    "win32": (windows_installer,),
    "darwin": (disk_image,),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
