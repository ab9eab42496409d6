"""The real window, offscreen, watched while it plays clips."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication

from facemotion.app import build_window
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.ui.main_window import MainWindow
from facemotion.ui.video_view import VideoView
from facemotion.vision.sources.specs import parse_source

CLIPS = (
    "scene_multi_person.mp4",
    "one_person_sad_then_happy.mp4",
    "neutral_smile_then_no_face.mov",
)


@dataclass(slots=True)
class Paints:
    """When pictures came onto the screen.

    Attributes:
        latencies_ms: From a picture's capture to the end of its first painting.
        intervals_ms: From one picture's first painting to the next one's.
    """

    latencies_ms: list[float] = field(default_factory=list)
    intervals_ms: list[float] = field(default_factory=list)
    _last: object = None
    _last_s: float = 0.0

    def note(self, view: VideoView) -> None:
        """Take in a painting that has just ended."""
        picture = view._picture
        if picture is None or picture is self._last:
            return
        now_s = time.monotonic()
        self.latencies_ms.append(1000.0 * (now_s - picture.frame.captured_at_s))
        if self._last is not None:
            self.intervals_ms.append(1000.0 * (now_s - self._last_s))
        self._last, self._last_s = picture, now_s

    def clear(self) -> None:
        """Begin anew, as after a change of source."""
        self.latencies_ms, self.intervals_ms, self._last = [], [], None


@dataclass(frozen=True, slots=True)
class Footprint:
    """What the process holds at a moment.

    Attributes:
        time_s: Since the start.
        rss_mb: Resident memory.
        threads: Threads of the process.
        handles: Open files, sockets and the like.
        queued: Frames that wait in mailboxes.
    """

    time_s: float
    rss_mb: float
    threads: int
    handles: int
    queued: int


@contextmanager
def watched_paints() -> Iterator[Paints]:
    """Note the end of every painting of a video view."""
    original, paints = VideoView.paintEvent, Paints()

    def paint(self: VideoView, event: QPaintEvent) -> None:
        original(self, event)
        paints.note(self)

    VideoView.paintEvent = paint
    try:
        yield paints
    finally:
        VideoView.paintEvent = original


@contextmanager
def open_window(home: Path, pack: Path) -> Iterator[MainWindow]:
    """The window with its models loaded, in a user folder of its own."""
    os.environ["FACEMOTION_HOME"] = str(home)
    paths = AppPaths.default()
    paths.create()
    app = QApplication.instance() or QApplication([])
    display = dataclasses.replace(Settings().display, theme="light")
    window = build_window(
        app, paths, dataclasses.replace(Settings(), display=display), None, str(pack)
    )
    window.resize(1280, 800)
    window.show()
    window.models.load()
    wait_until(lambda: window.session.models_info is not None, 120.0)
    try:
        yield window
    finally:
        window.close()
        run_for(0.5)


def play(window: MainWindow, clip: Path) -> None:
    """Show a clip instead of the present source; it starts again when it ends."""
    window.sources.show_source(parse_source(str(clip)))


def run_for(seconds: float) -> None:
    """Let the window work."""
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0.0:
        QApplication.processEvents()
        time.sleep(min(0.002, left_s))


def wait_until(is_so: Callable[[], bool], timeout_s: float) -> None:
    """Let the window work until something is so.

    Raises:
        TimeoutError: It is not so in time.
    """
    end_s = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > end_s:
            raise TimeoutError("the window took too long")
        run_for(0.05)


def footprint(started_s: float, window: MainWindow) -> Footprint:
    """What the process holds now."""
    process = psutil.Process()
    session = window.session
    boxes = (session._results, session._source.pictures, session._inference.pictures)
    return Footprint(
        time.monotonic() - started_s,
        process.memory_info().rss / 1e6,
        max(process.num_threads(), threading.active_count()),
        process.num_fds(),
        sum(not box.is_empty for box in boxes),
    )
