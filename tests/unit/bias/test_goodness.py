from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare, multinomial
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import GofChisquarePower

from gencheck.bias.goodness import (
    CHI_SQUARE,
    EXACT,
    IMPOSSIBLE,
    MONTE_CARLO,
    NO_TEST,
    Fit,
    goodness_of_fit,
    holm,
    needed_people,
)
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled


def _fit(counts: list[float], shares: list[float]) -> Fit:
    return goodness_of_fit(
        np.array(counts, np.float64), np.array(shares, np.float64), deadline=NO_DEADLINE
    )


def test_large_tables_use_pearson() -> None:
    fit = _fit([210, 170, 180, 200], [0.25] * 4)
    assert fit.method == CHI_SQUARE
    assert fit.p_value == pytest.approx(chisquare([210, 170, 180, 200]).pvalue)


@pytest.mark.parametrize(("a", "b"), [(7, 1), (8, 0), (4, 4), (5, 3)])
def test_two_small_categories_equal_the_binomial_test(a: int, b: int) -> None:
    fit = _fit([a, b], [0.5, 0.5])
    assert fit.method == EXACT
    assert fit.p_value == pytest.approx(binomtest(a, a + b).pvalue)


def test_exact_equals_brute_force() -> None:
    shares = np.array([0.2, 0.3, 0.5])
    counts, n = np.array([5, 1, 1]), 7
    observed = ((counts - n * shares) ** 2 / (n * shares)).sum()
    total = 0.0
    for a in range(n + 1):
        for b in range(n + 1 - a):
            table = np.array([a, b, n - a - b])
            if ((table - n * shares) ** 2 / (n * shares)).sum() >= observed - 1e-9:
                total += float(multinomial.pmf(table, n, shares))
    assert _fit([5, 1, 1], [0.2, 0.3, 0.5]).p_value == pytest.approx(total)


def test_many_small_categories_are_simulated_and_repeatable() -> None:
    counts = [20.0, 2, 2, 2, 2, 2, 2, 2, 2, 4]
    fit = _fit(counts, [0.1] * 10)
    assert fit.method == MONTE_CARLO
    assert fit == _fit(counts, [0.1] * 10)
    assert fit.p_value is not None
    assert fit.p_value < 0.001
    even = _fit([4.0] * 10, [0.1] * 10)
    assert even.p_value == pytest.approx(1.0)


def test_people_in_an_impossible_category() -> None:
    assert _fit([9, 1], [1.0, 0.0]) == Fit(0.0, IMPOSSIBLE, 0.0)
    assert _fit([9, 0], [1.0, 0.0]).p_value == 1.0
    assert _fit([5, 5, 0], [0.5, 0.5, 0.0]).p_value == pytest.approx(1.0)


def test_nothing_to_test() -> None:
    assert _fit([0, 0], [0.5, 0.5]) == Fit(None, NO_TEST)
    assert _fit([9], [1.0]) == Fit(None, NO_TEST)


def test_smallest_attainable_p() -> None:
    assert _fit([8, 0], [0.5, 0.5]).attainable == pytest.approx(2 / 256)
    assert _fit([8, 0], [0.5, 0.5]).p_value == pytest.approx(2 / 256)


def test_holm_by_hand() -> None:
    fits = [Fit(0.01, EXACT, 0.0), Fit(0.04, EXACT, 0.0), Fit(0.03, EXACT, 0.0)]
    assert holm(fits) == pytest.approx([0.03, 0.06, 0.06])


def test_holm_equals_statsmodels() -> None:
    values = np.random.default_rng(5).beta(0.3, 1, 40)
    expected = multipletests(values, method="holm")[1]
    assert holm([Fit(float(p), EXACT, 0.0) for p in values]) == pytest.approx(list(expected))


def test_hopeless_tests_do_not_weaken_others() -> None:
    real = Fit(0.02, EXACT, 1e-6)
    hopeless = Fit(1.0, EXACT, 0.5)
    assert holm([real] + [hopeless] * 1000 + [Fit(None, NO_TEST)]) == pytest.approx(
        [0.02] + [1.0] * 1000 + [None]
    )


def test_needed_people() -> None:
    # Ten categories: Cohen's w 0.3 and power 0.8 ask for 174.
    assert [needed_people(k) for k in (0, 1, 2, 3, 10)] == [0, 0, 88, 108, 174]


@pytest.mark.parametrize("categories", [2, 3, 10, 60])
def test_needed_people_equal_those_of_statsmodels(categories: int) -> None:
    n = GofChisquarePower().solve_power(effect_size=0.3, alpha=0.05, power=0.8, n_bins=categories)
    assert needed_people(categories) == math.ceil(n)


def test_needed_people_reaches_its_power() -> None:
    rng = np.random.default_rng(3)
    n = needed_people(2)
    draws = rng.binomial(n, 0.65, size=4000)
    power = np.mean([chisquare([d, n - d]).pvalue < 0.05 for d in draws])
    assert 0.77 < power < 0.86


def test_hardest_departure_has_w_of_twice_the_distance() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        r, p = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(5))
        distance = np.abs(r - p).sum() / 2
        assert math.sqrt(((p - r) ** 2 / r).sum()) >= 2 * distance - 1e-12


def test_cancelled_work_stops() -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        goodness_of_fit(np.array([3.0, 4.0]), np.array([0.5, 0.5]), deadline=deadline)
