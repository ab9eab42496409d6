"""One window a user: a second start calls the first one, hands its source over and ends."""

import ctypes
import enum
import hashlib
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

logger = logging.getLogger(__name__)

CONNECT_MS = 1000
ANSWER_MS = 5000
_LOCK_MS = 3000
_MOST_BYTES = 1 << 16
_ANSWER = b"shown\n"
_ANYBODY = -1  # ASFW_ANY of the Windows API


class Place(enum.Enum):
    """What a start found."""

    FIRST = "no window was open"
    HANDED_OVER = "a window was open and came to the front"
    NO_ANSWER = "a window is open and does not answer"


def instance_name(parts: Iterable[str]) -> str:
    """The name of the socket on which a window listens.

    Args:
        parts: What makes two windows the same one, such as the folders they work on.
    """
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    digest = hashlib.sha256(json.dumps([user, *parts]).encode()).hexdigest()[:20]
    name = f"facemotion-{digest}"
    return name if sys.platform == "win32" else str(_socket_folder() / name)


class SingleInstance(QObject):
    """Calls the window that is open, or listens for the starts to come; GUI thread.

    Args:
        name: From `instance_name`.
        parent: Qt parent.

    Signals:
        called(str): Somebody started facemotion again; the source asked for, or empty.
    """

    called = Signal(str)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def begin(self, source: str = "", answer_ms: int = ANSWER_MS) -> Place:
        """Find out whether a window is open; when none is, be the one from now on.

        Args:
            source: What the open window shall show; empty for what it shows already.
            answer_ms: How long it has to answer.
        """
        lock = QLockFile(f"{self._name}.lock" if os.sep in self._name else _lock_file(self._name))
        is_locked = lock.tryLock(_LOCK_MS)  # two starts at once: the second waits for the first
        try:
            place = self._call(source, answer_ms)
            if place is Place.FIRST:
                self._listen()
            return place
        finally:
            if is_locked:
                lock.unlock()

    def end(self) -> None:
        """Listen no longer."""
        self._server.close()

    def _call(self, source: str, answer_ms: int) -> Place:
        if not _is_own(self._name):
            return Place.FIRST
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(CONNECT_MS):
            return Place.FIRST
        _let_come_to_front()
        socket.write(json.dumps({"source": source}).encode() + b"\n")
        socket.flush()
        while not socket.canReadLine():
            if not socket.waitForReadyRead(answer_ms):
                is_open = socket.state() == QLocalSocket.LocalSocketState.ConnectedState
                # Closed without an answer: that window was about to end.
                return Place.NO_ANSWER if is_open else Place.FIRST
        return Place.HANDED_OVER

    def _listen(self) -> None:
        if not _is_own(self._name):
            logger.warning("a stranger's socket is in the way: %s", self._name)
            return
        QLocalServer.removeServer(self._name)  # left by a window that died
        if not self._server.listen(self._name):
            logger.warning("other starts are not heard: %s", self._server.errorString())

    @Slot()
    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(self._on_bytes)
            self._read(socket)

    @Slot()
    def _on_bytes(self) -> None:
        socket = self.sender()
        if isinstance(socket, QLocalSocket):
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > _MOST_BYTES:
                socket.abort()
            return
        source = _wish(bytes(socket.readLine().data()))
        if source is None:
            socket.abort()
            return
        socket.write(_ANSWER)
        socket.flush()
        socket.disconnectFromServer()
        self.called.emit(source)


def _wish(line: bytes) -> str | None:
    """The source that a start asks for; None when the line makes no sense."""
    try:
        source = json.loads(line)["source"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return source if isinstance(source, str) else None


def _socket_folder() -> Path:
    """The user's own folder for sockets, else the one for temporary files."""
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(own if own and os.access(own, os.W_OK) else tempfile.gettempdir())


def _lock_file(name: str) -> str:
    return str(Path(tempfile.gettempdir()) / f"{name}.lock")


def _is_own(name: str) -> bool:
    """Whether nobody else made the socket of that name, in a folder that everybody may write."""
    if sys.platform == "win32":
        return True
    try:
        return Path(name).lstat().st_uid == os.getuid()
    except OSError:
        return True  # there is none


def _let_come_to_front() -> None:
    """Windows lets a program come to the front only when the one in front allows it."""
    if sys.platform == "win32":
        ctypes.windll.user32.AllowSetForegroundWindow(_ANYBODY)
