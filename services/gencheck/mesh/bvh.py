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

from gencheck.jit import kernel
from gencheck.mesh.contact import faces_touch
from gencheck.mesh.predicates import WORK

TEST_WORK = 8
"""What a test of two faces costs, beside looking at a node."""

_LEAF = 4
_DEPTH = 64
_FRAME_SAMPLE = 20_000

PADDING = 2.0**-50
"""Added to boxes on all sides: more than a turn of coordinates within ±0.5 can round away."""

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Tree:
    """The hierarchy.

    Attributes:
        order: ``int32 [n]`` faces in Morton order.
        boxes: ``float64 [n, 6]`` box of each face in that order: lower, then upper corner.
        nodes: ``float64 [2 L, 6]`` box of each node; node 1 is the root, leaves start at L.
    """

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
def _morton_codes(vertices: _Floats, faces: _Ints, chosen: _Ints) -> NDArray[np.uint64]:
    lower = np.full(3, np.inf)
    upper = np.full(3, -np.inf)
    for f in chosen:
        for k in range(3):
            middle = vertices[faces[f, 0], k] + vertices[faces[f, 1], k] + vertices[faces[f, 2], k]
            lower[k] = min(lower[k], middle)
            upper[k] = max(upper[k], middle)
    codes = np.empty(len(chosen), np.uint64)
    for i in range(len(chosen)):
        f = chosen[i]
        code = np.uint64(0)
        for k in range(3):
            extent = upper[k] - lower[k]
            middle = vertices[faces[f, 0], k] + vertices[faces[f, 1], k] + vertices[faces[f, 2], k]
            share = (middle - lower[k]) / extent if extent > 0.0 else 0.0
            code |= _spread(np.uint64(share * 2097151.0)) << np.uint64(k)
        codes[i] = code
    return codes


@kernel
def _fill_boxes(vertices: _Floats, faces: _Ints, order: _Ints) -> tuple[_Floats, _Floats]:
    n = len(order)
    leaves = 1
    while leaves * _LEAF < n:
        leaves *= 2
    boxes = np.empty((n, 6))
    nodes = np.empty((2 * leaves, 6))
    nodes[:, :3] = np.inf
    nodes[:, 3:] = -np.inf
    for i in range(n):
        a, b, c = faces[order[i], 0], faces[order[i], 1], faces[order[i], 2]
        node = leaves + i // _LEAF
        for k in range(3):
            low = min(vertices[a, k], vertices[b, k], vertices[c, k])
            high = max(vertices[a, k], vertices[b, k], vertices[c, k])
            low -= PADDING
            high += PADDING
            boxes[i, k] = low
            boxes[i, k + 3] = high
            nodes[node, k] = min(nodes[node, k], low)
            nodes[node, k + 3] = max(nodes[node, k + 3], high)
    for node in range(leaves - 1, 0, -1):
        for k in range(3):
            nodes[node, k] = min(nodes[2 * node, k], nodes[2 * node + 1, k])
            nodes[node, k + 3] = max(nodes[2 * node, k + 3], nodes[2 * node + 1, k + 3])
    return boxes, nodes


def best_frame(vertices: _Floats, faces: _Ints, chosen: _Ints) -> _Floats:
    """The vertices, turned where boxes along other axes fit the faces much more closely.

    Long thin faces askew to the axes, such as those of a cable, have boxes that are nearly all
    air. The axes tried are the principal ones of the edges, weighted by length.

    Returns:
        ``float64 [V, 3]``: the vertices themselves, or turned with an error below ``PADDING``.
    """
    corners = vertices[faces[chosen[:: max(1, len(chosen) // _FRAME_SAMPLE)]]]
    edges = (corners - np.roll(corners, 1, axis=1)).reshape(-1, 3)
    weighted = edges * np.linalg.norm(edges, axis=1, keepdims=True)
    turn = np.linalg.eigh(weighted.T @ edges)[1]
    if 2.0 * _box_surface(corners @ turn) > _box_surface(corners):
        return vertices
    turned: _Floats = vertices @ turn
    return turned


def _box_surface(corners: _Floats) -> float:
    x, y, z = np.ptp(corners, axis=1).T
    return float((x * y + y * z + z * x).sum())


def build_tree(vertices: _Floats, faces: _Ints, chosen: _Ints) -> Tree:
    """Build the hierarchy over the chosen faces.

    Args:
        vertices: ``float64 [V, 3]``, from ``best_frame``.
        faces: ``int32 [F, 3]``.
        chosen: ``int32 [n]`` faces to hold, at least one.
    """
    order = chosen[np.argsort(_morton_codes(vertices, faces, chosen))]
    boxes, nodes = _fill_boxes(vertices, faces, order)
    return Tree(order, boxes, nodes)


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
def touching_pairs(
    vertices: _Floats,
    faces: _Ints,
    order: _Ints,
    boxes: _Floats,
    nodes: _Floats,
    begin: tuple[int, int],
    budget: int,
    touched: NDArray[np.bool_],
) -> tuple[int, int, int, int, int]:
    """Test pairs of faces whose boxes overlap, each pair once, until some work is done.

    Args:
        begin: where to go on: a place in the order, and the first place to pair it with.
        budget: work allowed: 1 for a node looked at, ``TEST_WORK`` for a pair tested.
        touched: ``bool [F]``: set for faces in a pair that touches.

    Returns:
        Where to go on (the first number is ``len(order)`` when all is done), the work and the
        tests done, and the pairs that touch among them.
    """
    work = np.empty(WORK)
    stack = np.empty(_DEPTH, np.int64)
    n, leaves = len(order), len(nodes) // 2
    done = tests = pairs = 0
    resume = begin[1]
    for i in range(begin[0], n):
        if done >= budget:
            return i, resume, done, tests, pairs
        f = order[i]
        first = max(i + 1, resume)
        resume = 0
        stack[0] = 1
        top = 1
        while top > 0:
            top -= 1
            node = stack[top]
            done += 1
            if not _overlap(boxes, i, nodes, node):
                continue
            if node < leaves:
                # The last face below a child tells whether anything there is still to be paired.
                low, high = 2 * node, 2 * node + 1
                stack[top] = high
                top += 1
                last = low
                while last < leaves:
                    last = 2 * last + 1
                if (last - leaves + 1) * _LEAF > first:
                    stack[top] = low
                    top += 1
                continue
            start = (node - leaves) * _LEAF
            for j in range(max(start, first), min(start + _LEAF, n)):
                if not _overlap(boxes, i, boxes, j):
                    continue
                if done >= budget:
                    return i, j, done, tests, pairs
                done += TEST_WORK
                tests += 1
                if faces_touch(vertices, faces, f, order[j], work):
                    pairs += 1
                    touched[f] = True
                    touched[order[j]] = True
    return n, 0, done, tests, pairs
