"""Which faces lie on others in texture space, and how much of the texture is used more than once.

The area that is covered at least k times is a sum over its outline, which is made of pieces of the
triangles' sides: those that k - 1 others cover. Where sides lie on one line the face with the
larger number counts as the larger one, by as little as nothing, so that one of them is the outline.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.jit import kernel
from gencheck.lanes import LANES, in_halves
from gencheck.mesh.bvh import build_tree
from gencheck.mesh.flat import Spot
from gencheck.mesh.pair_search import PAIR_WORK, search
from gencheck.mesh.uv_clip import all_beyond, clearly_apart, mutual_heights, span, spot
from gencheck.mesh.uv_layout import MAPPED, Layout
from gencheck.mesh.uv_sample import share_used_twice

MAX_PAIRS = 300_000
"""Pairs of faces at most; what pieces their sides have inside each other is kept."""

MAX_WORK = 300_000_000
"""In the units of ``pair_search.py``; ordinary layouts need about 60 for a face."""

STRIP = 2.0**-21
"""A pair counts where it has more in common than a strip along the longest side of the smaller
face, as wide as this share of its largest coordinate: what a few roundings to single precision
make where copies that were mirrored or moved meet the neighbours of their twins."""

_PIECES = 6  # sides of two triangles
_FEW = 24  # numbers that are sorted one by one

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]
_Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Overlaps:
    """What was found. Areas are in UV units.

    Attributes:
        faces: ``intp [n]`` faces that overlap another one by more than rounding makes, ascending.
        pairs: pairs of such faces.
        area: sum of what the pairs have in common.
        covered: area that at least one face covers; NaN where not all pairs were found.
        share: of that, what at least two cover; by points where not all pairs were found, and NaN
            where these tell nothing.
        complete: whether all pairs were found; else the first three are lower bounds.
    """

    faces: NDArray[np.intp] = field(repr=False)
    pairs: int
    area: float
    covered: float
    share: float
    complete: bool


@dataclass(slots=True)
class _Pieces:
    """Of a lane: pieces of sides that are inside another face.

    Attributes:
        sides: ``int32 [n]`` side k of face f as ``3 f + k``.
        spans: ``float64 [n, 2]`` where each begins and ends, in shares of the side's length.
        met: pairs of faces whose interiors meet so far.
        pairs: those of them that have more in common than rounding makes.
        turns: sum of twice the areas in common.
    """

    sides: _Ints
    spans: _Floats
    count: int = 0
    met: int = 0
    pairs: int = 0
    turns: float = 0.0


def find_overlaps(
    layout: Layout,
    suspects: _Ints,
    *,
    deadline: Deadline,
    max_pairs: int = MAX_PAIRS,
    max_work: int = MAX_WORK,
) -> Overlaps:
    """Find the mapped faces of one texture whose interiors meet.

    Faces that share an edge or a vertex do not overlap by that; faces in the same place do. Pairs
    are counted where they have more in common than a ``STRIP``; areas have it all.

    Args:
        suspects: ``int32 [n]`` mapped faces that may overlap each other; of the others it is
            known that they do not, nor any of these.
        deadline: checked every 60 thousand pairs of boxes, some milliseconds.
        max_pairs: when to give up.
        max_work: in the units of ``MAX_WORK``.
    """
    touched = np.zeros(len(layout.corners), np.bool_)
    lanes = [_pieces(max_pairs // LANES * _PIECES) for _ in range(LANES)]

    def take(lane: int, candidates: _Ints) -> int | None:
        own = lanes[lane]
        room = len(own.sides) // _PIECES - own.met
        met, pairs, turns, own.count, fits = _overlapping(
            layout.uv, layout.corners, layout.turns, candidates, room, touched, own.sides,
            own.spans, own.count,
        )  # fmt: skip
        own.met += met
        own.pairs += pairs
        own.turns += turns
        return PAIR_WORK * len(candidates) if fits else None

    complete = True
    if len(suspects):
        tree = build_tree(layout.uv, layout.corners, suspects, padding=0.0)
        deadline.check()
        complete, _ = search(tree, take, deadline=deadline, max_work=max_work)
    if complete:
        covered, share = _covered(layout, lanes)
    else:
        told = share_used_twice(layout, deadline=deadline)
        covered, share = math.nan, math.nan if told is None else told
    unit = layout.unit_area / 2.0
    return Overlaps(
        faces=np.flatnonzero(touched),
        pairs=sum(lane.pairs for lane in lanes),
        area=sum(lane.turns for lane in lanes) * unit,
        covered=covered * unit,
        share=share,
        complete=complete,
    )


def _pieces(room: int) -> _Pieces:
    """Memory that is not written is not used."""
    return _Pieces(np.empty(room, np.int32), np.empty((room, 2)))


@kernel
def _squared(a: Spot, b: Spot) -> float:
    """The distance, squared."""
    return (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2


@kernel
def _made_by_rounding(a: Spot, b: Spot, c: Spot) -> float:
    """Twice the area of the ``STRIP`` along a triangle."""
    longest = math.sqrt(max(_squared(a, b), _squared(b, c), _squared(c, a)))
    return (
        2.0
        * STRIP
        * longest
        * max(abs(a[0]), abs(a[1]), abs(b[0]), abs(b[1]), abs(c[0]), abs(c[1]))
    )


@kernel
def _overlapping(
    uv: _Floats,
    corners: _Ints,
    turns: _Floats,
    candidates: _Ints,
    room: int,
    touched: _Bools,
    sides: _Ints,
    spans: _Floats,
    count: int,
) -> tuple[int, int, float, int, bool]:
    """Find the pairs whose interiors meet, and the pieces of their sides inside each other.

    Returns:
        Pairs that meet; those that have more in common than rounding makes; the sum of twice what
        they have in common; pieces so far; whether there was room.
    """
    met, pairs, total = 0, 0, 0.0
    for n in range(len(candidates)):
        f, g = candidates[n, 0], candidates[n, 1]
        if abs(turns[f]) > abs(turns[g]):  # areas are taken from a corner of the smaller one
            f, g = g, f
        a, b, c = spot(uv, corners[f, 0]), spot(uv, corners[f, 1]), spot(uv, corners[f, 2])
        p, q, r = spot(uv, corners[g, 0]), spot(uv, corners[g, 1]), spot(uv, corners[g, 2])
        turn_f = 1.0 if turns[f] > 0.0 else -1.0
        turn_g = 1.0 if turns[g] > 0.0 else -1.0
        if clearly_apart(a, b, c, turn_f, p, q, r, turn_g):
            continue
        inner, outer = mutual_heights(a, b, c, turn_f, p, q, r, turn_g)
        if all_beyond(inner) or all_beyond(outer):
            continue
        if met == room:
            return met, pairs, total, count, False
        met += 1
        common = 0.0
        for k in range(3):
            begin, end = span(inner[k], inner[k + 1 if k < 2 else 0], g > f)
            if k == 1:
                common += (end - begin) * abs(turns[f])
            sides[count], spans[count, 0], spans[count, 1] = 3 * f + k, begin, end
            count += begin < end
            begin, end = span(outer[k], outer[k + 1 if k < 2 else 0], f > g)
            common += (end - begin) * inner[0][k]
            sides[count], spans[count, 0], spans[count, 1] = 3 * g + k, begin, end
            count += begin < end
        total += common
        if common > _made_by_rounding(a, b, c):
            pairs += 1
            touched[f] = touched[g] = True
    return met, pairs, total, count, True


def _covered(layout: Layout, lanes: list[_Pieces]) -> tuple[float, float]:
    """Twice the area that at least one face covers, scaled; and the share that at least two do."""
    mapped = layout.kinds == MAPPED
    if not any(lane.count for lane in lanes):
        return float(np.abs(layout.turns[mapped]).sum()), 0.0
    start = np.zeros(3 * len(layout.corners) + 2, np.int32)
    for lane in lanes:
        _count_by_side(lane.sides[: lane.count], start)
    np.cumsum(start, dtype=np.int32, out=start)
    spans = np.empty((start[-1], 2))
    for lane in lanes:
        _put_by_side(lane.sides[: lane.count], lane.spans, start, spans)
    parts = in_halves(
        lambda first, last: _outline(
            layout.uv, layout.corners, layout.turns, mapped, first, last, start, spans
        ),
        len(layout.corners),
    )
    once, twice = (float(sum(sums)) for sums in zip(*parts, strict=True))
    return once, min(max(twice / once, 0.0), 1.0) if once else 0.0


@kernel
def _count_by_side(sides: _Ints, counts: _Ints) -> None:
    """Add how many pieces each side has, two places further."""
    for side in sides:
        counts[side + 2] += 1


@kernel
def _put_by_side(sides: _Ints, spans: _Floats, start: _Ints, by_side: _Floats) -> None:
    """Sort pieces by side: ``start[s + 1]`` goes from where side s starts to where it ends."""
    for i in range(len(sides)):
        place = start[sides[i] + 1]
        by_side[place, 0], by_side[place, 1] = spans[i, 0], spans[i, 1]
        start[sides[i] + 1] += 1


@kernel
def _sort(values: _Floats, column: int, first: int, last: int) -> None:
    """Sort a part of a column of numbers, mostly of a few."""
    if last - first > _FEW:
        values[first:last, column].sort()
        return
    for i in range(first + 1, last):
        value = values[i, column]
        j = i
        while j > first and values[j - 1, column] > value:
            values[j, column] = values[j - 1, column]
            j -= 1
        values[j, column] = value


@kernel
def _uncovered(spans: _Floats, first: int, last: int) -> tuple[float, float]:
    """Shares of a side that no piece covers, and that one covers.

    Args:
        spans: of all pieces; beginnings and ends are sorted here, each by themselves.
        first: of the side's pieces, and ``last`` the one after them.
    """
    if last == first:
        return 1.0, 0.0
    if last == first + 1:  # most, where a copy lies there
        return spans[first, 0] + (1.0 - spans[first, 1]), spans[first, 1] - spans[first, 0]
    _sort(spans, 0, first, last)
    _sort(spans, 1, first, last)
    none = one = at = 0.0
    depth, i, j = 0, first, first
    while j < last:
        begun = i < last and spans[i, 0] <= spans[j, 1]
        here = spans[i, 0] if begun else spans[j, 1]
        if depth == 0:
            none += here - at
        elif depth == 1:
            one += here - at
        at = here
        if begun:
            i += 1
            depth += 1
        else:
            j += 1
            depth -= 1
    return none + (1.0 - at), one


@kernel
def _outline(
    uv: _Floats,
    corners: _Ints,
    turns: _Floats,
    mapped: _Bools,
    first: int,
    last: int,
    start: _Ints,
    spans: _Floats,
) -> tuple[float, float]:
    """What some faces add to twice the area that at least one covers, and that at least two do."""
    once = twice = 0.0
    for f in range(first, last):
        if not mapped[f]:
            continue
        if start[3 * f] == start[3 * f + 3]:
            once += abs(turns[f])
            continue
        turned = 1.0 if turns[f] > 0.0 else -1.0
        for k in range(3):
            p, q = spot(uv, corners[f, k]), spot(uv, corners[f, k + 1 if k < 2 else 0])
            swept = turned * (p[0] * (q[1] - p[1]) - p[1] * (q[0] - p[0]))
            none, one = _uncovered(spans, start[3 * f + k], start[3 * f + k + 1])
            once += none * swept
            twice += one * swept
    return once, twice
