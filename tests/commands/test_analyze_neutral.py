"""`facemotion analyze` with stored neutral faces: raw readings stay, smoothed are corrected."""

import csv
import json

import numpy as np
import pytest

from facemotion.__main__ import main
from facemotion.core.baseline import NeutralBaseline
from facemotion.core.labels import EMOTIONS
from facemotion.store.baselines import BaselineStore
from facemotion.store.gallery import GalleryStore
from facemotion.store.paths import AppPaths, model_path
from facemotion.vision.emotion import load_emotion_model


@pytest.fixture(autouse=True)
def pack(shared_pack, monkeypatch):
    monkeypatch.setenv("FACEMOTION_PACK", str(shared_pack))


@pytest.fixture
def photo(shared_dir):
    return shared_dir / "media" / "people" / "person_1.png"


def baseline(model_id):
    probs = np.full((30, len(EMOTIONS)), 0.02, np.float32)
    probs[:, EMOTIONS.index("sad")] = 0.44
    probs[:, EMOTIONS.index("angry")] = 0.44
    return NeutralBaseline.of(probs, model_id)


def rows_of(photo, out, *options):
    assert main(["analyze", str(photo), "--out", str(out), "--json", *options]) == 0
    with (out / "timeline.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return rows, json.loads((out / "summary.json").read_text("utf-8"))


def values(row, kind):
    return [float(row[f"{kind}_{name}"]) for name in EMOTIONS]


def test_a_stored_neutral_face_counts_unless_it_is_switched_off(photo, tmp_path, capsys):
    assert main(["enroll", "Ana", str(photo)]) == 0
    plain, summary = rows_of(photo, tmp_path / "plain")
    assert summary["neutral_faces"] == []
    folder = AppPaths.default().gallery_dir
    (person,) = GalleryStore(folder).load().people
    model = load_emotion_model(model_path("emotion.onnx"))
    kept = baseline(model.model_id)
    BaselineStore(folder).save(person.person_id, kept)
    corrected, summary = rows_of(photo, tmp_path / "corrected")
    assert summary["neutral_faces"] == ["Ana"]
    off, summary = rows_of(photo, tmp_path / "off", "--no-neutral-faces")
    assert summary["neutral_faces"] == []
    assert off == plain
    for before, after in zip(plain, corrected, strict=True):
        assert values(before, "raw") == values(after, "raw")
        assert before["person"] == "Ana"
        expected = kept.correct(np.array(values(before, "raw"), np.float32))
        np.testing.assert_allclose(values(after, "smooth"), expected, atol=2e-3)
        assert values(after, "smooth") != values(before, "smooth")


def test_one_of_another_emotion_model_does_not_count(photo, tmp_path, capsys):
    assert main(["enroll", "Ana", str(photo)]) == 0
    folder = AppPaths.default().gallery_dir
    (person,) = GalleryStore(folder).load().people
    plain, _ = rows_of(photo, tmp_path / "plain")
    BaselineStore(folder).save(person.person_id, baseline("older"))
    rows, summary = rows_of(photo, tmp_path / "rows")
    assert rows == plain
    assert summary["neutral_faces"] == []
