import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.core.errors import CameraError, SourceError
from facemotion.vision.sources import camera
from facemotion.vision.sources.camera import CameraMode, CameraSource, open_capture
from tests.vision.fake_capture import FakeCapture
from tests.vision.videos import even_times, write_video


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "_SILENCE_S", 0.1)
    monkeypatch.setattr(camera, "_WARM_UP_S", 0.2)


def test_reads_through_opencv(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", even_times(12), "mjpeg", pix_fmt="yuvj420p")
    source = CameraSource(0, "Desk", opener=lambda _: cv2.VideoCapture(str(path)))
    with source:
        assert source.info.name == "Desk"
        assert source.info.is_live
        assert (source.info.width_px, source.info.height_px) == (96, 64)
        frames = [source.read() for _ in range(3)]
        assert [frame and frame.index for frame in frames] == [0, 1, 2]
        times = [frame.time_s for frame in frames if frame]
        assert times == sorted(times)
        assert frames[0] is not None
        assert frames[0].frame_bgr.dtype == np.uint8
        for _ in range(9):
            assert source.read() is not None
        with pytest.raises(CameraError, match="gives no more pictures"):
            source.read()


def test_asks_for_its_mode_compressed_first() -> None:
    capture = FakeCapture(pictures=5, fps=0.0)
    source = CameraSource(1, mode=CameraMode(640, 480, 15.0), opener=lambda _: capture)
    with source:
        assert source.info.name == "Camera 2"
        assert source.info.fps == 15.0
    names = list(capture.asked)
    assert names.index(cv2.CAP_PROP_FOURCC) < names.index(cv2.CAP_PROP_FRAME_WIDTH)
    assert capture.asked[cv2.CAP_PROP_FRAME_WIDTH] == 640
    assert capture.asked[cv2.CAP_PROP_FPS] == 15.0
    assert capture.is_released


def test_slow_camera_is_waited_for() -> None:
    capture = FakeCapture(pictures=3, misses=5)
    with CameraSource(0, opener=lambda _: capture) as source:
        assert source.read() is not None


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("linux", "is not there"),
        ("darwin", "Privacy & Security"),
        ("win32", "Settings → Privacy"),
    ],
)
def test_missing_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, words: str
) -> None:
    monkeypatch.setattr(camera.sys, "platform", platform)
    source = CameraSource(
        0, opener=lambda _: FakeCapture(is_open=False), device=tmp_path / "video0"
    )
    with pytest.raises(CameraError, match=words):
        source.open()


def test_busy_and_refused_camera_on_linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera.sys, "platform", "linux")
    device = tmp_path / "video0"
    device.touch()
    source = CameraSource(0, opener=lambda _: FakeCapture(is_open=False), device=device)
    with pytest.raises(CameraError, match="busy"):
        source.open()
    monkeypatch.setattr(camera.os, "access", lambda *_: False)
    with pytest.raises(CameraError, match="group “video”"):
        source.open()


def test_camera_without_pictures() -> None:
    capture = FakeCapture(pictures=0)
    with pytest.raises(CameraError, match="gives no picture"):
        CameraSource(0, opener=lambda _: capture).open()
    assert capture.is_released


def test_real_camera_number_that_is_not_there() -> None:
    level = cv2.utils.logging.getLogLevel()
    capture = open_capture(98)
    assert not capture.isOpened()
    assert cv2.utils.logging.getLogLevel() == level
    with pytest.raises(CameraError):
        CameraSource(98).open()


def test_close_ends_a_waiting_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "_SILENCE_S", 30.0)
    source = CameraSource(0, opener=lambda _: FakeCapture(pictures=2))
    source.open()
    seen: list[object] = []
    reader = threading.Thread(target=lambda: seen.extend(source.read() for _ in range(3)))
    reader.start()
    time.sleep(0.1)
    begin_s = time.monotonic()
    source.close()
    reader.join(5.0)
    assert time.monotonic() - begin_s < 1.0
    assert seen[-1] is None
    assert source.read() is None


def test_opened_again_after_close() -> None:
    captures = [FakeCapture(pictures=2), FakeCapture(pictures=2)]
    source = CameraSource(0, opener=lambda _: captures.pop(0))
    with pytest.raises(SourceError, match="before it was opened"):
        source.read()
    for _ in range(2):
        source.open()
        source.open()
        frame = source.read()
        assert frame is not None
        assert frame.index == 0
        source.close()
