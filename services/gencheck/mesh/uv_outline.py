"""The outlines of a layout, and whether they alone prove that no faces overlap.

An outline is what is left of the sides of all faces, each turned so that the face is on its left,
when those cancel that two faces of an island run along in both directions. The number of faces over
a point is the winding number of all outlines of the texture around it. Where these are simple loops
that touch neither themselves nor each other, that number changes only across a loop, by one: so no
two faces overlap when each loop has one face to its left and none to its right.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.mesh.bvh import Tree, build_tree
from gencheck.mesh.flat import Spot
from gencheck.mesh.halfedges import HalfEdges, forward
from gencheck.mesh.uv_clip import spot, turn_of
from gencheck.mesh.uv_layout import MAPPED, Layout

MAX_WORK = 30_000_000
"""Boxes looked at; where more would be needed, nothing is proven of the textures left."""

_STACK = 256

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]
_Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outlines:
    """The sides of all outlines.

    Attributes:
        sides: ``int32 [m]`` half-edges, ascending.
        ends: ``int32 [m, 2]`` rows of ``Layout.uv``, the face on the left.
        space: ``int32 [m]`` number of the texture.
        tree: over the sides, by boxes that overlap where sides may be within a distance; ``None``
            where there are no sides.
    """

    sides: _Ints = field(repr=False)
    ends: _Ints = field(repr=False)
    space: _Ints = field(repr=False)
    tree: Tree | None = field(repr=False)


def find_outlines(layout: Layout, edges: HalfEdges, reach: float) -> Outlines:
    """Find the outlines of the mapped faces.

    Args:
        edges: over ``layout.corners``.
        reach: the distance that boxes must tell of, scaled.
    """
    kept = _kept(edges.twin, edges.clash, layout.kinds, layout.turns)
    sides = np.flatnonzero(kept).astype(np.int32)
    ends = _ends(layout.corners, layout.turns, sides)
    tree = None
    if len(sides):
        numbers = np.arange(len(sides), dtype=np.int32)
        boxes = np.column_stack([2 * numbers, 2 * numbers + 1, 2 * numbers + 1])
        tree = build_tree(_grown(layout.uv, ends, reach), boxes, numbers, turn=False)
    return Outlines(sides, ends, layout.space[sides // 3], tree)


@kernel
def _kept(twin: _Ints, clash: _Bools, kinds: NDArray[np.uint8], turns: _Floats) -> _Bools:
    """Which half-edges of mapped faces are not cancelled by their other half."""
    kept = np.zeros(len(twin), np.bool_)
    for h in range(len(twin)):
        f = h // 3
        if kinds[f] != MAPPED:
            continue
        kept[h] = True
        if twin[h] >= 0 and kinds[twin[h] // 3] == MAPPED:
            folded = (turns[f] > 0.0) != (turns[twin[h] // 3] > 0.0)
            kept[h] = folded != clash[h]
    return kept


@kernel
def _ends(corners: _Ints, turns: _Floats, sides: _Ints) -> _Ints:
    ends = np.empty((len(sides), 2), np.int32)
    for i in range(len(sides)):
        f, k = sides[i] // 3, sides[i] % 3
        begin, end = corners[f, k], corners[f, forward(sides[i]) % 3]
        if turns[f] < 0.0:
            begin, end = end, begin
        ends[i, 0], ends[i, 1] = begin, end
    return ends


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


def unproven_spaces(
    layout: Layout, outlines: Outlines, touching: _Bools, *, max_work: int = MAX_WORK
) -> _Bools:
    """Textures whose outlines do not prove that no faces overlap, ``bool [S]``.

    Args:
        touching: ``bool [m]`` sides that have more in common with another one than an end of one
            and the beginning of the other.
        max_work: when to give up.
    """
    unproven = np.zeros(int(layout.space.max(initial=0)) + 1, np.bool_)
    if outlines.tree is None:
        return unproven
    unproven[outlines.space[touching]] = True
    tree, ends, space = outlines.tree, outlines.ends, outlines.space
    following = _following(ends, len(layout.uv), space, unproven)
    loops, first = _loops(layout.uv, ends, following)
    _prove(
        layout.uv, ends, following, loops, first, space, tree.order, tree.boxes, tree.nodes,
        max_work, unproven,
    )  # fmt: skip
    return unproven


@kernel
def _following(ends: _Ints, rows: int, space: _Ints, unproven: _Bools) -> _Ints:
    """The side that begins where each ends; -1 where it is not the only one."""
    begin = np.full(rows, -1, np.int32)
    for i in range(len(ends)):
        if begin[ends[i, 0]] != -1:
            unproven[space[i]] = True
        begin[ends[i, 0]] = i
    following = np.empty(len(ends), np.int32)
    for i in range(len(ends)):
        following[i] = begin[ends[i, 1]]
    return following


@kernel
def _loops(uv: _Floats, ends: _Ints, following: _Ints) -> tuple[_Ints, _Ints]:
    """The loop of each side; and of each loop the side that ends at its smallest u, v."""
    loops = np.full(len(ends), -1, np.int32)
    first = np.empty(len(ends), np.int32)
    count = 0
    for i in range(len(ends)):
        if loops[i] != -1:
            continue
        at = first[count] = i
        while at != -1 and loops[at] == -1:
            loops[at] = count
            here, least = ends[at, 1], ends[first[count], 1]
            if uv[here, 0] < uv[least, 0] or (
                uv[here, 0] == uv[least, 0] and uv[here, 1] < uv[least, 1]
            ):
                first[count] = at
            at = following[at]
        count += 1
    return loops, first[:count]


@kernel
def _is_further(a: Spot, b: Spot, p: Spot, q: Spot) -> bool:
    """Whether side p q crosses a line of one height at larger x than side a b, exactly.

    Args:
        a: the lower end, as ``p`` is; the sides have no more than an end in common, and both reach
            the height.
    """
    if p == a:
        return turn_of(a, b, q) < 0.0 if q[1] <= b[1] else turn_of(p, q, b) > 0.0
    return turn_of(a, b, p) < 0.0 if p[1] >= a[1] else turn_of(p, q, a) > 0.0


@kernel
def _before(
    uv: _Floats,
    ends: _Ints,
    loops: _Ints,
    order: _Ints,
    boxes: _Floats,
    nodes: _Floats,
    row: int,
    own: int,
) -> tuple[int, int]:
    """The nearest side of another loop of the texture at smaller x, -1 for none; boxes looked at.

    What is at the height of the row counts as a little below.
    """
    x, y, z = uv[row, 0], uv[row, 1], uv[row, 2]
    leaves = len(nodes) // 2
    per_leaf = boxes.shape[2]
    stack = np.empty(_STACK, np.int64)
    stack[0] = 1
    top, looked, nearest = 1, 0, -1
    low, high = (0.0, 0.0), (0.0, 0.0)
    beyond = -np.inf
    while top > 0:
        top -= 1
        node = stack[top]
        looked += 1
        if (
            (x < nodes[node, 0])
            | (beyond > nodes[node, 3])
            | (y < nodes[node, 1])
            | (y > nodes[node, 4])
            | (z < nodes[node, 2])
            | (z > nodes[node, 5])
        ):
            continue
        if node < leaves:
            swap = int(nodes[2 * node, 3] > nodes[2 * node + 1, 3])
            stack[top], stack[top + 1] = 2 * node + swap, 2 * node + 1 - swap
            top += 2
            continue
        box = boxes[node - leaves]
        for k in range(per_leaf):
            if (x < box[0, k]) | (beyond > box[3, k]) | (y < box[1, k]) | (y > box[4, k]):
                continue
            i = order[(node - leaves) * per_leaf + k]
            if loops[i] == own or uv[ends[i, 0], 2] != z:
                continue
            a, b = spot(uv, ends[i, 0]), spot(uv, ends[i, 1])
            if (a[1] <= y) == (b[1] <= y):
                continue
            if a[1] > b[1]:
                a, b = b, a
            if turn_of(a, b, (x, y)) >= 0.0 or (nearest >= 0 and not _is_further(low, high, a, b)):
                continue
            nearest, low, high = i, a, b
            beyond = min(a[0], b[0])
    return nearest, looked


@kernel
def _prove(
    uv: _Floats,
    ends: _Ints,
    following: _Ints,
    loops: _Ints,
    first: _Ints,
    space: _Ints,
    order: _Ints,
    boxes: _Floats,
    nodes: _Floats,
    max_work: int,
    unproven: _Bools,
) -> None:
    """Look at each loop of the textures that are not given up yet.

    What is around a loop is told by the nearest side before its smallest corner. That is right if
    it is so of the side's loop, which has a smaller corner; and so of all, or one of them is wrong.
    """
    work = 0
    for loop in range(len(first)):
        side = first[loop]
        if unproven[space[side]]:
            continue
        if following[side] == -1 or work > max_work:
            unproven[space[side]] = True
            continue
        row = ends[side, 1]
        last = ends[following[side], 1]
        # At its smallest corner a loop turns left where its inside is on its left.
        outer = turn_of(spot(uv, ends[side, 0]), spot(uv, row), spot(uv, last)) > 0.0
        before, looked = _before(uv, ends, loops, order, boxes, nodes, row, loop)
        work += looked
        # On the left of a side is a face, where that is right of its own loop: it goes down.
        inside = before >= 0 and uv[ends[before, 0], 1] > uv[ends[before, 1], 1]
        if inside == outer:
            unproven[space[side]] = True
