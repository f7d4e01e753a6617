"""Do two triangles touch anywhere but in the vertex or edge that they share? Decided exactly.

Everything is decided by signs of orientation predicates, none of which is ever rounded; nothing is
constructed. Triangles are closed sets, and none of them is degenerate.

Two triangles in different planes cut the line that both planes share in an interval each; which
end of one comes before which end of the other is the sign of one orientation. (P. Guigue and
O. Devillers, "Fast and Robust Triangle-Triangle Overlap Test Using Orientation Predicates",
Journal of Graphics Tools 8, 2003.)
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.mesh.faces import SOUND
from gencheck.mesh.flat import corners_overlap, shadow, shadow_axis, triangles_meet, turn
from gencheck.mesh.points import Point, point
from gencheck.mesh.predicates import BOUND_3D, Plane, exact_plane, orient3d, side_of_plane

Sides: TypeAlias = tuple[int, int, int]
Corners: TypeAlias = tuple[Point, Point, Point]

_TEST, _EXACT, _SLOW = 8, 16, 96
"""What a pair costs, where doubles did not suffice, and for each side that was slow to tell: in the
time that a pair of nodes of the hierarchy takes, some nanoseconds."""


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
def _size(sizes: Point, a: Point, p: Point) -> float:
    """What the error of a side is measured by: zero only where p is exactly in the plane."""
    x, y, z = abs(p[0] - a[0]), abs(p[1] - a[1]), abs(p[2] - a[2])
    return x * sizes[0] + y * sizes[1] + z * sizes[2]


@kernel
def _clear_side(normal: Point, sizes: Point, a: Point, p: Point) -> int:
    """The side of a plane through a, known by ``_plane``, that p is on; 0 where doubles fail."""
    x, y, z = p[0] - a[0], p[1] - a[1], p[2] - a[2]
    determinant = x * normal[0] + y * normal[1] + z * normal[2]
    bound = BOUND_3D * _size(sizes, a, p)
    return int(determinant > bound) - int(determinant < -bound)


@kernel
def _known(side: int, size: float, plane: Plane, corners: Corners, p: Point) -> tuple[int, int]:
    """As ``side_of_plane``, where the side is not known by now."""
    if side != 0 or size == 0.0:
        return side, 0
    return side_of_plane(plane, corners[0], corners[1], corners[2], p)


@kernel
def _all_sides(
    a: Point, b: Point, c: Point, p: Point, q: Point, r: Point, sides: Sides
) -> tuple[Sides, int]:
    """The exact sides of the plane a b c that p, q and r are on; those not 0 are known.

    The number is how many of them were slow to tell.
    """
    sp, sq, sr = sides
    sizes = _plane(a, b, c)[1]
    p_size, q_size, r_size = _size(sizes, a, p), _size(sizes, a, q), _size(sizes, a, r)
    if (sp != 0 or p_size == 0.0) and (sq != 0 or q_size == 0.0) and (sr != 0 or r_size == 0.0):
        return sides, 0
    plane = exact_plane(a, b, c)
    sp, slow_p = _known(sp, p_size, plane, (a, b, c), p)
    sq, slow_q = _known(sq, q_size, plane, (a, b, c), q)
    sr, slow_r = _known(sr, r_size, plane, (a, b, c), r)
    return (sp, sq, sr), slow_p + slow_q + slow_r


@kernel
def _same_side(sides: Sides) -> bool:
    return sides[0] != 0 and sides[0] == sides[1] and sides[0] == sides[2]


@kernel
def _alone(sides: Sides) -> tuple[int, int]:
    """Which corner a plane parts from the two others, and its side.

    Where two corners are on one side and the third is in the plane, that one is taken to be on the
    other. Not all are in the plane, and not all on one side.
    """
    sp, sq, sr = sides
    if sp * sq > 0:
        return 2, -sp
    if sq * sr > 0:
        return 0, -sq
    if sr * sp > 0:
        return 1, -sr
    if sp != 0:
        return 0, sp
    return (1, sq) if sq != 0 else (2, sr)


@kernel
def _from(k: int, a: Point, b: Point, c: Point) -> tuple[Point, Point, Point]:
    """The corners in the same order, corner k first."""
    if k == 0:
        return a, b, c
    return (b, c, a) if k == 1 else (c, a, b)


@kernel
def _intervals_meet(
    a: Point, b: Point, c: Point, p: Point, q: Point, r: Point, of_abc: Sides, of_pqr: Sides
) -> bool:
    """Two triangles whose planes cross; the sides of either's corners of the other's plane."""
    k, side_a = _alone(of_abc)
    a, b, c = _from(k, a, b, c)
    k, side_p = _alone(of_pqr)
    p, q, r = _from(k, p, q, r)
    # Each triangle is wound so that the first corner of the other is above it. Then, along the
    # line of both planes, the ends of the intervals are those of a c, a b and of p q, p r.
    if side_a < 0:
        q, r = r, q
    if side_p < 0:
        b, c = c, b
    return orient3d(a, b, p, q) >= 0 and orient3d(a, c, p, r) <= 0


@kernel
def _apart_touch(
    a: Point, b: Point, c: Point, p: Point, q: Point, r: Point, of_abc: Sides, of_pqr: Sides
) -> tuple[bool, int]:
    """Two triangles without a common vertex; the sides of corners that are known.

    The number is how many sides were slow to tell.
    """
    of_pqr, slow = _all_sides(a, b, c, p, q, r, of_pqr)
    if _same_side(of_pqr):
        return False, slow
    if of_pqr[0] == 0 and of_pqr[1] == 0 and of_pqr[2] == 0:
        x = shadow_axis(_plane(a, b, c)[0], a, b, c)
        return triangles_meet(
            shadow(a, x), shadow(b, x), shadow(c, x), shadow(p, x), shadow(q, x), shadow(r, x)
        ), slow
    of_abc, more = _all_sides(p, q, r, a, b, c, of_abc)
    return (
        not _same_side(of_abc) and _intervals_meet(a, b, c, p, q, r, of_abc, of_pqr),
        slow + more,
    )


@kernel
def _corner_touch(
    v: Point, a: Point, b: Point, p: Point, q: Point, sa: int, sb: int, sp: int, sq: int
) -> tuple[bool, int]:
    """Triangles v a b and v p q; the sides of their corners, as far as doubles tell.

    The line of both planes runs through v, and the far side of a triangle cuts it before or behind
    v: which of the two, the way round tells that its ends go from one side of the plane to the
    other. The number is how many sides were slow to tell.
    """
    (sp, sq, _), slow = _all_sides(v, a, b, p, q, v, (sp, sq, 0))
    if sp * sq > 0:
        return False, slow
    if sp == 0 and sq == 0:
        x = shadow_axis(_plane(v, a, b)[0], v, a, b)
        flat_v = shadow(v, x)
        return corners_overlap(flat_v, shadow(a, x), shadow(b, x), shadow(p, x), shadow(q, x)), slow
    (sa, sb, _), more = _all_sides(v, p, q, a, b, v, (sa, sb, 0))
    return sa * sb <= 0 and (sa > sb) != (sp > sq), slow + more


@kernel
def _hinge_touch(u: Point, v: Point, a: Point, p: Point) -> tuple[bool, int]:
    """Triangles u v a and u v p overlap only where they lie in one plane on one side of u v.

    The number is how many sides were slow to tell.
    """
    sides, slow = _all_sides(u, v, a, p, u, u, (0, 0, 0))
    if sides[0] != 0:
        return False, slow
    x = shadow_axis(_plane(u, v, a)[0], u, v, a)
    flat_u, flat_v = shadow(u, x), shadow(v, x)
    return turn(flat_u, flat_v, shadow(a, x)) == turn(flat_u, flat_v, shadow(p, x)), slow


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
def _at_corner(v: Point, a: Point, b: Point, p: Point, q: Point) -> tuple[bool, int]:
    """As ``_faces_touch``, of triangles v a b and v p q."""
    normal, sizes = _plane(v, a, b)
    sp, sq = _clear_side(normal, sizes, v, p), _clear_side(normal, sizes, v, q)
    if sp * sq > 0:
        return False, 0
    sa = sb = 0
    if sp != 0 or sq != 0:
        normal, sizes = _plane(v, p, q)
        sa, sb = _clear_side(normal, sizes, v, a), _clear_side(normal, sizes, v, b)
        if sa * sb > 0:
            return False, 0
        if sp * sq * sa * sb != 0:
            return (sa > sb) != (sp > sq), 0
    touch, slow = _corner_touch(v, a, b, p, q, sa, sb, sp, sq)
    return touch, _EXACT + _SLOW * slow


@kernel
def _at_edge(u: Point, v: Point, a: Point, p: Point) -> tuple[bool, int]:
    """As ``_faces_touch``, of triangles u v a and u v p."""
    normal, sizes = _plane(u, v, a)
    if _clear_side(normal, sizes, u, p) != 0:
        return False, 0
    touch, slow = _hinge_touch(u, v, a, p)
    return touch, _EXACT + _SLOW * slow


@kernel
def _without_common_corner(
    a: Point, b: Point, c: Point, p: Point, q: Point, r: Point
) -> tuple[bool, int]:
    """As ``_faces_touch``, of triangles a b c and p q r."""
    normal, sizes = _plane(a, b, c)
    of_pqr = (
        _clear_side(normal, sizes, a, p),
        _clear_side(normal, sizes, a, q),
        _clear_side(normal, sizes, a, r),
    )
    if _same_side(of_pqr):
        return False, 0
    of_abc = (0, 0, 0)
    if of_pqr[0] != 0 or of_pqr[1] != 0 or of_pqr[2] != 0:
        normal, sizes = _plane(p, q, r)
        of_abc = (
            _clear_side(normal, sizes, p, a),
            _clear_side(normal, sizes, p, b),
            _clear_side(normal, sizes, p, c),
        )
        if _same_side(of_abc):
            return False, 0
    touch, slow = _apart_touch(a, b, c, p, q, r, of_abc, of_pqr)
    return touch, _EXACT + _SLOW * slow


@kernel
def _faces_touch(
    vertices: NDArray[np.float64], faces: NDArray[np.int32], f: int, g: int
) -> tuple[bool, int]:
    """Whether two faces touch beyond the vertex or edge that they share; the same three do.

    The number is what that cost beyond the test by doubles.

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
        return _at_corner(
            _corner(vertices, faces, f, i),
            _corner(vertices, faces, f, _next(i)),
            _corner(vertices, faces, f, _next(_next(i))),
            _corner(vertices, faces, g, _next(j)),
            _corner(vertices, faces, g, _next(_next(j))),
        )
    if common == 2:
        i, j = 3 - s1 - 2 * s2, 3 - t1 - 2 * t2  # the corners that are not shared
        u = _corner(vertices, faces, f, _next(i))
        v = _corner(vertices, faces, f, _next(_next(i)))
        a, p = _corner(vertices, faces, f, i), _corner(vertices, faces, g, j)
        return _at_edge(u, v, a, p)
    if common == 3:
        return True, 0
    return _without_common_corner(
        point(vertices, f0), point(vertices, f1), point(vertices, f2),
        point(vertices, g0), point(vertices, g1), point(vertices, g2),
    )  # fmt: skip


@kernel
def touching(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int32],
    kinds: NDArray[np.uint8],
    candidates: NDArray[np.int32],
    touched: NDArray[np.bool_],
    listed: NDArray[np.int32],
) -> tuple[int, int]:
    """Test pairs of faces; pairs with one that is not ``SOUND`` do not touch.

    Args:
        kinds: ``uint8 [F]`` from ``classify_faces``.
        candidates: ``int32 [n, 2]`` pairs.
        touched: ``bool [F]``: set for faces in a pair that touches.
        listed: ``int32 [k, 2]``: filled with the pairs that touch, as far as there is room.

    Returns:
        How many pairs touch, and the work: 8 for a pair, and more where it is not clear.
    """
    pairs = 0
    work = _TEST * len(candidates)
    for k in range(len(candidates)):
        f, g = candidates[k, 0], candidates[k, 1]
        if kinds[f] != SOUND or kinds[g] != SOUND:
            continue
        touch, more = _faces_touch(vertices, faces, f, g)
        work += more
        if touch:
            touched[f] = True
            touched[g] = True
            if pairs < len(listed):
                listed[pairs, 0] = f
                listed[pairs, 1] = g
            pairs += 1
    return pairs, work
