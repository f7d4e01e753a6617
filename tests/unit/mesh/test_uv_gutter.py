"""Gutters: against all pairs of sides, planted, bounded."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from uv_oracle import joined, separate, sheet, surveyed

from gencheck.deadline import Deadline
from gencheck.media.types import Mesh
from gencheck.mesh.uv import UvMap, look_at_uv
from gencheck.mesh.uv_gutter import NARROW, TEXELS, find_gutters

Floats = NDArray[np.float64]


def uv_of(mesh: Mesh) -> UvMap:
    found = look_at_uv(mesh, surveyed(mesh), Deadline())
    assert found is not None
    return found


@pytest.mark.parametrize("texels", [0.0, 0.5, 1.9, 2.1])
def test_gutters_are_as_wide_as_they_were_made(texels: float) -> None:
    parts = sheet(2, (0.0, 0.0), 0.25), sheet(3, (0.25 + texels / 1024, 0.1), 0.25)
    found = uv_of(joined(*parts)).gutters
    assert found.complete
    if texels > 2.0:
        assert (len(found.islands), found.narrowest) == (0, np.inf)
    else:
        assert found.islands.tolist() == [0, 1]
        assert found.narrowest == pytest.approx(texels, abs=1e-3)


def from_segment(p: Floats, a: Floats, b: Floats) -> Floats:
    """The distance of points from segments."""
    way = b - a
    share = ((p - a) * way).sum(-1) / (way**2).sum(-1)
    distance: Floats = np.linalg.norm(a + np.clip(share, 0, 1)[..., None] * way - p, axis=-1)
    return distance


def turns(a: Floats, b: Floats, c: Floats) -> Floats:
    u, v = b - a, c - a
    sign: Floats = np.sign(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])
    return sign


def distances(sides: Floats) -> Floats:
    """Of all pairs of segments ``[m, 2, 2]`` in general position, 0 where they cross."""
    (a, b), (p, q) = np.moveaxis(sides[:, None], 2, 0), np.moveaxis(sides[None], 2, 0)
    ends = (from_segment(a, p, q), from_segment(b, p, q), from_segment(p, a, b))
    apart: Floats = np.minimum.reduce([*ends, from_segment(q, a, b)])
    crossing = (turns(a, b, p) != turns(a, b, q)) & (turns(p, q, a) != turns(p, q, b))
    return np.where(crossing, 0.0, apart)


@pytest.mark.parametrize(("seed", "spread"), [(1, 0.4), (2, 0.2), (3, 0.05)])
def test_gutters_against_all_pairs_of_sides(seed: int, spread: float) -> None:
    """Triangles from mostly apart to all across each other; each is an island."""
    rng = np.random.default_rng(seed)
    middles = rng.uniform(0, spread, (60, 1, 2))
    triangles = (middles + rng.normal(size=(60, 3, 2)) * 0.01).astype(np.float32)
    found = uv_of(separate(triangles))
    corners = np.ldexp(found.layout.uv[:, :2], found.layout.exponent)
    apart = distances(corners[found.outlines.ends])
    face = found.outlines.sides // 3
    apart[face[:, None] == face] = np.inf
    near = np.unique(face[apart.min(axis=1) < NARROW / TEXELS])
    assert len(near) > 0 and found.gutters.complete
    np.testing.assert_array_equal(found.gutters.faces, near)
    np.testing.assert_array_equal(found.gutters.islands, np.unique(found.islands.labels[near]))
    assert found.gutters.narrowest == pytest.approx(apart.min() * TEXELS, rel=1e-9)
    np.testing.assert_array_equal(found.gutters.touching, (apart == 0.0).any(axis=1))


def test_the_search_for_gutters_is_bounded() -> None:
    mesh = joined(*[sheet(1, (i / 40, 0.0), 0.0245) for i in range(40)])
    found = uv_of(mesh)
    assert found.gutters.complete and len(found.gutters.islands) == 40
    given_up = find_gutters(
        found.layout, found.islands, found.outlines, deadline=Deadline(), max_work=0
    )
    assert not given_up.complete and given_up.narrowest == np.inf
