import dataclasses
import os
import struct
import zipfile
from pathlib import Path

import pytest

from facemotion.core.errors import ModelError
from facemotion.vision.pack_catalogue import BUFFALO_SC
from facemotion.vision.pack_import import import_pack
from facemotion.vision.packs import open_pack
from tests.vision.pack_server import model_files
from tests.vision.tiny_models import write_pack


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def models(tiny_pack: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(tiny_pack.glob("*.onnx"))}


def test_folder(tmp_path: Path, tiny_pack: Path) -> None:
    packs = tmp_path / "packs"
    source = tmp_path / "My pack!"
    source.mkdir()
    for name, data in models(tiny_pack).items():
        (source / name).write_bytes(data)
    (source / "LICENSE").write_text("free")
    (source / "virus.exe").write_text("no")
    (source / "inner").mkdir()
    pack = import_pack(source, packs)
    assert pack.folder == packs / "My_pack"
    assert pack.model_id == open_pack(tiny_pack).model_id
    assert sorted(os.listdir(pack.folder)) == ["LICENSE", "det_tiny.onnx", "rec_tiny.onnx"]
    assert os.listdir(packs) == ["My_pack"]


@pytest.mark.parametrize("prefix", ["", "buffalo_s/", "a/b/"])
def test_zip_with_or_without_folders(tmp_path: Path, tiny_pack: Path, prefix: str) -> None:
    files = {prefix + name: data for name, data in models(tiny_pack).items()}
    files[f"{prefix}deeper/other.onnx"] = b"not of this pack"
    files["__MACOSX/._x.txt"] = b""
    pack = import_pack(zip_of(tmp_path / "buffalo_s.zip", files), tmp_path / "packs")
    assert pack.folder == tmp_path / "packs" / "buffalo_s"
    assert len(os.listdir(pack.folder)) == 2


def test_a_pack_of_the_catalogue_is_known(
    tmp_path: Path, tiny_pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = dataclasses.replace(BUFFALO_SC, pack_id="tiny", files=model_files(tiny_pack))
    monkeypatch.setattr("facemotion.vision.pack_import.CATALOGUE", (description,))
    files = models(tiny_pack) | {"zz_genderage.onnx": b"for another task"}
    pack = import_pack(zip_of(tmp_path / "by hand.zip", files), tmp_path / "packs")
    assert pack.folder.name == "by_hand"
    assert (pack.name, pack.licence) == (description.title, description.licence.title)
    assert sorted(os.listdir(pack.folder)) == ["det_tiny.onnx", "pack.toml", "rec_tiny.onnx"]
    own = zip_of(tmp_path / "own.zip", files | {"pack.toml": b'name = "Mine"'})
    assert import_pack(own, tmp_path / "packs").name == "Mine"


def test_nothing_escapes(tmp_path: Path, tiny_pack: Path) -> None:
    files = {f"../../{name}": data for name, data in models(tiny_pack).items()}
    files["../../..\\evil.onnx"] = b"evil"
    files["../../C:evil.onnx"] = b"evil"
    pack = import_pack(zip_of(tmp_path / "p.zip", files), tmp_path / "a" / "packs")
    assert sorted(os.listdir(pack.folder)) == ["det_tiny.onnx", "rec_tiny.onnx"]
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "det_tiny.onnx",
        "p.zip",
        "rec_tiny.onnx",
    ]


def test_same_pack_twice_and_another_of_the_same_name(tmp_path: Path, tiny_pack: Path) -> None:
    packs = tmp_path / "packs"
    first = import_pack(tiny_pack, packs)
    assert import_pack(tiny_pack, packs).folder == first.folder
    other = write_pack(tmp_path / "tiny", dim=9)
    second = import_pack(other, packs)
    assert second.folder == packs / "tiny-2"
    assert second.embedding_dim == 9
    third = write_pack(tmp_path / "x" / "tiny", dim=9)
    (third / "pack.toml").write_text('name = "x"')
    assert import_pack(third, packs).folder == packs / "tiny-3"
    assert sorted(os.listdir(packs)) == ["tiny", "tiny-2", "tiny-3"]


def encrypted(path: Path, tiny_pack: Path) -> Path:
    """A zip whose entries say that they are encrypted."""
    data = bytearray(zip_of(path, models(tiny_pack)).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            (flags,) = struct.unpack_from("<H", data, at + offset)
            struct.pack_into("<H", data, at + offset, flags | 1)
            at = data.find(mark, at + 4)
    path.write_bytes(data)
    return path


def test_refusals_leave_nothing_behind(tmp_path: Path, tiny_pack: Path) -> None:
    packs = tmp_path / "packs"
    text = tmp_path / "text.zip"
    text.write_text("no zip")
    whole = zip_of(tmp_path / "whole.zip", models(tiny_pack)).read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole[:-10])
    flipped = tmp_path / "flipped.zip"
    flipped.write_bytes(whole[:2000] + bytes([whole[2000] ^ 255]) + whole[2001:])
    broken = models(tiny_pack)
    broken["rec_tiny.onnx"] = broken["rec_tiny.onnx"][:300]
    for source, words in (
        (tmp_path / "none.zip", "There is no file or folder"),
        (text, "is no zip file, or it is damaged"),
        (cut, "is no zip file, or it is damaged"),
        (flipped, "is no zip file, or it is damaged"),
        (encrypted(tmp_path / "locked.zip", tiny_pack), "protected by a password"),
        (zip_of(tmp_path / "readme.zip", {"readme.txt": b"hello"}), "holds no models"),
        (zip_of(tmp_path / "broken.zip", broken), r"rec_tiny\.onnx is damaged"),
        (zip_of(tmp_path / "fake.zip", {"det.onnx": b"text"}), r"det\.onnx is damaged"),
    ):
        with pytest.raises(ModelError, match=words):
            import_pack(source, packs)
        assert os.listdir(packs) == []


def test_model_that_does_not_run_is_refused(tmp_path: Path, tiny_pack: Path) -> None:
    files = models(tiny_pack)
    files["rec_tiny.onnx"] = files["rec_tiny.onnx"].replace(b"AveragePool", b"AveragePoop")
    source = zip_of(tmp_path / "p.zip", files)
    with pytest.raises(ModelError, match=r"rec_tiny\.onnx is damaged or of a kind"):
        import_pack(source, tmp_path / "packs")
    assert os.listdir(tmp_path / "packs") == []


def test_size_limit(tmp_path: Path, tiny_pack: Path) -> None:
    with pytest.raises(ModelError, match=r"more than 0\.0 GB of models"):
        import_pack(tiny_pack, tmp_path / "packs", max_bytes=500)
    assert os.listdir(tmp_path / "packs") == []


def test_place_that_cannot_be_written(tmp_path: Path, tiny_pack: Path) -> None:
    (tmp_path / "packs").write_text("a file")
    with pytest.raises(ModelError, match="cannot be written to"):
        import_pack(tiny_pack, tmp_path / "packs")
