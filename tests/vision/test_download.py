import dataclasses
import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facemotion.core.errors import ModelError
from facemotion.vision.download import (
    DownloadCancelledError,
    DownloadError,
    DownloadProgress,
    download,
)
from facemotion.vision.http_reading import Cancel, Patience
from facemotion.vision.pack_catalogue import RemoteFile
from facemotion.vision.partial_file import PartialFile, discard_partial, partial_size
from tests.conftest import REPOSITORY
from tests.vision.pack_server import IMPATIENT, PackServer

DATA = np.random.default_rng(1).bytes(300_000)
PATH = "/model.onnx"


@pytest.fixture
def server() -> Iterator[PackServer]:
    with PackServer() as running:
        running.files[PATH] = DATA
        yield running


def fetch(server: PackServer, folder: Path, remote: RemoteFile | None = None) -> bytes:
    return download(remote or server.remote(PATH), folder, patience=IMPATIENT).read_bytes()


def test_plain(server: PackServer, tmp_path: Path) -> None:
    heard: list[DownloadProgress] = []
    path = download(server.remote(PATH), tmp_path / "new" / "folder", heard.append)
    assert path.read_bytes() == DATA
    assert path.parent == tmp_path / "new" / "folder"
    assert [step.received_bytes for step in heard] == sorted(step.received_bytes for step in heard)
    assert heard[-1] == DownloadProgress("model.onnx", len(DATA), len(DATA), "checking")
    assert server.seen[0][1]["User-Agent"].startswith("facemotion/")
    assert server.seen[0][1]["Accept-Encoding"] == "identity"


def test_a_whole_file_is_not_fetched_again(server: PackServer, tmp_path: Path) -> None:
    fetch(server, tmp_path)
    assert fetch(server, tmp_path) == DATA
    assert len(server.seen) == 1


def test_cuts_are_mended_by_asking_for_the_rest(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend(["cut 100000", "cut 50000"])
    assert fetch(server, tmp_path) == DATA
    assert server.ranges == ["", "bytes=100000-", "bytes=150000-"]
    assert server.seen[1][1]["If-Range"] == '"v1"'


def test_goes_on_where_the_last_program_ended(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend(["cut 70000"] + ["status 503"] * 3)
    with pytest.raises(DownloadError, match=r"error 503.*goes on where it ended.*0\.1 MB"):
        fetch(server, tmp_path)
    assert partial_size(tmp_path, "model.onnx") == 70_000
    assert fetch(server, tmp_path) == DATA
    assert server.ranges[-1] == "bytes=70000-"


def test_a_server_without_ranges_is_read_from_the_start(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend(["cut 100000", "no-range"])
    assert fetch(server, tmp_path) == DATA
    assert len(server.seen) == 2


def test_a_server_that_sends_another_part(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend(["cut 100000", "shift"])
    assert fetch(server, tmp_path) == DATA


def test_a_server_without_length(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend(["no-length"])
    assert fetch(server, tmp_path) == DATA


def test_a_file_that_changed_in_between(server: PackServer, tmp_path: Path) -> None:
    remote = server.remote(PATH)
    server.files[PATH] = bytes(len(DATA))
    server.plans.extend(["cut 100000"] + ["status 500"] * 3)
    with pytest.raises(DownloadError):
        fetch(server, tmp_path, remote)
    server.files[PATH], server.etag = DATA, '"v2"'
    assert fetch(server, tmp_path, remote) == DATA
    assert server.seen[-1][1]["If-Range"] == '"v1"'


def test_a_changed_file_without_version_is_noticed_by_its_hash(
    server: PackServer, tmp_path: Path
) -> None:
    remote = server.remote(PATH)
    server.etag = ""
    server.files[PATH] = bytes(len(DATA))
    server.plans.extend(["cut 100000"] + ["status 500"] * 3)
    with pytest.raises(DownloadError):
        fetch(server, tmp_path, remote)
    server.files[PATH] = DATA
    assert fetch(server, tmp_path, remote) == DATA
    assert server.ranges[-2:] == ["bytes=100000-", ""]


def test_a_wrong_file_is_deleted(server: PackServer, tmp_path: Path) -> None:
    remote = server.remote(PATH)
    server.files[PATH] = bytes(len(DATA))
    with pytest.raises(DownloadError, match=r"not the file that we know.*Try again later"):
        fetch(server, tmp_path, remote)
    assert partial_size(tmp_path, "model.onnx") == 0


@pytest.mark.parametrize("size", [299_999, 300_001, 5_000_000_000])
def test_another_length_is_refused_at_once(server: PackServer, tmp_path: Path, size: int) -> None:
    server.plans.extend([f"declare {size}"])
    with pytest.raises(DownloadError, match=f"{size:,} bytes instead of 300,000"):
        fetch(server, tmp_path)
    assert partial_size(tmp_path, "model.onnx") == 0


def test_more_than_the_file_holds_is_not_written(server: PackServer, tmp_path: Path) -> None:
    remote = server.remote(PATH)
    server.files[PATH] = DATA + DATA
    server.plans.extend(["no-length"])
    with pytest.raises(DownloadError, match="sent more than the file holds"):
        fetch(server, tmp_path, remote)
    assert partial_size(tmp_path, "model.onnx") <= len(DATA)


def test_not_found_is_not_tried_again(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend(["status 404"])
    with pytest.raises(DownloadError, match=r"no longer has it \(error 404\).*with a browser"):
        fetch(server, tmp_path)
    assert len(server.seen) == 1


def test_the_next_address_is_asked(server: PackServer, tmp_path: Path) -> None:
    server.files["/moved/model.onnx"] = DATA
    remote = server.remote(PATH, f"{server.url}/moved/model.onnx")
    server.plans.extend(["status 403"])
    assert fetch(server, tmp_path, remote) == DATA
    assert [path for path, _ in server.seen] == [PATH, "/moved/model.onnx"]


def test_the_next_host_is_asked_when_one_does_not_answer(
    server: PackServer, tmp_path: Path
) -> None:
    with PackServer() as gone:
        gone.files[PATH] = DATA
        urls = (gone.url.replace("127.0.0.1", "localhost") + PATH, server.url + PATH)
    remote = dataclasses.replace(server.remote(PATH), urls=urls)
    assert fetch(server, tmp_path, remote) == DATA
    with pytest.raises(DownloadError, match="from localhost: there is no connection"):
        fetch(server, tmp_path / "b", dataclasses.replace(remote, urls=urls[:1] * 2))


@pytest.mark.parametrize("plan", ["status 500", "garbage", "cut 0"])
def test_gives_up_after_some_tries(server: PackServer, tmp_path: Path, plan: str) -> None:
    server.plans.extend([plan] * 3)
    with pytest.raises(DownloadError, match="Check the connection and try again"):
        fetch(server, tmp_path)
    assert len(server.seen) == 3


def test_a_short_fault_is_not_noticed(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend(["status 500", "garbage"])
    heard: list[DownloadProgress] = []
    download(server.remote(PATH), tmp_path, heard.append, patience=IMPATIENT)
    assert "waiting for 127.0.0.1: it answered with error 500" in {step.note for step in heard}


def test_silence_is_a_fault(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend(["stall 50000"] * 5)
    # Each attempt brings something new until the file is whole.
    started = time.monotonic()
    assert fetch(server, tmp_path) == DATA
    assert time.monotonic() - started < 8.0
    assert server.ranges[1] == "bytes=50000-"


def test_nobody_answers(tmp_path: Path) -> None:
    with PackServer() as gone:
        gone.files[PATH] = DATA
        remote = gone.remote(PATH)
    with pytest.raises(DownloadError, match=r"there is no connection.*on another machine"):
        download(remote, tmp_path, patience=IMPATIENT)


def test_no_such_host(tmp_path: Path) -> None:
    remote = RemoteFile("x.onnx", ("http://no-such-host.invalid/x.onnx",), "0" * 64, 10)
    with pytest.raises(DownloadError, match="there is no connection"):
        download(remote, tmp_path, patience=IMPATIENT)


@pytest.mark.parametrize("plan", ["stall 100000", "stall 0"])
def test_cancel_ends_at_once_and_keeps_what_is_there(
    server: PackServer, tmp_path: Path, plan: str
) -> None:
    server.plans.extend([plan])
    cancel = Cancel()
    size = int(plan.split()[1])
    has_read = threading.Event()

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
    with pytest.raises(DownloadCancelledError, match="What was received is kept"):
        download(server.remote(PATH), tmp_path, hear, cancel, Patience(read_s=30.0))
    asker.join()
    assert time.monotonic() - started < 3.0
    assert partial_size(tmp_path, "model.onnx") == size
    assert fetch(server, tmp_path) == DATA


def test_cancelled_before_it_began(server: PackServer, tmp_path: Path) -> None:
    cancel = Cancel()
    cancel.ask()
    with pytest.raises(DownloadCancelledError):
        download(server.remote(PATH), tmp_path, cancel=cancel)
    assert server.seen == []


def test_cancel_while_waiting_to_try_again(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend(["status 500"] * 9)
    cancel = Cancel()

    def stop_when_waiting(step: DownloadProgress) -> None:
        if step.note.startswith("waiting"):
            cancel.ask()

    with pytest.raises(DownloadCancelledError):
        download(server.remote(PATH), tmp_path, stop_when_waiting, cancel, Patience(pause_s=60.0))


def test_redirects_are_followed_with_the_range(server: PackServer, tmp_path: Path) -> None:
    server.files["/elsewhere"] = DATA
    target = f"go {server.url}/elsewhere"
    server.plans.extend([target, "cut 1000", target])
    assert fetch(server, tmp_path) == DATA
    assert server.ranges[-1] == "bytes=1000-"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_redirects_go_to_http_only(server: PackServer, tmp_path: Path, target: str) -> None:
    server.plans.extend([f"go {target}"])
    with pytest.raises(DownloadError, match=r"not safe|not allowed"):
        fetch(server, tmp_path)


def test_endless_redirects(server: PackServer, tmp_path: Path) -> None:
    server.plans.extend([f"go {server.url}{PATH}"] * 50)
    with pytest.raises(DownloadError, match="refused it"):
        fetch(server, tmp_path)


def test_addresses_are_http_only(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(DATA)
    url = (tmp_path / "x").as_uri()
    remote = RemoteFile("x", (url,), hashlib.sha256(DATA).hexdigest(), len(DATA))
    with pytest.raises(DownloadError):
        download(remote, tmp_path / "d", patience=IMPATIENT)


def test_the_proxy_of_the_environment(
    server: PackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://models.example/model.onnx"
    server.files[url] = DATA
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    remote = RemoteFile("model.onnx", (url,), hashlib.sha256(DATA).hexdigest(), len(DATA))
    assert fetch(server, tmp_path, remote) == DATA
    assert server.seen[0][0] == url


def test_one_download_at_a_time(server: PackServer, tmp_path: Path) -> None:
    with (
        PartialFile(tmp_path, "model.onnx"),
        pytest.raises(ModelError, match=r"is downloading model\.onnx already"),
    ):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path) == DATA


def test_a_folder_that_cannot_be_written(server: PackServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelError, match="cannot be written to"):
        fetch(server, tmp_path / "file")


def test_a_beginning_that_is_too_long_is_forgotten(server: PackServer, tmp_path: Path) -> None:
    (tmp_path / "model.onnx.part").write_bytes(DATA + b"more")
    assert fetch(server, tmp_path) == DATA
    assert server.ranges == [""]


def test_damaged_notes_do_no_harm(server: PackServer, tmp_path: Path) -> None:
    (tmp_path / "model.onnx.part").write_bytes(DATA[:1000])
    (tmp_path / "model.onnx.json").write_text("{")
    assert fetch(server, tmp_path) == DATA
    assert "If-Range" not in server.seen[0][1]
    discard_partial(tmp_path, "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_partial_file_is_a_context_manager(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="context manager"):
        PartialFile(tmp_path, "x").append(b"1")


_CHILD = """
import json, sys
from pathlib import Path
from facemotion.vision.download import download
from facemotion.vision.pack_catalogue import RemoteFile
name, urls, sha256, size, folder = json.loads(sys.argv[1])
download(RemoteFile(name, tuple(urls), sha256, size), Path(folder))
"""


def test_a_program_that_is_killed_leaves_what_it_had(server: PackServer, tmp_path: Path) -> None:
    server.plans.append("stall 120000")
    remote = server.remote(PATH)
    arguments = [remote.name, remote.urls, remote.sha256, remote.size_bytes, str(tmp_path)]
    child = subprocess.Popen([sys.executable, "-c", _CHILD, json.dumps(arguments)], cwd=REPOSITORY)
    deadline = time.monotonic() + 20.0
    while partial_size(tmp_path, remote.name) < 120_000 and time.monotonic() < deadline:
        time.sleep(0.02)
    child.kill()
    child.wait(10.0)
    assert fetch(server, tmp_path) == DATA
    assert server.ranges[-1] == "bytes=120000-"
