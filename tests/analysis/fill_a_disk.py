"""Records until a small disk is full and says what can be read: a process of its own for a test."""

import csv
import json
import sys
from datetime import datetime
from pathlib import Path

import av
import numpy as np

from facemotion.analysis.session_recording import RecordingPlan, SessionRecording
from facemotion.core.errors import OutputError
from facemotion.core.types import Frame, FrameResult
from facemotion.store.session_folder import SessionInfo, SessionStore, read_session
from tests.ui.results import face, known


def record_until_refused(recording: SessionRecording) -> float:
    """Noise compresses badly: the disk is full soon. The time of the last frame taken."""
    rng = np.random.default_rng(0)
    for index in range(24 * 60):
        frame = Frame(rng.integers(0, 60, (72, 96, 3), np.uint8), index / 24.0, index, "noise", 1)
        result = FrameResult(frame, (face(1, identity=known()),))
        try:
            recording.add(frame, round(index / 24.0, 3), result)
            if index % 6 == 0:
                recording.flush()
        except OutputError as error:
            print(error)
            return index / 24.0
    raise SystemExit("the disk took everything")


def main() -> None:
    """Fill the disk, then read what is on it."""
    place = Path(sys.argv[1])
    info = SessionInfo(place, "noise", datetime.now().astimezone())
    plan = RecordingPlan(SessionStore(place), info, has_clean=True, reserve_bytes=0)
    recording = SessionRecording(plan)
    ended_s = record_until_refused(recording)
    try:
        recording.finish(ended_s, 0)
    except OutputError as error:
        print(error)
    folder = recording.folder
    lasts = []
    for name in ("annotated.mp4", "clean.mp4"):
        with av.open(str(folder / name)) as container:
            lasts.append(max(float(f.pts * f.time_base) for f in container.decode(video=0)))
    with (folder / "timeline.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = (folder / "timeline.jsonl").read_text("utf-8").splitlines()
    times = [json.loads(line)["time_s"] for line in lines]
    read_session(folder)
    print(f"frames_s={ended_s}")
    print(f"video_s={min(lasts)}")
    print(f"rows_s={min(float(rows[-1]['time_s']), times[-1])}")
    print(f"csv_rows={len(rows)}")
    print(f"json_rows={len(times)}")


if __name__ == "__main__":
    main()
