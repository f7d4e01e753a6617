"""A picture of UV maps: what is covered, what is covered more than once, and where islands end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.jit import kernel

MAX_PANELS = 9
REACH = 8.0
"""Textures around the square of 0..1 that are shown at most; what is beyond is not drawn."""

_MAX_SAMPLES = 200_000_000
_SAMPLES = 2  # a side, for each pixel of the result
_MARGIN = 0.04
_OUTLINED = 100_000

_PAPER = (232, 234, 238)
_TEXTURE = (250, 250, 250)
_COVERED = (150, 172, 204)
_MIRRORED = (150, 196, 178)
_RED = (222, 38, 32)
_INK = (44, 56, 78)
_FRAME = (120, 124, 132)

_Bytes = NDArray[np.uint8]
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class UvPanel:
    """The layout of one texture.

    Attributes:
        triangles: ``float64 [n, 3, 2]`` u, v at the corners, v growing downwards.
        mirrored: ``bool [n]`` triangles that show the texture as in a mirror.
        outlines: ``float64 [m, 2, 2]`` sides of islands.
    """

    triangles: _Floats = field(repr=False)
    mirrored: NDArray[np.bool_] = field(repr=False)
    outlines: _Floats = field(repr=False)


def draw_uv(panels: Sequence[UvPanel], *, size: int = 768, deadline: Deadline) -> _Bytes:
    """Draw the layouts of some textures in a square, the first at the top left.

    Blue is covered once, green mirrored, red more than once; the frame is 0..1.

    Args:
        panels: at most ``MAX_PANELS`` are drawn.
        size: pixels a side.
        deadline: checked before each panel.

    Returns:
        ``uint8 [size, size, 3]`` RGB.
    """
    shown = panels[:MAX_PANELS]
    across = math.ceil(math.sqrt(max(len(shown), 1)))
    picture = np.full((size, size, 3), _PAPER, np.uint8)
    side = size // across
    for number, panel in enumerate(shown):
        deadline.check()
        top, left = number // across * side, number % across * side
        picture[top : top + side, left : left + side] = _draw(
            panel, side, _MAX_SAMPLES // len(shown)
        )
    return picture


def _draw(panel: UvPanel, side: int, max_samples: int) -> _Bytes:
    fine = side * _SAMPLES
    lower, scale = _frame(panel.triangles, fine)
    points = (panel.triangles - lower) * scale
    counts = np.zeros((fine, fine), np.uint8)
    green = np.zeros((fine, fine), np.uint8)
    _count(points, panel.mirrored, counts, green, max_samples)
    picture = np.full((fine, fine, 3), _PAPER, np.uint8)
    corners = np.round((np.array([[0.0, 0.0], [1.0, 1.0]]) - lower) * scale).astype(int)
    (x0, y0), (x1, y1) = corners.tolist()
    cv2.rectangle(picture, (x0, y0), (x1, y1), _TEXTURE, -1)
    picture[counts > 0] = _COVERED
    picture[(counts > 0) & (green > 0)] = _MIRRORED
    picture[counts > 1] = _RED
    lines = (panel.outlines[:_OUTLINED] - lower) * scale
    near = (np.abs(lines) < 8.0 * fine).all(axis=(1, 2))
    fixed = np.round(lines[near] * 16.0).astype(np.int32)  # cv2 takes 4 fractional bits
    cv2.polylines(picture, list(fixed), False, _INK, _SAMPLES, cv2.LINE_AA, 4)
    cv2.rectangle(picture, (x0, y0), (x1, y1), _FRAME, 1)
    small: _Bytes = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)
    return small


def _frame(triangles: _Floats, size: int) -> tuple[_Floats, float]:
    """What is at the top left, and pixels for a UV unit: 0..1 and all that is near are shown."""
    columns = [triangles[..., axis] for axis in range(2)]
    lower = np.maximum([column.min(initial=0.0) for column in columns], -REACH)
    upper = np.minimum([column.max(initial=1.0) for column in columns], 1.0 + REACH)
    extent = float((upper - lower).max())
    scale = size * (1.0 - 2.0 * _MARGIN) / extent
    return (lower + upper) / 2.0 - size / (2.0 * scale), scale


@kernel
def _count(
    points: _Floats, mirrored: NDArray[np.bool_], counts: _Bytes, green: _Bytes, max_samples: int
) -> None:
    """Count the triangles over each sample, up to 2; samples are a little off the middle.

    Middles lie on the sides of many a layout, where neighbours would seem to overlap.
    """
    height, width = counts.shape
    left = max_samples
    for n in range(len(points)):
        ax, ay = points[n, 0, 0] - 0.50371, points[n, 0, 1] - 0.49529
        bx, by = points[n, 1, 0] - 0.50371, points[n, 1, 1] - 0.49529
        cx, cy = points[n, 2, 0] - 0.50371, points[n, 2, 1] - 0.49529
        turn = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        side = 1.0 if turn > 0.0 else -1.0
        x0, x1 = max(min(ax, bx, cx), 0.0), min(max(ax, bx, cx), width - 1.0)
        y0, y1 = max(min(ay, by, cy), 0.0), min(max(ay, by, cy), height - 1.0)
        if not (x0 <= x1 and y0 <= y1):
            continue
        first, last = math.ceil(x0), math.floor(x1)
        for y in range(math.ceil(y0), math.floor(y1) + 1):
            left -= last - first + 1
            if left < 0:
                return
            for x in range(first, last + 1):
                inside = (
                    (side * ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) > 0.0)
                    & (side * ((cx - bx) * (y - by) - (cy - by) * (x - bx)) > 0.0)
                    & (side * ((ax - cx) * (y - cy) - (ay - cy) * (x - cx)) > 0.0)
                )
                if inside:
                    counts[y, x] = min(counts[y, x] + 1, 2)
                    green[y, x] = mirrored[n]
