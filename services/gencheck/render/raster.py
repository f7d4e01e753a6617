"""A z-buffer rasteriser: which face is seen in each pixel, how deep, and how near its edge."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.jit import kernel

_CHUNK = 20_000_000
_MAX_PIXELS = 600_000_000

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Buffers:
    """What is seen, ``[H, W]`` each.

    Attributes:
        face: ``int32``: -1 where nothing is.
        depth: ``float32``, larger is nearer; -inf where nothing is.
        edge: ``float32`` pixels to the nearest edge of the face seen.
    """

    face: NDArray[np.int32] = field(repr=False)
    depth: NDArray[np.float32] = field(repr=False)
    edge: NDArray[np.float32] = field(repr=False)


@kernel
def _draw(  # noqa: PLR0917 - kernels are called by position
    points: _Floats,
    faces: NDArray[np.int32],
    chosen: NDArray[np.intp],
    begin: int,
    budget: int,
    face: NDArray[np.int32],
    depth: NDArray[np.float32],
    edge: NDArray[np.float32],
) -> tuple[int, int]:
    """Draw faces until so many pixels have been looked at; where to go on, and the pixels."""
    height, width = face.shape
    work = 0
    for n in range(begin, len(chosen)):
        if work >= budget:
            return n, work
        f = chosen[n]
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, bx, by = points[i, 0], points[i, 1], points[j, 0], points[j, 1]
        cx, cy = points[k, 0], points[k, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0:
            continue
        x0 = max(int(np.ceil(min(ax, bx, cx) - 0.5)), 0)
        x1 = min(int(np.floor(max(ax, bx, cx) - 0.5)), width - 1)
        y0 = max(int(np.ceil(min(ay, by, cy) - 0.5)), 0)
        y1 = min(int(np.floor(max(ay, by, cy) - 0.5)), height - 1)
        if x1 < x0 or y1 < y0:
            work += 1
            continue
        work += (x1 - x0 + 1) * (y1 - y0 + 1)
        ha = abs(area) / max(np.hypot(cx - bx, cy - by), 1e-9)  # heights over the three sides
        hb = abs(area) / max(np.hypot(ax - cx, ay - cy), 1e-9)
        hc = abs(area) / max(np.hypot(bx - ax, by - ay), 1e-9)
        for y in range(y0, y1 + 1):
            py = y + 0.5
            for x in range(x0, x1 + 1):
                px = x + 0.5
                u = ((cx - bx) * (py - by) - (cy - by) * (px - bx)) / area
                v = ((ax - cx) * (py - cy) - (ay - cy) * (px - cx)) / area
                w = 1.0 - u - v
                if u < 0.0 or v < 0.0 or w < 0.0:
                    continue
                z = u * points[i, 2] + v * points[j, 2] + w * points[k, 2]
                if z > depth[y, x]:
                    depth[y, x] = z
                    face[y, x] = f
                    edge[y, x] = min(u * ha, v * hb, w * hc)
    return len(chosen), work


def rasterise(
    points: _Floats,
    faces: NDArray[np.int32],
    chosen: NDArray[np.intp],
    size: int,
    deadline: Deadline,
) -> Buffers:
    """Draw the chosen faces into a square picture.

    Work is bounded: after 600 million pixels (a mesh of ordinary depth needs a hundredth) the rest
    of the faces is left out.

    Args:
        points: ``float64 [V, 3]`` as from ``fit_to_picture``.
        faces: ``int32 [F, 3]``.
        chosen: ``intp [n]`` faces to draw.
        size: pixels a side.
    """
    face = np.full((size, size), -1, np.int32)
    depth = np.full((size, size), -np.inf, np.float32)
    edge = np.zeros((size, size), np.float32)
    place = done = 0
    while place < len(chosen) and done < _MAX_PIXELS:
        deadline.check()
        place, work = _draw(points, faces, chosen, place, _CHUNK, face, depth, edge)
        done += work
    return Buffers(face, depth, edge)
