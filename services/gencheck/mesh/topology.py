"""How faces hang together: components, fans around vertices, boundary loops, winding."""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.mesh.edges import Edges

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
def _label_components(start: _Ints, half: _Ints, use: _Bools) -> tuple[_Ints, int]:
    parent = np.arange(len(use)).astype(np.int32)
    for e in range(len(start) - 1):
        face = half[start[e]] // 3
        for i in range(start[e] + 1, start[e + 1]):
            _join(parent, face, half[i] // 3)
    labels = np.full(len(use), -1, np.int32)
    count = 0
    for f in range(len(use)):
        if use[f]:
            root = _find(parent, f)
            if root == f:
                labels[f] = count
                count += 1
            else:
                labels[f] = labels[root]
    return labels, count


def label_components(edges: Edges, use: _Bools) -> tuple[_Ints, int]:
    """Number the sets of faces that hang together over shared edges.

    Args:
        use: ``bool [F]`` as given to ``find_edges``.

    Returns:
        ``int32 [F]`` labels in the order of first faces, -1 for faces left out; and their number.
    """
    labels, count = _label_components(edges.start, edges.half, use)
    return labels, int(count)


@kernel
def _other_edge(faces: _Ints, edge_of: _Ints, f: int, v: int, e: int) -> int:
    """The edge of face ``f`` at vertex ``v`` that is not ``e``."""
    k = 0
    while faces[f, k] != v:
        k += 1
    out: int = edge_of[3 * f + k]
    back: int = edge_of[3 * f + (k + 2) % 3]
    return back if out == e else out


@kernel
def _walk_fan(
    faces: _Ints, edge_of: _Ints, start: _Ints, half: _Ints, v: int, f: int, e: int
) -> tuple[int, int]:
    """Walk round ``v`` from face ``f`` over edge ``e``, as long as edges have two faces.

    Returns:
        The faces met after ``f``, and the edge it ended at; -1 when it came back to ``f``.
    """
    first, met = f, 0
    while start[e + 1] - start[e] == 2:
        a = half[start[e]] // 3
        f = half[start[e] + 1] // 3 if a == f else a
        if f == first:
            return met, -1
        met += 1
        e = _other_edge(faces, edge_of, f, v, e)
    return met, e


@kernel
def _non_manifold_vertices(
    faces: _Ints, use: _Bools, edge_of: _Ints, start: _Ints, half: _Ints, n_vertices: int
) -> _Bools:
    around = np.zeros(n_vertices, np.int32)
    corner = np.full(n_vertices, -1, np.int32)
    bad = np.zeros(n_vertices, np.bool_)
    for f in range(len(faces)):
        if use[f]:
            for k in range(3):
                v, e = faces[f, k], edge_of[3 * f + k]
                around[v] += 1
                corner[v] = 3 * f + k
                if start[e + 1] - start[e] > 2:
                    bad[v] = True
                    bad[faces[f, (k + 1) % 3]] = True
    for v in range(n_vertices):
        if bad[v] or around[v] == 0:
            continue
        f, k = corner[v] // 3, corner[v] % 3
        met, end = _walk_fan(faces, edge_of, start, half, v, f, edge_of[3 * f + k])
        if end >= 0:
            back, _ = _walk_fan(faces, edge_of, start, half, v, f, edge_of[3 * f + (k + 2) % 3])
            met += back
        bad[v] = met + 1 != around[v]
    return bad


def non_manifold_vertices(faces: _Ints, use: _Bools, edges: Edges, n_vertices: int) -> _Bools:
    """Vertices whose faces do not form one fan, open or closed.

    A fan is a single chain or ring of faces joined by edges with two faces; so both ends of an
    edge with more than two faces count, and so does a vertex where two cones touch.

    Returns:
        ``bool [V]``.
    """
    found: _Bools = _non_manifold_vertices(
        faces, use, edges.edge_of, edges.start, edges.half, n_vertices
    )
    return found


@kernel
def _loop_ends(
    faces: _Ints, edge_of: _Ints, start: _Ints, half: _Ints, rim: _Ints, ends: _Ints
) -> _Ints:
    """For both ends of each boundary edge, the boundary edge that follows there, or -1."""
    follow = np.empty((len(rim), 2), np.int32)
    for i in range(len(rim)):
        e = rim[i]
        f = half[start[e]] // 3
        for side in range(2):
            v = ends[e, side]
            turn = _other_edge(faces, edge_of, f, v, e)
            _, end = _walk_fan(faces, edge_of, start, half, v, f, turn)
            follow[i, side] = end if start[end + 1] - start[end] == 1 else -1
    return follow


@kernel
def _count_loops(
    rim: _Ints, follow: _Ints, ends: _Ints, n_edges: int, n_vertices: int
) -> tuple[_Ints, int]:
    rank = np.full(n_edges, -1, np.int32)
    for i in range(len(rim)):
        rank[rim[i]] = i
    parent = np.arange(len(rim)).astype(np.int32)
    loose = np.full(n_vertices, -1, np.int32)
    for i in range(len(rim)):
        for side in range(2):
            if follow[i, side] >= 0:
                _join(parent, i, rank[follow[i, side]])
                continue
            v = ends[rim[i], side]  # the fan ends at a non-manifold edge: join what ends there
            if loose[v] >= 0:
                _join(parent, i, loose[v])
            else:
                loose[v] = i
    labels = np.empty(len(rim), np.int32)
    count = 0
    for i in range(len(rim)):
        root = _find(parent, i)
        if root == i:
            labels[i] = count
            count += 1
        else:
            labels[i] = labels[root]
    return labels, count


def boundary_loops(faces: _Ints, edges: Edges, n_vertices: int) -> tuple[_Ints, _Ints, int]:
    """Loops of boundary edges, followed round the fans of their vertices.

    These are the loops of the surface once each vertex with several fans is split into as many:
    two sheets that touch in a vertex have two loops, two holes that touch in a vertex have one.
    Where a fan ends at an edge with more than two faces there is no next edge; chains that end at
    the same vertex are then one loop.

    Returns:
        ``int32 [B]`` boundary edges, ``int32 [B]`` the loop of each, and the number of loops.
    """
    rim = np.flatnonzero(edges.face_counts == 1).astype(np.int32)
    follow = _loop_ends(faces, edges.edge_of, edges.start, edges.half, rim, edges.ends)
    labels, count = _count_loops(rim, follow, edges.ends, len(edges.ends), n_vertices)
    return rim, labels, int(count)


@kernel
def _same_direction(faces: _Ints, start: _Ints, half: _Ints) -> _Bools:
    clash = np.zeros(len(start) - 1, np.bool_)
    for e in range(len(clash)):
        if start[e + 1] - start[e] == 2:
            g, h = half[start[e]], half[start[e] + 1]
            clash[e] = faces[g // 3, g % 3] == faces[h // 3, h % 3]
    return clash


def inconsistent_edges(faces: _Ints, edges: Edges) -> _Bools:
    """Edges with exactly two faces that both run along them in the same direction, ``bool [E]``."""
    found: _Bools = _same_direction(faces, edges.start, edges.half)
    return found
