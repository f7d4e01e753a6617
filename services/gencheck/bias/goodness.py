"""Could chance alone have made these counts? Tests against a reference."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, gammaln

from gencheck.deadline import Deadline
from gencheck.findings import Method

CHI_SQUARE = Method("pearson-chi-square", "1", "Pearson 1900")
EXACT = Method("exact-multinomial", "1", "all tables with the same n, ordered by chi-square")
MONTE_CARLO = Method("monte-carlo-multinomial", "1", "Hope 1968, JRSS B 30(3); 9,999 tables")
IMPOSSIBLE = Method("zero-reference", "1", "people in a category whose expected share is 0")
NO_TEST = Method("none", "1", "too few people or categories for any test")

_MIN_EXPECTED = 5.0
_MAX_TABLES = 20_000
_DRAWS = 9_999
_SEED = 20_240_117


@dataclass(frozen=True, slots=True)
class Fit:
    """The test of one table.

    Attributes:
        p_value: ``None`` where nothing could be tested.
        attainable: the smallest p-value that a table with this n could have had.
        e_value: of a test that may be looked at often; its p-value is ``1 / e_value``.
    """

    p_value: float | None
    method: Method
    attainable: float = 1.0
    e_value: float | None = None


def goodness_of_fit(
    counts: NDArray[np.float64], reference: NDArray[np.float64], *, deadline: Deadline
) -> Fit:
    """Tests counts against expected shares.

    The exact distribution of Pearson's chi-square by enumeration where there are at most 20,000
    tables; else its limit where every expected count is at least 5; else 9,999 random tables (fixed
    seed). Fractional counts are tested with n rounded down.

    Args:
        counts: ``float64 [k]``.
        reference: ``float64 [k]``, sums to 1; zeros allowed.
    """
    n = math.floor(counts.sum() + 1e-9)
    possible = reference > 0
    if n < 1 or len(counts) < 2:
        return Fit(None, NO_TEST)
    if counts[~possible].sum() > 0:
        return Fit(0.0, IMPOSSIBLE, 0.0)
    shares, observed = reference[possible], counts[possible] / counts.sum()
    if len(shares) < 2:
        return Fit(1.0, EXACT)
    deadline.check()
    attainable = _attainable(n, shares)
    expected = n * shares
    statistic = _chi_square(n * observed[None, :], expected)[0]
    if math.comb(n + len(shares) - 1, len(shares) - 1) <= _MAX_TABLES:
        return Fit(_exact(statistic, n, shares), EXACT, attainable)
    if limit_holds(n, reference):
        return Fit(float(chdtrc(len(shares) - 1, statistic)), CHI_SQUARE, attainable)
    draws = np.random.default_rng(_SEED).multinomial(n, shares, size=_DRAWS)
    extreme = int(np.count_nonzero(_at_least(_chi_square(draws, expected), statistic)))
    return Fit((extreme + 1) / (_DRAWS + 1), MONTE_CARLO, attainable)


def limit_holds(n: float, reference: NDArray[np.float64]) -> bool:
    """Whether Pearson's chi-square is near its limit: 5 people expected in every category."""
    return bool(n * reference[reference > 0].min() >= _MIN_EXPECTED)


def _chi_square(tables: NDArray[np.generic], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    difference = np.asarray(tables, np.float64) - expected
    result: NDArray[np.float64] = (difference**2 / expected).sum(axis=1)
    return result


def _at_least(values: NDArray[np.float64], limit: float) -> NDArray[np.bool_]:
    # Tables that tie in exact arithmetic differ in the last bits.
    result: NDArray[np.bool_] = values >= limit * (1 - 1e-9) - 1e-12
    return result


def _exact(statistic: float, n: int, shares: NDArray[np.float64]) -> float:
    k = len(shares)
    bars = np.array(list(itertools.combinations(range(n + k - 1), k - 1)), np.int64)
    edges = np.column_stack([np.full(len(bars), -1), bars, np.full(len(bars), n + k - 1)])
    tables = np.diff(edges, axis=1) - 1
    log_p = gammaln(n + 1) - gammaln(tables + 1).sum(axis=1) + (tables * np.log(shares)).sum(axis=1)
    extreme = _at_least(_chi_square(tables, n * shares), statistic)
    return min(1.0, float(np.exp(log_p[extreme]).sum()))


def _attainable(n: int, shares: NDArray[np.float64]) -> float:
    # The most extreme tables have everybody in the category of the smallest share.
    smallest, ties = rarest(shares)
    return min(1.0, ties * smallest**n)


def rarest(shares: NDArray[np.float64]) -> tuple[float, int]:
    """The smallest share, and how many categories have it."""
    smallest = float(shares.min())
    # numpy.isclose, without what it costs to be general.
    return smallest, int(np.count_nonzero(shares <= smallest * (1 + 1e-5) + 1e-8))
