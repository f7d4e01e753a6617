"""What two triangles of a plane have in common, against rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.mesh.uv_clip import all_beyond, clearly_apart, mutual_heights

Spot = tuple[float, float]


def height(p: Spot, a: Spot, b: Spot) -> Fraction:
    (px, py), (ax, ay), (bx, by) = (tuple(map(Fraction, at)) for at in (p, a, b))
    return (ax - px) * (by - py) - (ay - py) * (bx - px)


def turned(corners: list[Spot]) -> int:
    turn = height(corners[2], corners[0], corners[1])
    return (turn > 0) - (turn < 0)


def exact_heights(own: list[Spot], other: list[Spot]) -> list[list[Fraction]]:
    sides = [(other[k], other[(k + 1) % 3]) for k in range(3)]
    return [[turned(other) * height(p, a, b) for a, b in sides] for p in own]


def wild(rng: np.random.Generator) -> NDArray[np.float64]:
    """Doubles of very different sizes, whose differences are rounded, some of them on one line."""
    corners = rng.uniform(-0.5, 0.5, (6, 2)) * 2.0 ** -rng.integers(0, 60, (6, 2))
    corners[rng.integers(6)] = corners[rng.integers(6)]
    if rng.random() < 0.5:
        corners[4] = (corners[0] + corners[1]) / 2.0
    return corners


def tame(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.integers(-3, 4, (6, 2)) / 8.0


@pytest.mark.parametrize("make", [wild, tame])
def test_heights_and_what_is_apart_as_by_exact_arithmetic(make: object) -> None:
    rng = np.random.default_rng(7)
    apart = meeting = 0
    for _ in range(150):
        spots = [(x, y) for x, y in make(rng).tolist()]  # type: ignore[operator]
        own, other = spots[:3], spots[3:]
        sides = turned(own), turned(other)
        if 0 in sides:
            continue
        told = mutual_heights(*own, float(sides[0]), *other, float(sides[1]))
        exact = exact_heights(own, other), exact_heights(other, own)
        assert (np.sign(told) == np.sign(np.array(exact, np.float64))).all()
        np.testing.assert_allclose(told, np.array(exact, np.float64), rtol=1e-14, atol=1e-16)
        parted = any(all(h <= 0 for h in side) for of in exact for side in zip(*of, strict=True))
        assert (all_beyond(told[0]) or all_beyond(told[1])) == parted
        if clearly_apart(*own, float(sides[0]), *other, float(sides[1])):
            assert parted
        apart, meeting = apart + parted, meeting + (not parted)
    assert apart > 10 and meeting > 10
