import threading

import pytest
from PySide6.QtCore import QObject, Slot
from shiboken6 import isValid

from facemotion.core.matching import GalleryIndex
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.ui import inference_thread, source_runner
from facemotion.ui import session as session_module
from facemotion.ui.model_desk import model_request
from facemotion.ui.session import LiveSession
from facemotion.vision.sources.base import SourceKind
from facemotion.vision.sources.specs import SourceSpec, make_source, path_source
from tests.fakes import FakeCamera
from tests.ui.results import result

DEMO = SourceSpec(SourceKind.DEMO)
CAMERA = SourceSpec(SourceKind.CAMERA, "0", "Fake camera")
WAIT_MS = 8000


class StuckCamera(FakeCamera):
    """A driver that does not answer until it is released."""

    def __init__(self, plugged, release):
        super().__init__(plugged)
        self._release = release

    def read(self):
        self._release.wait(20)
        return super().read()


class Listener(QObject):
    def __init__(self, session):
        super().__init__()
        self.session = session
        self.heard = []
        self.pictures = []
        session.source_opened.connect(self.on_opened)
        session.source_failed.connect(self.on_failed)
        session.source_stopped.connect(self.on_stopped)
        session.ended.connect(self.on_ended)
        session.picture_ready.connect(self.on_picture)
        session.paused_changed.connect(self.on_paused)
        session.inference_failed.connect(self.on_inference_failed)

    def names(self):
        return [entry[0] for entry in self.heard]

    @Slot(object)
    def on_opened(self, info):
        self.heard.append(("opened", info.name))

    @Slot(str)
    def on_failed(self, sentence):
        self.heard.append(("failed", sentence))

    @Slot()
    def on_stopped(self):
        self.heard.append(("stopped",))

    @Slot()
    def on_ended(self):
        self.heard.append(("ended",))

    @Slot()
    def on_picture(self):
        self.pictures.append(self.session.latest_picture().frame)

    @Slot(bool)
    def on_paused(self, is_paused):
        self.heard.append(("paused", is_paused))

    @Slot(str)
    def on_inference_failed(self, sentence):
        self.heard.append(("inference failed", sentence))


@pytest.fixture
def make_session(qapp):
    made = []

    def make(maker=make_source):
        session = LiveSession(maker, GalleryIndex.empty)
        made.append(session)
        return session, Listener(session)

    yield make
    for session in made:
        assert session.shutdown()
        session.deleteLater()
    qapp.processEvents()


def test_sources_follow_each_other_with_growing_scene_numbers(qtbot, make_session, clip):
    session, heard = make_session()
    session.set_view_size(320, 320)
    session.start(path_source(clip))
    assert session.is_busy
    qtbot.waitUntil(lambda: len(heard.pictures) >= 3, timeout=WAIT_MS)
    assert session.source_info.name == clip.name
    last_scene = heard.pictures[-1].scene_id
    session.start(DEMO)
    qtbot.waitUntil(lambda: ("opened", "Demo") in heard.heard, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: heard.pictures[-1].name == "Demo", timeout=WAIT_MS)
    assert heard.pictures[-1].scene_id > last_scene
    assert session.latest_picture().bgra.shape[1] == 320
    qtbot.waitUntil(lambda: session.statistics().capture_per_s > 10, timeout=WAIT_MS)
    session.stop()
    qtbot.waitUntil(lambda: "stopped" in heard.names(), timeout=WAIT_MS)
    assert not session.is_busy
    assert session.source_info is None
    assert session.latest_frame() is None
    assert session.statistics().capture_per_s == 0.0


def test_only_the_last_of_many_wishes_is_opened(qtbot, make_session, clip, photo):
    session, heard = make_session()
    for spec in (path_source(clip), DEMO, path_source(photo)):
        session.start(spec)
    qtbot.waitUntil(lambda: ("opened", photo.name) in heard.heard, timeout=WAIT_MS)
    assert ("opened", "Demo") not in heard.heard
    qtbot.waitUntil(lambda: "ended" in heard.names(), timeout=WAIT_MS)
    assert session.latest_frame().name == photo.name


def test_a_failure_leaves_the_session_ready_for_another_source(qtbot, make_session, tmp_path):
    session, heard = make_session()
    session.start(path_source(tmp_path / "missing.mp4"))
    qtbot.waitUntil(lambda: "failed" in heard.names(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not session.is_busy, timeout=WAIT_MS)
    session.start(DEMO)
    qtbot.waitUntil(lambda: ("opened", "Demo") in heard.heard, timeout=WAIT_MS)


def test_pause_play_seek_and_loop(qtbot, make_session, clip):
    session, heard = make_session()
    session.pause()
    assert heard.heard == []  # nothing is open, so nothing is paused
    session.set_looping(True)
    session.start(path_source(clip))
    qtbot.waitUntil(lambda: bool(heard.pictures), timeout=WAIT_MS)
    session.pause()
    assert session.is_paused
    session.seek(1.5)
    qtbot.waitUntil(lambda: heard.pictures[-1].time_s > 1.4, timeout=WAIT_MS)
    session.play()
    assert not session.is_paused
    qtbot.waitUntil(lambda: heard.pictures[-1].time_s < 0.5, timeout=WAIT_MS)
    assert "ended" not in heard.names()
    session.set_looping(False)
    qtbot.waitUntil(lambda: "ended" in heard.names(), timeout=WAIT_MS)


def test_a_source_that_does_not_let_go_is_left_behind(qtbot, make_session, monkeypatch):
    monkeypatch.setattr(source_runner, "STUCK_MS", 100)
    release = threading.Event()
    plugged = threading.Event()
    plugged.set()

    class StuckCamera(FakeCamera):
        def read(self):
            frame = super().read()
            if frame.index >= 3:
                release.wait(20)
            return frame

    cameras = []

    def maker(spec):
        if spec == CAMERA:
            cameras.append(StuckCamera(plugged))
            return cameras[-1]
        return make_source(spec)

    session, heard = make_session(maker)
    session.start(CAMERA)
    qtbot.waitUntil(lambda: len(heard.pictures) >= 2, timeout=WAIT_MS)
    session.start(DEMO)
    qtbot.waitUntil(lambda: heard.pictures[-1].name == "Demo", timeout=WAIT_MS)
    count = len(heard.pictures)
    qtbot.waitUntil(lambda: len(heard.pictures) > count + 3, timeout=WAIT_MS)
    release.set()
    qtbot.waitUntil(lambda: not cameras[0].is_open, timeout=WAIT_MS)
    assert {frame.name for frame in heard.pictures[count:]} == {"Demo"}


def stuck_session(qtbot):
    """A session whose camera hangs, and what releases it."""
    release, plugged = threading.Event(), threading.Event()
    plugged.set()
    session = LiveSession(lambda _spec: StuckCamera(plugged, release), GalleryIndex.empty)
    session.start(CAMERA)
    qtbot.waitUntil(lambda: session.source_info is not None, timeout=WAIT_MS)
    return session, release


def test_shutdown_tells_of_a_thread_that_hangs(qtbot, qapp, monkeypatch, caplog):
    monkeypatch.setattr(session_module, "SHUTDOWN_MS", 200)
    session, release = stuck_session(qtbot)
    assert not session.shutdown()
    assert "did not end in time" in caplog.text
    release.set()
    monkeypatch.setattr(session_module, "SHUTDOWN_MS", 4000)
    assert session.shutdown()
    session.deleteLater()
    qapp.processEvents()


def test_a_thread_that_hangs_outlives_the_session(qtbot, monkeypatch):
    """Qt aborts the process when a running thread is deleted."""
    monkeypatch.setattr(session_module, "SHUTDOWN_MS", 100)
    session, release = stuck_session(qtbot)
    (thread,) = session._source.threads
    assert not session.shutdown()
    session.deleteLater()
    qtbot.waitUntil(lambda: not isValid(session), timeout=WAIT_MS)
    assert thread.isRunning()
    release.set()
    assert thread.wait(WAIT_MS)
    thread.deleteLater()
    qtbot.waitUntil(lambda: not isValid(thread), timeout=WAIT_MS)


def test_results_of_a_closed_source_are_not_shown(qtbot, make_session):
    session, _heard = make_session()
    session._results.put(result())
    session._on_result_ready()
    assert session.latest_result() is None
    session.start(DEMO)
    qtbot.waitUntil(lambda: session.latest_frame() is not None, timeout=WAIT_MS)
    session.start(DEMO)
    qtbot.waitUntil(lambda: session._source.first_scene_id > 1, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: session.latest_frame() is not None, timeout=WAIT_MS)
    session._results.put(result(scene_id=1))
    session._on_result_ready()
    assert session.latest_result() is None
    session._results.put(result(scene_id=session.latest_frame().scene_id))
    session._on_result_ready()
    assert session.latest_result() is not None


def test_examine_without_models_is_refused(qtbot, make_session, photo):
    session, _heard = make_session()
    refusals = []
    session.photos_refused.connect(lambda job_id, sentence: refusals.append((job_id, sentence)))
    job_id = session.examine([photo])
    qtbot.waitUntil(lambda: bool(refusals), timeout=WAIT_MS)
    assert refusals[0][0] == job_id


def test_inference_can_be_started_again_after_it_failed(
    qtbot, make_session, monkeypatch, shared_pack
):
    def explode(_request):
        raise RuntimeError("boom")

    session, heard = make_session()
    session.restart_inference()  # it runs: nothing to do
    session.start(DEMO)
    with monkeypatch.context() as patched:
        patched.setattr(inference_thread, "load_models", explode)
        session.load_models(model_request(Settings(), AppPaths.default(), str(shared_pack)))
        qtbot.waitUntil(lambda: "inference failed" in heard.names(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not session._inference.isRunning(), timeout=WAIT_MS)
    session.restart_inference()
    # The source that was open all the time is read by the new thread.
    qtbot.waitUntil(lambda: session.latest_result() is not None, timeout=WAIT_MS)
    assert session.latest_result().faces
