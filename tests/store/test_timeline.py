import csv
import json

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
from facemotion.store.timeline import TIMELINE_COLUMNS, TimelineWriter, timeline_rows

PROBS = np.array([0.01, 0.02, 0.03, 0.7, 0.14, 0.05, 0.05], np.float32)
NO_VELOCITY = np.zeros(4, np.float32)


def face(track_id=1, identity=None, emotion=None):
    return FaceResult(
        track_id=track_id,
        bbox_xyxy=np.array([1.04, 2.06, 30.0, -0.01], np.float32),
        velocity_xyxy=NO_VELOCITY,
        kps=np.zeros((5, 2), np.float32),
        det_score=0.87654321,
        identity=identity or Identity(),
        emotion=emotion or EmotionReading(gate_reason=GateReason.TOO_SMALL),
        first_seen_s=0.0,
    )


def result(*faces):
    frame = Frame(np.zeros((4, 4, 3), np.uint8), 1.23456, 7, name='Köln, "2".png')
    return FrameResult(frame, faces)


KNOWN = Identity(Decision.KNOWN, "a" * 32, "Añ,a", 0.123456)
READ = EmotionReading(PROBS, PROBS, "happy", None)


def test_columns_are_exactly_the_promised_ones():
    assert ",".join(TIMELINE_COLUMNS) == (
        "source,time_s,frame,track_id,person,decision,similarity,det_score,x1,y1,x2,y2,"
        "raw_angry,raw_disgust,raw_fear,raw_happy,raw_neutral,raw_sad,raw_surprise,"
        "smooth_angry,smooth_disgust,smooth_fear,smooth_happy,smooth_neutral,smooth_sad,"
        "smooth_surprise,emotion"
    )


def test_both_files_say_the_same(tmp_path):
    with TimelineWriter(tmp_path) as writer:
        assert writer.write(result(face(1, KNOWN, READ), face(2))) == 2
        assert writer.write(result()) == 0
        assert writer.row_count == 2
    with (tmp_path / "timeline.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [
        json.loads(line) for line in (tmp_path / "timeline.jsonl").read_text("utf-8").splitlines()
    ]
    assert [list(line) for line in lines] == [list(TIMELINE_COLUMNS)] * 2
    for row, line in zip(rows, lines, strict=True):
        for column in TIMELINE_COLUMNS:
            value = line[column]
            if isinstance(value, float):
                assert float(row[column]) == value
            else:
                assert row[column] == ("" if value is None else str(value))


def test_numbers_have_a_fixed_form(tmp_path):
    with TimelineWriter(tmp_path) as writer:
        writer.write(result(face(1, KNOWN, READ)))
    line = (tmp_path / "timeline.csv").read_bytes().decode().split("\n")[1]
    assert line == (
        '"Köln, ""2"".png",1.235,7,1,"Añ,a",known,0.1235,0.8765,1.0,2.1,30.0,0.0,'
        "0.0100,0.0200,0.0300,0.7000,0.1400,0.0500,0.0500,"
        "0.0100,0.0200,0.0300,0.7000,0.1400,0.0500,0.0500,happy"
    )


def test_what_was_not_read_is_empty():
    row = timeline_rows(result(face()))[0]
    assert row["similarity"] is None
    assert row["raw_happy"] is None
    assert row["smooth_happy"] is None
    assert row["emotion"] is None
    assert row["person"] == ""
    assert row["decision"] == "unknown"


def test_older_files_are_replaced_only_at_the_end(tmp_path):
    (tmp_path / "timeline.csv").write_text("old")
    writer = TimelineWriter(tmp_path)
    writer.write(result(face()))
    assert (tmp_path / "timeline.csv").read_text() == "old"
    writer.close()
    writer.close()
    assert (tmp_path / "timeline.csv").read_text().startswith("source,")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["timeline.csv", "timeline.jsonl"]


def test_an_error_leaves_the_older_files(tmp_path):
    (tmp_path / "timeline.csv").write_text("old")

    def fail_half_way():
        with TimelineWriter(tmp_path) as writer:
            writer.write(result(face()))
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    assert (tmp_path / "timeline.csv").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_unwritable_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"missing.*Choose another output folder"):
        TimelineWriter(tmp_path / "missing")


def test_a_streamed_timeline_is_readable_after_each_flush(tmp_path):
    writer = TimelineWriter(tmp_path, is_streamed=True)
    assert (tmp_path / "timeline.csv").read_text().startswith("source,")
    writer.write(result(face(1, KNOWN, READ), face(2)))
    writer.flush()
    assert len((tmp_path / "timeline.csv").read_text().splitlines()) == 3
    assert len((tmp_path / "timeline.jsonl").read_text().splitlines()) == 2
    writer.close()
    writer.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["timeline.csv", "timeline.jsonl"]


def test_a_streamed_timeline_ends_with_a_whole_line_when_the_disk_is_full(tmp_path):
    writer = TimelineWriter(tmp_path, is_streamed=True)
    writer.write(result(face()))
    writer.flush()

    class Full:
        """A file on a disk that takes half a line."""

        def __init__(self, file):
            self.file = file

        def flush(self):
            self.file.write("half a li")
            self.file.flush()
            raise OSError(28, "No space left on device")

        def __getattr__(self, name):
            return getattr(self.file, name)

    writer._files = {name: Full(file) for name, file in writer._files.items()}
    writer.write(result(face(2)))
    with pytest.raises(OutputError, match="No space left"):
        writer.flush()
    writer.close()
    with (tmp_path / "timeline.csv").open(newline="", encoding="utf-8") as file:
        assert [len(cells) for cells in csv.reader(file)] == [len(TIMELINE_COLUMNS)] * 2
    json.loads((tmp_path / "timeline.jsonl").read_text())
