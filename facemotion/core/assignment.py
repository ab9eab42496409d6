"""One-to-one assignment of least total cost."""

import math

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
    if 1 in cost.shape:  # the common case needs no solver
        row, column = np.unravel_index(int(np.argmin(cost)), cost.shape)
        return np.array([row]), np.array([column])
    if cost.shape[0] > cost.shape[1]:
        columns = _columns_of_rows(cost.T)
        order = np.argsort(columns)
        return columns[order], order
    return np.arange(len(cost)), _columns_of_rows(cost)


def _columns_of_rows(cost: NDArray[np.float64]) -> NDArray[np.intp]:
    """Each row's column, for a table that is at least as wide as it is high.

    Shortest augmenting paths (Jonker and Volgenant 1987): one row after another takes the cheapest
    way to a free column, and the rows on that way move over. Plain lists: tables are of a few
    faces, for which numpy's calls would cost more than the work.
    """
    nearest = cost.argmin(axis=1)
    if len(set(nearest.tolist())) == len(nearest):  # nobody is in anybody's way
        return nearest
    table: list[list[float]] = cost.tolist()
    row_prices = [0.0] * len(table)
    column_prices = [0.0] * len(table[0])
    row_of: dict[int, int] = {}
    for row in range(len(table)):
        _seat(row, table, row_prices, column_prices, row_of)
    columns = np.empty(len(table), dtype=np.intp)
    columns[list(row_of.values())] = list(row_of)
    return columns


def _seat(
    new_row: int,
    table: list[list[float]],
    row_prices: list[float],
    column_prices: list[float],
    row_of: dict[int, int],
) -> None:
    """Give one more row a column; prices and the columns' rows are changed in place."""
    distances = [math.inf] * len(column_prices)
    came_from = [-1] * len(column_prices)
    open_columns = list(range(len(column_prices)))
    done: list[int] = []
    row, column = new_row, -1
    while True:
        for other in open_columns:
            reduced = table[row][other] - row_prices[row] - column_prices[other]
            if reduced < distances[other]:
                distances[other], came_from[other] = reduced, column
        nearest = min(open_columns, key=distances.__getitem__)
        step = distances[nearest]
        row_prices[new_row] += step
        for other in done:
            row_prices[row_of[other]] += step
            column_prices[other] -= step
        for other in open_columns:
            distances[other] -= step
        open_columns.remove(nearest)
        column = nearest
        if column not in row_of:
            break
        done.append(column)
        row = row_of[column]
    while came_from[column] >= 0:
        row_of[column] = row_of[came_from[column]]
        column = came_from[column]
    row_of[column] = new_row
