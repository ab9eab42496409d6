"""One-to-one assignment of least total cost."""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def assign(cost: NDArray[np.floating], max_cost: float) -> list[tuple[int, int]]:
    """Pair rows with columns so that the total cost is least; leaving a pair out costs `max_cost`.

    Args:
        cost: float (N, M).
        max_cost: Pairs of this cost or more are never made.

    Returns:
        (row, column) pairs, ordered by row. Ties go to the lowest indices.

    Raises:
        ValueError: `cost` is not a table, or holds NaN.
    """
    if cost.ndim != 2:
        raise ValueError(f"expected a cost table (N, M), got shape {cost.shape}")
    if np.isnan(cost).any():
        raise ValueError("the cost table holds NaN")
    if cost.size == 0:
        return []
    limited = np.minimum(cost.astype(np.float64), max_cost)
    rows, columns = _solve(limited)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, column) for row, column in pairs if limited[row, column] < max_cost]


def _solve(cost: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    if 1 in cost.shape:  # the common case needs no solver (and no import of scipy)
        row, column = np.unravel_index(int(np.argmin(cost)), cost.shape)
        return np.array([row]), np.array([column])
    solver: Any = importlib.import_module("scipy.optimize")
    rows, columns = solver.linear_sum_assignment(cost)
    return rows, columns
