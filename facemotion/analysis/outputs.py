"""The files of an analysis: written beside their names first, put in place when all are whole."""

import json
import logging
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from facemotion.core.errors import OutputError
from facemotion.core.types import Frame, FrameBgr, FrameResult
from facemotion.store.atomic import write_atomic
from facemotion.store.timeline import CSV_NAME, JSONL_NAME, TimelineWriter
from facemotion.vision.video_writer import VideoWriter

_logger = logging.getLogger(__name__)

VIDEO_NAME: Final = "annotated.mp4"
PICTURES_DIR: Final = "annotated"
SUMMARY_NAME: Final = "summary.json"
_FALLBACK_FPS: Final = 25.0
_OWN_OUTPUT: Final = re.compile(r"annotated\.mp4|timeline\.(?:csv|jsonl)|annotated/[^/\\]+\.png")
VIDEO_OUTPUT: Final = "video"
OUTPUT_KINDS: Final = ("csv", "jsonl", VIDEO_OUTPUT)
"""What an analysis can write: the two timelines, and annotated frames."""
_TIMELINES: Final = {"csv": CSV_NAME, "jsonl": JSONL_NAME}
_PARTS: Final = (f"{CSV_NAME}.part", f"{JSONL_NAME}.part", f".{VIDEO_NAME}.part")


class AnalysisOutputs:
    """Writes what an analysis finds into a folder.

    Args:
        folder: Made when missing.
        is_stills: Whether pictures are written instead of a video.
        fps: Rate of the video; 0 when the source does not say.
        kinds: Which of `OUTPUT_KINDS` are written; the summary always is.

    Raises:
        OutputError: The folder cannot be made or written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        is_stills: bool,
        fps: float,
        kinds: Collection[str] = OUTPUT_KINDS,
    ) -> None:
        self._folder = folder
        self._timelines = [name for kind, name in _TIMELINES.items() if kind in kinds]
        self._is_stills = is_stills
        self._fps = fps if fps > 0.0 else _FALLBACK_FPS
        self._video: VideoWriter | None = None
        self._pictures: list[str] = []
        _make_folder(folder)
        _remove_parts(folder)
        self._timeline = TimelineWriter(folder, self._timelines)

    @property
    def row_count(self) -> int:
        """Rows of the timeline so far."""
        return self._timeline.row_count

    def add_result(self, result: FrameResult) -> None:
        """Add a reading to the timeline.

        Raises:
            OutputError: The disk refuses.
        """
        self._timeline.write(result)

    def add_picture(self, picture_bgr: FrameBgr, frame: Frame) -> None:
        """Add an annotated frame to the video, or write an annotated picture.

        Args:
            picture_bgr: uint8 (H, W, 3) BGR.
            frame: The frame it shows: its time in the video, or its file name.

        Raises:
            OutputError: The disk refuses.
        """
        if self._is_stills:
            self._write_png(picture_bgr, f"{PICTURES_DIR}/{frame.name}.png")
            return
        video = self._video
        if video is None:
            height, width = picture_bgr.shape[:2]
            video = VideoWriter(self._folder / VIDEO_NAME, self._fps, (width, height))
            self._video = video
        video.write(picture_bgr, frame.time_s)

    def finish(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        """Put every file in its place; outputs of an earlier analysis that are not new are removed.

        Args:
            summary: Content of `summary.json` but for the list of outputs.

        Returns:
            The whole summary.

        Raises:
            OutputError: The disk refuses.
        """
        earlier = _earlier_outputs(self._folder / SUMMARY_NAME)
        self._timeline.close()
        outputs = [*self._timelines, *self._pictures]
        if self._video is not None:
            self._video.close()
            outputs.append(VIDEO_NAME)
        outputs.append(SUMMARY_NAME)
        whole = {**summary, "outputs": outputs}
        text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
        write_atomic(self._folder / SUMMARY_NAME, text.encode("utf-8"))
        for name in earlier - set(outputs):
            _remove(self._folder / name)
        return whole

    def discard(self) -> None:
        """Remove the timeline and the video that are not whole; earlier ones stay."""
        self._timeline.discard()
        if self._video is not None:
            self._video.discard()

    def _write_png(self, picture_bgr: FrameBgr, name: str) -> None:
        import cv2

        _make_folder(self._folder / PICTURES_DIR)
        is_done, data = cv2.imencode(".png", picture_bgr)
        if not is_done:
            raise OutputError(f"{name} cannot be written as a picture.")
        write_atomic(self._folder / name, data.tobytes())
        self._pictures.append(name)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot make the folder {folder}: {error.strerror or error}. Choose another output "
            "folder."
        ) from error


def _earlier_outputs(summary: Path) -> set[str]:
    """Timelines, pictures and video that an earlier analysis says it wrote here."""
    try:
        names = json.loads(summary.read_bytes())["outputs"]
        return {name for name in names if _OWN_OUTPUT.fullmatch(name)}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _remove_parts(folder: Path) -> None:
    """Remove what an analysis left that was killed."""
    for name in (*_PARTS, *(path.name for path in folder.glob(f".{SUMMARY_NAME}.*.part"))):
        _remove(folder / name)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _logger.warning("an output of an earlier analysis stays: %s", error)
