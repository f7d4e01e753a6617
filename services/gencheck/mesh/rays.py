"""Rays through a mesh: from the middle of a face, against its normal, through all that lies there.

A ray is taken along the axis that its direction is closest to; vertices are sheared so that it
runs along that axis. (S. Woop, C. Benthin and I. Wald, "Watertight Ray/Triangle Intersection",
2013.) Whether it passes an edge on the left or on the right is decided by that edge alone, with a
half-open rule for its ends: through a closed surface it slips by no edge and no vertex, and counts
none twice. Where it passes is right within 2^-48 of the size of the mesh.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.mesh.bvh import PADDING
from gencheck.mesh.points import Point, point

BOUNDS, INTERIOR, UNCLEAR = 0, 1, 2

TOUCH = 2.0**-40
"""Faces that a ray meets within this distance, of a mesh of size 1, are taken to touch."""

MAX_VISITS = 10_000
"""Nodes that one ray looks at; a leaf and a face count for four more each. 500 are ordinary."""

_LEAF = 16
_TEST = _LEAF_VISITS = 4
_MAX_HITS = 64
_STACK = 64
_BACK_TO_BACK = 0.75  # squared: normals within 30° of opposite
_FLAT = 1e-200

Ray: TypeAlias = tuple[int, Point, float, float, float]
"""Axis, origin (turned), two slopes, and 1 or -1 for the way along the axis."""

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]


@kernel
def _before(a: Point, b: Point) -> bool:
    if a[0] != b[0]:
        return a[0] < b[0]
    if a[1] != b[1]:
        return a[1] < b[1]
    return a[2] < b[2]


@kernel
def _corners(vertices: _Floats, faces: _Ints, f: int) -> tuple[Point, Point, Point]:
    """The corners of a face from the lowest one on: the same wherever the file begins."""
    a, b = point(vertices, faces[f, 0]), point(vertices, faces[f, 1])
    c = point(vertices, faces[f, 2])
    if _before(b, a) and not _before(c, b):
        return b, c, a
    if _before(c, a) and _before(c, b):
        return c, a, b
    return a, b, c


@kernel
def _normal(a: Point, b: Point, c: Point) -> Point:
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


@kernel
def _turned(p: Point, k: int) -> Point:
    """The coordinates in cyclic order, with axis k last."""
    if k == 0:
        return p[1], p[2], p[0]
    if k == 1:
        return p[2], p[0], p[1]
    return p


@kernel
def _seen(p: Point, o: Point, sx: float, sy: float) -> Point:
    """A turned point as the ray sees it: beside it, above it, and along its axis."""
    z = p[2] - o[2]
    return (p[0] - o[0]) - sx * z, (p[1] - o[1]) - sy * z, z


@kernel
def _pass(p: Point, q: Point) -> tuple[float, float]:
    """Where an edge from y ≤ 0 to y > 0 passes the ray: x and z; the same from both its faces."""
    share = -p[1] / (q[1] - p[1])
    return p[0] + (q[0] - p[0]) * share, p[2] + (q[2] - p[2]) * share


@kernel
def cross(a: Point, b: Point, c: Point) -> tuple[int, float]:
    """How a ray along z crosses a face: 1 anticlockwise, -1 clockwise, 0 not at all; and the z."""
    ups = downs = 0
    ux = uz = dx = dz = 0.0
    for p, q in ((a, b), (b, c), (c, a)):
        if p[1] <= 0.0 < q[1]:
            ux, uz = _pass(p, q)
            ups += 1
        elif q[1] <= 0.0 < p[1]:
            dx, dz = _pass(q, p)
            downs += 1
    if ups == 0 or (ux > 0.0) == (dx > 0.0):
        return 0, 0.0
    if ux > 0.0:
        return 1, dz + (uz - dz) * (-dx / (ux - dx))
    return -1, uz + (dz - uz) * (-ux / (dx - ux))


@kernel
def _slab(axis: int, origin: float, slope: float) -> tuple[int, int, float, float, float]:
    """How to tell where a ray enters and leaves a box between two planes.

    Returns:
        The columns of the planes that it meets first and last, what to take from them, padded on
        both sides, and what to multiply the difference by.
    """
    if slope >= 0.0:
        return axis, axis + 3, origin + PADDING, origin - PADDING, 1.0 / max(slope, _FLAT)
    return axis + 3, axis, origin - PADDING, origin + PADDING, 1.0 / min(slope, -_FLAT)


@kernel
def _exit(depths: _Floats, signs: _Ints, hits: int, winding: int) -> int:
    """The crossing behind which there is no material any more, -1 for none; hits are sorted."""
    for i in range(hits):
        winding -= signs[i]
        if winding == 0 and (i + 1 == hits or depths[i + 1] > depths[i] + TOUCH):
            return i
    return -1


@kernel
def _insert(
    depths: _Floats, signs: _Ints, met: _Ints, hits: int, depth: float, sign: int, face: int
) -> None:
    while hits > 0 and depths[hits - 1] > depth:
        depths[hits], signs[hits], met[hits] = depths[hits - 1], signs[hits - 1], met[hits - 1]
        hits -= 1
    depths[hits], signs[hits], met[hits] = depth, sign, face


@kernel
def _meet(faces: _Ints, f: int, g: int) -> bool:
    """Whether two faces have a vertex in common."""
    for i in range(3):
        for j in range(3):
            if faces[f, i] == faces[g, j]:
                return True
    return False


@kernel
def _back_to_back(n: Point, m: Point) -> bool:
    dot = n[0] * m[0] + n[1] * m[1] + n[2] * m[2]
    sizes = (n[0] ** 2 + n[1] ** 2 + n[2] ** 2) * (m[0] ** 2 + m[1] ** 2 + m[2] ** 2)
    return dot < 0.0 and dot * dot >= _BACK_TO_BACK * sizes


@kernel
def _aim(a: Point, b: Point, c: Point, n: Point) -> Ray:
    """The ray from the middle of a face against its normal."""
    k = 0
    if abs(n[1]) > abs(n[0]):
        k = 1
    if abs(n[2]) > abs(n[k]):
        k = 2
    middle = ((a[0] + b[0] + c[0]) / 3.0, (a[1] + b[1] + c[1]) / 3.0, (a[2] + b[2] + c[2]) / 3.0)
    t = _turned(n, k)
    return k, _turned(middle, k), t[0] / t[2], t[1] / t[2], -1.0 if t[2] > 0.0 else 1.0


@kernel
def _crossed(vertices: _Floats, faces: _Ints, f: int, ray: Ray) -> tuple[int, float]:
    """As ``cross`` tells of a face and a ray along its way: the side, and how far ahead."""
    k, o, sx, sy, along = ray
    side, z = cross(
        _seen(_turned(point(vertices, faces[f, 0]), k), o, sx, sy),
        _seen(_turned(point(vertices, faces[f, 1]), k), o, sx, sy),
        _seen(_turned(point(vertices, faces[f, 2]), k), o, sx, sy),
    )
    return (side, z) if along > 0.0 else (-side, -z)


@kernel
def _follow(
    vertices: _Floats,
    faces: _Ints,
    solid: NDArray[np.bool_],
    order: _Ints,
    boxes: _Floats,
    nodes: _Floats,
    ray: Ray,
    start: int,
    stack: _Ints,
    depths: _Floats,
    signs: _Ints,
    met: _Ints,
) -> tuple[int, int, bool, int]:
    """All solid faces on a ray but the one it starts from, sorted by their distance along the axis.

    Returns:
        How many, the winding number behind the start, whether that is clear, and the work.
    """
    k, o, sx, sy, along = ray
    xa, xb, oxa, oxb, ix = _slab((k + 1) % 3, o[0], sx)
    ya, yb, oya, oyb, iy = _slab((k + 2) % 3, o[1], sy)
    begin, end = (-TOUCH, np.inf) if along > 0.0 else (-np.inf, TOUCH)
    leaves = len(nodes) // 2
    hits, winding, visits, clear = 0, 0, 0, True
    passed = np.empty(_LEAF, np.uint8)
    stack[0] = top = 1
    while top > 0 and hits < _MAX_HITS and visits < MAX_VISITS:
        top -= 1
        node = stack[top]
        visits += 1
        enter = max(begin, nodes[node, k] - o[2])
        enter = max(enter, (nodes[node, xa] - oxa) * ix, (nodes[node, ya] - oya) * iy)
        leave = min(end, nodes[node, k + 3] - o[2])
        leave = min(leave, (nodes[node, xb] - oxb) * ix, (nodes[node, yb] - oyb) * iy)
        if enter > leave:
            continue
        if node < leaves:
            stack[top], stack[top + 1] = 2 * node, 2 * node + 1
            top += 2
            continue
        visits += _LEAF_VISITS
        own = boxes[node - leaves]
        for m in range(_LEAF):
            z0, z1 = own[k, m] - o[2], own[k + 3, m] - o[2]
            x0, x1 = (own[xa, m] - oxa) * ix, (own[xb, m] - oxb) * ix
            y0, y1 = (own[ya, m] - oya) * iy, (own[yb, m] - oyb) * iy
            passed[m] = (  # without a branch
                ((x0 <= y1) & (y0 <= x1) & (x0 <= z1) & (z0 <= x1) & (y0 <= z1) & (z0 <= y1))
                & ((x0 <= end) & (y0 <= end) & (z0 <= end))
                & ((begin <= x1) & (begin <= y1) & (begin <= z1))
            )
        for m in range(_LEAF):
            f = order[(node - leaves) * _LEAF + m] if passed[m] else start
            if f == start or not solid[f] or hits == _MAX_HITS:
                continue
            side, depth = _crossed(vertices, faces, f, ray)
            visits += _TEST
            if side != 0 and depth >= -TOUCH:
                clear &= depth > TOUCH
                winding += side
                _insert(depths, signs, met, hits, depth, side, f)
                hits += 1
    return hits, winding, clear and top == 0 and hits < _MAX_HITS, visits


@kernel
def probe(
    vertices: _Floats,
    faces: _Ints,
    solid: NDArray[np.bool_],
    order: _Ints,
    boxes: _Floats,
    nodes: _Floats,
    chosen: _Ints,
    kinds: NDArray[np.uint8],
    thickness: _Floats,
) -> int:
    """Send a ray from each chosen face, against its normal.

    Args:
        vertices: ``float64 [V, 3]``, those of the hierarchy.
        faces: ``int32 [F, 3]``.
        solid: ``bool [F]``: faces of closed, consistently wound components; the hierarchy holds
            them all. No ray meets others.
        order: of the hierarchy, like ``boxes`` and ``nodes``.
        chosen: ``int32 [n]`` faces with area.
        kinds: ``uint8 [n]``, filled: ``INTERIOR`` where the winding number is not zero on both
            sides, ``UNCLEAR`` where another face is in the same place or the ray met too much,
            else ``BOUNDS``.
        thickness: ``float64 [n]``, filled: for faces that bound the solids, length of the ray
            inside them, where it leaves by a face within 30° of parallel that shares no vertex with
            the first; else infinite.

    Returns:
        The work, in nodes looked at.
    """
    stack = np.empty(_STACK, np.int32)
    depths, signs = np.empty(_MAX_HITS), np.empty(_MAX_HITS, np.int32)
    met = np.empty(_MAX_HITS, np.int32)
    visited = 0
    for r in range(len(chosen)):
        f = chosen[r]
        a, b, c = _corners(vertices, faces, f)
        n = _normal(a, b, c)
        ray = _aim(a, b, c, n)
        hits, back, clear, visits = _follow(
            vertices, faces, solid, order, boxes, nodes, ray, f, stack, depths, signs, met
        )
        visited += visits
        front = back - solid[f]
        kinds[r] = BOUNDS
        thickness[r] = np.inf
        if not clear:
            kinds[r] = UNCLEAR
        elif back != 0 and front != 0:
            kinds[r] = INTERIOR
        elif back != 0 and solid[f]:
            last = _exit(depths, signs, hits, back)
            if last < 0 or _meet(faces, f, met[last]):
                continue  # a sharp edge is no wall
            if _back_to_back(n, _normal(*_corners(vertices, faces, met[last]))):
                thickness[r] = depths[last] * np.sqrt(1.0 + ray[2] * ray[2] + ray[3] * ray[3])
    return visited
