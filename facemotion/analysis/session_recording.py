"""The files of one recorded session, written while it goes on; no threads, no clock."""

import contextlib
import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import cv2

from facemotion.analysis.carried import carry_along
from facemotion.core.errors import OutputError
from facemotion.core.types import Decision, Frame, FrameBgr, FrameResult
from facemotion.store.atomic import write_atomic
from facemotion.store.markers import Marker, MarkerWriter
from facemotion.store.session_folder import (
    ANNOTATED_NAME,
    CLEAN_NAME,
    THUMBNAIL_NAME,
    SessionInfo,
    SessionStore,
)
from facemotion.store.session_info import SESSION_NAME
from facemotion.store.timeline import TimelineWriter
from facemotion.vision.drawing import DrawOptions, draw_result
from facemotion.vision.streamed_video import StreamedVideoWriter

RESERVE_BYTES: Final = 64 * 1024**2
"""The recording ends when the disk has less room, while everything can still be closed well."""
THUMBNAIL_PX: Final = 320
MOST_PEOPLE: Final = 1000
_USUAL_FPS: Final = 25.0
_SHORTEST_STAND_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """What is to be recorded, and where.

    Attributes:
        store: Where sessions lie.
        info: What is known at the start; its folder is not looked at.
        has_annotated: Whether a video with boxes, names and emotions is written.
        has_clean: Whether a video with the bare picture is written.
        reserve_bytes: Room that is left on the disk.
    """

    store: SessionStore
    info: SessionInfo
    has_annotated: bool = True
    has_clean: bool = False
    reserve_bytes: int = RESERVE_BYTES


class SessionRecording:
    """Writes videos, timeline, markers, thumbnail and description into a new folder.

    Readings come with the frame that they belong to, so that the annotated picture at the time of
    a row of the timeline shows exactly that row. Between readings faces are carried along.

    Args:
        plan: What is to be recorded.

    Raises:
        OutputError: The folder cannot be made, or the disk is nearly full.
    """

    def __init__(self, plan: RecordingPlan) -> None:
        self._plan = plan
        self._folder = plan.store.create(plan.info.started_at)
        self._info = replace(plan.info, folder=self._folder)
        self._fps = plan.info.source.fps if plan.info.source.fps > 0.0 else _USUAL_FPS
        self._annotated: StreamedVideoWriter | None = None
        self._clean: StreamedVideoWriter | None = None
        self._markers = MarkerWriter(self._folder)
        self._last_result: FrameResult | None = None
        self._last_frame: Frame | None = None
        self._last_time_s = 0.0
        self._thumbnail_rank = -1
        self._people: dict[str, None] = {}
        self.draw_options = DrawOptions()
        self.frame_count = 0
        try:
            self._check_room()
            plan.store.save(self._info)
            self._timeline = TimelineWriter(self._folder, is_streamed=True)
        except OutputError:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    def add(self, frame: Frame, time_s: float, result: FrameResult | None) -> None:
        """Add a frame and what was read in it.

        Args:
            frame: The picture; the first one sets the size of the videos.
            time_s: Its time in the recording, after the last frame's.
            result: What was read in this very frame, or None.

        Raises:
            OutputError: The disk refuses.
        """
        self._last_frame = frame
        if result is not None:
            self.add_reading(result, time_s)
        else:
            result = carry_along(self._last_result, frame)
        self._write_pictures(frame.frame_bgr, result, time_s)

    def add_reading(self, result: FrameResult, time_s: float) -> None:
        """Add what was read in a frame whose picture was left out or written before.

        Raises:
            OutputError: The disk refuses.
        """
        self._timeline.write(replace(result, frame=replace(result.frame, time_s=time_s)))
        self._last_result = result
        self._meet(result)

    def stand(self, time_s: float) -> None:
        """Show the last frame once more: nothing came since.

        Raises:
            OutputError: The disk refuses.
        """
        frame = self._last_frame
        if frame is not None:
            self._write_pictures(frame.frame_bgr, carry_along(self._last_result, frame), time_s)

    def mark(self, marker: Marker) -> None:
        """Add a marker.

        Raises:
            OutputError: The disk refuses.
        """
        self._markers.write(marker)

    def flush(self) -> None:
        """Hand the timeline to the system, and see whether it makes sense to go on.

        Raises:
            OutputError: The disk refuses or is nearly full, or the folder is gone.
        """
        self._timeline.flush()
        if not (self._folder / SESSION_NAME).exists():
            raise self._gone()
        self._check_room()

    def explain(self, error: OutputError) -> OutputError:
        """What to say about a refusal: a folder that is gone refuses everything."""
        return error if self._folder.is_dir() else self._gone()

    def finish(self, duration_s: float, dropped_count: int) -> SessionInfo:
        """Close every file, each whatever happened to the others.

        Args:
            duration_s: Length of the recording; a picture that stood is shown up to it.
            dropped_count: Frames that were left out.

        Returns:
            The session as it is on the disk.

        Raises:
            OutputError: Something of it could not be written; what was written before stays.
        """
        problems: list[OutputError] = []
        for close in (self._timeline.close, partial(self._stand_until, duration_s), self._close):
            try:
                close()
            except OutputError as error:
                problems.append(error)
        self._info = replace(
            self._info,
            ended_at=self._info.started_at + timedelta(seconds=duration_s),
            duration_s=duration_s,
            frames_recorded=self.frame_count,
            frames_dropped=dropped_count,
            people=tuple(self._people),
            is_complete=not problems,
        )
        try:
            self._save_info()
        except OutputError as error:
            problems.append(error)
        if problems:
            raise problems[0]
        return self._info

    def _gone(self) -> OutputError:
        return OutputError(
            f"The recording ended because its folder {self._folder} was moved or deleted."
        )

    def _save_info(self) -> None:
        if self._folder.is_dir():
            self._plan.store.save(self._info)

    def _write_pictures(self, frame_bgr: FrameBgr, shown: FrameResult, time_s: float) -> None:
        drawn = frame_bgr
        if self._plan.has_annotated:
            if shown.faces:
                drawn = draw_result(frame_bgr, shown, self.draw_options)
            self._annotated = self._annotated or self._open(ANNOTATED_NAME, frame_bgr)
            self._annotated.write(drawn, time_s)
        if self._plan.has_clean:
            self._clean = self._clean or self._open(CLEAN_NAME, frame_bgr)
            self._clean.write(frame_bgr, time_s)
        self.frame_count += 1
        self._last_time_s = time_s
        self._keep_thumbnail(drawn, len(shown.faces))

    def _open(self, name: str, frame_bgr: FrameBgr) -> StreamedVideoWriter:
        height, width = frame_bgr.shape[:2]
        return StreamedVideoWriter(self._folder / name, self._fps, (width, height))

    def _stand_until(self, time_s: float) -> None:
        if time_s - self._last_time_s > _SHORTEST_STAND_S:
            self.stand(time_s)

    def _close(self) -> None:
        failure: OutputError | None = None
        for video in (self._annotated, self._clean):
            try:
                if video is not None:
                    video.close()
            except OutputError as error:
                failure = error
        if failure is not None:
            raise failure

    def _keep_thumbnail(self, picture_bgr: FrameBgr, face_count: int) -> None:
        """The first picture, then the first one with more faces: at most a few are written."""
        if face_count <= self._thumbnail_rank:
            return
        self._thumbnail_rank = face_count
        height, width = picture_bgr.shape[:2]
        scale = min(THUMBNAIL_PX / max(height, width), 1.0)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        small = cv2.resize(picture_bgr, size, interpolation=cv2.INTER_AREA)
        is_encoded, data = cv2.imencode(".jpg", small)
        if is_encoded:
            write_atomic(self._folder / THUMBNAIL_NAME, data.tobytes(), is_private=True)

    def _meet(self, result: FrameResult) -> None:
        """Note new names at once: a crash must not forget who was there."""
        known = {
            face.identity.name: None
            for face in result.faces
            if face.identity.decision is Decision.KNOWN
        }
        if known.keys() <= self._people.keys() or len(self._people) >= MOST_PEOPLE:
            return
        self._people |= {name: None for name in known if name not in self._people}
        self._info = replace(self._info, people=tuple(self._people))
        self._save_info()

    def _check_room(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            free = shutil.disk_usage(self._folder).free
            if free < self._plan.reserve_bytes:
                raise OutputError(
                    f"Recording ended: the disk of {self._folder.parent} has only "
                    f"{free / 1e6:.0f} MB left. Free some space and record again."
                )
