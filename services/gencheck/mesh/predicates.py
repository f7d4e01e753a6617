"""Orientation predicates whose sign is exact: a floating-point filter, then expansions.

Source of the method: J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust
Geometric Predicates", Discrete & Computational Geometry 18 (1997). A number is held as a sum of
doubles of rising magnitude that do not overlap (an *expansion*), so that nothing is rounded away.

Exact as long as no product underflows: coordinates are at most 1 in magnitude, and either zero or
at least 2**-300 (``scale.py`` sees to it).
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel

Point: TypeAlias = tuple[float, float, float]
Scratch: TypeAlias = NDArray[np.float64]

_EPSILON = 2.0**-53
_BOUND_2D = (3.0 + 16.0 * _EPSILON) * _EPSILON
_BOUND_3D = (7.0 + 56.0 * _EPSILON) * _EPSILON
_SPLITTER = 2.0**27 + 1.0

WORK = 128
"""Doubles of scratch space that a predicate needs; the exact stage uses at most 96."""


@kernel
def point(vertices: NDArray[np.float64], i: int) -> Point:
    """Row ``i`` as three numbers: unlike a view of the row, that costs nothing in a kernel."""
    return vertices[i, 0], vertices[i, 1], vertices[i, 2]


@kernel
def two_sum(a: float, b: float) -> tuple[float, float]:
    """The rounded sum and what the rounding lost (Knuth)."""
    total = a + b
    virtual = total - a
    return total, (a - (total - virtual)) + (b - virtual)


@kernel
def two_product(a: float, b: float) -> tuple[float, float]:
    """The rounded product and what the rounding lost (Dekker, Veltkamp)."""
    product = a * b
    c = _SPLITTER * a
    a_high = c - (c - a)
    a_low = a - a_high
    c = _SPLITTER * b
    b_high = c - (c - b)
    b_low = b - b_high
    error = product - a_high * b_high - a_low * b_high - a_high * b_low
    return product, a_low * b_low - error


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
def _difference_is_exact(a: float, b: float, difference: float) -> bool:
    total, lost = two_sum(a, -b)
    return lost == 0.0 and total == difference


@kernel
def _orient3d_exact(a: Point, b: Point, c: Point, d: Point, work: Scratch) -> int:
    exact = True
    for i in range(3):
        exact = (
            exact
            and _difference_is_exact(a[i], d[i], a[i] - d[i])
            and _difference_is_exact(b[i], d[i], b[i] - d[i])
            and _difference_is_exact(c[i], d[i], c[i] - d[i])
        )
    if exact:  # the usual case for coordinates that were single precision in the file
        n = _add_determinant(
            work,
            0,
            1.0,
            a[0] - d[0],
            a[1] - d[1],
            a[2] - d[2],
            b[0] - d[0],
            b[1] - d[1],
            b[2] - d[2],
            c[0] - d[0],
            c[1] - d[1],
            c[2] - d[2],
        )
        return _sign(work, n)
    n = _add_determinant(work, 0, 1.0, a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2])
    n = _add_determinant(work, n, -1.0, d[0], d[1], d[2], b[0], b[1], b[2], c[0], c[1], c[2])
    n = _add_determinant(work, n, -1.0, a[0], a[1], a[2], d[0], d[1], d[2], c[0], c[1], c[2])
    n = _add_determinant(work, n, -1.0, a[0], a[1], a[2], b[0], b[1], b[2], d[0], d[1], d[2])
    return _sign(work, n)


@kernel
def orient3d(a: Point, b: Point, c: Point, d: Point, work: Scratch) -> int:
    """The exact sign of ``det[a - d; b - d; c - d]``; 0 when the four points share a plane.

    Args:
        a: a point, like ``b``, ``c`` and ``d``.
        work: ``float64 [WORK]`` scratch space.
    """
    ax, ay, az = a[0] - d[0], a[1] - d[1], a[2] - d[2]
    bx, by, bz = b[0] - d[0], b[1] - d[1], b[2] - d[2]
    cx, cy, cz = c[0] - d[0], c[1] - d[1], c[2] - d[2]
    by_cz, bz_cy = by * cz, bz * cy
    bz_cx, bx_cz = bz * cx, bx * cz
    bx_cy, by_cx = bx * cy, by * cx
    determinant = ax * (by_cz - bz_cy) + ay * (bz_cx - bx_cz) + az * (bx_cy - by_cx)
    size = (
        abs(ax) * (abs(by_cz) + abs(bz_cy))
        + abs(ay) * (abs(bz_cx) + abs(bx_cz))
        + abs(az) * (abs(bx_cy) + abs(by_cx))
    )
    bound = _BOUND_3D * size
    if determinant > bound:
        return 1
    if determinant < -bound:
        return -1
    if size == 0.0:  # every product has a factor that is exactly zero
        return 0
    return _orient3d_exact(a, b, c, d, work)


@kernel
def orient2d(a: Point, b: Point, c: Point, x: int, y: int, work: Scratch) -> int:
    """The exact sign of the turn a, b, c in the coordinate plane of axes ``x`` and ``y``."""
    left = (a[x] - c[x]) * (b[y] - c[y])
    right = (a[y] - c[y]) * (b[x] - c[x])
    determinant = left - right
    size = abs(left) + abs(right)
    bound = _BOUND_2D * size
    if determinant > bound:
        return 1
    if determinant < -bound:
        return -1
    if size == 0.0:
        return 0
    n = _add_product2(work, 0, a[x], b[y])
    n = _add_product2(work, n, -a[x], c[y])
    n = _add_product2(work, n, -c[x], b[y])
    n = _add_product2(work, n, -a[y], b[x])
    n = _add_product2(work, n, a[y], c[x])
    n = _add_product2(work, n, c[y], b[x])
    return _sign(work, n)
