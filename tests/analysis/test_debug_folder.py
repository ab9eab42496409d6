import csv
import dataclasses
import os
import stat
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.analysis.debug_folder import (
    COLUMNS,
    MOST_READ,
    TABLE_NAME,
    DebugFace,
    DebugFolderWriter,
    face_name,
    is_debug_file,
    read_debug_folder,
)
from facemotion.core.errors import OutputError, SourceError
from facemotion.core.labels import EMOTIONS
from facemotion.core.types import FaceQuality
from tests.core.faces import probs_of

NOON = datetime(2026, 1, 2, 12, 3, 4, 56_000)
QUALITY = FaceQuality(0.9, 80.0, 0.0, 3.0, -2.0, 1.0, 250.0)


def debug_face(number=0, track_id=1, clock=NOON, quality=QUALITY, **probs):
    crop = np.random.default_rng(number).integers(0, 256, (48, 48)).astype(np.uint8)
    given = probs_of(**(probs or {"happy": 0.875}))
    return DebugFace(crop, given, track_id, number / 10.0, clock, quality, "model-1")


@pytest.fixture
def writer(tmp_path):
    made = DebugFolderWriter(tmp_path / "debug", NOON, 5)
    yield made
    made.close()


def test_the_name_says_time_track_label_and_probability():
    assert face_name(debug_face(track_id=12), NOON) == "120304_056_12_happy_0.875.png"
    sure = dataclasses.replace(debug_face(), probs=np.eye(7, dtype=np.float32)[3])
    assert face_name(sure, NOON) == "120304_056_1_happy_1.000.png"


def test_the_folder_is_named_by_the_clock_and_private(writer, tmp_path):
    assert writer.folder == tmp_path / "debug" / "2026-01-02_120304"
    assert writer.write(debug_face())
    if os.name == "posix":
        for path in (writer.folder, *writer.folder.iterdir()):
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_what_is_written_is_read_back(writer):
    faces = [
        debug_face(0, 1, happy=0.9),
        debug_face(1, 2, sad=0.6, neutral=0.3),
        debug_face(2, 1, clock=NOON.replace(minute=4), quality=None, fear=0.5),
    ]
    assert all(writer.write(face) for face in faces)
    read = read_debug_folder(writer.folder)
    assert len(read) == writer.count == 3
    assert not read.problems
    assert read.model_ids == ("model-1",)
    assert [EMOTIONS[label] for label in read.labels] == ["happy", "sad", "fear"]
    assert read.confidences == pytest.approx([0.9, 0.6, 0.5])
    assert read.track_ids.tolist() == [1, 2, 1]
    for row, face in enumerate(faces):
        assert np.array_equal(read.crops[row], face.crop)
        assert read.answers[row] == pytest.approx(face.probs, abs=1e-5)


def test_the_table_holds_probabilities_gap_and_gate_values(writer):
    writer.write(debug_face(0, happy=0.7, sad=0.2))
    writer.write(debug_face(1, quality=None))
    with (writer.folder / TABLE_NAME).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert float(rows[0]["gap"]) == pytest.approx(0.5, abs=1e-5)
    assert sum(float(rows[0][name]) for name in EMOTIONS) == pytest.approx(1.0, abs=1e-4)
    assert (rows[0]["face_px"], rows[0]["sharpness"]) == ("80.000", "250.000")
    assert rows[1]["face_px"] == ""


def test_the_oldest_are_kept_when_the_folder_is_full(writer):
    assert [writer.write(debug_face(n, track_id=n)) for n in range(7)] == [True] * 5 + [False] * 2
    assert writer.is_full
    assert sorted(read_debug_folder(writer.folder).track_ids.tolist()) == [0, 1, 2, 3, 4]


def test_two_faces_of_one_moment_get_two_names(writer):
    for number in range(3):
        writer.write(debug_face(number))
    assert read_debug_folder(writer.folder).names == (
        "120304_056_1_happy_0.875.png",
        "120304_057_1_happy_0.875.png",
        "120304_058_1_happy_0.875.png",
    )


def test_a_second_folder_of_the_same_second_has_another_name(writer, tmp_path):
    other = DebugFolderWriter(tmp_path / "debug", NOON, 5)
    other.close()
    assert other.folder.name == "2026-01-02_120304-2"


def test_without_a_table_the_names_count(writer):
    writer.write(debug_face(0, happy=0.7, sad=0.3))
    (writer.folder / TABLE_NAME).unlink()
    read = read_debug_folder(writer.folder)
    assert read.model_ids == ()
    assert np.isnan(read.probs).all()
    assert read.answers[0].sum() == pytest.approx(1.0)
    assert read.answers[0, EMOTIONS.index("happy")] == pytest.approx(0.7)


def test_other_files_are_left_out_and_counted(writer):
    writer.write(debug_face())
    folder = writer.folder
    (folder / "notes.txt").write_text("hello")
    (folder / "holiday.png").write_bytes(b"no picture")
    (folder / "120304_056_1_joy_0.875.png").write_bytes(b"not one of the seven")
    (folder / "120305_000_1_sad_0.500.png").write_bytes(b"broken")
    (folder / "120306_000_1_sad_0.500.png").write_bytes(b"")
    large = cv2.imencode(".png", np.zeros((64, 64), np.uint8))[1].tobytes()
    (folder / "120307_000_1_sad_0.500.png").write_bytes(large)
    (folder / "120308_000_1_sad_0.500.png").mkdir()
    read = read_debug_folder(folder)
    assert len(read) == 1
    assert any("2 pictures are not named" in problem for problem in read.problems)
    assert any("4 pictures are damaged" in problem for problem in read.problems)


def test_colour_pictures_are_read_as_gray(tmp_path):
    picture = np.full((48, 48, 3), 90, np.uint8)
    cv2.imwrite(str(tmp_path / "120304_056_1_happy_0.9.png"), picture)
    assert read_debug_folder(tmp_path).crops.tolist() == [[[90] * 48] * 48]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("0.875000", "lots"),
        lambda text: text.replace("0.875000", "0.100000"),
        lambda text: text.replace("happy,", "joy,", 1),
    ],
)
def test_damaged_rows_fall_back_to_the_name(writer, damage):
    writer.write(debug_face())
    table = writer.folder / TABLE_NAME
    table.write_text(damage(table.read_text("utf-8")), "utf-8")
    read = read_debug_folder(writer.folder)
    assert any(TABLE_NAME in problem for problem in read.problems)
    assert read.answers[0].max() == pytest.approx(0.875)


def test_a_table_that_is_no_text(writer):
    writer.write(debug_face())
    (writer.folder / TABLE_NAME).write_bytes(b"\xff\xfe\x00rubbish\x81")
    read = read_debug_folder(writer.folder)
    assert len(read) == 1
    assert any("the file names count" in problem for problem in read.problems)


def test_an_empty_folder_and_none_at_all(tmp_path):
    assert len(read_debug_folder(tmp_path)) == 0
    assert read_debug_folder(tmp_path).answers.shape == (0, 7)
    with pytest.raises(SourceError, match="debug mode"):
        read_debug_folder(tmp_path / "missing")


def test_only_the_first_of_very_many_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr("facemotion.analysis.debug_folder.MOST_READ", 3)
    data = cv2.imencode(".png", np.zeros((48, 48), np.uint8))[1].tobytes()
    for number in range(5):
        (tmp_path / f"12030{number}_000_1_sad_0.500.png").write_bytes(data)
    read = read_debug_folder(tmp_path)
    assert len(read) == 3
    assert "There are 5 faces" in read.problems[0]
    assert MOST_READ >= 1000


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "debug").write_text("a file")
    with pytest.raises(OutputError, match="Cannot make the folder"):
        DebugFolderWriter(tmp_path / "debug", NOON, 5)


def test_a_folder_that_vanished(writer):
    writer.write(debug_face())
    for path in writer.folder.iterdir():
        path.unlink()
    writer.folder.rmdir()
    with pytest.raises(OutputError, match="disk is not full"):
        writer.write(debug_face(1))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_ends_the_table_with_a_sentence(writer, monkeypatch):
    writer.write(debug_face())
    writer.close()
    writer._table = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115
    writer._rows = csv.writer(writer._table)
    with pytest.raises(OutputError, match="No space left"):
        writer.write(debug_face(1))
    writer.close()
    assert len(read_debug_folder(writer.folder)) >= 1


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("120304_056_1_happy_0.875.png", True),
        ("120304_056_1_happy_0.875.PNG", False),
        ("faces.csv", False),
        ("120304_56_1_happy_0.875.png", False),
        ("x120304_056_1_happy_0.875.png", False),
    ],
)
def test_which_files_are_debug_modes(tmp_path, name, is_one):
    assert is_debug_file(tmp_path / name) is is_one
