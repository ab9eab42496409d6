from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.core.errors import SourceError
from facemotion.vision.sources.folder import FolderSource, list_pictures, natural_key


def put(folder: Path, name: str, side: int = 8) -> None:
    (folder / name).write_bytes(cv2.imencode(".png", np.zeros((side, side, 3), np.uint8))[1])


def test_natural_order() -> None:
    names = ["photo10.png", "Photo2.png", "photo1.png", "b.png", "1.png"]
    assert sorted(names, key=natural_key) == [
        "1.png",
        "b.png",
        "photo1.png",
        "Photo2.png",
        "photo10.png",
    ]


def test_pictures_in_order_each_a_scene(tmp_path: Path) -> None:
    for number, side in ((10, 6), (9, 7)):
        put(tmp_path, f"p{number}.PNG", side)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_text("no picture")
    (tmp_path / "inner.png").mkdir()
    with FolderSource(tmp_path, seconds_per_picture=1.5) as source:
        info = source.info
        assert (info.frame_count, info.duration_s, info.is_seekable) == (2, 3.0, True)
        frames = [source.read(), source.read()]
        assert source.read() is None
        assert [f and (f.name, f.time_s, f.index, f.scene_id) for f in frames] == [
            ("p9.PNG", 0.0, 0, 0),
            ("p10.PNG", 1.5, 1, 1),
        ]
        assert source.info.width_px == 6
        assert source.problems == []


def test_seek(tmp_path: Path) -> None:
    for number in range(4):
        put(tmp_path, f"{number}.png")
    with FolderSource(tmp_path) as source:
        for time_s, name in ((2.0, "1.png"), (5.9, "2.png"), (99.0, "3.png"), (-1.0, "0.png")):
            source.seek(time_s)
            frame = source.read()
            assert frame is not None
            assert frame.name == name


def test_unreadable_picture_is_reported_once_and_skipped(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    (tmp_path / "b.jpg").write_text("text")
    put(tmp_path, "c.png")
    with FolderSource(tmp_path) as source:
        for _ in range(2):
            source.seek(0.0)
            names = []
            while (frame := source.read()) is not None:
                names.append(frame.name)
            assert names == ["a.png", "c.png"]
        (problem,) = source.problems
        assert "b.jpg is not a picture" in problem


def test_closed_and_opened_again(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    source = FolderSource(tmp_path)
    with pytest.raises(SourceError, match="before it was opened"):
        source.read()
    with source:
        source.close()
        assert source.read() is None
    source.open()
    source.open()
    assert source.read() is not None


def test_folder_without_pictures_or_missing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(SourceError, match=r"holds no pictures.*JPEG or PNG"):
        FolderSource(tmp_path).open()
    with pytest.raises(SourceError, match="There is no folder"):
        list_pictures(tmp_path / "none")
    with pytest.raises(SourceError, match="There is no folder"):
        list_pictures(tmp_path / "notes.txt")


def test_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(SourceError, match="cannot be read: Permission denied"):
        list_pictures(tmp_path)
