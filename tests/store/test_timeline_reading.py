import numpy as np
import pytest

from facemotion.core.errors import OutputError
from facemotion.core.types import (
    Decision,
    EmotionReading,
    FaceResult,
    Frame,
    FrameResult,
    GateReason,
    Identity,
)
from facemotion.store.timeline import CSV_NAME, TIMELINE_COLUMNS, TimelineWriter
from facemotion.store.timeline_reading import read_timeline

RAW = np.array([0.01, 0.02, 0.03, 0.7, 0.14, 0.05, 0.05], np.float32)
SMOOTH = np.array([0.05, 0.05, 0.05, 0.4, 0.35, 0.05, 0.05], np.float32)
NAME = 'Zoë "/" 🙂, <script>'


def face(track_id, identity, emotion):
    box = np.array([1.04, 2.06, 30.0, 40.0], np.float32)
    return FaceResult(
        track_id=track_id,
        bbox_xyxy=box,
        velocity_xyxy=np.zeros(4, np.float32),
        kps=np.zeros((5, 2), np.float32),
        det_score=0.8765,
        identity=identity,
        emotion=emotion,
        first_seen_s=0.0,
    )


@pytest.fixture
def folder(tmp_path):
    """Two frames: a known face that is read, and an unknown one that is not."""
    known = Identity(Decision.KNOWN, "id", NAME, 0.5)
    read = EmotionReading(RAW, SMOOTH, "happy")
    unread = EmotionReading(gate_reason=GateReason.TOO_SMALL)
    with TimelineWriter(tmp_path) as writer:
        for index in (0, 1):
            frame = Frame(np.zeros((4, 4, 3), np.uint8), index / 10, index, name="clip ü.mp4")
            faces = (face(1, known, read), face(2, Identity(), unread))
            writer.write(FrameResult(frame, faces))
    return tmp_path


def test_what_was_written_is_read(folder):
    timeline = read_timeline(folder)
    assert len(timeline) == 4
    np.testing.assert_allclose(timeline.time_s, [0.0, 0.0, 0.1, 0.1])
    assert timeline.frame.tolist() == [0, 0, 1, 1]
    assert timeline.track_id.tolist() == [1, 2, 1, 2]
    assert timeline.person == [NAME, "", NAME, ""]
    assert timeline.decision == ["known", "unknown"] * 2
    assert timeline.source == ["clip ü.mp4"] * 4
    assert timeline.emotion == ["happy", ""] * 2
    np.testing.assert_allclose(timeline.raw[0], RAW, atol=1e-4)
    np.testing.assert_allclose(timeline.smooth[2], SMOOTH, atol=1e-4)
    assert np.isnan(timeline.raw[1]).all()
    assert np.isnan(timeline.smooth[3]).all()
    np.testing.assert_allclose(timeline.similarity, [0.5, np.nan, 0.5, np.nan])
    np.testing.assert_allclose(timeline.det_score, 0.8765, atol=1e-4)
    np.testing.assert_allclose(timeline.bbox_xyxy[0], [1.0, 2.1, 30.0, 40.0], atol=1e-4)
    assert timeline.raw.dtype == timeline.bbox_xyxy.dtype == np.float32


def test_a_timeline_without_faces_is_empty(tmp_path):
    TimelineWriter(tmp_path).close()
    timeline = read_timeline(tmp_path)
    assert len(timeline) == 0
    assert timeline.raw.shape == (0, 7)
    assert timeline.bbox_xyxy.shape == (0, 4)


def test_every_cut_of_the_last_line_loses_that_line_at_most(folder):
    path = folder / CSV_NAME
    whole = path.read_bytes()
    last_line = whole.rstrip(b"\n").rfind(b"\n") + 1
    for length in range(last_line, len(whole)):
        path.write_bytes(whole[:length])
        assert len(read_timeline(folder)) == 3


def test_a_last_line_of_nonsense_is_left_out(folder):
    path = folder / CSV_NAME
    rows = path.read_text(encoding="utf-8").splitlines()
    rows[-1] = "\x00" * 20
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert len(read_timeline(folder)) == 3
    rows[-1] = ",".join(["x"] * len(TIMELINE_COLUMNS))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert len(read_timeline(folder)) == 3


def test_columns_of_a_later_version_do_no_harm(folder):
    path = folder / CSV_NAME
    lines = path.read_text(encoding="utf-8").splitlines()
    wider = [f"new,{line}" if number == 0 else f"7,{line}" for number, line in enumerate(lines)]
    path.write_text("\n".join(wider) + "\n", encoding="utf-8")
    assert read_timeline(folder).track_id.tolist() == [1, 2, 1, 2]


def test_a_folder_without_timeline_says_what_to_do(tmp_path):
    with pytest.raises(OutputError, match="facemotion analyze"):
        read_timeline(tmp_path)
    with pytest.raises(OutputError, match="There is no timeline"):
        read_timeline(tmp_path / "vanished")


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "time_s,track_id\n0.0,1\n"])
def test_another_table_is_refused(tmp_path, text):
    (tmp_path / CSV_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(OutputError, match="is no timeline"):
        read_timeline(tmp_path)


def test_a_folder_in_the_files_place_is_said(tmp_path):
    (tmp_path / CSV_NAME).mkdir()
    with pytest.raises(OutputError, match="Cannot read"):
        read_timeline(tmp_path)


def _damage(folder, column, value):
    path = folder / CSV_NAME
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[2]  # plain cells, without quotes
    cells = lines[1].split(",")
    cells[TIMELINE_COLUMNS.index(column)] = value
    lines[1] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("time_s", ""),
        ("time_s", "soon"),
        ("frame", "1.5"),
        ("decision", "sure"),
        ("emotion", "bored"),
        ("raw_sad", "much"),
    ],
)
def test_a_damaged_row_in_the_middle_is_said(folder, column, value):
    _damage(folder, column, value)
    with pytest.raises(OutputError, match="is damaged"):
        read_timeline(folder)


def test_a_row_with_too_few_cells_in_the_middle_is_said(folder):
    path = folder / CSV_NAME
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], "1,2,3", *lines[1:]]) + "\n", encoding="utf-8")
    with pytest.raises(OutputError, match="row 2 has 3 cells"):
        read_timeline(folder)
