"""A z-buffer: which face is seen in each sample, and how deep.

Coordinates are whole numbers, and a sample on an edge belongs to the face for which the edge is a
top or a left one: faces that share an edge leave no sample out and draw none twice. A sample is
one number, depth above face, so that the larger one is what is seen, in whatever order faces come.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.jit import inlined, lean_kernel
from gencheck.lanes import LANES, each, halves, is_short
from gencheck.media.appearance import AlphaMode
from gencheck.render.shade import Scene, shade

_CHUNK = 20_000_000
_OF_SHADING = 32  # a colour takes as long as so many samples that are only looked at
_OPAQUE, _MASK = int(AlphaMode.OPAQUE), int(AlphaMode.MASK)
MAX_SAMPLES = 600_000_000
"""Samples looked at for one picture; a mesh of ordinary depth needs a hundredth."""

NOTHING = -1 << 62
"""A sample in which no face is."""

Ints = NDArray[np.int32]
Samples = NDArray[np.int64]
"""``[H, W]``; ``face_in`` and ``depth_in`` say what a sample holds."""

Layer = NDArray[np.float32]
"""``[H, W, 4]``, linear and multiplied by alpha: what can be seen through."""

NO_LAYER: Layer = np.zeros((0, 0, 4), np.float32)
NO_SAMPLES: Samples = np.zeros((0, 0), np.int64)


class _Placed(NamedTuple):
    """A face on the screen.

    Attributes:
        x0, x1, y0, y1: the samples that may be in it, first and last.
        u, v, w: twice the area of the middle of the first sample with each edge: negative outside.
        ux, uy, vx, vy, wx, wy: the edges.
        z, zx, zy: the depth in the middle of the first sample, and how it grows from one to the
            next.
    """

    x0: int
    x1: int
    y0: int
    y1: int
    u: int
    v: int
    w: int
    ux: int
    uy: int
    vx: int
    vy: int
    wx: int
    wy: int
    z: float
    zx: float
    zy: float


@inlined
def face_in(sample: int) -> int:
    """The face seen, -1 where none is."""
    return 0x7FFFFFFF - (sample & 0x7FFFFFFF) if sample != NOTHING else -1


@inlined
def depth_in(sample: int) -> int:
    """The depth in units of ``camera.DEEP``, larger is nearer; far behind all where no face is."""
    return sample >> 31


@lean_kernel
def _cover(  # noqa: PLR0917 - kernels are called by position
    scene: Scene,
    f: int,
    x: int,
    y: int,
    mode: int,
    sample: int,
    seen: Samples,
    layer: Layer,
) -> None:
    """What a face that is not opaque does to a sample: fills it or not, or veils it."""
    red, green, blue, alpha = shade(scene, f, x * 256 + 128, y * 256 + 128, 1)
    if mode == _MASK:
        if alpha >= scene.look.cutoff[scene.look.material[f]]:
            seen[y, x] = sample
        return
    alpha = min(max(alpha, 0.0), 1.0)
    behind = np.float32(1.0 - alpha)
    layer[y, x, 0] = red * alpha + layer[y, x, 0] * behind
    layer[y, x, 1] = green * alpha + layer[y, x, 1] * behind
    layer[y, x, 2] = blue * alpha + layer[y, x, 2] * behind
    layer[y, x, 3] = alpha + layer[y, x, 3] * behind


@inlined
def _placed(points: Ints, corners: tuple[int, int, int], width: int, height: int) -> _Placed:
    """A face on the screen; without a sample where it has no area."""
    i, j, k = corners
    ax, ay, az = int(points[i, 0]), int(points[i, 1]), int(points[i, 2])
    bx, by, bz = int(points[j, 0]), int(points[j, 1]), int(points[j, 2])
    cx, cy, cz = int(points[k, 0]), int(points[k, 1]), int(points[k, 2])
    x0, x1 = max((min(ax, bx, cx) + 127) >> 8, 0), min((max(ax, bx, cx) - 128) >> 8, width - 1)
    y0, y1 = max((min(ay, by, cy) + 127) >> 8, 0), min((max(ay, by, cy) - 128) >> 8, height - 1)
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    turn = 1 if area > 0 else -1
    px, py = x0 * 256 + 128, y0 * 256 + 128
    ux, uy, vx, vy = (cx - bx) * turn, (cy - by) * turn, (ax - cx) * turn, (ay - cy) * turn
    u = ux * (py - by) - uy * (px - bx)
    v = vx * (py - cy) - vy * (px - cx)
    w, wx, wy = area * turn - u - v, -ux - vx, -uy - vy
    za, zb = float(az - cz) / (area * turn), float(bz - cz) / (area * turn)
    z, zx, zy = cz + u * za + v * zb, -256 * (uy * za + vy * zb), 256 * (ux * za + vx * zb)
    u -= 1 + ((2 * uy - (ux > 0)) >> 63)  # less by one where the edge is no top or left one
    v -= 1 + ((2 * vy - (vx > 0)) >> 63)
    w -= 1 + ((2 * wy - (wx > 0)) >> 63)
    if area == 0:
        x1 = x0 - 1
    return _Placed(x0, x1, y0, y1, u, v, w, ux, uy, vx, vy, wx, wy, z, zx, zy)


@inlined
def _outside(face: _Placed, x: int, y: int) -> int:
    """All ones where the sample so far from the first one is outside, else 0."""
    u = face.u + 256 * (y * face.ux - x * face.uy)
    v = face.v + 256 * (y * face.vx - x * face.vy)
    w = face.w + 256 * (y * face.wx - x * face.wy)
    return (u | v | w) >> 63


@inlined
def _sample(face: _Placed, f: int, x: int, y: int) -> int:
    """What a face puts into the sample so far from its first one."""
    return int((np.int64(face.z + y * face.zy + x * face.zx) << 31) | (0x7FFFFFFF - f))


@lean_kernel
def _draw(  # noqa: PLR0917 - kernels are called by position
    scene: Scene,
    order: Ints,
    begin: int,
    end: int,
    budget: int,
    mode: int,
    seen: Samples,
    layer: Layer,
) -> tuple[int, int]:
    """Draw faces until so many samples were looked at; where to go on, and the samples."""
    height, width = seen.shape
    work = 0
    for n in range(begin, end):
        if work >= budget:
            return n, work
        f = order[n]
        corners = (scene.faces[f, 0], scene.faces[f, 1], scene.faces[f, 2])
        face = _placed(scene.points, corners, width, height)
        across, down = face.x1 - face.x0, face.y1 - face.y0
        work += 1
        if across < 0 or down < 0:
            continue
        work += (across + 1) * (down + 1)
        if mode == _OPAQUE and across <= 1 and down <= 1:  # most faces of a large mesh
            for corner in range(4):
                x, y = corner & 1, corner >> 1
                outside = _outside(face, x, y)
                sample = (_sample(face, f, x, y) & ~outside) | (NOTHING & outside)
                x, y = min(face.x0 + x, width - 1), min(face.y0 + y, height - 1)
                seen[y, x] = max(seen[y, x], sample)
            continue
        for y in range(down + 1):
            u = face.u + 256 * y * face.ux
            v = face.v + 256 * y * face.vx
            w = face.w + 256 * y * face.wx
            for x in range(across + 1):
                if (u | v | w) >= 0:
                    sample = _sample(face, f, x, y)
                    at_x, at_y = face.x0 + x, face.y0 + y
                    if sample > seen[at_y, at_x]:
                        if mode == _OPAQUE:
                            seen[at_y, at_x] = sample
                        else:
                            work += _OF_SHADING
                            _cover(scene, f, at_x, at_y, mode, sample, seen, layer)
                u -= 256 * face.uy
                v -= 256 * face.vy
                w -= 256 * face.wy
    return end, work


def nothing(size: int) -> Samples:
    """A picture in which nothing is seen."""
    return np.full((size, size), NOTHING, np.int64)


def draw(
    scene: Scene, order: Ints, size: int, deadline: Deadline, *, alone: bool = True
) -> Samples:
    """Draw opaque faces into a square picture.

    Work is bounded: each half of the faces may look at half of ``MAX_SAMPLES``; what is left then
    is left out.

    Args:
        order: ``int32 [n]`` the faces to draw.
        size: samples a side.
        alone: whether there are threads to spare; the picture is the same either way.
    """
    if not alone or is_short(len(order)):
        seen = nothing(size)
        for part in halves(len(order)):
            _draw_part(scene, order, part, _OPAQUE, seen, NO_LAYER, deadline)
        return seen

    def half(part: tuple[int, int]) -> Samples:
        seen = nothing(size)
        _draw_part(scene, order, part, _OPAQUE, seen, NO_LAYER, deadline)
        return seen

    seen, other = each(half, halves(len(order)))
    return np.maximum(seen, other, out=seen)


def draw_cut_out(scene: Scene, order: Ints, seen: Samples, deadline: Deadline) -> None:
    """Draw faces of which only what their alpha leaves is there, into what is seen already."""
    for part in halves(len(order)):
        _draw_part(scene, order, part, _MASK, seen, NO_LAYER, deadline)


def draw_veils(scene: Scene, order: Ints, seen: Samples, deadline: Deadline) -> Layer:
    """Blend faces that can be seen through, from the farthest to the nearest by their middles.

    Faces that cut each other, or lie around each other, have no such order: there it is wrong.
    """
    layer = np.zeros((*seen.shape, 4), np.float32)
    middles = scene.points[scene.faces[order], 2].sum(axis=1, dtype=np.int64)
    backwards = order[np.argsort(middles, kind="stable")]
    for part in halves(len(order)):
        _draw_part(scene, backwards, part, int(AlphaMode.BLEND), seen, layer, deadline)
    return layer


def _draw_part(  # noqa: PLR0917 - private, as a kernel is called
    scene: Scene,
    order: Ints,
    part: tuple[int, int],
    mode: int,
    seen: Samples,
    layer: Layer,
    deadline: Deadline,
) -> None:
    place, end = part
    done = 0
    while place < end and done < MAX_SAMPLES // LANES:
        deadline.check()
        place, work = _draw(scene, order, place, end, _CHUNK, mode, seen, layer)
        done += work
