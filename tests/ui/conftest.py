"""Fixtures of the window's tests: the real application, the real window, small real clips."""

import dataclasses

import cv2
import numpy as np
import pytest

from facemotion.app import build_window
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.ui.icons import Icons
from facemotion.ui.theme import Theme, ThemeMode
from facemotion.vision.video_writer import VideoWriter


@pytest.fixture
def theme(qapp):
    made = Theme(qapp)
    made.apply(ThemeMode.LIGHT)
    yield made
    made.deleteLater()


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
    for window in windows:
        session = window.session
        window.close()
        assert session.shutdown()
        window.deleteLater()
        session.deleteLater()
    qapp.processEvents()


@pytest.fixture
def window(make_window):
    return make_window()
