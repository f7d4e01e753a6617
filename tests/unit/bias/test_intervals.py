from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, multinomial

from gencheck.bias.intervals import (
    BLAKER,
    intervals_of_all,
    own_intervals,
    simultaneous_intervals,
)


def _find(counts: list[float]) -> np.ndarray:
    found = simultaneous_intervals(np.array(counts, np.float64))
    assert found.method == BLAKER
    return np.column_stack([found.low, found.high])


@pytest.mark.parametrize(("a", "b"), [(7, 1), (90, 10), (0, 12), (30, 30)])
def test_two_categories_are_each_others_complement(a: int, b: int) -> None:
    (first, second) = _find([a, b])
    assert first == pytest.approx(1 - second[::-1])


def test_all_hold_at_once_by_enumeration() -> None:
    # Every table of 9 people in 3 categories, for true shares of all kinds.
    n = 9
    tables = [(a, b, n - a - b) for a in range(n + 1) for b in range(n + 1 - a)]
    found = [_find(list(map(float, table))) for table in tables]
    for truth in np.random.default_rng(5).dirichlet(np.ones(3), 200):
        held = [np.all((low <= truth) & (truth <= high)) for low, high in (f.T for f in found)]
        chance = multinomial.pmf(tables, n, truth)
        assert chance[held].sum() >= 0.95


def test_two_categories_cover_by_enumeration() -> None:
    for n in (8, 40):
        found = np.array([_find([float(x), float(n - x)])[0] for x in range(n + 1)])
        for truth in np.linspace(0.005, 0.995, 199):
            held = (found[:, 0] <= truth) & (truth <= found[:, 1])
            assert binom.pmf(np.arange(n + 1), n, truth)[held].sum() >= 0.95


def test_a_tie_of_both_tails_is_kept() -> None:
    # At one half both tails are equal, and the interval of a borderline count ends right there.
    x = np.arange(1001.0)
    low, high = own_intervals(x, 1000.0, 2)
    held = (low <= 0.5) & (high >= 0.5)
    assert binom.pmf(x, 1000, 0.5)[held].sum() >= 0.95


def test_a_category_never_seen() -> None:
    low, high = _find([12.0, 4.0, 0.0])[2]
    assert low == 0
    assert 0.1 < high < 0.35


def test_fractions_widen_the_interval() -> None:
    soft = _find([7.5, 2.5])
    for whole in ([7.0, 3.0], [8.0, 2.0]):
        hard = _find(whole)
        assert soft[0, 0] <= hard[0, 0] + 1e-12
        assert soft[0, 1] >= hard[0, 1] - 1e-12


def test_fractions_that_sum_to_a_whole_number() -> None:
    assert sum([0.1] * 10) != 1.0
    wide = _find([0.1] * 10)
    assert np.all(wide[:, 0] == 0)
    assert np.all(wide[:, 1] <= 1)


def test_nobody_says_nothing() -> None:
    assert _find([0, 0, 0]).tolist() == [[0, 1]] * 3


def test_one_category_is_all_there_is() -> None:
    assert _find([30.0])[0, 1] == 1


def test_observed_shares_lie_within() -> None:
    rng = np.random.default_rng(1)
    for k in (1, 2, 3, 7, 12, 100):
        for n in (1, 8, 60, 900, 10**9):
            counts = rng.multinomial(n, rng.dirichlet(np.ones(k))).astype(np.float64)
            low, high = _find(list(counts)).T
            assert np.all(low <= counts / n + 1e-12)
            assert np.all(counts / n <= high + 1e-12)


def test_the_same_counts_give_the_same_bytes() -> None:
    counts = [3.0, 0.0, 17.0, 40.0]
    assert _find(counts).tobytes() == _find(counts).tobytes()


def test_many_tables_at_once_have_the_intervals_of_each_alone() -> None:
    rng = np.random.default_rng(3)
    tables = [rng.multinomial(n, np.full(k, 1 / k)) * 1.0 for n in (0, 9, 300) for k in (1, 2, 7)]
    tables.append(np.array([1.5, 2.25, 0.0]))
    for found, counts in zip(intervals_of_all(tables), tables, strict=True):
        alone = simultaneous_intervals(counts)
        np.testing.assert_array_equal([found.low, found.high], [alone.low, alone.high])
