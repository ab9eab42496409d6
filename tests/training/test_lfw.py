from pathlib import Path

import numpy as np
import pytest

from tests.training.pack_data import write_lfw
from training.describe_pack import KeptOut, gallery_thresholds
from training.lfw import GALLERY_PEOPLE, LfwArchive, Pair


def test_pictures_pairs_and_people(tmp_path: Path) -> None:
    archive = LfwArchive(write_lfw(tmp_path / "lfw.zip"))
    assert len(archive) == 32
    assert archive.picture(0).shape == (100, 100, 3)
    pairs = archive.pairs()
    assert [p.fold for p in pairs] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8]
    assert [p.is_same for p in pairs[:2]] == [True, False]
    assert archive.names[pairs[1].second] == "Person_01_0002"


def test_the_people_of_the_last_fold_are_kept_out(tmp_path: Path) -> None:
    archive = LfwArchive(write_lfw(tmp_path / "lfw.zip"))
    names = {name for name, out in zip(archive.people, archive.kept_out(), strict=True) if out}
    assert names == {"Person_14", "Person_15"}


def test_what_is_no_lfw_is_refused(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("readme.txt", "nothing here")
    with pytest.raises(ValueError, match="no pictures in LFW's layout"):
        LfwArchive(tmp_path / "other.zip")


def test_the_real_split_keeps_pairs_and_a_gallery_of_a_hundred(shared_dir: Path) -> None:
    archive = LfwArchive(shared_dir / "data" / "lfw_dev.zip")
    kept_out = archive.kept_out()
    assert 0.10 < kept_out.mean() < 0.15
    last = [p for p in archive.pairs() if p.fold == 8]
    assert all(kept_out[p.first] and kept_out[p.second] for p in last)
    pictures = archive.pictures_of()
    able = [rows for rows in pictures.values() if kept_out[rows[0]] and len(rows) >= 4]
    assert len(able) >= GALLERY_PEOPLE
    people = np.array(archive.people)
    assert not set(people[kept_out]) & set(people[~kept_out])


def test_thresholds_grow_with_the_gallery() -> None:
    random = np.random.default_rng(0)
    embeddings = random.normal(size=(240, 32)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    people = np.repeat(np.array([f"p{i:02d}" for i in range(60)]), 4)
    table = gallery_thresholds(embeddings, people, 0.01)
    sizes, values = zip(*table, strict=True)
    assert sizes == (1, 3, 10, 30)
    assert list(values) == sorted(values)
    assert values[-1] > values[0] + 0.05


def test_verification_in_words_leaves_pictures_without_a_face_out() -> None:
    random = np.random.default_rng(0)
    faces = random.normal(size=(40, 16)).astype(np.float32)
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    live = np.repeat(faces, 2, axis=0)  # every picture 2 k has a twin 2 k + 1
    found = KeptOut(live, live, np.arange(80) // 2, np.arange(80))
    same = [Pair(2 * k, 2 * k + 1, True, 8) for k in range(40)]
    others = [Pair(2 * k, (2 * k + 2) % 80, False, 8) for k in range(40)]
    unseen = [Pair(200, 201, True, 8)]
    assert found.verification(same + others + unseen) == "LFW 100.0 % (80 pairs kept out)"
    wrong = [Pair(0, 1, False, 8)]
    assert found.verification(same + others + wrong) == "LFW 98.8 % (81 pairs kept out)"
