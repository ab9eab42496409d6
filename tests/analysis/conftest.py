"""Fixtures of the batch tests: small real videos and the models that come with the program."""

import dataclasses

import cv2
import numpy as np
import pytest

from facemotion.analysis.equipment import Equipment
from facemotion.analysis.runner import AnalysisOptions
from facemotion.store.paths import model_path
from facemotion.store.settings import Settings
from facemotion.vision.sources.demo import DemoSource
from facemotion.vision.video_writer import VideoWriter


def write_clip(path, frames, *, skip=0):
    """Frames of the demo, small, at 10 a second."""
    with DemoSource() as source, VideoWriter(path, 10.0, (320, 180)) as writer:
        for index in range(skip + frames):
            frame = source.read()
            if index >= skip:
                writer.write(cv2.resize(frame.frame_bgr, (320, 180)))
    return path


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """Three videos of different length; one name is not ASCII."""
    folder = tmp_path_factory.mktemp("batch clips")
    write_clip(folder / "a.mp4", 8)
    write_clip(folder / "b ü.mp4", 12, skip=20)
    write_clip(folder / "c.mp4", 5, skip=40)
    return folder


@pytest.fixture
def equipment(tmp_path):
    detection = dataclasses.replace(Settings().detection, det_size=320)
    settings = dataclasses.replace(Settings(), detection=detection)
    return Equipment(
        model_path("builtin"), model_path("emotion.onnx"), tmp_path / "gallery", settings
    )


@pytest.fixture
def timeline_only():
    return AnalysisOptions(outputs=("csv",))


@pytest.fixture
def picture():
    return np.full((30, 40, 3), 127, np.uint8)
