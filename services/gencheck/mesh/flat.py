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
from gencheck.mesh.predicates import TINY, orient2d

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
def segment_meets_triangle(p: Spot, q: Spot, a: Spot, b: Spot, c: Spot, side: int) -> bool:
    """Whether a segment meets a triangle whose corners turn to ``side``."""
    if turn(a, b, p) * side < 0 and turn(a, b, q) * side < 0:
        return False
    if turn(b, c, p) * side < 0 and turn(b, c, q) * side < 0:
        return False
    if turn(c, a, p) * side < 0 and turn(c, a, q) * side < 0:
        return False
    s, t = turn(p, q, a), turn(p, q, b)
    return s == 0 or s != t or turn(p, q, c) != s


@kernel
def _leaves_outside(a: Spot, b: Spot, side: int, p: Spot, q: Spot, r: Spot) -> bool:
    """Whether three points are on the far side of the line a b, as seen from ``side``."""
    return turn(a, b, p) * side < 0 and turn(a, b, q) * side < 0 and turn(a, b, r) * side < 0


@kernel
def triangles_meet(a: Spot, b: Spot, c: Spot, p: Spot, q: Spot, r: Spot) -> bool:
    """Whether two triangles have a point in common."""
    side = turn(a, b, c)
    if (
        _leaves_outside(a, b, side, p, q, r)
        or _leaves_outside(b, c, side, p, q, r)
        or _leaves_outside(c, a, side, p, q, r)
    ):
        return False
    side = turn(p, q, r)
    return not (
        _leaves_outside(p, q, side, a, b, c)
        or _leaves_outside(q, r, side, a, b, c)
        or _leaves_outside(r, p, side, a, b, c)
    )


@kernel
def corners_overlap(v: Spot, a: Spot, b: Spot, p: Spot, q: Spot) -> bool:
    """Whether the triangles v a b and v p q have more than v in common.

    They do when some direction leads from v into both, the bounds of their angles included.
    """
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
