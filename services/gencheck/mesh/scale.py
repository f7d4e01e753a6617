"""Coordinates brought to a common size, so that nothing overflows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_SMALLEST = 2.0**-300


@dataclass(frozen=True, slots=True)
class Scaled:
    """Vertices times ``2**-exponent``: all finite ones within ±0.5.

    Attributes:
        vertices: ``float64 [V, 3]``; vertices that are not finite are zero here.
        finite: ``bool [V]``: whether the vertex was finite.
        exponent: of two; measures go back by ``math.ldexp(length, exponent)``.
    """

    vertices: NDArray[np.float64] = field(repr=False)
    finite: NDArray[np.bool_] = field(repr=False)
    exponent: int


def scale_to_unit(vertices: NDArray[np.float64]) -> Scaled:
    """Scale by a power of two, which is exact, so that sums and products cannot overflow.

    Coordinates below 2**-300 of the largest become zero: the exact predicates need the room.

    Args:
        vertices: ``float64 [V, 3]``; may hold NaN and infinities.
    """
    finite = np.isfinite(vertices).all(axis=1)
    whole = bool(finite.all())
    usable = vertices if whole else np.where(finite[:, None], vertices, 0.0)
    largest = float(np.abs(usable).max(initial=0.0))
    exponent = int(np.frexp(largest)[1]) + 1 if largest > 0.0 else 0
    # In two steps: 2**-exponent itself may be out of range.
    half = -exponent // 2
    scaled = np.ldexp(np.ldexp(usable, half), -exponent - half)
    if np.abs(scaled).min(initial=1.0, where=scaled != 0.0) < _SMALLEST:
        scaled[np.abs(scaled) < _SMALLEST] = 0.0
    return Scaled(scaled, finite, exponent)
