import numpy as np
import pytest

from facemotion.core.errors import GalleryError
from facemotion.core.gallery_index import GalleryIndex
from tests.core.faces import unit

NAMES = {"a": "Ana", "b": "Božena", "c": "陈"}


def rows(*vectors):
    return np.stack(vectors).astype(np.float32)


def three_people():
    embeddings = rows(unit(1, 0, 0), unit(0, 1, 0), unit(1, 1, 0), unit(0, 0, 1))
    return GalleryIndex(embeddings, ["b", "a", "b", "c"], NAMES, "model")


def test_people_are_sorted_and_named():
    index = three_people()
    assert index.person_ids == ("a", "b", "c")
    assert (index.size, index.dimension, index.model_id) == (3, 3, "model")
    assert [index.name_of(p) for p in index.person_ids] == ["Ana", "Božena", "陈"]
    assert [index.column_of(p) for p in ("a", "c", "x")] == [0, 2, None]
    with pytest.raises(KeyError):
        index.name_of("x")


def test_a_person_counts_with_the_best_embedding():
    ids, similarities = three_people().person_similarities(unit(1, 1, 0))
    assert ids == ("a", "b", "c")
    assert similarities.dtype == np.float32
    assert similarities == pytest.approx(np.array([0.7071, 1.0, 0.0]), abs=1e-3)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_many_probes_at_once_equal_each_alone(count):
    rng = np.random.default_rng(0)
    probes = rng.normal(size=(count, 3)).astype(np.float32)
    index = three_people()
    together = index.similarities(probes)
    assert together.shape == (count, 3)
    for row, probe in enumerate(probes):
        assert together[row] == pytest.approx(index.person_similarities(probe)[1], abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(40, 16)).astype(np.float32)
    owners = [f"p{n}" for n in rng.integers(0, 9, 40)]
    index = GalleryIndex(embeddings, owners, {o: o for o in owners}, "m")
    probe = rng.normal(size=16).astype(np.float32)
    probe /= np.linalg.norm(probe)
    ids, similarities = index.person_similarities(probe)
    for person, similarity in zip(ids, similarities, strict=True):
        own = [
            e / np.linalg.norm(e) for e, o in zip(embeddings, owners, strict=True) if o == person
        ]
        assert similarity == pytest.approx(max(float(e @ probe) for e in own), abs=1e-5)


def test_an_empty_gallery_answers_nothing():
    index = GalleryIndex.empty("m")
    assert (index.size, index.dimension, index.person_ids) == (0, None, ())
    ids, similarities = index.person_similarities(unit(1, 0, 0))
    assert ids == ()
    assert similarities.shape == (0,)
    assert index.similarities(np.zeros((2, 512), dtype=np.float32)).shape == (2, 0)


def test_one_person_with_one_embedding():
    index = GalleryIndex(rows(unit(1, 2)), ["a"], NAMES, "m")
    assert index.person_similarities(unit(1, 2))[1] == pytest.approx([1.0])


def test_rows_are_brought_to_unit_length_in_a_copy():
    given = np.array([[3.0, 4.0]], dtype=np.float32)
    index = GalleryIndex(given, ["a"], NAMES, "m")
    assert index.person_similarities(unit(3, 4))[1] == pytest.approx([1.0])
    given[:] = 0.0
    assert index.person_similarities(unit(3, 4))[1] == pytest.approx([1.0])


def test_views_and_other_float_types():
    table = np.random.default_rng(0).normal(size=(6, 8))
    view = GalleryIndex(table[::2, ::2], ["a", "b", "c"], NAMES, "m")
    copy = GalleryIndex(table[::2, ::2].astype(np.float32), ["a", "b", "c"], NAMES, "m")
    probes = np.random.default_rng(1).normal(size=(4, 3)).T
    assert view.similarities(probes) == pytest.approx(copy.similarities(probes.astype(np.float32)))


@pytest.mark.parametrize("shape", [(4,), (2,), (0,)])
def test_another_dimension_is_refused_with_what_to_do(shape):
    with pytest.raises(GalleryError, match=r"embeddings of 3 numbers.*enrol them again"):
        three_people().person_similarities(np.zeros(shape, dtype=np.float32))


def test_several_probes_where_one_belongs_are_refused():
    with pytest.raises(GalleryError, match=r"\(1, 3\)"):
        three_people().person_similarities(np.zeros((1, 3), dtype=np.float32))


@pytest.mark.parametrize(
    ("embeddings", "owners", "message"),
    [
        (np.zeros(3, dtype=np.float32), ["a"], "shape"),
        (rows(unit(1, 0)), ["a", "b"], "1 embeddings but 2 owners"),
        (rows(unit(1, 0)), ["x"], "no name for the person ids x"),
        (np.zeros((1, 2), dtype=np.float32), ["a"], "zero or not finite"),
        (np.full((1, 2), np.nan, dtype=np.float32), ["a"], "zero or not finite"),
    ],
)
def test_bad_galleries_are_refused(embeddings, owners, message):
    with pytest.raises(GalleryError, match=message):
        GalleryIndex(embeddings, owners, NAMES, "m")
