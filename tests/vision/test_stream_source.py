import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import pytest

from facemotion.core.errors import SourceError
from facemotion.core.types import Frame
from facemotion.vision.sources.stream import StreamSource
from tests.vision.videos import even_times, gray_frame, write_video

Serve = Callable[[socket.socket, threading.Event], None]


@contextmanager
def server(serve: Serve) -> Iterator[str]:
    """An HTTP server on this machine; yields the address of its stream."""
    done = threading.Event()
    workers: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def accept() -> None:
            while not done.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                worker = threading.Thread(target=_answer, args=(serve, connection, done))
                workers.append(worker)
                worker.start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/live"
        finally:
            done.set()
            for thread in (acceptor, *workers):
                thread.join(5.0)


def _answer(serve: Serve, connection: socket.socket, done: threading.Event) -> None:
    with connection:
        connection.settimeout(1.0)
        try:
            if connection.recv(4096):
                serve(connection, done)
        except OSError:
            return


def mjpeg(count: int, interval_s: float = 0.02, *, hangs: bool = False) -> Serve:
    """Motion JPEG as network cameras send it."""

    def serve(connection: socket.socket, done: threading.Event) -> None:
        head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
        connection.sendall(head)
        for index in range(count):
            data = cv2.imencode(".jpg", gray_frame(index))[1].tobytes()
            part = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data)
            connection.sendall(part + data + b"\r\n")
            if done.wait(interval_s):
                return
        if hangs:
            done.wait(10.0)

    return serve


def body(data: bytes, kind: str) -> Serve:
    """A file, sent as it is."""

    def serve(connection: socket.socket, done: threading.Event) -> None:
        head = f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
        connection.sendall(head.encode() + data)

    return serve


def status(line: str) -> Serve:
    def serve(connection: socket.socket, done: threading.Event) -> None:
        connection.sendall(f"HTTP/1.0 {line}\r\nContent-Length: 0\r\n\r\n".encode())

    return serve


def silence(connection: socket.socket, done: threading.Event) -> None:
    """Accept, and never answer."""
    done.wait(10.0)


def read_all(source: StreamSource) -> list[Frame]:
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    return frames


def wait_for_end(name: str = "facemotion-stream") -> None:
    deadline = time.monotonic() + 5.0
    while any(thread.name == name for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "the receiving thread goes on"
        time.sleep(0.01)


def test_live_stream_gives_pictures_until_it_breaks_off() -> None:
    with server(mjpeg(40)) as url, StreamSource(url, 3.0, 2.0) as source:
        info = source.info
        assert info.is_live
        assert info.duration_s is None
        assert (info.width_px, info.height_px) == (96, 64)
        frames = [source.read() for _ in range(10)]
        times = [frame.time_s for frame in frames if frame]
        assert times == sorted(times)
        assert times[0] < 1.0
        indices = [frame.index for frame in frames if frame]
        assert indices == sorted(set(indices))
        assert len(indices) == 10
        with pytest.raises(SourceError, match="broke off"):
            read_all(source)
    wait_for_end()


def test_slow_reader_gets_the_newest_picture() -> None:
    with server(mjpeg(60, hangs=True)) as url, StreamSource(url, 3.0, 2.0) as source:
        first = source.read()
        assert first is not None
        time.sleep(0.8)
        second = source.read()
        assert second is not None
        assert second.index - first.index > 10
    wait_for_end()


def test_file_over_the_network_loses_no_picture(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "a.webm", even_times(30), "libvpx-vp9", options={"deadline": "realtime"}
    )
    with (
        server(body(path.read_bytes(), "video/webm")) as url,
        StreamSource(url, 3.0, 2.0) as source,
    ):
        assert not source.info.is_live
        assert source.info.duration_s == pytest.approx(1.2, abs=0.1)
        time.sleep(0.3)
        frames = read_all(source)
        assert [frame.index for frame in frames] == list(range(30))
        assert frames[-1].time_s == pytest.approx(29 / 25, abs=0.01)
    wait_for_end()


def test_close_unblocks_a_waiting_read() -> None:
    with server(mjpeg(3, hangs=True)) as url:
        source = StreamSource(url, 3.0, 1.5)
        source.open()
        ended_s: list[float] = []

        def read_to_the_end() -> None:
            while source.read() is not None:
                pass
            ended_s.append(time.monotonic())

        reader = threading.Thread(target=read_to_the_end)
        reader.start()
        time.sleep(0.2)
        closed_s = time.monotonic()
        source.close()
        reader.join(5.0)
        assert ended_s[0] - closed_s < 1.0
        assert source.read() is None
        wait_for_end()


def test_close_unblocks_a_waiting_open() -> None:
    with server(silence) as url:
        source = StreamSource(url, 1.5, 1.0)
        errors: list[str] = []

        def open_it() -> None:
            try:
                source.open()
            except SourceError as error:
                errors.append(str(error))

        opener = threading.Thread(target=open_it)
        opener.start()
        time.sleep(0.2)
        closed_s = time.monotonic()
        source.close()
        opener.join(5.0)
        assert time.monotonic() - closed_s < 1.0
        assert "closed before it answered" in errors[0]
        wait_for_end()


def test_silence_breaks_off_with_a_sentence() -> None:
    with (
        server(mjpeg(3, hangs=True)) as url,
        StreamSource(url, 3.0, 0.5) as source,
        pytest.raises(SourceError, match="broke off"),
    ):
        read_all(source)
    wait_for_end()


@pytest.mark.parametrize(
    ("serve", "words"),
    [
        (silence, "does not answer"),
        (status("404 Not Found"), "nothing at this path"),
        (status("401 Unauthorized"), "user name and password"),
        (status("500 Oops"), "cannot be reached"),
        (body(b"<html>Hello</html>" * 50, "text/html"), "answers, but not with a video"),
    ],
)
def test_what_answers_instead_of_a_video(serve: Serve, words: str) -> None:
    with server(serve) as url:
        source = StreamSource(url.replace("//", "//me:secret@"), 0.7, 0.7)
        with pytest.raises(SourceError, match=words) as caught:
            source.open()
        assert "secret" not in str(caught.value)
        wait_for_end()


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for scheme in ("http", "rtsp"):
        with pytest.raises(SourceError, match="cannot be reached"):
            StreamSource(f"{scheme}://127.0.0.1:{port}/live", 1.0, 1.0).open()
    wait_for_end()


def test_opening_twice_and_reading_unopened() -> None:
    with pytest.raises(SourceError, match="before it was opened"):
        StreamSource("http://127.0.0.1:9/live").read()
    with server(mjpeg(20, hangs=True)) as url, StreamSource(url, 3.0, 1.5) as source:
        source.open()
        assert source.read() is not None
    wait_for_end()


def test_source_left_open_does_not_keep_the_program_alive() -> None:
    program = (
        "import sys; from facemotion.vision.sources.stream import StreamSource;"
        "source = StreamSource(sys.argv[1], 3.0, 0.5); source.open(); print(source.read().index)"
    )
    with server(mjpeg(500, hangs=True)) as url:
        done = subprocess.run(
            [sys.executable, "-c", program, url],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) >= 0
