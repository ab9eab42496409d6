"""The three real clips through the real pipeline, five frames a second."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from facemotion.core.gallery_index import GalleryIndex
from facemotion.core.quality import is_frontal
from facemotion.core.types import Decision, FaceResult
from facemotion.vision.faces import FaceModels
from facemotion.vision.photos import examine_photo
from facemotion.vision.pipeline import FacePipeline
from facemotion.vision.scene_watch import SceneWatch
from facemotion.vision.sources.video import VideoSource

Rows = list[tuple[float, FaceResult]]

PEOPLE_OF_SCENES = (
    (0.0, 4.3, {"person_2", "person_5"}),
    (4.4, 11.2, {"person_1", "person_3"}),
    (11.3, 16.6, {"person_2", "person_4", "person_6"}),
    (16.8, 18.8, {"person_2", "person_5"}),
    (18.9, 23.0, {"person_1", "person_2", "person_4", "person_6"}),
    (23.1, 26.4, {"person_1", "person_3", "person_4"}),
)
"""Who is to be seen when, as watched."""


def run(faces: FaceModels, clip: Path, gallery: GalleryIndex | None = None) -> Rows:
    pipeline = FacePipeline(faces, None)
    if gallery is not None:
        pipeline.set_gallery(gallery)
    watch = SceneWatch()
    rows: Rows = []
    slot = -1
    with VideoSource(clip) as source:
        while (frame := source.read()) is not None:
            frame = watch.stamp(frame)
            if int(frame.time_s * 5.0 + 1e-6) > slot:
                slot = int(frame.time_s * 5.0 + 1e-6)
                rows += [(frame.time_s, face) for face in pipeline.process(frame).faces]
    return rows


@pytest.fixture(scope="module")
def people(shared_faces: FaceModels, shared_dir: Path) -> GalleryIndex:
    paths = sorted((shared_dir / "media" / "people").glob("*.png"))
    rows = np.array([examine_photo(path, shared_faces).embedding for path in paths])
    ids = [path.stem for path in paths]
    return GalleryIndex(rows, ids, {name: name for name in ids}, shared_faces.model_id)


@pytest.mark.slow
def test_scene_with_several_people(
    shared_faces: FaceModels, shared_dir: Path, people: GalleryIndex
) -> None:
    rows = run(shared_faces, shared_dir / "media" / "scene_multi_person.mp4", people)
    known = [(time_s, face) for time_s, face in rows if face.identity.decision is Decision.KNOWN]
    wrong = [
        (time_s, face.identity.name)
        for time_s, face in known
        for begin_s, end_s, names in PEOPLE_OF_SCENES
        if begin_s <= time_s <= end_s and face.identity.name not in names
    ]
    assert wrong == []
    names_by_track: dict[int, set[str]] = defaultdict(set)
    for _, face in known:
        names_by_track[face.track_id].add(face.identity.name)
    assert all(len(names) == 1 for names in names_by_track.values())
    frontal = [
        face
        for _, face in rows
        if face.bbox_xyxy[3] - face.bbox_xyxy[1] > 80 and is_frontal(face.kps)
    ]
    share = np.mean([face.identity.decision is Decision.KNOWN for face in frontal])
    assert share >= 0.8
    assert {face.identity.name for _, face in known} == set(people.person_ids)
    by_time = Counter(time_s for time_s, _ in rows)
    for time_s in by_time:
        present = [face.identity.name for at, face in known if at == time_s]
        assert len(present) == len(set(present))


@pytest.mark.slow
def test_one_person_is_one_track(shared_faces: FaceModels, shared_dir: Path) -> None:
    rows = run(shared_faces, shared_dir / "media" / "one_person_sad_then_happy.mp4")
    assert {face.track_id for _, face in rows} == {1}
    assert len(rows) > 90


def test_no_box_is_left_after_the_cut(
    shared_faces: FaceModels, shared_dir: Path, people: GalleryIndex
) -> None:
    rows = run(shared_faces, shared_dir / "media" / "neutral_smile_then_no_face.mov", people)
    assert {face.track_id for _, face in rows} == {1}
    assert 2.0 < max(time_s for time_s, _ in rows) < 2.6
    assert all(face.identity.decision is not Decision.KNOWN for _, face in rows)
