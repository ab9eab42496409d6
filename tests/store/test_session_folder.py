import dataclasses
import json
import os
import shutil
import zipfile
from datetime import UTC, datetime, timedelta, timezone

import pytest

from facemotion.core.errors import FacemotionError, OutputError
from facemotion.store.session_folder import (
    SessionInfo,
    SessionModels,
    SessionSource,
    SessionStore,
    read_session,
)
from facemotion.store.timeline import TIMELINE_COLUMNS

START = datetime(2025, 3, 30, 1, 59, 58, 123000, timezone(timedelta(hours=1)))
NAUGHTY = "a/b\\c: “Zoë” 👩‍🔬 ../../etc"


@pytest.fixture
def store(tmp_path):
    return SessionStore(tmp_path / "Köln" / "sessions")


def add(store, started_at=START, **values):
    info = SessionInfo(store.create(started_at), "Talk", started_at, **values)
    store.save(info)
    return info


def test_a_session_is_read_as_it_was_written(store):
    info = add(
        store,
        ended_at=START + timedelta(minutes=1),
        duration_s=60.5,
        source=SessionSource(NAUGHTY, "file", 1280, 720, 23.976),
        models=SessionModels("emotion-1", "recogniser-1", "builtin"),
        settings={"display.is_mirrored": True, "detection.det_size": 640, "detection.pack": ""},
        smoothing_preset="Adaptive",
        frames_recorded=1440,
        frames_dropped=3,
        people=("Zoë/🙂", "Bo"),
        is_complete=True,
    )
    assert read_session(info.folder) == info
    assert store.list().sessions == (info,)
    values = json.loads((info.folder / "session.json").read_text("utf-8"))
    assert values["schema"] == 1
    assert values["started_at"] == "2025-03-30T01:59:58.123+01:00"
    assert values["frames"] == {"recorded": 1440, "dropped": 3}


def test_folders_are_named_after_the_time_and_never_shared(store):
    names = [store.create(START).name for _ in range(3)]
    assert names == ["2025-03-30_01-59-58", "2025-03-30_01-59-58-2", "2025-03-30_01-59-58-3"]


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_only_this_user_may_look_in(store):
    info = add(store)
    assert info.folder.stat().st_mode & 0o077 == 0
    assert (info.folder / "session.json").stat().st_mode & 0o077 == 0


def test_nothing_recorded_is_an_empty_list(store):
    assert store.list().sessions == ()
    assert store.list().problems == ()


def test_newest_comes_first_whatever_the_clock_did(store):
    later = add(store, START + timedelta(hours=1))
    earlier = add(store, START)
    in_london = add(store, datetime(2025, 3, 30, 1, 10, tzinfo=UTC))
    order = [info.folder for info in store.list().sessions]
    assert order == [later.folder, in_london.folder, earlier.folder]


def test_a_damaged_session_is_a_problem_and_the_others_are_listed(store):
    good, cut, foreign, newer = (add(store, START + timedelta(days=n)) for n in range(4))
    (cut.folder / "session.json").write_text('{"schema": 1, "title"')
    (foreign.folder / "session.json").write_text("[]")
    (newer.folder / "session.json").write_text('{"schema": 9}')
    (store.sessions_dir / "something else").mkdir()
    (store.sessions_dir / "a file").write_text("")
    found = store.list()
    assert [info.folder for info in found.sessions] == [good.folder]
    assert len(found.problems) == 4
    assert any("newer facemotion" in problem for problem in found.problems)


@pytest.mark.parametrize(
    ("key", "value"),
    [("started_at", "yesterday"), ("duration_s", float("inf")), ("people", 3), ("frames", [])],
)
def test_wrong_values_are_named(store, key, value):
    info = add(store)
    path = info.folder / "session.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(OutputError, match="damaged"):
        read_session(info.folder)


def test_a_crashed_session_is_as_long_as_its_timeline(store):
    info = add(store)
    row = ["demo", "41.500", "996", *[""] * (len(TIMELINE_COLUMNS) - 3)]
    cut = '"demo, the ot'
    lines = [",".join(TIMELINE_COLUMNS), ",".join(row), cut]
    (info.folder / "timeline.csv").write_text("\n".join(lines))
    (found,) = store.list().sessions
    assert found.duration_s == 41.5
    assert not found.is_complete
    assert found.ended_at is None


def test_a_crashed_session_without_a_face_has_no_length(store):
    info = add(store)
    (info.folder / "timeline.csv").write_text(",".join(TIMELINE_COLUMNS) + "\n")
    assert store.list().sessions[0].duration_s == 0.0


def test_renaming_changes_the_title_only(store):
    info = add(store, frames_recorded=7)
    renamed = store.rename(info, f"  {NAUGHTY} ")
    assert renamed == dataclasses.replace(info, title=NAUGHTY)
    assert store.list().sessions == (renamed,)


@pytest.mark.parametrize("title", ["", " \n", "two\nlines", "x" * 101])
def test_titles_that_are_none_are_refused(store, title):
    info = add(store)
    with pytest.raises(FacemotionError):
        store.rename(info, title)
    assert store.list().sessions == (info,)


def test_renaming_what_is_gone_says_so(store):
    info = add(store)
    shutil.rmtree(info.folder)
    with pytest.raises(OutputError, match="cannot be read"):
        store.rename(info, "New")


def test_deleting_removes_everything_and_may_come_too_late(store):
    info = add(store)
    (info.folder / "annotated.mp4").write_bytes(b"x")
    (info.folder / "report").mkdir()
    (info.folder / "report" / "a.html").write_text("")
    store.delete(info)
    store.delete(info)
    assert not info.folder.exists()
    assert store.list().sessions == ()


def test_only_sessions_are_deleted(store, tmp_path):
    info = add(store)
    precious = tmp_path / "precious"
    precious.mkdir()
    for folder in (precious, store.sessions_dir, info.folder / "..", info.folder / "below"):
        with pytest.raises(OutputError, match="not deleted"):
            store.delete(dataclasses.replace(info, folder=folder))
    assert precious.exists()
    assert info.folder.exists()


def test_a_zip_holds_every_file_below_the_session_s_name(store, tmp_path):
    info = add(store)
    (info.folder / "clean.mp4").write_bytes(b"video" * 100)
    (info.folder / "timeline.csv").write_text("a,b\n" * 100)
    target = tmp_path / "Zoë 🙂.zip"
    store.export_zip(info, target)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        names = sorted(archive.namelist())
        packed = {entry.filename.rpartition("/")[2]: entry for entry in archive.infolist()}
    name = info.folder.name
    assert names == [f"{name}/clean.mp4", f"{name}/session.json", f"{name}/timeline.csv"]
    assert packed["clean.mp4"].compress_type == zipfile.ZIP_STORED
    assert packed["timeline.csv"].compress_size < 100
    assert list(tmp_path.glob(".*")) == []


def test_a_zip_of_nothing_or_into_nowhere_leaves_nothing(store, tmp_path):
    info = add(store)
    with pytest.raises(OutputError, match="Choose another folder"):
        store.export_zip(info, tmp_path / "nowhere" / "a.zip")
    shutil.rmtree(info.folder)
    with pytest.raises(OutputError, match="not there any more"):
        store.export_zip(info, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_a_place_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="Cannot make the folder"):
        SessionStore(tmp_path / "file" / "sessions").create(START)
    with pytest.raises(OutputError, match="Cannot read the sessions"):
        SessionStore(tmp_path / "file").list()
