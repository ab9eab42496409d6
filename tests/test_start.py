"""The set-up script, without setting anything up."""

import hashlib
import http.server
import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "start.py"


@pytest.fixture
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def index_with(wheel: bytes, sha256: str) -> Iterator[str]:
    """A package index on this machine that offers two versions of pip."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            link = '<a href="/files/pip-{0}-py3-none-any.whl#sha256={1}">pip</a>'
            page = link.format("9.0", "0" * 64) + link.format("24.1", sha256)
            body = wheel if self.path.startswith("/files/") else page.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_help_explains_the_commands() -> None:
    answer = subprocess.run(
        [sys.executable, SCRIPT, "--help"], capture_output=True, text=True, check=True
    )
    assert "start.py test" in answer.stdout


def test_setup_refuses_unknown_arguments(start: ModuleType, capsys: pytest.CaptureFixture) -> None:
    assert start.main(["setup", "training"]) == 2
    assert "--extra training" in capsys.readouterr().out


def test_newest_pip_is_fetched_and_checked(
    start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = b"a wheel"
    with index_with(wheel, hashlib.sha256(wheel).hexdigest()) as address:
        monkeypatch.setenv("PIP_INDEX_URL", address)
        path = start.fetch_pip(tmp_path)
    assert path.name == "pip-24.1-py3-none-any.whl"
    assert path.read_bytes() == wheel


def test_a_damaged_pip_is_refused(
    start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with index_with(b"another wheel", "1" * 64) as address:
        monkeypatch.setenv("PIP_INDEX_URL", address)
        with pytest.raises(SystemExit, match="damaged"):
            start.fetch_pip(tmp_path)
    assert not list(tmp_path.iterdir())


def test_missing_libraries_are_named_with_the_line_to_type(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "LINUX_LIBRARIES", {"libsurely-missing.so.1": "libsurely1"})
    monkeypatch.setattr(start.sys, "platform", "linux")
    monkeypatch.setattr(start.os, "geteuid", lambda: 1000)
    tools = {"apt-get": "/usr/bin/apt-get", "sudo": None}
    monkeypatch.setattr(start.shutil, "which", tools.get)
    with pytest.raises(SystemExit, match=r"sudo apt-get install .* libsurely1"):
        start.ensure_libraries()


def test_display_is_read_from_the_environment(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert not start.has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert start.has_display()
