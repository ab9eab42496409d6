import dataclasses
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.analysis.debug_checks import (
    AGAINST,
    MIN_FACES,
    Finding,
    Kind,
    Verdict,
    check_agreement,
    check_gap,
    check_shares,
    decide,
    relate,
)
from facemotion.analysis.debug_folder import DebugFaces
from facemotion.analysis.debug_page import least_and_most, page, write_page
from facemotion.analysis.debug_report import make_report
from facemotion.analysis.debug_tools import open_tools, report_of
from facemotion.analysis.face_reference import MEASURES, RESOURCE, FaceReference
from facemotion.core.errors import ModelError, OutputError
from facemotion.core.labels import EMOTIONS
from facemotion.store.paths import resource_path
from facemotion.vision.pipeline import FacePipeline
from facemotion.vision.sources.specs import open_source, parse_source

CLIPS = ("one_person_sad_then_happy.mp4", "scene_multi_person.mp4")


@pytest.fixture(scope="module")
def tools():
    return open_tools()


@pytest.fixture(scope="module")
def reference(tools):
    return tools.reference


def faces_of(crops, answers, names=None, model_ids=()):
    names = names or tuple(f"{n:06d}_000_1_happy_0.5.png" for n in range(len(crops)))
    return DebugFaces(
        Path("somewhere/<debug>"),
        names,
        crops,
        answers.argmax(axis=1),
        answers.max(axis=1),
        answers,
        np.arange(len(crops)) % 3,
        model_ids,
    )


@pytest.fixture(scope="module", params=CLIPS)
def clip_faces(request, shared_dir, shared_pack, tools):
    """Crops and probabilities of a clip as the pipeline hands them on."""
    from facemotion.vision.faces import FaceModels
    from facemotion.vision.packs import open_pack

    pipeline = FacePipeline(FaceModels(open_pack(shared_pack)), tools.model)
    crops, probs = [], []
    with open_source(parse_source(str(shared_dir / "media" / request.param))) as source:
        while (frame := source.read()) is not None:
            if frame.index % 14:
                continue
            for face in pipeline.process(frame).faces:
                if face.emotion.raw_probs is not None:
                    crops.append(face.emotion_crop)
                    probs.append(face.emotion.raw_probs)
    return np.stack(crops), np.stack(probs).astype(np.float64)


def verdict_of(tools, crops, answers):
    report = make_report(faces_of(crops, answers), tools.reference, tools.model, tools.finder)
    return report.verdict, {finding.name for finding in report.findings if finding.is_fault}


def moved(crops, dx=0.0, dy=0.0, zoom=1.0):
    matrix = cv2.getRotationMatrix2D((23.5, 23.5), 0.0, zoom)
    matrix[:, 2] += (dx, dy)
    how = {"borderMode": cv2.BORDER_REPLICATE}
    return np.stack([cv2.warpAffine(crop, matrix, (48, 48), **how) for crop in crops])


# ----- the verdict on the clips, as they are and spoiled on purpose


@pytest.mark.slow
def test_right_faces_are_fine(clip_faces, tools):
    assert verdict_of(tools, *clip_faces) == (Verdict.FINE, set())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda crops: crops // 2, "white"),
        (lambda crops: moved(crops, dx=6), "across"),
        (lambda crops: moved(crops, dy=-6), "height"),
        (lambda crops: moved(crops, zoom=1.3), "size"),
        (lambda crops: moved(crops, zoom=0.75), "size"),
        (lambda crops: 255 - crops, "likeness"),
    ],
)
@pytest.mark.parametrize("is_read_before", [True, False])
def test_spoiled_crops_are_the_preprocessings_fault(
    clip_faces, tools, spoil, fault, is_read_before
):
    crops, answers = clip_faces
    spoiled = spoil(crops)
    if not is_read_before:
        answers = tools.model.probs(spoiled).astype(np.float64)
    verdict, faults = verdict_of(tools, spoiled, answers)
    assert verdict is Verdict.PREPROCESSING
    assert fault in faults or "found" in faults


@pytest.mark.slow
def test_pictures_spoiled_after_they_were_read_are_the_preprocessings_fault(clip_faces, tools):
    crops, answers = clip_faces
    assert verdict_of(tools, crops // 2, answers)[0] is Verdict.PREPROCESSING
    assert verdict_of(tools, moved(crops, dx=-7), answers)[0] is Verdict.PREPROCESSING


@pytest.mark.slow
def test_shuffled_outputs_are_the_models_fault(clip_faces, tools):
    crops, answers = clip_faces
    rotated = np.roll(answers, 2, axis=1)
    verdict, faults = verdict_of(tools, crops, rotated)
    assert verdict is Verdict.MODEL
    assert "agreement" in faults
    dealt = np.random.default_rng(0).permutation(answers)
    assert verdict_of(tools, crops, dealt)[0] is Verdict.MODEL


@pytest.mark.slow
def test_a_model_with_shuffled_outputs_is_found_out_though_it_agrees_with_itself(clip_faces, tools):
    crops, answers = clip_faces
    rotated = np.roll(answers, 2, axis=1)
    report = make_report(faces_of(crops, rotated), tools.reference, None, tools.finder)
    assert report.verdict is Verdict.MODEL
    (fault,) = [finding for finding in report.findings if finding.is_fault]
    assert fault.name == "relation"
    assert fault.value < AGAINST


# ----- single checks


def test_nothing_is_said_about_few_faces(tools):
    crops = np.random.default_rng(0).integers(0, 256, (MIN_FACES - 1, 48, 48)).astype(np.uint8)
    answers = np.full((len(crops), 7), 1.0 / 7.0)
    report = make_report(faces_of(crops, answers), tools.reference, tools.model, None)
    assert report.verdict is Verdict.NOT_ENOUGH
    assert f"{MIN_FACES - 1} of at least {MIN_FACES}" in report.headline
    assert report.findings


def test_no_faces_at_all(tools):
    nothing = faces_of(np.zeros((0, 48, 48), np.uint8), np.zeros((0, 7)))
    report = make_report(nothing, tools.reference, tools.model, tools.finder)
    assert report.verdict is Verdict.NOT_ENOUGH
    assert report.findings == ()
    assert "Not enough faces" in page(report)
    assert json.dumps(report.to_json())


def test_noise_is_no_face(tools):
    crops = np.random.default_rng(0).integers(0, 256, (25, 48, 48)).astype(np.uint8)
    verdict, faults = verdict_of(tools, crops, tools.model.probs(crops).astype(np.float64))
    assert verdict is Verdict.PREPROCESSING
    assert "found" in faults


def finding(kind, is_fault=True):
    return Finding(kind, "some", is_fault, "", 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([], Verdict.FINE),
        ([finding(Kind.NOTE)], Verdict.FINE),
        ([finding(Kind.MODEL, False), finding(Kind.PREPROCESSING, False)], Verdict.FINE),
        ([finding(Kind.MODEL)], Verdict.MODEL),
        ([finding(Kind.MODEL), finding(Kind.PREPROCESSING)], Verdict.PREPROCESSING),
    ],
)
def test_wrong_crops_go_before_a_wrong_model(findings, verdict):
    assert decide(MIN_FACES, findings) is verdict
    assert decide(MIN_FACES - 1, findings) is Verdict.NOT_ENOUGH


def one_hot(*labels, sure=0.94):
    rest = (1.0 - sure) / 6.0
    answers = np.full((len(labels), 7), rest)
    answers[np.arange(len(labels)), [EMOTIONS.index(label) for label in labels]] = sure
    return answers


@pytest.mark.parametrize(
    ("equal", "is_same", "is_fault"),
    [(10, True, False), (9, True, False), (8, True, True), (5, False, False), (4, False, True)],
)
def test_agreement_with_the_model_now(equal, is_same, is_fault):
    recorded = one_hot(*["happy"] * 10)
    again = one_hot(*["happy"] * equal, *["sad"] * (10 - equal))
    found = check_agreement(recorded, again, is_same_model=is_same)
    assert found.is_fault is is_fault
    assert f"{equal * 10}%" in found.sentence


def test_a_lost_model_has_small_gaps(reference):
    unsure, sure = np.full((30, 7), 1.0 / 7.0), one_hot(*["sad"] * 30)
    assert check_gap(unsure, reference).is_fault
    assert not check_gap(sure, reference).is_fault


def test_rare_emotions_are_a_note_that_never_decides():
    found = check_shares(one_hot(*["disgust"] * 6, *["fear"] * 2, *["happy"] * 2))
    assert found.is_fault
    assert found.kind is Kind.NOTE
    assert "80%" in found.sentence
    assert not check_shares(one_hot("fear", "happy")).is_fault


def test_the_relation_finds_the_renaming(reference):
    labels = [name for name in EMOTIONS for _ in range(10)]
    right = one_hot(*labels)
    scores = right @ reference.reader_classes.astype(np.float64)
    same = relate(right, scores, reference)
    assert same.evidence == pytest.approx(same.expected, rel=0.01)
    assert same.best == pytest.approx(same.evidence)
    order = [EMOTIONS.index(name) for name in EMOTIONS[2:] + EMOTIONS[:2]]
    renamed = relate(right[:, order], scores, reference)
    assert renamed.evidence < AGAINST
    assert renamed.best == pytest.approx(same.evidence)
    assert [EMOTIONS[number] for number in order] == list(renamed.renaming)


def test_the_relation_of_one_expression_tells_nothing(reference):
    answers = one_hot(*["neutral"] * 30)
    relation = relate(answers, np.random.default_rng(0).normal(size=(30, 6)), reference)
    assert relation.expected == pytest.approx(0.0, abs=1e-9)
    assert relation.evidence == pytest.approx(0.0, abs=1e-9)


# ----- the reference


def test_the_bands_hold_what_is_typical(reference):
    assert reference.faces.min() > 1000
    for name, typical, (low, high) in zip(
        MEASURES, reference.typical, reference.bands, strict=True
    ):
        assert low < typical < high, name
    assert reference.shares.sum(axis=1) == pytest.approx(1.0, abs=1e-3)


def test_the_reference_is_kept_in_a_file(reference, tmp_path):
    path = tmp_path / "copy.npz"
    reference.save(path)
    again = FaceReference.load(path)
    assert np.array_equal(again.bands, reference.bands)
    assert path.read_bytes() == resource_path(RESOURCE).read_bytes()


@pytest.mark.parametrize("content", [b"", b"rubbish", b"PK\x05\x06" + bytes(18)])
def test_a_damaged_reference_says_so(tmp_path, content):
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read"):
        FaceReference.load(path)


def test_a_reference_of_other_shapes_is_refused(reference):
    with pytest.raises(ValueError, match="bands"):
        dataclasses.replace(reference, bands=reference.bands[:-1])


# ----- page and JSON


@pytest.fixture
def report(tools):
    rng = np.random.default_rng(0)
    base = tools.reference.mean_faces[[4, 5]]
    crops = np.stack([base[n % 2] + rng.normal(0, 12, (48, 48)) for n in range(40)])
    crops = np.clip(crops, 0, 255).astype(np.uint8)
    answers = one_hot(*["happy", "neutral"] * 20)
    answers[::2] = one_hot(*["happy"] * 20, sure=0.7)
    names = tuple(f'1203{n:02d}_000_1_<i>&"happy_0.500.png' for n in range(40))
    return make_report(
        faces_of(crops, answers, names, ("m<1>",)), tools.reference, tools.model, tools.finder
    )


def test_the_page_stands_alone_and_escapes(report):
    text = page(report)
    assert "<i>" not in text
    assert "m<1>" not in text
    assert "m&lt;1&gt;" in text
    assert not re.search(r"https?://|<script|<link|@import", text)
    assert text.count("<img") >= 8 + 2 + 32
    assert text.count("<svg") == 3
    for title in ("Why", "Emotions", "Light and sharpness", "Contact sheet"):
        assert f"<h2>{title}</h2>" in text


def test_the_json_has_everything_but_pictures(report):
    told = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert told["faces"] == 40
    assert told["tracks"] == 3
    assert told["verdict"] == report.verdict.value
    assert told["emotions"]["happy"]["count"] == 20
    assert told["emotions"]["happy"]["mean_confidence"] == pytest.approx(0.7)
    assert told["emotions"]["neutral"]["mean_gap"] == pytest.approx(0.93, abs=0.001)
    assert told["emotions"]["sad"] == {
        "count": 0,
        "mean_confidence": None,
        "mean_gap": None,
        "likeness_to_training": None,
    }
    assert sum(told["distributions"]["brightness"]["faces"]) == pytest.approx(1.0, abs=1e-3)
    assert told["recorded_by"] == ["m<1>"]


def test_mean_faces_are_likest_to_their_own_emotion(report):
    happy = next(row for row in report.emotions if row.emotion == "happy")
    assert happy.likeness > 0.95


def test_least_and_most_confident_faces_are_different_ones(report):
    for row in report.emotions:
        least, most = least_and_most(row)
        assert not set(least.tolist()) & set(most.tolist())
        assert len(least) == len(most) == min(8, len(row.rows))


def test_the_page_is_written_into_a_folder_of_its_own(report, tmp_path):
    path = tmp_path / "new" / "page.html"
    write_page(report, path)
    assert path.read_text("utf-8") == page(report)
    with pytest.raises(OutputError):
        write_page(report, tmp_path / "new")


def test_missing_models_leave_their_checks_out(monkeypatch, tmp_path):
    def missing(name):
        raise FileNotFoundError(f"models/{name} is missing")

    monkeypatch.setattr("facemotion.analysis.debug_tools.model_path", missing)
    tools = open_tools()
    assert tools.model is None
    assert tools.finder is None
    assert len(tools.problems) == 2
    data = cv2.imencode(".png", np.full((48, 48), 90, np.uint8))[1].tobytes()
    for number in range(MIN_FACES):
        (tmp_path / f"1203{number:02d}_000_1_sad_0.500.png").write_bytes(data)
    parts = []
    report = report_of(tmp_path, tools, parts.append)
    assert parts[-1] == 1.0
    names = {finding.name for finding in report.findings}
    assert not names & {"agreement", "across", "found"}
    assert report.verdict is Verdict.PREPROCESSING


def test_without_statistics_nothing_can_be_said(monkeypatch, tmp_path):
    def missing(name):
        raise FileNotFoundError(f"resources/{name} is missing")

    monkeypatch.setattr("facemotion.analysis.debug_tools.resource_path", missing)
    with pytest.raises(ModelError, match="Install facemotion again"):
        open_tools()
