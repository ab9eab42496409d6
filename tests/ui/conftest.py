"""Fixtures of the window's tests: the real application, the real window, small real clips."""

import dataclasses
import gc
import sys
import threading

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QTimer
from shiboken6 import isValid

from facemotion.app import build_window
from facemotion.store.layout import LayoutStore
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.ui.analysis_thread import AnalysisThread
from facemotion.ui.background_job import _Runnable
from facemotion.ui.capture_thread import CaptureThread
from facemotion.ui.debug_saver import DebugSaver
from facemotion.ui.icons import Icons
from facemotion.ui.inference_thread import InferenceThread
from facemotion.ui.pack_download import PackDownload
from facemotion.ui.recorder import Recorder
from facemotion.ui.reembedding_desk import ReembeddingThread
from facemotion.ui.theme import Theme, ThemeMode
from facemotion.vision.video_writer import VideoWriter


@pytest.fixture(autouse=True)
def garbage_in_gui_thread():
    """As in the program: no thread but this one deletes closed windows that are in cycles."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def traced_threads():
    """Let coverage see what runs in threads that Qt starts, of which Python knows nothing."""
    kinds = (
        AnalysisThread,
        CaptureThread,
        DebugSaver,
        InferenceThread,
        PackDownload,
        Recorder,
        ReembeddingThread,
        _Runnable,
    )
    originals = {kind: kind.run for kind in kinds}

    def traced(run):
        def run_traced(self):
            sys.settrace(threading.gettrace())
            try:
                run(self)
            finally:
                sys.settrace(None)

        return run_traced

    for kind, run in originals.items():
        kind.run = traced(run)
    yield
    for kind, run in originals.items():
        kind.run = run


def flush_deletions(qapp):
    """Delete what is to be deleted later now: every widget left makes a new theme slower."""
    qapp.processEvents()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def theme(qapp):
    made = Theme(qapp)
    made.apply(ThemeMode.LIGHT)
    yield made
    made.deleteLater()
    flush_deletions(qapp)


@pytest.fixture
def icons(theme):
    return Icons(theme)


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Two seconds, 160×120, 25 pictures a second; the picture gets brighter, then is another."""
    path = tmp_path_factory.mktemp("clips") / "two seconds.mp4"
    with VideoWriter(path, 25.0, (160, 120)) as writer:
        for index in range(50):
            frame = np.full((120, 160, 3), 40 + 2 * index, np.uint8)
            cv2.circle(frame, (20 + 2 * index, 60), 12, (0, 200, 255), -1)
            writer.write(frame)
    return path


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "föto.png"
    picture = np.full((240, 320, 3), 90, np.uint8)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return path


@pytest.fixture
def paths():
    made = AppPaths.default()
    made.create()
    return made


@pytest.fixture
def consent(paths):
    """The first page was read."""
    LayoutStore(paths.data_dir).give_consent()


@pytest.fixture
def impatience(qapp):
    """An application that nobody closes ends by itself, and its exit code fails the test."""
    timer = QTimer(singleShot=True, interval=40_000)
    timer.timeout.connect(lambda: qapp.exit(99))
    timer.start()
    yield
    timer.stop()


@pytest.fixture
def make_window(qapp, qtbot, paths):
    """Builds windows that are closed, with their threads, at the end of the test."""
    windows = []

    def make(settings=None, **options):
        light = dataclasses.replace(Settings().display, theme="light")
        settings = settings or dataclasses.replace(Settings(), display=light)
        window = build_window(qapp, paths, settings, **options)
        windows.append(window)
        window.resize(1280, 800)
        window.show()
        qtbot.waitUntil(window.isVisible)
        return window

    yield make
    for window in filter(isValid, windows):
        session = window.session
        window.close()
        assert session.shutdown()
        window.deleteLater()
    flush_deletions(qapp)


@pytest.fixture
def window(make_window):
    return make_window()
