from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from gencheck.bias.blaker import lower_bound


def _acceptable(x: int, n: int, p: float) -> float:
    """Blaker's acceptability by its definition: tables whose smaller tail is as small."""
    everyone = np.arange(n + 1)
    tail = np.minimum(binom.cdf(everyone, n, p), binom.sf(everyone - 1, n, p))
    return float(binom.pmf(everyone, n, p)[tail <= tail[x] * (1 + 1e-9)].sum())


def _scan(x: int, n: int, level: float, slope: float) -> float:
    grid = np.linspace(0, 1, 2_001)
    kept = [p for p in grid if _acceptable(x, n, p) > level + slope * p]
    return kept[0]


@pytest.mark.parametrize(("x", "n"), [(1, 8), (5, 8), (8, 8), (3, 30), (17, 30), (29, 30)])
@pytest.mark.parametrize(("level", "slope"), [(0.05, 0.0), (0.002, 0.045)])
def test_equals_a_scan_of_the_definition(x: int, n: int, level: float, slope: float) -> None:
    found = lower_bound(np.array([float(x)]), np.array([float(n)]), lambda p: level + slope * p)
    assert found[0] == pytest.approx(_scan(x, n, level, slope), abs=6e-4)


def test_never_wider_than_clopper_pearson() -> None:
    n = 60
    x = np.arange(n + 1.0)
    found = lower_bound(x, np.full(n + 1, float(n)), lambda p: np.full_like(p, 0.05))
    exact = [binomtest(int(a), n).proportion_ci(method="exact").low for a in x]
    assert np.all(found >= np.array(exact) - 1e-9)
    assert np.all(np.diff(found) > 0)


def test_a_thousand_million_people() -> None:
    found = lower_bound(np.array([5e8]), np.array([1e9]), lambda p: np.full_like(p, 0.05))
    assert 0.5 - found[0] == pytest.approx(1.959964 * 0.5 / 1e9**0.5, rel=1e-3)
