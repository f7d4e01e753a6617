from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact

from gencheck.bias.goodness import NO_TEST
from gencheck.bias.independence import CHI_SQUARE, PERMUTED, cell_p_values, independence
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled


def _test(rows: list[list[int]]) -> tuple[float | None, str]:
    fit, _ = independence(np.array(rows, np.int64), deadline=NO_DEADLINE)
    return fit.p_value, fit.method.name


def test_large_tables_equal_scipy() -> None:
    rows = [[30, 20, 50], [25, 45, 30]]
    assert _test(rows) == (pytest.approx(chi2_contingency(rows).pvalue), CHI_SQUARE.name)


def test_small_tables_equal_an_exact_test() -> None:
    rows = [[8, 2], [1, 5]]
    p, method = _test(rows)
    assert method == PERMUTED.name
    # Fisher's test orders tables by probability, ours by chi-square: alike in 2 x 2.
    assert p == pytest.approx(fisher_exact(rows).pvalue, abs=0.01)


def test_it_is_repeatable_and_blind_to_empty_rows() -> None:
    assert _test([[8, 2], [1, 5]]) == _test([[8, 0, 2], [0, 0, 0], [1, 0, 5]])


def test_nothing_to_test() -> None:
    for rows in ([[5, 5]], [[5, 0], [4, 0]], [[0, 0], [0, 0]]):
        assert _test(rows) == (None, NO_TEST.name)


def test_effect_of_a_perfect_association() -> None:
    _, effect = independence(np.array([[50, 0], [0, 50]]), deadline=NO_DEADLINE)
    assert effect is not None
    assert effect.value == pytest.approx(1, abs=0.01)
    assert effect.low > 0.7


def test_interval_of_a_strong_association_covers() -> None:
    shares = np.array([[0.3, 0.02, 0.05], [0.03, 0.25, 0.05], [0.1, 0.1, 0.1]])
    margins = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    true_v = (((shares - margins) ** 2 / margins).sum() / 2) ** 0.5
    held = 0
    for draw in np.random.default_rng(8).multinomial(300, shares.ravel(), size=400):
        _, effect = independence(draw.reshape(3, 3), deadline=NO_DEADLINE)
        assert effect is not None
        held += effect.low <= true_v <= effect.high
    # 95 % of 400 is 380; 364 is the 0.1 % quantile.
    assert held >= 364


def test_cells_equal_fishers_test_against_the_rest() -> None:
    rng = np.random.default_rng(6)
    few = 0
    for table in (*rng.integers(1, 30, (20, 3, 4)), np.array([[900, 3], [2, 1]])):
        found, n = cell_p_values(table), table.sum()
        for cell in np.ndindex(*table.shape):
            a, row, column = table[cell], table[cell[0]].sum(), table[:, cell[1]].sum()
            two = [[a, row - a], [column - a, n - row - column + a]]
            side = "less" if a < row * column / n else "greater"
            assert found[cell] == pytest.approx(min(1.0, 2 * fisher_exact(two, side).pvalue))
            few += found[cell] < 0.01
    assert few > 10


def test_a_million_people_are_tested_in_no_time_and_alike() -> None:
    many = np.array([[400_000, 100_500], [399_500, 100_000]])
    found = cell_p_values(many)
    assert found[0, 0] == pytest.approx(fisher_exact(many, "less").pvalue * 2, rel=0.01)
    assert cell_p_values(many * 900).max() < found.max()


def test_rare_cells_among_very_many_people_are_not_tested() -> None:
    assert _test([[900_000, 1], [900_000, 2]]) == (None, NO_TEST.name)


def test_level_of_small_tables() -> None:
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(100):
        table = np.array([rng.multinomial(6, [0.6, 0.2, 0.2]) for _ in range(4)])
        p = independence(table, deadline=NO_DEADLINE)[0].p_value
        alarms += p is not None and p < 0.05
    # 5 % of 100 is 5; 12 is the 99.8 % quantile.
    assert alarms <= 12


def test_cancelled_work_stops() -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        independence(np.array([[3, 1], [1, 3]]), deadline=deadline)
