"""Area and volume of components; shells that are inside out, flat, or small and loose."""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.jit import kernel
from gencheck.mesh.faces import NON_FINITE
from gencheck.mesh.halfedges import HalfEdges
from gencheck.mesh.points import Point, point
from gencheck.mesh.rays import cross

FLOATER_SHARE = 0.01
"""A component is a floater when its area is below this share of the largest component's area."""

FLAT_SHARE = 1e-9
"""A closed component has no volume when its volume is below this share of area ** 1.5."""

MAX_WORK = 200_000_000
"""Pairs of boxes compared at most to tell cavities; a face beside a ray counts for 4."""

_CROSSING_WORK = 4
_CHUNK = 64

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]
_Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Components:
    """What is known of each component; lengths are those of the vertices given.

    Attributes:
        faces: ``int32 [C]``: how many.
        area: ``float64 [C]``.
        volume: ``float64 [C]``, signed; it means something only where ``solid``.
        lower: ``float64 [C, 3]``: smallest coordinates.
        upper: ``float64 [C, 3]``: largest coordinates.
        solid: ``bool [C]``: closed (each edge has exactly two faces), consistently wound, finite.
    """

    faces: _Ints = field(repr=False)
    area: _Floats = field(repr=False)
    volume: _Floats = field(repr=False)
    lower: _Floats = field(repr=False)
    upper: _Floats = field(repr=False)
    solid: _Bools = field(repr=False)


@kernel
def _measure(
    vertices: _Floats,
    faces: _Ints,
    labels: _Ints,
    kinds: NDArray[np.uint8],
    twin: _Ints,
    clash: _Bools,
    count: int,
) -> tuple[_Ints, _Floats, _Floats, _Floats, _Floats, _Bools]:
    number = np.zeros(count, np.int32)
    area = np.zeros(count)
    volume = np.zeros(count)
    lower = np.full((count, 3), np.inf)
    upper = np.full((count, 3), -np.inf)
    solid = np.ones(count, np.bool_)
    origin = np.full(count, -1, np.int32)  # a vertex of its own keeps the volume's sum small
    for f in range(len(faces)):
        c = labels[f]
        if c < 0:
            continue
        number[c] += 1
        for k in range(3):
            if twin[3 * f + k] < 0 or clash[3 * f + k]:
                solid[c] = False
        if kinds[f] == NON_FINITE:
            solid[c] = False
            continue
        if origin[c] < 0:
            origin[c] = faces[f, 0]
        o = point(vertices, origin[c])
        a, b = point(vertices, faces[f, 0]), point(vertices, faces[f, 1])
        d = point(vertices, faces[f, 2])
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = d[0] - a[0], d[1] - a[1], d[2] - a[2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        area[c] += 0.5 * np.sqrt(nx * nx + ny * ny + nz * nz)
        volume[c] += ((a[0] - o[0]) * nx + (a[1] - o[1]) * ny + (a[2] - o[2]) * nz) / 6.0
        for k in range(3):
            lower[c, k] = min(lower[c, k], a[k], b[k], d[k])
            upper[c, k] = max(upper[c, k], a[k], b[k], d[k])
    return number, area, volume, lower, upper, solid


def measure_components(
    vertices: _Floats,
    faces: _Ints,
    labels: _Ints,
    count: int,
    kinds: NDArray[np.uint8],
    edges: HalfEdges,
) -> Components:
    """Measure each component.

    Args:
        vertices: ``float64 [V, 3]``, scaled (``scale.py``).
        faces: ``int32 [F, 3]``.
        labels: ``int32 [F]`` component of each face, -1 for faces left out.
        count: how many components there are.
        kinds: ``uint8 [F]`` from ``classify_faces``.
    """
    return Components(*_measure(vertices, faces, labels, kinds, edges.twin, edges.clash, count))


def floaters(components: Components) -> NDArray[np.intp]:
    """Small loose parts: area below ``FLOATER_SHARE`` of the largest component's, ``intp [n]``."""
    if len(components.area) < 2:
        return np.empty(0, np.intp)
    return np.flatnonzero(components.area < FLOATER_SHARE * components.area.max())


def without_volume(components: Components) -> _Bools:
    """Solid components that enclose nothing, such as a sheet folded onto itself, ``bool [C]``."""
    flat = np.abs(components.volume) <= FLAT_SHARE * components.area**1.5
    return components.solid & flat


@kernel
def _seen_from(p: Point, origin: Point) -> Point:
    return p[0] - origin[0], p[1] - origin[1], p[2] - origin[2]


@kernel
def _crossing(vertices: _Floats, faces: _Ints, f: int, origin: Point) -> int:
    """How a face is crossed on the way from a point along z: 1 or -1 by its side, 0 not at all."""
    side, z = cross(
        _seen_from(point(vertices, faces[f, 0]), origin),
        _seen_from(point(vertices, faces[f, 1]), origin),
        _seen_from(point(vertices, faces[f, 2]), origin),
    )
    return side if z > 0.0 else 0


@kernel
def _count_around(
    vertices: _Floats,
    faces: _Ints,
    order: NDArray[np.intp],
    starts: NDArray[np.intp],
    lower: _Floats,
    upper: _Floats,
    shells: NDArray[np.intp],
    outers: NDArray[np.intp],
    boxes: _Floats,
    depths: _Ints,
    max_work: int,
) -> int:
    """Count the components around each shell.

    Args:
        order: ``intp [F]`` faces by component, those of component c from ``starts[c]`` on.
        lower: ``float64 [C, 3]``: smallest coordinates of each component.
        upper: ``float64 [C, 3]``: largest coordinates.
        shells: ``intp [n]`` components to tell of.
        outers: ``intp [m]`` components that may be around them.
        boxes: ``float64 [m, 6]`` lower, then upper corners of these.
        depths: ``int32 [n]``, filled; -1 where the work was not allowed.

    Returns:
        The work.
    """
    work = 0
    for i in range(len(shells)):
        shell = shells[i]
        f = order[starts[shell]]
        a, b = point(vertices, faces[f, 0]), point(vertices, faces[f, 1])
        c = point(vertices, faces[f, 2])
        middle = (a[0] + b[0] + c[0]) / 3.0, (a[1] + b[1] + c[1]) / 3.0, (a[2] + b[2] + c[2]) / 3.0
        depth = 0
        work += len(outers)
        left, front, bottom = lower[shell, 0], lower[shell, 1], lower[shell, 2]
        right, back, top = upper[shell, 0], upper[shell, 1], upper[shell, 2]
        for m in range(len(outers)):
            if work > max_work:
                break
            inside = (boxes[m, 0] <= left) & (boxes[m, 3] >= right)
            inside &= (boxes[m, 1] <= front) & (boxes[m, 4] >= back)
            inside &= (boxes[m, 2] <= bottom) & (boxes[m, 5] >= top)
            outer = outers[m]
            if not inside or outer == shell:
                continue
            work += _CROSSING_WORK * (starts[outer + 1] - starts[outer])
            winding = 0
            for k in range(starts[outer], starts[outer + 1]):
                winding += _crossing(vertices, faces, order[k], middle)
            depth += winding != 0
        depths[i] = depth if work <= max_work else -1
    return work


def inverted_shells(
    vertices: _Floats,
    faces: _Ints,
    labels: _Ints,
    components: Components,
    deadline: Deadline,
    *,
    max_work: int = MAX_WORK,
) -> tuple[list[int], int]:
    """Solid components with negative volume that are no cavity of another.

    A shell that lies inside an odd number of other solid components is a cavity, and rightly wound
    inwards. Inside is told by the winding number at the centre of the shell's first face.

    Returns:
        The inverted components, and how many shells could not be told within the work allowed.
    """
    solid = components.solid & ~without_volume(components)
    shells = np.flatnonzero(solid & (components.volume < 0.0))
    if not len(shells):
        return [], 0
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(len(components.faces) + 1))
    outers = np.flatnonzero(solid)
    boxes = np.hstack([components.lower[outers], components.upper[outers]])
    depths = np.full(len(shells), -1, np.int32)
    for first in range(0, len(shells), _CHUNK):
        deadline.check()
        part = slice(first, first + _CHUNK)
        max_work -= _count_around(
            vertices,
            faces,
            order,
            starts,
            components.lower,
            components.upper,
            shells[part],
            outers,
            boxes,
            depths[part],
            max_work,
        )
    return shells[(depths >= 0) & (depths % 2 == 0)].tolist(), int((depths < 0).sum())
