from itertools import permutations

import numpy as np
import pytest

from facemotion.core.assignment import assign


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_pair(shape):
    assert assign(np.zeros(shape), 1.0) == []


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ([[0.2]], [(0, 0)]),
        ([[1.0]], []),
        ([[0.999]], [(0, 0)]),
        ([[np.inf]], []),
        ([[0.9, 0.1, 0.5]], [(0, 1)]),
        ([[0.9], [0.1], [0.5]], [(1, 0)]),
        ([[0.5, 0.5]], [(0, 0)]),
        ([[0.1, 0.2], [0.1, 0.9]], [(0, 1), (1, 0)]),
        ([[0.1, 1.0], [1.0, 1.0]], [(0, 0)]),
        ([[2.0, 3.0], [4.0, 5.0]], []),
    ],
)
def test_pairs(cost, expected):
    assert assign(np.array(cost), 1.0) == expected


@pytest.mark.parametrize("shape", [(2, 2), (4, 4), (2, 5), (5, 2), (3, 6), (6, 4)])
@pytest.mark.parametrize("decimals", [1, 8])
def test_no_other_pairing_is_cheaper(shape, decimals):
    rng = np.random.default_rng(shape)
    for _ in range(12):
        cost = np.round(rng.uniform(0.0, 1.4, shape), decimals)
        limited = np.minimum(cost, 1.0)
        wide = limited if shape[0] <= shape[1] else limited.T
        ways = permutations(range(wide.shape[1]), wide.shape[0])
        best = min(sum(wide[r, c] for r, c in enumerate(way)) for way in ways)
        pairs = assign(cost, 1.0)
        assert pairs == sorted(pairs)
        total = sum(cost[pair] for pair in pairs) + 1.0 * (min(shape) - len(pairs))
        assert total == pytest.approx(best)
        assert len({r for r, _ in pairs}) == len({c for _, c in pairs}) == len(pairs)


def test_the_table_is_not_written_and_may_be_a_view():
    table = np.arange(16, dtype=np.float32).reshape(4, 4)
    before = table.copy()
    assert assign(table[::2, ::2], 100.0) == assign(np.ascontiguousarray(table[::2, ::2]), 100.0)
    assert np.array_equal(table, before)


def test_bad_tables_are_refused():
    with pytest.raises(ValueError, match=r"\(3,\)"):
        assign(np.zeros(3), 1.0)
    with pytest.raises(ValueError, match="NaN"):
        assign(np.array([[0.1, np.nan]]), 1.0)
