"""Orientation signs against exact rational arithmetic."""

# ruff: noqa: PLR0917 - hypothesis fills in by position

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gencheck.mesh.pairs import sign_of_minor
from gencheck.mesh.predicates import exact_plane, orient2d, orient3d, side_of_plane

Point = tuple[float, float, float]


def sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def exact3d(a: Point, b: Point, c: Point, d: Point) -> int:
    m = [[Fraction(p[i]) - Fraction(d[i]) for i in range(3)] for p in (a, b, c)]
    return sign(
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
        - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    )


def exact2d(a: Point, b: Point, c: Point) -> int:
    x, y = (
        [Fraction(p[0]) - Fraction(c[0]) for p in (a, b)],
        [Fraction(p[1]) - Fraction(c[1]) for p in (a, b)],
    )
    return sign(x[0] * y[1] - y[0] * x[1])


coordinate = st.one_of(
    st.floats(-0.5, 0.5, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 2.0**-300),
    st.sampled_from([0.0, 0.5, -0.5, 0.1, 0.1 + 2**-54, 2.0**-299, 1 / 3]),
)
point = st.tuples(coordinate, coordinate, coordinate)


@settings(max_examples=300, deadline=None)
@given(point, point, point, point)
def test_signs_are_exact(a: Point, b: Point, c: Point, d: Point) -> None:
    assert orient3d(a, b, c, d) == exact3d(a, b, c, d)
    assert orient2d(a[0], a[1], b[0], b[1], c[0], c[1]) == exact2d(a, b, c)


@settings(max_examples=300, deadline=None)
@given(point, point, point, st.integers(-64, 64), st.integers(-64, 64), st.integers(-4, 4))
def test_signs_are_exact_next_to_the_plane(
    a: Point, b: Point, c: Point, i: int, j: int, ulps: int
) -> None:
    # A rounded point of the plane of a, b and c, some last places away: filters fail here.
    s, t = i / 64, j / 64
    mix = [a[k] + s * (b[k] - a[k]) + t * (c[k] - a[k]) for k in range(3)]
    mix = [0.0 if abs(x) < 2.0**-300 else x for x in mix]
    d = (mix[0], mix[1], mix[2] + ulps * 2.0**-56)
    assert orient3d(a, b, c, d) == exact3d(a, b, c, d)
    assert orient2d(a[0], a[2], b[0], b[2], d[0], d[2]) == exact2d(
        (a[0], a[2], 0.0), (b[0], b[2], 0.0), (d[0], d[2], 0.0)
    )


@pytest.mark.parametrize("ulps", [-1, 0, 1])
def test_a_single_last_place_is_seen(ulps: int) -> None:
    third = 1 / 3
    d = (0.25, 0.25, third + ulps * 2.0**-54)
    flat = [(0.0, 0.0, third), (0.5, 0.0, third), (0.0, 0.5, third)]
    assert orient3d(flat[0], flat[1], flat[2], d) == -ulps


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(coordinate, coordinate), min_size=4, max_size=4), st.integers(-1, 1))
def test_signs_are_exact_in_a_slanted_plane(points: list[tuple[float, float]], ulps: int) -> None:
    # z = x: the determinant is zero, although differences and products are rounded.
    a, b, c, d = [(x, y, x) for x, y in points]
    d = d[0], d[1], d[2] + ulps * 2.0**-60
    assert orient3d(a, b, c, d) == exact3d(a, b, c, d)


def test_a_side_that_is_slow_to_tell_is_said_to_be() -> None:
    def side(*points: Point) -> tuple[int, int]:
        a, b, c, d = points
        return side_of_plane(exact_plane(a, b, c), a, b, c, d)

    short = [(0.5, 0.25, 0.5), (0.125, 0.5, 0.125), (-0.5, 0.0, -0.5), (0.25, -0.25, 0.25)]
    assert side(*short) == (0, 0)
    long = [(x / 3.0, y / 7.0, x / 3.0) for x, y, _ in short]
    assert side(*long) == (0, 1)
    assert side(*long[:3], (long[3][0], long[3][1], 0.5)) == (
        exact3d(long[1], long[2], (long[3][0], long[3][1], 0.5), long[0]),
        1,
    )


factor = st.one_of(coordinate, st.integers(-9, 9).map(float), st.just(1.0 + 2.0**-52))


@settings(max_examples=300, deadline=None)
@given(factor, factor, factor, factor)
def test_a_minor_of_exact_numbers_has_the_right_sign(
    a: float, b: float, c: float, d: float
) -> None:
    assert sign_of_minor(a, b, c, d) == sign(Fraction(a) * Fraction(b) - Fraction(c) * Fraction(d))


@settings(max_examples=300, deadline=None)
@given(st.integers(2**52, 2**53 - 4), st.integers(2**52, 2**53 - 4), st.integers(-3, 3))
def test_a_minor_whose_products_differ_in_the_last_of_106_bits(p: int, q: int, k: int) -> None:
    exact = p * q - (p + k) * (q - k)
    assert sign_of_minor(float(p), float(q), float(p + k), float(q - k)) == sign(Fraction(exact))
