"""Which sources are meant when somebody names files and folders."""

import contextlib
import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facemotion.core.errors import SourceError
from facemotion.vision.sources.base import FrameSource, SourceKind
from facemotion.vision.sources.folder import FolderSource, natural_key
from facemotion.vision.sources.pictures import PICTURE_SUFFIXES
from facemotion.vision.sources.specs import SourceSpec, make_source, parse_source, path_source

VIDEO_SUFFIXES: Final = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".qt", ".mkv", ".webm", ".avi", ".wmv", ".asf", ".flv", ".f4v"),
        *(".mpg", ".mpeg", ".mpe", ".m2v", ".vob", ".ts", ".mts", ".m2ts", ".3gp", ".3g2"),
        *(".ogv", ".ogm", ".mxf", ".dv", ".mjpeg", ".mjpg", ".y4m"),
    )
)
"""Endings by which a video is found in a folder; a file that is named may have any."""

_FILES: Final = (SourceKind.VIDEO, SourceKind.IMAGE, SourceKind.FOLDER)
_RESULT_MARK: Final = "summary.json"
_UNFIT: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_LONGEST_NAME: Final = 80
_MANY_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class AnalysisInput:
    """One source that is analysed on its own.

    Attributes:
        spec: The source; of several pictures, their folder.
        title: As shown to the user: the file's name, below the folder that was named.
        pictures: File names in the folder when only some of its pictures are meant.
    """

    spec: SourceSpec
    title: str
    pictures: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """By which it is recognised in a later batch: its full path, or what was typed."""
        place = os.path.abspath(self.spec.location) if self.is_repeatable else self.title
        return "\n".join((place, *self.pictures))

    @property
    def is_repeatable(self) -> bool:
        """Whether it is a file or files, which give the same each time."""
        return self.spec.kind in _FILES

    @property
    def folder_name(self) -> str:
        """A folder name for its results, possibly below other folders, fit for every system."""
        parts = self.title.split("/")
        if self.spec.kind in (SourceKind.VIDEO, SourceKind.IMAGE):
            parts[-1] = Path(parts[-1]).stem
        return "/".join(_fit(part) for part in parts)

    def make_source(self) -> FrameSource:
        """The source, not yet opened."""
        if self.pictures:
            return FolderSource(Path(self.spec.location), names=self.pictures)
        return make_source(self.spec)

    def size_bytes(self) -> int:
        """Size of its files, by which the work is estimated; a fixed guess where there are none."""
        path = Path(self.spec.location)
        try:
            if self.spec.kind is SourceKind.FOLDER:
                names = self.pictures or [entry.name for entry in path.iterdir()]
                return sum((path / n).stat().st_size for n in names if _has_picture_ending(n))
            return path.stat().st_size if path.is_file() else _MANY_BYTES
        except OSError:
            return _MANY_BYTES


@dataclass(frozen=True, slots=True)
class FoundInputs:
    """What was meant.

    Attributes:
        inputs: In the order in which they are analysed.
        problems: A sentence for every text that gave nothing.
    """

    inputs: tuple[AnalysisInput, ...]
    problems: tuple[str, ...] = ()


def find_inputs(
    texts: Iterable[str], *, is_recursive: bool = False, besides: Path | None = None
) -> FoundInputs:
    """What is meant by files, folders, addresses, cameras and "demo".

    A folder gives each video in it, in natural order, and then its pictures as one input. Pictures
    of one folder that are named one by one are one input, too. Nothing is given twice.

    Args:
        texts: As typed or dropped.
        is_recursive: Whether folders inside folders are searched.
        besides: A folder that is not searched: the one for the results.
    """
    found: list[AnalysisInput] = []
    problems: list[str] = []
    loose: dict[Path, list[Path]] = {}
    for text in texts:
        try:
            spec = parse_source(text)
            if spec.kind is SourceKind.FOLDER:
                found.extend(_folder_inputs(Path(spec.location), is_recursive, besides))
            elif spec.kind is SourceKind.IMAGE:
                path = Path(spec.location)
                loose.setdefault(path.absolute().parent, []).append(path)
            else:
                found.append(AnalysisInput(spec, _title(spec)))
        except SourceError as error:
            problems.append(str(error))
    found.extend(_loose_pictures(folder, paths) for folder, paths in loose.items())
    inputs = {entry.identity: entry for entry in found}
    return FoundInputs(tuple(inputs.values()), tuple(problems))


def _title(spec: SourceSpec) -> str:
    if spec.kind is SourceKind.VIDEO:
        return Path(spec.location).name
    name = make_source(spec).info.name if spec.kind is SourceKind.STREAM else spec.text
    return name.replace("://", " ").replace("/", "-")


def is_one_source(texts: Sequence[str], inputs: Sequence[AnalysisInput]) -> bool:
    """Whether the results lie in the output folder itself, as those of one source do."""
    if len(texts) != 1 or len(inputs) != 1:
        return False
    is_folder = parse_source(texts[0]).kind is SourceKind.FOLDER
    return not is_folder or inputs[0].spec.kind is SourceKind.FOLDER


def _folder_inputs(folder: Path, is_recursive: bool, besides: Path | None) -> list[AnalysisInput]:
    found: list[AnalysisInput] = []
    for place, names in _walk(folder, is_recursive, besides):
        below = place.relative_to(folder).as_posix()
        prefix = "" if below == "." else f"{below}/"
        found.extend(
            AnalysisInput(SourceSpec(SourceKind.VIDEO, str(place / name)), f"{prefix}{name}")
            for name in names
            if Path(name).suffix.lower() in VIDEO_SUFFIXES
        )
        if any(_has_picture_ending(name) for name in names):
            title = f"{prefix.rstrip('/')}" or folder.absolute().name or str(folder)
            found.append(AnalysisInput(path_source(place), title))
    if not found:
        raise SourceError(
            f"The folder {folder.name or folder} holds no pictures and no videos. Choose another "
            "folder, or search the folders inside it as well."
        )
    return found


def _walk(
    folder: Path, is_recursive: bool, besides: Path | None
) -> Iterable[tuple[Path, list[str]]]:
    """Folders with the names of their files, in natural order, without hidden ones and results."""
    if not is_recursive:
        yield folder, _file_names(folder)
        return
    avoided = besides.absolute() if besides is not None else None
    for place, folders, _ in os.walk(folder):
        path = Path(place)
        has_results = (path / _RESULT_MARK).is_file()
        if has_results and path != folder:
            folders.clear()
            continue
        with contextlib.suppress(SourceError):  # one folder that may not be read is passed over
            yield path, _file_names(path)
        folders[:] = sorted(
            (
                name
                for name in folders
                if not name.startswith(".")
                and not (has_results and name == "annotated")
                and (path / name).absolute() != avoided
            ),
            key=natural_key,
        )


def _file_names(folder: Path) -> list[str]:
    try:
        names = [path.name for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        raise SourceError(
            f"The folder {folder} cannot be read: {error.strerror or error}."
        ) from error
    visible = (name for name in names if not name.startswith("."))
    return sorted(visible, key=_name_key)


def _name_key(name: str) -> tuple[object, str]:
    return natural_key(name), name


def _loose_pictures(folder: Path, paths: Sequence[Path]) -> AnalysisInput:
    if len(paths) == 1:
        return AnalysisInput(path_source(paths[0]), paths[0].name)
    names = tuple(dict.fromkeys(path.name for path in paths))
    spec = SourceSpec(SourceKind.FOLDER, str(folder))
    return AnalysisInput(spec, folder.name or str(folder), names)


def _has_picture_ending(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES


def _fit(part: str) -> str:
    """One part of a path without what some system refuses."""
    clean = _UNFIT.sub("-", part).strip(" .-")[:_LONGEST_NAME].rstrip(" .")
    return clean or "input"


def free_folder_name(wanted: str, taken: Collection[str]) -> str:
    """The name, or the first of NAME-2, NAME-3 … that is not taken, letter case aside."""
    lower = {name.casefold() for name in taken}
    name, number = wanted, 1
    while name.casefold() in lower:
        number += 1
        name = f"{wanted}-{number}"
    return name
