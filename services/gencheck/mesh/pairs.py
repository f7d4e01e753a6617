"""Twice the precision of a double: a number as a pair, the second what the first cannot hold.

Source: M. Joldes, J.-M. Muller, V. Popescu, "Tight and Rigorous Error Bounds for Basic Building
Blocks of Double-Word Arithmetic", ACM TOMS 44 (2017): relative errors of 3 ε² for the sum and 5 ε²
for the product, ε = 2**-53, where nothing underflows.
"""

from __future__ import annotations

from typing import TypeAlias

from gencheck.jit import fma, kernel

Pair: TypeAlias = tuple[float, float]


@kernel
def two_sum(a: float, b: float) -> Pair:
    """The rounded sum and what the rounding lost (Knuth)."""
    total = a + b
    virtual = total - a
    return total, (a - (total - virtual)) + (b - virtual)


@kernel
def two_product(a: float, b: float) -> Pair:
    """The rounded product and what the rounding lost."""
    product = a * b
    return product, fma(a, b, -product)


@kernel
def _two_sum_sorted(a: float, b: float) -> Pair:
    """The same as ``two_sum`` for ``|a| >= |b|`` (Dekker)."""
    total = a + b
    return total, b - (total - a)


@kernel
def sum_of_pairs(a: Pair, b: Pair) -> Pair:
    """Their sum (algorithm 6, AccurateDWPlusDW)."""
    high, low = two_sum(a[0], b[0])
    upper, lower = two_sum(a[1], b[1])
    high, low = _two_sum_sorted(high, low + upper)
    return _two_sum_sorted(high, lower + low)


@kernel
def product_of_pairs(a: Pair, b: Pair) -> Pair:
    """Their product (algorithm 11, DWTimesDW2)."""
    high, low = two_product(a[0], b[0])
    cross = fma(a[1], b[0], a[0] * b[1])
    return _two_sum_sorted(high, low + cross)


@kernel
def minor_of_pairs(a: Pair, b: Pair, c: Pair, d: Pair) -> Pair:
    """``a * b - c * d``."""
    x, y = product_of_pairs(a, b), product_of_pairs(c, d)
    return sum_of_pairs(x, (-y[0], -y[1]))


@kernel
def sign_of_minor(a: float, b: float, c: float, d: float) -> int:
    """The exact sign of ``a * b - c * d``, without a branch that depends on it.

    Where the products are within a factor of two of each other their difference is exact, and what
    is left is the difference of what they lost; else that is too small to matter.
    """
    left, left_lost = two_product(a, b)
    right, right_lost = two_product(c, d)
    lost, rest = two_sum(left_lost, -right_lost)
    total = left - right + lost
    sign = int(total > 0.0) - int(total < 0.0)
    return sign if sign != 0 else int(rest > 0.0) - int(rest < 0.0)
