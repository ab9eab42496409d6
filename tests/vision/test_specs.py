from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.core.errors import CameraError, SourceError
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.camera import CameraSource
from facemotion.vision.sources.demo import DemoSource
from facemotion.vision.sources.folder import FolderSource
from facemotion.vision.sources.image import ImageSource
from facemotion.vision.sources.specs import SourceSpec, make_source, open_source, parse_source
from facemotion.vision.sources.stream import StreamSource, shown_address
from facemotion.vision.sources.video import VideoSource


@pytest.mark.parametrize(
    ("text", "kind", "location"),
    [
        ("demo", SourceKind.DEMO, ""),
        (" Demo ", SourceKind.DEMO, ""),
        ("camera", SourceKind.CAMERA, "0"),
        ("camera:2", SourceKind.CAMERA, "2"),
        ("Camera:07", SourceKind.CAMERA, "7"),
        ("/dev/video3", SourceKind.CAMERA, "3"),
        ("rtsp://host/path", SourceKind.STREAM, "rtsp://host/path"),
        ("HTTP://host:8080/v.mjpg", SourceKind.STREAM, "HTTP://host:8080/v.mjpg"),
        ("a/b.mp4", SourceKind.VIDEO, str(Path("a/b.mp4"))),
        ("demo.mp4", SourceKind.VIDEO, "demo.mp4"),
        ("C:\\clips\\a.mov", SourceKind.VIDEO, "C:\\clips\\a.mov"),
        ("photo.JPG", SourceKind.IMAGE, "photo.JPG"),
        ("file:///clips/Zo%C3%AB.mp4", SourceKind.VIDEO, str(Path("/clips/Zoë.mp4"))),
    ],
)
def test_texts(text: str, kind: SourceKind, location: str) -> None:
    spec = parse_source(text)
    assert (spec.kind, spec.location) == (kind, location)
    assert parse_source(spec.text) == spec


def test_home_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert parse_source("~/a.mp4").location == str(tmp_path / "a.mp4")
    assert parse_source(str(tmp_path)).kind is SourceKind.FOLDER


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  ", "No source was named"),
        ("ftp://host/a.mp4", "ftp:// cannot be opened. Use one of rtsp"),
        ("rtsp:///path", "names no host"),
    ],
)
def test_refused_texts(text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse_source(text)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        (SourceSpec(SourceKind.DEMO), DemoSource),
        (SourceSpec(SourceKind.CAMERA, "1", "Desk"), CameraSource),
        (SourceSpec(SourceKind.STREAM, "rtsp://h/p"), StreamSource),
        (SourceSpec(SourceKind.FOLDER, "f"), FolderSource),
        (SourceSpec(SourceKind.IMAGE, "a.png"), ImageSource),
        (SourceSpec(SourceKind.VIDEO, "a.mp4"), VideoSource),
    ],
)
def test_makes_the_right_source_unopened(spec: SourceSpec, kind: type) -> None:
    source = make_source(spec)
    assert type(source) is kind
    assert source.info.kind is spec.kind
    with pytest.raises(SourceError, match="before it was opened"):
        source.read()


def test_opens(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(cv2.imencode(".png", np.zeros((4, 5, 3), np.uint8))[1])
    with open_source(parse_source(str(path))) as source:
        assert source.info.width_px == 5


def test_failing_to_open_leaves_nothing_open(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no file"):
        open_source(parse_source(str(tmp_path / "a.mp4")))
    with pytest.raises(CameraError):
        open_source(parse_source("camera:99"))


def test_some_sources_cannot_seek() -> None:
    with pytest.raises(SourceError, match="cannot be wound"):
        DemoSource().seek(3.0)


def test_addresses_are_shown_without_secrets() -> None:
    assert shown_address("rtsp://me:secret@cam:554/live?token=1") == "rtsp://cam:554/live"
    spec = parse_source("rtsp://me:secret@cam/live")
    assert "secret" not in make_source(spec).info.name
