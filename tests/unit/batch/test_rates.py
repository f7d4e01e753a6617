"""Intervals, against statsmodels and by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from gencheck.batch.rates import paired_difference, rate


@given(whole=st.integers(1, 10**8), share=st.floats(0, 1))
def test_wilson_is_that_of_statsmodels(whole: int, share: float) -> None:
    part = round(share * whole)
    found = rate(part, whole)
    low, high = proportion_confint(part, whole, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert 0 <= found.low <= found.share <= found.high <= 1


def test_of_nothing_nothing_is_known() -> None:
    assert (rate(0, 0).low, rate(0, 0).high) == (0, 1)
    assert (paired_difference(0, 0, 0).low, paired_difference(0, 0, 0).high) == (-1, 1)


@pytest.mark.parametrize(
    ("up", "down", "whole"), [(0.1, 0.1, 50), (0.02, 0.2, 100), (0.0, 0.05, 400), (0.3, 0.1, 30)]
)
def test_the_interval_of_a_change_covers_it(up: float, down: float, whole: int) -> None:
    rng = np.random.default_rng(7)
    counts = rng.multinomial(whole, [up, down, 1 - up - down], size=4_000)
    found = [paired_difference(int(g), int(lost), whole) for g, lost, _ in counts]
    covered = np.mean([d.low <= up - down <= d.high for d in found])
    assert 0.93 <= covered <= 1.0


def test_intervals_of_many_groups_hold_all_at_once() -> None:
    rng = np.random.default_rng(8)
    wrong = 0
    for _ in range(400):
        counts = rng.multinomial(200, [0.1, 0.1, 0.8], size=50)
        found = [paired_difference(int(g), int(lost), 200, looks=50) for g, lost, _ in counts]
        wrong += any(d.certain for d in found)
    assert wrong / 400 <= 0.08


def test_a_change_is_signed() -> None:
    found = paired_difference(30, 2, 100)
    assert found.change == pytest.approx(0.28)
    assert found.certain
    assert 0 < found.low < found.change < found.high
    assert not paired_difference(2, 2, 100).certain
