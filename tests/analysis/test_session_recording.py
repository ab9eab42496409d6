"""The files of a session: what is in them, and what stays of them when the disk refuses."""

import csv
import dataclasses
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from facemotion.analysis import session_recording
from facemotion.analysis.session_recording import RecordingPlan, SessionRecording
from facemotion.core.errors import OutputError
from facemotion.core.types import Frame, FrameResult
from facemotion.store.markers import Marker
from facemotion.store.session_folder import (
    SessionInfo,
    SessionSource,
    SessionStore,
    read_markers,
    read_session,
)
from tests.ui.results import face, known

START = datetime(2025, 10, 26, 2, 59, 59, tzinfo=timezone(timedelta(hours=2)))
NAUGHTY = "a/b: “Zoë” 👩‍🔬 ../x"
SIZE = (160, 120)


def make_plan(folder, *, annotated=True, clean=False, reserve=0, started_at=START):
    info = SessionInfo(folder, NAUGHTY, started_at, source=SessionSource(NAUGHTY, "demo", fps=24.0))
    return RecordingPlan(SessionStore(folder), info, annotated, clean, reserve)


def frame_at(index, size=SIZE, scene_id=1, base=0):
    """A picture whose brightness tells its number."""
    picture = np.full((size[1], size[0], 3), 30 + (index * 7) % 200, np.uint8)
    return Frame(picture, (index + base) / 24.0, index, NAUGHTY, scene_id)


def read_in(frame, *faces):
    return FrameResult(frame, faces or (face(1, (40, 30, 100, 90), identity=known(NAUGHTY)),))


def record(recording, count, every=3):
    """Frames with a reading every few; what the timeline should say."""
    for index in range(count):
        frame = frame_at(index)
        result = read_in(frame) if index % every == 0 else None
        recording.add(frame, round(index / 24.0, 3), result)


def video(path):
    with av.open(str(path)) as container:
        return [
            (round(float(f.pts * f.time_base), 3), f.to_ndarray(format="bgr24"))
            for f in container.decode(video=0)
        ]


def rows(folder):
    with (folder / "timeline.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_videos_timeline_and_description_agree(tmp_path):
    recording = SessionRecording(make_plan(tmp_path, clean=True))
    record(recording, 48)
    recording.mark(Marker(1.0, START, NAUGHTY))
    info = recording.finish(2.0, 5)
    assert info == read_session(recording.folder)
    assert info.is_complete
    assert (info.title, info.people) == (NAUGHTY, (NAUGHTY,))
    assert (info.frames_recorded, info.frames_dropped) == (48, 5)
    assert info.ended_at == START + timedelta(seconds=2)
    names = sorted(path.name for path in recording.folder.iterdir())
    assert names == [
        "annotated.mp4",
        "clean.mp4",
        "markers.csv",
        "session.json",
        "thumbnail.jpg",
        "timeline.csv",
        "timeline.jsonl",
    ]
    clean = dict(video(recording.folder / "clean.mp4"))
    annotated = dict(video(recording.folder / "annotated.mp4"))
    assert sorted(clean) == sorted(annotated) == [round(n / 24.0, 3) for n in range(48)]
    for row in rows(recording.folder):
        picture = clean[float(row["time_s"])]
        expected = 30 + int(row["frame"]) * 7 % 200
        assert abs(float(picture[5:20, 5:20].mean()) - expected) < 4.0
    (marker,) = read_markers(recording.folder)
    assert marker.label == NAUGHTY


def test_the_annotated_picture_at_a_row_s_time_shows_that_row(tmp_path):
    """A box that jumps with each reading is where the row says, in that very frame."""
    recording = SessionRecording(make_plan(tmp_path))
    for index in range(30):
        x = 10 + 2 * index
        result = read_in(frame_at(0), face(1, (x, 30, x + 40, 80), emotion=None))
        frame = dataclasses.replace(frame_at(0), time_s=index / 24.0, index=index)
        result = dataclasses.replace(result, frame=frame) if index % 3 == 0 else None
        recording.add(frame, round(index / 24.0, 3), result)
    recording.finish(1.25, 0)
    pictures = dict(video(recording.folder / "annotated.mp4"))
    for row in rows(recording.folder):
        picture = pictures[float(row["time_s"])].astype(int)
        left = round(float(row["x1"]))
        edge = np.abs(picture[45:65, :80] - 30).sum(axis=(0, 2))
        assert abs(int(edge[: left + 20].argmax()) - left) <= 2


def test_a_frame_without_reading_shows_the_last_faces_but_not_in_another_scene(tmp_path):
    recording = SessionRecording(make_plan(tmp_path, clean=True))
    first = frame_at(0)
    recording.add(first, 0.0, read_in(first))
    recording.add(frame_at(1), 0.042, None)
    recording.add(dataclasses.replace(frame_at(2), scene_id=2), 0.083, None)
    recording.finish(0.1, 0)
    drawn = video(recording.folder / "annotated.mp4")
    bare = video(recording.folder / "clean.mp4")
    differences = [
        np.abs(a.astype(int) - b.astype(int)).max()
        for (_, a), (_, b) in zip(drawn, bare, strict=True)
    ]
    assert differences[0] > 60
    assert differences[1] > 60
    assert differences[2] < 10


@pytest.mark.parametrize(
    ("annotated", "clean", "videos"),
    [(True, False, ["annotated.mp4"]), (False, True, ["clean.mp4"]), (False, False, [])],
)
def test_only_the_videos_asked_for_are_written(tmp_path, annotated, clean, videos):
    recording = SessionRecording(make_plan(tmp_path, annotated=annotated, clean=clean))
    record(recording, 6)
    info = recording.finish(0.25, 0)
    assert sorted(path.name for path in recording.folder.glob("*.mp4")) == videos
    assert len(rows(recording.folder)) == 2
    assert (recording.folder / "thumbnail.jpg").exists()
    assert info.frames_recorded == 6


def test_a_picture_that_stands_is_shown_to_the_end(tmp_path):
    recording = SessionRecording(make_plan(tmp_path))
    photo = frame_at(0, (95, 63))
    recording.add(photo, 0.0, read_in(photo, face(1, (10, 10, 50, 50))))
    recording.stand(1.0)
    recording.finish(1.7, 0)
    assert [time_s for time_s, _ in video(recording.folder / "annotated.mp4")] == [0.0, 1.0, 1.7]


def test_a_source_of_another_size_is_fitted_in(tmp_path):
    recording = SessionRecording(make_plan(tmp_path, clean=True))
    recording.add(frame_at(0), 0.0, None)
    recording.add(frame_at(0, (33, 99), 2), 0.5, None)
    recording.finish(0.6, 0)
    assert [p.shape for _, p in video(recording.folder / "clean.mp4")] == [(120, 160, 3)] * 2


def test_nothing_came(tmp_path):
    recording = SessionRecording(make_plan(tmp_path))
    info = recording.finish(0.0, 0)
    assert info.is_complete
    assert info.frames_recorded == 0
    assert not list(recording.folder.glob("*.mp4"))


def test_the_thumbnail_shows_the_most_faces(tmp_path):
    recording = SessionRecording(make_plan(tmp_path))
    recording.add(frame_at(0, (1280, 720)), 0.0, None)
    second = frame_at(1, (1280, 720))
    recording.add(second, 0.1, read_in(second))
    recording.finish(0.2, 0)
    thumbnail = cv2.imread(str(recording.folder / "thumbnail.jpg"))
    assert thumbnail.shape == (180, 320, 3)
    assert np.ptp(thumbnail.astype(int), axis=(0, 1)).max() > 60


def test_new_names_are_noted_at_once(tmp_path):
    recording = SessionRecording(make_plan(tmp_path))
    for index, name in enumerate(("Bo", "Ana", "Bo")):
        frame = frame_at(index)
        recording.add(frame, index / 24.0, read_in(frame, face(1, identity=known(name))))
    info = read_session(recording.folder)
    assert info.people == ("Bo", "Ana")
    assert not info.is_complete
    recording.finish(0.2, 0)


def test_two_recordings_of_the_same_second_get_two_folders(tmp_path):
    first, second = (SessionRecording(make_plan(tmp_path)) for _ in range(2))
    assert first.folder != second.folder
    first.finish(0.0, 0)
    second.finish(0.0, 0)
    assert len(SessionStore(tmp_path).list().sessions) == 2


def test_the_clock_goes_back_between_and_during_sessions(tmp_path):
    for started_at in (START, START - timedelta(hours=1)):
        recording = SessionRecording(make_plan(tmp_path, started_at=started_at))
        record(recording, 6)
        recording.mark(Marker(0.1, started_at, "before"))
        recording.mark(Marker(0.2, started_at - timedelta(hours=2), "after"))
        info = recording.finish(0.25, 0)
        assert info.ended_at is not None
        assert info.ended_at > info.started_at
        assert [m.label for m in read_markers(recording.folder)] == ["before", "after"]
    assert len(SessionStore(tmp_path).list().sessions) == 2


# ----- the disk


def test_a_disk_that_is_nearly_full_is_not_filled(tmp_path):
    with pytest.raises(OutputError, match=r"only .* MB left"):
        SessionRecording(make_plan(tmp_path, reserve=1 << 60))
    assert list(tmp_path.iterdir()) == []


def test_it_ends_in_order_before_the_disk_is_full(tmp_path, monkeypatch):
    recording = SessionRecording(make_plan(tmp_path, reserve=1000))
    record(recording, 24)
    usage = shutil.disk_usage(tmp_path)._replace(free=999)
    monkeypatch.setattr(session_recording.shutil, "disk_usage", lambda _folder: usage)
    with pytest.raises(OutputError, match="Free some space"):
        recording.flush()
    info = recording.finish(1.0, 0)
    assert info.is_complete
    assert len(video(recording.folder / "annotated.mp4")) == 24


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a folder closed to all")
def test_a_folder_that_may_not_be_written_is_named():
    with pytest.raises(OutputError, match="Cannot make the folder"):
        SessionRecording(make_plan(Path("/sys/sessions")))


def test_a_place_that_is_no_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="Cannot make the folder"):
        SessionRecording(make_plan(tmp_path / "file"))


def test_a_folder_that_vanished_is_noticed(tmp_path):
    recording = SessionRecording(make_plan(tmp_path))
    record(recording, 6)
    shutil.rmtree(recording.folder)
    with pytest.raises(OutputError, match="moved or deleted"):
        recording.flush()
    recording.finish(0.25, 0)
    assert not recording.folder.exists()


MOUNT = """
set -e
mount -t tmpfs -o size=700k,mode=700 none "$1"
exec "$2" -m tests.analysis.fill_a_disk "$1"
"""


def test_a_full_disk_leaves_everything_so_far(tmp_path):
    """A real file system of 700 KB, in a name space of its own."""
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None:
        pytest.skip("needs a small file system to fill: Linux with unshare")
    place = tmp_path / "disk"
    place.mkdir()
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", MOUNT, "sh"]
    done = subprocess.run(
        [*command, str(place), sys.executable],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip(f"needs to mount a small file system: {done.stderr.strip()[:80]}")
    assert done.returncode == 0, done.stderr
    assert "No space left on device" in done.stdout
    said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert float(said["frames_s"]) > 1.0
    assert abs(float(said["video_s"]) - float(said["frames_s"])) < 1.0
    assert abs(float(said["rows_s"]) - float(said["frames_s"])) < 1.0
    assert said["json_rows"] == said["csv_rows"]
