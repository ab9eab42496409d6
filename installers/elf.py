"""What shared libraries and programs of Linux need from the system, read with objdump."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NEEDED: Final = re.compile(r"^\s+NEEDED\s+(\S+)", re.MULTILINE)
_GLIBC: Final = re.compile(r"\bGLIBC_(\d+)\.(\d+)")
_ELF: Final = b"\x7fELF"


@dataclass(frozen=True, slots=True)
class SystemNeeds:
    """What a folder of programs and libraries leaves to the system.

    Attributes:
        libraries: Names of the libraries that are not in the folder, sorted.
        glibc: The oldest C library that has every function, such as "2.36".
    """

    libraries: tuple[str, ...]
    glibc: str


def system_needs(folder: Path) -> SystemNeeds:
    """Read every program and library below a folder.

    Raises:
        FileNotFoundError: objdump is not installed; Debian has it in binutils.
    """
    if shutil.which("objdump") is None:
        raise FileNotFoundError("objdump is missing: install binutils")
    files = [path for path in folder.rglob("*") if is_elf(path)]
    text = _described(files)
    own = {path.name for path in folder.rglob("*") if path.is_file()}
    versions = [(int(major), int(minor)) for major, minor in _GLIBC.findall(text)]
    major, minor = max(versions, default=(2, 17))
    return SystemNeeds(tuple(sorted(set(_NEEDED.findall(text)) - own)), f"{major}.{minor}")


def needed_by(path: Path) -> list[str]:
    """Names of the libraries that a file asks for itself."""
    return _NEEDED.findall(_described([path])) if is_elf(path) else []


def is_elf(path: Path) -> bool:
    """Whether a file, not a link, is a program or library."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == _ELF


def _described(files: Iterable[Path]) -> str:
    names = [str(path) for path in files]
    if not names:
        return ""
    # Several hundred files in one go; a damaged one costs its own part of the output only.
    done = subprocess.run(["objdump", "-p", *names], capture_output=True, text=True, check=False)
    return done.stdout
