import numpy as np
import pytest

from facemotion.core.boxes import box_centre, box_size, clip_box, extrapolate, iou_matrix


def boxes(*rows):
    return np.array(rows, dtype=np.float32).reshape(-1, 4)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0.0),
        ((0, 0, 10, 10), (5, 0, 15, 10), 1 / 3),
        ((0, 0, 10, 10), (2, 2, 8, 8), 0.36),
        ((0, 0, 10, 10), (20, 20, 30, 30), 0.0),
        ((5, 5, 5, 5), (5, 5, 5, 5), 0.0),
        ((0, 0, 10, 10), (8, 8, 2, 2), 0.0),
        ((-10, -10, 10, 10), (0, 0, 10, 10), 0.25),
    ],
)
def test_iou_of_two_boxes(a, b, expected):
    assert iou_matrix(boxes(a), boxes(b)) == pytest.approx(expected)


@pytest.mark.parametrize(("count_a", "count_b"), [(0, 0), (0, 3), (3, 0), (1, 4), (5, 2)])
def test_iou_matrix_has_a_row_per_first_and_a_column_per_second(count_a, count_b):
    rng = np.random.default_rng(0)
    a = rng.uniform(0, 100, (count_a, 4)).astype(np.float32)
    b = rng.uniform(0, 100, (count_b, 4)).astype(np.float32)
    result = iou_matrix(a, b)
    assert result.shape == (count_a, count_b)
    assert result.dtype == np.float32


def test_iou_is_symmetric_bounded_and_matches_counted_pixels():
    rng = np.random.default_rng(1)
    corners = rng.integers(0, 20, (12, 2))
    a = np.hstack([corners, corners + rng.integers(1, 15, (12, 2))]).astype(np.float32)
    matrix = iou_matrix(a, a)
    assert np.allclose(matrix, matrix.T)
    assert np.allclose(np.diag(matrix), 1.0)
    assert ((matrix >= 0.0) & (matrix <= 1.0)).all()
    masks = [np.zeros((40, 40), dtype=bool) for _ in a]
    for mask, (x1, y1, x2, y2) in zip(masks, a.astype(int), strict=True):
        mask[y1:y2, x1:x2] = True
    counted = [[(m & n).sum() / (m | n).sum() for n in masks] for m in masks]
    assert matrix == pytest.approx(np.array(counted), abs=1e-6)


def test_iou_takes_non_contiguous_float64_tables():
    table = np.arange(48, dtype=np.float64).reshape(6, 8)[::2, ::2]
    assert np.array_equal(
        iou_matrix(table, table), iou_matrix(np.ascontiguousarray(table), table.astype(np.float32))
    )


@pytest.mark.parametrize("shape", [(4,), (2, 5), (1, 2, 4), ()])
def test_iou_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match=r"expected boxes"):
        iou_matrix(np.zeros(shape, dtype=np.float32), np.zeros((1, 4), dtype=np.float32))


def test_size_and_centre_of_one_and_of_many():
    many = boxes((0, 0, 10, 20), (5, 5, 5, 5), (9, 9, 1, 1))
    assert np.array_equal(box_size(many), [[10, 20], [0, 0], [0, 0]])
    assert np.array_equal(box_centre(many), [[5, 10], [5, 5], [5, 5]])
    assert np.array_equal(box_size(many[0]), [10, 20])
    assert box_size(boxes()).shape == (0, 2)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((10, 10, 20, 20), (10, 10, 20, 20)),
        ((-5, -6, 20, 20), (0, 0, 20, 20)),
        ((90, 40, 130, 70), (90, 40, 100, 50)),
        ((200, 200, 300, 300), (100, 50, 100, 50)),
    ],
)
def test_clip_box_keeps_what_is_inside(box, expected):
    assert np.array_equal(clip_box(boxes(box)[0], (100, 50)), expected)


def test_clip_box_does_not_write_into_its_argument():
    box = boxes((-5, -5, 5, 5))[0]
    clip_box(box, (100, 100))
    assert np.array_equal(box, [-5, -5, 5, 5])


def test_extrapolate_carries_every_edge_by_its_velocity():
    box = boxes((0, 0, 10, 10))[0]
    velocity = np.array([10, 0, 30, 0], dtype=np.float32)
    assert np.array_equal(extrapolate(box, velocity, 0.5), [5, 0, 25, 10])
    assert np.array_equal(extrapolate(box, velocity, 0.0), box)
    assert np.array_equal(box, [0, 0, 10, 10])


def test_extrapolated_edges_never_cross():
    shrinking = extrapolate(
        boxes((0, 0, 10, 10))[0], np.array([10, 0, -10, 0], dtype=np.float32), 2.0
    )
    assert np.array_equal(shrinking, [5, 0, 5, 10])


def test_extrapolate_refuses_another_shape():
    with pytest.raises(ValueError, match=r"\(3,\)"):
        extrapolate(np.zeros(3, dtype=np.float32), np.zeros(4, dtype=np.float32), 1.0)
