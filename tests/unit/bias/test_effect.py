from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog, minimize
from scipy.special import chdtri

from gencheck.bias.effect import chi_square_bound, total_variation
from gencheck.bias.intervals import BLAKER, Intervals, simultaneous_intervals


def _nearest(reference: np.ndarray, box: Intervals) -> float:
    """The smallest distance by linear programming: p and |p - r| as variables."""
    k = len(reference)
    eye = np.eye(k)
    solved = linprog(
        np.r_[np.zeros(k), np.full(k, 0.5)],
        A_ub=np.block([[eye, -eye], [-eye, -eye]]),
        b_ub=np.r_[reference, -reference],
        A_eq=[np.r_[np.ones(k), np.zeros(k)]],
        b_eq=[1.0],
        bounds=[*zip(box.low, box.high, strict=True), *[(0, None)] * k],
    )
    assert solved.success
    return float(solved.fun)


@pytest.mark.parametrize("seed", range(40))
def test_lower_bound_is_the_linear_programme(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 9))
    n = int(rng.integers(3, 200))
    counts = rng.multinomial(n, rng.dirichlet(np.full(k, 0.6))).astype(np.float64)
    reference = rng.dirichlet(np.ones(k))
    box = simultaneous_intervals(counts)
    found = total_variation(counts / n, reference, box)
    assert found.low == pytest.approx(_nearest(reference, box), abs=1e-9)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("seed", range(20))
def test_upper_bound_is_above_every_allowed_distribution(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    k = int(rng.integers(2, 7))
    counts = rng.multinomial(40, rng.dirichlet(np.ones(k))).astype(np.float64)
    reference = rng.dirichlet(np.ones(k))
    box = simultaneous_intervals(counts)
    bound = total_variation(counts / 40, reference, box).high
    for _ in range(50):
        # A corner of the box within the simplex, by a random objective.
        corner = linprog(
            rng.normal(size=k),
            A_eq=[np.ones(k)],
            b_eq=[1.0],
            bounds=list(zip(box.low, box.high, strict=True)),
        ).x
        assert np.abs(corner - reference).sum() / 2 <= bound + 1e-9


@pytest.mark.parametrize("seed", range(40))
def test_upper_bound_is_its_linear_programme(seed: int) -> None:
    rng = np.random.default_rng(200 + seed)
    k = int(rng.integers(2, 9))
    n = int(rng.integers(3, 200))
    counts = rng.multinomial(n, rng.dirichlet(np.full(k, 0.6))).astype(np.float64)
    reference = rng.dirichlet(np.ones(k))
    box = simultaneous_intervals(counts)
    rise, fall = box.high - reference, reference - box.low
    solved = linprog(
        np.r_[np.zeros(k), -1.0],
        A_ub=np.vstack([np.r_[-rise, 1.0], np.r_[fall, 1.0]]),
        b_ub=[0.0, fall.sum()],
        bounds=[(0, 1)] * (k + 1),
    )
    found = total_variation(counts / n, reference, box)
    assert found.high == pytest.approx(max(-solved.fun, found.value), abs=1e-9)


def test_by_hand() -> None:
    box = Intervals(np.array([0.8, 0.05]), np.array([0.95, 0.2]), BLAKER)
    found = total_variation(np.array([0.9, 0.1]), np.array([0.5, 0.5]), box)
    assert (found.low, found.value, found.high) == pytest.approx((0.3, 0.4, 0.45))


def _nearest_that_is_not_rejected(shares: np.ndarray, reference: np.ndarray, n: int) -> float:
    """The same by a general solver: p and |p - r| as variables."""
    k = len(shares)
    limit = 1 + chdtri(k - 1, 0.05) / n
    solved = minimize(
        lambda z: z[k:].sum() / 2,
        np.r_[np.maximum(shares, 1e-6), np.abs(shares - reference)],
        constraints=[
            {"type": "eq", "fun": lambda z: z[:k].sum() - 1},
            {"type": "ineq", "fun": lambda z: limit - (shares**2 / z[:k]).sum()},
            {"type": "ineq", "fun": lambda z: z[k:] - (z[:k] - reference)},
            {"type": "ineq", "fun": lambda z: z[k:] + (z[:k] - reference)},
        ],
        bounds=[(1e-9, 1)] * (2 * k),
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    assert solved.success
    return float(solved.fun)


@pytest.mark.parametrize("seed", range(12))
def test_chi_square_bound_by_a_general_solver(seed: int) -> None:
    rng = np.random.default_rng(300 + seed)
    k, n = int(rng.integers(2, 7)), 100
    reference = rng.dirichlet(np.full(k, 3.0))
    shares = rng.multinomial(n, rng.dirichlet(np.ones(k))) / n
    expected = _nearest_that_is_not_rejected(shares, reference, n)
    assert chi_square_bound(shares, reference, n) == pytest.approx(expected, abs=1e-5)


def test_chi_square_bound_is_over_0_exactly_where_the_test_is_significant() -> None:
    rng = np.random.default_rng(8)
    reference, outcomes = np.full(6, 1 / 6), set()
    for counts in rng.multinomial(120, [0.1, 0.13, 0.17, 0.17, 0.2, 0.23], size=200):
        significant = ((counts - 20) ** 2 / 20).sum() > chdtri(5, 0.05)
        assert (chi_square_bound(counts / 120, reference, 120) > 1e-9) == significant
        outcomes.add(bool(significant))
    assert outcomes == {True, False}
