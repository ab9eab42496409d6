"""Recognising results that are there already, so that a batch goes on where it was stopped."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from facemotion.analysis.inputs import AnalysisInput
from facemotion.analysis.outputs import SUMMARY_NAME
from facemotion.analysis.runner import AnalysisOptions
from facemotion.core.errors import SourceError
from facemotion.version import __version__
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.folder import list_pictures

REQUEST: Final = "request"
"""Entry of the summary that is the same when the same was asked for of the same input."""

_MOST_SUMMARY_BYTES: Final = 64 << 20


def input_entry(source: AnalysisInput) -> dict[str, Any] | None:
    """Size and SHA-256 of an input's files; None for what no file holds, or cannot be read.

    A file is read whole for this; that takes a small part of the time of its analysis.
    """
    if not source.is_repeatable:
        return None
    try:
        paths = _files_of(source)
        hashes = [_sha256(path) for path in paths]
        size_bytes = sum(path.stat().st_size for path in paths)
    except (OSError, SourceError):
        return None
    if source.spec.kind is not SourceKind.FOLDER:
        return {"size_bytes": size_bytes, "sha256": hashes[0]}
    names = [path.name for path in paths]
    whole = hashlib.sha256(repr(list(zip(names, hashes, strict=True))).encode()).hexdigest()
    return {"size_bytes": size_bytes, "sha256": whole}


def options_entry(options: AnalysisOptions) -> dict[str, Any]:
    """What was asked for, as the summary says it."""
    return {"fps": options.fps, "seconds": options.limit_s, "outputs": list(options.outputs)}


def request_id(
    source: AnalysisInput, entry: dict[str, Any], options: AnalysisOptions, tools: str
) -> str:
    """Changes with everything that may change a result.

    Args:
        source: The input.
        entry: Of `input_entry`.
        options: How much is read and written.
        tools: Fingerprint of models, people and settings.
    """
    name = Path(source.spec.location).name  # stands in every row
    parts = (__version__, name, entry, options_entry(options), options.drawing, tools)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def kept_summary(folder: Path, request: str) -> dict[str, Any] | None:
    """The summary in a folder when it answers the same request and its files are there."""
    path = folder / SUMMARY_NAME
    try:
        if path.stat().st_size > _MOST_SUMMARY_BYTES:
            return None
        summary = json.loads(path.read_bytes())
        is_same = summary[REQUEST] == request and not summary["is_stopped"]
        is_whole = all((folder / name).is_file() for name in summary["outputs"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return summary if is_same and is_whole else None


def _files_of(source: AnalysisInput) -> list[Path]:
    path = Path(source.spec.location)
    if source.spec.kind is not SourceKind.FOLDER:
        return [path]
    return [path / name for name in source.pictures] or list_pictures(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
