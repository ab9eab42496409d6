"""Recorded sessions made by hand for the tests of reports and of the sessions page."""

from datetime import datetime, timedelta

import cv2
import numpy as np

from facemotion.core.labels import EMOTION_COUNT, EMOTIONS
from facemotion.core.types import (
    Decision,
    EmotionReading,
    FaceResult,
    Frame,
    FrameResult,
    Identity,
)
from facemotion.store.markers import Marker, MarkerWriter
from facemotion.store.session_folder import CLEAN_NAME, THUMBNAIL_NAME, SessionStore
from facemotion.store.session_info import SessionInfo, SessionModels, SessionSource
from facemotion.store.timeline import TimelineWriter
from facemotion.vision.video_writer import VideoWriter

STARTED_AT = datetime(2026, 3, 14, 9, 26, 53).astimezone()
EVIL = 'Ana/../<script>alert("1")</script> & 🙂'
BOX = np.array([40.0, 20.0, 100.0, 96.0], np.float32)


def probs_of(emotion, certainty=0.7):
    """float32 (7,) with most of it on one emotion."""
    probs = np.full(EMOTION_COUNT, (1.0 - certainty) / (EMOTION_COUNT - 1), np.float32)
    probs[EMOTIONS.index(emotion)] = certainty
    return probs


def face(track_id, name="", emotion=None, raw=None, box=BOX, score=0.9):
    """A face with an emotion on show and a single reading; None for none."""
    known = Identity(Decision.KNOWN, name, name, 0.6) if name else Identity()
    reading = EmotionReading(
        raw_probs=None if raw is None else probs_of(raw),
        probs=None if emotion is None else probs_of(emotion),
        emotion=emotion,
    )
    return FaceResult(
        track_id=track_id,
        bbox_xyxy=box,
        velocity_xyxy=np.zeros(4, np.float32),
        kps=np.zeros((5, 2), np.float32),
        det_score=score,
        identity=known,
        emotion=reading,
        first_seen_s=0.0,
    )


def write_timeline(folder, moments, name="Camera"):
    """Write a timeline from (time_s, faces)."""
    with TimelineWriter(folder) as writer:
        for index, (time_s, faces) in enumerate(moments):
            frame = Frame(np.zeros((2, 2, 3), np.uint8), time_s, index, name=name)
            writer.write(FrameResult(frame, tuple(faces)))
    return folder


def usual_moments(seconds=4.0, fps=10.0):
    """Somebody known who turns from neutral to happy, and an unknown face that is never read."""
    moments = []
    for index in range(round(seconds * fps)):
        emotion = "neutral" if index < seconds * fps / 2 else "happy"
        small = BOX * np.float32(0.3)
        moments.append((index / fps, [face(1, EVIL, emotion, emotion), face(2, box=small)]))
    return moments


def write_video(path, seconds=4.0):
    """160×120, 10 pictures a second, that grows brighter."""
    with VideoWriter(path, 10.0, (160, 120)) as writer:
        for index in range(round(seconds * 10)):
            picture = np.full((120, 160, 3), 40 + 4 * index, np.uint8)
            cv2.circle(picture, (70, 58), 24, (90, 140, 220), -1)
            writer.write(picture, index / 10)


def make_session(sessions_dir, title="Interview/1 🙂", *, minutes=0, has_video=True):
    """A whole recorded session of four seconds with two markers."""
    store = SessionStore(sessions_dir)
    started_at = STARTED_AT + timedelta(minutes=minutes)
    folder = store.create(started_at)
    info = SessionInfo(
        folder=folder,
        title=title,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=4),
        duration_s=4.0,
        source=SessionSource("Camera <1>", "camera", 160, 120, 10.0),
        models=SessionModels("emotion-x", "recogniser-y", "pack-z"),
        settings={"quality.min_face_px": 36.0, "quality.min_det_score": 0.65, "display.a": True},
        smoothing_preset="Adaptive",
        frames_recorded=40,
        people=(EVIL,),
        is_complete=True,
    )
    store.save(info)
    write_timeline(folder, usual_moments())
    markers = MarkerWriter(folder)
    for time_s, label in ((1.0, "Question </script> 1"), (3.5, "Laughs")):
        markers.write(Marker(time_s, started_at + timedelta(seconds=time_s), label))
    if has_video:
        write_video(folder / CLEAN_NAME)
    picture = np.full((90, 160, 3), (200, 120, 60), np.uint8)
    (folder / THUMBNAIL_NAME).write_bytes(cv2.imencode(".jpg", picture)[1].tobytes())
    return info
