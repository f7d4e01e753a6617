"""Contact in a plane: triangles and segments in two dimensions, decided exactly.

Two convex figures are apart when the line of a side of one of them leaves the other wholly on the
far side (the separating axis theorem). Figures are closed sets; triangles have area.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from typing import TypeAlias

from gencheck.jit import kernel
from gencheck.mesh.pairs import sign_of_minor, two_sum
from gencheck.mesh.points import Point
from gencheck.mesh.predicates import BOUND_2D, TINY, orient2d

Spot: TypeAlias = tuple[float, float]


@kernel
def _widest(normal: Point) -> int:
    x, y, z = abs(normal[0]), abs(normal[1]), abs(normal[2])
    if x >= y and x >= z:
        return 0
    return 1 if y >= z else 2


@kernel
def shadow_axis(normal: Point, a: Point, b: Point, c: Point) -> int:
    """The coordinate axis along which a triangle casts a shadow with area.

    Args:
        normal: cross product of two sides, as rounded.
        a: a corner, like ``b`` and ``c``: of use where the product underflows.
    """
    if abs(normal[0]) + abs(normal[1]) + abs(normal[2]) > TINY:
        return _widest(normal)
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    size = max(abs(ux), abs(uy), abs(uz), abs(vx), abs(vy), abs(vz))
    ux, uy, uz, vx, vy, vz = ux / size, uy / size, uz / size, vx / size, vy / size, vz / size
    return _widest((uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx))


@kernel
def shadow(p: Point, axis: int) -> Spot:
    """The point without the coordinate of that axis."""
    if axis == 0:
        return p[1], p[2]
    if axis == 1:
        return p[0], p[2]
    return p[0], p[1]


@kernel
def turn(a: Spot, b: Spot, c: Spot) -> int:
    """The exact sign of the turn a, b, c.

    Faces in a plane are often parts of a regular grid, where every second turn is straight. So
    this does without a filter where the differences are exact.
    """
    acx, acx_lost = two_sum(a[0], -c[0])
    acy, acy_lost = two_sum(a[1], -c[1])
    bcx, bcx_lost = two_sum(b[0], -c[0])
    bcy, bcy_lost = two_sum(b[1], -c[1])
    lost = abs(acx_lost) + abs(acy_lost) + abs(bcx_lost) + abs(bcy_lost)
    if lost != 0.0:
        return orient2d(a[0], a[1], b[0], b[1], c[0], c[1])
    return sign_of_minor(acx, bcy, acy, bcx)


@kernel
def _clearly_beyond(a: Spot, b: Spot, side: int, p: Spot) -> bool:
    """Whether doubles suffice to tell that p is on the far side of the line a b."""
    left = (a[0] - p[0]) * (b[1] - p[1])
    right = (a[1] - p[1]) * (b[0] - p[0])
    return side * (left - right) < -BOUND_2D * (abs(left) + abs(right))


@kernel
def _clearly_outside(a: Spot, b: Spot, side: int, p: Spot, q: Spot, r: Spot) -> bool:
    return bool(
        _clearly_beyond(a, b, side, p)
        & _clearly_beyond(a, b, side, q)
        & _clearly_beyond(a, b, side, r)
    )


@kernel
def _leaves_outside(a: Spot, b: Spot, side: int, p: Spot, q: Spot, r: Spot) -> bool:
    """Whether three points are on the far side of the line a b, as seen from ``side``."""
    return turn(a, b, p) * side < 0 and turn(a, b, q) * side < 0 and turn(a, b, r) * side < 0


@kernel
def triangles_meet(a: Spot, b: Spot, c: Spot, p: Spot, q: Spot, r: Spot) -> bool:
    """Whether two triangles have a point in common."""
    first, second = turn(a, b, c), turn(p, q, r)
    if (
        _clearly_outside(a, b, first, p, q, r)
        or _clearly_outside(b, c, first, p, q, r)
        or _clearly_outside(c, a, first, p, q, r)
        or _clearly_outside(p, q, second, a, b, c)
        or _clearly_outside(q, r, second, a, b, c)
        or _clearly_outside(r, p, second, a, b, c)
    ):
        return False
    return not (
        _leaves_outside(a, b, first, p, q, r)
        or _leaves_outside(b, c, first, p, q, r)
        or _leaves_outside(c, a, first, p, q, r)
        or _leaves_outside(p, q, second, a, b, c)
        or _leaves_outside(q, r, second, a, b, c)
        or _leaves_outside(r, p, second, a, b, c)
    )


@kernel
def _minor(a: Spot, b: Spot) -> int:
    return sign_of_minor(a[0], b[1], a[1], b[0])


@kernel
def _away(v: Spot, p: Spot) -> tuple[Spot, float]:
    """The way from v to p, and what its rounding lost."""
    x, lost_x = two_sum(p[0], -v[0])
    y, lost_y = two_sum(p[1], -v[1])
    return (x, y), abs(lost_x) + abs(lost_y)


@kernel
def corners_overlap(v: Spot, a: Spot, b: Spot, p: Spot, q: Spot) -> bool:
    """Whether the triangles v a b and v p q have more than v in common.

    They do when some direction leads from v into both, the bounds of their angles included.
    """
    a_way, a_lost = _away(v, a)
    b_way, b_lost = _away(v, b)
    p_way, p_lost = _away(v, p)
    q_way, q_lost = _away(v, q)
    if a_lost + b_lost + p_lost + q_lost == 0.0:
        first, second = _minor(a_way, b_way), _minor(p_way, q_way)
        ap, aq = _minor(a_way, p_way), _minor(a_way, q_way)
        bp, bq = _minor(b_way, p_way), _minor(b_way, q_way)
    else:
        first, second = turn(v, a, b), turn(v, p, q)
        ap, aq = turn(v, a, p), turn(v, a, q)
        bp, bq = turn(v, b, p), turn(v, b, q)
    # p, q, a or b within the other angle; without short cuts, each of which would be a guess.
    return bool(
        ((first * ap >= 0) & (first * bp <= 0))
        | ((first * aq >= 0) & (first * bq <= 0))
        | ((second * ap <= 0) & (second * aq >= 0))
        | ((second * bp <= 0) & (second * bq >= 0))
    )
