"""Downloading a file of known size and SHA-256: resumed after a break, checked before use."""

import contextlib
import errno
import http.client
import logging
import re
import socket
import ssl
import urllib.error
import urllib.parse
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from facemotion.core.errors import FacemotionError, ModelError
from facemotion.vision.http_reading import Cancel, Patience, open_url
from facemotion.vision.pack_catalogue import RemoteFile
from facemotion.vision.partial_file import PartialFile

_logger = logging.getLogger(__name__)

_CHUNK: Final = 1 << 18
_TRIES_UNREACHABLE: Final = 2
_TEMPORARY: Final = (408, 425, 429, 500, 502, 503, 504)
_RANGE_NOT_SATISFIABLE: Final = 416
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class DownloadError(ModelError):
    """A file could not be fetched; the message says what to do."""


class DownloadCancelledError(FacemotionError):
    """The user stopped a download; what was received is kept."""


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far a download is.

    Attributes:
        name: The file.
        received_bytes: What is there, with what an earlier attempt left.
        total_bytes: Its size.
        note: What happens besides, such as "waiting for github.com"; empty while it runs.
    """

    name: str
    received_bytes: int
    total_bytes: int
    note: str = ""


Report = Callable[[DownloadProgress], None]


class _BrokenError(Exception):
    """An attempt ended early; another one may bring more."""

    def __init__(self, reason: str, *, is_unreachable: bool = False) -> None:
        super().__init__(reason)
        self.is_unreachable = is_unreachable


class _RefusedError(Exception):
    """An address does not have the file; trying again would not help."""


def download(
    remote: RemoteFile,
    folder: Path,
    report: Report | None = None,
    cancel: Cancel | None = None,
    patience: Patience | None = None,
) -> Path:
    """Fetch a file, going on where an earlier attempt ended.

    Blocks; run it in a thread of its own. Breaks are mended by asking for the rest (HTTP Range, and
    If-Range where the server names versions); a server without ranges is read from the start.

    Args:
        remote: The file.
        folder: Where it is kept, now and between attempts.
        report: Called in this thread after every piece.
        cancel: Stops it from another thread.
        patience: Time-outs and attempts.

    Returns:
        Path of the whole, checked file in `folder`.

    Raises:
        DownloadCancelledError: `cancel` was asked.
        DownloadError: It cannot be had, or is not the file that we know.
        ModelError: Another process downloads it, or the folder cannot be written.
    """
    stop = cancel or Cancel()
    with PartialFile(folder, remote.name) as partial:
        _Download(remote, partial, report, stop, patience or Patience()).run()
        return partial.path


class _Download:
    def __init__(
        self,
        remote: RemoteFile,
        partial: PartialFile,
        report: Report | None,
        cancel: Cancel,
        patience: Patience,
    ) -> None:
        self._remote, self._partial, self._report = remote, partial, report
        self._cancel, self._patience = cancel, patience
        self._has_received = False

    def run(self) -> None:
        if self._partial.size > self._remote.size_bytes:
            self._partial.start_again()
        had_beginning = self._partial.size > 0
        self._fill()
        if self._is_right():
            return
        self._partial.start_again()
        if had_beginning:
            # The beginning may have been of another version, or was damaged on the disk.
            _logger.warning("%s: the resumed file is not right, starting again", self._remote.name)
            self._fill()
            if self._is_right():
                return
            self._partial.start_again()
        raise DownloadError(
            f"{self._remote.name} from {_host(self._remote.urls[0])} is not the file that we know "
            "(its SHA-256 is another one), so it was not installed and was deleted. Try again "
            "later; if it stays so, the publisher has changed the file: look for a new facemotion."
        )

    def _is_right(self) -> bool:
        self._tell("checking")
        return self._partial.sha256() == self._remote.sha256

    def _fill(self) -> None:
        """Get every byte, from one address or the next."""
        reasons: list[str] = []
        gave_up: dict[str, DownloadError] = {}
        for url in self._remote.urls:
            if _host(url) in gave_up:
                continue
            try:
                self._fill_from(url)
            except _RefusedError as refusal:
                _logger.warning("%s: %s", url, refusal)
                reasons.append(str(refusal))
            except DownloadError as problem:
                gave_up[_host(url)] = problem
            else:
                return
        if gave_up:
            raise next(iter(gave_up.values()))
        raise DownloadError(
            f"{self._remote.name} cannot be downloaded: {'; '.join(dict.fromkeys(reasons))}. Try "
            f"again later, or get {self._remote.urls[0]} with a browser and import the file."
        )

    def _fill_from(self, url: str) -> None:
        failures = 0
        while self._partial.size < self._remote.size_bytes:
            self._check_cancel()
            before = self._partial.size
            try:
                with self._asked(url) as response:
                    self._read(url, response)
            except _BrokenError as problem:
                failures = 0 if self._partial.size > before else failures + 1
                _logger.info("%s broke after %d bytes: %s", url, self._partial.size, problem)
                if failures >= self._tries(problem):
                    raise self._gave_up(url, problem) from problem
                self._tell(f"waiting for {_host(url)}: {problem}")
                self._cancel.wait(self._patience.pause_s * 2 ** max(failures - 1, 0))

    def _tries(self, problem: _BrokenError) -> int:
        """Somebody without a network wants to hear it; a lapse of a minute wants patience."""
        if problem.is_unreachable and not self._has_received:
            return min(_TRIES_UNREACHABLE, self._patience.tries)
        return self._patience.tries

    @contextlib.contextmanager
    def _asked(self, url: str) -> Generator[Any]:
        """The answer to a request for what is missing, with all that goes wrong in two kinds."""
        headers: dict[str, str] = {}
        if self._partial.size:
            headers["Range"] = f"bytes={self._partial.size}-"
            if version := self._partial.version(url):
                headers["If-Range"] = version
        try:
            with open_url(url, headers, self._cancel, self._patience) as response:
                yield response
        except urllib.error.HTTPError as error:
            error.close()
            self._check_cancel()
            self._judge(error, url)
        except (http.client.HTTPException, urllib.error.URLError, OSError, ValueError) as error:
            self._check_cancel()
            cause = getattr(error, "reason", error)
            raise _BrokenError(_reason(cause), is_unreachable=_is_unreachable(cause)) from error
        finally:
            self._cancel.detach_all()

    def _judge(self, error: urllib.error.HTTPError, url: str) -> None:
        if error.code == _RANGE_NOT_SATISFIABLE:
            self._partial.start_again()
            raise _BrokenError("it has no such part") from error
        if error.code in _TEMPORARY:
            raise _BrokenError(f"it answered with error {error.code}") from error
        if error.code in (404, 410):
            raise _RefusedError(f"{_host(url)} no longer has it (error {error.code})") from error
        raise _RefusedError(f"{_host(url)} refused it ({error.code}: {error.reason})") from error

    def _read(self, url: str, response: Any) -> None:
        if self._partial.size and not self._continues(response):
            self._partial.start_again()
            if response.status != 200:
                raise _BrokenError("it sent another part than we asked for")
        self._check_length(response, url)
        self._partial.note_version(url, _version(response))
        while chunk := response.read1(_CHUNK):
            if self._partial.size + len(chunk) > self._remote.size_bytes:
                self._partial.start_again()
                raise _RefusedError(f"{_host(url)} sent more than the file holds")
            self._partial.append(chunk)
            self._has_received = True
            self._tell()
            self._check_cancel()
        self._check_cancel()
        if self._partial.size < self._remote.size_bytes:
            raise _BrokenError("the connection was cut")

    def _continues(self, response: Any) -> bool:
        """Whether the answer starts where we ended."""
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        return response.status == 206 and match is not None and int(match[1]) == self._partial.size

    def _check_length(self, response: Any, url: str) -> None:
        declared = response.headers.get("Content-Length", "")
        if not declared.isdigit():
            return
        total = self._partial.size + int(declared)
        if total != self._remote.size_bytes:
            raise _RefusedError(
                f"{_host(url)} has a file of {total:,} bytes instead of "
                f"{self._remote.size_bytes:,}, which is not the one that we know"
            )

    def _gave_up(self, url: str, problem: _BrokenError) -> DownloadError:
        kept = self._partial.size
        what_is_kept = f" The {kept / 1e6:.1f} MB received are kept." if kept else ""
        return DownloadError(
            f"{self._remote.name} cannot be downloaded from {_host(url)}: {problem}. Check the "
            f"connection and try again: it goes on where it ended.{what_is_kept} Without a "
            f"connection, get {url} on another machine and import the file."
        )

    def _check_cancel(self) -> None:
        if self._cancel.is_asked:
            raise DownloadCancelledError(
                f"The download of {self._remote.name} was stopped. What was received is kept; "
                "start it again to go on."
            )

    def _tell(self, note: str = "") -> None:
        if self._report is not None:
            size, total = self._partial.size, self._remote.size_bytes
            self._report(DownloadProgress(self._remote.name, size, total, note))


def _version(response: Any) -> str:
    """What may stand in If-Range: a strong ETag, or a date."""
    tag = response.headers.get("ETag", "").strip()
    if tag.startswith('"'):
        return tag
    return response.headers.get("Last-Modified", "").strip() if not tag else ""


def _is_unreachable(cause: object) -> bool:
    """Whether nobody was reached at all: no network, no such name, nobody who can be trusted."""
    failures = (socket.gaierror, TimeoutError, ConnectionRefusedError, ssl.SSLCertVerificationError)
    if isinstance(cause, failures):
        return True
    lost = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
    return isinstance(cause, OSError) and cause.errno in lost


def _reason(cause: object) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate is not valid (a wrong clock, or a proxy that reads along)"
    if isinstance(cause, TimeoutError):
        return "it does not answer"
    if isinstance(cause, OSError):
        return f"there is no connection ({cause.strerror or cause})"
    return "the connection was cut" if str(cause) == "" else f"the connection broke ({cause})"


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).hostname or url
