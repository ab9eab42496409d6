import csv
import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.core.labels import EMOTIONS
from tests.training.conftest import VOTE_ROWS, random_faces
from training.data import (
    EMOTION_OF_COLUMN,
    FER2013_LABELS,
    VOTE_COLUMNS,
    DataError,
    FaceData,
    emotion_votes,
    label_faces,
    read_faces,
    read_fer2013_csv,
)


def zipped(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))


def rewrite_label_row(folder: Path, row: int, cells: list[str]) -> None:
    lines = (folder / "label.csv").read_text().splitlines()
    lines[row] = ",".join(cells)
    (folder / "label.csv").write_text("\n".join(lines) + "\n")


def write_fer2013(folder: Path, rows: list[tuple[str, ...]], header: str) -> Path:
    path = folder / "fer2013.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(header + "\n")
        csv.writer(file).writerows(rows)
    return path


def pixels(face: np.ndarray) -> str:
    return " ".join(str(value) for value in face.ravel())


def test_votes_are_mapped_by_column_name_not_by_position() -> None:
    # Each FER+ column alone must land on the emotion of the same meaning. Mapping by position
    # would call neutral angry (EMOTIONS[0]) and happiness disgust (EMOTIONS[1]).
    expected = {
        "neutral": "neutral",
        "happiness": "happy",
        "surprise": "surprise",
        "sadness": "sad",
        "anger": "angry",
        "disgust": "disgust",
        "fear": "fear",
    }
    for position, column in enumerate(VOTE_COLUMNS):
        votes = np.zeros((1, len(VOTE_COLUMNS)), np.int32)
        votes[0, position] = 10
        ours = emotion_votes(votes)[0]
        if column in expected:
            assert EMOTIONS[ours.argmax()] == expected[column]
            assert ours.sum() == 10
        else:
            assert ours.sum() == 0


def test_ferplus_columns_are_in_the_order_of_microsofts_tool() -> None:
    assert VOTE_COLUMNS[:7] == (
        "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear",
    )  # fmt: skip
    assert FER2013_LABELS == (
        "angry", "disgust", "fear", "happy", "sad", "surprise", "neutral",
    )  # fmt: skip
    assert sorted(EMOTION_OF_COLUMN.values()) == sorted(EMOTIONS)


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_ferplus_folder_and_zip_give_the_same(ferplus_folder: Path, form: str) -> None:
    data = read_faces(ferplus_folder if form == "folder" else zipped(ferplus_folder))
    np.testing.assert_array_equal(data.images, random_faces(len(VOTE_ROWS)))
    np.testing.assert_array_equal(data.votes, np.array(VOTE_ROWS))
    assert data.names[2] == "fer0000002.png"


def test_strict_selection_drops_ties_and_other_winners(ferplus_folder: Path) -> None:
    faces = label_faces(read_faces(ferplus_folder), "strict", "majority")
    assert [EMOTIONS[i] for i in faces.labels] == ["neutral", "happy", "surprise", "disgust"]
    np.testing.assert_array_equal(faces.rows, [0, 1, 2, 5])
    assert faces.dropped == {"winner is not one of the seven": 2, "no majority": 1}
    np.testing.assert_array_equal(faces.targets.sum(1), np.ones(4))
    assert faces.targets[0, EMOTIONS.index("neutral")] == 1.0


def test_plain_selection_keeps_a_tie(ferplus_folder: Path) -> None:
    faces = label_faces(read_faces(ferplus_folder), "plain", "distribution")
    np.testing.assert_array_equal(faces.rows, [0, 1, 2, 3, 5])
    tie = dict(zip(EMOTIONS, faces.targets[3].tolist(), strict=True))
    assert tie["sad"] == pytest.approx(0.4)
    assert tie["angry"] == pytest.approx(0.4)
    assert tie["neutral"] == pytest.approx(0.2)


def test_distribution_drops_single_votes_and_sums_to_one(ferplus_folder: Path) -> None:
    faces = label_faces(read_faces(ferplus_folder), "plain", "distribution")
    surprise = dict(zip(EMOTIONS, faces.targets[2].tolist(), strict=True))
    assert surprise["surprise"] == pytest.approx(0.6)
    assert surprise["fear"] == pytest.approx(0.4)
    assert faces.targets[0, EMOTIONS.index("sad")] == 0.0
    np.testing.assert_allclose(faces.targets.sum(1), 1.0, rtol=1e-6)


def test_a_row_of_single_votes_only_keeps_them() -> None:
    votes = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 0, 0]], np.int32)
    faces = label_faces(FaceData(random_faces(1), votes, ("a",)), "strict", "distribution")
    assert EMOTIONS[faces.labels[0]] == "happy"


def test_a_row_without_votes_is_dropped() -> None:
    data = FaceData(random_faces(1), np.zeros((1, 10), np.int32), ("a",))
    assert len(label_faces(data, "plain", "distribution")) == 0


@pytest.mark.parametrize(("selection", "targets"), [("some", "majority"), ("strict", "some")])
def test_unknown_choices_are_refused(ferplus_folder: Path, selection: str, targets: str) -> None:
    with pytest.raises(ValueError, match="'some'"):
        label_faces(read_faces(ferplus_folder), selection, targets)


def test_missing_vote_column_names_file_and_row(ferplus_folder: Path) -> None:
    rewrite_label_row(ferplus_folder, 2, ["fer0000002.png", "(0 0 48 48)", "1", "2"])
    with pytest.raises(DataError, match=r"label\.csv, row 3: expected 12 columns, got 4"):
        read_faces(ferplus_folder)


def test_vote_that_is_no_number_names_file_row_and_column(ferplus_folder: Path) -> None:
    cells = ["fer0000001.png", "(0 0 48 48)", "1", "-2", *["0"] * 8]
    rewrite_label_row(ferplus_folder, 1, cells)
    with pytest.raises(DataError, match=r"label\.csv, row 2: happiness is '-2'"):
        read_faces(ferplus_folder)


def test_header_line_is_read_by_name(ferplus_folder: Path) -> None:
    path = ferplus_folder / "label.csv"
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    swapped = ["happiness", "neutral", *VOTE_COLUMNS[2:]]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "box", *swapped])
        writer.writerows([[r[0], r[1], r[3], r[2], *r[4:]] for r in rows])
    np.testing.assert_array_equal(read_faces(ferplus_folder).votes, np.array(VOTE_ROWS))


def test_header_line_without_a_column_is_refused(ferplus_folder: Path) -> None:
    path = ferplus_folder / "label.csv"
    header = ",".join(["image", "box", *VOTE_COLUMNS[:4], *VOTE_COLUMNS[5:]])
    path.write_text(header + "\n" + path.read_text())
    with pytest.raises(DataError, match=r"label\.csv, row 1: column 'anger' is missing"):
        read_faces(ferplus_folder)


def test_missing_picture_names_it(ferplus_folder: Path) -> None:
    (ferplus_folder / "fer0000003.png").unlink()
    with pytest.raises(DataError, match=r"label\.csv, row 4: picture 'fer0000003\.png' is missing"):
        read_faces(ferplus_folder)


def test_picture_of_wrong_size_names_row_and_size(ferplus_folder: Path) -> None:
    cv2.imwrite(str(ferplus_folder / "fer0000000.png"), np.zeros((64, 32), np.uint8))
    with pytest.raises(DataError, match=r"label\.csv, row 1: expected a 48×48 picture, got 32×64"):
        read_faces(ferplus_folder)


def test_broken_picture_names_row(ferplus_folder: Path) -> None:
    (ferplus_folder / "fer0000004.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"label\.csv, row 5: not a readable picture"):
        read_faces(ferplus_folder)


def test_empty_label_file_is_refused(ferplus_folder: Path) -> None:
    (ferplus_folder / "label.csv").write_text("")
    with pytest.raises(DataError, match="no pictures"):
        read_faces(ferplus_folder)


def test_zip_without_labels_and_file_that_is_no_zip(tmp_path: Path) -> None:
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("a/readme.txt", "nothing")
    with pytest.raises(DataError, match=r"no label\.csv"):
        read_faces(empty)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"nothing")
    with pytest.raises(DataError, match="not a zip archive"):
        read_faces(broken)


def test_path_that_is_nothing_we_know(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_faces(tmp_path / "missing")
    (tmp_path / "faces.npz").write_bytes(b"")
    with pytest.raises(DataError, match=r"expected a folder, a \.zip or a \.csv"):
        read_faces(tmp_path / "faces.npz")


def test_fer2013_numbers_become_the_right_emotions(tmp_path: Path) -> None:
    faces = random_faces(7)
    rows = [(str(i), pixels(face), "Training") for i, face in enumerate(faces)]
    data = read_fer2013_csv(write_fer2013(tmp_path, rows, "emotion,pixels,Usage"))
    np.testing.assert_array_equal(data.images, faces)
    labels = label_faces(data, "strict", "majority").labels
    assert [EMOTIONS[i] for i in labels] == list(FER2013_LABELS)


def test_fer2013_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    face = random_faces(1)[0]
    path = write_fer2013(tmp_path, [("PublicTest", pixels(face), "3")], "Usage, pixels, emotion")
    data = read_faces(path)
    assert EMOTIONS[label_faces(data, "strict", "majority").labels[0]] == "happy"


def test_fer2013_usage_selects_rows(tmp_path: Path) -> None:
    face = pixels(random_faces(1)[0])
    rows = [("0", face, "Training"), ("3", face, "PrivateTest")]
    path = write_fer2013(tmp_path, rows, "emotion,pixels,Usage")
    assert len(read_faces(path)) == 2
    assert read_faces(path, "PrivateTest").names == ("PrivateTest/00001",)
    with pytest.raises(DataError, match="no pictures"):
        read_faces(path, "PublicTest")


def write_votes(folder: Path, rows: list[tuple[object, ...]]) -> None:
    with (folder / "fer2013new.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Usage", "Image name", *VOTE_COLUMNS])
        writer.writerows([["Training", "fer.png", *row] for row in rows])


def test_fer2013_takes_the_votes_that_lie_beside_it(tmp_path: Path) -> None:
    face = pixels(random_faces(1)[0])
    path = write_fer2013(tmp_path, [("0", face, "Training")], "emotion,pixels,Usage")
    write_votes(tmp_path, [VOTE_ROWS[1]])
    with_votes = label_faces(read_faces(path), "strict", "majority")
    original = label_faces(read_faces(path, has_votes=False), "strict", "majority")
    assert EMOTIONS[with_votes.labels[0]] == "happy"
    assert EMOTIONS[original.labels[0]] == "angry"


def test_fer2013_votes_of_another_length_are_refused(tmp_path: Path) -> None:
    face = pixels(random_faces(1)[0])
    path = write_fer2013(tmp_path, [("0", face, "Training")], "emotion,pixels,Usage")
    write_votes(tmp_path, [VOTE_ROWS[0], VOTE_ROWS[1]])
    with pytest.raises(DataError, match=r"fer2013new\.csv: 2 rows, but .* has 1"):
        read_faces(path)


def test_fer2013_vote_that_is_no_number_names_its_own_file(tmp_path: Path) -> None:
    face = pixels(random_faces(1)[0])
    path = write_fer2013(tmp_path, [("0", face, "Training")], "emotion,pixels,Usage")
    write_votes(tmp_path, [(1, 2, "many", *[0] * 7)])
    with pytest.raises(DataError, match=r"fer2013new\.csv, row 2: surprise is 'many'"):
        read_faces(path)


def test_fer2013_votes_without_a_column_are_refused(tmp_path: Path) -> None:
    face = pixels(random_faces(1)[0])
    path = write_fer2013(tmp_path, [("0", face, "Training")], "emotion,pixels,Usage")
    header = ",".join(name for name in VOTE_COLUMNS if name != "fear")
    (tmp_path / "fer2013new.csv").write_text(header + "\n")
    with pytest.raises(DataError, match=r"fer2013new\.csv, row 1: column 'fear' is missing"):
        read_faces(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("7", pixels(np.zeros((48, 48), np.uint8)), "Training"), "row 2: emotion 7"),
        (("x", pixels(np.zeros((48, 48), np.uint8)), "Training"), "row 2: emotion is 'x'"),
        (("0", "1 2 3", "Training"), "row 2: expected 2304 pixels in 0…255, got 3 values"),
        (("0", " ".join(["256"] * 2304), "Training"), "row 2: expected 2304 pixels in 0…255"),
        (("0", "1 two 3", "Training"), "row 2: pixels are not whole numbers"),
        (("0",), "row 2: the row ends before its pixels"),
    ],
)
def test_bad_fer2013_rows_name_file_and_row(
    tmp_path: Path, row: tuple[str, ...], message: str
) -> None:
    path = write_fer2013(tmp_path, [row], "emotion,pixels,Usage")
    with pytest.raises(DataError, match=rf"fer2013\.csv, {message}"):
        read_faces(path)


def test_fer2013_without_a_column_is_refused(tmp_path: Path) -> None:
    path = write_fer2013(tmp_path, [("0", "1", "Training")], "emotion,picture,Usage")
    with pytest.raises(DataError, match=r"fer2013\.csv, row 1: column 'pixels' is missing"):
        read_faces(path)


def test_class_folders_are_scaled_and_labelled_by_name(tmp_path: Path) -> None:
    for name in ("happy", "sadness"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "a.png"), np.full((96, 96, 3), 200, np.uint8))
    data = read_faces(tmp_path)
    assert data.images.shape == (2, 48, 48)
    labels = label_faces(data, "strict", "majority").labels
    assert [EMOTIONS[i] for i in labels] == ["happy", "sad"]


def test_broken_picture_in_a_class_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "happy").mkdir()
    (tmp_path / "happy" / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"a\.jpg: not a readable picture"):
        read_faces(tmp_path)


def test_unknown_class_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bored").mkdir()
    with pytest.raises(DataError, match="bored: folder is not one of"):
        read_faces(tmp_path)


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no class folders"):
        read_faces(tmp_path)


def test_hash_follows_pictures_and_votes(ferplus_folder: Path) -> None:
    data = read_faces(ferplus_folder)
    assert data.sha256() == read_faces(ferplus_folder).sha256()
    votes = data.votes.copy()
    votes[0, 0] += 1
    assert FaceData(data.images, votes, data.names).sha256() != data.sha256()


def test_real_validation_part_has_the_published_number_of_strict_rows(
    ferplus_valid: Path,
) -> None:
    data = read_faces(ferplus_valid)
    assert len(data) == 3579
    faces = label_faces(data, "strict", "majority")
    counts = dict(zip(EMOTIONS, np.bincount(faces.labels, minlength=7).tolist(), strict=True))
    assert counts == {
        "angry": 289, "disgust": 25, "fear": 60, "happy": 862,
        "neutral": 1180, "sad": 348, "surprise": 411,
    }  # fmt: skip
