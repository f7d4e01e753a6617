from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2_contingency, ncx2, wasserstein_distance
from statsmodels.stats.proportion import proportion_confint

from gencheck.bias.magnitude import (
    association_v,
    cramers_v,
    earth_movers_distance,
    standard_error,
)

EVEN = np.full(4, 0.25)


def test_cramers_v_by_hand() -> None:
    found = cramers_v(np.array([70.0, 10, 10, 10]), EVEN)
    statistic = 100 * (0.45**2 + 3 * 0.15**2) / 0.25
    assert found.value == pytest.approx(math.sqrt((statistic - 3) / 100 / 3))
    assert 0 < found.low < found.value < found.high <= 1


def test_its_interval_is_that_of_the_noncentral_chi_square() -> None:
    found = association_v(40.0, 200.0, 6, 2.0, 0.0)
    low, high = (bound**2 * 200 * 2 for bound in (found.low, found.high))
    assert ncx2.cdf(40.0, 6, low) == pytest.approx(0.975)
    assert ncx2.cdf(40.0, 6, high) == pytest.approx(0.025)


def test_a_fair_set_has_none() -> None:
    found = cramers_v(np.array([25.0, 25, 25, 25]), EVEN)
    assert (found.value, found.low, found.high) == (0, 0, 0)
    rng = np.random.default_rng(1)
    values = [cramers_v(t.astype(float), EVEN).value ** 2 for t in rng.multinomial(80, EVEN, 500)]
    plain = [t.var() * 4 for t in rng.multinomial(80, EVEN, 500) / 80]
    assert np.mean(values) < 0.6 * np.mean(plain)


def test_everybody_in_one_category_is_near_1() -> None:
    assert cramers_v(np.array([0.0, 0, 0, 200]), EVEN).value == pytest.approx(1, abs=0.01)
    impossible = cramers_v(np.array([9.0, 1.0]), np.array([1.0, 0.0]))
    assert (impossible.value, impossible.low) == (1.0, 0.0)


@pytest.mark.parametrize("truth", [[0.4, 0.2, 0.2, 0.2], [0.7, 0.1, 0.1, 0.1], [0.25] * 4])
def test_its_interval_covers(truth: list[float]) -> None:
    rng = np.random.default_rng(2)
    true_v = math.sqrt(((np.array(truth) - 0.25) ** 2 / 0.25).sum() / 3)
    found = [cramers_v(t.astype(float), EVEN) for t in rng.multinomial(300, truth, size=400)]
    held = np.mean([f.low <= true_v + 1e-9 and true_v <= f.high for f in found])
    # 95 % of 400: 0.91 is the 0.1 % quantile.
    assert held > 0.91


def test_standard_error_by_simulation() -> None:
    shares, n = np.array([0.6, 0.3, 0.1]), 2000
    even = np.full(3, 1 / 3)
    draws = np.random.default_rng(4).multinomial(n, shares, size=4000) / n
    values = ((draws - even) ** 2 / even).sum(axis=1)
    found = standard_error(shares, 2 * (shares - even) / even, n)
    assert found == pytest.approx(values.std(), rel=0.05)


def test_of_two_by_two_equals_the_plain_one_less_its_bias() -> None:
    table = np.array([[30, 10], [15, 25]])
    statistic = chi2_contingency(table, correction=False).statistic
    found = association_v(statistic, 80.0, 1, 1.0, 0.0)
    assert found.value == pytest.approx(math.sqrt((statistic - 1) / 80))


def test_earth_movers_distance_equals_scipy() -> None:
    counts, reference = np.array([10.0, 0, 5, 25]), np.array([0.1, 0.2, 0.3, 0.4])
    found = earth_movers_distance(counts, reference)
    places = np.arange(4)
    expected = wasserstein_distance(places, places, counts / 40, reference)
    assert found.value == pytest.approx(expected)
    assert found.low <= found.value <= found.high


def test_it_sees_order() -> None:
    near = earth_movers_distance(np.array([0.0, 50, 50, 0]), EVEN)
    far = earth_movers_distance(np.array([100.0, 0, 0, 0]), EVEN)
    assert far.value == pytest.approx(1.5)
    assert far.low > near.high


def test_two_categories_are_a_share() -> None:
    found = earth_movers_distance(np.array([60.0, 40.0]), np.array([0.2, 0.8]))
    low, high = proportion_confint(60, 100, method="beta")
    assert low - 0.2 <= found.low <= 0.4 <= found.high <= high - 0.2


def test_the_true_distance_lies_within() -> None:
    rng = np.random.default_rng(3)
    truth = np.array([0.05, 0.15, 0.3, 0.3, 0.2])
    even = np.full(5, 0.2)
    true_distance = float(np.abs(np.cumsum(truth - even)[:-1]).sum())
    missed = 0
    for table in rng.multinomial(60, truth, size=300).astype(np.float64):
        found = earth_movers_distance(table, even)
        missed += not found.low <= true_distance <= found.high
    assert missed <= 15


def test_soft_labels() -> None:
    found = earth_movers_distance(np.array([0.5, 2.25, 1.25]), np.full(3, 1 / 3))
    assert 0 <= found.low <= found.value <= found.high
