"""Faces that are wrong by themselves: without area, or standing twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.mesh.halfedges import BOUNDARY, LEFT_OUT, HalfEdges
from gencheck.mesh.points import Point, point
from gencheck.mesh.weld import first_of_equal

SLIVER = 1e-12
"""A face is degenerate when its height over its longest edge is at most this share of that edge."""

NEEDLE = 1e-6
"""A face without area is a needle when its shortest side is at most this share of its longest."""

SOUND, COLLAPSED, FLAT, NON_FINITE = 0, 1, 2, 3


@kernel
def _is_flat(a: Point, b: Point, c: Point) -> bool:
    """Whether three points lie on a line, up to ``SLIVER``; edges are scaled to size 1 first."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    size = max(abs(ux), abs(uy), abs(uz), abs(vx), abs(vy), abs(vz))
    if size == 0.0:
        return True
    ux, uy, uz, vx, vy, vz = ux / size, uy / size, uz / size, vx / size, vy / size, vz / size
    wx, wy, wz = vx - ux, vy - uy, vz - uz
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    longest = max(
        ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz, wx * wx + wy * wy + wz * wz
    )
    return nx * nx + ny * ny + nz * nz <= (SLIVER * longest) ** 2


@kernel
def classify_faces(
    vertices: NDArray[np.float64], finite: NDArray[np.bool_], faces: NDArray[np.int32]
) -> NDArray[np.uint8]:
    """Sort faces into ``SOUND``, ``COLLAPSED``, ``FLAT`` and ``NON_FINITE``.

    ``COLLAPSED`` names a vertex twice, ``NON_FINITE`` has a vertex that is NaN or infinite, and
    ``FLAT`` has three vertices on a line (see ``SLIVER``).

    Args:
        vertices: ``float64 [V, 3]``, scaled (``scale.py``).
        finite: ``bool [V]``.
        faces: ``int32 [F, 3]``.

    Returns:
        ``uint8 [F]``.
    """
    kinds = np.zeros(len(faces), np.uint8)
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        if a == b or b == c or c == a:  # noqa: PLR1714 - sets are slow in a kernel
            kinds[f] = COLLAPSED
        elif not (finite[a] and finite[b] and finite[c]):
            kinds[f] = NON_FINITE
        elif _is_flat(point(vertices, a), point(vertices, b), point(vertices, c)):
            kinds[f] = FLAT
    return kinds


def count_needles(
    vertices: NDArray[np.float64], faces: NDArray[np.int32], flat: NDArray[np.intp]
) -> int:
    """How many faces without area are needles, with a side of next to no length.

    The others are caps, with a corner all but on the side opposite.

    Args:
        flat: ``intp [n]`` faces that are ``FLAT``.
    """
    corners = vertices[faces[flat]]
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    return int((sides.min(axis=1) <= NEEDLE * sides.max(axis=1)).sum())


@kernel
def _sorted_corners(faces: NDArray[np.int32], chosen: NDArray[np.intp]) -> NDArray[np.int64]:
    corners = np.empty((len(chosen), 3), np.int64)
    for i in range(len(chosen)):
        a, b, c = faces[chosen[i], 0], faces[chosen[i], 1], faces[chosen[i], 2]
        low, high = min(a, b, c), max(a, b, c)
        corners[i, 0] = low
        corners[i, 1] = np.int64(a) + b + c - low - high
        corners[i, 2] = high
    return corners


@kernel
def _may_stand_twice(twin: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether a face has one and the same face behind all sides, or a side with more than two."""
    may = np.zeros(len(twin) // 3, np.bool_)
    for f in range(len(may)):
        a, b, c = twin[3 * f], twin[3 * f + 1], twin[3 * f + 2]
        if min(a, b, c) >= 0:
            may[f] = a // 3 == b // 3 and b // 3 == c // 3
        else:
            closed = (a != BOUNDARY) & (b != BOUNDARY) & (c != BOUNDARY)
            may[f] = closed & (a != LEFT_OUT)
    return may


def duplicate_faces(faces: NDArray[np.int32], edges: HalfEdges) -> NDArray[np.intp]:
    """Faces that have the same three vertices as an earlier one, in whatever order.

    Collapsed faces are left out: they are degenerate already.

    Args:
        faces: ``int32 [F, 3]``.
        edges: of the faces that are not collapsed.

    Returns:
        ``intp [n]`` indices into ``faces``, ascending.
    """
    candidates = np.flatnonzero(_may_stand_twice(edges.twin))
    first = first_of_equal(_sorted_corners(faces, candidates))
    again: NDArray[np.intp] = candidates[first != np.arange(len(first))]
    return again
