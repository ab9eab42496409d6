"""Analysing a source from its beginning to its end; used without a window and behind one."""

import logging
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from facemotion.analysis.carried import carry_along
from facemotion.analysis.outputs import OUTPUT_KINDS, VIDEO_OUTPUT, AnalysisOutputs
from facemotion.analysis.summary import PresenceSummary
from facemotion.core.errors import SourceError
from facemotion.core.types import Frame, FrameResult
from facemotion.version import __version__
from facemotion.vision.drawing import DrawOptions, draw_result
from facemotion.vision.pipeline import FacePipeline
from facemotion.vision.scene_watch import SceneWatch
from facemotion.vision.sources.base import FrameSource, SourceInfo, SourceKind

_logger = logging.getLogger(__name__)

ENDLESS_LIMIT_S: Final = 10.0
"""Length that is analysed of a source without an end when nobody says how much."""

_STILLS: Final = (SourceKind.IMAGE, SourceKind.FOLDER)
_SLOT_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """How much of a source is read.

    Attributes:
        fps: Frames read a second, at most; None reads all.
        limit_s: Where to stop, in the source's time; None reads to the end. Pictures have no time.
        outputs: Which of `OUTPUT_KINDS` are written. Without "video" nothing is drawn, and frames
            that are not read cost only their decoding.
        drawing: What is drawn on the annotated frames.
    """

    fps: float | None = None
    limit_s: float | None = None
    outputs: tuple[str, ...] = OUTPUT_KINDS
    drawing: DrawOptions = field(default_factory=DrawOptions)


@dataclass(frozen=True, slots=True)
class AnalysisProgress:
    """How far an analysis is.

    Attributes:
        time_s: Place in the source.
        fraction: In [0, 1], or None when the source does not say how long it is.
        frame_count: Frames taken from the source so far.
        row_count: Faces read so far.
    """

    time_s: float
    fraction: float | None
    frame_count: int
    row_count: int


@dataclass(frozen=True, slots=True)
class AnalysisReport:
    """What came of an analysis.

    Attributes:
        summary: Content of `summary.json`.
        is_cancelled: Whether it was stopped before the end; what was read until then is there.
        problems: A sentence for each part of the source that could not be read.
    """

    summary: Mapping[str, Any]
    is_cancelled: bool
    problems: tuple[str, ...]


def analyse(
    source: FrameSource,
    pipeline: FacePipeline,
    folder: Path,
    options: AnalysisOptions,
    *,
    context: Mapping[str, Any] | None = None,
    on_progress: Callable[[AnalysisProgress], None] | None = None,
    cancel: threading.Event | None = None,
) -> AnalysisReport:
    """Read a source and write its timeline, annotated frames and summary.

    Runs in the calling thread; memory does not grow with the length. The files appear when all of
    them are whole, also after `cancel`; after an error only annotated pictures may be left.

    Args:
        source: Opened.
        pipeline: Used from its start; it is reset first.
        folder: Where the files go; made when missing.
        options: How much is read.
        context: Further entries of the summary, such as models and settings.
        on_progress: Called after every frame.
        cancel: Ends the analysis after the present frame.

    Raises:
        SourceError: Nothing of the source can be read.
        OutputError: The files cannot be written.
    """
    run = _Run(source, pipeline, folder, options)
    try:
        run.read_all(on_progress, cancel or threading.Event())
        return run.finish(context or {})
    except BaseException:
        run.discard()
        raise


class _Run:
    """The state of one analysis."""

    def __init__(
        self, source: FrameSource, pipeline: FacePipeline, folder: Path, options: AnalysisOptions
    ) -> None:
        pipeline.reset()
        info = source.info
        self._source = source
        self._pipeline = pipeline
        self._options = options
        self._is_still = info.kind in _STILLS
        self._limit_s = _limit(info, options)
        self._watch = SceneWatch()
        self._last: FrameResult | None = None
        self._last_slot = -1
        self._frame_count = 0
        self._end_s = 0.0
        self._is_cancelled = False
        self._problems: list[str] = []
        self._outputs = AnalysisOutputs(
            folder, is_stills=self._is_still, fps=info.fps, kinds=options.outputs
        )
        interval_s = 1.0 / (options.fps or info.fps or 25.0)
        self._presence = PresenceSummary(is_stills=self._is_still, frame_interval_s=interval_s)

    def read_all(
        self, on_progress: Callable[[AnalysisProgress], None] | None, cancel: threading.Event
    ) -> None:
        """Take frame after frame."""
        while (frame := self._next_frame()) is not None:
            self._take(frame)
            if on_progress is not None:
                on_progress(self._progress())
            if cancel.is_set():
                self._is_cancelled = True
                return

    def finish(self, context: Mapping[str, Any]) -> AnalysisReport:
        """Write the files."""
        self._problems.extend(getattr(self._source, "problems", ()))
        if self._frame_count == 0:
            reason = self._problems[0] if self._problems else "It has no pictures."
            raise SourceError(f"Nothing of {self._source.info.name} can be read. {reason}")
        summary = self._outputs.finish(self._summary(context))
        return AnalysisReport(summary, self._is_cancelled, tuple(self._problems))

    def discard(self) -> None:
        """Remove what is not whole."""
        self._outputs.discard()

    def _next_frame(self) -> Frame | None:
        try:
            frame = self._source.read()
        except SourceError as error:
            if self._frame_count == 0:
                raise
            _logger.warning("the source ended early: %s", error)
            self._problems.append(str(error))
            return None
        if frame is None or (self._limit_s is not None and frame.time_s >= self._limit_s):
            return None
        return frame

    def _take(self, frame: Frame) -> None:
        self._frame_count += 1
        self._end_s = frame.time_s
        frame = self._watch.stamp(frame)
        result = self._read(frame) if self._is_due(frame) else carry_along(self._last, frame)
        if VIDEO_OUTPUT in self._options.outputs:
            picture_bgr = draw_result(frame.frame_bgr, result, self._options.drawing)
            self._outputs.add_picture(picture_bgr, frame)

    def _read(self, frame: Frame) -> FrameResult:
        process = self._pipeline.process_still if self._is_still else self._pipeline.process
        result = process(frame)
        self._outputs.add_result(result)
        self._presence.add(result)
        self._last = result
        return result

    def _is_due(self, frame: Frame) -> bool:
        """Whether the frame is the first in its slot of 1/fps; pictures always are."""
        if self._is_still or self._options.fps is None:
            return True
        slot = math.floor(frame.time_s * self._options.fps + _SLOT_TOLERANCE)
        if slot == self._last_slot:
            return False
        self._last_slot = slot
        return True

    def _progress(self) -> AnalysisProgress:
        info = self._source.info
        length_s = self._limit_s if self._limit_s is not None else info.duration_s
        if self._is_still:
            fraction = self._frame_count / info.frame_count if info.frame_count else None
        else:
            fraction = min(self._end_s / length_s, 1.0) if length_s else None
        return AnalysisProgress(self._end_s, fraction, self._frame_count, self._outputs.row_count)

    def _summary(self, context: Mapping[str, Any]) -> dict[str, Any]:
        info = self._source.info
        return {
            "facemotion": __version__,
            "source": {
                "name": info.name,
                "kind": info.kind.value,
                "width_px": info.width_px,
                "height_px": info.height_px,
                "fps": round(info.fps, 4),
                "duration_s": None if info.duration_s is None else round(info.duration_s, 3),
            },
            "is_complete": not self._is_cancelled and not self._problems,
            "is_stopped": self._is_cancelled,
            "frames": {
                "taken": self._frame_count,
                "read": self._presence.frame_count,
                "with_faces": self._presence.face_frame_count,
                "last_s": round(self._end_s, 3),
            },
            "rows": self._outputs.row_count,
            **self._presence.finish(),
            **context,
            "problems": list(self._problems),
        }


def _limit(info: SourceInfo, options: AnalysisOptions) -> float | None:
    if info.kind in _STILLS:
        return None
    is_endless = info.duration_s is None and not info.is_seekable
    if options.limit_s is None and is_endless:
        return ENDLESS_LIMIT_S
    return options.limit_s
