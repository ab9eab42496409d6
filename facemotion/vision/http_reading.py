"""Reading over HTTP with time-outs, proxies of the environment, and a way to stop at once."""

import contextlib
import functools
import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

from facemotion.version import __version__

_AGENT: Final = f"facemotion/{__version__}"
_MOST_REDIRECTS: Final = 8
_SCHEMES: Final = ("http", "https")


class Cancel:
    """Stops a download from another thread, also while it waits for the server."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []

    @property
    def is_asked(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._event.is_set()

    def ask(self) -> None:
        """Stop the download; from any thread, as often as one likes."""
        self._event.set()
        with self._lock:
            for connected in self._sockets:
                _shut(connected)
            self._sockets.clear()

    def wait(self, seconds: float) -> bool:
        """Sleep until the time is over or somebody asks to stop; whether somebody did."""
        return self._event.wait(seconds)

    def attach(self, connected: socket.socket) -> None:
        """Have a connection shut down when somebody asks to stop."""
        with self._lock:
            if not self._event.is_set():
                self._sockets.append(connected)
                return
        _shut(connected)

    def detach_all(self) -> None:
        """Let go of the connections."""
        with self._lock:
            self._sockets.clear()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a download waits and how often it tries again.

    Attributes:
        connect_s: For a connection.
        read_s: For the next byte.
        tries: Attempts in a row that bring nothing new.
        pause_s: Before the second attempt; twice as long before each further one.
    """

    connect_s: float = 15.0
    read_s: float = 30.0
    tries: int = 6
    pause_s: float = 1.0


def open_url(url: str, headers: dict[str, str], cancel: Cancel, patience: Patience) -> Any:
    """Ask for a file.

    Redirects are followed to http and https only, and never from https to http. The proxies that
    the environment names are used.

    Args:
        url: An http or https address.
        headers: To send beside our own.
        cancel: Shuts the connection down.
        patience: Time-outs.

    Returns:
        The response of `http.client`, with `status`, `headers` and `read1`.

    Raises:
        OSError: No connection, or an answer that is no success (`urllib.error.HTTPError`).
        http.client.HTTPException: The answer is no HTTP.
    """
    if urllib.parse.urlsplit(url).scheme not in _SCHEMES:
        raise urllib.error.URLError(f"{url} is neither http nor https")
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Http(cancel, patience),
        _Https(cancel, patience),
        _Redirects(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    # A packed answer would have another length than the file.
    sent = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **headers}
    return opener.open(urllib.request.Request(url, headers=sent), timeout=patience.connect_s)


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = _MOST_REDIRECTS

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        target = urllib.parse.urlsplit(newurl).scheme
        was_safe = urllib.parse.urlsplit(req.full_url).scheme == "https"
        if target not in _SCHEMES or (was_safe and target != "https"):
            raise urllib.error.HTTPError(
                req.full_url, code, f"it sends us on to {newurl}, which is not safe", headers, fp
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Http(urllib.request.HTTPHandler):
    def __init__(self, cancel: Cancel, patience: Patience) -> None:
        super().__init__()
        self._make = functools.partial(_Connection, cancel, patience.read_s)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._make, req)  # pyright: ignore


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, cancel: Cancel, patience: Patience) -> None:
        super().__init__()
        self._make = functools.partial(_SafeConnection, cancel, patience.read_s)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._make, req, context=_trust())  # pyright: ignore


class _Connection(http.client.HTTPConnection):
    """Connects with one time-out and reads with another."""

    def __init__(self, cancel: Cancel, read_s: float, host: str, **options: Any) -> None:
        super().__init__(host, **options)
        self._cancel, self._read_s = cancel, read_s

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(self._read_s)
        self._cancel.attach(self.sock)


class _SafeConnection(http.client.HTTPSConnection):
    """The same over TLS."""

    def __init__(self, cancel: Cancel, read_s: float, host: str, **options: Any) -> None:
        super().__init__(host, **options)
        self._cancel, self._read_s = cancel, read_s

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(self._read_s)
        self._cancel.attach(self.sock)


def _trust() -> ssl.SSLContext:
    """The authorities that the system trusts; where it has none, those that insightface brings.

    A packaged program on macOS finds no file of authorities where OpenSSL looks for one.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        with contextlib.suppress(ImportError):
            import certifi

            context.load_verify_locations(certifi.where())
    return context


def _shut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
