"""Geometry that several roles need: sizes that a network takes, overlaps, suppression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.findings import Box

Boxes = NDArray[np.float32]
"""``float32 [n, 4]``: x1, y1, x2, y2."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies in a network's input: ``x * wide + left``, ``y * tall + top``."""

    wide: float
    tall: float
    left: int
    top: int


def to_box(corners: NDArray[np.float32]) -> Box:
    """A row of :data:`Boxes` as a box."""
    x1, y1, x2, y2 = (float(value) for value in corners)
    return Box(x1, y1, x2 - x1, y2 - y1)


def fit_side(height: int, width: int, *, side: int) -> float:
    """The factor by which a picture shrinks so that its longer side is at most ``side``."""
    return min(1.0, side / max(height, width))


def multiple_of(size: float, step: int) -> int:
    """The multiple of ``step`` nearest to the size, at least one step."""
    return max(step, round(size / step) * step)


def overlaps(box: NDArray[np.float32], others: Boxes) -> NDArray[np.float32]:
    """IoU of one box with each of the others, ``float32 [n]``."""
    left_top = np.maximum(box[:2], others[:, :2])
    right_bottom = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(right_bottom - left_top, 0, None), axis=1)
    union = _area(box[None]) + _area(others) - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float32)


def _area(boxes: Boxes) -> NDArray[np.float32]:
    sides: NDArray[np.float32] = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return sides[:, 0] * sides[:, 1]


def suppress(
    boxes: Boxes, scores: NDArray[np.float32], *, iou: float, most: int
) -> NDArray[np.int64]:
    """Greedy non-maximum suppression.

    Args:
        iou: a box that overlaps a better one by more than this is dropped.
        most: how many boxes are kept at most, and a hundred times as many looked at.

    Returns:
        Indices of the boxes that stay, best score first.
    """
    order = np.argsort(-scores, kind="stable")[: 100 * most]
    kept: list[int] = []
    while order.size and len(kept) < most:
        best, order = int(order[0]), order[1:]
        kept.append(best)
        order = order[overlaps(boxes[best], boxes[order]) <= iou]
    return np.asarray(kept, dtype=np.int64)
