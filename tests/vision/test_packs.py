import logging
import shutil
from pathlib import Path

import pytest

from facemotion.core.errors import ModelError
from facemotion.core.impostors import ImpostorTail
from facemotion.core.matching import PackThresholds
from facemotion.vision.packs import file_sha256, find_packs, open_pack, scan_packs
from tests.vision.tiny_models import (
    write_detector,
    write_emotion_model,
    write_pack,
    write_recogniser,
)


def test_tiny_pack(tiny_pack: Path) -> None:
    pack = open_pack(tiny_pack)
    assert pack.name == "tiny"
    assert pack.detector_path.name == "det_tiny.onnx"
    assert pack.recogniser_path is not None
    assert pack.embedding_dim == 16
    digest = file_sha256(pack.recogniser_path)
    assert pack.model_id == f"rec_tiny-{digest[:8]}"
    assert pack.thresholds == PackThresholds()
    assert pack.licence == ""
    assert pack.size_bytes == sum(path.stat().st_size for path in tiny_pack.glob("*.onnx"))


def test_shared_pack_is_known(shared_pack: Path) -> None:
    pack = open_pack(shared_pack)
    assert pack.model_id == "mobilefacenet-e72a5710"
    assert pack.embedding_dim == 128
    assert "research only" in pack.licence
    assert [round(pack.thresholds.threshold_for(n), 2) for n in (1, 5, 20, 100, 500)] == [
        0.26,
        0.32,
        0.37,
        0.41,
        0.46,
    ]


def test_pack_without_recogniser(tmp_path: Path) -> None:
    pack = open_pack(write_pack(tmp_path / "p", has_recogniser=False))
    assert (pack.recogniser_path, pack.model_id, pack.embedding_dim) == (None, "", 0)


def test_other_models_in_the_folder_are_passed_over(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "p")
    write_emotion_model(folder / "a_emotion.onnx")
    write_recogniser(folder / "z_second.onnx")
    assert open_pack(folder).recogniser_path == folder / "rec_tiny.onnx"


def test_description_file(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "p")
    (folder / "pack.toml").write_text(
        'name = "Büro"\nlicence = "CC0"\n[thresholds]\nmatch = 0.5\n'
        "by_gallery_size = [[1, 0.5], [9, 0.6]]\n",
        encoding="utf-8",
    )
    pack = open_pack(folder)
    assert (pack.name, pack.licence) == ("Büro", "CC0")
    assert pack.thresholds == PackThresholds(0.5, 0.4, ((1, 0.5), (9, 0.6)))


def test_description_of_strangers(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "p")
    tail = "[impostors]\nlocation = 0.01\nscale = 0.11\nskew = 0.002\ncrowding = 0.97\n"
    (folder / "pack.toml").write_text(tail)
    impostors = ImpostorTail(0.01, 0.11, 0.002, 0.97)
    assert open_pack(folder).thresholds == PackThresholds(impostors=impostors)
    (folder / "pack.toml").write_text(f"{tail}[thresholds]\nmatch = 0.3\nuncertain = 0.25\n")
    assert open_pack(folder).thresholds == PackThresholds(0.3, 0.25, (), impostors)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"name = ", r"pack\.toml of the pack p cannot be read"),
        (b"\xff\xfe", r"pack\.toml of the pack p cannot be read"),
        (b"thresholds = 3", "thresholds in pack.toml of the pack p are not valid"),
        (b"[thresholds]\nuncertain = 0.1", "are not valid"),
        (b"impostors = 3", "are not valid"),
        (b"[impostors]\nlocation = 0.1", "are not valid"),
        (b"[impostors]\nlocation = 0.1\nscale = -1.0", "are not valid"),
        (b"[impostors]\nlocation = 0.1\nscale = 'x'", "are not valid"),
        (b"[thresholds]\nmatch = 0.1\nuncertain = 0.4", "are not valid"),
        (b"[thresholds]\nmatch = 0.1\nby_gallery_size = [[5, 0.1], [1, 0.2]]", "are not valid"),
    ],
)
def test_damaged_description(tmp_path: Path, text: bytes, words: str) -> None:
    folder = write_pack(tmp_path / "p")
    (folder / "pack.toml").write_bytes(text)
    with pytest.raises(ModelError, match=words):
        open_pack(folder)


def test_folders_that_are_no_pack(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    lone = tmp_path / "lone"
    lone.mkdir()
    write_recogniser(lone / "rec.onnx")
    boxes = tmp_path / "boxes"
    boxes.mkdir()
    write_detector(boxes / "det.onnx", has_landmarks=False)
    zipped = tmp_path / "pack.zip"
    zipped.write_bytes(b"PK")
    for path, words in (
        (tmp_path / "none", "There is no model pack at"),
        (empty, r"holds no models \(\.onnx files\)"),
        (lone, "has no detection model"),
        (boxes, "has no detection model"),
        (zipped, "is a file, not a pack's folder. Import it"),
    ):
        with pytest.raises(ModelError, match=words):
            open_pack(path)


def test_a_file_that_is_not_the_described_one(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "p")
    digest = file_sha256(folder / "det_tiny.onnx")
    for described, is_problem in ((digest, False), ("0" * 64, True)):
        (folder / "pack.toml").write_text(
            f'id = "mine"\nspeed = "fast"\nsource = "us"\naccuracy = "good"\n'
            f'[[files]]\nname = "det_tiny.onnx"\nsha256 = "{described}"\n'
        )
        pack = open_pack(folder)
        assert (pack.pack_id, pack.speed, pack.source, pack.accuracy) == (
            "mine",
            "fast",
            "us",
            "good",
        )
        assert ("det_tiny.onnx of the pack p is not the file" in pack.problem) is is_problem


def test_similarities_at_two_rates(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "p")
    assert (open_pack(folder).at_1_percent, open_pack(folder).at_0_1_percent) == (None, None)
    (folder / "pack.toml").write_text(
        "[thresholds]\nmatch = 0.4\n"
        "false_accepts_1_percent = 0.33\nfalse_accepts_0_1_percent = 0.43"
    )
    assert (open_pack(folder).at_1_percent, open_pack(folder).at_0_1_percent) == (0.33, 0.43)
    (folder / "pack.toml").write_text("[impostors]\nlocation = 0.0\nscale = 0.1\nskew = 0.0")
    pack = open_pack(folder)
    assert pack.at_1_percent == pytest.approx(0.2326, abs=1e-3)
    assert pack.at_0_1_percent == pytest.approx(0.3090, abs=1e-3)


def test_damaged_model_is_named_when_it_may_be_needed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_pack(tmp_path / "p")
    data = (folder / "rec_tiny.onnx").read_bytes()
    (folder / "rec_tiny.onnx").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match=r"rec_tiny\.onnx is damaged"):
        open_pack(folder)
    write_recogniser(folder / "rec_other.onnx")
    with caplog.at_level(logging.WARNING):
        assert open_pack(folder).recogniser_path == folder / "rec_other.onnx"
    assert "rec_tiny.onnx" in caplog.text


def test_search(tmp_path: Path, tiny_pack: Path) -> None:
    root = tmp_path / "packs"
    shutil.copytree(tiny_pack, root / "b")
    shutil.copytree(tiny_pack, root / "a")
    (root / "notes").mkdir()
    (root / ".hidden").mkdir()
    write_detector(root / ".hidden" / "det.onnx")
    broken = root / "c"
    broken.mkdir()
    (broken / "det.onnx").write_text("text")
    found = scan_packs([tmp_path / "missing", root, root / "a"])
    assert [pack.folder.name for pack in found.packs] == ["a", "b"]
    assert len(found.problems) == 1
    assert "det.onnx is damaged" in found.problems[0]
    assert [pack.name for pack in find_packs([root / "b"])] == ["b"]


def test_hash_of_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        file_sha256(tmp_path / "none.onnx")


def test_refused_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ModelError, match="cannot be read: Permission denied"):
        open_pack(tmp_path)
