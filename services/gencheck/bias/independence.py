"""Do rows and columns of a table of counts hang together? Tests with the margins as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, gammaln, ndtr

from gencheck.bias.goodness import NO_TEST, Fit
from gencheck.bias.magnitude import Effect, association_v, standard_error
from gencheck.deadline import Deadline
from gencheck.findings import Method

CHI_SQUARE = Method("pearson-chi-square-independence", "1", "Pearson 1900")
PERMUTED = Method(
    "monte-carlo-independence",
    "1",
    "Patefield 1981, Applied Statistics 30(1); 1,999 tables with the same margins",
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_DRAWS, _SEED = 1_999, 20_240_121
_CELLS_AT_ONCE = 1_000_000
_MIN_EXPECTED = 5.0
_NEGLIGIBLE = 1e-12
_MOST_DRAWN = 100_000
"""People in a table that is drawn at random; with more a cell may take a second."""
_WIDE = 300.0
"""The standard deviation from which a cell's tail is taken from the normal distribution."""


def independence(table: Ints, *, deadline: Deadline) -> tuple[Fit, Effect | None]:
    """The test of an r x c table, and Cramér's V.

    Pearson's chi-square where at least 5 people are expected in every cell, else 1,999 random
    tables with the same margins (fixed seed). Neither, and no test, where such cells meet more
    than 100,000 people: group the rare ones.

    Args:
        table: ``int64 [r, c]``, counts. Empty rows and columns do not matter.
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    rows, columns = table.shape
    if min(rows, columns) < 2:
        return Fit(None, NO_TEST), None
    n = int(table.sum())
    expected = expected_counts(table)
    statistic = float(((table - expected) ** 2 / expected).sum())
    freedom = (rows - 1) * (columns - 1)
    error = standard_error(table / n, _gradient(table / n), n)
    effect = association_v(statistic, n, freedom, min(rows, columns) - 1, error)
    if expected.min() >= _MIN_EXPECTED:
        return Fit(float(chdtrc(freedom, statistic)), CHI_SQUARE, 0.0), effect
    if n > _MOST_DRAWN:
        return Fit(None, NO_TEST), effect
    return Fit(_permuted(table, expected, statistic, deadline), PERMUTED, 0.0), effect


def expected_counts(table: Ints) -> Floats:
    """Of independent rows and columns with these margins: ``float64 [r, c]``."""
    found: Floats = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return found


def cell_p_values(table: Ints) -> Floats:
    """Of every cell, given the margins: twice the exact tail on its side (Fisher 1935).

    Args:
        table: ``int64 [r, c]`` without empty rows or columns.
    """
    n = float(table.sum())
    row, column = (table.sum(axis=axis, keepdims=True).astype(np.float64) for axis in (1, 0))
    expected = row * column / n
    deviation = np.sqrt(expected * (n - row) * (n - column) / (n * max(n - 1, 1)))
    wide = deviation > _WIDE
    normal = ndtr(0.5 - np.abs(table - expected)[wide] / deviation[wide])
    # Below its expectation a cell is as much above it in the rest of its row.
    few = table < expected
    count = np.where(few, row - table, table)[~wide]
    marked = np.where(few, n - column, column)[~wide]
    tail = np.empty(table.shape)
    tail[wide] = normal
    tail[~wide] = _upper_tail(count, marked, np.broadcast_to(row, table.shape)[~wide], n)
    return np.minimum(1.0, 2 * tail)


def _upper_tail(count: Floats, marked: Floats, drawn: Floats, n: float) -> Floats:
    """Hypergeometric: at least ``count`` of the ``marked`` among those drawn of n."""
    first = _log_choose(marked, count) + _log_choose(n - marked, drawn - count)
    first = np.exp(first - _log_choose(np.full_like(marked, n), drawn))
    # Away from the expectation every chance is a fraction of the one before.
    part, total = np.ones_like(first), np.ones_like(first)
    while part.max(initial=0.0) > _NEGLIGIBLE:
        over = (marked - count) * (drawn - count)
        part = part * over / ((count + 1) * np.maximum(n - marked - drawn + count + 1, 1))
        total, count = total + part, np.minimum(count + 1, drawn)
    found: Floats = first * total
    return found


def _gradient(shares: Floats) -> Floats:
    """Of the sum of p² / (row sum, column sum) by every p (Bishop, Fienberg and Holland 1975)."""
    row, column = shares.sum(axis=1, keepdims=True), shares.sum(axis=0, keepdims=True)
    ratio = shares / (row * column)
    of_row, of_column = (
        (shares * ratio).sum(axis=axis, keepdims=True) / margin
        for axis, margin in ((1, row), (0, column))
    )
    found: Floats = 2 * ratio - of_row - of_column
    return found


def _log_choose(n: Floats, k: Floats) -> Floats:
    found: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return found


def _permuted(table: Ints, expected: Floats, statistic: float, deadline: Deadline) -> float:
    from scipy.stats import random_table  # noqa: PLC0415 - 0.7 s that other tables need not wait

    at_once = max(1, _CELLS_AT_ONCE // table.size)
    margins = random_table(table.sum(axis=1), table.sum(axis=0))
    rng, extreme, left = np.random.default_rng(_SEED), 0, _DRAWS
    while left:
        deadline.check()
        size = min(at_once, left)
        drawn = margins.rvs(size=size, method="patefield", random_state=rng)
        found = ((drawn - expected) ** 2 / expected).sum(axis=(1, 2))
        extreme += int(np.count_nonzero(found >= statistic * (1 - 1e-9)))
        left -= size
    return (extreme + 1) / (_DRAWS + 1)
