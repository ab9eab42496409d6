from datetime import UTC, datetime, timedelta

import pytest

from facemotion.core.errors import OutputError
from facemotion.store.markers import (
    Marker,
    MarkerWriter,
    clean_label,
    hotkey_kind,
    read_markers,
)

AT = datetime(2025, 1, 2, 3, 4, 5, 678000, UTC)
NAUGHTY = 'a/b, "Zoë" 👩‍🔬; =1+1'


def test_markers_are_read_as_they_were_written(tmp_path):
    markers = (
        Marker(0.25, AT, NAUGHTY),
        Marker(3.0, AT + timedelta(seconds=3), "Start", hotkey_kind(1)),
    )
    writer = MarkerWriter(tmp_path)
    for marker in markers:
        writer.write(marker)
    assert writer.count == 2
    assert read_markers(tmp_path) == markers
    text = (tmp_path / "markers.csv").read_text("utf-8")
    assert text.startswith("time_s,at,label,kind\n0.250,2025-01-02T03:04:05.678+00:00,")


def test_a_note_stamped_earlier_but_written_later_comes_first(tmp_path):
    writer = MarkerWriter(tmp_path)
    for time_s in (5.0, 2.0):
        writer.write(Marker(time_s, AT, "x"))
    assert [marker.time_s for marker in read_markers(tmp_path)] == [2.0, 5.0]


def test_without_a_file_there_are_no_markers(tmp_path):
    assert read_markers(tmp_path) == ()


def test_a_cut_or_foreign_line_is_left_out(tmp_path):
    MarkerWriter(tmp_path).write(Marker(1.0, AT, "whole"))
    with (tmp_path / "markers.csv").open("a") as file:
        file.write("soon,now,what,note\n2.0,2025-01-02T03:04:05+00:00,cut,no")
    assert [marker.label for marker in read_markers(tmp_path)] == ["whole"]


def test_another_table_is_refused(tmp_path):
    (tmp_path / "markers.csv").write_text("a,b\n1,2\n")
    with pytest.raises(OutputError, match="first line must be time_s"):
        read_markers(tmp_path)


def test_what_cannot_be_written_is_named(tmp_path):
    writer = MarkerWriter(tmp_path / "gone")
    with pytest.raises(OutputError, match="“here” cannot be written"):
        writer.write(Marker(1.0, AT, "here"))
    (tmp_path / "gone").mkdir()
    writer.write(Marker(1.0, AT, "here"))
    assert len(read_markers(tmp_path / "gone")) == 1


@pytest.mark.parametrize(
    ("typed", "label"), [("  two\n lines\t", "two lines"), ("", ""), ("x" * 300, "x" * 200)]
)
def test_labels_are_one_line(typed, label):
    assert clean_label(typed) == label
