"""Normals and tangents against the faces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from uv_oracle import joined, sheet, surveyed

from gencheck.media.appearance import Appearance
from gencheck.media.types import Mesh
from gencheck.mesh.shading import Shading, find_shading

UP = (0.0, 0.0, 1.0)


def shaded(
    normal: tuple[float, ...] = UP,
    tangent: tuple[float, ...] | None = None,
    uv: tuple[tuple[float, float], tuple[float, float]] = ((1.0, 0.0), (0.0, -1.0)),
    mirrored: bool = False,
) -> Shading:
    """One face in the plane z = 0, seen from above.

    Args:
        uv: how u, v grow along x, and along y.
    """
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float64)
    faces = np.array([[0, 2, 1] if mirrored else [0, 1, 2]], np.int32)
    looks = Appearance(
        uv=np.array([(0.0, 0.0), *uv], np.float32),
        normals=np.tile(np.array(normal, np.float32), (3, 1)),
        tangents=None if tangent is None else np.tile(np.array(tangent, np.float32), (3, 1)),
    )
    mesh = Mesh(vertices, faces, "GLB", appearance=looks)
    found = find_shading(mesh, surveyed(mesh))
    assert found is not None
    return found


def test_without_normals_nothing_is_told() -> None:
    mesh = joined(sheet(1, (0.0, 0.0), 1.0))
    assert find_shading(mesh, surveyed(mesh)) is None
    assert find_shading(replace(mesh, appearance=None), surveyed(mesh)) is None


def test_normals_point_to_the_side_that_the_face_is_seen_from() -> None:
    assert shaded().normals == (0, 3)
    assert shaded((0.0, 0.0, -1.0)).normals == (3, 3)
    assert shaded(mirrored=True).normals == (3, 3)
    assert shaded((0.0, 0.0, -1.0)).against.tolist() == [0]
    assert shaded((0.95, 0.0, 0.31)).normals == (0, 3)


def test_what_is_no_direction_is_not_counted() -> None:
    assert shaded((0.0, 0.0, 0.0)).normals == (0, 0)
    assert shaded((np.nan, 0.0, 1.0)).normals == (0, 0)
    assert shaded(tangent=(np.nan, 0.0, 0.0, 1.0)).tangents == (0, 0)
    assert shaded(tangent=(1.0, 0.0, 0.0, 1.0), uv=((1.0, 1.0), (2.0, 2.0))).tangents == (0, 0)


def test_a_tangent_points_to_where_u_grows() -> None:
    assert shaded(tangent=(1.0, 0.0, 0.0, 1.0)).tangents == (0, 3)
    against = shaded(tangent=(-1.0, 0.0, 0.0, 1.0))
    assert (against.tangents, against.backwards, against.astray.tolist()) == ((3, 3), 3, [0])
    assert shaded(tangent=(0.0, 1.0, 0.0, 1.0), uv=((0.0, 1.0), (1.0, 0.0))).backwards == 0
    assert shaded(tangent=(0.0, -1.0, 0.0, 1.0), uv=((0.0, 1.0), (1.0, 0.0))).backwards == 3


def test_the_bitangent_points_to_where_v_falls() -> None:
    """As in the picture of a plane that shows its texture upright, u to the right and v down."""
    assert shaded(tangent=(1.0, 0.0, 0.0, 1.0)).wrong_handed == 0
    assert shaded(tangent=(1.0, 0.0, 0.0, -1.0)).wrong_handed == 3
    downwards = ((1.0, 0.0), (0.0, 1.0))
    assert shaded(tangent=(1.0, 0.0, 0.0, 1.0), uv=downwards).wrong_handed == 3
    assert shaded(tangent=(1.0, 0.0, 0.0, -1.0), uv=downwards).wrong_handed == 0


@pytest.mark.parametrize("seed", range(20))
def test_tangents_of_turned_and_skewed_faces_fit(seed: int) -> None:
    """Computed by solving for the gradient of u and v in space, which shares nothing."""
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(30, 3, 3))
    uv = rng.uniform(-2, 2, (30, 3, 2))
    first, second = places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]
    normals = np.cross(first, second)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    frame = np.stack([first, second], axis=2)  # columns
    steps = np.stack([uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]], axis=2)
    along = frame @ np.linalg.inv(steps)  # how the place moves with u, and with v
    tangents: NDArray[np.float64] = along[:, :, 0]
    sign = -np.sign((np.cross(normals, tangents) * along[:, :, 1]).sum(axis=1))
    looks = Appearance(
        uv=uv.reshape(-1, 2).astype(np.float32),
        normals=np.repeat(normals, 3, axis=0).astype(np.float32),
        tangents=np.repeat(np.column_stack([tangents, sign]), 3, axis=0).astype(np.float32),
    )
    faces = np.arange(90, dtype=np.int32).reshape(-1, 3)
    mesh = Mesh(places.reshape(-1, 3), faces, "GLB", appearance=looks)
    found = find_shading(mesh, surveyed(mesh))
    assert found is not None
    assert (found.tangents, found.normals) == ((0, 90), (0, 90))
    assert looks.tangents is not None
    looks.tangents[:, 3] *= -1.0
    flipped = find_shading(mesh, surveyed(mesh))
    assert flipped is not None and flipped.wrong_handed == 90
