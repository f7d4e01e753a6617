"""What two triangles of a plane have in common: whether, where along their sides, and how much.

Whether is exact, by signs of turns as in ``flat.py``. How much is in double precision, from turns
with a relative error of a few units in the last place where differences of coordinates are exact,
as those of texture coordinates in single precision are.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.mesh.flat import Spot
from gencheck.mesh.pairs import two_product, two_sum
from gencheck.mesh.predicates import TINY, UNSURE, orient2d

_ERROR = 2.0**-50  # more than a turn of coordinates within ±0.5 can round away

Heights: TypeAlias = tuple[float, float, float]
"""Of a point over the lines of a triangle's sides, times their lengths; positive inside."""


@kernel
def spot(uv: NDArray[np.float64], row: int) -> Spot:
    """A row of ``float64 [R, 3]`` without the last column."""
    return uv[row, 0], uv[row, 1]


@kernel
def turn_of(a: Spot, b: Spot, c: Spot) -> float:
    """Twice the signed area of a, b, c; its sign is exact."""
    acx, acx_lost = two_sum(a[0], -c[0])
    acy, acy_lost = two_sum(a[1], -c[1])
    bcx, bcx_lost = two_sum(b[0], -c[0])
    bcy, bcy_lost = two_sum(b[1], -c[1])
    left, left_lost = two_product(acx, bcy)
    right, right_lost = two_product(acy, bcx)
    lost, rest = two_sum(left_lost, -right_lost)
    total = left - right + lost
    if total == 0.0:
        total = rest
    if abs(acx_lost) + abs(acy_lost) + abs(bcx_lost) + abs(bcy_lost) == 0.0:
        return total
    sign = orient2d(a[0], a[1], b[0], b[1], c[0], c[1])
    return total if total * sign > 0.0 else sign * TINY


@kernel
def _beyond(a: Spot, b: Spot, side: float, p: Spot, q: Spot, r: Spot) -> int:
    """Whether three points are beyond a line, or on it: 1, 0, or ``UNSURE`` in double precision.

    Args:
        a: on the line, as ``b``: a side of a triangle that turns to ``side``.
    """
    below = True
    for at in (p, q, r):
        height = side * ((a[0] - at[0]) * (b[1] - at[1]) - (a[1] - at[1]) * (b[0] - at[0]))
        if height > _ERROR:
            return 0
        below &= height < -_ERROR or at == a or at == b  # noqa: PLR1714 - sets are slow here
    return 1 if below else UNSURE


@kernel
def _surely_beyond(a: Spot, b: Spot, side: float, p: Spot, q: Spot, r: Spot) -> bool:
    """The same, exactly."""
    if side * turn_of(a, b, p) > 0.0 or side * turn_of(a, b, q) > 0.0:
        return False
    return side * turn_of(a, b, r) <= 0.0


@kernel
def _sides_beyond(
    a: Spot, b: Spot, c: Spot, side: float, p: Spot, q: Spot, r: Spot
) -> tuple[bool, tuple[int, int, int]]:
    """Whether three points are surely beyond a side of a triangle; else what is known of each."""
    first = _beyond(a, b, side, p, q, r)
    if first == 1:
        return True, (1, 0, 0)
    second = _beyond(b, c, side, p, q, r)
    if second == 1:
        return True, (0, 1, 0)
    third = _beyond(c, a, side, p, q, r)
    return third == 1, (first, second, third)


@kernel
def _surely_beyond_one(
    known: tuple[int, int, int], a: Spot, b: Spot, c: Spot, side: float, p: Spot, q: Spot, r: Spot
) -> bool:
    """Whether three points are beyond one of the sides of which doubles could not tell."""
    return bool(
        (known[0] == UNSURE and _surely_beyond(a, b, side, p, q, r))
        or (known[1] == UNSURE and _surely_beyond(b, c, side, p, q, r))
        or (known[2] == UNSURE and _surely_beyond(c, a, side, p, q, r))
    )


@kernel
def are_apart(
    a: Spot, b: Spot, c: Spot, turn: float, p: Spot, q: Spot, r: Spot, other: float
) -> bool:
    """Whether the interiors of two triangles have no point in common, exactly.

    A side of one of them separates them then.

    Args:
        turn: the sign of the turn a, b, c, as ``other`` is of p, q, r.
    """
    apart, of_abc = _sides_beyond(a, b, c, turn, p, q, r)
    if apart:
        return True
    apart, of_pqr = _sides_beyond(p, q, r, other, a, b, c)
    if apart:
        return True
    return _surely_beyond_one(of_abc, a, b, c, turn, p, q, r) or _surely_beyond_one(
        of_pqr, p, q, r, other, a, b, c
    )


@kernel
def heights(p: Spot, a: Spot, b: Spot, c: Spot, side: float) -> Heights:
    """Of a point over the sides of a triangle that turns to ``side``."""
    return side * turn_of(a, b, p), side * turn_of(b, c, p), side * turn_of(c, a, p)


@kernel
def span(p: Heights, q: Heights, along: bool) -> tuple[float, float]:
    """The part of the segment p q inside a triangle, as shares of its length; empty as (1, 1).

    Args:
        along: whether a segment on the line of a side counts as inside.
    """
    begin, end = 0.0, 1.0
    for k in range(3):
        if p[k] <= 0.0 and q[k] <= 0.0:
            if p[k] < 0.0 or q[k] < 0.0 or not along:
                return 1.0, 1.0
        elif p[k] < 0.0:
            begin = max(begin, p[k] / (p[k] - q[k]))
        elif q[k] < 0.0:
            end = min(end, p[k] / (p[k] - q[k]))
    return (begin, end) if begin < end else (1.0, 1.0)
