"""A real HTTP server on this machine that serves packs, and misbehaves when it is told to."""

import dataclasses
import hashlib
import ssl
import threading
import zipfile
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from facemotion.vision.http_reading import Patience
from facemotion.vision.pack_catalogue import (
    BUFFALO_SC,
    YUNET_SFACE,
    ModelFile,
    PackDescription,
    RemoteFile,
)

IMPATIENT = Patience(connect_s=2.0, read_s=0.5, tries=3, pause_s=0.01)
_PIECE = 4096


class PackServer:
    """Serves `files` by path on loopback. A context manager.

    Args:
        tls: Certificate and key to serve https with; http by default.

    Attributes:
        files: Content by path, such as "/pack.zip".
        etag: Sent with every file; empty for none.
        plans: What happens to the next requests, one each; then all goes well:
            "cut N" closes after N bytes of the body, "stall N" falls silent there,
            "status N" answers with an error, "go URL" redirects, "no-range" ignores Range,
            "no-length" says no-length, "declare N" lies about the length, "shift" sends another
            part than was asked for, "garbage" is no HTTP.
        seen: (path, headers) of every request.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.files: dict[str, bytes] = {}
        self.etag = '"v1"'
        self.plans: deque[str] = deque()
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.ending = threading.Event()
        self.stalled = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False
        self._server.handle_error = _say_nothing
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            # The handshake belongs to the thread of each connection.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Address of the root, without a slash at the end."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def ranges(self) -> list[str]:
        """The Range header of every request; empty for none."""
        return [headers.get("Range", "") for _, headers in self.seen]

    def remote(self, path: str, *more_urls: str) -> RemoteFile:
        """What a catalogue would say about one of the files."""
        data = self.files[path]
        digest = hashlib.sha256(data).hexdigest()
        return RemoteFile(path.rpartition("/")[2], (self.url + path, *more_urls), digest, len(data))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def zipped_pack(server: PackServer, pack: Path, extra: bytes = b"") -> PackDescription:
    """Serve a pack's folder as a zip, and describe it as the catalogue would.

    Args:
        server: Where it is served, as "/tiny.zip".
        pack: A pack's folder.
        extra: Content of a model for another task, which is not to be kept.
    """
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(pack.glob("*.onnx")):
            archive.write(path, path.name)
        if extra:
            archive.writestr("genderage.onnx", extra)
    server.files["/tiny.zip"] = buffer.getvalue()
    return dataclasses.replace(
        BUFFALO_SC,
        pack_id="tiny",
        title="Tiny pack",
        files=model_files(pack),
        downloads=(server.remote("/tiny.zip"),),
    )


def loose_pack(server: PackServer, pack: Path) -> PackDescription:
    """Serve a pack's files one by one, and describe it as the catalogue would."""
    files = model_files(pack)
    for file in files:
        server.files[f"/{file.name}"] = (pack / file.name).read_bytes()
    return dataclasses.replace(
        YUNET_SFACE,
        pack_id="loose",
        title="Loose pack",
        files=files,
        downloads=tuple(server.remote(f"/{file.name}") for file in files),
    )


def model_files(pack: Path) -> tuple[ModelFile, ...]:
    """A folder's models as a description lists them."""
    return tuple(
        ModelFile(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        for path in sorted(pack.glob("*.onnx"))
    )


def _say_nothing(request: Any, client_address: Any) -> None:
    """Clients that go away or do not trust us are what the tests are about."""


def _handler(server: PackServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.seen.append((self.path, dict(self.headers)))
            plan, _, value = (server.plans.popleft() if server.plans else "").partition(" ")
            data = server.files.get(self.path)
            if plan == "garbage":
                self.wfile.write(b"\x00\x01 this is no HTTP\r\n\r\n")
            elif plan == "go":
                self._head(302, Location=value)
            elif plan == "status" or data is None:
                self._head(int(value or 404))
            else:
                self._send(data, plan, value)

        def _send(self, data: bytes, plan: str, value: str) -> None:
            start = self._start(len(data)) if plan != "no-range" else 0
            if start >= len(data):
                self._head(416)
                return
            first = start + 5 if plan == "shift" else start
            headers: dict[str, Any] = {"ETag": server.etag} if server.etag else {}
            if start:
                headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
            if plan != "no-length":
                headers["Content-Length"] = value if plan == "declare" else len(data) - first
            self._head(206 if start else 200, **headers)
            self._body(data[first:], plan, int(value) if plan in ("cut", "stall") else len(data))

        def _body(self, body: bytes, plan: str, end: int) -> None:
            try:
                for place in range(0, min(end, len(body)), _PIECE):
                    self.wfile.write(body[place : min(place + _PIECE, end)])
                if plan == "stall":
                    self.wfile.flush()
                    server.stalled.set()
                    server.ending.wait(10.0)
            except OSError:
                pass  # the client has gone, which is what some tests are about

        def _start(self, size: int) -> int:
            wanted = self.headers.get("Range", "")
            condition = self.headers.get("If-Range", "")
            if not wanted or (condition and condition != server.etag):
                return 0
            return int(wanted.removeprefix("bytes=").rstrip("-"))

        def _head(self, status: int, **headers: Any) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), str(value))
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
