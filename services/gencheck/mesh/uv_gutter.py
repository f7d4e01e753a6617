"""How close islands of one texture come to each other."""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.jit import kernel
from gencheck.lanes import LANES
from gencheck.mesh.flat import Spot
from gencheck.mesh.pair_search import PAIR_WORK, search
from gencheck.mesh.uv_clip import spot, turn_of
from gencheck.mesh.uv_islands import Islands
from gencheck.mesh.uv_layout import Layout
from gencheck.mesh.uv_outline import Outlines

TEXELS = 1_024
"""Texels a side of the texture that gutters are told for."""

NARROW = 2.0
"""Texels: nearer than that, bilinear filtering mixes the colours of two islands."""

MAX_WORK = 60_000_000
"""In the units of ``pair_search.py``: enough for 300,000 islands, were they all narrow."""

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
        touching: ``bool [m]`` sides of outlines that have more in common with another one than
            an end of one and the beginning of the other.
        complete: whether all were compared; else more may be narrow, or touch.
    """

    islands: NDArray[np.intp] = field(repr=False)
    faces: NDArray[np.intp] = field(repr=False)
    narrowest: float
    touching: NDArray[np.bool_] = field(repr=False)
    complete: bool


def find_gutters(
    layout: Layout,
    islands: Islands,
    outlines: Outlines,
    *,
    deadline: Deadline,
    max_work: int = MAX_WORK,
) -> Gutters:
    """Compare the outlines of islands of one texture. Those that touch or cross are 0 apart.

    Args:
        outlines: found with a reach of ``reach_of(layout)``.
        deadline: checked every 60 thousand pairs of boxes.
        max_work: when to give up.
    """
    near = np.zeros(len(outlines.sides), np.bool_)
    touching = near.copy()
    least = np.full(LANES, np.inf)
    homes = islands.labels[outlines.sides // 3]
    reach = reach_of(layout)

    def take(lane: int, candidates: _Ints) -> int:
        least[lane] = _nearest(
            layout.uv, outlines.ends, homes, candidates, reach, least[lane], near, touching
        )
        return PAIR_WORK * len(candidates)

    complete = True
    if outlines.tree is not None:
        complete, _ = search(outlines.tree, take, deadline=deadline, max_work=max_work)
    narrow = np.zeros(len(layout.corners), np.bool_)
    narrow[outlines.sides[near] // 3] = True
    faces = np.flatnonzero(narrow)
    named = np.zeros(len(islands.mapped), np.bool_)
    named[islands.labels[faces]] = True
    return Gutters(
        islands=np.flatnonzero(named),
        faces=faces,
        narrowest=math.ldexp(math.sqrt(least.min()), layout.exponent) * TEXELS,
        touching=touching,
        complete=complete,
    )


def reach_of(layout: Layout) -> float:
    """``NARROW`` texels in the scale of a layout."""
    return math.ldexp(NARROW / TEXELS, -layout.exponent)


@kernel
def _distance(p: Spot, a: Spot, b: Spot) -> float:
    """The square of it, of a point from a segment."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = dx * (p[0] - a[0]) + dy * (p[1] - a[1])
    length = dx * dx + dy * dy
    share = min(max(along / length, 0.0), 1.0) if length > 0.0 else 0.0
    x, y = a[0] + share * dx - p[0], a[1] + share * dy - p[1]
    return x * x + y * y


@kernel
def _gap(a: Spot, b: Spot, p: Spot, q: Spot) -> float:
    """The distance of the boxes of two segments, squared: at most that of the segments."""
    u = max(min(p[0], q[0]) - max(a[0], b[0]), min(a[0], b[0]) - max(p[0], q[0]), 0.0)
    v = max(min(p[1], q[1]) - max(a[1], b[1]), min(a[1], b[1]) - max(p[1], q[1]), 0.0)
    return u * u + v * v


@kernel
def _touch(uv: _Floats, ends: _Ints, i: int, j: int) -> bool:
    """Whether two sides have more in common than an end of one and the beginning of the other.

    To be asked where their boxes touch.
    """
    if ends[i, 0] == ends[j, 0] or ends[i, 1] == ends[j, 1]:
        return True
    a, b = spot(uv, ends[i, 0]), spot(uv, ends[i, 1])
    p, q = spot(uv, ends[j, 0]), spot(uv, ends[j, 1])
    if ends[i, 1] == ends[j, 0] or ends[i, 0] == ends[j, 1]:
        if ends[i, 0] == ends[j, 1] and ends[i, 1] == ends[j, 0]:
            return True
        before, at, after = (a, b, q) if ends[i, 1] == ends[j, 0] else (p, q, b)
        back = (at[0] - before[0]) * (after[0] - at[0]) + (at[1] - before[1]) * (after[1] - at[1])
        return back < 0.0 and turn_of(before, at, after) == 0.0
    if _on_one_side(turn_of(a, b, p), turn_of(a, b, q)):
        return False
    return not _on_one_side(turn_of(p, q, a), turn_of(p, q, b))


@kernel
def _on_one_side(s: float, t: float) -> bool:
    return (s > 0.0 and t > 0.0) or (s < 0.0 and t < 0.0)


@kernel
def _nearest(
    uv: _Floats,
    ends: _Ints,
    homes: _Ints,
    candidates: _Ints,
    reach: float,
    least: float,
    near: NDArray[np.bool_],
    touching: NDArray[np.bool_],
) -> float:
    """Note sides that touch, and sides of different islands nearer than ``reach``.

    Most pairs are told by their boxes, once both sides are known to be near another island.

    Returns:
        The shortest distance of such islands, squared; infinite where there are none.
    """
    for n in range(len(candidates)):
        i, j = candidates[n, 0], candidates[n, 1]
        a, b = spot(uv, ends[i, 0]), spot(uv, ends[i, 1])
        p, q = spot(uv, ends[j, 0]), spot(uv, ends[j, 1])
        gap = _gap(a, b, p, q)
        known = near[i] and near[j]
        if gap > 0.0 and (homes[i] == homes[j] or gap >= (least if known else reach * reach)):
            continue
        touch = gap == 0.0 and _touch(uv, ends, i, j)
        if touch:
            touching[i] = touching[j] = True
        if homes[i] == homes[j]:
            continue
        apart = 0.0
        if not touch:
            apart = min(
                _distance(a, p, q), _distance(b, p, q), _distance(p, a, b), _distance(q, a, b)
            )
        if apart < reach * reach:
            near[i] = near[j] = True
            least = min(least, apart)
    return least
