"""Orientation predicates whose sign is exact, by stages: each one asks the next where it fails.

Doubles with an error bound; then, where all differences are exact, as those of coordinates that
were single precision in the file mostly are, sums that say whether they lost anything; else twice
the precision of a double with an error bound; and expansions, which round nothing.

Source of the method: J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust
Geometric Predicates", Discrete & Computational Geometry 18 (1997).

Exact as long as no product underflows: coordinates are at most 1 in magnitude, and either zero or
at least 2**-300 (``scale.py`` sees to it).
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from typing import TypeAlias

from gencheck.jit import kernel
from gencheck.mesh.expansions import (
    determinant_expanded,
    orient2d_expanded,
    orient3d_expanded,
)
from gencheck.mesh.pairs import (
    Pair,
    minor_of_pairs,
    product_of_pairs,
    sum_of_pairs,
    two_product,
    two_sum,
)
from gencheck.mesh.points import Point

_EPSILON = 2.0**-53
BOUND_2D = (3.0 + 16.0 * _EPSILON) * _EPSILON
"""The error of the determinant of a pair of differences, over the sum of its two products."""
BOUND_3D = (7.0 + 56.0 * _EPSILON) * _EPSILON
"""The error of the determinant of a triple of differences, over the sum of its six products."""
TINY = 2.0**-900
"""A sum of products below this may have lost something to underflow."""
_BOUND_OF_PAIRS = 2.0**-100  # 20 ε² of the arithmetic in pairs.py, and the rounding of the sum
UNSURE = 2

Plane: TypeAlias = tuple[Pair, Pair, Pair, float]
"""Minors of two sides as sums of two doubles, and what these have lost: they are exact if none."""


@kernel
def _add(total: tuple[float, float, float], value: float) -> tuple[float, float, float]:
    """Add to a sum, to what its rounding lost, and to the magnitude of what was lost even so."""
    high, lost = two_sum(total[0], value)
    low, rest = two_sum(total[1], lost)
    return high, low, total[2] + abs(rest)


@kernel
def _add_scaled(
    total: tuple[float, float, float], factor: float, high: float, low: float
) -> tuple[float, float, float]:
    product, lost = two_product(factor, high)
    total = _add(_add(total, product), lost)
    product, lost = two_product(factor, low)
    return _add(_add(total, product), lost)


@kernel
def exact_plane(a: Point, b: Point, c: Point) -> Plane:
    """The plane through three points, for ``side_of_plane``."""
    ux, lost_1 = two_sum(b[0], -a[0])
    uy, lost_2 = two_sum(b[1], -a[1])
    uz, lost_3 = two_sum(b[2], -a[2])
    vx, lost_4 = two_sum(c[0], -a[0])
    vy, lost_5 = two_sum(c[1], -a[1])
    vz, lost_6 = two_sum(c[2], -a[2])
    lost = abs(lost_1) + abs(lost_2) + abs(lost_3) + abs(lost_4) + abs(lost_5) + abs(lost_6)
    yz, lost_1 = two_product(uy, vz)
    zy, lost_2 = two_product(uz, vy)
    zx, lost_3 = two_product(uz, vx)
    xz, lost_4 = two_product(ux, vz)
    xy, lost_5 = two_product(ux, vy)
    yx, lost_6 = two_product(uy, vx)
    lost += abs(lost_1) + abs(lost_2) + abs(lost_3) + abs(lost_4) + abs(lost_5) + abs(lost_6)
    return two_sum(yz, -zy), two_sum(zx, -xz), two_sum(xy, -yx), lost


@kernel
def side_of_plane(plane: Plane, a: Point, b: Point, c: Point, p: Point) -> tuple[int, int]:
    """The exact sign of ``det[b - a; c - a; p - a]``: the side of a plane that p is on.

    The second number is 1 where it was slow to tell, as sums of doubles lost something, else 0.

    Args:
        plane: of ``a``, ``b`` and ``c``, from ``exact_plane``.
    """
    x, lost_x = two_sum(p[0], -a[0])
    y, lost_y = two_sum(p[1], -a[1])
    z, lost_z = two_sum(p[2], -a[2])
    if plane[3] + abs(lost_x) + abs(lost_y) + abs(lost_z) == 0.0:
        total = _add_scaled((0.0, 0.0, 0.0), x, plane[0][0], plane[0][1])
        total = _add_scaled(total, y, plane[1][0], plane[1][1])
        total = _add_scaled(total, z, plane[2][0], plane[2][1])
        if total[2] == 0.0:
            high = total[0] + total[1]  # zero only where the sum is
            return int(high > 0.0) - int(high < 0.0), 0
    return orient3d_lossy(b, c, p, a), 1


@kernel
def _orient3d_of_pairs(
    a: tuple[Pair, Pair, Pair],
    b: tuple[Pair, Pair, Pair],
    c: tuple[Pair, Pair, Pair],
    size: float,
) -> int:
    """The sign of a determinant of pairs, ``UNSURE`` where that is not known."""
    x = product_of_pairs(a[0], minor_of_pairs(b[1], c[2], b[2], c[1]))
    y = product_of_pairs(a[1], minor_of_pairs(b[2], c[0], b[0], c[2]))
    z = product_of_pairs(a[2], minor_of_pairs(b[0], c[1], b[1], c[0]))
    determinant = sum_of_pairs(sum_of_pairs(x, y), z)[0]
    if size < TINY or abs(determinant) <= _BOUND_OF_PAIRS * size:
        return UNSURE
    return 1 if determinant > 0.0 else -1


@kernel
def orient3d_lossy(a: Point, b: Point, c: Point, d: Point) -> int:
    """The exact sign of ``det[a - d; b - d; c - d]``, for where sums of doubles lose something."""
    ax, ay, az = two_sum(a[0], -d[0]), two_sum(a[1], -d[1]), two_sum(a[2], -d[2])
    bx, by, bz = two_sum(b[0], -d[0]), two_sum(b[1], -d[1]), two_sum(b[2], -d[2])
    cx, cy, cz = two_sum(c[0], -d[0]), two_sum(c[1], -d[1]), two_sum(c[2], -d[2])
    size = (
        abs(ax[0]) * (abs(by[0] * cz[0]) + abs(bz[0] * cy[0]))
        + abs(ay[0]) * (abs(bz[0] * cx[0]) + abs(bx[0] * cz[0]))
        + abs(az[0]) * (abs(bx[0] * cy[0]) + abs(by[0] * cx[0]))
    )
    if size == 0.0:  # every product has a factor that is exactly zero
        return 0
    sign = _orient3d_of_pairs((ax, ay, az), (bx, by, bz), (cx, cy, cz), size)
    if sign != UNSURE:
        return sign
    lost = abs(ax[1]) + abs(ay[1]) + abs(az[1]) + abs(bx[1]) + abs(by[1]) + abs(bz[1])
    if lost + abs(cx[1]) + abs(cy[1]) + abs(cz[1]) == 0.0:
        return determinant_expanded(
            (ax[0], ay[0], az[0]), (bx[0], by[0], bz[0]), (cx[0], cy[0], cz[0])
        )
    return orient3d_expanded(a, b, c, d)


@kernel
def orient3d(a: Point, b: Point, c: Point, d: Point) -> int:
    """The exact sign of ``det[a - d; b - d; c - d]``; 0 when the four points share a plane.

    Args:
        a: a point, like ``b``, ``c`` and ``d``.
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
    bound = BOUND_3D * size
    if determinant > bound:
        return 1
    if determinant < -bound:
        return -1
    if size == 0.0:
        return 0
    return side_of_plane(exact_plane(d, a, b), d, a, b, c)[0]


@kernel
def orient2d(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> int:
    """The exact sign of the turn a, b, c in a plane."""
    left = (ax - cx) * (by - cy)
    right = (ay - cy) * (bx - cx)
    determinant = left - right
    size = abs(left) + abs(right)
    bound = BOUND_2D * size
    if determinant > bound:
        return 1
    if determinant < -bound:
        return -1
    if size == 0.0:
        return 0
    return orient2d_expanded(ax, ay, bx, by, cx, cy)
