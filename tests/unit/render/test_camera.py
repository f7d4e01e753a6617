"""Where vertices lie in the picture, against plain double precision."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.render.camera import DEEP, ONE, VIEWS, look_at, to_unit, view_rotation


@pytest.mark.parametrize("view", VIEWS)
def test_views_are_rotations(view: str) -> None:
    rotation = view_rotation(view, "GLB")
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e300])
@pytest.mark.parametrize("count", [40, 30_000])  # with threads and without
def test_the_box_as_seen_is_fitted_into_the_middle(view: str, scale: float, count: int) -> None:
    rng = np.random.default_rng(1)
    plain = rng.normal(size=(count, 3)) * [3.0, 1.0, 0.5] + [70.0, -9.0, 1.0]
    used = rng.random(count) < 0.7
    vertices = plain * scale
    vertices[~used] = np.nan
    rotation = view_rotation(view, "GLB")
    screen = look_at(to_unit(vertices, used), used, rotation, 256)
    turned = plain[used] @ rotation.T
    lower, upper = turned.min(axis=0), turned.max(axis=0)
    step = 0.86 * 256 / (upper - lower)[:2].max()
    expected = (turned - (lower + upper) / 2) * step * [1, -1, 1] + [128, 128, 0]
    found = screen.points[used] / [ONE, ONE, DEEP / screen.scale]
    np.testing.assert_allclose(found, expected, atol=0.01)
    assert not screen.points[~used].any()


def test_a_point_lies_in_the_middle_and_nothing_lies_nowhere() -> None:
    rotation = view_rotation("front", "GLB")
    point, one = np.array([[5.0, 6.0, 7.0]]), np.ones(1, np.bool_)
    screen = look_at(to_unit(point, one), one, rotation, 64)
    assert screen.points.tolist() == [[32 * ONE, 32 * ONE, 0]]
    none = np.zeros(1, np.bool_)
    assert not look_at(to_unit(point, none), none, rotation, 64).points.any()
