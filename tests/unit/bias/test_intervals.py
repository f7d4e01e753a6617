from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.proportion import multinomial_proportions_confint

from gencheck.bias.intervals import (
    CLOPPER_PEARSON,
    GOODMAN,
    simultaneous_intervals,
)


def _first(counts: list[float]) -> tuple[float, float, str]:
    found = simultaneous_intervals(np.array(counts, np.float64))
    return found.low[0], found.high[0], found.method.name


def test_goodman_matches_published_values() -> None:
    # R package scimple, README.
    low, high, method = _first([44, 55, 43, 32, 67, 78])
    assert method == GOODMAN.name
    assert (low, high) == pytest.approx((0.09468368, 0.1966413), abs=1e-7)


def test_goodman_equals_statsmodels() -> None:
    counts = np.array([5.0, 20, 75, 900])
    found = simultaneous_intervals(counts)
    expected = multinomial_proportions_confint(counts, 0.05, method="goodman")
    assert np.column_stack([found.low, found.high]) == pytest.approx(expected)


@pytest.mark.parametrize(("a", "b"), [(7, 1), (90, 10), (0, 12), (30, 30)])
def test_two_categories_are_exact(a: int, b: int) -> None:
    exact = binomtest(a, a + b).proportion_ci(method="exact")
    low, high, method = _first([a, b])
    assert method == CLOPPER_PEARSON.name
    assert (low, high) == pytest.approx((exact.low, exact.high))


def test_small_counts_fall_back_to_bonferroni() -> None:
    found = simultaneous_intervals(np.array([12.0, 4.0, 0.0]))
    assert found.method == CLOPPER_PEARSON
    exact = binomtest(12, 16).proportion_ci(confidence_level=1 - 0.05 / 3, method="exact")
    assert (found.low[0], found.high[0]) == pytest.approx((exact.low, exact.high))
    assert found.low[2] == 0
    assert 0 < found.high[2] < 0.4


def test_fractions_widen_the_interval() -> None:
    soft = simultaneous_intervals(np.array([7.5, 2.5]))
    for whole in ([7.0, 3.0], [8.0, 2.0]):
        hard = simultaneous_intervals(np.array(whole))
        assert soft.low[0] <= hard.low[0]
        assert soft.high[0] >= hard.high[0]


def test_nobody_says_nothing() -> None:
    found = simultaneous_intervals(np.zeros(3))
    assert found.low.tolist() == [0, 0, 0]
    assert found.high.tolist() == [1, 1, 1]


def test_observed_shares_lie_within() -> None:
    rng = np.random.default_rng(1)
    for k in (1, 2, 3, 7, 12):
        for n in (1, 8, 60, 900):
            counts = rng.multinomial(n, rng.dirichlet(np.ones(k))).astype(np.float64)
            found = simultaneous_intervals(counts)
            assert np.all(found.low <= counts / n + 1e-12)
            assert np.all(counts / n <= found.high + 1e-12)
