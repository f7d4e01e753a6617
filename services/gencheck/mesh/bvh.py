"""A bounding volume hierarchy over faces, and the walk that finds all pairs that touch.

Faces are sorted along a Morton curve and cut into leaves of equal size under an implicit complete
binary tree: node n has the children 2 n and 2 n + 1. (T. Karras, "Maximizing Parallelism in the
Construction of BVHs, Octrees, and k-d Trees", 2012, for the order; the tree is balanced by count.)
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel, trailing_zeros
from gencheck.lanes import each, halves, in_halves, is_short
from gencheck.mesh.faces import FLAT, SOUND
from gencheck.mesh.points import point

_LEAF = 16  # as many boxes are compared at once, without a branch
LEAF_PAIRS = _LEAF * _LEAF
LEAF_WORK = 32
"""How many pairs of other nodes cost as much as all pairs of boxes of two leaves."""
STACK = 256
"""Pairs that a search adds to its stack at most: three a level, and a tree has fewer than 64."""
_FRAME_SAMPLE = 2_000

PADDING = 2.0**-50
"""Added to boxes on all sides: more than a turn of coordinates within ±0.5 can round away."""

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Tree:
    """The hierarchy.

    Attributes:
        vertices: ``float64 [V, 3]``: those that it is over, from ``best_frame``.
        order: ``int32 [n]`` faces in Morton order.
        boxes: ``float64 [L, 6, 16]`` boxes of the faces in each leaf: lower, then upper corner.
        nodes: ``float64 [2 L, 6]`` box of each node; node 1 is the root, leaves start at L.
    """

    vertices: _Floats = field(repr=False)
    order: _Ints = field(repr=False)
    boxes: _Floats = field(repr=False)
    nodes: _Floats = field(repr=False)


@kernel
def _spread(x: np.uint64) -> np.uint64:
    """Put two zero bits between the 21 lowest bits."""
    x &= np.uint64(0x1FFFFF)
    x = (x | x << np.uint64(32)) & np.uint64(0x1F00000000FFFF)
    x = (x | x << np.uint64(16)) & np.uint64(0x1F0000FF0000FF)
    x = (x | x << np.uint64(8)) & np.uint64(0x100F00F00F00F00F)
    x = (x | x << np.uint64(4)) & np.uint64(0x10C30C30C30C30C3)
    return (x | x << np.uint64(2)) & np.uint64(0x1249249249249249)


@kernel
def _extent(vertices: _Floats, faces: _Ints, chosen: _Ints) -> tuple[_Floats, _Floats]:
    """The smallest and the largest sums of corners."""
    lower = np.full(3, np.inf)
    upper = np.full(3, -np.inf)
    for f in chosen:
        for k in range(3):
            middle = vertices[faces[f, 0], k] + vertices[faces[f, 1], k] + vertices[faces[f, 2], k]
            lower[k] = min(lower[k], middle)
            upper[k] = max(upper[k], middle)
    return lower, upper


@kernel
def _morton_codes(
    vertices: _Floats,
    faces: _Ints,
    chosen: _Ints,
    begin: int,
    end: int,
    lower: _Floats,
    upper: _Floats,
    codes: NDArray[np.uint64],
) -> None:
    for i in range(begin, end):
        f = chosen[i]
        code = np.uint64(0)
        for k in range(3):
            extent = upper[k] - lower[k]
            middle = vertices[faces[f, 0], k] + vertices[faces[f, 1], k] + vertices[faces[f, 2], k]
            share = (middle - lower[k]) / extent if extent > 0.0 else 0.0
            code |= _spread(np.uint64(share * 2097151.0)) << np.uint64(k)
        codes[i] = code


@kernel
def _fill_leaves(
    vertices: _Floats,
    faces: _Ints,
    order: _Ints,
    begin: int,
    end: int,
    boxes: _Floats,
    nodes: _Floats,
    padding: float,
) -> None:
    """Fill some of the leaves; a place without a face has a box that overlaps none."""
    leaves = len(nodes) // 2
    for leaf in range(begin, end):
        node = leaves + leaf
        for k in range(3):
            nodes[node, k], nodes[node, k + 3] = np.inf, -np.inf
            for place in range(_LEAF):
                boxes[leaf, k, place], boxes[leaf, k + 3, place] = np.inf, -np.inf
        for i in range(leaf * _LEAF, min(leaf * _LEAF + _LEAF, len(order))):
            a, b, c = faces[order[i], 0], faces[order[i], 1], faces[order[i], 2]
            place = i - leaf * _LEAF
            for k in range(3):
                low = min(vertices[a, k], vertices[b, k], vertices[c, k]) - padding
                high = max(vertices[a, k], vertices[b, k], vertices[c, k]) + padding
                if padding == 0.0 and low < high:
                    low = np.nextafter(low, np.inf)  # above where a box that touches it ends
                boxes[leaf, k, place] = low
                boxes[leaf, k + 3, place] = high
                nodes[node, k] = min(nodes[node, k], low)
                nodes[node, k + 3] = max(nodes[node, k + 3], high)


@kernel
def _fill_nodes(nodes: _Floats) -> None:
    for node in range(len(nodes) // 2 - 1, 0, -1):
        for k in range(3):
            nodes[node, k] = min(nodes[2 * node, k], nodes[2 * node + 1, k])
            nodes[node, k + 3] = max(nodes[2 * node, k + 3], nodes[2 * node + 1, k + 3])


def best_frame(vertices: _Floats, faces: _Ints, chosen: _Ints) -> _Floats:
    """The vertices, turned where boxes along other axes fit the faces much more closely.

    Long thin faces askew to the axes, such as those of a cable, have boxes that are nearly all
    air. The axes tried are the principal ones of the edges, weighted by length.

    Returns:
        ``float64 [V, 3]``: the vertices themselves, or turned with an error below ``PADDING``.
    """
    sample = np.ascontiguousarray(chosen[:: max(1, len(chosen) // _FRAME_SAMPLE)])
    turn = np.linalg.eigh(_edge_directions(vertices, faces, sample))[1]
    turn[:, 0] *= np.sign(np.linalg.det(turn))  # a turn, and no reflection: faces keep their sides
    if 2.0 * _box_surface(vertices, faces, sample, turn) > _box_surface(
        vertices, faces, sample, np.eye(3)
    ):
        return vertices
    turned: _Floats = vertices @ turn
    return turned


@kernel
def _edge_directions(vertices: _Floats, faces: _Ints, chosen: _Ints) -> _Floats:
    """The sum over all edges of their direction's outer square, times their length cubed."""
    total = np.zeros((3, 3))
    for f in chosen:
        for k in range(3):
            a, b = point(vertices, faces[f, k]), point(vertices, faces[f, (k + 1) % 3])
            edge = b[0] - a[0], b[1] - a[1], b[2] - a[2]
            length = np.sqrt(edge[0] ** 2 + edge[1] ** 2 + edge[2] ** 2)
            for i in range(3):
                for j in range(3):
                    total[i, j] += length * edge[i] * edge[j]
    return total


@kernel
def _box_surface(vertices: _Floats, faces: _Ints, chosen: _Ints, axes: _Floats) -> float:
    """The sum of the surfaces, halved, of boxes of faces along three axes (columns)."""
    total = 0.0
    sides = np.empty(3)
    for f in chosen:
        for k in range(3):
            low, high = np.inf, -np.inf
            for corner in range(3):
                p = point(vertices, faces[f, corner])
                place = p[0] * axes[0, k] + p[1] * axes[1, k] + p[2] * axes[2, k]
                low, high = min(low, place), max(high, place)
            sides[k] = high - low
        total += sides[0] * sides[1] + sides[1] * sides[2] + sides[2] * sides[0]
    return total


def build_tree(
    vertices: _Floats,
    faces: _Ints,
    chosen: _Ints,
    *,
    turn: bool = True,
    padding: float = PADDING,
) -> Tree:
    """Build the hierarchy over the chosen faces.

    Args:
        vertices: ``float64 [V, 3]``, within ±0.5.
        faces: ``int32 [F, 3]``.
        chosen: ``int32 [n]`` faces to hold, at least one.
        turn: whether boxes may be along other axes (``best_frame``): not where they are compared
            with anything but each other.
        padding: 0 where faces whose boxes only touch are not asked for, and none is a point.
    """
    given = vertices
    vertices = best_frame(vertices, faces, chosen) if turn else vertices
    padding = padding if vertices is given else PADDING
    lower, upper = _extent(vertices, faces, chosen)
    codes = np.empty(len(chosen), np.uint64)
    in_halves(
        lambda begin, end: _morton_codes(vertices, faces, chosen, begin, end, lower, upper, codes),
        len(chosen),
    )
    order = chosen[np.argsort(codes)]
    leaves = 1 << (-(-len(order) // _LEAF) - 1).bit_length()
    boxes, nodes = np.empty((leaves, 6, _LEAF)), np.empty((2 * leaves, 6))
    each(
        lambda part: _fill_leaves(vertices, faces, order, *part, boxes, nodes, padding),
        halves(leaves),
        short=is_short(len(order)),
    )
    _fill_nodes(nodes)
    return Tree(vertices, order, boxes, nodes)


def tree_of_faces(vertices: _Floats, faces: _Ints, kinds: NDArray[np.uint8]) -> Tree:
    """The hierarchy over all faces with three distinct vertices that are finite, at least one.

    Args:
        vertices: ``float64 [V, 3]``, scaled (``scale.py``).
        faces: ``int32 [F, 3]``.
        kinds: ``uint8 [F]`` from ``classify_faces``.
    """
    return build_tree(
        vertices, faces, np.flatnonzero((kinds == SOUND) | (kinds == FLAT)).astype(np.int32)
    )


@kernel
def _overlap(a: _Floats, i: int, b: _Floats, j: int) -> bool:
    apart: bool = (
        a[i, 0] > b[j, 3]
        or b[j, 0] > a[i, 3]
        or a[i, 1] > b[j, 4]
        or b[j, 1] > a[i, 4]
        or a[i, 2] > b[j, 5]
        or b[j, 2] > a[i, 5]
    )
    return not apart


@kernel
def _push_children(nodes: _Floats, stack: _Ints, top: int, a: int, b: int) -> int:
    """Put the pairs of children whose boxes overlap on the stack; its new height."""
    for i in range(2 * a, 2 * a + 2):
        for j in range(2 * b if a != b else i, 2 * b + 2):
            if i == j or _overlap(nodes, i, nodes, j):
                stack[top, 0] = i
                stack[top, 1] = j
                top += 1
    return top


@kernel
def split_search(nodes: _Floats, wanted: int) -> _Ints:
    """The pairs of nodes of the first level that has at least so many, ``int32 [n, 2]``.

    A pair of a node and itself stands for the pairs of faces below it. All pairs of faces whose
    boxes overlap are below one of these pairs, and below no other.
    """
    leaves = len(nodes) // 2
    level = np.ones((1, 2), np.int32)
    while len(level) < wanted and level[0, 0] < leaves:
        below = np.empty((4 * len(level), 2), np.int32)
        top = 0
        for k in range(len(level)):
            top = _push_children(nodes, below, top, level[k, 0], level[k, 1])
        level = below[:top]
    return level


@kernel
def find_candidates(
    order: _Ints, boxes: _Floats, nodes: _Floats, stack: _Ints, top: int, candidates: _Ints
) -> tuple[int, int, int]:
    """Find pairs of faces whose boxes overlap, below some pairs of nodes.

    Args:
        stack: ``int32 [n, 2]``: pairs of nodes of the same level, room for ``STACK`` more.
        top: how many there are.
        candidates: ``int32 [n, 2]``, at least ``LEAF_PAIRS`` rows: filled with pairs of faces.

    Returns:
        Pairs left on the stack, pairs of nodes looked at, a pair of leaves counting for
        ``LEAF_WORK``, and pairs of faces found. It stops where there is no room for more, or after
        so much work that a caller may ask in between whether it is still wanted.
    """
    leaves = len(nodes) // 2
    room = len(candidates) - LEAF_PAIRS
    near, hits = np.empty(_LEAF, np.uint8), np.empty(_LEAF, np.uint8)
    near_eights, eights = near.view(np.uint64), hits.view(np.uint64)
    looked = count = 0
    while top > 0 and count <= room and looked < 16 * len(candidates):
        top -= 1
        a, b = stack[top, 0], stack[top, 1]
        looked += 1
        if a < leaves:
            top = _push_children(nodes, stack, top, a, b)
            continue
        # All in one function: an array handed to another one is counted, at every call.
        looked += LEAF_WORK - 1
        own, other = boxes[a - leaves], boxes[b - leaves]
        for i in range(_LEAF):
            near[i] = (
                (own[0, i] <= nodes[b, 3])
                & (nodes[b, 0] <= own[3, i])
                & (own[1, i] <= nodes[b, 4])
                & (nodes[b, 1] <= own[4, i])
                & (own[2, i] <= nodes[b, 5])
                & (nodes[b, 2] <= own[5, i])
            )
        for part in range(_LEAF // 8):
            rows = near_eights[part]
            while rows != 0:
                row = 8 * part + np.int64(trailing_zeros(rows) >> np.uint64(3))
                rows &= rows - np.uint64(1)
                left, front, bottom = own[0, row], own[1, row], own[2, row]
                right, back, upper = own[3, row], own[4, row], own[5, row]
                for j in range(_LEAF):
                    hits[j] = (
                        (left <= other[3, j])
                        & (other[0, j] <= right)
                        & (front <= other[4, j])
                        & (other[1, j] <= back)
                        & (bottom <= other[5, j])
                        & (other[2, j] <= upper)
                    )
                for k in range(_LEAF // 8):
                    eight = eights[k]  # most are zero
                    while eight != 0:
                        place = 8 * k + np.int64(trailing_zeros(eight) >> np.uint64(3))
                        eight &= eight - np.uint64(1)
                        candidates[count, 0] = order[(a - leaves) * _LEAF + row]
                        candidates[count, 1] = order[(b - leaves) * _LEAF + place]
                        # A branch would be a guess: a pair that does not count is overwritten.
                        count += (a != b) | (place > row)
    return top, looked, count
