"""Coordinates brought to a common size, so that nothing overflows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel

_SMALLEST = 2.0**-300


@dataclass(frozen=True, slots=True)
class Scaled:
    """Vertices times ``2**-exponent``: all finite ones that a face uses within ±0.5.

    Attributes:
        vertices: ``float64 [V, 3]``; vertices that are not finite, or in no face, are zero here.
        finite: ``bool [V]``: whether the vertex was finite.
        exponent: of two; measures go back by ``math.ldexp(length, exponent)``.
        lower: smallest x, y, z of the finite vertices as given; empty where there are none.
        upper: largest x, y, z.
    """

    vertices: NDArray[np.float64] = field(repr=False)
    finite: NDArray[np.bool_] = field(repr=False)
    exponent: int
    lower: tuple[float, ...]
    upper: tuple[float, ...]


@kernel
def in_use(faces: NDArray[np.int32], n_vertices: int) -> NDArray[np.bool_]:
    """Which vertices a face names, ``bool [V]``."""
    used = np.zeros(n_vertices, np.bool_)
    for f in range(len(faces)):
        for k in range(3):
            used[faces[f, k]] = True
    return used


def scale_to_unit(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> Scaled:
    """Scale by a power of two, which is exact, so that sums and products cannot overflow.

    Coordinates below 2**-300 of the largest become zero: the exact predicates need the room.

    Args:
        vertices: ``float64 [V, 3]``; may hold NaN and infinities.
        faces: ``int32 [F, 3]``. A stray vertex in no face, however far, has no influence.
    """
    each = np.isfinite(vertices)
    finite = each[:, 0] & each[:, 1] & each[:, 2]
    counted = in_use(faces, len(vertices)) & finite
    usable = vertices if counted.all() else np.where(counted[:, None], vertices, 0.0)
    largest = float(np.abs(usable).max(initial=0.0))
    exponent = int(np.frexp(largest)[1]) + 1 if largest > 0.0 else 0
    # In two steps: 2**-exponent itself may be out of range.
    half = -exponent // 2
    scaled = np.ldexp(np.ldexp(usable, half), -exponent - half)
    if np.abs(scaled).min(initial=1.0, where=scaled != 0.0) < _SMALLEST:
        scaled[np.abs(scaled) < _SMALLEST] = 0.0
    inside = vertices if finite.all() else vertices[finite]
    lower = tuple(inside.min(axis=0).tolist()) if len(inside) else ()
    upper = tuple(inside.max(axis=0).tolist()) if len(inside) else ()
    return Scaled(scaled, finite, exponent, lower, upper)


def unscale(value: float, exponent: int) -> float:
    """``value`` times ``2**exponent``; infinite where a double cannot hold it."""
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.copysign(math.inf, value)
