"""Fixtures that every part of the tests shares."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

REPOSITORY = Path(__file__).resolve().parent.parent


def _find_shared() -> Path | None:
    folder = Path(os.environ.get("FACEMOTION_SHARED", REPOSITORY.parent / "shared"))
    return folder if (folder / "media").is_dir() else None


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of clips, data and models that are never part of the project."""
    folder = _find_shared()
    if folder is None:
        pytest.skip("needs the shared clips and models: set FACEMOTION_SHARED to their folder")
    return folder


@pytest.fixture(scope="session")
def shared_pack(shared_dir: Path) -> Path:
    """An InsightFace pack with a detection and a recognition model."""
    return shared_dir / "models" / "scrfd_500m_mobilefacenet"


@pytest.fixture(autouse=True)
def no_leaked_thread() -> Iterator[None]:
    """Fail a test that leaves a thread of its own running."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2.0
    leaked = _living(before)
    while leaked and time.monotonic() < deadline:
        time.sleep(0.01)
        leaked = _living(before)
    assert not leaked, f"threads left running: {[thread.name for thread in leaked]}"


def _living(before: set[threading.Thread]) -> list[threading.Thread]:
    """Threads that began since; Python keeps a dummy for each of Qt's that ever logged a line."""
    return [
        thread
        for thread in threading.enumerate()
        if thread not in before
        and thread.is_alive()
        and not isinstance(thread, threading._DummyThread)
        and "tqdm" not in type(thread).__name__.lower()
    ]


@pytest.fixture(autouse=True)
def own_user_folders(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep settings, people and logs of the tests away from the real user's."""
    monkeypatch.setenv("FACEMOTION_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.delenv("FACEMOTION_PACK", raising=False)
