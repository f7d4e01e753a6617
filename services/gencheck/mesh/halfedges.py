"""Half-edges: which face lies on the other side of each side of a face.

The half-edge ``3 f + k`` goes from corner k of face f to the next corner. Half-edges are grouped by
the smaller of their vertices, so that those of an edge meet there; each of the two threads then has
vertices of its own. No sort is longer than the faces at a vertex.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.lanes import LANES, each, halves, in_halves, is_short

BOUNDARY, CROWDED, LEFT_OUT = -1, -2, -3

_SMALL = 48
_LOW = 0xFFFFFFFF

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]
_Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HalfEdges:
    """The edges of a mesh, by their half-edges.

    Attributes:
        twin: ``int32 [3 F]``: the other half-edge where the edge has two faces, else ``BOUNDARY``
            (one face), ``CROWDED`` (more than two) or ``LEFT_OUT`` (of faces that do not count).
        clash: ``bool [3 F]``: half-edges with a twin that runs in the same direction.
        crowd: ``int32 [n]`` half-edges of crowded edges, those of an edge in a row.
        crowd_start: ``int32 [N + 1]`` where each crowded edge starts in there.
        count: edges in all.
    """

    twin: _Ints = field(repr=False)
    clash: _Bools = field(repr=False)
    crowd: _Ints = field(repr=False)
    crowd_start: _Ints = field(repr=False)
    count: int

    @property
    def boundary(self) -> NDArray[np.intp]:
        """``intp [n]``: half-edges that have no other, ascending."""
        return np.flatnonzero(self.twin == BOUNDARY)

    @property
    def crowded(self) -> int:
        """Edges with more than two faces."""
        return len(self.crowd_start) - 1


@kernel
def forward(h: int) -> int:
    """The next half-edge of the face; it starts where this one ends."""
    return h + 1 if h % 3 < 2 else h - 2


@kernel
def backward(h: int) -> int:
    """The half-edge of the face that ends where this one starts."""
    return h - 1 if h % 3 > 0 else h + 2


@kernel
def _count(faces: _Ints, use: _Bools, begin: int, end: int, count: _Ints) -> None:
    """Half-edges at the smaller of their vertices, of some faces."""
    for f in range(begin, end):
        if use[f]:
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            count[min(a, b)] += 1
            count[min(b, c)] += 1
            count[min(c, a)] += 1


@kernel
def _lay_out(counts: _Ints) -> _Ints:
    """Where the half-edges of each vertex start; counts become where each lane puts its own."""
    lanes, n = counts.shape
    start = np.empty(n + 1, np.int32)
    place = 0
    for v in range(n):
        start[v] = place
        for lane in range(lanes):
            here = counts[lane, v]
            counts[lane, v] = place
            place += here
    start[n] = place
    return start


@kernel
def _fill(faces: _Ints, use: _Bools, begin: int, end: int, place: _Ints, keys: _Longs) -> None:
    """Put half-edges where they belong: the larger vertex, the half-edge, its direction."""
    for f in range(begin, end):
        if use[f]:
            for k in range(3):
                u, w = faces[f, k], faces[f, k + 1 if k < 2 else 0]
                low, high = min(u, w), max(u, w)
                keys[place[low]] = np.int64(high) << 32 | np.int64(3 * f + k) << 1 | (u < w)
                place[low] += 1


@kernel
def _sort_large(keys: _Longs) -> None:
    """Heap sort: a hub with a million edges must not cost their square."""
    n = len(keys)
    for step in range(n // 2 + n - 1):
        if step < n // 2:  # first make a heap, then take the largest off, again and again
            root, end = n // 2 - 1 - step, n
        else:
            root, end = 0, n - 1 - (step - n // 2)
            keys[0], keys[end] = keys[end], keys[0]
        while 2 * root + 1 < end:
            child = 2 * root + 1
            if child + 1 < end and keys[child] < keys[child + 1]:
                child += 1
            if keys[root] >= keys[child]:
                break
            keys[root], keys[child] = keys[child], keys[root]
            root = child


@kernel
def _pair(
    start: _Ints, keys: _Longs, begin: int, end: int, twin: _Ints, clash: _Bools, crowd: _Ints
) -> tuple[int, int]:
    """Pair the half-edges of the edges whose smaller vertex is in a range.

    Args:
        crowd: ``int32 [n]``, room for all: filled with those of crowded edges, the first of each
            edge as its complement.

    Returns:
        Edges, and half-edges of crowded ones.
    """
    edges = crowded = 0
    for v in range(begin, end):
        first, last = start[v], start[v + 1]
        if last - first > _SMALL:
            _sort_large(keys[first:last])
        else:
            for i in range(first + 1, last):
                key = keys[i]
                j = i - 1
                while j >= first and keys[j] > key:
                    keys[j + 1] = keys[j]
                    j -= 1
                keys[j + 1] = key
        i = first
        while i < last:
            j = i + 1
            while j < last and keys[j] >> 32 == keys[i] >> 32:
                j += 1
            edges += 1
            g, h = (keys[i] & _LOW) >> 1, (keys[j - 1] & _LOW) >> 1
            if j == i + 2:
                twin[g] = h
                twin[h] = g
                if (keys[i] ^ keys[i + 1]) & 1 == 0:
                    clash[g] = clash[h] = True
            elif j == i + 1:
                twin[g] = BOUNDARY
            else:
                for m in range(i, j):
                    h = (keys[m] & _LOW) >> 1
                    twin[h] = CROWDED
                    crowd[crowded] = h if m > i else ~h
                    crowded += 1
            i = j
    return edges, crowded


def find_half_edges(faces: _Ints, use: _Bools, n_vertices: int) -> HalfEdges:
    """Find the edges of a mesh in time linear in its faces.

    Args:
        faces: ``int32 [F, 3]``.
        use: ``bool [F]``: faces to count. A face that names a vertex twice must be left out.
        n_vertices: vertices that the faces index into.
    """
    counts = np.zeros((LANES, n_vertices), np.int32)
    lanes = list(zip(halves(len(faces)), counts, strict=True))
    short = is_short(len(faces))
    each(lambda lane: _count(faces, use, *lane[0], lane[1]), lanes, short=short)
    start = _lay_out(counts)
    keys = np.empty(start[-1], np.int64)
    each(lambda lane: _fill(faces, use, *lane[0], lane[1], keys), lanes, short=short)
    twin = np.full(faces.size, LEFT_OUT, np.int32)
    clash = np.zeros(faces.size, np.bool_)

    def pair(begin: int, end: int) -> tuple[int, _Ints]:
        crowd = np.empty(len(keys), np.int32)  # memory that is not written is not used
        edges, crowded = _pair(start, keys, begin, end, twin, clash, crowd)
        return edges, crowd[:crowded].copy()

    parts = in_halves(pair, n_vertices)
    crowd = np.concatenate([part for _, part in parts])
    first = np.flatnonzero(crowd < 0)
    crowd[first] = ~crowd[first]
    crowd_start = np.append(first, len(crowd)).astype(np.int32)
    return HalfEdges(twin, clash, crowd, crowd_start, sum(edges for edges, _ in parts))
