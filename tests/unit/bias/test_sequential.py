from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, multinomial

from gencheck.bias.sequential import (
    confidence_sequence,
    log_e_values,
    look,
    needed_at_any_look,
    power_at_any_look,
)

_SHARES = np.array([0.2, 0.3, 0.5])


def _e(counts: list[float], reference: np.ndarray = _SHARES, effect: float = 0.15) -> float:
    found = look(np.array(counts, np.float64), reference, effect).e_value
    assert found is not None
    return found


def test_the_mean_e_value_of_a_fair_set_is_1() -> None:
    tables = [(a, b, 7 - a - b) for a in range(8) for b in range(8 - a)]
    mean = sum(multinomial.pmf(t, 7, _SHARES) * _e(list(map(float, t))) for t in tables)
    assert mean == pytest.approx(1.0)


def test_one_person_more_changes_nothing_on_average() -> None:
    before = [4.0, 1.0, 2.0]
    after = [_e([c + (i == j) for j, c in enumerate(before)]) for i in range(3)]
    assert np.dot(_SHARES, after) == pytest.approx(_e(before))


def test_a_soft_label_is_worth_no_more_than_whole_people() -> None:
    before = [4.0, 1.0, 2.0]
    soft = np.array([0.5, 0.25, 0.25])
    mixed = _e(list(np.array(before) + soft))
    each = [_e([c + (i == j) for j, c in enumerate(before)]) for i in range(3)]
    # The likelihood ratio of a soft label is at most the mean of theirs, by its weights.
    assert mixed <= np.dot(soft, each) + 1e-12


def test_it_is_the_mean_likelihood_ratio_of_a_dirichlet() -> None:
    counts = np.array([9.0, 4.0, 7.0])
    draws = np.random.default_rng(2).dirichlet(2 / 0.09 * _SHARES, 200_000)
    ratios = np.exp((counts * np.log(draws / _SHARES)).sum(axis=1))
    assert _e(list(counts)) == pytest.approx(ratios.mean(), rel=0.02)


def test_p_value_is_one_over_it() -> None:
    fit = look(np.array([60.0, 5, 5]), _SHARES, 0.15)
    assert fit.e_value is not None
    assert fit.e_value > 1000
    assert fit.p_value == pytest.approx(1 / fit.e_value)
    assert look(np.array([20.0, 30, 50]), _SHARES, 0.15).p_value == 1.0


def test_people_in_an_impossible_category() -> None:
    fit = look(np.array([5.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), 0.15)
    assert fit.p_value == 0.0
    assert fit.e_value is not None
    assert 1e300 < fit.e_value < math.inf
    assert look(np.array([5.0, 0.0]), np.array([1.0, 0.0]), 0.15).p_value is None
    assert look(np.zeros(2), np.array([0.5, 0.5]), 0.15).p_value is None


def test_huge_counts_stay_finite() -> None:
    assert math.isfinite(_e([1e9, 0.0, 0.0]))


def test_forty_looks_at_a_fair_generator() -> None:
    rng = np.random.default_rng(3)
    runs, alarms = 400, 0
    grown = rng.multinomial(10, np.full(4, 0.25), size=(runs, 40)).cumsum(axis=1)
    for looks in grown:
        e = log_e_values(looks.astype(np.float64), np.full(4, 0.25), 0.15)
        alarms += bool(e.max() >= math.log(20))
    # 5 % of 400 is 20; 33 is the 99.8 % quantile.
    assert alarms <= 33


def test_intervals_hold_at_all_looks() -> None:
    rng = np.random.default_rng(4)
    truth = np.array([0.55, 0.25, 0.15, 0.05])
    missed = 0
    for _ in range(60):
        for counts in rng.multinomial(12, truth, size=10).cumsum(axis=0).astype(np.float64):
            found = confidence_sequence(counts, 0.15)
            assert np.all(found.low <= counts / counts.sum())
            assert np.all(counts / counts.sum() <= found.high)
            if not np.all((found.low <= truth) & (truth <= found.high)):
                missed += 1
                break
    # 5 % of 60 is 3; 9 is the 99.8 % quantile.
    assert missed <= 9


def test_two_categories_are_each_others_complement() -> None:
    found = confidence_sequence(np.array([30.0, 12.0]), 0.15)
    assert found.low == pytest.approx(1 - found.high[::-1])


def test_the_interval_ends_where_the_e_value_reaches_its_limit() -> None:
    found = confidence_sequence(np.array([30.0, 12.0]), 0.15)
    for end in (found.low[0], found.high[0]):
        assert _e([30.0, 12.0], np.array([end, 1 - end])) == pytest.approx(20, rel=1e-5)


def test_nobody_says_nothing() -> None:
    found = confidence_sequence(np.zeros(3), 0.15)
    assert (found.low.tolist(), found.high.tolist()) == ([0, 0, 0], [1, 1, 1])


@pytest.mark.parametrize("effect", [0.1, 0.15, 0.3])
def test_power_of_two_categories_by_enumeration(effect: float) -> None:
    n = needed_at_any_look(2, effect)
    half = np.array([0.5, 0.5])
    shown = [x for x in range(n + 1) if _e([x, n - x], half, effect) >= 20]
    assert power_at_any_look(n, 2, effect) == pytest.approx(binom.pmf(shown, n, 0.5 + effect).sum())
    assert power_at_any_look(n, 2, effect) >= 0.8


def test_looking_often_costs_people() -> None:
    assert needed_at_any_look(1, 0.15) == 0
    n = needed_at_any_look(10, 0.15)
    assert 174 < n < 2 * 174
    truth = np.array([0.13, 0.07] * 5)
    tables = np.random.default_rng(5).multinomial(n, truth, size=2000).astype(np.float64)
    shown = np.mean(log_e_values(tables, np.full(10, 0.1), 0.15) >= math.log(20))
    assert shown == pytest.approx(power_at_any_look(n, 10, 0.15), abs=0.05)
