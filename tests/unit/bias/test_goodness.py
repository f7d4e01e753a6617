from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare, multinomial

from gencheck.bias.goodness import (
    CHI_SQUARE,
    EXACT,
    IMPOSSIBLE,
    MONTE_CARLO,
    NO_TEST,
    Fit,
    goodness_of_fit,
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


def test_cancelled_work_stops() -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        goodness_of_fit(np.array([3.0, 4.0]), np.array([0.5, 0.5]), deadline=deadline)
