from dataclasses import replace

import numpy as np
import pytest

from facemotion.core.errors import GalleryError
from facemotion.core.gallery_index import GalleryIndex
from facemotion.core.labels import EMOTIONS
from facemotion.core.matching import MatchingParams
from facemotion.core.quality import QualityGates
from facemotion.core.smoothing import PRESETS
from facemotion.core.tracking import TrackingParams
from facemotion.core.types import Decision, FaceDetection, Frame, FrameResult, GateReason
from facemotion.vision.emotion import OnnxEmotionModel
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.pipeline import FacePipeline, PipelineParams, embedding_worth
from tests.vision.tiny_models import blank, put_face, write_pack

MATCHING = MatchingParams(is_threshold_from_pack=False, match_threshold=0.9, min_evidence=0.05)
PARAMS = PipelineParams(
    matching=MATCHING,
    tracking=TrackingParams(reid_threshold=0.9),
    detection_interval_s=0.0,  # every frame is looked through
    min_embedding_quality=0.05,
)
PLACES = ((2, 2), (6, 2), (4, 7))


def frame(
    time_s: float, faces: dict[tuple[int, int], int], scene_id: int = 0, mood: int = 0
) -> Frame:
    picture = blank()
    for (column, row), person in faces.items():
        put_face(picture, column, row, person, mood)
    return Frame(picture, time_s, round(time_s * 25), "clip", scene_id)


def gallery(faces: FaceModels, people: tuple[int, ...]) -> GalleryIndex:
    rows, owners = [], []
    for person in people:
        picture = put_face(blank(), 4, 4, person)
        (face,) = faces.detect(picture)
        rows.append(faces.embed(picture, [face.kps])[0])
        owners.append(f"id-{person}")
    names = {f"id-{person}": f"Person {person}" for person in people}
    return GalleryIndex(np.array(rows), owners, names, faces.model_id)


@pytest.fixture
def pipeline(tiny_faces: FaceModels, tiny_emotion: OnnxEmotionModel) -> FacePipeline:
    return FacePipeline(tiny_faces, tiny_emotion, PARAMS)


def names(result: FrameResult) -> dict[int, str]:
    return {face.track_id: face.identity.name for face in result.faces}


def test_a_frame_without_faces(pipeline: FacePipeline) -> None:
    result = pipeline.process(frame(0.0, {}))
    assert result.faces == ()
    assert set(result.timings_ms) == {"detect", "track", "recognise", "emotion", "total"}
    parts = [ms for name, ms in result.timings_ms.items() if name != "total"]
    assert result.timings_ms["total"] == pytest.approx(sum(parts))


def test_people_are_named_at_once_and_keep_their_tracks(
    pipeline: FacePipeline, tiny_faces: FaceModels
) -> None:
    pipeline.set_gallery(gallery(tiny_faces, (1, 2)))
    for step in range(12):
        time_s = step * 0.1
        result = pipeline.process(frame(time_s, dict(zip(PLACES, (1, 2, 3), strict=True))))
        assert [face.track_id for face in result.faces] == [1, 2, 3]
        found = {tuple(face.bbox_xyxy[:2]): face.identity for face in result.faces}
        assert found[48.0, 48.0].name == "Person 1"
        assert found[48.0, 48.0].decision is Decision.KNOWN
        assert found[176.0, 48.0].name == "Person 2"
        assert found[112.0, 208.0].decision is Decision.UNKNOWN
        assert all(face.first_seen_s == 0.0 for face in result.faces)


def test_same_frames_give_the_same_results(
    tiny_faces: FaceModels, tiny_emotion: OnnxEmotionModel
) -> None:
    frames = [frame(i * 0.1, {(2 + i % 2, 2): 1, (6, 6): 2}, mood=i) for i in range(10)]
    runs = []
    for _ in range(2):
        pipeline = FacePipeline(tiny_faces, tiny_emotion, PARAMS)
        pipeline.set_gallery(gallery(tiny_faces, (1, 2)))
        runs.append([pipeline.process(f) for f in frames])
    for first, second in zip(*runs, strict=True):
        for a, b in zip(first.faces, second.faces, strict=True):
            assert (a.track_id, a.identity, a.emotion.emotion) == (
                b.track_id,
                b.identity,
                b.emotion.emotion,
            )
            assert (a.bbox_xyxy == b.bbox_xyxy).all()
            assert a.emotion.probs is not None
            assert b.emotion.probs is not None
            assert (a.emotion.probs == b.emotion.probs).all()


def test_after_a_cut_people_get_their_tracks_back_by_their_faces(
    pipeline: FacePipeline, tiny_faces: FaceModels
) -> None:
    pipeline.set_gallery(gallery(tiny_faces, (1, 2)))
    for step in range(5):
        before = pipeline.process(frame(step * 0.1, {PLACES[0]: 1, PLACES[1]: 2}, scene_id=0))
    after = pipeline.process(frame(0.5, {PLACES[0]: 2, PLACES[2]: 1}, scene_id=1))
    assert names(before) == names(after) == {1: "Person 1", 2: "Person 2"}
    boxes = {face.track_id: face.bbox_xyxy[0] for face in after.faces}
    assert boxes == {1: 112.0, 2: 48.0}


def test_nothing_survives_a_cut_by_its_place(pipeline: FacePipeline) -> None:
    for step in range(5):
        pipeline.process(frame(step * 0.1, {PLACES[0]: 1}, scene_id=0))
    (face,) = pipeline.process(frame(0.5, {PLACES[0]: 5}, scene_id=1)).faces
    assert face.track_id == 2
    assert face.first_seen_s == 0.5
    assert pipeline.process(frame(0.6, {}, scene_id=2)).faces == ()


def test_state_of_ended_tracks_goes(pipeline: FacePipeline) -> None:
    for step in range(5):
        pipeline.process(frame(step * 0.1, {PLACES[0]: 1, PLACES[1]: 2}))
    assert set(pipeline._smoothers) == {1, 2}
    assert pipeline.remembered_ids == {1, 2}
    pipeline.process(frame(1000.0, {}))
    pipeline.process(frame(1001.0, {}))
    assert pipeline._smoothers == {}
    assert pipeline._resolver._memories == {}
    assert pipeline.remembered_ids == frozenset()


class CountingFaces:
    """The tiny models, counting what they embed."""

    def __init__(self, faces: FaceModels) -> None:
        self._faces = faces
        self.counts: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._faces, name)

    def embed(self, frame_bgr: np.ndarray, kps: list[np.ndarray]) -> np.ndarray:
        self.counts.append(len(kps))
        return self._faces.embed(frame_bgr, kps)


def test_embeds_at_once_then_seldom(tiny_faces: FaceModels) -> None:
    faces = CountingFaces(tiny_faces)
    params = replace(PARAMS, reembed_interval_s=1.0, early_embeddings=2, early_interval_s=0.2)
    pipeline = FacePipeline(faces, None, params)
    for step in range(31):
        pipeline.process(frame(step * 0.1, {PLACES[0]: 1}))
    assert [step for step, count in enumerate(faces.counts) if count] == [0, 2, 12, 22]
    pipeline.process(frame(3.1, dict.fromkeys(PLACES, 1) | {PLACES[1]: 2, PLACES[2]: 3}))
    assert faces.counts[-1] == 2


def test_few_known_faces_are_renewed_at_once(tiny_faces: FaceModels) -> None:
    faces = CountingFaces(tiny_faces)
    params = replace(PARAMS, early_embeddings=1, max_refreshed_faces=1)
    pipeline = FacePipeline(faces, None, params)
    people = dict(zip(PLACES, (1, 2, 3), strict=True))
    for step in range(15):
        pipeline.process(frame(step * 0.1, people))
    assert faces.counts[0] == 3
    assert faces.counts[10:14] == [1, 1, 1, 0]


def test_faces_of_little_worth_are_not_embedded(tiny_faces: FaceModels) -> None:
    faces = CountingFaces(tiny_faces)
    pipeline = FacePipeline(faces, None, replace(PARAMS, min_embedding_quality=0.99))
    pipeline.process(frame(0.0, {PLACES[0]: 1}))
    assert faces.counts == [0]


def test_worth_of_an_embedding() -> None:
    kps = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)
    inside = FaceDetection(np.array([50, 50, 150, 150], np.float32), kps + 50, 0.9)
    at_edge = FaceDetection(np.array([-2, 50, 98, 150], np.float32), kps, 0.9)
    size = (400, 300)
    full = embedding_worth(inside, 500.0, size, 0.7)
    assert full > 0.3
    assert embedding_worth(at_edge, 500.0, size, 0.7) == pytest.approx(0.3 * full, rel=1e-3)
    unsure = replace(inside, det_score=0.55)
    assert 0.0 < embedding_worth(unsure, 500.0, size, 0.7) < 0.3 * full
    assert embedding_worth(replace(inside, det_score=0.45), 500.0, size, 0.7) == 0.0
    assert embedding_worth(unsure, 500.0, size, 0.5) > 0.5 * full


def test_emotion_is_read_smoothed_and_settles(
    pipeline: FacePipeline, tiny_faces: FaceModels, tiny_emotion: OnnxEmotionModel
) -> None:
    for step in range(8):
        (face,) = pipeline.process(frame(step * 0.1, {PLACES[0]: 1}, mood=4)).faces
    reading = face.emotion
    assert reading.gate_reason is None
    assert reading.raw_probs is not None
    assert reading.probs is not None
    assert reading.probs == pytest.approx(reading.raw_probs, abs=0.02)
    assert reading.emotion == EMOTIONS[int(reading.raw_probs.argmax())]
    (changed,) = pipeline.process(frame(0.8, {PLACES[0]: 1}, mood=9)).faces
    assert changed.emotion.raw_probs is not None
    assert changed.emotion.probs is not None
    step = np.abs(changed.emotion.raw_probs - reading.raw_probs).max()
    smooth_step = np.abs(changed.emotion.probs - reading.probs).max()
    assert 0.0 < smooth_step < step


def test_gates_hold_the_emotion_and_say_why(pipeline: FacePipeline) -> None:
    for step in range(5):
        (before,) = pipeline.process(frame(step * 0.1, {PLACES[0]: 1}, mood=4)).faces
    pipeline.set_params(replace(PARAMS, gates=QualityGates(min_face_px=100.0)))
    (held,) = pipeline.process(frame(0.5, {PLACES[0]: 1}, mood=4)).faces
    assert held.emotion.gate_reason is GateReason.TOO_SMALL
    assert held.emotion.raw_probs is None
    assert held.emotion.emotion == before.emotion.emotion
    pipeline.set_params(replace(PARAMS, gates=QualityGates(min_sharpness=9999.0)))
    (blurred,) = pipeline.process(frame(0.6, {PLACES[0]: 1}, mood=4)).faces
    assert blurred.emotion.gate_reason is GateReason.TOO_BLURRED


def test_other_smoothing_begins_anew(pipeline: FacePipeline) -> None:
    for step in range(4):
        pipeline.process(frame(step * 0.1, {PLACES[0]: 1}, mood=4))
    pipeline.set_params(replace(PARAMS, smoothing=PRESETS["Steady"]))
    assert pipeline.params.smoothing == PRESETS["Steady"]
    (face,) = pipeline.process(frame(0.4, {PLACES[0]: 1}, mood=9)).faces
    assert face.track_id == 1
    assert face.emotion.probs == pytest.approx(face.emotion.raw_probs, abs=1e-6)


def test_stills_stand_alone(pipeline: FacePipeline, tiny_faces: FaceModels) -> None:
    pipeline.set_gallery(gallery(tiny_faces, (1,)))
    pipeline.process(frame(0.0, {PLACES[0]: 1}))
    for _ in range(2):
        result = pipeline.process_still(frame(5.0, {PLACES[0]: 2, PLACES[1]: 1}))
        assert names(result) == {1: "", 2: "Person 1"}
        for face in result.faces:
            raw = face.emotion.raw_probs
            assert raw is not None
            assert face.emotion.probs is raw
            likely = EMOTIONS[int(raw.argmax())] if raw.max() >= 0.3 else None
            assert face.emotion.emotion == likely
            assert face.first_seen_s == 5.0
    (face,) = pipeline.process(frame(0.1, {PLACES[0]: 1})).faces
    assert face.track_id == 1
    assert face.first_seen_s == 0.0


def test_still_below_the_least_probability_shows_no_emotion(pipeline: FacePipeline) -> None:
    pipeline.set_params(replace(PARAMS, smoothing=replace(PRESETS["FER+"], min_confidence=1.0)))
    (face,) = pipeline.process_still(frame(0.0, {PLACES[0]: 1})).faces
    assert face.emotion.raw_probs is not None
    assert face.emotion.emotion is None


def test_still_of_a_gated_face(pipeline: FacePipeline) -> None:
    pipeline.set_params(replace(PARAMS, gates=QualityGates(min_face_px=100.0)))
    (face,) = pipeline.process_still(frame(0.0, {PLACES[0]: 1})).faces
    assert face.emotion.gate_reason is GateReason.TOO_SMALL
    assert face.emotion.probs is None


def test_unsure_new_face_is_held_back_until_confirmed(
    tiny_faces: FaceModels, tiny_emotion: OnnxEmotionModel
) -> None:
    params = replace(PARAMS, gates=QualityGates(min_det_score=1.0))
    pipeline = FacePipeline(tiny_faces, tiny_emotion, params)
    counts = [len(pipeline.process(frame(i * 0.1, {PLACES[0]: 1})).faces) for i in range(4)]
    assert counts == [0, 0, 1, 1]
    assert len(pipeline.process_still(frame(0.0, {PLACES[0]: 1})).faces) == 1


def test_most_faces(tiny_faces: FaceModels) -> None:
    pipeline = FacePipeline(tiny_faces, None, replace(PARAMS, max_faces=2))
    result = pipeline.process(frame(0.0, dict(zip(PLACES, (1, 2, 3), strict=True))))
    assert len(result.faces) == 2


def test_without_emotion_model_and_without_recogniser(
    tiny_faces: FaceModels, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (face,) = FacePipeline(tiny_faces, None, PARAMS).process(frame(0.0, {PLACES[0]: 1})).faces
    assert (face.emotion.raw_probs, face.emotion.emotion, face.emotion.gate_reason) == (None,) * 3
    folder = write_pack(tmp_path_factory.mktemp("p") / "bare", has_recogniser=False)
    bare = FacePipeline(FaceModels(open_pack(folder), 320), None, PARAMS)
    assert bare.model_id == ""
    (face,) = bare.process(frame(0.0, {PLACES[0]: 1})).faces
    assert face.identity.decision is Decision.UNKNOWN


def test_gallery_of_another_model_is_refused(
    pipeline: FacePipeline, tiny_faces: FaceModels
) -> None:
    people = {"a": "Ana"}
    row = np.ones((1, 16), np.float32)
    with pytest.raises(GalleryError, match=r"enrolled with other-1234.* Enrol them"):
        pipeline.set_gallery(GalleryIndex(row, ["a"], people, "other-1234"))
    with pytest.raises(GalleryError, match="have 9 numbers, expected 16"):
        pipeline.set_gallery(GalleryIndex(row[:, :9], ["a"], people, tiny_faces.model_id))
    pipeline.set_gallery(GalleryIndex.empty("other-1234"))
    assert len(pipeline.process(frame(0.0, {PLACES[0]: 1})).faces) == 1


def test_reset_forgets_tracks_and_keeps_people(
    pipeline: FacePipeline, tiny_faces: FaceModels
) -> None:
    pipeline.set_gallery(gallery(tiny_faces, (1,)))
    pipeline.process(frame(0.0, {PLACES[1]: 2}))
    pipeline.process(frame(0.1, {PLACES[1]: 2, PLACES[0]: 1}))
    pipeline.reset()
    (face,) = pipeline.process(frame(0.0, {PLACES[0]: 1})).faces
    assert (face.track_id, face.identity.name) == (1, "Person 1")


def test_time_that_goes_back_does_no_harm(pipeline: FacePipeline) -> None:
    for time_s, scene_id in ((5.0, 0), (5.1, 0), (1.0, 1), (1.1, 1)):
        (face,) = pipeline.process(frame(time_s, {PLACES[0]: 1}, scene_id)).faces
        assert face.track_id == 1


def test_parameters_are_checked() -> None:
    for change in ({"max_faces": 0}, {"reembed_interval_s": -1.0}, {"early_embeddings": 1.5}):
        with pytest.raises(ValueError, match="must be"):
            PipelineParams(**change)
