"""Undirected edges with the faces at them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel

_SMALL_BUCKET = 48


@dataclass(frozen=True, slots=True)
class Edges:
    """The undirected edges of a mesh; a *half-edge* ``3 * f + k`` goes from corner k of face f.

    Attributes:
        ends: ``int32 [E, 2]``, the smaller vertex first, in ascending order.
        start: ``int32 [E + 1]``: edge e has the half-edges ``half[start[e]:start[e + 1]]``.
        half: ``int32 [H]``.
        edge_of: ``int32 [3 F]``: the edge of each half-edge; -1 for faces that are left out.
    """

    ends: NDArray[np.int32] = field(repr=False)
    start: NDArray[np.int32] = field(repr=False)
    half: NDArray[np.int32] = field(repr=False)
    edge_of: NDArray[np.int32] = field(repr=False)

    @property
    def face_counts(self) -> NDArray[np.int32]:
        """``int32 [E]``: faces at each edge, at least 1."""
        return np.diff(self.start)


@kernel
def _swap(high: NDArray[np.int32], half: NDArray[np.int32], i: int, j: int) -> None:
    high[i], high[j] = high[j], high[i]
    half[i], half[j] = half[j], half[i]


@kernel
def _sort_large(high: NDArray[np.int32], half: NDArray[np.int32], begin: int, n: int) -> None:
    """Heap sort: a hub with a million edges must not cost their square."""
    for step in range(n // 2 + n - 1):
        if step < n // 2:  # first make a heap, then take the largest off, again and again
            root, end = n // 2 - 1 - step, n
        else:
            root, end = 0, n - 1 - (step - n // 2)
            _swap(high, half, begin, begin + end)
        while 2 * root + 1 < end:
            child = 2 * root + 1
            if child + 1 < end and high[begin + child] < high[begin + child + 1]:
                child += 1
            if high[begin + root] >= high[begin + child]:
                break
            _swap(high, half, begin + root, begin + child)
            root = child


@kernel
def _sort_bucket(high: NDArray[np.int32], half: NDArray[np.int32], begin: int, end: int) -> None:
    """Sort one bucket by the far vertex."""
    if end - begin > _SMALL_BUCKET:
        _sort_large(high, half, begin, end - begin)
        return
    for i in range(begin + 1, end):
        key, value = high[i], half[i]
        j = i - 1
        while j >= begin and high[j] > key:
            high[j + 1] = high[j]
            half[j + 1] = half[j]
            j -= 1
        high[j + 1] = key
        half[j + 1] = value


@kernel
def _bucket_half_edges(
    faces: NDArray[np.int32], use: NDArray[np.bool_], n_vertices: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Half-edges grouped by their smaller vertex: bucket bounds, far vertices, half-edges."""
    bounds = np.zeros(n_vertices + 1, np.int32)
    for f in range(len(faces)):
        if use[f]:
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            bounds[min(a, b) + 1] += 1
            bounds[min(b, c) + 1] += 1
            bounds[min(c, a) + 1] += 1
    for v in range(n_vertices):
        bounds[v + 1] += bounds[v]
    fill = bounds[:-1].copy()
    high = np.empty(bounds[n_vertices], np.int32)
    half = np.empty(bounds[n_vertices], np.int32)
    for f in range(len(faces)):
        if use[f]:
            for k in range(3):
                u, w = faces[f, k], faces[f, (k + 1) % 3]
                slot = fill[min(u, w)]
                fill[min(u, w)] = slot + 1
                high[slot] = max(u, w)
                half[slot] = 3 * f + k
    return bounds, high, half


@kernel
def _number_edges(
    bounds: NDArray[np.int32], high: NDArray[np.int32], half: NDArray[np.int32], n_faces: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    ends = np.empty((len(half), 2), np.int32)
    start = np.empty(len(half) + 1, np.int32)
    edge_of = np.full(3 * n_faces, -1, np.int32)
    edges = 0
    for v in range(len(bounds) - 1):
        begin, end = bounds[v], bounds[v + 1]
        _sort_bucket(high, half, begin, end)
        for i in range(begin, end):
            if i == begin or high[i] != high[i - 1]:
                ends[edges, 0] = v
                ends[edges, 1] = high[i]
                start[edges] = i
                edges += 1
            edge_of[half[i]] = edges - 1
    start[edges] = len(half)
    return ends[:edges], start[: edges + 1], edge_of


def find_edges(faces: NDArray[np.int32], use: NDArray[np.bool_], n_vertices: int) -> Edges:
    """Find the undirected edges of a mesh in time linear in its faces.

    Args:
        faces: ``int32 [F, 3]``.
        use: ``bool [F]``: faces to count. A face that names a vertex twice must be left out.
        n_vertices: vertices that the faces index into.
    """
    bounds, high, half = _bucket_half_edges(faces, use, n_vertices)
    ends, start, edge_of = _number_edges(bounds, high, half, len(faces))
    return Edges(ends, start, half, edge_of)
