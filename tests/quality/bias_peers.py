"""Published intervals of multinomial shares, to measure beside those of the audit.

Own code, tested against statsmodels, whose Sison-Glaz tries every width and takes seconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, gammaln, pdtr

Floats = NDArray[np.float64]


def goodman(counts: Floats, *, alpha: float = 0.05) -> tuple[Floats, Floats]:
    """Goodman 1965, Technometrics 7(2): Wilson's interval with Bonferroni's correction."""
    n, quantile = counts.sum(), chdtri(1, alpha / len(counts))
    middle = 2 * counts + quantile
    spread = np.sqrt(quantile**2 + 4 * counts * quantile * (1 - counts / n))
    low, high = ((middle + sign * spread) / (2 * (n + quantile)) for sign in (-1, 1))
    return low.clip(0, 1), high.clip(0, 1)


def sison_glaz(counts: Floats, *, alpha: float = 0.05) -> tuple[Floats, Floats]:
    """Sison and Glaz 1995, JASA 90(429): one half width for all categories."""
    n = float(counts.sum())
    low, high = 0, int(n)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _within(counts, middle) > 1 - alpha else (middle, high)
    under, over = _within(counts, low) if low else 0.0, _within(counts, high)
    part = (1 - alpha - under) / (over - under)
    share = counts / n
    return np.clip(share - low / n, 0, 1), np.clip(share + (low + 2 * part) / n, 0, 1)


def _within(counts: Floats, width: int) -> float:
    """The chance that no count is further than that from its mean, by Levin 1981."""
    n = float(counts.sum())
    low, high = np.maximum(counts - width, 0), counts + width
    inside = _poisson(high, counts) - _poisson(low - 1, counts)
    moments = [
        counts**r * (_poisson(high - r, counts) - _poisson(low - r - 1, counts)) / inside
        for r in range(1, 5)
    ]
    mean, variance, skew, excess = _cumulants(*moments)
    deviation = np.sqrt(variance.sum())
    z = (n - mean.sum()) / deviation
    bend, peak = skew.sum() / deviation**3, excess.sum() / deviation**4
    edgeworth = (
        1
        + bend * (z**3 - 3 * z) / 6
        + peak * (z**4 - 6 * z**2 + 3) / 24
        + bend**2 * (z**6 - 15 * z**4 + 45 * z**2 - 15) / 72
    )
    density = edgeworth * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / deviation
    return float(np.exp(n - n * np.log(n) + gammaln(n + 1)) * np.prod(inside) * density)


def _poisson(up_to: Floats, mean: Floats) -> Floats:
    found: Floats = np.where(up_to >= 0, pdtr(np.maximum(up_to, 0), mean), 0.0)
    return found


def _cumulants(m1: Floats, m2: Floats, m3: Floats, m4: Floats) -> tuple[Floats, ...]:
    """The first four of a variable with these factorial moments."""
    variance = m2 + m1 - m1**2
    third = m3 + m2 * (3 - 3 * m1) + m1 - 3 * m1**2 + 2 * m1**3
    fourth = (
        m4
        + m3 * (6 - 4 * m1)
        + m2 * (7 - 12 * m1 + 6 * m1**2)
        + (m1 - 4 * m1**2 + 6 * m1**3 - 3 * m1**4)
    )
    return m1, variance, third, fourth - 3 * variance**2
