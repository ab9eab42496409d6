"""The cuts of real clips, found beforehand by looking at their frames."""

import cv2
import numpy as np
import pytest

from facemotion.core.scene import SceneCutDetector


@pytest.fixture(scope="module")
def thumbnails(shared_dir):
    import av

    def read(name):
        frames = []
        with av.open(str(shared_dir / "media" / name)) as container:
            for frame in container.decode(video=0):
                gray = frame.reformat(320, 180, "gray", interpolation="AREA").to_ndarray()
                small = cv2.resize(gray, (32, 18), interpolation=cv2.INTER_AREA)
                frames.append((small, float(frame.time)))
        return frames

    return {
        name: read(name)
        for name in (
            "scene_multi_person.mp4",
            "neutral_smile_then_no_face.mov",
            "one_person_sad_then_happy.mp4",
        )
    }


CUTS = {
    "scene_multi_person.mp4": [104, 270, 401, 452, 553],
    "neutral_smile_then_no_face.mov": [73],  # frame 72 is black
    "one_person_sad_then_happy.mp4": [],
}


@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("step", [1, 2, 5, 12])
def test_every_cut_and_nothing_else_at_any_rate(thumbnails, name, step):
    detector = SceneCutDetector()
    frames = list(enumerate(thumbnails[name]))[::step]
    found = [index for index, (small, time_s) in frames if detector.update(small, time_s)]
    assert found == [-(-cut // step) * step for cut in CUTS[name]]


@pytest.mark.parametrize("name", CUTS)
def test_a_flash_in_a_real_clip_is_no_cut(thumbnails, name):
    detector = SceneCutDetector()
    found = []
    for index, (small, time_s) in enumerate(thumbnails[name]):
        is_lit = index % 48 in (30, 31)
        lit = np.clip(small.astype(np.int32) * 2 + 40, 0, 255).astype(np.uint8)
        if detector.update(lit if is_lit else small, time_s):
            found.append(index)
    assert found == CUTS[name]
