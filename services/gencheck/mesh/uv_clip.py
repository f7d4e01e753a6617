"""What two triangles of a plane have in common: whether, where along their sides, and how much.

Whether is exact, by signs of turns as in ``flat.py``. How much is in double precision, from turns
with a relative error of a few units in the last place where differences of coordinates are exact,
as those of texture coordinates in single precision are.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.mesh.flat import Spot
from gencheck.mesh.pairs import two_product, two_sum
from gencheck.mesh.predicates import TINY, orient2d

_ERROR = 2.0**-50  # more than a turn of coordinates within ±0.5 can round away

Heights: TypeAlias = tuple[float, float, float]
"""Of a point over the lines of a triangle's sides, times their lengths; positive inside."""
OfCorners: TypeAlias = tuple[Heights, Heights, Heights]
Way: TypeAlias = tuple[float, float, float]
"""From one point to another, along u and v, and what its rounding lost."""


@kernel
def spot(uv: NDArray[np.float64], row: int) -> Spot:
    """A row of ``float64 [R, 3]`` without the last column."""
    return uv[row, 0], uv[row, 1]


@kernel
def _way(a: Spot, b: Spot) -> Way:
    x, x_lost = two_sum(b[0], -a[0])
    y, y_lost = two_sum(b[1], -a[1])
    return x, y, abs(x_lost) + abs(y_lost)


@kernel
def _minor(u: Way, v: Way) -> float:
    """Twice the signed area between two ways, as they are rounded; its sign is exact."""
    left, left_lost = two_product(u[0], v[1])
    right, right_lost = two_product(u[1], v[0])
    lost = left_lost - right_lost
    total = left - right + lost
    return total if total != 0.0 else two_sum(left_lost, -right_lost)[1]


@kernel
def turn_of(a: Spot, b: Spot, c: Spot) -> float:
    """Twice the signed area of a, b, c; its sign is exact."""
    u, v = _way(c, a), _way(c, b)
    total = _minor(u, v)
    if u[2] + v[2] == 0.0:
        return total
    sign = orient2d(a[0], a[1], b[0], b[1], c[0], c[1])
    return total if total * sign > 0.0 else sign * TINY


@kernel
def _beyond(a: Spot, b: Spot, side: float, p: Spot, q: Spot, r: Spot) -> bool:
    """Whether doubles suffice to tell that three points are beyond a line, or on it.

    Args:
        a: on the line, as ``b``: a side of a triangle that turns to ``side``.
    """
    for at in (p, q, r):
        height = side * ((a[0] - at[0]) * (b[1] - at[1]) - (a[1] - at[1]) * (b[0] - at[0]))
        if height >= -_ERROR and at != a and at != b:  # noqa: PLR1714 - sets are slow here
            return False
    return True


@kernel
def clearly_apart(
    a: Spot, b: Spot, c: Spot, side: float, p: Spot, q: Spot, r: Spot, other: float
) -> bool:
    """Whether doubles suffice to tell that the interiors of two triangles have nothing in common.

    Args:
        side: the sign of the turn a, b, c, as ``other`` is of p, q, r.
    """
    return bool(
        _beyond(a, b, side, p, q, r)
        or _beyond(b, c, side, p, q, r)
        or _beyond(c, a, side, p, q, r)
        or _beyond(p, q, other, a, b, c)
        or _beyond(q, r, other, a, b, c)
        or _beyond(r, p, other, a, b, c)
    )


@kernel
def heights(p: Spot, a: Spot, b: Spot, c: Spot, side: float) -> Heights:
    """Of a point over the sides of a triangle that turns to ``side``."""
    return side * turn_of(a, b, p), side * turn_of(b, c, p), side * turn_of(c, a, p)


@kernel
def _between(u: Way, v: Way, w: Way, side: float) -> Heights:
    return side * _minor(u, v), side * _minor(v, w), side * _minor(w, u)


@kernel
def mutual_heights(
    a: Spot, b: Spot, c: Spot, side: float, p: Spot, q: Spot, r: Spot, other: float
) -> tuple[OfCorners, OfCorners]:
    """Of a, b, c over the sides of p q r; and of p, q, r over those of a b c.

    Args:
        side: the sign of the turn a, b, c, as ``other`` is of p, q, r.
    """
    ap, aq, ar = _way(a, p), _way(a, q), _way(a, r)
    bp, bq, br = _way(b, p), _way(b, q), _way(b, r)
    cp, cq, cr = _way(c, p), _way(c, q), _way(c, r)
    lost = ap[2] + aq[2] + ar[2] + bp[2] + bq[2] + br[2] + cp[2] + cq[2] + cr[2]
    if lost != 0.0:
        return (
            (heights(a, p, q, r, other), heights(b, p, q, r, other), heights(c, p, q, r, other)),
            (heights(p, a, b, c, side), heights(q, a, b, c, side), heights(r, a, b, c, side)),
        )
    return (  # each way, or that back, is part of four turns
        (_between(ap, aq, ar, other), _between(bp, bq, br, other), _between(cp, cq, cr, other)),
        (_between(ap, bp, cp, side), _between(aq, bq, cq, side), _between(ar, br, cr, side)),
    )


@kernel
def all_beyond(of: OfCorners) -> bool:
    """Whether the corners are all beyond one of the other triangle's sides, or on its line.

    Two triangles whose interiors have no point in common are so parted by a side of one of them.
    """
    (a, b, c), (d, e, f), (g, h, i) = of
    return bool(
        (a <= 0.0) & (d <= 0.0) & (g <= 0.0)
        | (b <= 0.0) & (e <= 0.0) & (h <= 0.0)
        | (c <= 0.0) & (f <= 0.0) & (i <= 0.0)
    )


@kernel
def span(p: Heights, q: Heights, along: bool) -> tuple[float, float]:
    """The part of the segment p q inside a triangle, as shares of its length; empty as (1, 1).

    Args:
        along: whether a segment on the line of a side counts as inside.
    """
    begin, end = 0.0, 1.0
    for k in range(3):
        if p[k] <= 0.0 and q[k] <= 0.0:
            if p[k] < 0.0 or q[k] < 0.0 or not along:
                return 1.0, 1.0
        elif p[k] < 0.0:
            begin = max(begin, p[k] / (p[k] - q[k]))
        elif q[k] < 0.0:
            end = min(end, p[k] / (p[k] - q[k]))
    return (begin, end) if begin < end else (1.0, 1.0)
