"""Coordinates brought to a common size, so that nothing overflows."""

# ruff: noqa: PLR0917 - kernels are called by position

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


@kernel
def _extent(
    vertices: NDArray[np.float64], used: NDArray[np.bool_], finite: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Fill ``finite``; the bounds of what is, and the largest coordinate of what is in use, too."""
    lower, upper = np.full(3, np.inf), np.full(3, -np.inf)
    largest = 0.0
    for v in range(len(vertices)):
        x, y, z = vertices[v, 0], vertices[v, 1], vertices[v, 2]
        finite[v] = np.isfinite(x) & np.isfinite(y) & np.isfinite(z)
        if finite[v]:
            lower[0], upper[0] = min(lower[0], x), max(upper[0], x)
            lower[1], upper[1] = min(lower[1], y), max(upper[1], y)
            lower[2], upper[2] = min(lower[2], z), max(upper[2], z)
            if used[v]:
                largest = max(largest, abs(x), abs(y), abs(z))
    return lower, upper, largest


@kernel
def _fill_scaled(
    vertices: NDArray[np.float64],
    used: NDArray[np.bool_],
    finite: NDArray[np.bool_],
    first: float,
    second: float,
    scaled: NDArray[np.float64],
) -> None:
    for v in range(len(vertices)):
        for k in range(3):
            value = vertices[v, k] * first * second if used[v] and finite[v] else 0.0
            scaled[v, k] = value if abs(value) >= _SMALLEST else 0.0


def scale_to_unit(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> Scaled:
    """Scale by a power of two, which is exact, so that sums and products cannot overflow.

    Coordinates below 2**-300 of the largest become zero: the exact predicates need the room.

    Args:
        vertices: ``float64 [V, 3]``; may hold NaN and infinities.
        faces: ``int32 [F, 3]``. A stray vertex in no face, however far, has no influence.
    """
    vertices = np.require(vertices, np.float64, ("C", "A", "W"))  # as kernels are compiled for
    used = in_use(faces, len(vertices))
    finite = np.empty(len(vertices), np.bool_)
    lower, upper, largest = _extent(vertices, used, finite)
    exponent = int(np.frexp(largest)[1]) + 1 if largest > 0.0 else 0
    # In two steps: 2**-exponent itself may be out of range.
    half = -exponent // 2
    scaled = np.empty_like(vertices)
    _fill_scaled(vertices, used, finite, 2.0**half, 2.0 ** (-exponent - half), scaled)
    some = bool(finite.any())
    return Scaled(
        scaled,
        finite,
        exponent,
        lower=tuple(lower.tolist()) if some else (),
        upper=tuple(upper.tolist()) if some else (),
    )


def unscale(value: float, exponent: int) -> float:
    """``value`` times ``2**exponent``; infinite where a double cannot hold it."""
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.copysign(math.inf, value)
