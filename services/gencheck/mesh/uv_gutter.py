"""How close islands of one texture come to each other."""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.jit import kernel
from gencheck.mesh.bvh import build_tree
from gencheck.mesh.flat import Spot
from gencheck.mesh.halfedges import forward
from gencheck.mesh.lanes import LANES
from gencheck.mesh.uv_clip import spot, turn_of
from gencheck.mesh.uv_islands import Islands
from gencheck.mesh.uv_layout import Layout
from gencheck.mesh.uv_search import MAX_WORK, search

TEXELS = 1_024
"""Texels a side of the texture that gutters are told for."""

NARROW = 2.0
"""Texels: nearer than that, bilinear filtering mixes the colours of two islands."""

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Gutters:
    """What was found between the outlines of islands.

    Attributes:
        islands: ``intp [n]`` islands with another one nearer than ``NARROW``, ascending.
        faces: ``intp [m]`` their faces there, ascending.
        narrowest: the shortest distance of two islands, in texels of a texture of ``TEXELS``;
            infinite where none is below ``NARROW``.
        complete: whether all were compared; else more may be narrow.
    """

    islands: NDArray[np.intp] = field(repr=False)
    faces: NDArray[np.intp] = field(repr=False)
    narrowest: float
    complete: bool


def find_gutters(
    layout: Layout, islands: Islands, *, deadline: Deadline, max_work: int = MAX_WORK
) -> Gutters:
    """Compare the outlines of islands of one texture. Those that touch or cross are 0 apart."""
    near = np.zeros(len(islands.rim), np.bool_)
    least = np.full(LANES, np.inf)
    reach = math.ldexp(NARROW / TEXELS, -layout.exponent)
    complete = True
    if islands.count > 1:
        ends, homes = _sides(layout.corners, islands.rim, islands.labels)

        def take(lane: int, candidates: _Ints) -> bool:
            found = _nearest(layout.uv, ends, homes, candidates, reach, near)
            least[lane] = min(least[lane], found)
            return True

        boxes = np.arange(2 * len(ends), dtype=np.int32).reshape(-1, 2)[:, [0, 1, 1]]
        tree = build_tree(
            _grown(layout.uv, ends, reach), boxes, np.arange(len(ends), dtype=np.int32)
        )
        deadline.check()
        complete = search(tree, take, deadline=deadline, max_work=max_work)
    faces = np.unique(islands.rim[near] // 3).astype(np.intp)
    return Gutters(
        islands=np.unique(islands.labels[faces]).astype(np.intp),
        faces=faces,
        narrowest=math.ldexp(float(least.min()), layout.exponent) * TEXELS,
        complete=complete,
    )


@kernel
def _sides(corners: _Ints, rim: _Ints, labels: _Ints) -> tuple[_Ints, _Ints]:
    """Both ends of each side of an outline, ``int32 [m, 2]``, and its island."""
    ends = np.empty((len(rim), 2), np.int32)
    homes = np.empty(len(rim), np.int32)
    for i in range(len(rim)):
        h = rim[i]
        ends[i, 0] = corners[h // 3, h % 3]
        ends[i, 1] = corners[h // 3, forward(h) % 3]
        homes[i] = labels[h // 3]
    return ends, homes


@kernel
def _grown(uv: _Floats, ends: _Ints, reach: float) -> _Floats:
    """Two corners of the box around each side, half of the reach away from it."""
    corners = np.empty((2 * len(ends), 3))
    for i in range(len(ends)):
        a, b = ends[i, 0], ends[i, 1]
        for k in range(3):
            grown = reach / 2.0 if k < 2 else 0.0
            corners[2 * i, k] = min(uv[a, k], uv[b, k]) - grown
            corners[2 * i + 1, k] = max(uv[a, k], uv[b, k]) + grown
    return corners


@kernel
def _distance(p: Spot, a: Spot, b: Spot) -> float:
    """Of a point from a segment."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = dx * (p[0] - a[0]) + dy * (p[1] - a[1])
    length = dx * dx + dy * dy
    share = min(max(along / length, 0.0), 1.0) if length > 0.0 else 0.0
    return math.hypot(a[0] + share * dx - p[0], a[1] + share * dy - p[1])


@kernel
def _apart(a: Spot, b: Spot, p: Spot, q: Spot) -> float:
    """The distance of two segments."""
    if turn_of(a, b, p) * turn_of(a, b, q) < 0.0 and turn_of(p, q, a) * turn_of(p, q, b) < 0.0:
        return 0.0
    return min(_distance(a, p, q), _distance(b, p, q), _distance(p, a, b), _distance(q, a, b))


@kernel
def _nearest(
    uv: _Floats,
    ends: _Ints,
    homes: _Ints,
    candidates: _Ints,
    reach: float,
    near: NDArray[np.bool_],
) -> float:
    """The shortest distance of sides of different islands, below ``reach``, else infinite."""
    least = np.inf
    for n in range(len(candidates)):
        i, j = candidates[n, 0], candidates[n, 1]
        if homes[i] == homes[j]:
            continue
        a, b = spot(uv, ends[i, 0]), spot(uv, ends[i, 1])
        p, q = spot(uv, ends[j, 0]), spot(uv, ends[j, 1])
        apart = _apart(a, b, p, q)
        if apart < reach:
            near[i] = near[j] = True
            least = min(least, apart)
    return least
