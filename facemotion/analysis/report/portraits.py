"""A small picture of everybody, cut from the video that lies beside the timeline."""

import contextlib
import logging
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from facemotion.analysis.outputs import PICTURES_DIR
from facemotion.analysis.report.people import Person
from facemotion.analysis.report.recording import Recording
from facemotion.core.boxes import box_size
from facemotion.core.errors import FacemotionError
from facemotion.core.types import FloatArray, FrameBgr
from facemotion.store.session_folder import ANNOTATED_NAME, CLEAN_NAME
from facemotion.vision.sources.pictures import read_picture
from facemotion.vision.sources.video import VideoSource

_logger = logging.getLogger(__name__)

WIDTH_PX: Final = 112
HEIGHT_PX: Final = 140
MOST_PORTRAITS: Final = 40
_CLEAN_SCALE: Final = 1.3
"""How much of the picture is cut out, in sizes of the box."""
_ANNOTATED_SCALE: Final = 0.92
"""The same where the box itself is drawn into the picture."""
_JPEG_QUALITY: Final = 86


def cut_portraits(recording: Recording, people: tuple[Person, ...]) -> dict[str, bytes]:
    """A JPEG of everybody whose face can be found in the pictures beside the timeline.

    Args:
        recording: Its folder may hold a clean or an annotated video, or annotated pictures.
        people: The first `MOST_PORTRAITS` of them are looked for.

    Returns:
        Whole JPEG files by label; nobody without any pictures.
    """
    best = {person.label: _best_row(recording, person) for person in people[:MOST_PORTRAITS]}
    cut = _cut_from_pictures if recording.is_stills else _cut_from_video
    found: dict[str, bytes] = {}
    try:
        cut(recording, best, found)
    except FacemotionError as error:
        _logger.info("portraits: %s", error)
    return found


def _best_row(recording: Recording, person: Person) -> int:
    """The row with a large, clear face, of those that could be read when there are any."""
    timeline, rows = recording.timeline, person.rows
    sizes = box_size(timeline.bbox_xyxy[rows]).mean(axis=1)
    is_read = np.isfinite(timeline.raw[rows]).all(axis=1)
    worth = sizes * np.nan_to_num(timeline.det_score[rows]) * np.where(is_read, 1.0, 0.1)
    return int(rows[int(worth.argmax())])


def _cut_from_video(recording: Recording, best: dict[str, int], found: dict[str, bytes]) -> None:
    timeline, folder = recording.timeline, recording.folder
    is_clean = (folder / CLEAN_NAME).exists()
    video = folder / (CLEAN_NAME if is_clean else ANNOTATED_NAME)
    if not video.exists() or not best:
        return
    part = _CLEAN_SCALE if is_clean else _ANNOTATED_SCALE
    with VideoSource(video) as source:
        width_px = recording.size_px[0] or source.info.width_px
        scale = np.float32(source.info.width_px / max(width_px, 1))
        for label, row in sorted(best.items(), key=lambda item: timeline.time_s[item[1]]):
            source.seek(float(timeline.time_s[row]))
            frame = source.read()
            if frame is not None:
                _keep(found, label, frame.frame_bgr, timeline.bbox_xyxy[row] * scale, part)


def _cut_from_pictures(recording: Recording, best: dict[str, int], found: dict[str, bytes]) -> None:
    timeline = recording.timeline
    folder = recording.folder / PICTURES_DIR
    for label, row in best.items():
        path = folder / f"{Path(timeline.source[row]).name}.png"
        with contextlib.suppress(FacemotionError):
            picture_bgr = read_picture(path)
            _keep(found, label, picture_bgr, timeline.bbox_xyxy[row], _ANNOTATED_SCALE)


def _keep(
    found: dict[str, bytes], label: str, picture_bgr: FrameBgr, bbox_xyxy: FloatArray, part: float
) -> None:
    jpeg = _portrait(picture_bgr, bbox_xyxy, part)
    if jpeg is not None:
        found[label] = jpeg


def _portrait(picture_bgr: FrameBgr, bbox_xyxy: FloatArray, part: float) -> bytes | None:
    """An upright picture around the middle of the box, as a JPEG; None outside the picture."""
    x1, y1, x2, y2 = (float(value) for value in bbox_xyxy)
    height = min(y2 - y1, (x2 - x1) * HEIGHT_PX / WIDTH_PX) * part
    width = height * WIDTH_PX / HEIGHT_PX
    centre = ((x1 + x2) / 2.0, (y1 + y2) / 2.0)
    if min(width, height) < 8.0 or not _is_inside(centre, picture_bgr):
        return None
    crop = cv2.getRectSubPix(picture_bgr, (round(width), round(height)), centre)
    small = cv2.resize(crop, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)
    is_done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes() if is_done else None


def _is_inside(point: tuple[float, float], picture_bgr: FrameBgr) -> bool:
    height_px, width_px = picture_bgr.shape[:2]
    return 0.0 <= point[0] < width_px and 0.0 <= point[1] < height_px
