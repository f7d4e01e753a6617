"""Vertices whose faces lie side by side as seen along an axis: none of these faces touch another.

Most faces whose boxes overlap are neighbours. Where all faces round a vertex turn the same way as
seen along a coordinate axis, and go round it once, they cover the plane around it once: no two of
them have more in common than the vertex, or the edge that both have. To leave out a coordinate is
exact, so this is too; and it costs less than to compare the faces two by two.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.lanes import LANES, each, halves, is_short
from gencheck.mesh.faces import COLLAPSED
from gencheck.mesh.halfedges import HalfEdges
from gencheck.mesh.points import Point, point
from gencheck.mesh.predicates import BOUND_2D

_Bools = NDArray[np.bool_]
_Bytes = NDArray[np.uint8]

_TURNS, _ONCE, _OFTEN = 0, 1, 2
_ANY = 0b111_111


@kernel
def _turns(a: Point, b: Point, c: Point) -> int:
    """Which way a face turns along x, y and z: bits 0 to 2 anticlockwise, 3 to 5 clockwise."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    yz, zy = uy * vz, uz * vy
    zx, xz = uz * vx, ux * vz
    xy, yx = ux * vy, uy * vx
    x, x_bound = yz - zy, BOUND_2D * (abs(yz) + abs(zy))
    y, y_bound = zx - xz, BOUND_2D * (abs(zx) + abs(xz))
    z, z_bound = xy - yx, BOUND_2D * (abs(xy) + abs(yx))
    left = int(x > x_bound) | int(y > y_bound) << 1 | int(z > z_bound) << 2
    right = int(x < -x_bound) | int(y < -y_bound) << 1 | int(z < -z_bound) << 2
    return left | right << 3


@kernel
def _rises(v: Point, a: Point, b: Point) -> int:
    """Along which axes the way from a to b rises past v.

    A fan whose faces all turn the same way, by less than half a turn each, rises once a turn.
    """
    x = (a[2] < v[2]) & (b[2] >= v[2])
    y = (a[0] < v[0]) & (b[0] >= v[0])
    z = (a[1] < v[1]) & (b[1] >= v[1])
    return int(x) | int(y) << 1 | int(z) << 2


@kernel
def _look(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int32],
    kinds: _Bytes,
    twin: NDArray[np.int32],
    clash: _Bools,
    begin: int,
    end: int,
    seen: _Bytes,
) -> None:
    """What faces of a range say of their corners.

    Args:
        seen: ``uint8 [V, 3]``: ways that all faces turn, axes with a rise, axes with several.
    """
    for f in range(begin, end):
        if kinds[f] == COLLAPSED:
            continue
        u, v, w = faces[f, 0], faces[f, 1], faces[f, 2]
        a, b, c = point(vertices, u), point(vertices, v), point(vertices, w)
        turns = _turns(a, b, c)
        ab = (twin[3 * f] >= 0) & (not clash[3 * f])
        bc = (twin[3 * f + 1] >= 0) & (not clash[3 * f + 1])
        ca = (twin[3 * f + 2] >= 0) & (not clash[3 * f + 2])
        _note(seen, u, turns if ab & ca else 0, _rises(a, b, c))
        _note(seen, v, turns if bc & ab else 0, _rises(b, c, a))
        _note(seen, w, turns if ca & bc else 0, _rises(c, a, b))


@kernel
def _note(seen: _Bytes, v: int, turns: int, rises: int) -> None:
    seen[v, _TURNS] &= turns
    seen[v, _OFTEN] |= seen[v, _ONCE] & rises
    seen[v, _ONCE] |= rises


@kernel
def _sum_up(lanes: _Bytes) -> _Bools:
    plain = np.empty(lanes.shape[1], np.bool_)
    for v in range(len(plain)):
        turns, once, often = _ANY, 0, 0
        for lane in range(len(lanes)):
            turns &= lanes[lane, v, _TURNS]
            often |= lanes[lane, v, _OFTEN] | (once & lanes[lane, v, _ONCE])
            once |= lanes[lane, v, _ONCE]
        plain[v] = ((turns | turns >> 3) & once & ~often) != 0
    return plain


def plain_vertices(
    vertices: NDArray[np.float64], faces: NDArray[np.int32], kinds: _Bytes, edges: HalfEdges
) -> _Bools:
    """Vertices none of whose faces touch beyond the vertices that they share, ``bool [V]``.

    Others may be so, too: those at a boundary, and those whose faces can only be told to lie side
    by side along other axes.

    Args:
        vertices: ``float64 [V, 3]``, welded and scaled (``scale.py``).
        faces: ``int32 [F, 3]``.
        kinds: ``uint8 [F]`` from ``classify_faces``.
        edges: of the faces that are not collapsed.
    """
    seen = np.zeros((LANES, len(vertices), 3), np.uint8)
    seen[:, :, _TURNS] = _ANY
    lanes = list(zip(halves(len(faces)), seen, strict=True))
    each(
        lambda lane: _look(vertices, faces, kinds, edges.twin, edges.clash, *lane[0], lane[1]),
        lanes,
        short=is_short(len(faces)),
    )
    return _sum_up(seen)


@kernel
def sift(faces: NDArray[np.int32], plain: _Bools, pairs: NDArray[np.int32]) -> int:
    """Move the pairs of faces that share no plain vertex to the front; how many there are.

    Args:
        faces: ``int32 [F, 3]``.
        plain: ``bool [V]`` from ``plain_vertices``.
        pairs: ``int32 [n, 2]``, of different faces.
    """
    count = 0
    for k in range(len(pairs)):
        f, g = pairs[k, 0], pairs[k, 1]
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        p, q, r = faces[g, 0], faces[g, 1], faces[g, 2]
        pairs[count, 0], pairs[count, 1] = f, g
        # Without a branch, which would be a guess: a pair that does not count is overwritten.
        of_a = ((a == p) | (a == q) | (a == r)) & plain[a]
        of_b = ((b == p) | (b == q) | (b == r)) & plain[b]
        of_c = ((c == p) | (c == q) | (c == r)) & plain[c]
        count += not (of_a | of_b | of_c)
    return count
