"""How much of the texture is used more than once, by points, where the pairs are too many."""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.jit import kernel
from gencheck.mesh.bvh import build_tree
from gencheck.mesh.uv_clip import heights, spot
from gencheck.mesh.uv_layout import Layout

POINTS = 30_000
MIN_COVERED = 100
"""Points that must be covered for their share to mean anything."""

_MAX_VISITS = 2_000
MAX_WORK = 10_000_000  # boxes looked at, of nodes and of faces
_CHUNK = 2_000
_STACK = 256
# R3, of the positive root of x⁴ = x + 1 (M. Roberts 2018): even, however many are used.
_STEPS = 1.2207440846057596 ** -np.arange(1.0, 4.0)

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]


def share_used_twice(layout: Layout, *, deadline: Deadline) -> float | None:
    """Throw points evenly into the bounding boxes of the textures' layouts.

    Args:
        deadline: checked every 2,000 points.

    Returns:
        Of the points that a face covers, the share that at least two cover; ``None`` where too few
        points tell.
    """
    points = _points(layout)
    tree = build_tree(layout.uv, layout.corners, layout.mapped, turn=False)
    once = twice = work = 0
    for first in range(0, POINTS, _CHUNK):
        deadline.check()
        covered, again, visits = _count_covers(
            layout.uv, layout.corners, layout.turns, tree.order, tree.boxes, tree.nodes,
            points[first : first + _CHUNK],
        )  # fmt: skip
        once, twice, work = once + covered, twice + again, work + visits
        if work > MAX_WORK:
            break
    return twice / once if once >= MIN_COVERED else None


def _points(layout: Layout) -> _Floats:
    """``float64 [POINTS, 3]``: u, v and the number of the texture, as in ``Layout.uv``."""
    lower, upper = _bounds(layout.uv, layout.corners, layout.mapped, layout.space)
    size = np.where(lower <= upper, upper - lower, 0.0)  # of a texture without faces: nothing
    shares = np.cumsum(size[:, 0] * size[:, 1])
    at = np.arange(1.0, POINTS + 1.0)[:, None] * _STEPS % 1.0
    box = np.searchsorted(shares, at[:, 2] * shares[-1], side="right").clip(0, len(shares) - 1)
    points: _Floats = lower[box]
    points[:, :2] += at[:, :2] * size[box, :2]
    return points


@kernel
def _bounds(uv: _Floats, corners: _Ints, faces: _Ints, space: _Ints) -> tuple[_Floats, _Floats]:
    """Lower and upper corners of the layouts by texture, ``float64 [S, 3]``."""
    count = space.max() + 1
    lower, upper = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    for f in faces:
        for corner in range(3):
            for k in range(3):
                at = uv[corners[f, corner], k]
                lower[space[f], k] = min(lower[space[f], k], at)
                upper[space[f], k] = max(upper[space[f], k], at)
    return lower, upper


@kernel
def _covers(uv: _Floats, corners: _Ints, turns: _Floats, f: int, at: tuple[float, float]) -> bool:
    side = 1.0 if turns[f] > 0.0 else -1.0
    a, b, c = spot(uv, corners[f, 0]), spot(uv, corners[f, 1]), spot(uv, corners[f, 2])
    h = heights(at, a, b, c, side)
    return h[0] > 0.0 and h[1] > 0.0 and h[2] > 0.0


@kernel
def _count_covers(
    uv: _Floats,
    corners: _Ints,
    turns: _Floats,
    order: _Ints,
    boxes: _Floats,
    nodes: _Floats,
    points: _Floats,
) -> tuple[int, int, int]:
    """Points that a face covers, that two cover, and boxes looked at.

    A point that is on no face's inside after many boxes is left out.
    """
    leaves = len(nodes) // 2
    width = boxes.shape[2]
    stack = np.empty(_STACK, np.int64)
    once = twice = work = 0
    for i in range(len(points)):
        u, v, space = points[i, 0], points[i, 1], points[i, 2]
        stack[0] = 1
        top, covers, visits = 1, 0, 0
        while top > 0 and covers < 2 and visits < _MAX_VISITS:
            top -= 1
            node = stack[top]
            visits += 1
            if (
                (u < nodes[node, 0])
                | (u > nodes[node, 3])
                | (v < nodes[node, 1])
                | (v > nodes[node, 4])
                | (space < nodes[node, 2])
                | (space > nodes[node, 5])
            ):
                continue
            if node < leaves:
                stack[top], stack[top + 1] = 2 * node, 2 * node + 1
                top += 2
                continue
            leaf = node - leaves
            visits += width
            for k in range(width):
                if (
                    (boxes[leaf, 0, k] <= u)
                    & (u <= boxes[leaf, 3, k])
                    & (boxes[leaf, 1, k] <= v)
                    & (v <= boxes[leaf, 4, k])
                    & (boxes[leaf, 2, k] <= space)
                    & (space <= boxes[leaf, 5, k])
                ):
                    covers += _covers(uv, corners, turns, order[leaf * width + k], (u, v))
        work += visits
        if top == 0 or covers >= 2:
            once += covers >= 1
            twice += covers >= 2
    return once, twice, work
