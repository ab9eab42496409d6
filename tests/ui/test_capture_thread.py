import itertools
import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import QObject, Slot

from facemotion.ui import capture_thread
from facemotion.ui.capture_thread import CaptureThread
from facemotion.ui.mailbox import Mailbox
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec, make_source, path_source
from tests.fakes import FakeCamera

CAMERA = SourceSpec(SourceKind.CAMERA, "0", "Fake camera")
WAIT_MS = 8000


class Listener(QObject):
    """Receives in the GUI thread and keeps what it heard."""

    def __init__(self, thread, display):
        super().__init__()
        self.infos, self.failures, self.losses, self.positions = [], [], [], []
        self.pictures, self.ends, self.display = [], 0, display
        thread.source_opened.connect(self.on_opened)
        thread.failed.connect(self.on_failed)
        thread.reconnecting.connect(self.on_reconnecting)
        thread.position_changed.connect(self.on_position)
        thread.frame_ready.connect(self.on_frame)
        thread.ended.connect(self.on_ended)

    @Slot(object)
    def on_opened(self, info):
        self.infos.append(info)

    @Slot(str)
    def on_failed(self, sentence):
        self.failures.append(sentence)

    @Slot(str, float)
    def on_reconnecting(self, reason, delay_s):
        self.losses.append((reason, delay_s))

    @Slot(float)
    def on_position(self, time_s):
        self.positions.append(time_s)

    @Slot()
    def on_frame(self):
        picture = self.display.take()
        if picture is not None:
            self.pictures.append(picture)

    @Slot()
    def on_ended(self):
        self.ends += 1


@pytest.fixture
def capture(qapp):
    made = []

    def start(spec, maker=make_source, **setup):
        display, inference = Mailbox(), Mailbox()
        thread = CaptureThread(spec, maker, display, inference, setup.get("first_scene_id", 0))
        thread.set_look(*setup.get("view", (0, 0)), setup.get("is_mirrored", False))
        thread.set_looping(setup.get("is_looping", False))
        listener = Listener(thread, display)
        made.append(thread)
        thread.start()
        return thread, listener, inference

    yield start
    for thread in made:
        thread.stop()
        assert thread.wait(5000)
    qapp.processEvents()


def test_a_file_plays_at_its_own_speed_and_ends(qtbot, capture, clip):
    begin_s = time.monotonic()
    _thread, heard, inference = capture(path_source(clip), view=(80, 80))
    qtbot.waitUntil(lambda: heard.ends == 1, timeout=WAIT_MS)
    duration_s = time.monotonic() - begin_s
    assert 1.8 <= duration_s <= 4.0
    assert heard.infos[0].is_seekable
    assert heard.pictures[0].bgra.shape == (60, 80, 4)
    assert heard.pictures[0].frame.frame_bgr.shape == (120, 160, 3)
    times = [picture.frame.time_s for picture in heard.pictures]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(1.96, abs=0.05)
    assert heard.positions[-1] == pytest.approx(2.0, abs=0.1)
    assert len(heard.positions) <= 25
    assert inference.take().frame.time_s == pytest.approx(1.96, abs=0.05)


def test_pause_keeps_the_picture_and_play_goes_on(qtbot, capture, clip):
    thread, heard, _ = capture(path_source(clip))
    qtbot.waitUntil(lambda: len(heard.pictures) >= 5, timeout=WAIT_MS)
    thread.pause()
    qtbot.wait(200)
    count = len(heard.pictures)
    qtbot.wait(200)
    assert len(heard.pictures) == count
    thread.play()
    qtbot.waitUntil(lambda: heard.ends == 1, timeout=WAIT_MS)
    gaps = np.diff([picture.frame.time_s for picture in heard.pictures])
    assert gaps.max() < 0.5  # nothing was jumped over while it stood still


def test_seek_while_paused_shows_that_moment_in_a_new_scene(qtbot, capture, clip):
    thread, heard, _ = capture(path_source(clip))
    qtbot.waitUntil(lambda: len(heard.pictures) >= 3, timeout=WAIT_MS)
    thread.pause()
    qtbot.wait(150)
    before = heard.pictures[-1].frame
    thread.seek(1.2)
    qtbot.waitUntil(lambda: heard.pictures[-1].frame.time_s > 1.0, timeout=WAIT_MS)
    after = heard.pictures[-1].frame
    assert after.time_s == pytest.approx(1.2, abs=0.05)
    assert after.scene_id > before.scene_id
    assert thread.last_scene_id == after.scene_id


def test_looping_starts_again_with_another_scene(qtbot, capture, clip):
    _thread, heard, _ = capture(path_source(clip), is_looping=True, first_scene_id=7)

    def has_gone_back():
        frames = [picture.frame for picture in heard.pictures]
        return any(later.time_s < earlier.time_s for earlier, later in itertools.pairwise(frames))

    qtbot.waitUntil(has_gone_back, timeout=WAIT_MS)
    first = heard.pictures[0].frame
    assert first.scene_id >= 7
    assert heard.ends == 0
    assert heard.pictures[-1].frame.scene_id > first.scene_id


def test_play_after_the_end_starts_again(qtbot, capture, clip):
    thread, heard, _ = capture(path_source(clip))
    qtbot.waitUntil(lambda: heard.ends == 1, timeout=WAIT_MS)
    count = len(heard.pictures)
    thread.play()
    qtbot.waitUntil(lambda: len(heard.pictures) > count + 2, timeout=WAIT_MS)
    assert heard.pictures[count].frame.time_s < 0.1


def test_a_photo_is_shown_once_and_rendered_again_when_the_view_grows(qtbot, capture, photo):
    thread, heard, inference = capture(path_source(photo), view=(160, 160))
    qtbot.waitUntil(lambda: heard.ends == 1, timeout=WAIT_MS)
    assert len(heard.pictures) == 1
    assert heard.pictures[0].is_still
    assert heard.pictures[0].bgra.shape == (120, 160, 4)
    thread.set_look(640, 640, True)
    qtbot.waitUntil(lambda: len(heard.pictures) == 2, timeout=WAIT_MS)
    assert heard.pictures[1].bgra.shape == (480, 640, 4)
    assert not heard.pictures[1].is_mirrored  # only cameras are
    inference.take()
    assert inference.take() is None  # the models have nothing new to read


def test_a_source_that_cannot_be_opened_says_so(qtbot, capture, tmp_path):
    thread, heard, _ = capture(path_source(tmp_path / "missing.mp4"))
    qtbot.waitUntil(lambda: bool(heard.failures), timeout=WAIT_MS)
    assert "missing.mp4" in heard.failures[0]
    qtbot.waitUntil(thread.isFinished, timeout=WAIT_MS)


def test_an_unexpected_error_becomes_a_sentence(qtbot, capture, caplog):
    def maker(_spec):
        raise RuntimeError("driver on fire")

    thread, heard, _ = capture(CAMERA, maker)
    qtbot.waitUntil(lambda: bool(heard.failures), timeout=WAIT_MS)
    assert "unexpected" in heard.failures[0]
    assert "driver on fire" in caplog.text
    qtbot.waitUntil(thread.isFinished, timeout=WAIT_MS)


def test_a_camera_is_mirrored_when_wanted(qtbot, capture):
    plugged = threading.Event()
    plugged.set()
    thread, heard, _ = capture(CAMERA, lambda _spec: FakeCamera(plugged), is_mirrored=True)
    qtbot.waitUntil(lambda: len(heard.pictures) >= 2, timeout=WAIT_MS)
    picture = heard.pictures[0]
    assert picture.is_mirrored
    assert picture.bgra[60, 159, 0] == 200
    assert picture.frame.frame_bgr[60, 0, 0] == 200
    thread.pause()
    qtbot.wait(150)
    count = len(heard.pictures)
    thread.set_look(320, 320, False)
    qtbot.waitUntil(lambda: len(heard.pictures) == count + 1, timeout=WAIT_MS)
    assert not heard.pictures[-1].is_mirrored


def test_an_unplugged_camera_is_reached_again_with_growing_waits(qtbot, capture, monkeypatch):
    monkeypatch.setattr(capture_thread, "BACK_OFF_S", (0.05, 0.1, 0.2))
    plugged, cameras = threading.Event(), []
    plugged.set()

    def maker(_spec):
        cameras.append(FakeCamera(plugged))
        return cameras[-1]

    _thread, heard, _ = capture(CAMERA, maker)
    qtbot.waitUntil(lambda: len(heard.pictures) >= 2, timeout=WAIT_MS)
    scene_id = heard.pictures[-1].frame.scene_id
    plugged.clear()
    qtbot.waitUntil(lambda: len(heard.losses) >= 4, timeout=WAIT_MS)
    assert [delay for _, delay in heard.losses[:4]] == [0.05, 0.1, 0.2, 0.2]
    assert "no more pictures" in heard.losses[0][0]
    assert heard.failures == []
    plugged.set()
    qtbot.waitUntil(lambda: len(heard.infos) == 2, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: heard.pictures[-1].frame.scene_id > scene_id, timeout=WAIT_MS)
    assert [camera.is_open for camera in cameras[:-1]] == [False] * (len(cameras) - 1)


def test_stop_ends_the_wait_for_a_lost_camera_and_lets_it_go(qtbot, capture):
    plugged, cameras = threading.Event(), []
    plugged.set()

    def maker(_spec):
        cameras.append(FakeCamera(plugged))
        return cameras[-1]

    thread, heard, _ = capture(CAMERA, maker)
    qtbot.waitUntil(lambda: bool(heard.pictures), timeout=WAIT_MS)
    plugged.clear()
    qtbot.waitUntil(lambda: bool(heard.losses), timeout=WAIT_MS)
    begin_s = time.monotonic()
    thread.stop()
    assert thread.wait(2000)
    assert time.monotonic() - begin_s < 0.5
    assert not cameras[0].is_open


def test_stop_ends_a_wait_for_the_network_at_once(qtbot, capture):
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/live"
        thread, heard, _ = capture(SourceSpec(SourceKind.STREAM, url))
        qtbot.wait(300)
        begin_s = time.monotonic()
        thread.stop()
        assert thread.wait(3000)
        assert time.monotonic() - begin_s < 1.0
    qtbot.wait(10)
    assert heard.failures == []
