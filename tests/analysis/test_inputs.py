import os
from pathlib import Path

import cv2
import pytest

from facemotion.analysis.inputs import (
    AnalysisInput,
    find_inputs,
    free_folder_name,
    is_one_source,
)
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec


@pytest.fixture
def folder(tmp_path):
    """Videos and pictures, some below, beside what is neither."""
    for name in ("clip10.mp4", "clip2.MOV", "notes.txt", ".hidden.mp4", "one.png", "two.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "below" / "deep").mkdir(parents=True)
    (tmp_path / "below" / "deep" / "x.mkv").write_bytes(b"x")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "y.mp4").write_bytes(b"y")
    return tmp_path


def titles(found):
    return [entry.title for entry in found.inputs]


def test_a_folder_gives_its_videos_and_its_pictures_together(folder):
    found = find_inputs([str(folder)])
    assert titles(found) == ["clip2.MOV", "clip10.mp4", folder.name]
    assert [entry.spec.kind for entry in found.inputs] == [
        SourceKind.VIDEO,
        SourceKind.VIDEO,
        SourceKind.FOLDER,
    ]
    assert not found.problems
    assert not is_one_source([str(folder)], found.inputs)


def test_folders_inside_are_searched_when_asked_for(folder):
    found = find_inputs([str(folder)], is_recursive=True)
    assert titles(found)[-1] == "below/deep/x.mkv"
    assert found.inputs[-1].folder_name == "below/deep/x"


def test_results_are_no_inputs(folder):
    out = folder / "out"
    for place in (out, folder / "below" / "earlier"):
        place.mkdir()
        (place / "annotated.mp4").write_bytes(b"video")
    (folder / "below" / "earlier" / "summary.json").write_text("{}")
    found = find_inputs([str(folder)], is_recursive=True, besides=out)
    assert titles(found) == ["clip2.MOV", "clip10.mp4", folder.name, "below/deep/x.mkv"]


def test_pictures_drawn_into_the_folder_itself_are_no_inputs(folder):
    (folder / "summary.json").write_text("{}")
    (folder / "annotated").mkdir()
    (folder / "annotated" / "one.png.png").write_bytes(b"drawn")
    assert "annotated" not in titles(find_inputs([str(folder)], is_recursive=True))


def test_pictures_named_one_by_one_belong_together(folder):
    texts = [str(folder / name) for name in ("two.jpg", "one.png", "two.jpg")]
    found = find_inputs(texts)
    assert titles(found) == [folder.name]
    assert found.inputs[0].pictures == ("two.jpg", "one.png")
    assert find_inputs(texts[:1]).inputs[0].spec.kind is SourceKind.IMAGE


def test_only_the_pictures_named_are_read(tmp_path, picture):
    for name in ("a.png", "b.png", "c.png"):
        cv2.imwrite(str(tmp_path / name), picture)
    found = find_inputs([str(tmp_path / "c.png"), str(tmp_path / "a.png")])
    with found.inputs[0].make_source() as source:
        assert source.info.frame_count == 2
        assert [source.read().name, source.read().name, source.read()] == ["c.png", "a.png", None]


def test_nothing_is_given_twice(folder):
    found = find_inputs([str(folder / "clip2.MOV"), str(folder), str(folder)])
    assert titles(found) == ["clip2.MOV", "clip10.mp4", folder.name]


def test_what_gives_nothing_is_said_and_the_rest_goes_on(folder):
    (folder / "empty").mkdir()
    found = find_inputs([str(folder / "empty"), "ftp://host/x", str(folder / "clip2.MOV")])
    assert titles(found) == ["clip2.MOV"]
    assert "no pictures and no videos" in found.problems[0]
    assert "ftp://" in found.problems[1]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs rights to be refused")
def test_a_folder_that_may_not_be_read_is_said(folder):
    (folder / "below").chmod(0)
    try:
        assert "cannot be read" in find_inputs([str(folder / "below")]).problems[0]
    finally:
        (folder / "below").chmod(0o700)


def test_a_folder_that_is_a_file_by_now_is_said(folder, monkeypatch):
    def vanished(self):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "iterdir", vanished)
    assert "cannot be read" in find_inputs([str(folder)]).problems[0]
    assert "no pictures and no videos" in find_inputs([str(folder)], is_recursive=True).problems[0]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [(["clip2.MOV"], True), (["one.png"], True), (["pictures"], True), (["."], False)],
)
def test_one_source_lies_in_the_output_folder_itself(folder, texts, expected):
    (folder / "pictures").mkdir()
    (folder / "pictures" / "p.png").write_bytes(b"p")
    paths = [str(folder / text) for text in texts]
    assert is_one_source(paths, find_inputs(paths).inputs) is expected


def test_a_folder_with_one_video_is_still_a_batch(folder):
    path = [str(folder / "below" / "deep")]
    assert not is_one_source(path, find_inputs(path).inputs)


@pytest.mark.parametrize(
    ("spec", "title", "expected"),
    [
        (SourceSpec(SourceKind.VIDEO, "/v/a.b.mp4"), "a.b.mp4", "a.b"),
        (SourceSpec(SourceKind.VIDEO, "/v/.mp4 "), ".mp4 ", "mp4"),
        (SourceSpec(SourceKind.FOLDER, "/v/2026.01"), "2026.01", "2026.01"),
        (SourceSpec(SourceKind.VIDEO, '/v/a<b>"c".mp4'), 'a<b>"c".mp4', "a-b-c"),
        (SourceSpec(SourceKind.VIDEO, "/v/🙂.mp4"), "🙂.mp4", "🙂"),
        (SourceSpec(SourceKind.VIDEO, "/v/?.mp4"), "?.mp4", "input"),
        (SourceSpec(SourceKind.CAMERA, "0"), "camera:0", "camera-0"),
    ],
)
def test_folder_names_fit_every_system(spec, title, expected):
    assert AnalysisInput(spec, title).folder_name == expected


def test_an_address_keeps_its_password_to_itself():
    found = find_inputs(["rtsp://me:secret@host/cam/1"])
    entry = found.inputs[0]
    assert "secret" not in entry.title + entry.identity + entry.folder_name
    assert "/" not in entry.title
    assert not entry.is_repeatable


def test_sizes_are_those_of_the_files(folder):
    video, _, pictures = find_inputs([str(folder)]).inputs
    assert video.size_bytes() == len("clip2.MOV")
    assert pictures.size_bytes() == len("one.png") + len("two.jpg")
    (folder / "clip2.MOV").unlink()
    assert video.size_bytes() > 0
    gone = AnalysisInput(SourceSpec(SourceKind.FOLDER, str(folder / "gone")), "gone")
    assert gone.size_bytes() > 0


def test_free_names_count_up():
    assert free_folder_name("clip", []) == "clip"
    assert free_folder_name("clip", ["CLIP", "clip-2"]) == "clip-3"
