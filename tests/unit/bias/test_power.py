from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from statsmodels.stats.power import GofChisquarePower

from gencheck.bias.goodness import goodness_of_fit
from gencheck.bias.power import least_people, needed_people, power
from gencheck.deadline import NO_DEADLINE


def test_needed_people() -> None:
    assert [needed_people(k) for k in (0, 1, 2, 3, 10)] == [0, 0, 90, 108, 174]
    assert needed_people(3, 0.05) > 8 * needed_people(3, 0.15)


@pytest.mark.parametrize("categories", [3, 10, 60])
@pytest.mark.parametrize("effect", [0.05, 0.15, 0.25])
def test_needed_people_equal_those_of_statsmodels(categories: int, effect: float) -> None:
    n = GofChisquarePower().solve_power(2 * effect, alpha=0.05, power=0.8, n_bins=categories)
    assert needed_people(categories, effect) == math.ceil(n)
    assert power(math.ceil(n), categories, effect) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("n", [5, 6, 20, 88, 90, 301])
@pytest.mark.parametrize("effect", [0.1, 0.15, 0.4])
def test_power_of_two_categories_by_enumeration(n: int, effect: float) -> None:
    shown = [x for x in range(n + 1) if binomtest(x, n).pvalue <= 0.05]
    expected = binom.pmf(shown, n, 0.5 + effect).sum()
    assert power(n, 2, effect) == pytest.approx(expected)


@pytest.mark.parametrize("effect", [0.05, 0.1, 0.15, 0.2, 0.3, 0.5])
def test_needed_people_of_two_categories_reach_their_power(effect: float) -> None:
    n = needed_people(2, effect)
    assert power(n, 2, effect) >= 0.8
    assert power(n - 1, 2, effect) < 0.8


@pytest.mark.parametrize(
    ("reference", "least"),
    [([0.5, 0.5], 6), ([0.1] * 10, 3), ([0.98, 0.02], 1), ([1.0], 0), ([0.5, 0.5, 0.0], 6)],
)
def test_fewer_people_are_never_significant(reference: list[float], least: int) -> None:
    shares = np.array(reference)
    assert least_people(shares) == least
    for n in range(1, least):
        rarest = np.where(np.arange(len(shares)) == int(np.argmin(shares + (shares == 0))), n, 0)
        fit = goodness_of_fit(rarest.astype(np.float64), shares, deadline=NO_DEADLINE)
        assert fit.p_value is not None
        assert fit.p_value > 0.05


def test_hardest_departure_has_w_of_twice_the_distance() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        r, p = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(5))
        distance = np.abs(r - p).sum() / 2
        assert math.sqrt(((p - r) ** 2 / r).sum()) >= 2 * distance - 1e-12
