import json
import os

import numpy as np
import pytest

from facemotion.core.errors import GalleryError, OutputError
from facemotion.store.gallery import GalleryStore

MODEL = "mobilefacenet-01234567"
JPEG = b"\xff\xd8\xff\xe0 a photo"
PNG = b"\x89PNG\r\n\x1a\n a photo"


def vectors(seed, count=2, dim=8):
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


@pytest.fixture
def store(tmp_path):
    return GalleryStore(tmp_path / "gallery ünïcode")


def test_nobody_at_first(store):
    contents = store.load()
    assert contents.people == ()
    assert contents.problems == ()
    assert not store.folder.exists()
    assert store.damaged_entries() == ()
    assert store.delete_damaged("Ana") == 0


def test_enrolled_people_are_there_after_a_restart(store):
    ana = store.enrol(" Ana ", vectors(1), MODEL)
    contents = GalleryStore(store.folder).load()
    assert contents.people == (ana,)
    assert ana.name == "Ana"
    assert ana.embedding_count == 2
    assert not ana.has_photos
    rows = vectors(1)
    expected = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(contents.embeddings[ana.person_id], expected, atol=1e-6)


def test_files_are_as_documented(store):
    ana = store.enrol("Ana/..", vectors(1, 3), MODEL)
    folder = store.folder / ana.person_id
    assert sorted(path.name for path in folder.iterdir()) == ["embeddings.npy", "person.json"]
    saved = np.load(folder / "embeddings.npy", allow_pickle=False)
    assert saved.dtype == np.float32
    assert saved.shape == (3, 8)
    values = json.loads((folder / "person.json").read_text("utf-8"))
    assert values["name"] == "Ana/.."
    assert values["id"] == ana.person_id
    assert values["model_id"] == MODEL
    assert values["embedding_count"] == 3
    assert values["created_at"] == ana.created_at.isoformat()


@pytest.mark.parametrize("name", ["../../escape", "..", "/root", "a\\b", "名前", "x" * 100])
def test_a_name_is_never_a_path(store, name):
    person = store.enrol(name, vectors(1), MODEL)
    assert store.load().people[0].name == name
    entries = {path.name for path in store.folder.iterdir()}
    assert entries == {".lock", person.person_id}
    assert [path.name for path in store.folder.parent.iterdir()] == [store.folder.name]


def test_the_same_name_twice_is_refused(store):
    store.enrol("Zoë", vectors(1), MODEL)
    with pytest.raises(GalleryError, match="Zoë is enrolled already"):
        store.enrol("ZOE\u0308", vectors(2), MODEL)
    assert len(store.load().people) == 1


def test_unusable_embeddings_are_refused(store):
    with pytest.raises(GalleryError, match="zero"):
        store.enrol("Ana", np.zeros((1, 8), np.float32), MODEL)
    with pytest.raises(GalleryError, match="shape"):
        store.enrol("Ana", np.zeros((0, 8), np.float32), MODEL)
    assert store.load().people == ()


def test_another_dimension_of_the_same_model_is_refused(store):
    ana = store.enrol("Ana", vectors(1), MODEL)
    with pytest.raises(GalleryError, match=r"have 8 numbers.*have 16"):
        store.enrol("Ben", vectors(2, dim=16), MODEL)
    with pytest.raises(GalleryError, match=r"of 8 numbers.*have 16"):
        store.add_embeddings(ana.person_id, vectors(2, dim=16), MODEL)


def test_adding_leaves_repeats_out(store):
    ana = store.enrol("Ana", np.concatenate([vectors(1), vectors(1)]), MODEL)
    assert ana.embedding_count == 2
    assert store.add_embeddings(ana.person_id, vectors(1), MODEL) == ana
    more = store.add_embeddings(ana.person_id, vectors(2, 3), MODEL)
    assert more.embedding_count == 5
    contents = store.load()
    assert contents.problems == ()
    assert contents.people == (more,)
    assert contents.embeddings[ana.person_id].shape == (5, 8)


def test_too_many_embeddings_are_refused(store):
    ana = store.enrol("Ana", vectors(1, 999), MODEL)
    with pytest.raises(GalleryError, match="limit is 1000"):
        store.add_embeddings(ana.person_id, vectors(2, 2), MODEL)
    assert store.load().people == (ana,)


def test_embeddings_of_another_model_are_never_matched(store):
    ana = store.enrol("Ana", vectors(1), MODEL)
    ben = store.enrol("Ben", vectors(2, dim=16), "other-89abcdef")
    with pytest.raises(GalleryError, match=r"Ana was enrolled with mobilefacenet.*again"):
        store.add_embeddings(ana.person_id, vectors(3), "other-89abcdef")
    contents = store.load()
    assert contents.other_model_people(MODEL) == (ben,)
    probe = contents.embeddings[ana.person_id][0]
    ids, similarities = contents.index(MODEL).person_similarities(probe)
    assert list(ids) == [ana.person_id]
    assert float(similarities[0]) > 0.7
    nobody, _ = store.index("third-00000000").person_similarities(probe)
    assert list(nobody) == []


def test_enrolling_again_with_another_pack_keeps_the_name(store):
    ana = store.enrol("Ana", vectors(1), MODEL, [JPEG])
    again = store.replace_embeddings(ana.person_id, vectors(2, 1, 16), "other-89abcdef", [PNG])
    assert (again.person_id, again.name) == (ana.person_id, "Ana")
    assert (again.model_id, again.embedding_count) == ("other-89abcdef", 1)
    assert [path.name for path in store.photos(ana.person_id)] == ["001.jpg", "002.png"]
    assert store.load().people == (again,)


def test_rename(store):
    ana = store.enrol("Ana", vectors(1), MODEL)
    store.enrol("Ben", vectors(2), MODEL)
    with pytest.raises(GalleryError, match="Ben is enrolled already"):
        store.rename(ana.person_id, "ben")
    assert store.rename(ana.person_id, "ANA").name == "ANA"
    assert store.load().find("ana").person_id == ana.person_id
    assert store.load().by_id(ana.person_id).name == "ANA"
    assert store.load().by_id("nobody") is None


def test_merge_keeps_embeddings_and_photos(store):
    ana = store.enrol("Ana", vectors(1), MODEL, [JPEG])
    other = store.enrol("Anna", np.concatenate([vectors(1, 1), vectors(2)]), MODEL, [PNG, JPEG])
    merged = store.merge(ana.person_id, other.person_id)
    assert merged.name == "Ana"
    assert merged.has_photos
    assert store.load().people == (merged,)
    kept = [path.read_bytes() for path in store.photos(ana.person_id)]
    assert kept == [JPEG, PNG, JPEG]
    assert not (store.folder / other.person_id).exists()
    assert merged.embedding_count >= 4


def test_merge_of_what_does_not_fit_is_refused(store):
    ana = store.enrol("Ana", vectors(1), MODEL)
    ben = store.enrol("Ben", vectors(2), "other-89abcdef")
    with pytest.raises(GalleryError, match="two different"):
        store.merge(ana.person_id, ana.person_id)
    with pytest.raises(GalleryError, match="different packs"):
        store.merge(ana.person_id, ben.person_id)
    assert store.load().people == (ana, ben)


def test_photos_are_kept_only_when_given(store):
    ana = store.enrol("Ana", vectors(1), MODEL, [JPEG, PNG])
    assert ana.has_photos
    assert store.load().people[0].has_photos
    assert [path.read_bytes() for path in store.photos(ana.person_id)] == [JPEG, PNG]
    with pytest.raises(GalleryError, match="neither a JPEG nor a PNG"):
        store.enrol("Ben", vectors(2), MODEL, [b"GIF89a"])
    assert store.load().people == (ana,)
    assert store.photos("../..") == []


def test_delete_really_deletes(store):
    ana = store.enrol("Ana", vectors(1), MODEL, [JPEG])
    ben = store.enrol("Ben", vectors(2), MODEL)
    (store.folder / ben.person_id / "embeddings.npy").write_bytes(b"damaged")
    assert store.load().people == (ana,)
    ben_again = store.enrol("Ben", vectors(2), MODEL)
    store.delete(ben_again.person_id)
    assert store.damaged_entries() == ()
    store.delete(ana.person_id)
    assert [path.name for path in store.folder.iterdir()] == [".lock"]
    with pytest.raises(GalleryError, match="no longer enrolled"):
        store.delete(ana.person_id)


def test_set_aside_copies_can_be_deleted_by_name(store):
    ben = store.enrol("Ben", vectors(2), MODEL)
    (store.folder / ben.person_id / "embeddings.npy").unlink()
    store.load()
    assert len(store.damaged_entries()) == 1
    assert store.delete_damaged("Be") == 0
    assert store.delete_damaged("BEN") == 1
    assert store.damaged_entries() == ()


@pytest.mark.parametrize("person_id", ["", "..", "../x", "0" * 32, "A" * 32])
def test_a_person_who_is_not_there_is_an_error(store, person_id):
    with pytest.raises(GalleryError, match="no gallery"):
        store.delete(person_id)
    store.enrol("Ana", vectors(1), MODEL)
    for call in (store.delete, lambda who: store.rename(who, "x")):
        with pytest.raises(GalleryError, match="no longer enrolled"):
            call(person_id)


def damage_truncate(folder):
    data = (folder / "embeddings.npy").read_bytes()
    (folder / "embeddings.npy").write_bytes(data[:-7])


def damage_flip(folder):
    data = bytearray((folder / "embeddings.npy").read_bytes())
    data[-1] ^= 1
    (folder / "embeddings.npy").write_bytes(bytes(data))


def change_json(**values):
    def damage(folder):
        old = json.loads((folder / "person.json").read_text("utf-8"))
        (folder / "person.json").write_text(json.dumps({**old, **values}), "utf-8")

    return damage


DAMAGE = {
    "embeddings missing": lambda folder: (folder / "embeddings.npy").unlink(),
    "embeddings empty": lambda folder: (folder / "embeddings.npy").write_bytes(b""),
    "embeddings truncated": damage_truncate,
    "one bit flipped": damage_flip,
    "json missing": lambda folder: (folder / "person.json").unlink(),
    "json empty": lambda folder: (folder / "person.json").write_bytes(b""),
    "json not json": lambda folder: (folder / "person.json").write_bytes(b'{"name": "Ana'),
    "json not utf-8": lambda folder: (folder / "person.json").write_bytes(b"\xff\xfe{}"),
    "json a list": lambda folder: (folder / "person.json").write_bytes(b"[1, 2]"),
    "json nested": lambda folder: (folder / "person.json").write_bytes(b"[" * 60_000),
    "json huge": lambda folder: (folder / "person.json").write_bytes(b" " * 100_000),
    "count wrong": change_json(embedding_count=3),
    "dimension wrong": change_json(embedding_dim=16),
    "name no name": change_json(name=""),
    "name no text": change_json(name=5),
    "other id": change_json(id="0" * 32),
    "id a path": change_json(id="../" * 10),
    "model missing": change_json(model_id=None),
    "date no date": change_json(created_at="yesterday"),
    "format no number": change_json(format="x"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_set_aside_and_reported_once(store, damage):
    ana = store.enrol("Ana", vectors(1), MODEL)
    ben = store.enrol("Ben", vectors(2), MODEL)
    damage(store.folder / ana.person_id)
    contents = store.load()
    assert contents.people == (ben,)
    assert len(contents.problems) == 1
    assert "enrol this person again" in contents.problems[0]
    aside = store.damaged_entries()
    assert [path.name.partition(".")[0] for path in aside] == [ana.person_id]
    assert aside[0].name in contents.problems[0]
    assert store.load().problems == ()


def test_a_newer_format_is_left_where_it_is(store):
    ana = store.enrol("Ana", vectors(1), MODEL)
    change_json(format=2)(store.folder / ana.person_id)
    contents = store.load()
    assert contents.people == ()
    assert "newer facemotion" in contents.problems[0]
    assert (store.folder / ana.person_id).is_dir()
    assert store.damaged_entries() == ()


def test_an_odd_dimension_is_left_out_and_reported(store, tmp_path):
    for number in range(3):
        store.enrol(f"P{number}", vectors(number), MODEL)
    other = GalleryStore(tmp_path / "other")
    odd = other.enrol("Odd", vectors(9, dim=16), MODEL)
    (other.folder / odd.person_id).rename(store.folder / odd.person_id)
    contents = store.load()
    assert contents.unusable_ids == {odd.person_id}
    assert contents.index(MODEL).size == 3
    assert "Odd" in contents.problems[0]
    assert "16 numbers" in contents.problems[0]
    again = store.replace_embeddings(odd.person_id, vectors(9), MODEL)
    assert store.load().problems == ()
    assert store.index(MODEL).size == 4
    assert store.load().find("odd") == again


def test_a_killed_change_is_finished_or_dropped(store):
    ana = store.enrol("Ana", vectors(1), MODEL)
    folder = store.folder / ana.person_id
    old = {path.name: path.read_bytes() for path in folder.iterdir()}
    more = store.add_embeddings(ana.person_id, vectors(2), MODEL)
    new = {path.name: path.read_bytes() for path in folder.iterdir()}

    # Killed before person.json was replaced: the old state counts.
    (folder / "embeddings.npy.new").write_bytes(new["embeddings.npy"])
    (folder / "embeddings.npy").write_bytes(old["embeddings.npy"])
    (folder / "person.json").write_bytes(old["person.json"])
    assert store.load().people == (ana,)
    assert not (folder / "embeddings.npy.new").exists()

    # Killed after it: the new state counts.
    (folder / "embeddings.npy.new").write_bytes(new["embeddings.npy"])
    (folder / "person.json").write_bytes(new["person.json"])
    assert store.load().people == (more,)
    assert not (folder / "embeddings.npy.new").exists()


def test_a_full_disk_leaves_the_old_state(store, monkeypatch):
    ana = store.enrol("Ana", vectors(1), MODEL)
    real_replace = os.replace
    for failing in ("embeddings.npy.new", "person.json"):

        def replace(source, target, failing=failing):
            if os.path.basename(target) == failing:
                raise OSError(28, "No space left on device")
            real_replace(source, target)

        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(OutputError, match="No space left"):
            store.add_embeddings(ana.person_id, vectors(2), MODEL)
        monkeypatch.undo()
        assert store.load().people == (ana,)
        assert store.load().problems == ()
    entries = {path.name for path in (store.folder / ana.person_id).iterdir()}
    assert entries == {"embeddings.npy", "person.json"}


def test_what_a_killed_enrolment_or_deletion_left_is_removed(store):
    ana = store.enrol("Ana", vectors(1), MODEL)
    for name in (".new-" + "1" * 32, ".gone-" + "2" * 32):
        (store.folder / name / "photos").mkdir(parents=True)
        (store.folder / name / "photos" / "001.jpg").write_bytes(JPEG)
    assert store.load().people == (ana,)
    assert {path.name for path in store.folder.iterdir()} == {".lock", ana.person_id}


def test_foreign_files_are_left_alone(store):
    store.enrol("Ana", vectors(1), MODEL)
    (store.folder / "notes.txt").write_text("mine")
    (store.folder / "holiday").mkdir()
    (store.folder / ("f" * 32)).write_text("a file called like a person")
    assert len(store.load().people) == 1
    assert store.load().problems == ()
    assert (store.folder / "notes.txt").exists()
    assert (store.folder / "holiday").exists()


def test_a_gallery_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "gallery").write_text("a file")
    with pytest.raises(GalleryError, match=r"gallery.*choose another"):
        GalleryStore(tmp_path / "gallery").load()
    with pytest.raises(OutputError, match="Cannot make the folder"):
        GalleryStore(tmp_path / "gallery").enrol("Ana", vectors(1), MODEL)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_gallery_without_permission_is_an_error(store):
    store.enrol("Ana", vectors(1), MODEL)
    store.folder.chmod(0)
    try:
        with pytest.raises(GalleryError, match="cannot read the people"):
            store.load()
    finally:
        store.folder.chmod(0o700)


def test_order_is_by_name(store):
    for name in ("ben", "Ana", "Zoë", "carl"):
        store.enrol(name, vectors(len(name)), MODEL)
    assert [person.name for person in store.load().people] == ["Ana", "ben", "carl", "Zoë"]
