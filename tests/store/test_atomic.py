import os
import threading

import pytest

from facemotion.core.errors import GalleryError, OutputError
from facemotion.store.atomic import set_aside, write_atomic
from facemotion.store.locks import folder_lock


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "ünïcode 名前.bin"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_private_files_are_for_this_user_only(tmp_path):
    write_atomic(tmp_path / "secret", b"", is_private=True)
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_failure_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomic(path, b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match="missing"):
        write_atomic(tmp_path / "missing" / "file", b"")


def test_set_aside_never_overwrites(tmp_path):
    targets = set()
    for text in ("first", "second", "third"):
        path = tmp_path / "settings.toml"
        path.write_text(text)
        targets.add(set_aside(path))
    assert len(targets) == 3
    assert all(path.name.startswith("settings.toml.damaged-2") for path in targets)
    assert {path.read_text() for path in targets} == {"first", "second", "third"}


def test_set_aside_of_nothing_is_an_error(tmp_path):
    with pytest.raises(OutputError, match="Cannot set"):
        set_aside(tmp_path / "nothing")


def test_lock_keeps_a_second_holder_out_and_lets_it_in_later(tmp_path):
    is_inside, may_leave = threading.Event(), threading.Event()

    def hold():
        with folder_lock(tmp_path):
            is_inside.set()
            may_leave.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_inside.wait(5)
        with pytest.raises(GalleryError, match="Another facemotion"), folder_lock(tmp_path, 0.1):
            pass
    finally:
        may_leave.set()
        holder.join()
    with folder_lock(tmp_path, 0.1):
        pass


def test_lock_in_a_missing_folder_says_what_to_do(tmp_path):
    with (
        pytest.raises(GalleryError, match="choose another gallery"),
        folder_lock(tmp_path / "missing"),
    ):
        pass
