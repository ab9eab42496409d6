import json
import zipfile

import numpy as np
import pytest

from facemotion.core.errors import GalleryError, OutputError
from facemotion.store import gallery_transfer
from facemotion.store.gallery import GalleryStore

MODEL = "mobilefacenet-01234567"
OTHER = "w600k_mbf-89abcdef"
JPEG = b"\xff\xd8\xff\xe0 a photo"


def vectors(seed, count=2, dim=8):
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


@pytest.fixture
def store(tmp_path):
    store = GalleryStore(tmp_path / "gallery")
    store.enrol("Ana", vectors(1), MODEL, [JPEG])
    store.enrol("Zoë", vectors(2, 3), MODEL)
    return store


@pytest.fixture
def exported(store, tmp_path):
    assert store.export_to(tmp_path / "people.zip") == 2
    return tmp_path / "people.zip"


def altered(path, change):
    """A copy of a zip whose {name: data} went through `change`."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    target = path.with_name("altered.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in change(members).items():
            archive.writestr(name, data)
    return target


def test_everything_comes_back_elsewhere(store, exported, tmp_path):
    other = GalleryStore(tmp_path / "elsewhere")
    report = other.import_from(exported, MODEL, 8)
    assert report.problems == ()
    before, after = store.load(), other.load()
    assert after.people == before.people
    for person in before.people:
        np.testing.assert_allclose(
            after.embeddings[person.person_id], before.embeddings[person.person_id], atol=1e-6
        )
    ana = after.find("Ana")
    assert [path.read_bytes() for path in other.photos(ana.person_id)] == [JPEG]


def test_photos_can_be_left_out(store, tmp_path):
    store.export_to(tmp_path / "people.zip", include_photos=False)
    report = GalleryStore(tmp_path / "elsewhere").import_from(tmp_path / "people.zip", MODEL)
    assert [person.has_photos for person in report.people] == [False, False]


def test_importing_twice_changes_nothing(store, exported):
    before = store.load().people
    assert store.import_from(exported, MODEL).problems == ()
    assert store.load().people == before


def test_importing_brings_back_missing_embeddings(store, exported):
    ana = store.load().find("Ana")
    assert store.replace_embeddings(ana.person_id, vectors(1, 1), MODEL).embedding_count == 1
    store.import_from(exported, MODEL)
    assert store.load().find("Ana").embedding_count == 2


def test_a_taken_name_gets_a_number(exported, tmp_path):
    other = GalleryStore(tmp_path / "elsewhere")
    other.enrol("ana", vectors(7), MODEL)
    report = other.import_from(exported, MODEL)
    assert [person.name for person in report.people] == ["Ana (2)", "Zoë"]
    assert "Ana was imported as Ana (2)" in report.problems[0]


def test_another_model_is_noted(exported, tmp_path):
    other = GalleryStore(tmp_path / "elsewhere")
    report = other.import_from(exported, OTHER)
    assert len(report.people) == 2
    assert MODEL in report.problems[0]
    assert "enrol them again" in report.problems[0]


def test_somebody_here_with_another_pack_is_not_overwritten(store, exported):
    ana = store.load().find("Ana")
    store.replace_embeddings(ana.person_id, vectors(5, dim=16), OTHER)
    report = store.import_from(exported, MODEL)
    assert [person.name for person in report.people] == ["Zoë"]
    assert "Ana was not imported" in report.problems[0]
    assert store.load().find("Ana").model_id == OTHER


def test_paths_out_of_the_zip_are_left_out(exported, tmp_path):
    person_id = "0" * 32
    bad = altered(
        exported,
        lambda members: {
            **members,
            "../escaped.txt": b"x",
            "/absolute.txt": b"x",
            f"people/{person_id}/../../../escaped.txt": b"x",
            f"people/{person_id}/photos/evil.sh": b"x",
        },
    )
    report = GalleryStore(tmp_path / "a" / "b").import_from(bad, MODEL)
    assert len(report.people) == 2
    assert "4 files" in report.problems[0]
    assert not list(tmp_path.rglob("escaped.txt"))
    assert not list(tmp_path.rglob("evil.sh"))


def test_damaged_members_are_left_out(exported, store, tmp_path):
    ana = store.load().find("Ana").person_id

    def damage(members):
        members[f"people/{ana}/embeddings.npy"] = members[f"people/{ana}/embeddings.npy"][:-1]
        return members

    report = GalleryStore(tmp_path / "elsewhere").import_from(altered(exported, damage), MODEL)
    assert [person.name for person in report.people] == ["Zoë"]
    assert ana in report.problems[0]


@pytest.mark.parametrize(
    ("member", "data", "reason"),
    [
        ("person.json", None, "person.json is missing"),
        ("embeddings.npy", None, "embeddings.npy is missing"),
        ("person.json", b"{" * 70_000, "larger than"),
        ("person.json", b"{}", "unreadable"),
        ("photos/002.jpg", b"GIF89a", "neither a JPEG nor a PNG"),
    ],
)
def test_each_unusable_member_has_its_reason(exported, store, tmp_path, member, data, reason):
    ana = store.load().find("Ana").person_id

    def change(members):
        members.pop(f"people/{ana}/{member}", None)
        return members if data is None else {**members, f"people/{ana}/{member}": data}

    report = GalleryStore(tmp_path / "elsewhere").import_from(altered(exported, change), MODEL)
    assert [person.name for person in report.people] == ["Zoë"]
    assert reason in report.problems[0]


def test_somebody_elses_id_is_refused(exported, store, tmp_path):
    ana = store.load().find("Ana").person_id

    def change(members):
        values = json.loads(members[f"people/{ana}/person.json"])
        values["id"] = "0" * 32
        members[f"people/{ana}/person.json"] = json.dumps(values).encode()
        return members

    report = GalleryStore(tmp_path / "elsewhere").import_from(altered(exported, change), MODEL)
    assert "belongs to another entry" in report.problems[0]


def test_a_zip_bomb_is_refused(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(gallery_transfer, "MAX_TOTAL_BYTES", 100)
    with pytest.raises(GalleryError, match="unpacks to more"):
        GalleryStore(tmp_path / "elsewhere").import_from(exported, MODEL)
    monkeypatch.undo()
    monkeypatch.setattr(gallery_transfer, "MAX_ENTRIES", 2)
    with pytest.raises(GalleryError, match="more than 2 files"):
        GalleryStore(tmp_path / "elsewhere").import_from(exported, MODEL)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 broken", b"text"])
def test_what_is_no_zip_is_refused(tmp_path, content):
    path = tmp_path / "people.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GalleryError, match=r"people\.zip cannot be read as an exported gallery"):
        GalleryStore(tmp_path / "gallery").import_from(path, MODEL)
    assert not (tmp_path / "gallery").exists()


def with_bytes(path, offsets, value):
    """A copy of a zip with one byte of each entry's headers replaced, by the header's mark."""
    data = bytearray(path.read_bytes())
    for mark, offset in offsets.items():
        at = data.find(mark)
        while at >= 0:
            data[at + offset] = value
            at = data.find(mark, at + 4)
    target = path.with_name("changed.zip")
    target.write_bytes(data)
    return target


def test_entries_that_ask_for_a_password_are_named(exported, tmp_path):
    locked = with_bytes(exported, {b"PK\x03\x04": 6, b"PK\x01\x02": 8}, 1)
    report = GalleryStore(tmp_path / "elsewhere").import_from(locked, MODEL)
    assert len(report.problems) == 2
    assert all("password" in problem for problem in report.problems)


def test_a_zip_of_a_later_version_is_refused(exported, tmp_path):
    later = with_bytes(exported, {b"PK\x01\x02": 6}, 99)
    with pytest.raises(GalleryError, match=r"changed\.zip cannot be read .* version 9\.9"):
        GalleryStore(tmp_path / "elsewhere").import_from(later, MODEL)


def test_a_foreign_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(GalleryError, match="facemotion-gallery"):
        GalleryStore(tmp_path / "gallery").import_from(tmp_path / "other.zip", MODEL)


def test_one_vector_files_of_the_original_design(tmp_path):
    np.save(tmp_path / "Zoë.npy", vectors(3, 1)[0].astype(np.float64) * 7)
    store = GalleryStore(tmp_path / "gallery")
    report = store.import_from(tmp_path / "Zoë.npy", MODEL, 8)
    assert [(person.name, person.embedding_count) for person in report.people] == [("Zoë", 1)]
    expected = vectors(3, 1) / np.linalg.norm(vectors(3, 1))
    np.testing.assert_allclose(
        store.load().embeddings[report.people[0].person_id], expected, atol=1e-6
    )


def test_a_vector_of_another_model_is_refused(tmp_path):
    np.save(tmp_path / "Ana.npy", vectors(3, 1, 512)[0])
    store = GalleryStore(tmp_path / "gallery")
    with pytest.raises(GalleryError, match=r"Ana\.npy holds 512 numbers.*128.*enrol Ana again"):
        store.import_from(tmp_path / "Ana.npy", MODEL, 128)
    (tmp_path / "Ben.npy").write_bytes(b"not numpy")
    with pytest.raises(GalleryError, match=r"Ben\.npy"):
        store.import_from(tmp_path / "Ben.npy", MODEL)
    with pytest.raises(GalleryError, match="missing"):
        store.import_from(tmp_path / "Carl.npy", MODEL)


def test_nobody_cannot_be_exported(tmp_path):
    store = GalleryStore(tmp_path / "gallery")
    with pytest.raises(GalleryError, match="nobody to export"):
        store.export_to(tmp_path / "people.zip")
    assert not (tmp_path / "people.zip").exists()


def test_an_unwritable_export_is_named(store, tmp_path):
    with pytest.raises(OutputError, match=r"missing.people\.zip"):
        store.export_to(tmp_path / "missing" / "people.zip")
