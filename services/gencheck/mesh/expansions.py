"""Determinants without any rounding, where twice the precision of a double cannot tell either.

A number is held as a sum of doubles of rising magnitude that do not overlap (an *expansion*), so
that nothing is rounded away (Shewchuk 1997, see ``predicates.py``). Slow, and seldom needed: an
array is made for each call, as one handed down through all callers would cost more.
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
def _grow(work: Scratch, n: int, value: float) -> int:
    """Add one double to the expansion of ``n`` doubles in ``work``; the new length."""
    carry = value
    kept = 0
    for i in range(n):
        carry, lost = two_sum(carry, work[i])
        if lost != 0.0:
            work[kept] = lost
            kept += 1
    if carry != 0.0:
        work[kept] = carry
        kept += 1
    return kept


@kernel
def _add_product2(work: Scratch, n: int, a: float, b: float) -> int:
    high, low = two_product(a, b)
    if low != 0.0:
        n = _grow(work, n, low)
    return _grow(work, n, high)


@kernel
def _add_product3(work: Scratch, n: int, a: float, b: float, c: float) -> int:
    if a == 0.0 or b == 0.0 or c == 0.0:
        return n
    high, low = two_product(a, b)
    if low != 0.0:
        n = _add_product2(work, n, low, c)
    return _add_product2(work, n, high, c)


@kernel
def _add_determinant(
    work: Scratch,
    n: int,
    sign: float,
    a0: float,
    a1: float,
    a2: float,
    b0: float,
    b1: float,
    b2: float,
    c0: float,
    c1: float,
    c2: float,
) -> int:
    n = _add_product3(work, n, sign * a0, b1, c2)
    n = _add_product3(work, n, -sign * a0, b2, c1)
    n = _add_product3(work, n, sign * a1, b2, c0)
    n = _add_product3(work, n, -sign * a1, b0, c2)
    n = _add_product3(work, n, sign * a2, b0, c1)
    return _add_product3(work, n, -sign * a2, b1, c0)


@kernel
def _sign(work: Scratch, n: int) -> int:
    if n == 0:
        return 0
    return 1 if work[n - 1] > 0.0 else -1


@kernel
def determinant_expanded(
    a0: float,
    a1: float,
    a2: float,
    b0: float,
    b1: float,
    b2: float,
    c0: float,
    c1: float,
    c2: float,
) -> int:
    """The sign of a determinant of nine numbers, given by rows."""
    work = np.empty(_DOUBLES)
    return _sign(work, _add_determinant(work, 0, 1.0, a0, a1, a2, b0, b1, b2, c0, c1, c2))


@kernel
def orient3d_expanded(a: Point, b: Point, c: Point, d: Point) -> int:
    """The sign of ``det[a - d; b - d; c - d]``."""
    work = np.empty(_DOUBLES)
    n = _add_determinant(work, 0, 1.0, a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2])
    n = _add_determinant(work, n, -1.0, d[0], d[1], d[2], b[0], b[1], b[2], c[0], c[1], c[2])
    n = _add_determinant(work, n, -1.0, a[0], a[1], a[2], d[0], d[1], d[2], c[0], c[1], c[2])
    n = _add_determinant(work, n, -1.0, a[0], a[1], a[2], b[0], b[1], b[2], d[0], d[1], d[2])
    return _sign(work, n)


@kernel
def orient2d_expanded(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> int:
    """The sign of the turn a, b, c."""
    work = np.empty(_DOUBLES)
    n = _add_product2(work, 0, ax, by)
    n = _add_product2(work, n, -ax, cy)
    n = _add_product2(work, n, -cx, by)
    n = _add_product2(work, n, -ay, bx)
    n = _add_product2(work, n, ay, cx)
    n = _add_product2(work, n, cy, bx)
    return _sign(work, n)
