"""A fresh copy of the program with the network closed: everything works at the first start."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
_PARTS = ("facemotion", "models", "resources")

_NO_NETWORK = """
import os
import sys

_PLACES = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
           "socket.gethostbyname", "socket.gethostbyaddr")


def _refuse(event, arguments):
    if event in _PLACES:
        address = arguments[0] if event.startswith("socket.get") else arguments[1]
        if not isinstance(address, (str, bytes)) or event.startswith("socket.get"):
            with open(os.environ["ATTEMPTS"], "a", encoding="utf-8") as file:
                file.write(f"{event} {address}\\n")
            raise OSError(101, "Network is unreachable")


sys.addaudithook(_refuse)
"""
"""Refuses all but sockets of this machine's own (whose address is a path), and takes notes."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The program alone: no tests, no ../shared beside it."""
    folder = tmp_path / "clone"
    for part in _PARTS:
        shutil.copytree(
            REPOSITORY / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "sitecustomize.py").write_text(_NO_NETWORK)
    return folder


def _without_network() -> list[str]:
    """A command that takes the network away from native code too, where the system allows it."""
    command = ["unshare", "--map-root-user", "--net"]
    if shutil.which(command[0]) is None:
        return []
    is_allowed = subprocess.run([*command, "true"], capture_output=True, check=False)
    return command if is_allowed.returncode == 0 else []


def _run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("FACEMOTION_PACK", "FACEMOTION_SHARED")
    }
    environment |= {
        "FACEMOTION_HOME": str(copy.parent / "home"),
        "PYTHONPATH": str(copy.parent / "closed"),
        "ATTEMPTS": str(copy.parent / "attempts"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    return subprocess.run(
        [*_without_network(), sys.executable, *command],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=220.0,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_first_start(copy: Path) -> None:
    done = _run(copy, "-m", "facemotion", "doctor", "--self-test")
    report = json.loads(done.stdout)
    assert report["problems"] == []
    assert done.returncode == 0
    assert Path(report["folder"]).parent.name == "clone"
    checks = report["checks"]
    assert checks["models"]["pack"] == "Built-in"
    assert checks["boxes"]["drawn"] >= 1
    assert checks["emotions"]["readings"] >= 1
    assert checks["enrolment"]["embeddings"] >= 1
    assert checks["recognition"]["name"]
    # Not even tried: nothing of a user leaves the machine.
    assert not (copy.parent / "attempts").exists()


def test_the_network_is_closed_indeed(copy: Path) -> None:
    done = _run(copy, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))")
    assert "Network is unreachable" in done.stderr
    assert (copy.parent / "attempts").read_text().startswith("socket.getaddrinfo")


def test_a_download_says_that_there_is_no_network(copy: Path) -> None:
    done = _run(copy, "-m", "facemotion", "packs", "download", "yunet_sface", "--accept-licence")
    assert done.returncode == 1
    assert "there is no connection" in done.stderr
    assert "on another machine and import the file" in done.stderr
    assert "Traceback" not in done.stderr
    assert "github" in (copy.parent / "attempts").read_text()
