"""How faces hang together: components, fans around vertices, boundary loops."""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.lanes import in_halves
from gencheck.mesh.halfedges import BOUNDARY, HalfEdges, backward, forward

_Ints = NDArray[np.int32]
_Bools = NDArray[np.bool_]


@kernel
def _find(parent: _Ints, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel
def _join(parent: _Ints, i: int, j: int) -> None:
    a, b = _find(parent, i), _find(parent, j)
    if a < b:
        parent[b] = a
    elif b < a:
        parent[a] = b


@kernel
def _join_twins(twin: _Ints, parent: _Ints, begin: int, end: int) -> None:
    """Join the faces of a range that are neighbours; each lane has the parents of its range."""
    for f in range(begin, end):
        for h in range(3 * f, 3 * f + 3):
            if 3 * begin <= twin[h] < h:
                _join(parent, f, twin[h] // 3)


@kernel
def _join_over(twin: _Ints, parent: _Ints, cut: int) -> None:
    """Join neighbours of which one is before a cut."""
    for f in range(cut, len(parent)):
        for h in range(3 * f, 3 * f + 3):
            if 0 <= twin[h] < 3 * cut:
                _join(parent, f, twin[h] // 3)


@kernel
def _label(parent: _Ints, use: _Bools, crowd: _Ints, crowd_start: _Ints) -> tuple[_Ints, int]:
    for e in range(len(crowd_start) - 1):
        for i in range(crowd_start[e] + 1, crowd_start[e + 1]):
            _join(parent, crowd[crowd_start[e]] // 3, crowd[i] // 3)
    labels = np.full(len(use), -1, np.int32)
    count = 0
    for f in range(len(use)):
        if use[f]:
            if parent[f] == f:
                labels[f] = count
                count += 1
            else:
                labels[f] = labels[parent[f]]  # parents come before their children
    return labels, count


def label_components(edges: HalfEdges, use: _Bools) -> tuple[_Ints, int]:
    """Number the sets of faces that hang together over shared edges.

    Args:
        use: ``bool [F]`` as given to ``find_half_edges``.

    Returns:
        ``int32 [F]`` labels in the order of first faces, -1 for faces left out; and their number.
    """
    parent = np.arange(len(use), dtype=np.int32)
    cuts: list[int] = []

    def join(begin: int, end: int) -> None:
        cuts.append(begin)
        _join_twins(edges.twin, parent, begin, end)

    in_halves(join, len(use))
    _join_over(edges.twin, parent, max(cuts))
    labels, count = _label(parent, use, edges.crowd, edges.crowd_start)
    return labels, int(count)


@kernel
def _turn(corners: _Ints, v: int, h: int) -> int:
    """From half-edge ``h`` at vertex ``v`` over its face to the other half-edge there."""
    return backward(h) if corners[h] == v else forward(h)


@kernel
def _walk_fan(corners: _Ints, twin: _Ints, v: int, h: int) -> tuple[int, int]:
    """Walk round ``v`` from the face of ``h``, out over ``h``, as long as edges have two faces.

    Returns:
        The faces met after the first, and the half-edge it ended at; -1 where it came back.
    """
    first, met = h // 3, 0
    while twin[h] >= 0:
        h = twin[h]
        if h // 3 == first:
            return met, -1
        met += 1
        h = _turn(corners, v, h)
    return met, h


@kernel
def _count_fans(faces: _Ints, use: _Bools, around: _Ints, corner: _Ints) -> None:
    for f in range(len(faces)):
        if use[f]:
            for k in range(3):
                v = faces[f, k]
                around[v] += 1
                corner[v] = 3 * f + k


@kernel
def _find_pinched(
    corners: _Ints, twin: _Ints, around: _Ints, corner: _Ints, begin: int, end: int, bad: _Bools
) -> None:
    """Walk round the vertices of a range, as ``_walk_fan`` does: calls with arrays cost more."""
    for v in range(begin, end):
        if around[v] == 0 or bad[v]:
            continue
        out = corner[v]
        first, met = out // 3, 1
        h = out
        for _ in range(2):
            while twin[h] >= 0:
                h = twin[h]
                if h // 3 == first:
                    break
                met += 1
                h = backward(h) if corners[h] == v else forward(h)
            if twin[h] >= 0:  # it came back to the first face
                break
            h = backward(out)
        bad[v] = met != around[v]


def non_manifold_vertices(
    faces: _Ints, use: _Bools, edges: HalfEdges, n_vertices: int
) -> tuple[_Bools, _Bools]:
    """Vertices whose faces do not form one fan, open or closed.

    A fan is a single chain or ring of faces joined by edges with two faces; so both ends of an
    edge with more than two faces count, and so does a vertex where two cones touch.

    Returns:
        ``bool [V]``, and ``bool [V]``: the vertices that have a face at all.
    """
    around = np.zeros(n_vertices, np.int32)
    corner = np.empty(n_vertices, np.int32)
    _count_fans(faces, use, around, corner)
    corners = faces.reshape(-1)
    bad = np.zeros(n_vertices, np.bool_)
    bad[corners[edges.crowd]] = True
    bad[corners[_following(edges.crowd)]] = True
    in_halves(
        lambda begin, end: _find_pinched(corners, edges.twin, around, corner, begin, end, bad),
        n_vertices,
    )
    return bad, around > 0


def _following(half_edges: NDArray[np.integer]) -> NDArray[np.integer]:
    """The half-edge after each one in its face."""
    return half_edges + np.where(half_edges % 3 < 2, 1, -2)


def ends(faces: _Ints, half_edges: NDArray[np.integer]) -> _Ints:
    """The vertices of edges, the smaller first, ``int32 [n, 2]``."""
    corners = faces.reshape(-1)
    return np.sort(np.column_stack([corners[half_edges], corners[_following(half_edges)]]), axis=1)


@kernel
def _loop_ends(corners: _Ints, twin: _Ints, rim: NDArray[np.intp]) -> _Ints:
    """For both ends of each boundary edge, the boundary half-edge that follows there, or -1."""
    follow = np.empty((len(rim), 2), np.int32)
    for i in range(len(rim)):
        for side in range(2):
            h = rim[i]
            v = corners[h] if side == 0 else corners[forward(h)]
            _, end = _walk_fan(corners, twin, v, _turn(corners, v, h))
            follow[i, side] = end if twin[end] == BOUNDARY else -1
    return follow


@kernel
def _count_loops(
    corners: _Ints, rim: NDArray[np.intp], follow: _Ints, n_vertices: int
) -> tuple[_Ints, int]:
    rank = np.full(len(corners), -1, np.int32)
    for i in range(len(rim)):
        rank[rim[i]] = i
    parent = np.arange(len(rim)).astype(np.int32)
    loose = np.full(n_vertices, -1, np.int32)
    for i in range(len(rim)):
        for side in range(2):
            if follow[i, side] >= 0:
                _join(parent, i, rank[follow[i, side]])
                continue
            # The fan ends at a non-manifold edge: join what ends there.
            v = corners[rim[i]] if side == 0 else corners[forward(rim[i])]
            if loose[v] >= 0:
                _join(parent, i, loose[v])
            else:
                loose[v] = i
    labels = np.empty(len(rim), np.int32)
    count = 0
    for i in range(len(rim)):
        if parent[i] == i:
            labels[i] = count
            count += 1
        else:
            labels[i] = labels[parent[i]]
    return labels, count


@dataclass(frozen=True, slots=True)
class Loops:
    """Boundary edges and how they hang together.

    Attributes:
        rim: ``intp [B]`` boundary half-edges, ascending.
        loop_of: ``int32 [B]`` the loop of each.
        count: loops in all.
    """

    rim: NDArray[np.intp] = field(repr=False)
    loop_of: _Ints = field(repr=False)
    count: int


def boundary_loops(faces: _Ints, edges: HalfEdges, n_vertices: int) -> Loops:
    """Loops of boundary edges, followed round the fans of their vertices.

    These are the loops of the surface once each vertex with several fans is split into as many:
    two sheets that touch in a vertex have two loops, two holes that touch in a vertex have one.
    Where a fan ends at an edge with more than two faces there is no next edge; chains that end at
    the same vertex are then one loop.
    """
    rim, corners = edges.boundary, faces.reshape(-1)
    if not len(rim):
        return Loops(rim, np.empty(0, np.int32), 0)
    follow = _loop_ends(corners, edges.twin, rim)
    loop_of, count = _count_loops(corners, rim, follow, n_vertices)
    return Loops(rim, loop_of, int(count))


def loop_lengths(
    vertices: NDArray[np.float64], finite: _Bools, faces: _Ints, loops: Loops
) -> NDArray[np.float64]:
    """The way round each loop, ``float64 [L]``, in the unit of the vertices.

    Edges with an end that is not finite have no length, and add none.
    """
    sides = ends(faces, loops.rim)
    lengths = np.linalg.norm(vertices[sides[:, 1]] - vertices[sides[:, 0]], axis=1)
    lengths[~finite[sides].all(axis=1)] = 0.0
    return np.bincount(loops.loop_of, lengths, loops.count).astype(np.float64)
