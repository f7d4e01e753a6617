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
from gencheck.mesh.predicates import Point, Scratch, orient2d, orient3d, point


@kernel
def _flat_axes(a: Point, b: Point, c: Point) -> tuple[int, int]:
    """Two coordinate axes on which the triangle casts a shadow with area."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    size = max(abs(ux), abs(uy), abs(uz), abs(vx), abs(vy), abs(vz))
    ux, uy, uz, vx, vy, vz = ux / size, uy / size, uz / size, vx / size, vy / size, vz / size
    nx, ny, nz = abs(uy * vz - uz * vy), abs(uz * vx - ux * vz), abs(ux * vy - uy * vx)
    if nx >= ny and nx >= nz:
        return 1, 2
    if ny >= nz:
        return 0, 2
    return 0, 1


@kernel
def _point_in_triangle_2d(
    p: Point, a: Point, b: Point, c: Point, x: int, y: int, work: Scratch
) -> bool:
    s = orient2d(a, b, p, x, y, work)
    t = orient2d(b, c, p, x, y, work)
    if s * t < 0:
        return False
    u = orient2d(c, a, p, x, y, work)
    return s * u >= 0 and t * u >= 0


@kernel
def _within(p: Point, q: Point, r: Point, x: int, y: int) -> bool:
    """Whether r, on the line of p and q, lies between them."""
    return min(p[x], q[x]) <= r[x] <= max(p[x], q[x]) and min(p[y], q[y]) <= r[y] <= max(p[y], q[y])


@kernel
def _segments_meet_2d(
    p: Point, q: Point, a: Point, b: Point, x: int, y: int, work: Scratch
) -> bool:
    s, t = orient2d(p, q, a, x, y, work), orient2d(p, q, b, x, y, work)
    if s * t > 0:
        return False
    u, v = orient2d(a, b, p, x, y, work), orient2d(a, b, q, x, y, work)
    if u * v > 0:
        return False
    if s == 0 and t == 0:  # all on one line
        return (
            _within(p, q, a, x, y)
            or _within(p, q, b, x, y)
            or _within(a, b, p, x, y)
            or _within(a, b, q, x, y)
        )
    return True


@kernel
def _segment_meets_coplanar(
    p: Point, q: Point, a: Point, b: Point, c: Point, work: Scratch
) -> bool:
    x, y = _flat_axes(a, b, c)
    return (
        _point_in_triangle_2d(p, a, b, c, x, y, work)
        or _segments_meet_2d(p, q, a, b, x, y, work)
        or _segments_meet_2d(p, q, b, c, x, y, work)
        or _segments_meet_2d(p, q, c, a, x, y, work)
    )


@kernel
def _segment_meets_triangle(
    p: Point, q: Point, side_p: int, side_q: int, a: Point, b: Point, c: Point, work: Scratch
) -> bool:
    """Whether a closed segment meets a closed triangle; the sides of its ends are known."""
    if side_p * side_q > 0:
        return False
    if side_p == 0 and side_q == 0:
        return _segment_meets_coplanar(p, q, a, b, c, work)
    s = orient3d(p, q, a, b, work)
    t = orient3d(p, q, b, c, work)
    if s * t < 0:
        return False
    u = orient3d(p, q, c, a, work)
    return s * u >= 0 and t * u >= 0


@kernel
def _same_side(a: int, b: int, c: int) -> bool:
    return (a > 0 and b > 0 and c > 0) or (a < 0 and b < 0 and c < 0)


@kernel
def _apart_touch(a: Point, b: Point, c: Point, p: Point, q: Point, r: Point, work: Scratch) -> bool:
    """Two triangles without a common vertex."""
    sp, sq, sr = orient3d(a, b, c, p, work), orient3d(a, b, c, q, work), orient3d(a, b, c, r, work)
    if _same_side(sp, sq, sr):
        return False
    sa, sb, sc = orient3d(p, q, r, a, work), orient3d(p, q, r, b, work), orient3d(p, q, r, c, work)
    if _same_side(sa, sb, sc):
        return False
    return (
        _segment_meets_triangle(p, q, sp, sq, a, b, c, work)
        or _segment_meets_triangle(q, r, sq, sr, a, b, c, work)
        or _segment_meets_triangle(r, p, sr, sp, a, b, c, work)
        or _segment_meets_triangle(a, b, sa, sb, p, q, r, work)
        or _segment_meets_triangle(b, c, sb, sc, p, q, r, work)
        or _segment_meets_triangle(c, a, sc, sa, p, q, r, work)
    )


@kernel
def _corner_touch(v: Point, a: Point, b: Point, p: Point, q: Point, work: Scratch) -> bool:
    """Triangles v a b and v p q: what they share beyond v reaches the far edge of one of them."""
    sp, sq = orient3d(v, a, b, p, work), orient3d(v, a, b, q, work)
    if sp * sq > 0:
        return False
    sa, sb = orient3d(v, p, q, a, work), orient3d(v, p, q, b, work)
    if sa * sb > 0:
        return False
    return _segment_meets_triangle(p, q, sp, sq, v, a, b, work) or _segment_meets_triangle(
        a, b, sa, sb, v, p, q, work
    )


@kernel
def _hinge_touch(u: Point, v: Point, a: Point, p: Point, work: Scratch) -> bool:
    """Triangles u v a and u v p overlap only where they lie in one plane on one side of u v."""
    if orient3d(u, v, a, p, work) != 0:
        return False
    x, y = _flat_axes(u, v, a)
    return orient2d(u, v, a, x, y, work) * orient2d(u, v, p, x, y, work) > 0


@kernel
def faces_touch(
    vertices: NDArray[np.float64], faces: NDArray[np.int32], f: int, g: int, work: Scratch
) -> bool:
    """Whether two faces touch beyond the vertex or edge that they share; the same three do.

    Args:
        vertices: ``float64 [V, 3]``, welded and scaled: equal positions have equal indices.
        faces: ``int32 [F, 3]``.
        f: a face that is not degenerate.
        g: another one.
        work: ``float64 [WORK]`` scratch space.
    """
    shared = 0
    i = j = 0  # the corners that do not count: after the shared one, or opposite the shared edge
    free_f, free_g = 3, 3  # sums of the corners that are not shared
    for k in range(3):
        for m in range(3):
            if faces[f, k] == faces[g, m]:
                shared += 1
                i, j = k, m
                free_f -= k
                free_g -= m
    if shared == 3:
        return True
    if shared == 0:
        return _apart_touch(
            point(vertices, faces[f, 0]),
            point(vertices, faces[f, 1]),
            point(vertices, faces[f, 2]),
            point(vertices, faces[g, 0]),
            point(vertices, faces[g, 1]),
            point(vertices, faces[g, 2]),
            work,
        )
    if shared == 1:
        return _corner_touch(
            point(vertices, faces[f, i]),
            point(vertices, faces[f, (i + 1) % 3]),
            point(vertices, faces[f, (i + 2) % 3]),
            point(vertices, faces[g, (j + 1) % 3]),
            point(vertices, faces[g, (j + 2) % 3]),
            work,
        )
    return _hinge_touch(
        point(vertices, faces[f, (free_f + 1) % 3]),
        point(vertices, faces[f, (free_f + 2) % 3]),
        point(vertices, faces[f, free_f]),
        point(vertices, faces[g, free_g]),
        work,
    )
