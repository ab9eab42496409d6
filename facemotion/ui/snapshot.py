"""Saves the picture on show, with everything drawn over it."""

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from facemotion.core.errors import OutputError
from facemotion.core.types import Frame, FrameResult
from facemotion.store.atomic import write_atomic


def snapshot_folder() -> Path:
    """Where snapshots go: a folder among the user's pictures."""
    pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    return Path(pictures or Path.home()) / "facemotion"


def save_snapshot(
    frame: Frame, result: FrameResult | None, folder: Path, clock: datetime, match_threshold: float
) -> Path:
    """Write a PNG file named after the time; takes a moment.

    Args:
        frame: The frame on show.
        result: What to draw over it, or None.
        folder: Made when it is missing.
        clock: Local date and time.
        match_threshold: Cosine similarity that counts as 50 %.

    Returns:
        The file.

    Raises:
        OutputError: It cannot be written.
    """
    import cv2

    from facemotion.vision.drawing import DrawOptions, draw_result

    picture = frame.frame_bgr
    if result is not None:
        picture = draw_result(picture, result, DrawOptions(match_threshold=match_threshold))
    is_encoded, data = cv2.imencode(".png", picture)
    if not is_encoded:
        raise OutputError("The picture cannot be saved as PNG.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder {folder} cannot be made: {error.strerror or error}."
        ) from error
    path = _free_path(folder, f"facemotion-{clock:%Y%m%d-%H%M%S}")
    write_atomic(path, data.tobytes())
    return path


def _free_path(folder: Path, stem: str) -> Path:
    path, number = folder / f"{stem}.png", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.png"
    return path
