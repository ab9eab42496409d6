"""`batch.json` in the output folder of a batch: its inputs, their folders and what came of them."""

import contextlib
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from facemotion.analysis.inputs import AnalysisInput, free_folder_name
from facemotion.analysis.jobs import JobNews, JobState
from facemotion.core.errors import OutputError, SourceError
from facemotion.store.atomic import write_atomic
from facemotion.version import __version__
from facemotion.vision.sources.specs import parse_source

_logger = logging.getLogger(__name__)

LEDGER_NAME: Final = "batch.json"
_MOST_BYTES: Final = 64 << 20
_SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One input of a batch.

    Attributes:
        identity: Of the input.
        title: As shown to the user.
        folder: Folder of its results, relative to the batch's.
        state: How far it is.
        rows: Faces read.
        problems: Sentences about what went wrong.
    """

    identity: str
    title: str
    folder: str
    state: JobState = JobState.WAITING
    rows: int = 0
    problems: tuple[str, ...] = ()


class Ledger:
    """What a batch folder holds; a later batch in the same folder goes on with it.

    Args:
        folder: The output folder of the batch, which need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, LedgerEntry] = {
            entry.identity: entry for entry in _read(folder / LEDGER_NAME)
        }

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """Everything that was ever analysed into this folder, the oldest first."""
        return tuple(self._entries.values())

    def unfinished(self) -> list[AnalysisInput]:
        """Inputs that wait still, because the batch ended before their turn was over."""
        found: list[AnalysisInput] = []
        for entry in self.entries:
            if entry.state in (JobState.WAITING, JobState.RUNNING):
                with contextlib.suppress(SourceError):  # written by something else than this
                    found.append(_input(entry))
        return found

    def enter(self, inputs: Iterable[AnalysisInput]) -> list[Path]:
        """Give inputs their folders; one that was here before keeps its own.

        Returns:
            The folder for each input's results.
        """
        folders: list[Path] = []
        for source in inputs:
            known = self._entries.get(source.identity)
            if known is None:
                taken = [entry.folder for entry in self._entries.values()]
                name = free_folder_name(source.folder_name, taken)
                known = LedgerEntry(source.identity, source.title, name)
            self._entries[source.identity] = replace(
                known, state=JobState.WAITING, rows=0, problems=()
            )
            folders.append(self._folder / known.folder)
        return folders

    def note(self, source: AnalysisInput, news: JobNews) -> None:
        """Remember what has become of an input."""
        self._entries[source.identity] = replace(
            self._entries[source.identity],
            state=news.state,
            rows=news.row_count,
            problems=news.problems,
        )

    def save(self) -> None:
        """Write the file.

        Raises:
            OutputError: The folder cannot be made or written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"Cannot make the folder {self._folder}: {error.strerror or error}. Choose another "
                "output folder."
            ) from error
        content = {
            "facemotion": __version__,
            "schema": _SCHEMA,
            "inputs": [_as_json(entry) for entry in self._entries.values()],
        }
        write_atomic(self._folder / LEDGER_NAME, _encode(content))

    def try_to_save(self) -> None:
        """Write the file; where that fails, the log says so and the next time may do better."""
        try:
            self.save()
        except OutputError as error:
            _logger.warning("the list of the batch is not up to date: %s", error)


def _input(entry: LedgerEntry) -> AnalysisInput:
    path, *pictures = entry.identity.split("\n")
    return AnalysisInput(parse_source(path), entry.title, tuple(pictures))


def _encode(content: dict[str, Any]) -> bytes:
    try:
        return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:  # a file name that is no text on this system
        return (json.dumps(content, indent=2) + "\n").encode()


def _as_json(entry: LedgerEntry) -> dict[str, Any]:
    path, *pictures = entry.identity.split("\n")
    content: dict[str, Any] = {"name": entry.title, "path": path}
    if pictures:
        content["pictures"] = pictures
    content |= {"folder": entry.folder, "state": entry.state.value, "rows": entry.rows}
    return content | {"problems": list(entry.problems)}


def _read(path: Path) -> list[LedgerEntry]:
    """The entries of a file; none when there is no file, or something else in its place."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        values = json.loads(path.read_bytes())["inputs"]
        return [_entry(value) for value in cast("Sequence[dict[str, Any]]", values)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _entry(value: dict[str, Any]) -> LedgerEntry:
    folder = str(value["folder"])
    if Path(folder).is_absolute() or ".." in Path(folder).parts:
        raise ValueError(f"a folder outside the batch: {folder}")
    return LedgerEntry(
        identity="\n".join((str(value["path"]), *map(str, value.get("pictures", ())))),
        title=str(value["name"]),
        folder=folder,
        state=JobState(value["state"]),
        rows=int(value["rows"]),
        problems=tuple(map(str, value["problems"])),
    )
