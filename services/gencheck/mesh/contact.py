"""Do two triangles touch anywhere but in the vertex or edge that they share? Decided exactly.

Everything is decided by signs of orientation predicates, none of which is ever rounded; nothing is
constructed. Two triangles that share no vertex touch when an edge of one meets the other, which
holds for coplanar ones too. Triangles are closed sets, and none of them is degenerate.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.mesh.flat import (
    corners_overlap,
    segment_meets_triangle,
    shadow,
    shadow_axis,
    triangles_meet,
    turn,
)
from gencheck.mesh.points import Point, point
from gencheck.mesh.predicates import BOUND_3D, orient3d, orient3d_sure


@kernel
def _plane(a: Point, b: Point, c: Point) -> tuple[Point, Point]:
    """The minors of b - a and c - a, and the sums of the magnitudes of their two products."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    yz, zy = uy * vz, uz * vy
    zx, xz = uz * vx, ux * vz
    xy, yx = ux * vy, uy * vx
    return (yz - zy, zx - xz, xy - yx), (
        abs(yz) + abs(zy),
        abs(zx) + abs(xz),
        abs(xy) + abs(yx),
    )


@kernel
def _clear_side(normal: Point, sizes: Point, a: Point, p: Point) -> int:
    """The side of a plane through a, known by ``_plane``, that p is on; 0 where doubles fail."""
    x, y, z = p[0] - a[0], p[1] - a[1], p[2] - a[2]
    determinant = x * normal[0] + y * normal[1] + z * normal[2]
    bound = BOUND_3D * (abs(x) * sizes[0] + abs(y) * sizes[1] + abs(z) * sizes[2])
    return int(determinant > bound) - int(determinant < -bound)


@kernel
def _side(normal: Point, sizes: Point, a: Point, b: Point, c: Point, p: Point) -> int:
    """The exact side of the plane a b c that p is on."""
    side = _clear_side(normal, sizes, a, p)
    if side != 0:
        return side
    size = abs(p[0] - a[0]) * sizes[0] + abs(p[1] - a[1]) * sizes[1] + abs(p[2] - a[2]) * sizes[2]
    if size == 0.0:  # every product has a factor that is exactly zero
        return 0
    return orient3d_sure(b, c, p, a, size)


@kernel
def _segment_meets_triangle(
    p: Point, q: Point, side_p: int, side_q: int, a: Point, b: Point, c: Point
) -> bool:
    """Whether a closed segment meets a closed triangle; the sides of its ends are known."""
    if side_p * side_q > 0:
        return False
    if side_p == 0 and side_q == 0:
        axis = shadow_axis(_plane(a, b, c)[0], a, b, c)
        flat_a, flat_b, flat_c = shadow(a, axis), shadow(b, axis), shadow(c, axis)
        side = turn(flat_a, flat_b, flat_c)
        return segment_meets_triangle(
            shadow(p, axis), shadow(q, axis), flat_a, flat_b, flat_c, side
        )
    s = orient3d(p, q, a, b)
    t = orient3d(p, q, b, c)
    if s * t < 0:
        return False
    u = orient3d(p, q, c, a)
    return s * u >= 0 and t * u >= 0


@kernel
def _same_side(a: int, b: int, c: int) -> bool:
    return a != 0 and a == b and a == c


@kernel
def _apart_touch(a: Point, b: Point, c: Point, p: Point, q: Point, r: Point) -> bool:
    """Two triangles without a common vertex."""
    normal, sizes = _plane(a, b, c)
    sp = _side(normal, sizes, a, b, c, p)
    sq = _side(normal, sizes, a, b, c, q)
    sr = _side(normal, sizes, a, b, c, r)
    if _same_side(sp, sq, sr):
        return False
    if sp == 0 and sq == 0 and sr == 0:
        x = shadow_axis(normal, a, b, c)
        return triangles_meet(
            shadow(a, x), shadow(b, x), shadow(c, x), shadow(p, x), shadow(q, x), shadow(r, x)
        )
    normal, sizes = _plane(p, q, r)
    sa = _side(normal, sizes, p, q, r, a)
    sb = _side(normal, sizes, p, q, r, b)
    sc = _side(normal, sizes, p, q, r, c)
    if _same_side(sa, sb, sc):
        return False
    return (
        _segment_meets_triangle(p, q, sp, sq, a, b, c)
        or _segment_meets_triangle(q, r, sq, sr, a, b, c)
        or _segment_meets_triangle(r, p, sr, sp, a, b, c)
        or _segment_meets_triangle(a, b, sa, sb, p, q, r)
        or _segment_meets_triangle(b, c, sb, sc, p, q, r)
        or _segment_meets_triangle(c, a, sc, sa, p, q, r)
    )


@kernel
def _corner_touch(v: Point, a: Point, b: Point, p: Point, q: Point) -> bool:
    """Triangles v a b and v p q: what they share beyond v reaches the far edge of one of them."""
    normal, sizes = _plane(v, a, b)
    sp = _side(normal, sizes, v, a, b, p)
    sq = _side(normal, sizes, v, a, b, q)
    if sp * sq > 0:
        return False
    if sp == 0 and sq == 0:
        x = shadow_axis(normal, v, a, b)
        return corners_overlap(shadow(v, x), shadow(a, x), shadow(b, x), shadow(p, x), shadow(q, x))
    normal, sizes = _plane(v, p, q)
    sa = _side(normal, sizes, v, p, q, a)
    sb = _side(normal, sizes, v, p, q, b)
    if sa * sb > 0:
        return False
    return _segment_meets_triangle(p, q, sp, sq, v, a, b) or _segment_meets_triangle(
        a, b, sa, sb, v, p, q
    )


@kernel
def _hinge_touch(u: Point, v: Point, a: Point, p: Point) -> bool:
    """Triangles u v a and u v p overlap only where they lie in one plane on one side of u v."""
    if orient3d(u, v, a, p) != 0:
        return False
    x = shadow_axis(_plane(u, v, a)[0], u, v, a)
    flat_u, flat_v = shadow(u, x), shadow(v, x)
    return turn(flat_u, flat_v, shadow(a, x)) == turn(flat_u, flat_v, shadow(p, x))


@kernel
def _is_one_of(v: int, a: int, b: int, c: int) -> int:
    return (v == a) + (v == b) + (v == c)


@kernel
def _next(corner: int) -> int:
    return corner + 1 if corner < 2 else 0


@kernel
def _corner(vertices: NDArray[np.float64], faces: NDArray[np.int32], f: int, k: int) -> Point:
    return point(vertices, faces[f, k])


@kernel
def faces_touch(vertices: NDArray[np.float64], faces: NDArray[np.int32], f: int, g: int) -> bool:
    """Whether two faces touch beyond the vertex or edge that they share; the same three do.

    Args:
        vertices: ``float64 [V, 3]``, welded and scaled: equal positions have equal indices.
        faces: ``int32 [F, 3]``.
        f: a face that is not degenerate.
        g: another one.
    """
    f0, f1, f2 = faces[f, 0], faces[f, 1], faces[f, 2]
    g0, g1, g2 = faces[g, 0], faces[g, 1], faces[g, 2]
    # 1 for each corner that is shared; sums, for a branch a comparison would cost more than both.
    s0, s1, s2 = _is_one_of(f0, g0, g1, g2), _is_one_of(f1, g0, g1, g2), _is_one_of(f2, g0, g1, g2)
    t1, t2 = _is_one_of(g1, f0, f1, f2), _is_one_of(g2, f0, f1, f2)
    common = s0 + s1 + s2
    if common == 1:
        i, j = s1 + 2 * s2, t1 + 2 * t2
        v = _corner(vertices, faces, f, i)
        a = _corner(vertices, faces, f, _next(i))
        b = _corner(vertices, faces, f, _next(_next(i)))
        p = _corner(vertices, faces, g, _next(j))
        q = _corner(vertices, faces, g, _next(_next(j)))
        normal, sizes = _plane(v, a, b)
        sp, sq = _clear_side(normal, sizes, v, p), _clear_side(normal, sizes, v, q)
        if sp * sq > 0:
            return False
        if sp * sq < 0:
            normal, sizes = _plane(v, p, q)
            if _clear_side(normal, sizes, v, a) * _clear_side(normal, sizes, v, b) > 0:
                return False
        return _corner_touch(v, a, b, p, q)
    if common == 2:
        i, j = 3 - s1 - 2 * s2, 3 - t1 - 2 * t2  # the corners that are not shared
        u = _corner(vertices, faces, f, _next(i))
        v = _corner(vertices, faces, f, _next(_next(i)))
        a, p = _corner(vertices, faces, f, i), _corner(vertices, faces, g, j)
        normal, sizes = _plane(u, v, a)
        return _clear_side(normal, sizes, u, p) == 0 and _hinge_touch(u, v, a, p)
    if common == 3:
        return True
    a, b, c = point(vertices, f0), point(vertices, f1), point(vertices, f2)
    p, q, r = point(vertices, g0), point(vertices, g1), point(vertices, g2)
    normal, sizes = _plane(a, b, c)
    sp, sq = _clear_side(normal, sizes, a, p), _clear_side(normal, sizes, a, q)
    sr = _clear_side(normal, sizes, a, r)
    if _same_side(sp, sq, sr):
        return False
    if sp * sq * sr != 0:
        normal, sizes = _plane(p, q, r)
        sa, sb = _clear_side(normal, sizes, p, a), _clear_side(normal, sizes, p, b)
        if _same_side(sa, sb, _clear_side(normal, sizes, p, c)):
            return False
    return _apart_touch(a, b, c, p, q, r)


@kernel
def touching(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int32],
    candidates: NDArray[np.int32],
    touched: NDArray[np.bool_],
    listed: NDArray[np.int32],
) -> int:
    """Test pairs of faces.

    Args:
        candidates: ``int32 [n, 2]`` pairs.
        touched: ``bool [F]``: set for faces in a pair that touches.
        listed: ``int32 [k, 2]``: filled with the pairs that touch, as far as there is room.

    Returns:
        How many pairs touch.
    """
    pairs = 0
    for k in range(len(candidates)):
        f, g = candidates[k, 0], candidates[k, 1]
        if faces_touch(vertices, faces, f, g):
            touched[f] = True
            touched[g] = True
            if pairs < len(listed):
                listed[pairs, 0] = f
                listed[pairs, 1] = g
            pairs += 1
    return pairs
