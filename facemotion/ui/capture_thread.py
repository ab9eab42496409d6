"""The thread that owns the picture source and sets the pace of what is seen."""

import dataclasses
import logging
import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal

from facemotion.core.errors import SourceError
from facemotion.core.types import Frame
from facemotion.ui.mailbox import Mailbox
from facemotion.ui.meters import RateMeter
from facemotion.ui.pacing import FramePacer, Pace
from facemotion.ui.picture import STILL_KINDS, Picture, fitted_size, render_bgra
from facemotion.vision.scene_watch import SceneWatch
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind
from facemotion.vision.sources.specs import SourceSpec

logger = logging.getLogger(__name__)

BACK_OFF_S = (1.0, 2.0, 4.0, 8.0)
"""Waits before the next try to reach a live source that was lost; the last one repeats."""
POSITION_INTERVAL_S = 0.1
LONGEST_STAND_S = 5.0
"""The last frame of a file stands no longer than this before the file has ended."""

SourceMaker = Callable[[SourceSpec], FrameSource]
"""Gives a source that is not opened yet."""


class CaptureThread(QThread):
    """Reads one source, at its own speed, until it is stopped.

    Files are paced by their timestamps against the monotonic clock; live sources by their own
    blocking read. The object lives in the GUI thread; `run` and everything private to it in its
    own. The methods without an underscore may be called from any thread.

    Args:
        spec: What to open.
        maker: Makes the source; called in this thread, which then opens it.
        display_mailbox: Receives every picture to show.
        inference_mailbox: Receives the same pictures for the models.
        first_scene_id: Scene number of the first frame, larger than any seen before.
        parent: Qt parent.

    Signals:
        source_opened(SourceInfo): The source is open, also after a reconnection.
        frame_ready(): A picture lies in the display mailbox.
        position_changed(float): Position in seconds, at most ten times a second.
        ended(): The last frame was shown; `seek` or `play` goes on.
        reconnecting(str, float): A live source was lost: why, and seconds until the next try.
        failed(str): The source cannot be opened or read; the thread ends.
    """

    source_opened = Signal(object)
    frame_ready = Signal()
    position_changed = Signal(float)
    ended = Signal()
    reconnecting = Signal(str, float)
    failed = Signal(str)

    def __init__(
        self,
        spec: SourceSpec,
        maker: SourceMaker,
        display_mailbox: Mailbox[Picture],
        inference_mailbox: Mailbox[Picture],
        first_scene_id: int = 0,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self.setObjectName("capture")
        self._maker = maker
        self._source: FrameSource | None = None
        self._display = display_mailbox
        self._inference = inference_mailbox
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._is_paused = False
        self._is_looping = False
        self._seek_to_s: float | None = None
        self._look = ((0, 0), False)
        self._shown_look = self._look
        self._scene_base = first_scene_id
        self._last_scene_id = first_scene_id
        self._watch = SceneWatch()
        self._pacer = FramePacer()
        self._has_ended = False
        self._last: Frame | None = None
        self._is_still = False
        self._is_camera = False
        self._position_sent_at_s = float("-inf")
        self.rate = RateMeter()
        self.skipped_count = 0

    # ----- called from other threads

    def stop(self) -> None:
        """Ask the thread to end; wait for it with `wait`."""
        self._stop.set()
        self._wake.set()
        source = self._source
        if source is not None and source.info.kind is SourceKind.STREAM:
            # Closing ends a wait for the network at once; other sources answer soon anyway, and
            # closing a camera from here would make the caller wait for its driver.
            source.close()

    def pause(self) -> None:
        """Keep the current picture; a live source is still read so that it resumes fresh."""
        with self._lock:
            self._is_paused = True
        self._wake.set()

    def play(self) -> None:
        """Go on after a pause; after the end, start again."""
        with self._lock:
            self._is_paused = False
            if self._has_ended and self._seek_to_s is None:
                self._seek_to_s = 0.0
        self._wake.set()

    def seek(self, time_s: float) -> None:
        """Go to a position of a seekable source; the newest wish wins."""
        with self._lock:
            self._seek_to_s = max(time_s, 0.0)
        self._wake.set()

    def set_looping(self, is_looping: bool) -> None:
        """Whether a file starts again at its end."""
        with self._lock:
            self._is_looping = is_looping
        self._wake.set()

    def set_look(self, view_width_px: int, view_height_px: int, is_mirrored: bool) -> None:
        """Size in device pixels that pictures are scaled to fit; whether cameras are mirrored."""
        with self._lock:
            self._look = ((view_width_px, view_height_px), is_mirrored)
        self._wake.set()

    @property
    def last_scene_id(self) -> int:
        """Scene number of the newest frame."""
        return self._last_scene_id

    # ----- this thread

    def run(self) -> None:
        """Open, play, reconnect; the one outer boundary of the thread."""
        threading.current_thread().name = self.objectName()
        try:
            self._play_source()
        except SourceError as error:
            logger.warning("%s: %s", self.spec.kind, error)
            self.failed.emit(str(error))
        except Exception:
            logger.exception("capture stopped unexpectedly")
            self.failed.emit(
                self.tr("The source stopped because of an unexpected error. Try to open it again.")
            )

    def _play_source(self) -> None:
        source = self._open()
        while source is not None:
            info = source.info
            try:
                self._is_still = info.kind in STILL_KINDS
                self._is_camera = info.kind is SourceKind.CAMERA
                self._new_scene()
                self.source_opened.emit(info)
                loss = self._read_until_lost(source, info)
            finally:
                source.close()
            source = None if self._stop.is_set() else self._reconnect(loss)

    def _open(self) -> FrameSource | None:
        """The opened source, or None when the thread was stopped meanwhile.

        Raises:
            SourceError: It cannot be opened.
        """
        source = self._source = self._maker(self.spec)
        try:
            source.open()
        except SourceError:
            source.close()
            if self._stop.is_set():
                return None
            raise
        return source

    def _read_until_lost(self, source: FrameSource, info: SourceInfo) -> str:
        """Play until stopped or, for a live source, until it is lost: the reason."""
        while not self._stop.is_set():
            if not info.is_live:
                self._file_step(source, info)
                continue
            try:
                frame = source.read()
            except SourceError as error:
                return str(error)
            if frame is None:
                return self.tr("{name} sends no more pictures.").format(name=info.name)
            self._live_step(frame)
        return ""

    def _reconnect(self, reason: str) -> FrameSource | None:
        """The source opened anew after a growing wait; None when stopped meanwhile."""
        attempt = 0
        while not self._stop.is_set():
            delay_s = BACK_OFF_S[min(attempt, len(BACK_OFF_S) - 1)]
            self.reconnecting.emit(reason, delay_s)
            if self._stop.wait(delay_s):
                return None
            try:
                return self._open()
            except SourceError as error:
                logger.info("reconnecting to the %s: %s", self.spec.kind, error)
            attempt += 1
        return None

    def _live_step(self, frame: Frame) -> None:
        if self._stop.is_set():
            return  # another source may be on show by now
        if self._is_paused:
            self._render_again_if_changed()
        else:
            self._show(frame)

    def _file_step(self, source: FrameSource, info: SourceInfo) -> None:
        self._wake.clear()
        with self._lock:
            seek_to_s, self._seek_to_s = self._seek_to_s, None
            is_waiting = self._is_paused or self._has_ended
        if seek_to_s is not None and info.is_seekable:
            self._seek_source(source, seek_to_s)
        elif is_waiting:
            self._render_again_if_changed()
            self._wait(None)
            self._pacer.restart()
            return
        frame = source.read()
        if frame is None:
            self._reach_end(source, info)
        else:
            self._show_in_time(frame, is_at_once=seek_to_s is not None)

    def _seek_source(self, source: FrameSource, time_s: float) -> None:
        source.seek(time_s)
        self._has_ended = False
        self._new_scene()
        self._pacer.restart()

    def _reach_end(self, source: FrameSource, info: SourceInfo) -> None:
        self._let_last_frame_stand(info)
        if self._is_looping and info.is_seekable and self._last is not None:
            self._seek_source(source, 0.0)
            return
        self._has_ended = True
        if self._last is not None:
            self.position_changed.emit(info.duration_s or self._last.time_s)
        self.ended.emit()

    def _let_last_frame_stand(self, info: SourceInfo) -> None:
        if self._last is None or info.fps <= 0.0 or info.kind is SourceKind.IMAGE:
            return
        end_s = self._last.time_s + 1.0 / info.fps
        self._wake.clear()
        self._wait(min(self._pacer.wait_s(end_s, time.monotonic()), LONGEST_STAND_S))

    def _show_in_time(self, frame: Frame, is_at_once: bool) -> None:
        """Wait until the frame is due, then show it; a command cuts the wait short."""
        while not self._stop.is_set():
            now_s = time.monotonic()
            pace = self._pacer.pace(frame.time_s, now_s)
            if pace is Pace.SHOW or is_at_once:
                self._show(frame)
                return
            if pace is Pace.SKIP:
                self._stamp(frame)
                self.skipped_count += 1
                return
            self._wake.clear()
            if self._seek_to_s is not None:
                return
            if self._is_paused:
                # The frame was read already: it is shown now rather than lost.
                self._show(frame)
                return
            self._wait(self._pacer.wait_s(frame.time_s, time.monotonic()))

    def _wait(self, timeout_s: float | None) -> None:
        """Sleep until a command or the time-out; call only after `_wake.clear()`."""
        if not self._stop.is_set():
            self._wake.wait(timeout_s)

    def _stamp(self, frame: Frame) -> Frame:
        stamped = self._watch.stamp(frame)
        self._last_scene_id = self._scene_base + stamped.scene_id
        return dataclasses.replace(
            stamped, scene_id=self._last_scene_id, captured_at_s=time.monotonic()
        )

    def _show(self, frame: Frame) -> None:
        self._last = self._stamp(frame)
        picture = self._render(self._last)
        self._inference.put(picture)
        self._publish(picture)
        now_s = time.monotonic()
        self.rate.tick(now_s)
        if now_s - self._position_sent_at_s >= POSITION_INTERVAL_S or self._is_paused:
            self._position_sent_at_s = now_s
            self.position_changed.emit(frame.time_s)

    def _render(self, frame: Frame) -> Picture:
        height_px, width_px = frame.frame_bgr.shape[:2]
        self._shown_look = self._look
        view_size_px, is_mirror_wanted = self._shown_look
        size_px = fitted_size(width_px, height_px, *view_size_px)
        is_mirrored = is_mirror_wanted and self._is_camera
        bgra = render_bgra(frame.frame_bgr, size_px, is_mirrored)
        return Picture(frame, bgra, self._is_still, is_mirrored)

    def _render_again_if_changed(self) -> None:
        if self._last is not None and self._shown_look != self._look:
            self._publish(self._render(self._last))

    def _publish(self, picture: Picture) -> None:
        self._display.put(picture)
        self.frame_ready.emit()

    def _new_scene(self) -> None:
        """Nothing of what was seen so far belongs to the next frame."""
        self._watch.begin_scene()
