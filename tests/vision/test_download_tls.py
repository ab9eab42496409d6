"""Downloads over TLS, which is how all packs of the catalogue come."""

import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facemotion.vision.download import (
    DownloadCancelledError,
    DownloadError,
    DownloadProgress,
    download,
)
from facemotion.vision.http_reading import Cancel, Patience
from facemotion.vision.partial_file import partial_size
from tests.vision.pack_server import IMPATIENT, PackServer

DATA = np.random.default_rng(1).bytes(300_000)
PATH = "/model.onnx"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, signed by itself, with its key beside it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    asked = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    command = [openssl, *asked.split(), "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[PackServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with PackServer(context) as running:
        running.files[PATH] = DATA
        yield running


@pytest.fixture
def is_trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.mark.usefixtures("is_trusted")
def test_cuts_are_mended(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend(["cut 100000", "stall 50000"])
    path = download(server.remote(PATH), tmp_path, patience=IMPATIENT)
    assert path.read_bytes() == DATA
    assert server.ranges == ["", "bytes=100000-", "bytes=150000-"]


@pytest.mark.usefixtures("is_trusted")
@pytest.mark.parametrize("size", [0, 100_000])
def test_cancel_ends_at_once(server: PackServer, tmp_path: Path, size: int) -> None:
    server.plans.append(f"stall {size}")
    cancel, has_read = Cancel(), threading.Event()

    def hear(step: DownloadProgress) -> None:
        if step.received_bytes == size:
            has_read.set()

    def ask_when_silent() -> None:
        assert server.stalled.wait(5.0)
        assert size == 0 or has_read.wait(5.0)
        cancel.ask()

    asker = threading.Thread(target=ask_when_silent)
    asker.start()
    started = time.monotonic()
    with pytest.raises(DownloadCancelledError):
        download(server.remote(PATH), tmp_path, hear, cancel, Patience(read_s=30.0))
    asker.join()
    assert time.monotonic() - started < 3.0
    assert partial_size(tmp_path, "model.onnx") == size
    assert download(server.remote(PATH), tmp_path, patience=IMPATIENT).read_bytes() == DATA


def test_a_stranger_with_a_certificate_of_his_own(server: PackServer, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="its certificate is not valid"):
        download(server.remote(PATH), tmp_path, patience=IMPATIENT)
    assert server.seen == []


@pytest.mark.usefixtures("is_trusted")
def test_never_from_https_to_http(server: PackServer, tmp_path: Path) -> None:
    with PackServer() as plain:
        plain.files[PATH] = DATA
        server.plans.append(f"go {plain.url}{PATH}")
        with pytest.raises(DownloadError, match="which is not safe"):
            download(server.remote(PATH), tmp_path, patience=IMPATIENT)
        assert plain.seen == []
