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


def test_a_person_counts_with_the_best_embedding_and_the_mean():
    ids, similarities = three_people().person_similarities(unit(1, 1, 0))
    assert ids == ("a", "b", "c")
    assert similarities.dtype == np.float32
    to_mean = unit(1, 1, 0) @ unit(1 + 0.5**0.5, 0.5**0.5, 0)
    assert similarities == pytest.approx(np.array([0.7071, (1.0 + to_mean) / 2, 0.0]), abs=1e-3)


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
        likeliest = max(float(e @ probe) for e in own)
        mean = np.mean(own, axis=0)
        to_mean = float(mean @ probe) / float(np.linalg.norm(mean))
        assert similarity == pytest.approx((likeliest + to_mean) / 2, abs=1e-5)


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


def crowd(people, photos, dimension, rng):
    faces = rng.normal(size=(people, 1, dimension))
    shots = faces + 0.8 * rng.normal(size=(people, photos, dimension))
    owners = [f"p{number:04d}" for number in range(people) for _ in range(photos)]
    rows = shots.reshape(-1, dimension).astype(np.float32)
    return GalleryIndex(rows, owners, {o: o for o in owners}, "m"), rows, faces[:, 0]


def every_similarity(rows, photos, probe):
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    means = rows.reshape(-1, photos, rows.shape[1]).mean(axis=1)
    to_mean = means @ probe / np.linalg.norm(means, axis=1)
    return ((rows @ probe).reshape(-1, photos).max(axis=1) + to_mean) / 2


def test_in_a_large_gallery_the_likeliest_are_exact_and_nobody_is_overrated():
    rng = np.random.default_rng(5)
    index, rows, faces = crowd(2500, 3, 64, rng)
    for probe in (*faces[:20], *rng.normal(size=(20, 64))):
        probe = (probe / np.linalg.norm(probe)).astype(np.float32)
        found, truth = index.similarities(probe[None])[0], every_similarity(rows, 3, probe)
        assert found.argmax() == truth.argmax()
        best = np.argsort(-truth)[:5]
        assert found[best] == pytest.approx(truth[best], abs=1e-5)
        positive = truth > 0.0
        assert (found[positive] <= truth[positive] + 1e-5).all()


def test_adding_and_deleting_share_the_rest_and_leave_the_first_index_as_it_was():
    rng = np.random.default_rng(6)
    index, rows, _ = crowd(1500, 2, 16, rng)
    probe = unit(*rng.normal(size=16))
    before = index.similarities(probe[None])
    more = index.with_person("p0700x", "New", np.stack([probe, probe]))
    assert (more.size, more.embedding_count) == (1501, 3002)
    assert more.column_of("p0700x") == 701
    assert more.name_of("p0700x") == "New"
    assert more.similarities(probe[None])[0, 701] == pytest.approx(1.0)
    assert np.delete(more.similarities(probe[None])[0], 701).max() == pytest.approx(before.max())
    shared = [block for block in more._blocks if block in index._blocks]
    assert len(shared) == len(index._blocks) - 1
    again = more.without_person("p0700x")
    assert again.person_ids == index.person_ids
    assert again.similarities(probe[None]) == pytest.approx(before, abs=1e-6)
    assert index.similarities(probe[None]) == pytest.approx(before)
    with pytest.raises(KeyError):
        again.name_of("p0700x")
    with pytest.raises(KeyError):
        again.without_person("p0700x")
    assert len(rows) == index.embedding_count


def test_a_full_last_block_gets_a_new_one_beside_it():
    rng = np.random.default_rng(7)
    index, _, _ = crowd(1024, 1, 4, rng)
    more = index.with_person("z", "Z", unit(1, 0, 0, 0)[None])
    assert [len(block.person_ids) for block in more._blocks] == [1024, 1]
    assert len(more.without_person("z")._blocks) == 1


def test_other_embeddings_replace_those_of_a_person():
    index = three_people().with_person("b", "Bo", unit(0, 0, 1)[None])
    assert (index.size, index.embedding_count, index.name_of("b")) == (3, 3, "Bo")
    assert index.person_similarities(unit(0, 0, 1))[1] == pytest.approx([0.0, 1.0, 1.0])


def test_the_first_and_the_last_person():
    index = GalleryIndex.empty("m").with_person("a", "Ana", rows(unit(1, 2)))
    assert (index.size, index.dimension, index.model_id) == (1, 2, "m")
    assert index.without_person("a").size == 0
    assert index.without_person("a").dimension is None


@pytest.mark.parametrize(
    ("embeddings", "message"),
    [
        (np.zeros((0, 3), np.float32), "shape"),
        (np.zeros(3, np.float32), "shape"),
        (np.ones((1, 4), np.float32), "expected 3 numbers, got 4"),
        (np.zeros((1, 3), np.float32), "zero or not finite"),
    ],
)
def test_embeddings_that_do_not_fit_are_not_added(embeddings, message):
    with pytest.raises(GalleryError, match=message):
        three_people().with_person("x", "X", embeddings)
