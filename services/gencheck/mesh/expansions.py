"""Determinants without any rounding, where twice the precision of a double cannot tell either.

A determinant is held as a sum of doubles, whose sign is that of their exact sum: all are added
up, and what the roundings have lost is added up again, until the rest is too small to matter.
(T. Ogita, S. M. Rump and S. Oishi, "Accurate Sum and Dot Product", SIAM Journal on Scientific
Computing 26, 2005: VecSum.) Slow, and seldom needed: an array is made for each call, as one handed
down through all callers would cost more.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.mesh.pairs import two_product, two_sum
from gencheck.mesh.points import Point

Scratch: TypeAlias = NDArray[np.float64]

_DOUBLES = 96  # four for each of 24 products of three numbers


@kernel
def _sign(terms: Scratch, n: int) -> int:
    """The sign of the sum of the first ``n`` terms, which are overwritten.

    Each round leaves less than 2^-38 of the largest term, so there are some 30 at most, and three
    or four as a rule.
    """
    while True:
        total = rest = 0.0
        kept = 0
        for i in range(n):
            total, lost = two_sum(total, terms[i])
            terms[kept] = lost
            kept += lost != 0.0
            rest += abs(lost)
        if kept == 0 or abs(total) > 2.0 * rest:
            return int(total > 0.0) - int(total < 0.0)
        terms[kept] = total  # the first addition loses nothing, so there is room
        n = kept + 1


@kernel
def _add_product2(terms: Scratch, n: int, a: float, b: float) -> int:
    """Add the exact product to the terms; their new number."""
    terms[n], terms[n + 1] = two_product(a, b)
    return n + 2


@kernel
def _add_product3(terms: Scratch, n: int, a: float, b: float, c: float) -> int:
    if a == 0.0 or b == 0.0 or c == 0.0:
        return n
    high, low = two_product(a, b)
    n = _add_product2(terms, n, high, c)
    return _add_product2(terms, n, low, c) if low != 0.0 else n


@kernel
def _add_determinant(terms: Scratch, n: int, sign: float, a: Point, b: Point, c: Point) -> int:
    n = _add_product3(terms, n, sign * a[0], b[1], c[2])
    n = _add_product3(terms, n, -sign * a[0], b[2], c[1])
    n = _add_product3(terms, n, sign * a[1], b[2], c[0])
    n = _add_product3(terms, n, -sign * a[1], b[0], c[2])
    n = _add_product3(terms, n, sign * a[2], b[0], c[1])
    return _add_product3(terms, n, -sign * a[2], b[1], c[0])


@kernel
def determinant_expanded(a: Point, b: Point, c: Point) -> int:
    """The sign of a determinant, given by rows."""
    terms = np.empty(_DOUBLES)
    return _sign(terms, _add_determinant(terms, 0, 1.0, a, b, c))


@kernel
def orient3d_expanded(a: Point, b: Point, c: Point, d: Point) -> int:
    """The sign of ``det[a - d; b - d; c - d]``."""
    terms = np.empty(_DOUBLES)
    n = _add_determinant(terms, 0, 1.0, a, b, c)
    n = _add_determinant(terms, n, -1.0, d, b, c)
    n = _add_determinant(terms, n, -1.0, a, d, c)
    n = _add_determinant(terms, n, -1.0, a, b, d)
    return _sign(terms, n)


@kernel
def orient2d_expanded(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> int:
    """The sign of the turn a, b, c."""
    terms = np.empty(_DOUBLES)
    n = _add_product2(terms, 0, ax, by)
    n = _add_product2(terms, n, -ax, cy)
    n = _add_product2(terms, n, -cx, by)
    n = _add_product2(terms, n, -ay, bx)
    n = _add_product2(terms, n, ay, cx)
    n = _add_product2(terms, n, cy, bx)
    return _sign(terms, n)
