"""How evenly a texture is spread over the surface."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.mesh.points import point
from gencheck.mesh.survey import Survey
from gencheck.mesh.uv_layout import Layout

MAX_FACES = 30_000
"""Faces that are measured at most; of more, as many are taken evenly."""

_LOW, _HIGH = 0.05, 0.95

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Density:
    """How long UV are on a length of one on the surface.

    Attributes:
        spread: how many times denser the texture lies at the 95th percentile of the area than at
            the 5th, each face beside the median of its texture; at least 1.
        median: of all, in UV units for a unit of length of the file's scaled vertices.
        sparse: ``intp [n]`` faces below the 5th percentile, sparsest first.
        measured: faces that were measured.
    """

    spread: float
    median: float
    sparse: NDArray[np.intp] = field(repr=False)
    measured: int


def measure_density(layout: Layout, state: Survey) -> Density | None:
    """Compare the sizes of faces in UV and in space; ``None`` where no face has both.

    Faces so small beside the mesh that a double cannot hold the square of their area are left out.
    """
    faces = layout.mapped
    faces = np.ascontiguousarray(faces[:: -(-len(faces) // MAX_FACES) or 1])
    area = _twice_areas(state.scaled.vertices, state.faces, faces)  # as turns are
    faces, area = faces[area > 0.0], area[area > 0.0]  # the squares of the smallest underflow
    if not len(faces):
        return None
    # Logarithms: far apart scales neither overflow nor vanish.
    density = 0.5 * (np.log2(np.abs(layout.turns[faces])) - np.log2(area)) + layout.exponent
    relative = density - _medians(density, area, layout.space[faces])
    low, high = _quantiles(relative, area, [_LOW, _HIGH])
    below = np.flatnonzero(relative < low)
    return Density(
        spread=float(np.exp2(min(high - low, 1_000.0))),
        median=float(np.exp2(_quantiles(density, area, [0.5])[0])),
        sparse=faces[below[np.argsort(relative[below], kind="stable")]].astype(np.intp),
        measured=len(faces),
    )


@kernel
def _twice_areas(vertices: _Floats, faces: _Ints, chosen: _Ints) -> _Floats:
    areas = np.empty(len(chosen))
    for i in range(len(chosen)):
        f = chosen[i]
        a, b = point(vertices, faces[f, 0]), point(vertices, faces[f, 1])
        c = point(vertices, faces[f, 2])
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        areas[i] = math.sqrt(x * x + y * y + z * z)
    return areas


def _quantiles(values: _Floats, weights: _Floats, shares: list[float]) -> _Floats:
    """The smallest values up to which the weights sum to these shares of all."""
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    places = np.searchsorted(sums, np.array(shares) * sums[-1])
    found: _Floats = values[order[np.minimum(places, len(values) - 1)]]
    return found


def _medians(values: _Floats, weights: _Floats, groups: _Ints) -> _Floats:
    """For each value the median of its group."""
    order = np.argsort(values)
    order = order[np.argsort(groups[order], kind="stable")]
    sums = np.cumsum(weights[order])
    begins = np.diff(groups[order], prepend=-1) != 0
    first, group = np.flatnonzero(begins), np.cumsum(begins) - 1
    last = np.append(first[1:], len(values)) - 1
    before = np.append(0.0, sums[last[:-1]])
    places = np.searchsorted(sums, (before + sums[last]) / 2.0)
    medians = np.empty(len(values))
    medians[order] = values[order[np.clip(places, first, last)]][group]
    return medians
