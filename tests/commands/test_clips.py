"""What the application must show on real clips, through the command line alone."""

import csv
import json
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import pytest

from facemotion.__main__ import main
from facemotion.core.quality import yaw_pitch_roll_deg
from facemotion.vision.pipeline import FacePipeline
from tests.scene_truth import person_at

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

FPS = 10
FRONTAL_DEG = 30.0
TALL_PX = 80.0

SAD_FAMILY = {"sad", "angry", "fear", "disgust"}
SMILE_BEGINS_S = 0.4
FACELESS_FROM_S = 2.41


@dataclass
class Analysed:
    rows: list
    summary: dict
    kps: dict


def read_rows(folder):
    with (folder / "timeline.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def analyse(tmp_path_factory):
    """Enrol the six people, then analyse a clip, both as a user would."""
    import os

    from tests.conftest import _find_shared

    shared = _find_shared()
    if shared is None:
        pytest.skip("needs the shared clips and models: set FACEMOTION_SHARED to their folder")
    patch = pytest.MonkeyPatch()
    base = tmp_path_factory.mktemp("clips")
    patch.setenv("FACEMOTION_HOME", str(base / "home"))
    patch.setenv("FACEMOTION_PACK", str(shared / "models" / "scrfd_500m_mobilefacenet"))
    kps = {}
    process = FacePipeline.process

    def recording(self, frame):
        result = process(self, frame)
        kps.update({(frame.index, face.track_id): face.kps for face in result.faces})
        return result

    patch.setattr(FacePipeline, "process", recording)
    for number in range(1, 7):
        photo = shared / "media" / "people" / f"person_{number}.png"
        assert main(["enroll", f"person_{number}", os.fspath(photo)]) == 0

    def run(clip):
        kps.clear()
        out = base / clip
        arguments = ["analyze", str(shared / "media" / clip), "--out", str(out)]
        assert main([*arguments, "--fps", str(FPS)]) == 0
        summary = json.loads((out / "summary.json").read_text("utf-8"))
        return Analysed(read_rows(out), summary, dict(kps))

    yield run
    patch.undo()


@pytest.fixture(scope="module")
def scene(analyse):
    return analyse("scene_multi_person.mp4")


@pytest.fixture(scope="module")
def mood(analyse):
    return analyse("one_person_sad_then_happy.mp4")


@pytest.fixture(scope="module")
def smile(analyse):
    return analyse("neutral_smile_then_no_face.mov")


def is_frontal_and_tall(row, kps):
    yaw, pitch, _ = yaw_pitch_roll_deg(kps[int(row["frame"]), int(row["track_id"])])
    is_tall = float(row["y2"]) - float(row["y1"]) > TALL_PX
    return is_tall and abs(yaw) <= FRONTAL_DEG and abs(pitch) <= FRONTAL_DEG


class TestSeveralPeople:
    def test_known_rows_carry_the_right_name(self, scene):
        known = [row for row in scene.rows if row["decision"] == "known"]
        right = [
            row["person"]
            == person_at(float(row["time_s"]), (float(row["x1"]) + float(row["x2"])) / 2)
            for row in known
        ]
        assert len(known) >= 200
        assert np.mean(right) >= 0.99

    def test_frontal_faces_are_known(self, scene):
        frontal = [row for row in scene.rows if is_frontal_and_tall(row, scene.kps)]
        assert len(frontal) >= 200
        assert np.mean([row["decision"] == "known" for row in frontal]) >= 0.80

    def test_everybody_who_looks_at_the_camera_is_found(self, scene):
        named = {row["person"] for row in scene.rows if row["decision"] == "known"}
        assert named == {f"person_{number}" for number in range(1, 7)}

    def test_no_track_changes_its_name(self, scene):
        names = defaultdict(set)
        for row in scene.rows:
            if row["decision"] == "known":
                names[row["track_id"]].add(row["person"])
        assert all(len(found) == 1 for found in names.values()), dict(names)

    def test_nobody_is_in_a_frame_twice(self, scene):
        seen = Counter(
            (row["frame"], row["person"]) for row in scene.rows if row["decision"] == "known"
        )
        assert max(seen.values()) == 1

    def test_the_summary_agrees_with_the_rows(self, scene):
        assert scene.summary["rows"] == len(scene.rows)
        for person in scene.summary["people"]:
            rows = [
                row
                for row in scene.rows
                if row["person"] == person["name"] and row["decision"] == "known"
            ]
            assert person["seconds_seen"] == pytest.approx(len(rows) / FPS, rel=0.1, abs=0.3)


class TestSadThenHappy:
    def test_one_track_through_the_clip(self, mood):
        counts = Counter(row["track_id"] for row in mood.rows)
        assert len(counts) == 1
        assert len(mood.rows) >= 0.9 * mood.summary["frames"]["read"]

    def test_the_second_half_is_happy(self, mood):
        half_s = mood.summary["source"]["duration_s"] / 2
        second = [row for row in mood.rows if float(row["time_s"]) >= half_s]
        assert np.mean([row["emotion"] == "happy" for row in second]) >= 0.80

    def test_the_first_half_is_sad_or_its_kin(self, mood):
        half_s = mood.summary["source"]["duration_s"] / 2
        first = [row for row in mood.rows if float(row["time_s"]) < half_s and row["emotion"]]
        assert np.mean([row["emotion"] in SAD_FAMILY for row in first]) > 0.5


class TestSmileThenNoFace:
    def test_happy_comes_after_the_smile_begins(self, smile):
        happy = [float(row["time_s"]) for row in smile.rows if row["emotion"] == "happy"]
        assert happy
        assert SMILE_BEGINS_S <= min(happy) <= FACELESS_FROM_S

    def test_no_face_is_left_on_the_faceless_scene(self, smile):
        assert max(float(row["time_s"]) for row in smile.rows) <= FACELESS_FROM_S + 0.5
