"""Neutral baselines on disk: kept with the person, carried along, deleted with the person."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.errors import GalleryError
from facemotion.core.labels import EMOTIONS
from facemotion.store.baselines import BaselineStore, decode_baseline
from facemotion.store.gallery import GalleryStore
from facemotion.store.person_files import BASELINE_FILE, Person

MODEL = "mobilefacenet-01234567"


def baseline(sad: float = 0.5, model_id: str = "emotion-1", count: int = 30) -> NeutralBaseline:
    probs = np.full((count, len(EMOTIONS)), (0.6 - sad) / 5, np.float32)
    probs[:, EMOTIONS.index("neutral")] = 0.4
    probs[:, EMOTIONS.index("sad")] = sad
    return NeutralBaseline.of(probs, model_id)


def enrol(store: GalleryStore, name: str, seed: int) -> Person:
    rows = np.random.default_rng(seed).normal(size=(2, 8)).astype(np.float32)
    return store.enrol(name, rows, MODEL)


@pytest.fixture
def store(tmp_path: Path) -> GalleryStore:
    return GalleryStore(tmp_path / "gallery")


@pytest.fixture
def ana(store: GalleryStore) -> Person:
    return enrol(store, "Ana", 1)


def test_nobody_has_one_at_first(store: GalleryStore) -> None:
    assert BaselineStore(store.folder).load() == {}
    assert not store.folder.exists()


def test_what_was_kept_is_there_after_a_restart(store: GalleryStore, ana: Person) -> None:
    BaselineStore(store.folder).save(ana.person_id, baseline())
    found = BaselineStore(store.folder).load()
    assert list(found) == [ana.person_id]
    kept = found[ana.person_id]
    np.testing.assert_allclose(kept.log_probs, baseline().log_probs, atol=1e-5)
    assert (kept.model_id, kept.reading_count, kept.is_automatic) == ("emotion-1", 30, False)
    contents = store.load()
    assert contents.people == (ana,)  # the person's own files are untouched
    assert contents.neutral_ids == {ana.person_id}


def test_a_new_one_replaces_the_old_one(store: GalleryStore, ana: Person) -> None:
    baselines = BaselineStore(store.folder)
    baselines.save(ana.person_id, baseline(model_id="old"))
    baselines.save(ana.person_id, baseline(model_id="new"))
    assert baselines.load()[ana.person_id].model_id == "new"


def test_it_can_be_cleared_once(store: GalleryStore, ana: Person) -> None:
    baselines = BaselineStore(store.folder)
    baselines.save(ana.person_id, baseline())
    assert baselines.clear(ana.person_id)
    assert not baselines.clear(ana.person_id)
    assert baselines.load() == {}


@pytest.mark.parametrize("person_id", ["0" * 32, "../elsewhere", ""])
def test_nobody_else_can_have_one(store: GalleryStore, ana: Person, person_id: str) -> None:
    baselines = BaselineStore(store.folder)
    with pytest.raises(GalleryError, match="no longer enrolled"):
        baselines.save(person_id, baseline())
    with pytest.raises(GalleryError, match="no longer enrolled"):
        baselines.clear(person_id)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"format": 1, "log_probs": {}, "readings": 3, "emotion_model": "m"}',
    ],
)
def test_a_damaged_one_is_set_aside(store: GalleryStore, ana: Person, data: bytes) -> None:
    path = store.folder / ana.person_id / BASELINE_FILE
    path.write_bytes(data)
    assert BaselineStore(store.folder).load() == {}
    assert not path.exists()
    assert list(path.parent.glob(f"{BASELINE_FILE}.damaged-*"))
    assert store.load().people == (ana,)


def test_one_of_a_later_version_stays_where_it_is(store: GalleryStore, ana: Person) -> None:
    path = store.folder / ana.person_id / BASELINE_FILE
    path.write_text('{"format": 2}', "utf-8")
    assert BaselineStore(store.folder).load() == {}
    assert path.exists()


def test_deleting_a_person_deletes_it(store: GalleryStore, ana: Person) -> None:
    BaselineStore(store.folder).save(ana.person_id, baseline())
    store.delete(ana.person_id)
    assert not list(store.folder.rglob("*baseline*"))


def test_renaming_and_new_photos_keep_it(store: GalleryStore, ana: Person) -> None:
    BaselineStore(store.folder).save(ana.person_id, baseline())
    store.rename(ana.person_id, "Anna")
    rows = np.random.default_rng(9).normal(size=(1, 8)).astype(np.float32)
    store.add_embeddings(ana.person_id, rows, MODEL)
    assert ana.person_id in BaselineStore(store.folder).load()


@pytest.mark.parametrize(("target", "source", "left"), [("a", "b", "a"), (None, "b", "b")])
def test_of_two_merged_people_the_first_ones_stays(
    store: GalleryStore, ana: Person, target: str | None, source: str, left: str
) -> None:
    other = enrol(store, "Ben", 2)
    baselines = BaselineStore(store.folder)
    if target is not None:
        baselines.save(ana.person_id, baseline(model_id=target))
    baselines.save(other.person_id, baseline(model_id=source))
    store.merge(ana.person_id, other.person_id)
    assert {key: each.model_id for key, each in baselines.load().items()} == {ana.person_id: left}


def test_an_exported_gallery_carries_it(store: GalleryStore, ana: Person, tmp_path: Path) -> None:
    enrol(store, "Ben", 2)
    BaselineStore(store.folder).save(ana.person_id, baseline())
    store.export_to(tmp_path / "people.zip")
    elsewhere = GalleryStore(tmp_path / "elsewhere")
    report = elsewhere.import_from(tmp_path / "people.zip", MODEL, 8)
    assert report.problems == ()
    found = BaselineStore(elsewhere.folder).load()
    assert list(found) == [ana.person_id]
    np.testing.assert_allclose(found[ana.person_id].log_probs, baseline().log_probs, atol=1e-5)


def test_an_import_does_not_replace_one_that_is_here(
    store: GalleryStore, ana: Person, tmp_path: Path
) -> None:
    baselines = BaselineStore(store.folder)
    baselines.save(ana.person_id, baseline(model_id="exported"))
    store.export_to(tmp_path / "people.zip")
    baselines.save(ana.person_id, baseline(model_id="here"))
    store.import_from(tmp_path / "people.zip", MODEL, 8)
    assert baselines.load()[ana.person_id].model_id == "here"
    baselines.clear(ana.person_id)
    store.import_from(tmp_path / "people.zip", MODEL, 8)
    assert baselines.load()[ana.person_id].model_id == "exported"


def test_a_damaged_one_in_an_export_costs_only_itself(
    store: GalleryStore, ana: Person, tmp_path: Path
) -> None:
    BaselineStore(store.folder).save(ana.person_id, baseline())
    store.export_to(tmp_path / "people.zip")
    with zipfile.ZipFile(tmp_path / "people.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, b"nonsense" if name.endswith(BASELINE_FILE) else data)
    elsewhere = GalleryStore(tmp_path / "elsewhere")
    report = elsewhere.import_from(tmp_path / "bad.zip", MODEL, 8)
    assert [person.name for person in report.people] == ["Ana"]
    assert any("neutral face of Ana" in problem for problem in report.problems)


def test_numbers_out_of_range_are_refused() -> None:
    values = {
        "format": 1,
        "emotion_model": "m",
        "readings": 3,
        "is_automatic": False,
        "log_probs": dict.fromkeys(EMOTIONS, 4.0),
    }
    with pytest.raises(GalleryError, match="unreadable"):
        decode_baseline(json.dumps(values).encode())
